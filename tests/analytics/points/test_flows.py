"""The roll-forward adds up in every period, and every figure is what a loop over the movements says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.points.journals import ZONE, held_in, instant, rows_of, shops

from retailcrm.analytics.points.flows import FLOWS, INTO, OUT_OF, flows, statement
from retailcrm.analytics.points.journal import movements_of
from retailcrm.analytics.points.outstanding import balances
from retailcrm.domain.points import Account, Allocation, LatePolicy, give_back, redeem
from retailcrm.domain.points.awarding import earn
from retailcrm.errors import InputError, SettingsError

OPEN = ("pending", "available", "held")
LOCAL = ZoneInfo(ZONE)
UNITS = ("day", "month", "quarter", "half", "year")
DAYS = st.dates(date(2024, 1, 20), date(2024, 9, 1))


def key_of(at, unit):
    """Name the period of a moment, by the wall clock of the zone."""
    day = at.astimezone(LOCAL)
    return {
        "day": f"{day:%Y-%m-%d}",
        "month": f"{day:%Y-%m}",
        "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
        "half": f"{day.year}-H{1 if day.month < 7 else 2}",
        "year": f"{day.year}",
    }[unit]


def figure_of(row):
    """Say in words of the specification which figures a movement counts in."""
    verb, source, target = row["verb"], row["source"], row["target"]
    if verb == "give_back":
        # A give-back to a lapsed lot with a new expiry has two movements; the second counts.
        return {"available": ["given_back"], "expired": ["given_back", "expired"], "moved": []}[target]
    if source is None:
        return [{"earn": "issued", "open": "opened", "adjust": "added", "transfer": "received"}[verb]]
    if target == "reversed":
        if source == "expired":
            return ["reversed_expired"]
        return [{"reverse": "reversed", "repay": "repaid", "adjust": "removed"}[verb]]
    known = {"spent": "redeemed", "expired": "expired", "moved": "sent"}
    if target in known:
        return [known[target]]
    return ["activated"] if (source, target) == ("pending", "available") else []


@settings(max_examples=80, deadline=None)
@given(shops(), DAYS, st.integers(1, 200), st.sampled_from(UNITS), st.booleans())
def test_every_period_adds_up(shop, start, days, unit, back_then):
    """Opening + came - went = closing = the next opening = what balances say, in every period."""
    end = start + timedelta(days=days)
    known = instant(shop.now - timedelta(days=3)) if back_then else None
    moved = movements_of(shop.entries, ZONE)
    found = flows(moved, start, end, unit, known=known)
    came = sum(found.figures[name] for name in INTO)
    went = sum(found.figures[name] for name in OUT_OF)
    assert (found.opening + came - went == found.closing).all()
    assert (found.closing[:-1] == found.opening[1:]).all()
    for edge, points in zip(found.edges, (*found.opening, found.closing[-1]), strict=True):
        assert balances(moved, edge, known=known).open.sum() == points
    assert all((points >= 0).all() for points in found.figures.values())
    lines = statement(found)
    assert (sum(line.points for line in lines[:-1]) == lines[-1].points).all()


@settings(max_examples=80, deadline=None)
@given(shops(), DAYS, st.integers(1, 200), st.sampled_from(UNITS))
def test_figures_are_what_a_loop_says(shop, start, days, unit):
    """Each figure of each period is the sum over the movements that a reader of the journal puts in it."""
    end = start + timedelta(days=days)
    begin, stop = (datetime(d.year, d.month, d.day, tzinfo=LOCAL) for d in (start, end))
    expected = Counter()
    for row in rows_of(shop, stop):
        if row["at"] >= begin:
            for figure in figure_of(row):
                expected[key_of(row["at"], unit), figure] += row["points"]
    found = flows(movements_of(shop.entries, ZONE), start, end, unit)
    assert list(found.figures) == list(FLOWS)
    for name, points in found.figures.items():
        assert dict(zip(found.keys, points.tolist(), strict=True)) == {
            key: expected[key, name] for key in found.keys
        }
    assert found.opening[0] == held_in(rows_of(shop, begin), *OPEN)
    assert found.closing[-1] == held_in(rows_of(shop, stop), *OPEN)


@settings(max_examples=30, deadline=None)
@given(shops())
def test_longer_periods_are_sums_of_shorter_ones(shop):
    """A year is its quarters, a quarter its months, a month its days."""
    moved, year = movements_of(shop.entries, ZONE), (date(2024, 1, 1), date(2025, 1, 1))
    by = {unit: flows(moved, *year, unit) for unit in UNITS}
    assert [len(by[unit]) for unit in UNITS] == [366, 12, 4, 2, 1]
    for name in FLOWS:
        months = by["month"].figures[name]
        assert months.reshape(4, 3).sum(axis=1).tolist() == by["quarter"].figures[name].tolist()
        assert months.reshape(2, 6).sum(axis=1).tolist() == by["half"].figures[name].tolist()
        assert months.sum() == by["year"].figures[name][0] == by["day"].figures[name].sum()


def test_a_statement_by_hand():
    """100 earned, 60 spent, 25 of them given back after they had lapsed: each figure as on paper."""
    at = [datetime(2024, month, 10, 4, tzinfo=UTC) for month in (1, 2, 4, 5)]
    journal = []
    rule = {"limit_at": datetime(2024, 3, 31, 16, tzinfo=UTC)}
    earned = earn(
        Account(id="a"), 100, lot="x", source="order:1", key="1", now=at[0], activates_at=at[0], **rule
    )
    spent = redeem(earned.account, 60, key="2", now=at[1], reference="order:2")
    allocation = [(m.lot, m.points) for m in spent.entries[-1].movements]
    assert allocation == [("x", 60)]
    journal += [*earned.entries, *spent.entries]
    lots = {"x": journal[-1].lots[0]}
    back = give_back(spent.account, [Allocation("x", 60)], 25, lots, key="3", now=at[3], policy=LatePolicy())
    journal += back.entries
    found = flows(movements_of({"a": journal}, ZONE), date(2024, 1, 1), date(2024, 6, 1))
    assert found.keys == ("2024-01", "2024-02", "2024-03", "2024-04", "2024-05")
    lines = {line.key: line.points.tolist() for line in statement(found)}
    assert lines == {
        "opening": [0, 100, 40, 40, 0],
        "issued": [100, 0, 0, 0, 0],
        "given_back": [0, 0, 0, 0, 25],
        "redeemed": [0, -60, 0, 0, 0],
        # The moment of lapse is 1 April 00:00: the first of April, not the last of March.
        "expired": [0, 0, 0, -40, -25],
        "closing": [100, 40, 40, 0, 0],
    }
    assert found.figures["activated"].tolist() == [100, 0, 0, 0, 0]
    every = statement(found, empty=True)
    assert [line.key for line in every] == ["opening", *INTO, *OUT_OF, "closing"]
    assert all(line.label.zh and line.label.en for line in every)


def test_a_period_begins_where_it_is_told_to():
    """From the middle of a month to the middle of another, the first and last periods are shorter."""
    found = flows(movements_of({}, ZONE), date(2024, 11, 15), date(2025, 2, 3), "quarter")
    assert found.keys == ("2024-Q4", "2025-Q1")
    assert found.edges.astype(str).tolist() == [
        "2024-11-14T16:00:00.000000",
        "2024-12-31T16:00:00.000000",
        "2025-02-02T16:00:00.000000",
    ]
    assert found.closing.tolist() == [0, 0]


def test_a_statement_of_no_time_is_refused():
    """An end that is not after the start, and a unit that is none, are refused."""
    moved = movements_of({}, ZONE)
    with pytest.raises(InputError, match="ends after it starts"):
        flows(moved, date(2024, 1, 1), date(2024, 1, 1))
    with pytest.raises(SettingsError, match="no period 'week'"):
        flows(moved, date(2024, 1, 1), date(2024, 2, 1), "week")
    assert isinstance(flows(moved, date(2024, 1, 1), date(2024, 1, 3), "day").edges, np.ndarray)
