"""Splitting: what the check calls safe is safe, and what it calls best is best, by searching all splits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.domain.points.earning import Earner, LineAmount, award_of
from retailcrm.domain.points.linting.splitting import best_order, best_redemption, smallest
from retailcrm.domain.points.terms import worth
from retailcrm.domain.points.wallets import EarnRule, Redemption

TOTAL = 60
rates = st.fractions(min_value=Fraction(1, 50), max_value=3, max_denominator=60)


def points_of(amount: int, rule: EarnRule, unit: int) -> int:
    """Give what one order of an amount earns, by the rule of one order."""
    order = Earner(reference="1", lines=(LineAmount(id="a", price=amount),))
    return award_of(order, rule, unit=unit).points


def most_by_splitting(gets: list[int]) -> list[int]:
    """Give the most that any split of 0, 1, 2, ... gets, by trying every first part."""
    most = [0]
    for whole in range(1, len(gets)):
        most.append(max(gets[part] + most[whole - part] for part in range(1, whole + 1)))
    return most


@settings(max_examples=60, deadline=None)
@given(rate=rates, least=st.integers(0, 20), unit=st.sampled_from([1, 10]))
def test_no_split_gains_where_points_are_rounded_down(rate: Fraction, least: int, unit: int) -> None:
    """Every amount up to 60 earns as one order at least what any split of it does."""
    rule = EarnRule(rate=rate, least=least)
    assert best_order(rule, unit=unit) is None
    gets = [points_of(amount, rule, unit) for amount in range(TOTAL + 1)]
    assert most_by_splitting(gets) == gets


@settings(max_examples=60, deadline=None)
@given(
    rate=rates,
    least=st.integers(0, 20),
    unit=st.sampled_from([1, 10]),
    rounding=st.sampled_from(["half_up", "up"]),
)
def test_the_best_order_is_the_best_of_all(rate: Fraction, least: int, unit: int, rounding: Any) -> None:
    """No amount earns more for its money, n orders of the best size are the best split of n times it."""
    rule = EarnRule(rate=rate, least=least, rounding=rounding)
    gets = [points_of(amount, rule, unit) for amount in range(TOTAL + 1)]
    most = most_by_splitting(gets)
    ratio = max(Fraction(got, amount) for amount, got in enumerate(gets) if amount)
    best = best_order(rule, unit=unit)
    if best is None:
        # Nothing is given away: no amount earns more than its exact share.
        assert ratio <= rate / unit
        return
    if best.size > TOTAL:
        return
    assert Fraction(best.gets, best.size) == ratio
    assert best.gain == best.gets - best.size * rate / unit > 0
    for times in range(1, TOTAL // best.size + 1):
        assert most[times * best.size] == times * best.gets


def test_lines_are_split_even_where_small_orders_earn_nothing() -> None:
    """The least of an order keeps nobody from splitting one into lines."""
    by_order = EarnRule(rounding="up", least=1000)
    by_line = EarnRule(rounding="up", least=1000, round_at="line")
    best = best_order(by_order, unit=100)
    assert best is not None
    assert best.size == 1001
    best = best_order(by_line, unit=100)
    assert best is not None
    assert (best.size, best.gets) == (1, 1)
    lines = tuple(LineAmount(id=str(n), price=1) for n in range(1000))
    assert award_of(Earner(reference="1", lines=lines), by_line).points == 1000


@settings(max_examples=60, deadline=None)
@given(
    per_unit=st.fractions(min_value=Fraction(1, 3), max_value=500, max_denominator=7),
    least=st.integers(1, 12),
    multiple=st.integers(1, 6),
    rounding=st.sampled_from(["down", "up"]),
)
def test_the_best_redemption_is_the_best_of_all(
    per_unit: Fraction, least: int, multiple: int, rounding: Any
) -> None:
    """No number of points that may be spent gets more for each, and rounding down gives nothing away."""
    rule = Redemption(points_per_unit=per_unit, least=least, multiple=multiple, rounding=rounding)
    allowed = [points for points in range(1, 200) if points >= least and points % multiple == 0]
    assert allowed[0] == smallest(rule)
    ratio = max(Fraction(worth(points, rule, 100), points) for points in allowed)
    best = best_redemption(rule, unit=100)
    if best is None:
        assert ratio <= 100 / per_unit
    else:
        assert Fraction(best.gets, best.size) >= ratio
        assert worth(best.size, rule, 100) == best.gets
        assert best.size % multiple == 0


@pytest.mark.parametrize(
    ("rounding", "size", "points", "gain"),
    [("half_up", 50, 1, Fraction(1, 2)), ("up", 1, 1, Fraction(99, 100))],
)
def test_a_point_for_each_yuan(rounding: Any, size: int, points: int, gain: Fraction) -> None:
    """Half a yuan rounds up to a point, or a single fen does."""
    best = best_order(EarnRule(rounding=rounding), unit=100)
    assert best is not None
    assert (best.size, best.gets, best.gain) == (size, points, gain)
