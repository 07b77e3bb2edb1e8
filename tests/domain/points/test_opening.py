"""Opening balances: each row becomes a lot once, or a problem; the reconciliation sees every change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.periods import instant_of
from retailcrm.domain.points import Account, Expiry, Verb, apply, redeem, replay
from retailcrm.domain.points.awarding import earn, set_free
from retailcrm.domain.points.lots import Lot
from retailcrm.domain.points.opening import Opened, OpeningRow, imported, open_balances
from retailcrm.domain.points.reconciling import UNDATED, Stated, reconcile, table
from retailcrm.domain.points.reversal import Reversed, reverse
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from retailcrm.domain.points import Entry

CUT: Final = datetime(2024, 1, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
SHANGHAI: Final = "Asia/Shanghai"
ACCOUNTS: Final = {name: Account(id=name) for name in ("ann", "ben", "cat")}


def row(source: str = "1", account: str = "ann", points: object = 300, **more: Any) -> OpeningRow:
    """Give a row."""
    return OpeningRow(source=source, account=account, points=points, **more)


def opened(rows: Sequence[OpeningRow], accounts: Any = ACCOUNTS, known: Any = None, **more: Any) -> Opened:
    """Take over balances at the cut-over."""
    settings: dict[str, Any] = {"file": "old.csv", "key": "k", "now": CUT, "known": known or {}}
    return open_balances(rows, accounts, **(settings | more))


def journal(told: Opened) -> list[Entry]:
    """Give all entries of an import."""
    return [entry for done in told.accounts.values() for entry in done.entries]


def after(told: Opened) -> dict[str, Account]:
    """Give all accounts after an import."""
    return ACCOUNTS | {name: done.account for name, done in told.accounts.items()}


# ---- rows become lots ----------------------------------------------------------------------------------


def test_a_row_opens_a_lot_at_the_cut_over() -> None:
    """One entry, spendable at once, lapsing when the other system said; nothing seems to be activated."""
    ends, awarded = CUT + 90 * DAY, CUT - 400 * DAY
    told = opened([row(expires_at=ends, awarded_at=awarded)], now=CUT + 3 * DAY, effective_at=CUT)
    (entry,) = journal(told)
    (lot,) = entry.lots
    assert (entry.verb, entry.effective_at, entry.recorded_at) == (Verb.OPEN, CUT, CUT + 3 * DAY)
    assert (lot.id, lot.source, lot.available, lot.pending) == ("import:1", "import:1", 300, 0)
    assert (lot.awarded_at, lot.activates_at, lot.expires_at, lot.touched_at) == (awarded, awarded, ends, CUT)
    assert (told.read, told.opened, told.accepted, told.problems) == (1, 1, 1, ())


def test_lots_are_spent_in_the_order_of_their_first_awards() -> None:
    """Points without an expiry go by their age in the other system, not by their ids here."""
    told = opened([row("a", awarded_at=CUT - DAY), row("b", awarded_at=CUT - 2 * DAY)])
    assert [lot.id for lot in told.accounts["ann"].account.lots] == ["import:b", "import:a"]


def test_pending_points_wait() -> None:
    """Until their moment, or until their event; either way they lapse when the other system said."""
    ends = CUT + 90 * DAY
    rows = [
        row("1", pending=True, activates_at=CUT + DAY, expires_at=ends),
        row("2", pending=True, expires_at=ends),
        row("3", "ben", pending=True),
    ]
    told = opened(rows)
    account = told.accounts["ann"].account
    assert (account.pending, account.available, account.usable(CUT + DAY)) == (600, 0, 300)
    freed = set_free(account, "import:2", key="f", now=CUT + 2 * DAY)
    assert freed.account.available == 600
    assert {lot.expires_at for lot in freed.account.lots} == {ends}
    assert told.accounts["ben"].account.next_change_at is None


def test_points_that_never_lapsed_there_lapse_here_one_period_after_the_cut_over() -> None:
    """However old they are; and inactivity counts from the cut-over as well."""
    old = row(awarded_at=CUT - 1000 * DAY)
    ends = [
        opened([old], **settings).accounts["ann"].account.lots[0].expires_at
        for settings in ({}, {"expiry": Expiry(months=12)}, {"idle": Expiry(days=30)})
    ]
    assert ends == [None, datetime(2025, 1, 2, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)]


def test_an_expiry_of_ours_does_not_touch_points_that_have_their_own() -> None:
    """The other system's date holds."""
    told = opened([row(expires_at=CUT + 5 * DAY)], expiry=Expiry(months=12))
    assert told.accounts["ann"].account.lots[0].expires_at == CUT + 5 * DAY


def test_what_lapsed_since_the_cut_over_is_settled_at_once() -> None:
    """An import that is run late opens them at the cut-over and lets them lapse in time."""
    told = opened([row(expires_at=CUT + DAY)], now=CUT + 3 * DAY, effective_at=CUT)
    assert [(entry.verb, entry.effective_at) for entry in journal(told)] == [
        (Verb.OPEN, CUT),
        (Verb.EXPIRE, CUT + DAY),
    ]


def test_a_debt_is_repaid_first() -> None:
    """An account that owes points here does not spend those of the other system before."""
    earned = earn(
        ACCOUNTS["ann"], 50, lot="a", source="a", key="a", now=CUT - 9 * DAY, activates_at=CUT - 9 * DAY
    )
    spent = redeem(earned.account, 50, key="s", now=CUT - 8 * DAY)
    lot = Lot(id="a", source="a", awarded_at=CUT - 9 * DAY, spent=50)
    owing = reverse(spent.account, Reversed(awarded=50, lots=(lot,)), Fraction(1), key="r", now=CUT - 7 * DAY)
    assert owing.account.debt == 50
    told = opened([row()], ACCOUNTS | {"ann": owing.account})
    assert (told.accounts["ann"].account.available, told.accounts["ann"].account.debt) == (250, 0)


def test_points_may_be_told_exactly_in_any_type() -> None:
    """Decimals and fractions that are whole are whole."""
    told = opened([row("1", points=Decimal("30.00")), row("2", points=Fraction(4, 2))])
    assert told.accounts["ann"].account.available == 32


# ---- bad rows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (row(points=-1), "points"),
        (row(points=2.5), "points"),
        (row(points=30.0), "points"),
        (row(points=Decimal("2.5")), "points"),
        (row(points=Decimal("NaN")), "points"),
        (row(points="300"), "points"),
        (row(points=True), "points"),
        (row(points=None), "points"),
        (row(account="13800138000"), "account"),
        (row(source=" "), "source"),
        (row(expires_at=CUT), "lapsed"),
        (row(pending=True, activates_at=CUT + DAY, expires_at=CUT + DAY), "lapsed"),
        (row(awarded_at=CUT + DAY), "awarded"),
        (row(activates_at=CUT + DAY), "pending"),
    ],
)
def test_a_bad_row_is_a_problem_and_nothing_else(bad: OpeningRow, code: str) -> None:
    """It is left out with its place and reason, never with whose it is; the other rows are taken."""
    told = opened([attrs.evolve(bad, record=7), row("2", "ben")])
    (problem,) = told.problems
    assert (problem.code, problem.source, problem.record, problem.value) == (code, "old.csv", 7, None)
    assert "13800138000" not in str(problem)
    assert set(told.accounts) == {"ben"}
    assert (told.read, told.opened, told.accepted + len(told.problems)) == (2, 1, 2)


def test_points_that_lapse_just_after_the_cut_over_are_taken() -> None:
    """The boundary: what lapses at the cut-over is the other system's, a microsecond later it is ours."""
    assert opened([row(expires_at=CUT + timedelta(microseconds=1))]).opened == 1


def test_a_row_of_no_points_needs_no_lot() -> None:
    """It is counted and leaves no trace."""
    told = opened([row(points=0)])
    assert (told.accounts, told.empty, told.opened, told.problems) == ({}, 1, 0, ())


def test_a_cut_over_to_come_is_refused() -> None:
    """Balances may still change."""
    with pytest.raises(InputError, match="cut-over"):
        opened([row()], effective_at=CUT + DAY)


# ---- told of again -------------------------------------------------------------------------------------


def test_a_second_import_changes_nothing() -> None:
    """Even when the points are spent by now, and whatever place the rows have in the new file."""
    rows = [row("1"), row("2", "ben", 50, expires_at=CUT + DAY)]
    first = opened(rows)
    known = imported(journal(first))
    spent = redeem(first.accounts["ann"].account, 300, key="s", now=CUT)
    again = opened(
        [attrs.evolve(one, record=9) for one in reversed(rows)],
        after(first) | {"ann": spent.account}, known, now=CUT + 9 * DAY,
    )  # fmt: skip
    assert (again.accounts, again.unchanged, again.problems) == ({}, 2, ())


@pytest.mark.parametrize(
    "change",
    [
        {"points": 301}, {"account": "ben"}, {"expires_at": CUT + 2 * DAY}, {"expires_at": None},
        {"awarded_at": CUT - DAY}, {"pending": True}, {"points": -3}, {"points": 0},
    ],
)  # fmt: skip
def test_a_changed_row_is_a_conflict(change: dict[str, Any]) -> None:
    """Reported and not applied, whatever has changed."""
    old = row(expires_at=CUT + DAY)
    first = opened([old])
    again = opened([attrs.evolve(old, **change)], after(first), imported(journal(first)))
    assert (again.accounts, [problem.code for problem in again.problems]) == ({}, ["conflict"])


@given(st.permutations(["1", "2", "3", "1", "2"]))
def test_a_row_that_stands_there_twice_counts_once(sources: list[str]) -> None:
    """Whatever the sequence."""
    told = opened([row(source, points=int(source)) for source in sources])
    assert (told.accounts["ann"].account.available, told.opened, told.unchanged) == (6, 3, 2)


@pytest.mark.parametrize("turn", [1, -1])
def test_rows_that_contradict_each_other_are_both_left_out(turn: int) -> None:
    """Nobody knows which of them is right; it does not matter which stands first."""
    told = opened([row("1", points=300), row("1", points=200)][::turn])
    assert [problem.code for problem in told.problems] == ["conflict", "conflict"]
    assert told.accounts == {}


def test_a_lot_of_that_name_that_no_import_made_is_a_conflict() -> None:
    """Nothing is overwritten."""
    taken = earn(ACCOUNTS["ann"], 5, lot="import:1", source="x", key="a", now=CUT, activates_at=CUT)
    told = opened([row()], ACCOUNTS | {"ann": taken.account})
    assert [problem.code for problem in told.problems] == ["conflict"]


MOMENTS: Final = st.none() | st.integers(-40, 400).map(lambda n: CUT + n * DAY)
ROWS: Final = st.lists(
    st.builds(
        OpeningRow,
        source=st.sampled_from(list("abcdefgh")),
        account=st.sampled_from(["ann", "ben", "cat", "nobody"]),
        points=st.integers(-2, 500) | st.decimals(0, 9, places=1),
        expires_at=MOMENTS,
        awarded_at=MOMENTS,
        pending=st.booleans(),
    ),
    max_size=12,
)


@given(ROWS, st.randoms(use_true_random=False))
def test_no_row_is_lost_and_the_order_of_rows_does_not_matter(rows: list[OpeningRow], chance: Any) -> None:
    """Each is opened, empty, unchanged or a problem; replaying the entries gives the accounts."""
    told = opened(rows)
    assert told.opened + told.empty + told.unchanged + len(told.problems) == told.read == len(rows)
    for name, done in told.accounts.items():
        assert replay(name, done.entries) == done.account
    mixed = list(rows)
    chance.shuffle(mixed)
    other = opened(mixed)
    assert other.accounts == told.accounts
    assert (other.opened, other.unchanged, len(other.problems)) == (
        told.opened,
        told.unchanged,
        len(told.problems),
    )


@given(ROWS, st.integers(0, 12))
def test_an_import_in_two_parts_is_one_import(rows: list[OpeningRow], cut: int) -> None:
    """Overlapping files, and a first try that went half way, come to the same points."""
    unique = list({one.source: one for one in rows}.values())
    whole = opened(unique)
    first = opened(unique[:cut])
    second = opened(unique, after(first), imported(journal(first)))
    assert {name: account.available for name, account in after(whole).items()} == {
        name: (after(first) | {n: d.account for n, d in second.accounts.items()})[name].available
        for name in ACCOUNTS
    }
    third = opened(unique, after(second), imported([*journal(first), *journal(second)]))
    assert third.accounts == {}


# ---- reconciliation ------------------------------------------------------------------------------------

GOOD: Final = (
    row("1", "ann", 300, expires_at=instant_of("2025-01-01", SHANGHAI)),
    row("2", "ann", 200, expires_at=instant_of("2025-02-01", SHANGHAI), awarded_at=CUT - DAY),
    row("3", "ben", 50),
    row("4", "cat", 7, expires_at=instant_of("2025-02-01", SHANGHAI), pending=True),
    row("5", "cat", 0),
)
TOLD: Final = Stated(
    accounts=3,
    points=557,
    pending=7,
    by_month={"2024-12": 300, "2025-01": 207, UNDATED: 50},
    by_account={"ann": 500, "ben": 50, "cat": 7},
)


def compared(rows: Iterable[OpeningRow], entries: Iterable[Entry], stated: Stated = TOLD) -> Any:
    """Reconcile in Shanghai's months."""
    return reconcile(rows, entries, stated, zone=SHANGHAI)


def numbers(found: Any) -> dict[str, tuple[Any, ...]]:
    """Give the figures by their English words."""
    return {one.label.en: (one.stated, one.read, one.left_out, one.opened) for one in found.figures}


def test_what_was_taken_over_whole_agrees() -> None:
    """Counts, sums, months (the last local day on which points can be spent) and accounts, by hand."""
    found = compared(GOOD, journal(opened(GOOD)))
    assert found.agrees
    assert found.explained
    assert (found.worst, found.accounts_off, found.differing) == ((), 0, 0)
    assert numbers(found) == {
        "rows": (None, 5, 0, 5),
        "accounts": (3, 3, 0, 3),
        "points": (557, 557, 0, 557),
        "of these pending": (7, 7, 0, 7),
        "last usable in 2024-12": (300, 300, 0, 300),
        "last usable in 2025-01": (207, 207, 0, 207),
        "without an expiry": (50, 50, 0, 50),
    }


def test_what_was_spent_since_does_not_matter() -> None:
    """The journals' opening entries are compared, not what is left of them."""
    told = opened(GOOD)
    spent = redeem(told.accounts["ann"].account, 500, key="s", now=CUT + DAY)
    assert compared(GOOD, [*journal(told), *spent.entries]).agrees


def test_rows_that_were_left_out_explain_the_difference() -> None:
    """One lapsed, one of an unknown account: they are the whole difference, and the table says so."""
    rows = [*GOOD, row("6", "ben", 40, expires_at=CUT), row("7", "dan", 3)]
    stated = attrs.evolve(
        TOLD, points=600, accounts=4,
        by_month={"2024-12": 300, "2025-01": 207, "2024-01": 40, UNDATED: 53},
        by_account={"ann": 500, "ben": 90, "cat": 7, "dan": 3},
    )  # fmt: skip
    found = compared(rows, journal(opened(rows)), stated)
    assert (found.agrees, found.explained, found.accounts_off) == (False, True, 2)
    assert numbers(found)["points"] == (600, 600, 43, 557)
    assert numbers(found)["accounts"] == (4, 4, 1, 3)
    assert [one.label.en for one in found.worst] == ["account ben", "account dan"]


def test_only_the_worst_accounts_are_listed() -> None:
    """Greatest difference first, the number of all beside them."""
    rows = [row(f"{n}", f"a{n}", n) for n in range(1, 6)]
    found = reconcile(rows, [], Stated(), zone="UTC", worst=2)
    assert [one.label.en for one in found.worst] == ["account a5", "account a4"]
    assert found.accounts_off == 5


def test_an_expiry_of_ours_is_no_difference() -> None:
    """Rows without a date stay without one in the comparison, whatever our rule gave them."""
    told = opened(GOOD, expiry=Expiry(months=12), idle=Expiry(months=24))
    assert compared(GOOD, journal(told)).agrees


def test_the_table_is_for_people() -> None:
    """Columns of equal width in both languages, and the verdict last."""
    found = compared([*GOOD, row("6", "dan", 3)], journal(opened(GOOD)), Stated(points=560))
    english, chinese = table(found, "en").splitlines(), table(found, "zh").splitlines()
    assert english[0].split() == ["figure", "stated", "read", "left", "out", "opened"]
    assert english[3].split() == ["points", "560", "560", "3", "557"]
    assert english[-1] == "does not agree; the rows that were left out are the whole difference"
    assert chinese[-1] == "不一致，差额全部为未导入的行"
    assert len({len(line) for line in english[:-1]}) == 1
    wide = [sum(1 + (ord(letter) > 0x2E00) for letter in line) for line in chinese[:-1]]
    assert len(set(wide)) == 1
    assert table(compared(GOOD, journal(opened(GOOD))), "zh").endswith("一致")
    assert "不一致" in table(compared(GOOD, journal(opened(GOOD)), Stated(points=1)), "zh").splitlines()[-1]


ROW_CHANGES: Final = st.sampled_from(
    [
        lambda one: attrs.evolve(one, points=one.points + 1),
        lambda one: attrs.evolve(one, points=one.points - 1),
        lambda one: attrs.evolve(one, account="ben" if one.account != "ben" else "ann"),
        lambda one: attrs.evolve(one, expires_at=(one.expires_at or CUT + 50 * DAY) + DAY),
        lambda one: attrs.evolve(one, pending=not one.pending),
        lambda one: attrs.evolve(one, awarded_at=(one.awarded_at or CUT) - DAY),
        lambda one: attrs.evolve(one, awarded_at=None if one.awarded_at else CUT),
        lambda one: attrs.evolve(one, source=f"{one.source}x"),
        lambda _: None,
    ]
)


@given(st.integers(0, 3), ROW_CHANGES)
def test_any_change_of_one_row_is_seen(place: int, change: Any) -> None:
    """Whether it shows in a total or not, and even if the other system states nothing."""
    entries = journal(opened(GOOD))
    changed = change(GOOD[place])
    rows = [*GOOD[:place], *([changed] if changed else []), *GOOD[place + 1 :]]
    for stated in (TOLD, Stated()):
        found = compared(rows, entries, stated)
        assert not found.agrees
        assert not found.explained


LOT_CHANGES: Final = st.sampled_from(
    [
        lambda lot: attrs.evolve(lot, spent=1),
        lambda lot: attrs.evolve(lot, limit_at=(lot.limit_at or CUT + 50 * DAY) - timedelta(minutes=1)),
        lambda lot: attrs.evolve(lot, pending=lot.available, available=lot.pending),
        lambda lot: attrs.evolve(lot, id="import:9"),
    ]
)


@given(st.integers(0, 3), LOT_CHANGES)
def test_any_change_of_one_opened_lot_is_seen(place: int, change: Any) -> None:
    """Also one that no total shows."""
    entries = journal(opened(GOOD))
    lots = tuple(change(lot) for lot in entries[place].lots)
    entries[place] = attrs.evolve(entries[place], lots=lots)
    assert not compared(GOOD, entries, Stated()).agrees


@given(st.integers(0, 3))
def test_an_entry_that_is_missing_doubled_or_elsewhere_is_seen(place: int) -> None:
    """Opened not at all, in two accounts, or in another one."""
    entries = journal(opened(GOOD))
    elsewhere = attrs.evolve(entries[place], account="dan")
    for changed in (
        [*entries[:place], *entries[place + 1 :]],
        [*entries, elsewhere],
        [*entries[:place], elsewhere, *entries[place + 1 :]],
    ):
        assert not compared(GOOD, changed, Stated()).agrees


@given(
    st.sampled_from(["accounts", "points", "pending", "by_month", "by_account"]),
    st.integers(0, 2),
    st.sampled_from([-1, 1]),
)
def test_any_change_of_one_stated_total_is_seen(name: str, place: int, by: int) -> None:
    """In a count, a sum, a month or an account; and it is not explained by rows that were left out."""
    value = getattr(TOLD, name)
    if isinstance(value, int):
        changed: Any = value + by
    else:
        key = sorted(value)[place]
        changed = value | {key: value[key] + by}
    found = compared(GOOD, journal(opened(GOOD)), attrs.evolve(TOLD, **{name: changed}))
    assert not found.agrees
    assert not found.explained


def test_an_import_can_be_applied_entry_by_entry() -> None:
    """What is written leads from the account as it was to the account as it is."""
    told = opened(GOOD)
    for name, done in told.accounts.items():
        account = ACCOUNTS[name]
        for entry in done.entries:
            account = apply(account, entry)
        assert account == done.account
