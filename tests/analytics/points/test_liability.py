"""Liability: exact by hand, rounded once, and shared out without losing a minor unit."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.points.journals import ZONE, instant, rows_of, shops

from retailcrm.analytics.points.breakage import Expected
from retailcrm.analytics.points.journal import movements_of
from retailcrm.analytics.points.liability import ROUNDINGS, liability, point_value, rounded, shared
from retailcrm.analytics.points.outstanding import balances, by_expiry_month
from retailcrm.domain.points import Account, Expiry, reserve
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.wallets import Redemption
from retailcrm.errors import InputError

LOCAL = ZoneInfo(ZONE)
JANUARY = datetime(2024, 1, 10, 4, tzinfo=UTC)
SHARES = st.fractions(0, 1, max_denominator=30)


def month_of(moment):
    """Number a local month since 1970-01."""
    day = moment.astimezone(LOCAL)
    return (day.year - 1970) * 12 + day.month - 1


@settings(max_examples=80, deadline=None)
@given(shops(), SHARES, SHARES, st.fractions(0, 3, max_denominator=300), st.sampled_from(sorted(ROUNDINGS)))
def test_it_is_points_times_value_times_share(shop, one, other, value, rounding):
    """Lot by lot, exactly; what cannot be spent any more only as far as it is held; rounded once."""
    at = shop.now + timedelta(seconds=1)
    expected = Expected(other=other, months={648: one, 650: one / 2})
    exact = Fraction(0)
    held: dict = {}
    for row in rows_of(shop, at):
        lot = held.setdefault(row["lot"], Counter())
        lot[row["target"]] += row["points"]
        if row["source"]:
            lot[row["source"]] -= row["points"]
    for (name, lot_id), buckets in held.items():
        lot = shop.lots[name][lot_id]
        gone = lot.expires_at is not None and lot.expires_at <= at
        points = buckets["held"] + (0 if gone else buckets["pending"] + buckets["available"])
        exact += points * value * expected.of(month_of(lot.awarded_at))
    there = balances(movements_of(shop.entries, ZONE), instant(at))
    found = liability(there, value=value, expected=expected, currency="CNY", rounding=rounding)
    assert sum(found.exact) == exact
    assert found.total == rounded(exact, rounding)
    assert sum(found.amounts) == found.total
    assert all(abs(a - e) < 1 for a, e in zip(found.amounts, found.exact, strict=True))
    groups = by_expiry_month(there)
    assert (found.keys, found.points) == (groups.keys, tuple(groups.points.tolist()))


def test_a_liability_by_hand():
    """At 1/3 fen a point, half of 1,000 and four fifths of 500 cost 166.67 + 133.33 = 300 fen."""
    rule = {"expiry": Expiry(months=12, snap="year", zone=ZONE), "source": "order:1"}
    february = JANUARY + timedelta(days=31)
    first = earn(Account(id="a"), 1000, lot="x", key="1", now=JANUARY, activates_at=JANUARY, **rule)
    second = earn(first.account, 500, lot="y", key="2", now=february, activates_at=None, **rule)
    moved = movements_of({"a": [*first.entries, *second.entries]}, ZONE)
    value = point_value(Redemption(points_per_unit=Fraction(300)), "CNY")
    expected = Expected(other=Fraction(4, 5), months={648: Fraction(1, 2)})
    there = balances(moved, instant(february + timedelta(days=1)))
    found = liability(there, value=value, expected=expected, currency="CNY")
    assert found.keys == ("2025-12", "waiting")
    assert found.points == (1000, 500)
    assert found.exact == (Fraction(500, 3), Fraction(400, 3))
    assert (found.total, found.amounts) == (300, (167, 133))
    assert (found.currency, found.rounding) == ("CNY", "half_up")


def test_parts_stay_beside_their_exact_amounts():
    """However many parts there are, none is a whole unit away, and a part of nothing stays nothing."""
    halves = [Fraction(1, 2), Fraction(0), Fraction(5, 2), Fraction(1, 4), Fraction(0)]
    assert shared(4, halves) == (1, 0, 3, 0, 0)
    assert shared(3, halves) == (1, 0, 2, 0, 0)
    assert shared(0, [Fraction(0)]) == (0,)


def test_points_held_beyond_their_expiry_are_owed():
    """Of 10 points that lapsed before anybody wrote it off, the 4 of an open checkout may still be spent."""
    rule = {"limit_at": JANUARY + timedelta(hours=1)}
    earned = earn(
        Account(id="a"), 10, lot="x", source="order:1", key="1", now=JANUARY, activates_at=JANUARY, **rule
    )
    ends = JANUARY + timedelta(hours=5)
    kept = reserve(earned.account, 4, hold="h", ends_at=ends, key="2", now=JANUARY)
    moved = movements_of({"a": [*earned.entries, *kept.entries]}, ZONE)
    for hours, keys, cost in ((0.5, ("2024-01",), 10), (2, ("lapsed",), 4)):
        there = balances(moved, instant(JANUARY + timedelta(hours=hours)))
        found = liability(there, value=Fraction(1), expected=Expected(other=Fraction(1)), currency="CNY")
        assert (found.keys, found.total, found.points) == (keys, cost, (10,))


def test_the_value_of_a_point_knows_the_currency():
    """100 points a yuan are 1 fen each; 100 points a yen 1/100 yen; a dinar has 1,000 fils."""
    hundred = Redemption(points_per_unit=Fraction(100))
    assert [point_value(hundred, currency) for currency in ("CNY", "JPY", "KWD")] == [1, Fraction(1, 100), 10]


def test_ways_to_round():
    """Each way by name, on both sides of a half; another name is refused."""
    values = [Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(3, 2), Fraction(2)]
    assert [rounded(v, "half_up") for v in values] == [0, 1, 1, 2, 2]
    assert [rounded(v, "half_even") for v in values] == [0, 0, 1, 2, 2]
    assert [rounded(v, "up") for v in values] == [1, 1, 1, 2, 2]
    with pytest.raises(InputError, match="rounding is one of"):
        rounded(Fraction(1), "down")
    assert all(label.zh and label.en for label in ROUNDINGS.values())


def test_nothing_outstanding_costs_nothing():
    """No lots, no groups, no cost; an inexact or negative value is refused."""
    there = balances(movements_of({}, ZONE), np.datetime64("2024-01-01", "us"))
    expected = Expected(other=Fraction(1))
    found = liability(there, value=Fraction(1), expected=expected, currency="CNY")
    assert (found.keys, found.amounts, found.total) == ((), (), 0)
    for wrong in (0.01, Fraction(-1)):
        with pytest.raises(InputError, match="value of a point"):
            liability(there, value=wrong, expected=expected, currency="CNY")
