"""Positions from movements: the books follow what really happened to the points of orders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.points.journals import ZONE, instant, rows_of, shops

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.points.accounting import Position
from retailcrm.analytics.points.flows import flows
from retailcrm.analytics.points.journal import movements_of
from retailcrm.analytics.points.positions import (
    PricedPoints,
    journals,
    positions,
    priced_points,
)
from retailcrm.domain.points import Account
from retailcrm.domain.points.awarding import earn
from retailcrm.errors import InputError

FAR = datetime(2040, 1, 1, tzinfo=UTC)
EDGES = np.array(["2024-01-01", "2025-01-01", "2026-01-01"], INSTANT)


def points(awarded, redeemed, *, back=(0, 0), expired=(0, 0)):
    """Give two years of points."""
    columns = {"awarded": awarded, "redeemed": redeemed, "reversed": back, "expired": expired}
    return PricedPoints(edges=EDGES, **{key: np.array(value, np.int64) for key, value in columns.items()})


def test_illustrative_example_52_from_points():
    """The example's points and shares give its liabilities: 4,566 after a year, 1,073 after two."""
    found = positions(
        points((10_000, 0), (4_500, 4_000)),
        sold=(100_000, 0),
        refunded=(0, 0),
        value=Fraction(1),
        share=Fraction(95, 100),
        outstanding=(Fraction(5_000, 5_500), Fraction(1_200, 1_500)),
    )
    assert [one.deferred for one in found] == [8_676, 8_676]
    assert [one.expected for one in found] == [9_500, 9_700]
    assert [one.contract_liability for one in found] == [4_566, 1_073]
    first, second = journals(found)
    assert sum(line.debit for line in first) == 100_000 + 4_110
    assert sum(line.debit for line in second) == 3_493


def test_a_refund_takes_off_its_points():
    """A fifth of the points goes back with a fifth of the sales: so does a fifth of what was deferred."""
    found = positions(
        points((1_000, 0), (0, 0), back=(0, 200)),
        sold=(10_000, 0),
        refunded=(0, 2_000),
        value=Fraction(1),
        share=Fraction(1),
        outstanding=(Fraction(1), Fraction(1)),
    )
    # 10,000 is divided 10,000 : 1,000.
    assert [one.deferred for one in found] == [909, 909]
    assert (found[1].undeferred, found[1].awarded) == (182, 800)
    assert found[1].contract_liability == 909 - 182


def test_what_expired_is_breakage_at_last():
    """When all other points have expired, everything is recognised and nothing is owed."""
    found = positions(
        points((1_000, 0), (300, 100), expired=(0, 600)),
        sold=(10_000, 0),
        refunded=(0, 0),
        value=Fraction(1),
        share=Fraction(1, 2),
        outstanding=(Fraction(1, 7), Fraction(1)),
    )
    assert found[0].expected == 400
    assert found[1].contract_liability == 0
    # 10,000 is divided 10,000 : 500; 400 of 1,000 points bring 190 of the 476 themselves.
    assert found[1].recognised == 476
    assert found[1].recognised_redeemed == 190


@settings(max_examples=60, deadline=None)
@given(shops(), st.data())
def test_books_of_any_journal_balance(shop, data):
    """Whatever happened to the accounts: debits are credits, and the liability is what the lines come to."""
    moved = movements_of(shop.entries, ZONE)
    of = flows(moved, date(2024, 1, 1), date(2026, 1, 1), "quarter")
    found = priced_points(moved, of.edges)
    n = len(of)
    sold = [int(many) * 100 for many in found.awarded]
    refunded = [min(int(many), 99) * 50 for many in found.reversed]
    shares = data.draw(st.lists(st.fractions(0, 1, max_denominator=9), min_size=n, max_size=n))
    there = positions(
        found, sold=sold, refunded=refunded, value=Fraction(1, 3), share=Fraction(1, 2), outstanding=shares
    )
    owed = 0
    for position, lines in zip(there, journals(there), strict=True):
        assert sum(line.debit for line in lines) == sum(line.credit for line in lines)
        owed += sum(line.credit - line.debit for line in lines if line.account == "contract_liability")
        assert owed == position.contract_liability >= 0


@settings(max_examples=60, deadline=None)
@given(shops())
def test_points_of_orders_are_what_a_loop_says(shop):
    """Only lots of orders count, and what moved on is not awarded twice."""
    rows = [
        row for row in rows_of(shop, FAR) if shop.lots[row["lot"][0]][row["lot"][1]].source[:6] == "order:"
    ]

    def count(bucket):
        return sum(row["points"] * ((row["target"] == bucket) - (row["source"] == bucket)) for row in rows)

    edges = np.array(
        [instant(datetime(2024, 1, 1, tzinfo=UTC)), instant(shop.now + timedelta(seconds=1))], INSTANT
    )
    late = [row for row in rows if row["at"] >= shop.now + timedelta(seconds=1)]
    assert not late
    found = priced_points(movements_of(shop.entries, ZONE), edges)
    born = sum(row["points"] for row in rows if row["source"] is None)
    assert found.awarded.tolist() == [born - count("moved")]
    assert found.reversed.tolist() == [count("reversed")]
    assert found.redeemed.tolist() == [count("spent")]
    assert found.expired.tolist() == [count("expired")]


def test_books_begin_with_nothing():
    """A first edge after the first award, or numbers for other periods, are refused."""
    with pytest.raises(InputError, match="2 periods"):
        positions(
            points((1, 1), (0, 0)), sold=(1,), refunded=(0, 0), value=Fraction(1), share=Fraction(1),
            outstanding=(Fraction(1), Fraction(1)),
        )  # fmt: skip
    early = datetime(2023, 1, 1, tzinfo=UTC)
    earned = earn(Account(id="a"), 5, lot="x", source="order:1", key="k", now=early, activates_at=early)
    moved = movements_of({"a": earned.entries}, ZONE)
    with pytest.raises(InputError, match="earlier first edge"):
        priced_points(moved, EDGES)
    other = earn(Account(id="a"), 5, lot="x", source="signin:1", key="k", now=early, activates_at=early)
    assert priced_points(movements_of({"a": other.entries}, ZONE), EDGES).awarded.tolist() == [0, 0]
    assert Position().contract_liability == 0
