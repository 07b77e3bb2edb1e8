"""Earning in bulk equals the rule of one order, looped over the orders with their caps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.analytics.points.earning import EarnColumns, awards
from retailcrm.analytics.points.parts import LIMIT, Parts
from retailcrm.domain.money import split
from retailcrm.domain.periods import local_date
from retailcrm.domain.points.earning import Earner, LineAmount, award_of
from retailcrm.domain.points.wallets import Cap, EarnBase, EarnRule
from retailcrm.errors import InputError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = ("Asia/Shanghai", "America/New_York", "America/Sao_Paulo", "UTC")

# Midnights of several zones, either side of a clock change and of a year's end: periods differ by an hour.
NEAR = [
    datetime(2018, 11, 4, 2, 30, tzinfo=UTC),
    datetime(2018, 11, 4, 3, tzinfo=UTC),
    datetime(2018, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC),
    datetime(2018, 12, 31, 16, tzinfo=UTC),
    datetime(2019, 1, 1, 2, tzinfo=UTC),
    datetime(2019, 1, 1, 5, tzinfo=UTC),
    datetime(2019, 1, 31, 20, tzinfo=UTC),
]
small = st.integers(0, 40) | st.sampled_from([99, 100, 995, 1999, 2000])
huge = st.sampled_from([10**9 + 7, LIMIT // 7, LIMIT, 2**63 - 1])
fractions = st.fractions(0, 4, max_denominator=7)


@st.composite
def one_order(draw, amounts):
    """Draw an order that was not overpaid."""
    lines = []
    for number in range(draw(st.integers(0, 4))):
        price = draw(amounts)
        lines.append(
            LineAmount(
                id=str(number),
                price=price,
                discount=draw(st.integers(0, price)),
                earns=draw(st.sampled_from([True, True, True, False])),
            )
        )
    shipping, tax = draw(amounts), draw(amounts)
    whole = sum(line.price - line.discount for line in lines) + shipping + tax
    by_points = draw(st.integers(0, min(whole, 2**63 - 1)) | st.just(0))
    by_gift_card = draw(st.integers(0, min(whole - by_points, 2**63 - 1)) | st.just(0))
    return Earner(
        reference="", lines=tuple(lines), shipping=shipping, tax=tax,
        by_points=by_points, by_gift_card=by_gift_card,
    )  # fmt: skip


@st.composite
def rules(draw):
    """Draw what orders earn; caps small enough to bind, several at once, of one period too."""
    caps = draw(
        st.lists(
            st.builds(Cap, points=st.integers(0, 60), per=st.sampled_from(["day", "month", "year", "ever"])),
            max_size=4,
        )
    )
    return EarnRule(
        rate=draw(fractions),
        base=EarnBase(*[]) if draw(st.booleans()) else EarnBase(
            **{field.name: draw(st.booleans()) for field in attrs.fields(EarnBase)}
        ),
        rounding=draw(st.sampled_from(["down", "half_up", "up"])),
        round_at=draw(st.sampled_from(["order", "line"])),
        least=draw(st.integers(0, 60)),
        caps=tuple(caps),
    )  # fmt: skip


@st.composite
def shops(draw, amounts=small):
    """Draw orders of two customers, with who paid, when, and by which multiplier."""
    orders = draw(st.lists(one_order(amounts), max_size=8))
    size = len(orders)
    who = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    at = draw(
        st.lists(
            st.sampled_from(NEAR) | st.builds(lambda d, h: NEAR[0] + timedelta(days=d, hours=h),
                                              st.integers(0, 90), st.integers(0, 23)),
            min_size=size, max_size=size,
        )
    )  # fmt: skip
    multipliers = draw(st.lists(fractions, min_size=size, max_size=size))
    return orders, who, at, multipliers


def columns_of(orders, who, at, multipliers):
    """Lay drawn orders out as columns."""
    lines = [(row, line) for row, order in enumerate(orders) for line in order.lines]
    of_orders = {
        name: np.array([getattr(order, name) for order in orders], np.int64)
        for name in ("shipping", "tax", "by_points", "by_gift_card")
    }
    return EarnColumns(
        customer=np.array(who, np.int32),
        paid_at=np.array([np.datetime64(moment.replace(tzinfo=None), "us") for moment in at],
                         "datetime64[us]"),
        numerator=np.array([one.numerator for one in multipliers], np.int64),
        denominator=np.array([one.denominator for one in multipliers], np.int64),
        order=np.array([row for row, _ in lines], np.int64),
        price=np.array([line.price for _, line in lines], np.int64),
        discount=np.array([line.discount for _, line in lines], np.int64),
        earns=np.array([line.earns for _, line in lines], bool),
        **of_orders,
    )  # fmt: skip


def period(day, per):
    """Name the period of a local day, as a person would."""
    return {"day": day, "month": (day.year, day.month), "year": day.year, "ever": None}[per]


def looped(orders, who, at, multipliers, rule, unit, zone):
    """Award one order after the other, in the order of time, with the room that caps leave."""
    found = [None] * len(orders)
    earned = []
    for row in sorted(range(len(orders)), key=lambda i: (at[i], i)):
        day: date = local_date(at[row], zone)
        left = [
            cap.points
            - sum(p for whose, when, p in earned
                  if whose == who[row] and period(when, cap.per) == period(day, cap.per))
            for cap in rule.caps
        ]  # fmt: skip
        found[row] = award_of(
            orders[row], rule, unit=unit, multipliers=(multipliers[row],), room=min(left, default=None)
        )
        earned.append((who[row], day, found[row].points))
    return found


def overflows(shop, rule, unit):
    """Tell whether an award before caps is more than any order may earn, or its base than a column holds."""
    try:
        uncapped = looped(*shop, attrs.evolve(rule, caps=()), unit, "UTC")
    except InputError:
        return True
    return any(sum(award.bases) >= 2**63 for award in uncapped)


def assert_same_or_refused(shop, rule, unit):
    """Compare every figure, or see both ways refuse; in bulk also what overflows before a cap cuts it."""
    columns = columns_of(*shop)
    try:
        singly = looped(*shop, rule, unit, "UTC")
    except InputError:
        with pytest.raises(InputError, match=r"more than (a column holds|\d+ points)"):
            awards(columns, rule, unit=unit)
        return
    try:
        found = awards(columns, rule, unit=unit)
    except InputError:
        assert overflows(shop, rule, unit)
        return
    assert_equal(columns, found, singly)


def assert_equal(columns, bulk, singly):
    """Compare every figure of every order."""
    for row, award in enumerate(singly):
        mine = columns.order == row
        shares = (*bulk.line_points[mine].tolist(), bulk.shipping_points[row], bulk.tax_points[row])
        assert (bulk.points[row], bulk.cut[row], shares) == (award.points, award.cut, award.shares)
        assert bulk.base[row] == sum(award.bases)


@settings(max_examples=4 * settings.default.max_examples, deadline=None)
@given(shops(), rules(), st.sampled_from([1, 100, 7]), st.sampled_from(ZONES))
def test_bulk_equals_the_rule_of_one_order(shop, rule, unit, zone):
    """Points, cuts, bases and every share agree, whatever is rounded, multiplied, left out or capped."""
    columns = columns_of(*shop)
    bulk = awards(columns, rule, unit=unit, zone=zone)
    assert_equal(columns, bulk, looped(*shop, rule, unit, zone))
    assert bulk.fallen_back == 0


@settings(max_examples=2 * settings.default.max_examples, deadline=None)
@given(
    shops(small | huge),
    rules(),
    st.sampled_from([1, 100]),
    st.sampled_from(["1", "1/3", "9999999999/7", "999999999989/999999999999"]),
)
def test_numbers_that_overflow_are_never_wrapped(shop, rule, unit, rate):
    """Amounts near the end of the machine word give the exact award, or are refused by name."""
    rule = attrs.evolve(rule, rate=Fraction(rate))
    assert_same_or_refused(shop, rule, unit)


@settings(max_examples=settings.default.max_examples, deadline=None)
@given(shops(small | huge), st.integers(10**11, 10**12), st.sampled_from(["day", "ever"]))
def test_caps_of_huge_orders_hold_too(shop, limit, per):
    """The largest caps that there are cut awards near the end of the machine word exactly."""
    rule = EarnRule(caps=(Cap(points=limit, per=per),))
    assert_same_or_refused(shop, rule, 1)


def test_fallen_back_counts_the_orders_that_went_one_by_one():
    """Of three orders the one whose product overflows is counted, and exact; the others are not."""
    columns = EarnColumns(
        customer=np.array([0, 1, 2], np.int32),
        paid_at=np.full(3, np.datetime64("2024-01-01", "us")),
        numerator=np.array([1, 10**10 + 1, 2]),
        denominator=np.array([1, 10**10, 1]),
        order=np.array([0, 1, 2]),
        price=np.array([100, 10**9, 250]),
    )
    found = awards(columns, EarnRule(rate=Fraction(10)))
    assert found.fallen_back == 1
    # A thousand million fen are 10^7 yuan, ten points each, and a hundredth of a point more.
    assert found.points.tolist() == [10, 10**8, 50]


def test_nothing_earns_nothing():
    """A shop without orders gives columns without rows."""
    found = awards(columns_of([], [], [], []), EarnRule(caps=(Cap(points=1),)))
    assert len(found) == len(found.line_points) == found.fallen_back == 0


@pytest.mark.parametrize("off", [{"by_points": 1}, {"by_gift_card": 1}])
def test_an_overpaid_order_is_refused(off):
    """More paid with points or cards than the order comes to is an error, as it is for one order."""
    columns = columns_of(
        [Earner(reference="", lines=(LineAmount(id="a", price=0),))], [0], NEAR[:1], [Fraction(1)]
    )
    columns = attrs.evolve(columns, **{name: np.array([value]) for name, value in off.items()})
    with pytest.raises(InputError, match="more was paid"):
        awards(columns, EarnRule())


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"price": np.array([-1])}, InputError),
        ({"discount": np.array([11])}, InputError),
        ({"discount": np.array([-1])}, InputError),
        ({"shipping": np.array([-1])}, InputError),
        ({"numerator": np.array([-1])}, InputError),
        ({"denominator": np.array([0])}, InputError),
        ({"customer": np.array([-1], np.int32)}, InputError),
        ({"paid_at": np.array(["NaT"], "datetime64[us]")}, InputError),
        ({"order": np.array([1])}, ValueError),
        ({"tax": np.array([1, 2])}, ValueError),
        ({"price": np.array([10.0])}, ValueError),
    ],
)
def test_columns_that_cannot_be_meant_are_refused(change, error):
    """Negative amounts, discounts above the price, unknown moments and rows that point nowhere."""
    columns = columns_of(
        [Earner(reference="", lines=(LineAmount(id="a", price=10),))], [0], NEAR[:1], [Fraction(1)]
    )
    with pytest.raises(error):
        attrs.evolve(columns, **change)


@settings(max_examples=4 * settings.default.max_examples, deadline=None)
@given(st.lists(st.tuples(st.lists(small | huge, max_size=5), st.integers(0, 300) | huge), max_size=6))
def test_shares_in_bulk_equal_the_split_of_one_amount(cases):
    """Largest remainders, ties to the earlier part, and products beyond a machine word: equal to split."""
    cases = [(weights, amount if any(weights) else 0) for weights, amount in cases]
    flat = [(order, w) for order, (weights, _) in enumerate(cases) for w in weights]
    weight = np.array([w for _, w in flat], np.int64)
    place = np.flatnonzero(weight)
    parts = Parts.of(place, np.array([order for order, _ in flat], np.int64)[place], weight[place])
    shares, _ = parts.shared(np.array([amount for _, amount in cases], np.int64))
    found = np.zeros(len(flat), np.int64)
    found[parts.place] = shares
    assert found.tolist() == [share for weights, amount in cases for share in split(amount, weights)]
