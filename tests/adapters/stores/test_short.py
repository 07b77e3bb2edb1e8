"""The short texts of the ledger's rows: all of a value is in them, and comes back."""

import json
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.stores.sql import long, short
from retailcrm.adapters.stores.sql.rows import account_row, award_row, entry_row, lot_row, said
from retailcrm.domain.points.account import Account
from retailcrm.domain.points.documents import canonical
from retailcrm.domain.points.earning import Award, Earner, Excluded, LineAmount
from retailcrm.domain.points.entries import Entry, Movement, Verb
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.following import Awarded, OrderFacts, earner_of
from retailcrm.domain.points.holds import Allocation, Hold
from retailcrm.domain.points.lots import Bucket, Lot
from retailcrm.domain.points.wallets import EarnRule
from retailcrm.errors import StoreError
from retailcrm.ports.ledger import Spending
from retailcrm.ports.outcomes import Done

DAY = datetime(2024, 1, 1, tzinfo=UTC)
MICROS = 1_704_067_200_000_000
"""2024-01-01 in UTC: 19,723 days after 1970, of 86,400 million microseconds each."""

TEXTS = st.sampled_from(["a", "b", "order:1", '"', "0", "积分", "\\", ""])
"""Few, so that names often equal keys; with what JSON writes otherwise, and with a text that looks like 0."""

NAMES = TEXTS.filter(bool)
MOMENTS = st.integers(0, 10**15).map(lambda n: DAY + timedelta(microseconds=n))
POINTS = st.integers(0, 10**12)
YEAR_END = Expiry(months=12, snap="year", zone="Asia/Shanghai")
EXPIRIES = st.sampled_from([Expiry(), YEAR_END, Expiry(days=3), Expiry(on=date(2024, 2, 29))])
HOLDS = st.builds(
    Hold,
    id=NAMES,
    allocations=st.lists(st.builds(Allocation, NAMES, st.integers(1, 9)), max_size=2).map(tuple),
    ends_at=MOMENTS,
    reference=TEXTS,
)
LOTS = st.builds(
    Lot,
    id=NAMES, source=TEXTS, root=NAMES, owners=st.lists(NAMES, max_size=2).map(tuple),
    awarded_at=MOMENTS, touched_at=MOMENTS, expiry=EXPIRIES, idle=st.none() | EXPIRIES,
    **{name: st.none() | MOMENTS for name in ("activates_at", "expires_at", "limit_at")},
    **{str(bucket): POINTS for bucket in Bucket},
)  # fmt: skip
SOME_LOTS = st.lists(LOTS, max_size=2, unique_by=lambda lot: lot.id).map(tuple)
MOVEMENTS = st.builds(
    Movement, NAMES, st.none() | st.sampled_from(Bucket), st.sampled_from(Bucket), st.integers(1, 10**12)
)
ENTRIES = st.builds(
    Entry,
    account=NAMES, version=st.integers(1, 9), verb=st.sampled_from(Verb), key=NAMES, effective_at=MOMENTS,
    recorded_at=MOMENTS, lots=SOME_LOTS, movements=st.lists(MOVEMENTS, max_size=2).map(tuple),
    debt=st.integers(-9, 9), forgiven=POINTS, opens=st.none() | HOLDS,
    **dict.fromkeys(("closes", "reference", "reason", "actor"), TEXTS),
)  # fmt: skip
ACCOUNTS = st.builds(
    Account,
    id=NAMES, version=st.integers(0, 9), lots=SOME_LOTS, holds=st.lists(HOLDS, max_size=2).map(tuple),
    debt=POINTS, **{name: st.none() | MOMENTS for name in ("recorded_at", "debt_at", "settled_at")},
)  # fmt: skip
FRACTIONS = st.fractions(0, 9)
EARNERS = st.builds(
    Earner,
    reference=NAMES,
    lines=st.lists(
        st.builds(LineAmount, id=TEXTS, price=POINTS, rate=st.none() | FRACTIONS, earns=st.booleans()),
        max_size=2,
    ).map(tuple),
    **dict.fromkeys(("shipping", "tax", "by_points", "by_gift_card"), POINTS),
)
FACTS = st.builds(
    OrderFacts,
    reference=NAMES, paid_at=MOMENTS, shipped_at=st.none() | MOMENTS, completed_at=st.none() | MOMENTS,
    gross=st.integers(10, 10**9), refunded=POINTS, refunded_at=MOMENTS, shipping=st.integers(0, 10),
    lines=st.lists(POINTS, max_size=2).map(tuple), parts=st.none() | EARNERS,
)  # fmt: skip
AWARDS = st.builds(
    Award,
    points=POINTS, shares=st.lists(POINTS, max_size=2).map(tuple),
    bases=st.lists(POINTS, max_size=2).map(tuple),
    exact=FRACTIONS, multiplier=FRACTIONS, cut=POINTS, rule=TEXTS,
    excluded=st.lists(st.builds(Excluded, TEXTS, POINTS), max_size=2).map(tuple),
)  # fmt: skip
AWARDED = FACTS.flatmap(
    lambda facts: st.builds(
        Awarded,
        reference=st.just(facts.reference), lot=NAMES | st.just(f"order:{facts.reference}"), at=MOMENTS,
        known=st.just(facts), award=AWARDS, order=EARNERS | st.just(earner_of(facts)),
        rule=st.just(EarnRule()),
        multipliers=st.lists(FRACTIONS, max_size=2).map(tuple), room=st.none() | POINTS, taken=POINTS,
        forgiven=POINTS, share=FRACTIONS, before=st.lists(NAMES, max_size=2).map(tuple),
    )
)  # fmt: skip


@given(LOTS)
def test_lots_come_back(lot: Lot) -> None:
    """A lot is what its row says, and the row has its buckets beside it."""
    row = lot_row("main", "ann", lot)
    assert long.lot_from(row[2], row[-2]) == lot
    assert row[3:10] == tuple(getattr(lot, bucket) for bucket in Bucket)


@given(ENTRIES)
def test_entries_come_back(entry: Entry) -> None:
    """An entry is what its row says."""
    assert long.entry_from(*entry_row("main", entry)[1:-1]) == entry


@given(ACCOUNTS)
def test_accounts_come_back(account: Account) -> None:
    """An account is what its row says."""
    assert long.account_from(*said(account_row("main", account))) == account


@given(AWARDED)
def test_awards_come_back(award: Awarded) -> None:
    """What an order earned is what its row says, with the rule that it names."""
    _, _, reference, account, known, text, _ = award_row("main", "points/ann", award)
    assert account == "points/ann"
    assert long.award_from(reference, known, text, {short.rule_of(award): award.rule}.__getitem__) == award


DONES = st.builds(
    Done,
    key=TEXTS,
    account=TEXTS,
    points=st.integers(),
    version=st.integers(0),
    detail=st.dictionaries(TEXTS, TEXTS | st.integers(), max_size=3),
)
SPENDINGS = st.builds(
    Spending,
    key=TEXTS,
    account=TEXTS,
    allocations=st.lists(st.builds(Allocation, TEXTS, st.integers(1)), max_size=3).map(tuple),
    points=st.integers(0),
    value=st.integers(0),
    order=TEXTS,
    reward=TEXTS,
    pieces=st.integers(0),
)


@given(DONES)
def test_what_commands_came_to_comes_back(done: Done) -> None:
    """All but its key stands in the document, which is canonical; types stay what they are."""
    text = short.done_text(done)
    assert long.done_from(done.key, text) == done
    assert canonical(json.loads(text)) == text


@given(SPENDINGS)
def test_redemptions_come_back(spent: Spending) -> None:
    """All but key, account and order stands in the document, which is canonical."""
    text = short.spending_text(spent)
    assert long.spending_from(spent.key, spent.account, spent.order, text) == spent
    assert canonical(json.loads(text)) == text


@pytest.mark.parametrize("text", ['["a",true,1,{}]', '["a",1,1,{"x":null}]', "[1,1,1,{}]", '["a",1,1]'])
def test_what_is_no_outcome_is_refused(text: str) -> None:
    """Numbers are whole numbers, texts are texts, and nothing is missing."""
    with pytest.raises(long.WRONG):
        long.done_from("k", text)


def test_an_entry_by_hand() -> None:
    """Texts that are the entry's key, or the lot's name, are 0; moments are microseconds."""
    lot = Lot(id="order:7", source="order:7", awarded_at=DAY, expiry=YEAR_END, pending=45)
    entry = Entry(
        account="points/ann", version=1, verb=Verb.EARN, key="order:7", effective_at=DAY, recorded_at=DAY,
        movements=(Movement("order:7", None, Bucket.PENDING, 45),), lots=(lot,), reference="order:7",
    )  # fmt: skip
    rest = [0, 0, MICROS, None, None, MICROS, None, [45, 0, 0, 0, 0, 0, 0]]
    rest += [[12, None, "year", None, "Asia/Shanghai"], None, []]
    assert json.loads(short.entry_text(entry)) == [
        [[0, rest]], [[0, None, 0, 45]], 0, 0, None, "", 0, "", "",
    ]  # fmt: skip
    assert json.loads(short.lot_text(lot)) == rest


@pytest.mark.parametrize("kind", [Lot, Entry, Account, Hold, OrderFacts, Awarded, Award, Earner, LineAmount])
def test_no_field_is_left_out(kind: Any) -> None:
    """Each class has just the fields that the texts and columns were made for."""
    known = {
        Lot: "id source awarded_at activates_at expires_at touched_at expiry limit_at idle root owners "
        "pending available held spent expired reversed moved",
        Entry: "account version verb key effective_at recorded_at movements lots debt forgiven opens closes "
        "reference reason actor",
        Account: "id version recorded_at lots holds debt debt_at settled_at",
        Hold: "id allocations ends_at reference",
        OrderFacts: "reference paid_at shipped_at completed_at gross refunded refunded_at lines shipping "
        "parts",
        Awarded: "reference lot at known award order rule multipliers room taken forgiven share before",
        Award: "points shares bases exact multiplier excluded cut rule",
        Earner: "reference lines shipping tax by_points by_gift_card",
        LineAmount: "id price discount rate earns",
    }
    assert [field.name for field in attrs.fields(kind)] == known[kind].split()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "[[],[],0,0,null,0,0,0]",
        '[[[1,[]]],[],0,0,null,"","","",""]',
        "[[],[],0,0,null,5,0,7,0]",
    ],
)
def test_what_is_no_row_is_said_to_be_none(text: str) -> None:
    """A text that is cut, or of another shape, is the store's fault and named so."""
    read = long.reading("entry", long.entry_from)
    with pytest.raises(StoreError, match="no entry"):
        read("ann", 1, "earn", "k", 0, 0, text)


def test_fractions_stay_exact() -> None:
    """A third is a third."""
    facts = OrderFacts(reference="1", paid_at=DAY, gross=100)
    award = Award(points=1, shares=(1,), bases=(100,), exact=Fraction(1, 3), multiplier=Fraction(1))
    told = Awarded(
        reference="1",
        lot="order:1",
        at=DAY,
        known=facts,
        award=award,
        order=earner_of(facts),
        rule=EarnRule(),
    )
    assert json.loads(short.award_text(told))[:7] == [0, MICROS, 1, [1], [100], "1/3", "1/1"]
