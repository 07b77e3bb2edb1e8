"""Refunds in parts: exact at the whole however split, and nobody gains points by buying and returning."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.domain.points.account import Account, replay
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.earning import Award, Earner, LineAmount, award_of
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.holds import Allocation
from retailcrm.domain.points.lots import Bucket
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.refunds import (
    Refunded,
    amounts_of,
    refund_order,
    refunded_share,
    split_refund,
)
from retailcrm.domain.points.reversal import LatePolicy, Reversed, give_back, reverse
from retailcrm.domain.points.spending import redeem
from retailcrm.domain.points.wallets import EarnBase, EarnRule, RefundSplit, Wallet
from retailcrm.errors import InputError

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SPLITS: list[RefundSplit] = ["proportional", "cash_first", "points_first"]


# ---- shares ------------------------------------------------------------------------------------------


@st.composite
def sales(draw: st.DrawFn) -> tuple[Award, dict[str, int]]:
    """Orders and what they earned: lines given away, that earn nothing, postage that earns, caps."""
    lines = tuple(
        LineAmount(id=f"l{n}", price=price, discount=draw(st.integers(0, price)), earns=draw(st.booleans()))
        for n, price in enumerate(draw(st.lists(st.integers(0, 30), min_size=1, max_size=4)))
    )
    order = Earner(reference="1", lines=lines, shipping=draw(st.integers(0, 6)), tax=draw(st.integers(0, 6)))
    base = EarnBase(before_discounts=draw(st.booleans()), shipping=draw(st.booleans()))
    rule = EarnRule(rate=draw(st.fractions(0, 3, max_denominator=3)), base=base)
    return award_of(order, rule, unit=1, room=draw(st.one_of(st.none(), st.integers(0, 40)))), amounts_of(
        order
    )


def coin_by_coin(award: Award, amounts: dict[str, int], lines: dict[str, int], order: int) -> Fraction:
    """Lay the award on the coins that each part cost; a refund takes coins away with what lies on them."""
    on = [Fraction(share) for share in award.shares]
    coins = [[one / cost] * cost for one, cost in zip(on, amounts.values(), strict=True) if cost]
    names = [name for name, cost in amounts.items() if cost]
    free = sum((one for one, cost in zip(on, amounts.values(), strict=True) if not cost), Fraction(0))
    there = sum(map(len, coins))
    coins = [[one + free / there for one in pile] for pile in coins]
    for name, pile in zip(names, coins, strict=True):
        off = lines.get(name, 0)
        order += max(off - len(pile), 0)
        del pile[: min(off, len(pile))]
    left = [one for pile in coins for one in pile]
    kept = sum(left, Fraction(0)) * Fraction(max(len(left) - order, 0), len(left) or 1)
    return 1 - kept / award.points


@given(sale=sales(), data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_refund_takes_what_lies_on_its_coins(sale: Any, data: st.DataObject) -> None:
    """Any refunds on lines and on the order take the share that a coin-by-coin count says."""
    award, amounts = sale
    lines = {part: data.draw(st.integers(0, cost + 3)) for part, cost in amounts.items() if cost}
    order = data.draw(st.integers(0, 60))
    share = refunded_share(award, amounts, lines=lines, order=order)
    assert 0 <= share <= 1
    if award.points and any(amounts.values()):
        assert share == coin_by_coin(award, amounts, lines, order)
    if not any(amounts.values()):
        assert share == 0


@given(sale=sales(), data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_whole_refund_is_one_however_split(sale: Any, data: st.DataObject) -> None:
    """Refunds in a random order of parts only ever take more, and at the whole exactly everything."""
    award, amounts = sale
    whole, before = sum(amounts.values()), Fraction(0)
    left, lines, order = dict(amounts), Counter[str](), 0
    while (rest := whole - sum(lines.values()) - order) > 0:
        part = data.draw(st.sampled_from(["order", *left]))
        if part == "order":
            order += data.draw(st.integers(1, rest))
        else:
            lines[part] += min(data.draw(st.integers(0, max(left[part] - lines[part], 0))), rest)
        share = refunded_share(award, amounts, lines=lines, order=order)
        assert share >= before
        before = share
    assert before == (1 if whole else 0)


@given(sale=sales(), data=st.data())
@settings(max_examples=100, deadline=None)
def test_whole_lines_take_their_own_points(sale: Any, data: st.DataObject) -> None:
    """Lines that are refunded wholly take back exactly the points that the award gave them."""
    award, amounts = sale
    if not all(cost for share, cost in zip(award.shares, amounts.values(), strict=True) if share):
        return
    chosen = data.draw(st.sets(st.sampled_from(sorted(amounts))))
    share = refunded_share(award, amounts, lines={part: amounts[part] for part in chosen})
    if any(amounts.values()):
        earned = dict(zip(amounts, award.shares, strict=True))
        assert award.points * share == sum(earned[part] for part in chosen)


@given(sale=sales(), order=st.integers(0, 200))
@settings(max_examples=50, deadline=None)
def test_without_lines_money_decides(sale: Any, order: int) -> None:
    """A refund that names no line takes the share of the order's money."""
    award, amounts = sale
    whole = sum(amounts.values())
    expected = min(Fraction(order, whole), Fraction(1)) if whole else 0
    assert refunded_share(award, amounts, order=order) == expected


def test_shares_refuse_what_does_not_belong() -> None:
    """Unknown lines, amounts below 0 and another order's amounts are refused aloud."""
    order = Earner(
        reference="1", lines=(LineAmount(id="a", price=9), LineAmount(id="b", price=9)), shipping=2
    )
    award, amounts = award_of(order, EarnRule(base=EarnBase(shipping=True)), unit=1), amounts_of(order)
    assert amounts == {"a": 9, "b": 9, "shipping": 2, "tax": 0}
    for told in ({"lines": {"c": 1}}, {"lines": {"a": -1}}, {"order": -1}):
        with pytest.raises(InputError, match="from 0 on a part"):
            refunded_share(award, amounts, **told)
    with pytest.raises(InputError, match="do not belong"):
        refunded_share(award, {"a": 9})
    with pytest.raises(InputError, match="left out"):
        refunded_share(award, {"a": 9, "b": 9})
    with pytest.raises(InputError, match="twice"):
        amounts_of(Earner(reference="1", lines=(LineAmount(id="a", price=1), LineAmount(id="a", price=1))))
    plain = award_of(attrs.evolve(order, shipping=0), EarnRule(), unit=1)
    assert refunded_share(plain, {"a": 9, "b": 9}, lines={"b": 9}) == Fraction(1, 2)


# ---- cash and points ---------------------------------------------------------------------------------


@given(
    cash=st.integers(0, 40),
    value=st.integers(0, 40),
    rate=st.fractions(Fraction(1, 3), 5, max_denominator=3),
    parts=st.lists(st.integers(0, 30), max_size=6),
    how=st.sampled_from(SPLITS),
)
@settings(max_examples=300, deadline=None)
def test_parts_give_what_one_refund_gives(
    cash: int, value: int, rate: Fraction, parts: list[int], how: RefundSplit
) -> None:
    """Any parts give back what one refund of their sum does; never more than was paid; all at the whole."""
    points = int(value * rate)
    paid: dict[str, Any] = {"paid_cash": cash, "paid_points_value": value, "points_spent": points, "how": how}
    so_far, got = 0, Counter[str]()
    for part in [*parts, cash + value]:
        one = split_refund(**paid, refund_so_far=so_far, refund_now=part)
        assert min(one.cash, one.value, one.points) >= 0
        assert one.cash + one.value == min(part, cash + value - min(so_far, cash + value))
        got.update(attrs.asdict(one))
        so_far += part
        whole = split_refund(**paid, refund_so_far=0, refund_now=so_far)
        assert dict(got) == attrs.asdict(whole)
        refunded = min(so_far, cash + value)
        if how == "cash_first":
            assert whole.cash == min(cash, refunded)
        elif how == "points_first":
            assert whole.value == min(value, refunded)
        else:
            assert 0 <= whole.cash * (cash + value) - refunded * cash < max(cash + value, 1)
        assert not value or 0 <= whole.value * points - whole.points * value < value
    assert (got["cash"], got["value"], got["points"]) == (cash, value, points)


@pytest.mark.parametrize(
    ("how", "expected"),
    [("proportional", (67, 33, 99)), ("cash_first", (100, 0, 0)), ("points_first", (0, 100, 300))],
)
def test_each_way_of_dividing(how: RefundSplit, expected: tuple[int, int, int]) -> None:
    """A refund of 1.00 of 6.00 in money and 900 points for 3.00: two thirds and one third, or one first."""
    one = split_refund(
        paid_cash=600, paid_points_value=300, points_spent=900, refund_so_far=0, refund_now=100, how=how
    )
    assert (one.cash, one.value, one.points) == expected


def test_dividing_refuses_nonsense() -> None:
    """Amounts below 0, and points that paid nothing, are refused aloud."""
    told = {"paid_cash": 5, "paid_points_value": 5, "points_spent": 5, "refund_so_far": 0, "refund_now": 1}
    for name in told:
        with pytest.raises(InputError, match="below 0"):
            split_refund(**(told | {name: -1}))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="paid nothing"):
        split_refund(**(told | {"paid_points_value": 0}))  # type: ignore[arg-type]


# ---- the account ---------------------------------------------------------------------------------------


class Customer:
    """An account with its journal, and every lot that it ever had."""

    def __init__(self) -> None:
        self.account, self.journal, self.step = Account(id="ann"), list[Any](), 0
        self.lots: dict[str, Any] = {}

    def take(self, outcome: Any) -> Any:
        """Write what a command came to."""
        self.account, self.journal = outcome.account, [*self.journal, *outcome.entries]
        for entry in outcome.entries:
            self.lots |= {lot.id: lot for lot in entry.lots}
        return outcome

    def key(self) -> str:
        """Give a new key."""
        self.step += 1
        return f"k{self.step}"

    def earns(
        self, points: int, *, now: datetime = NOON, pending: bool = False, days: int | None = None
    ) -> str:
        """Award points, spendable at once unless they wait."""
        key, expiry = self.key(), Expiry() if days is None else Expiry(days=days)
        at = None if pending else now
        self.take(
            earn(
                self.account,
                points,
                lot=key,
                source="order",
                key=key,
                now=now,
                activates_at=at,
                expiry=expiry,
            )
        )
        return key

    def spends(self, points: int, now: datetime = NOON) -> tuple[Allocation, ...]:
        """Spend points, and tell which."""
        if not points:
            return ()
        done = self.take(redeem(self.account, points, key=self.key(), now=now))
        return tuple(Allocation(one.lot, one.points) for one in done.entries[-1].movements)

    def award(self, lot: str) -> Reversed:
        """Give the record of an award."""
        known = (self.lots[lot],) if lot in self.lots else ()
        return Reversed(awarded=sum(one.points for one in known), lots=known)

    def refunds(
        self, award: Reversed, spent: tuple[Allocation, ...], share: Fraction, back: int, **more: Any
    ) -> Refunded:
        """Refund a part of an order."""
        told: dict[str, Any] = {"wallet": Wallet(), "now": NOON, "key": self.key()} | more
        done = refund_order(self.account, award, spent, self.lots, share=share, points_back=back, **told)
        assert isinstance(done, Refunded)
        self.take(done.outcome)
        return done

    def total(self, bucket: Bucket) -> int:
        """Count the points of a bucket over all lots."""
        return sum(getattr(lot, bucket) for lot in self.lots.values())

    def adds_up(self) -> None:
        """Every point awarded is in one bucket, and the journal is the account."""
        assert replay("ann", self.journal) == self.account
        awarded = sum(m.points for e in self.journal for m in e.movements if m.source is None)
        moved = self.total(Bucket.MOVED)
        assert sum(map(self.total, Bucket)) == awarded
        assert moved == sum(m.points for e in self.journal for m in e.movements if m.target is Bucket.MOVED)
        assert not (self.account.debt and self.account.available)


def in_parts(
    customer: Customer, award: Reversed, spent: tuple[Allocation, ...], cuts: list[int], **more: Any
) -> Any:
    """Refund an order of 60, as much of it in points as were spent, at the given cumulative amounts."""
    points, before, forgiven, how = sum(one.points for one in spent), 0, 0, more.pop("how", "proportional")
    done = None
    for cut in [*sorted(cuts), 60]:
        part = split_refund(
            paid_cash=60 - points, paid_points_value=points, points_spent=points, refund_so_far=before,
            refund_now=cut - before, how=how,
        )  # fmt: skip
        done = customer.refunds(award, spent, Fraction(cut, 60), part.points, **more)
        award, spent, before, forgiven = done.award, done.spent, cut, forgiven + done.forgiven
    assert not spent
    assert award.points + award.forgiven == award.awarded
    return forgiven


CUTS = st.lists(st.integers(0, 60), max_size=4)


@given(
    start=st.integers(0, 40),
    cycles=st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 40), CUTS, st.booleans()), min_size=1, max_size=4
    ),
    how=st.sampled_from(SPLITS),
    shortfall=st.sampled_from(["only_pending", "within_balance", "debt"]),
)
@settings(max_examples=100, deadline=None)
def test_buy_refund_repeat_gains_nothing(start: int, cycles: Any, how: RefundSplit, shortfall: Any) -> None:
    """Buying with points, earning and returning in parts leaves what she began with (odoo 257854)."""
    ann = Customer()
    ann.earns(start)
    for wanted, earned, cuts, pending in cycles:
        spent = ann.spends(min(wanted, ann.account.available))
        # Under ``only_pending`` what could be spent already is hers to keep, so there awards wait.
        lot = ann.earns(earned, pending=pending or shortfall == "only_pending")
        forgiven = in_parts(ann, ann.award(lot), spent, cuts, how=how, wallet=Wallet(shortfall=shortfall))
        assert forgiven == 0
        assert (ann.account.available, ann.account.debt, ann.account.pending) == (start, 0, 0)
        ann.adds_up()


@given(
    start=st.integers(0, 40),
    cycles=st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 40), CUTS, st.integers(0, 50)), min_size=1, max_size=4
    ),
    how=st.sampled_from(SPLITS),
    shortfall=st.sampled_from(["within_balance", "debt"]),
)
@settings(max_examples=100, deadline=None)
def test_what_was_spent_elsewhere_is_owed(start: int, cycles: Any, how: RefundSplit, shortfall: Any) -> None:
    """Who spends what a returned order earned has so much less, or owes it, or is forgiven it."""
    ann, net = Customer(), start
    ann.earns(start)
    for wanted, earned, cuts, elsewhere in cycles:
        spent = ann.spends(min(wanted, ann.account.available))
        lot = ann.earns(earned)
        gone = ann.spends(min(elsewhere, ann.account.available))
        forgiven = in_parts(ann, ann.award(lot), spent, cuts, how=how, wallet=Wallet(shortfall=shortfall))
        net += forgiven - sum(one.points for one in gone)
        assert ann.account.available - ann.account.debt == net
        assert shortfall == "within_balance" or not forgiven
        ann.adds_up()


@given(
    start=st.integers(0, 40),
    spent=st.integers(0, 30),
    earned=st.integers(0, 40),
    elsewhere=st.integers(0, 60),
    cuts=CUTS,
    how=st.sampled_from(SPLITS),
    days=st.sampled_from([0, 2, 9]),
)
@settings(max_examples=150, deadline=None)
def test_parts_come_to_one_refund(
    start: int, spent: int, earned: int, elsewhere: int, cuts: list[int], how: RefundSplit, days: int
) -> None:
    """The whole refund in any parts leaves every bucket and the debt as one refund of it does."""
    results = []
    for parts in (cuts, []):
        ann = Customer()
        ann.earns(start, days=3)
        paid = ann.spends(min(spent, ann.account.available))
        lot = ann.earns(earned, days=8)
        ann.spends(min(elsewhere, ann.account.available))
        in_parts(ann, ann.award(lot), paid, parts, how=how, now=NOON + days * DAY)
        own = [attrs.evolve(one, touched_at=NOON) for one in ann.lots.values()] if not elsewhere else None
        ann.adds_up()
        results.append(([ann.total(bucket) for bucket in Bucket], ann.account.debt, own))
    assert results[0] == results[1]


@given(
    parts=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 40)), min_size=1, max_size=5),
    share=st.fractions(Fraction(1, 9), 1, max_denominator=9),
    cuts=CUTS,
)
@settings(max_examples=100, deadline=None)
def test_spend_and_refund_change_nothing(parts: Any, share: Fraction, cuts: list[int]) -> None:
    """Points spent and given back, in any parts, are in the very lots they came from, expiries included."""
    ann = Customer()
    for points, days in parts:
        ann.earns(points, days=days)
    before = [attrs.evolve(lot, touched_at=NOON) for lot in ann.account.lots]
    spent = ann.spends(max(int(ann.account.available * share), 1))
    in_parts(ann, Reversed(awarded=0, lots=()), spent, cuts)
    assert [attrs.evolve(lot, touched_at=NOON) for lot in ann.account.lots] == before
    ann.adds_up()


def test_points_come_back_before_any_are_taken() -> None:
    """An order paid with 10 points earned 10 that are spent: its refund books no debt to repay at once."""
    ann = Customer()
    ann.earns(10)
    paid = ann.spends(10)
    lot = ann.earns(10)
    ann.spends(10)
    done = ann.refunds(ann.award(lot), paid, Fraction(1), 10)
    assert [entry.verb for entry in done.outcome.entries] == ["give_back", "reverse"]
    assert (ann.account.available, ann.account.debt) == (0, 0)
    assert (done.taken_back, done.given_back, done.forgiven) == (10, 10, 0)
    assert done.outcome.points == 20


def test_the_other_way_round_would_be_a_pump() -> None:
    """Under ``within_balance``, taking first finds nothing and lets 10 points go that are given back then."""
    ann = Customer()
    ann.earns(10)
    paid = ann.spends(10)
    lot = ann.earns(10)
    ann.spends(10)
    award, lots = ann.award(lot), dict(ann.lots)
    first = reverse(ann.account, award, Fraction(1), key="x", now=NOON, shortfall="within_balance")
    wrong = give_back(first.account, paid, 10, lots, key="y", now=NOON, policy=LatePolicy())
    assert wrong.account.available == 10
    ann.refunds(award, paid, Fraction(1), 10, wallet=Wallet(shortfall="within_balance"))
    assert ann.account.available == 0


@pytest.mark.parametrize(
    ("more", "available"),
    [
        ({}, 0),
        ({"by_shop": True}, 20),
        ({"wallet": Wallet(late=LatePolicy(late="reinstate"))}, 20),
        ({"by_shop": True, "wallet": Wallet(late_by_shop=LatePolicy())}, 0),
    ],
)
def test_who_caused_it_decides_on_lapsed_points(more: dict[str, Any], available: int) -> None:
    """Spent points whose lot lapsed stay lapsed where she cancelled, and live on where the shop failed."""
    ann = Customer()
    ann.earns(20, days=3)
    paid = ann.spends(20)
    later = NOON + 9 * DAY
    ann.refunds(Reversed(awarded=0, lots=()), paid, Fraction(1), 20, now=later, **more)
    assert ann.account.usable(later) == available
    ann.adds_up()


@pytest.mark.parametrize(
    ("shortfall", "available", "debt", "forgiven"),
    [("debt", 0, 10, 0), ("within_balance", 0, 0, 10), ("only_pending", 5, 0, 15)],
)
def test_the_shortfall_is_the_wallet_s(shortfall: Any, available: int, debt: int, forgiven: int) -> None:
    """Of 15 points earned 10 are spent and 5 are left: the rule decides on the 10, and who keeps the 5."""
    ann = Customer()
    lot = ann.earns(15)
    ann.spends(10)
    done = ann.refunds(ann.award(lot), (), Fraction(1), 0, wallet=Wallet(shortfall=shortfall))
    assert (ann.account.available, ann.account.debt, done.forgiven) == (available, debt, forgiven)


def test_the_award_is_followed_into_the_lots_it_goes_on_in() -> None:
    """Points of an award that were spent on the order and came back renewed are the award's own still."""
    ann = Customer()
    lot = ann.earns(20, days=3)
    paid = ann.spends(20)
    later = NOON + 9 * DAY
    done = ann.refunds(ann.award(lot), paid, Fraction(1), 20, now=later, by_shop=True)
    assert len(done.award.lots) == 2
    assert (done.taken_back, ann.account.available, ann.account.debt) == (20, 0, 0)
    assert done.lots == {one.id: one for one in done.award.lots}


def test_both_or_neither() -> None:
    """Refunds that shrink, and more points back than are spent, are refused with only what fell due."""
    ann = Customer()
    ann.earns(30, days=3)
    paid = ann.spends(10)
    lot = ann.earns(10)
    half = ann.refunds(ann.award(lot), paid, Fraction(1, 2), 5)
    later = NOON + 9 * DAY
    for share, back, limit in ((Fraction(1, 3), 5, "refunded_share"), (Fraction(1), 6, "hold_total")):
        refusal = refund_order(
            ann.account, half.award, half.spent, ann.lots, wallet=Wallet(), share=share, points_back=back,
            key="r", now=later,
        )  # fmt: skip
        assert isinstance(refusal, Refusal)
        assert refusal.limit == limit
        assert [entry.verb for entry in refusal.entries] == ["expire"]
        assert replay("ann", [*ann.journal, *refusal.entries]) == refusal.account


def test_the_refund_s_moment_and_name_are_written() -> None:
    """What is taken back took effect when the refund did; both entries carry its reference and key."""
    ann = Customer()
    ann.earns(10)
    paid = ann.spends(10)
    lot = ann.earns(10)
    done = ann.refunds(
        ann.award(lot),
        paid,
        Fraction(1),
        10,
        now=NOON + 2 * DAY,
        effective_at=NOON + DAY,
        reference="refund:7",
        key="r",
    )
    assert [(entry.reference, entry.key) for entry in done.outcome.entries] == [("refund:7", "r")] * 2
    assert [entry.effective_at for entry in done.outcome.entries] == [NOON + 2 * DAY, NOON + DAY]
