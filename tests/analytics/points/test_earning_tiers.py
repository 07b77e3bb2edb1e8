"""The tier and the multiplier of each order equal what the rule of one customer says at that moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.analytics.points.earning import EarnColumns
from retailcrm.analytics.points.multipliers import multiplied, tier_multipliers
from retailcrm.analytics.points.tier_times import tiers_at
from retailcrm.analytics.tier_columns import NOT_A_REFUND, TierRows
from retailcrm.domain.labels import Label
from retailcrm.domain.points.earning import together
from retailcrm.domain.points.programme import Campaign, Programme
from retailcrm.domain.tiers import Benefits, Hold, Ladder, Requirement, Tier, TierEvent, Window, tier_as_of
from retailcrm.errors import InputError

WORD = Label("词", "word")
START = datetime(2017, 12, 20, tzinfo=UTC)
TICK = timedelta(microseconds=1)
N = 3
POLICIES = [
    *product([Window("calendar", period=unit) for unit in ("month", "quarter", "year")],
             [Hold("period"), Hold("next_period"), Hold("forever")]),
    *product([Window("lifetime"), Window("rolling", months=1), Window("since_join"),
              Window("since_last_change")],
             [Hold("months", months=1), Hold("months", months=5), Hold("forever")]),
]  # fmt: skip
MULTIPLIERS = (Fraction(1), Fraction(11, 10), Fraction(1, 2), Fraction(2))


@st.composite
def ladders(draw):
    """Draw a ladder whose tiers are a few orders apart."""
    window, hold = draw(st.sampled_from(POLICIES))
    tested = hold.kind != "forever"
    tiers = [
        Tier(name="t0", label=WORD, benefits=Benefits(points_multiplier=draw(st.sampled_from(MULTIPLIERS))))
    ]
    tiers += [
        Tier(
            name=f"t{i}", label=WORD, enter=Requirement(spend=4 * i, orders=2 * i - 1, combine="any"),
            keep=Requirement(orders=1) if tested and draw(st.booleans()) else None,
            benefits=Benefits(points_multiplier=draw(st.sampled_from(MULTIPLIERS))),
        )
        for i in range(1, draw(st.integers(1, 3)))
    ]  # fmt: skip
    months = {"month": 1, "quarter": 3, "year": 12}.get(window.period, hold.months or 1)
    return Ladder(
        currency="CNY", zone=draw(st.sampled_from(["Asia/Shanghai", "America/Sao_Paulo"])),
        tiers=tuple(tiers), window=window, hold=hold,
        drop=draw(st.sampled_from(["one_down", "to_balance"])),
        grace_months=draw(st.integers(0, min(months - 1, 3))) if tested else 0,
        return_window_days=draw(st.sampled_from([0, 3, 60])),
    )  # fmt: skip


moments = st.builds(
    lambda day, hour: START + timedelta(days=day, hours=hour),
    st.integers(0, 60) | st.integers(0, 500), st.sampled_from([0, 2, 3, 16]),
)  # fmt: skip


@st.composite
def histories(draw):
    """Draw orders, refunds of some, and credit notes of a few customers."""
    found = []
    for number, (who, at, spend) in enumerate(
        draw(st.lists(st.tuples(st.integers(0, N - 1), moments, st.integers(0, 6)), max_size=14))
    ):
        order = len(found)
        found.append((who, TierEvent(at, spend, 1, f"{number}"), NOT_A_REFUND))
        kind = draw(st.sampled_from(["", "", "", "part", "full", "note"]))
        later = at + timedelta(days=draw(st.sampled_from([-1, 0, 0, 1, 3, 20, 70])))
        if kind == "note":
            found.append((who, TierEvent(later, -2, 0), NOT_A_REFUND))
        elif kind:
            back = TierEvent(later, -spend if kind == "full" else -1, -int(kind == "full"), f"{number}")
            found.append((who, back, order))
    return found


def naive(moment):
    """Give a moment as columns have it."""
    return np.datetime64(moment.replace(tzinfo=None), "us")


def rows_of(found):
    """Lay what was drawn out as rows."""
    return TierRows(
        customer=np.array([who for who, _, _ in found], np.int32),
        at=np.array([naive(event.at) for _, event, _ in found], "datetime64[us]"),
        spend=np.array([event.spend_minor for _, event, _ in found], np.int64),
        orders=np.array([event.orders for _, event, _ in found], np.int64),
        refund_of=np.array([order for *_, order in found], np.int64),
    )


def joined(found):
    """Give when each customer joined: at her first row."""
    firsts = [min((e.at for who, e, _ in found if who == one), default=START) for one in range(N)]
    return firsts, np.array([naive(first) for first in firsts], "datetime64[us]")


def columns_of(asked):
    """Lay orders of one line out as columns."""
    return EarnColumns(
        customer=np.array([who for who, _ in asked], np.int32),
        paid_at=np.array([naive(at) for _, at in asked], "datetime64[us]"),
        order=np.arange(len(asked)),
        price=np.full(len(asked), 100),
    )


@settings(max_examples=3 * settings.default.max_examples, deadline=None)
@given(ladders(), histories(), st.lists(st.tuples(st.integers(0, N - 1), moments), max_size=4))
def test_tiers_at_moments_equal_the_rule_of_one_customer(ladder, found, more):
    """At every event, a tick after it, and in between: rises, refunds, tests and graces are all felt."""
    asked = [(who, event.at + tick) for who, event, _ in found for tick in (-TICK, timedelta(0), TICK)] + more
    firsts, joined_at = joined(found)
    tiers = tiers_at(
        ladder, rows_of(found),
        np.array([who for who, _ in asked], np.int32),
        np.array([naive(at) for _, at in asked], "datetime64[us]"),
        n_customers=N, joined_at=joined_at,
    )  # fmt: skip
    wanted = [
        tier_as_of([e for whose, e, _ in found if whose == who], ladder, at, firsts[who]).index
        for who, at in asked
    ]
    assert tiers.tolist() == wanted


@pytest.mark.parametrize("later", range(7))
def test_a_refund_that_brings_an_overdue_test_is_felt_after_it(later):
    """Back from gold to a silver whose hold has ended: both steps show a tick after the refund, not at it."""
    tiers = [Tier(name="member", label=WORD)]
    tiers += [
        Tier(name=name, label=WORD, enter=Requirement(orders=n)) for n, name in ((1, "silver"), (2, "gold"))
    ]
    ladder = Ladder(
        currency="CNY", zone="UTC", tiers=tuple(tiers), window=Window("rolling", months=1),
        hold=Hold("months", months=1), return_window_days=60,
    )  # fmt: skip
    days = [0, 10, *range(80, 80 + 40 * later, 40)]
    found = [(0, TierEvent(START + timedelta(days=d), 1, 1, f"{d}"), NOT_A_REFUND) for d in days]
    back = START + timedelta(days=38)
    found.append((0, TierEvent(back, -1, -1, "10"), 1))
    asked = [back - TICK, back, back + TICK]
    at = np.array([naive(one) for one in (*asked, START + timedelta(days=400))], "datetime64[us]")
    told = tiers_at(ladder, rows_of(found), np.zeros(4, np.int32), at, n_customers=1)
    events = [event for _, event, _ in found]
    assert told[:3].tolist() == [tier_as_of(events, ladder, at, START).index for at in asked]
    assert told[1] == 2 > told[2]


@st.composite
def campaigns(draw):
    """Draw campaigns that overlap, some of them for some tiers only."""
    found = []
    for number in range(draw(st.integers(0, 3))):
        start = draw(moments)
        found.append(
            Campaign(
                name=f"c{number}", start=start, end=start + timedelta(days=draw(st.integers(1, 200))),
                multiplier=draw(st.sampled_from(MULTIPLIERS)),
                tiers=draw(st.sampled_from([(), (), ("t0",), ("t1", "t2")])),
            )
        )  # fmt: skip
    return tuple(found)


@settings(max_examples=2 * settings.default.max_examples, deadline=None)
@given(
    ladders(), histories(), campaigns(), st.sampled_from(["before", "after"]),
    st.sampled_from(["max", "add", "multiply"]),
)  # fmt: skip
def test_multipliers_equal_those_reckoned_order_by_order(ladder, found, campaigns, tier_at, how):
    """The tier before or after each order and the campaigns that hold it, joined as the rule says."""
    asked = [(who, event.at) for who, event, order in found if order == NOT_A_REFUND]
    asked += [
        (0, edge + tick) for one in campaigns for edge in (one.start, one.end) for tick in (-TICK, TICK * 0)
    ]
    firsts, joined_at = joined(found)
    programme = Programme(campaigns=campaigns, tier_at=tier_at)
    wanted = []
    for who, at in asked:
        hers = [e for whose, e, _ in found if whose == who]
        tier = tier_as_of(hers, ladder, at if tier_at == "before" else at + TICK, firsts[who]).tier
        each = [tier.benefits.points_multiplier] + [
            one.multiplier for one in campaigns
            if one.start <= at < one.end and (not one.tiers or tier.name in one.tiers)
        ]  # fmt: skip
        wanted.append(together([one for one in each if one != 1], how))

    def multiply():
        return tier_multipliers(
            columns_of(asked), programme, how, ladder, rows_of(found), n_customers=N, joined_at=joined_at
        )

    if min(wanted, default=Fraction(1)) < 0:
        with pytest.raises(InputError, match="below 0"):
            multiply()
    else:
        columns = multiply()
        told = zip(columns.numerator.tolist(), columns.denominator.tolist(), strict=True)
        assert [Fraction(*one) for one in told] == wanted


def test_an_order_earns_by_the_tier_before_it_unless_the_programme_says_after():
    """The second order lifts her to gold: before, only the third earns double; after, the second does too."""
    gold = Tier(
        name="gold", label=WORD, enter=Requirement(orders=2), benefits=Benefits(points_multiplier=Fraction(2))
    )
    ladder = Ladder(
        currency="CNY", zone="UTC", window=Window("lifetime"), hold=Hold("forever"),
        tiers=(Tier(name="member", label=WORD), gold),
    )  # fmt: skip
    found = [(0, TierEvent(START + timedelta(days=d), 100, 1, f"{d}"), NOT_A_REFUND) for d in range(3)]
    columns = columns_of([(who, event.at) for who, event, _ in found])
    for tier_at, wanted in (("before", [1, 1, 2]), ("after", [1, 2, 2])):
        made = tier_multipliers(
            columns, Programme(tier_at=tier_at), "max", ladder, rows_of(found), n_customers=1
        )
        assert made.numerator.tolist() == wanted


def test_no_orders_have_no_multipliers():
    """A shop without orders gives columns without rows."""
    ladder = Ladder(
        currency="CNY", zone="UTC", window=Window("lifetime"), hold=Hold("forever"),
        tiers=(Tier(name="member", label=WORD),),
    )  # fmt: skip
    made = tier_multipliers(columns_of([]), Programme(), "max", ladder, rows_of([]), n_customers=0)
    assert len(made) == 0


def test_a_ladder_that_counts_since_joining_asks_for_it():
    """Without the moments of joining there is an error, not a guess."""
    ladder = Ladder(
        currency="CNY", zone="UTC", window=Window("since_join"), hold=Hold("forever"),
        tiers=(Tier(name="member", label=WORD), Tier(name="gold", label=WORD, enter=Requirement(orders=1))),
    )  # fmt: skip
    found = [(0, TierEvent(START, 100, 1, "a"), NOT_A_REFUND)]
    with pytest.raises(InputError, match="joined_at"):
        tier_multipliers(
            columns_of([(0, START + TICK)]), Programme(), "max", ladder, rows_of(found), n_customers=1
        )


def test_a_multiplier_too_fine_is_refused():
    """A product of campaigns that no machine word holds is an error, never another number."""
    campaign = Campaign(
        name="a", start=START, end=START + timedelta(days=1), multiplier=Fraction(2**40 + 1, 2**40)
    )
    twice = (campaign, attrs.evolve(campaign, name="b"))
    assert len(multiplied(columns_of([(0, START)]), twice, "max")) == 1
    with pytest.raises(InputError, match="too fine"):
        multiplied(columns_of([(0, START)]), twice, "multiply")
