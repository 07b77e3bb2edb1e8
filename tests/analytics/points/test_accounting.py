"""The books of points: the standard's own example, and lines that balance whatever happens."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.analytics.points.accounting import (
    ACCOUNTS,
    Position,
    allocate,
    journal,
    recognised,
)
from retailcrm.errors import InputError

AMOUNTS = st.integers(0, 10**9)


def moved(lines):
    """Add up every account, debits less credits."""
    total = Counter()
    for line in lines:
        total[line.account] += line.debit - line.credit
    return total


def test_illustrative_example_52():
    """91,324 of products and 8,676 of points; revenue 4,110, then 3,493; owed 4,566, then 1,073."""
    goods, points = allocate(100_000, 100_000, 9_500)
    assert (goods, points) == (91_324, 8_676)
    first = Position(sold=100_000, deferred=points, awarded=10_000, redeemed=4_500, expected=9_500)
    second = Position(sold=100_000, deferred=points, awarded=10_000, redeemed=8_500, expected=9_700)
    assert (first.recognised, first.contract_liability) == (4_110, 4_566)
    assert (second.recognised - first.recognised, second.contract_liability) == (3_493, 1_073)
    year = moved(journal(Position(), first))
    assert year["receivable"] == 100_000
    assert year["sales"] == -91_324
    assert year["contract_liability"] == -4_566
    assert year["points_revenue"] + year["breakage_revenue"] == -4_110
    # 4,500 of 10,000 points bring 3,904 of the 8,676 themselves.
    assert year["points_revenue"] == -3_904
    after = moved(journal(first, second))
    assert (after["points_revenue"] + after["breakage_revenue"], after["contract_liability"]) == (
        -3_493,
        3_493,
    )
    assert after["receivable"] == after["sales"] == 0


def test_a_refund_by_hand():
    """Half of everything goes back before a point was spent: half the revenue, half the liability."""
    before = Position(sold=1_000, deferred=100, awarded=100, redeemed=0, expected=80)
    after = Position(
        sold=1_000, deferred=100, refunded=500, undeferred=50, awarded=50, redeemed=0, expected=40
    )
    lines = journal(before, after)
    assert [(line.account, line.debit, line.credit) for line in lines] == [
        ("sales", 450, 0), ("contract_liability", 50, 0), ("receivable", 0, 500)
    ]  # fmt: skip
    assert after.contract_liability == 50


def test_an_estimate_that_rises_takes_revenue_back():
    """If more points are expected after all, revenue recognised too early is taken back at once."""
    before = Position(sold=1_000, deferred=100, awarded=100, redeemed=40, expected=50)
    after = Position(sold=1_000, deferred=100, awarded=100, redeemed=40, expected=80)
    assert (before.recognised, after.recognised) == (80, 50)
    assert [(line.account, line.debit, line.credit) for line in journal(before, after)] == [
        ("contract_liability", 0, 30), ("breakage_revenue", 30, 0)
    ]  # fmt: skip


def test_nothing_more_expected_is_all_recognised():
    """When every expected point is redeemed, or none is expected, nothing is owed any more."""
    assert recognised(100, 50, 50) == 100
    assert recognised(100, 0, 0) == 100
    assert recognised(100, 0, 1) == 0
    assert recognised(0, 3, 7) == 0


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_a_price_is_divided_without_losing_a_cent(price, goods, points):
    """Both parts add up to the price, and each is within one minor unit of its share."""
    if goods + points == 0:
        return
    parts = allocate(price, goods, points)
    assert sum(parts) == price
    assert min(parts) >= 0
    assert abs(parts[1] - Fraction(price * points, goods + points)) <= 1


@st.composite
def histories(draw):
    """Draw positions as periods go by: sales, refunds, points that come and go."""
    there = [Position()]
    awarded = redeemed = 0
    for _ in range(draw(st.integers(1, 6))):
        last = there[-1]
        sold = draw(st.integers(0, 10_000))
        deferred = draw(st.integers(0, sold))
        undeferred = draw(st.integers(0, last.deferred + deferred - last.undeferred))
        refunded = undeferred + draw(st.integers(0, 500))
        awarded += draw(st.integers(0, 1_000))
        redeemed = draw(st.integers(0, awarded))
        expected = redeemed + (awarded - redeemed) * draw(st.fractions(0, 1, max_denominator=9))
        there.append(
            Position(
                sold=last.sold + sold,
                deferred=last.deferred + deferred,
                refunded=last.refunded + refunded,
                undeferred=last.undeferred + undeferred,
                awarded=awarded,
                redeemed=redeemed,
                expected=expected,
            )
        )
    return there


@settings(max_examples=200)
@given(histories())
def test_books_balance(history):
    """Debits are credits in every period; liability is never below 0; the periods add up to the whole."""
    total = Counter()
    for before, after in pairwise(history):
        lines = journal(before, after)
        assert sum(line.debit for line in lines) == sum(line.credit for line in lines)
        assert all(
            (line.debit > 0) != (line.credit > 0) and min(line.debit, line.credit) == 0 for line in lines
        )
        assert {line.account for line in lines} <= set(ACCOUNTS)
        total.update(moved(lines))
        assert -total["contract_liability"] == after.contract_liability >= 0
        # Each event's own lines balance, too.
        labels = Counter()
        for line in lines:
            labels[line.label] += line.debit - line.credit
        assert not any(labels.values())
    last = history[-1]
    assert total == moved(journal(Position(), last))
    assert total["receivable"] == last.sold - last.refunded
    assert -total["sales"] == last.sold - last.deferred - last.refunded + last.undeferred
    assert -(total["points_revenue"] + total["breakage_revenue"]) == last.recognised
    assert last.recognised_redeemed <= last.recognised


@pytest.mark.parametrize(
    "wrong",
    [
        {"sold": -1},
        {"sold": 5, "deferred": 6},
        {"refunded": 5, "undeferred": 6, "sold": 9, "deferred": 9},
        {"sold": 9, "deferred": 3, "refunded": 9, "undeferred": 4},
        {"awarded": 3, "redeemed": 4},
        {"awarded": 3, "redeemed": 1, "expected": 4},
    ],
)
def test_what_no_books_can_show_is_refused(wrong):
    """Amounts below 0, and parts greater than their whole, are mistakes of whoever gives them."""
    with pytest.raises(InputError):
        Position(**wrong)


def test_sales_that_shrink_are_refused():
    """Positions count since the beginning: fewer sales than before is no period."""
    with pytest.raises(InputError, match="only grow"):
        journal(Position(sold=10, deferred=1), Position(sold=9, deferred=1))
    with pytest.raises(InputError, match="not below 0"):
        recognised(-1, 0, 1)
    with pytest.raises(InputError, match="price"):
        allocate(-1, 1, 1)


def test_accounts_are_named_in_both_languages():
    """Every account and every line says what it is in Chinese and in English."""
    assert all(label.zh and label.en for label in ACCOUNTS.values())
    lines = journal(Position(), Position(sold=9, deferred=3, awarded=2, redeemed=1, expected=1))
    assert all(line.label.zh and line.label.en for line in lines)
