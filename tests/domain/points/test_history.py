"""What an account held at any moment, by what was known at any other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.points.journals import BEGIN, HOUR, STEPS, World

from retailcrm.domain.points.account import Account, replay
from retailcrm.domain.points.awarding import earn, reschedule, set_free
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.history import (
    DUE,
    Balances,
    Lapse,
    balance,
    debts,
    expiring,
    falling_due,
    known_by,
    timeline,
)
from retailcrm.domain.points.reversal import Reversed, reverse
from retailcrm.domain.points.spending import redeem, reserve

FEW = settings(max_examples=60, deadline=None)
MICRO = timedelta(microseconds=1)
HOURS = st.integers(-900, 3000)


def day(month: int, number: int, hour: int = 0) -> datetime:
    return datetime(2024, month, number, hour, tzinfo=UTC)


def at_hours(world: World, hours: int) -> datetime:
    """Give a moment around the end of what happened, sometimes exactly one of an entry."""
    moments = [entry.effective_at for journal in world.journals.values() for entry in journal]
    return moments[hours % len(moments)] if moments and hours % 3 == 0 else world.now + hours * HOUR


def last_of(journal: Any) -> datetime:
    """Give the moment up to which everything is settled."""
    return max([BEGIN, *(entry.effective_at for entry in journal)])


# ---- by hand -----------------------------------------------------------------------------------------------


def test_what_was_believed_on_1_march_about_1_february() -> None:
    """A refund of 20 January that was told on 10 March changes today's answer, not that of 1 March."""
    earned = earn(
        Account(id="ann"), 100, lot="1", source="order:1", key="a", now=day(1, 5), activates_at=day(1, 10)
    )
    lot = earned.account.lots[0]
    back = reverse(
        earned.account, Reversed(awarded=100, lots=(lot,)), Fraction(1, 2), key="b", now=day(3, 10),
        effective_at=day(1, 20),
    )  # fmt: skip
    journal = (*earned.entries, *back.entries)
    assert balance(journal, day(2, 1), known=day(3, 1)).available == 100
    assert balance(journal, day(2, 1)).available == 50
    assert balance(journal, day(2, 1), known=day(3, 11)).available == 50
    assert balance(journal, day(1, 19)).available == 100
    assert balance(journal, day(1, 7), known=day(3, 1)) == Balances(pending=100)
    assert balance(journal, day(1, 7), known=day(1, 4)) == Balances()


def test_a_balance_never_collapses_when_spent_lots_pass_their_date() -> None:
    """10 and 20 earned, 30 spent: nothing on every later day, whatever passes its date."""
    first = earn(
        Account(id="ann"), 10, lot="1", source="a", key="a", now=day(1, 1), activates_at=day(1, 1),
        expiry=Expiry(days=10),
    )  # fmt: skip
    second = earn(
        first.account, 20, lot="2", source="b", key="b", now=day(1, 5), activates_at=day(1, 5),
        expiry=Expiry(days=10),
    )  # fmt: skip
    spent = redeem(second.account, 30, key="c", now=day(1, 8))
    journal = (*first.entries, *second.entries, *spent.entries)
    assert [balance(journal, day(1, d)).available for d in (1, 4, 5, 7, 8, 12, 13, 16, 17, 30)] == [
        10, 10, 30, 30, 0, 0, 0, 0, 0, 0,
    ]  # fmt: skip


def test_a_late_activation_repays_a_debt_from_the_moment_it_is_owed() -> None:
    """Points that are found to have come in before a debt arose are there until then, and then repay it."""
    earned = earn(Account(id="ann"), 5, lot="1", source="a", key="a", now=day(1, 1), activates_at=day(1, 1))
    waits = earn(earned.account, 8, lot="2", source="b", key="b", now=day(1, 1))
    spent = redeem(waits.account, 5, key="c", now=day(1, 2))
    told = Reversed(awarded=5, lots=(spent.entries[-1].lots[0],))
    owing = reverse(spent.account, told, Fraction(1), key="d", now=day(1, 9))
    came = set_free(owing.account, "2", key="e", now=day(1, 10), effective_at=day(1, 3))
    journal = [e for o in (earned, waits, spent, owing, came) for e in o.entries]
    held = [balance(journal, day(1, d)) for d in (2, 3, 8, 9, 10)]
    assert [(one.available, one.debt) for one in held] == [(0, 0), (8, 0), (8, 0), (3, 0), (3, 0)]
    assert [(moment, entry.debt) for moment, entry in debts(journal)] == [(day(1, 9), 5), (day(1, 9), -5)]


def test_a_history_page_says_what_happened_and_what_will() -> None:
    """An award, its activation, a purchase and the lapse that nobody has written yet."""
    earned = earn(
        Account(id="ann"), 9, lot="1", source="order:1", key="a", now=day(1, 1), activates_at=day(1, 3),
        expiry=Expiry(days=2),
    )  # fmt: skip
    spent = redeem(earned.account, 4, key="b", now=day(1, 4), reference="cart")
    steps = timeline((*earned.entries, *spent.entries), day(1, 2), day(2, 1))
    assert [(s.moment, s.verb, s.points, s.available, s.version, s.reference) for s in steps] == [
        (day(1, 3), Verb.ACTIVATE, 9, 9, 2, ""),
        (day(1, 4), Verb.REDEEM, 4, 5, 3, "cart"),
        (day(1, 6), Verb.EXPIRE, 5, 0, None, ""),
    ]
    assert timeline((*earned.entries, *spent.entries), day(1, 2), day(1, 6)) == steps[:2]
    assert timeline((), day(1, 1), day(2, 1)) == ()


def test_what_lapses_is_told_by_the_last_day_on_which_it_is_good() -> None:
    """Local days of the shop; waiting and reserved points count where they will be there by then."""
    zone = "Asia/Shanghai"
    account = Account(id="ann")
    for n, (points, starts) in enumerate([(5, day(1, 1)), (7, day(1, 10)), (9, None)]):
        account = earn(
            account, points, lot=str(n), source="a", key=str(n), now=day(1, 1), activates_at=starts,
            expiry=Expiry(months=1, zone=zone),
        ).account  # fmt: skip
    account = reserve(account, 2, hold="h", ends_at=day(1, 2), key="h", now=day(1, 1)).account
    # 08:00 on 1 January in Shanghai; a month later the day ends at 16:00 UTC of 1 February.
    assert expiring(account, day(3, 1), zone=zone) == (
        Lapse(day=day(2, 1).date(), at=day(2, 1, 16), points=5),
        Lapse(day=day(2, 10).date(), at=day(2, 10, 16), points=7),
    )
    assert [one.points for one in expiring(account, day(2, 1, 16), zone=zone)] == []
    assert [one.points for one in expiring(account, day(2, 1, 17), zone=zone)] == [5]


def test_what_falls_due_is_nobodys_command() -> None:
    """Entries that time will write follow the journal and carry no command's key."""
    earned = earn(Account(id="ann"), 9, lot="1", source="a", key="a", now=day(1, 1), activates_at=day(1, 3))
    due = falling_due(earned.entries, day(1, 3))
    assert [(one.key, one.version, one.verb) for one in due] == [(DUE, 2, Verb.ACTIVATE)]
    assert falling_due(earned.entries, day(1, 3) - MICRO) == ()
    assert falling_due((), day(1, 3)) == ()


def test_moving_an_activation_changes_the_future_only() -> None:
    """Told on 5 January that points come a week later, nobody has fewer on any day before."""
    earned = earn(Account(id="ann"), 9, lot="1", source="a", key="a", now=day(1, 1), activates_at=day(1, 8))
    moved = reschedule(earned.account, "1", day(1, 15), key="b", now=day(1, 5))
    journal = (*earned.entries, *moved.entries)
    assert balance(journal, day(1, 10), known=day(1, 4)).available == 9
    assert balance(journal, day(1, 10)) == Balances(pending=9)
    assert balance(journal, day(1, 15)).available == 9


# ---- laws --------------------------------------------------------------------------------------------------


@FEW
@given(STEPS)
def test_what_was_seen_then_is_what_was_believed_then(steps: Any) -> None:
    """At each step, the account was what its journal up to there says about that moment."""
    world = World(steps)
    for name, now, written, account in world.seen:
        told = balance(world.journals[name], now, known=written)
        if account.next_change_at is None or now < account.next_change_at:
            assert told == Balances(
                pending=account.pending, available=account.available, held=account.held, debt=account.debt
            )


@FEW
@given(STEPS, st.integers(0, 3000))
def test_a_future_balance_is_what_can_be_spent_then(steps: Any, hours: int) -> None:
    """Both ways to look ahead agree: the account's own, and its journal continued."""
    world = World(steps)
    for name, journal in world.journals.items():
        at = last_of(journal) + hours * HOUR
        assert balance(journal, at).available == world.accounts[name].usable(at)


@FEW
@given(STEPS, HOURS)
def test_nothing_is_ever_below_nothing(steps: Any, hours: int) -> None:
    """Past or future, by what is known now or was known then."""
    world = World(steps)
    for journal in world.journals.values():
        for known in (None, world.now - hours * HOUR):
            told = balance(journal, at_hours(world, hours), known=known)
            assert min(told.pending, told.available, told.held, told.debt) >= 0


@FEW
@given(STEPS, HOURS, HOURS)
def test_nothing_looks_ahead(steps: Any, hours: int, ago: int) -> None:
    """What is written later, or takes effect later, changes nothing of what was true before."""
    world = World(steps)
    for journal in world.journals.values():
        at, known = at_hours(world, hours), world.now - abs(ago) * HOUR
        then = [entry for entry in journal if entry.recorded_at <= known]
        assert known_by(journal, known) == tuple(then)
        assert balance(journal, at, known=known) == balance(then, at)
        cut = len(journal)
        while cut and journal[cut - 1].effective_at > at:
            cut -= 1
        assert balance(journal, at) == balance(journal[:cut], at)


@FEW
@given(STEPS, st.integers(0, 3000))
def test_a_balance_holds_until_the_next_change(steps: Any, hours: int) -> None:
    """Nothing changes from the last entry until something falls due; then something does."""
    world = World(steps)
    for name, journal in world.journals.items():
        change, since = world.accounts[name].next_change_at, max(world.now, last_of(journal))
        if not journal:
            continue
        now = balance(journal, since)
        if change is None:
            assert balance(journal, since + hours * HOUR) == now
        elif change > since:
            assert balance(journal, min(since + hours * HOUR, change - MICRO)) == now
            assert falling_due(journal, change)


@FEW
@given(STEPS)
def test_a_lapse_takes_no_more_than_the_rest_of_its_lots(steps: Any) -> None:
    """Step by step, a lapse takes off what it says, and no lot lapses by more than it has left."""
    world = World(steps)
    for journal in world.journals.values():
        far = world.now + 9000 * HOUR
        before = 0
        whole = {entry.version: entry for entry in (*journal, *falling_due(journal, far))}
        versions = iter(sorted(whole, key=lambda one: (whole[one].effective_at, one)))
        for step in timeline(journal, BEGIN - 9000 * HOUR, far + MICRO):
            entry = whole[next(versions)]
            if step.verb is Verb.EXPIRE:
                lapsed = {one.lot: one.points for one in entry.movements}
                assert before - step.available == step.points == sum(lapsed.values())
                assert all(lot.available == 0 for lot in entry.lots)
                assert all(lot.expired >= lapsed[lot.id] for lot in entry.lots)
            before = step.available


@FEW
@given(STEPS, HOURS)
def test_a_history_page_ends_with_the_balance(steps: Any, hours: int) -> None:
    """The last line up to a moment says what the balance at that moment says, wherever the page begins."""
    world = World(steps)
    at = at_hours(world, hours)
    for journal in world.journals.values():
        page = timeline(journal, BEGIN - 9000 * HOUR, at + MICRO)
        assert [step.moment for step in page] == sorted(step.moment for step in page)
        assert (page[-1].available if page else 0) == balance(journal, at).available
        part = timeline(journal, at - 100 * HOUR, at + MICRO)
        assert part == page[len(page) - len(part) :]


@FEW
@given(STEPS, st.integers(1, 3000))
def test_what_is_said_to_lapse_lapses(steps: Any, hours: int) -> None:
    """The lapses foretold are those that time writes, and no other."""
    world = World(steps)
    for name, journal in world.journals.items():
        until = max(world.now, last_of(journal)) + hours * HOUR
        told = expiring(world.accounts[name], until, zone="UTC")
        due = [e for e in falling_due(journal, until - MICRO) if e.verb is Verb.EXPIRE]
        assert sum(one.points for one in told) == sum(m.points for e in due for m in e.movements)
        assert [one.at for one in told] == sorted({e.effective_at for e in due})
        assert all(one.day == (one.at - MICRO).date() for one in told)


@FEW
@given(STEPS, HOURS)
def test_balances_are_what_a_plain_count_says(steps: Any, hours: int) -> None:
    """Adding points into where they went and off where they left gives the same, over any journal."""
    world = World(steps)
    at = at_hours(world, hours)
    for name, journal in world.journals.items():
        assert replay(name, journal) == world.accounts[name]
        counts: dict[Any, int] = {}
        for entry in [*journal, *falling_due(journal, at)]:
            for one in entry.movements if entry.effective_at <= at else ():
                counts[one.target] = counts.get(one.target, 0) + one.points
                counts[one.source] = counts.get(one.source, 0) - one.points
        told = balance(journal, at)
        assert [told.pending, told.available, told.held] == [
            counts.get(bucket, 0) for bucket in ("pending", "available", "held")
        ]


def test_a_moment_without_a_zone_is_refused() -> None:
    """A balance is asked for at an instant, not at a wall clock's time."""
    earned = earn(Account(id="ann"), 9, lot="1", source="a", key="a", now=day(1, 1))
    with pytest.raises(ValueError, match="no instant"):
        balance(earned.entries, datetime(2024, 1, 1))  # noqa: DTZ001 - what is to be refused
