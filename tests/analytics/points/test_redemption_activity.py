"""Who redeems, how often, what for and after how long, against a loop over the journal."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.points.journals import ZONE, held_in, instant, rows_of, shops

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.points.journal import movements_of
from retailcrm.analytics.points.redemption_activity import OFTEN, redemption_activity
from retailcrm.domain.points import Account, redeem
from retailcrm.domain.points.awarding import earn
from retailcrm.errors import InputError

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def what_of(row):
    """Say what a row of a journal was spent on."""
    reference = row["reference"]
    return None if not reference else "mug" if reference == "reward:mug" else reference.split(":")[0]


@settings(max_examples=80, deadline=None)
@given(shops(), st.integers(1, 60), st.lists(st.integers(1, 60), min_size=1, max_size=4))
def test_activity_is_what_a_loop_says(shop, wait, spans):
    """Points, times, accounts, who could have, how often, what for and the median age, by plain loops."""
    moments = [BEGIN + timedelta(days=wait)]
    for span in spans:
        moments.append(moments[-1] + timedelta(days=span))
    rows = rows_of(shop, moments[-1])
    spent = [row for row in rows if row["target"] == "spent" and row["at"] >= moments[0]]
    found = redemption_activity(
        movements_of(shop.entries, ZONE), np.array([instant(m) for m in moments], INSTANT)
    )

    def times(some):
        return {(row["account"], row["at"], what_of(row)) for row in some}

    def able(start, end):
        before = [row for row in rows if row["at"] < start]
        return {
            name
            for name in shop.accounts
            if held_in([row for row in before if row["account"] == name], "available", "held")
            or any(
                row["account"] == name and row["target"] == "available" and start <= row["at"] < end
                for row in rows
            )
        }

    for i, (start, end) in enumerate(pairwise(moments)):
        mine = [row for row in spent if start <= row["at"] < end]
        assert found.points[i] == sum(row["points"] for row in mine)
        assert found.redemptions[i] == len(times(mine))
        assert found.accounts[i] == len({row["account"] for row in mine})
        assert found.able[i] == len(able(start, end))
        assert found.accounts[i] <= found.able[i]
    assert found.all_points == sum(row["points"] for row in spent)
    assert found.all_redemptions == len(times(spent))
    assert found.all_accounts == len({row["account"] for row in spent})
    assert found.all_able == len(able(moments[0], moments[-1]))
    often = Counter(account for account, *_ in times(spent))
    bands = Counter("1" if n == 1 else "2" if n == 2 else "3-5" if n < 6 else "6+" for n in often.values())
    assert dict(found.often) == {key: bands[key] for key in OFTEN}
    for one in found.spent_on:
        mine = [row for row in spent if what_of(row) == one.what]
        assert one.points == sum(row["points"] for row in mine)
        assert one.redemptions == len(times(mine))
        assert one.accounts == len({row["account"] for row in mine})
    assert {one.what for one in found.spent_on} == {what_of(row) for row in spent}
    ages = sorted(
        row["at"] - shop.lots[row["lot"][0]][row["lot"][1]].awarded_at
        for row in spent
        for _ in range(row["points"])
    )
    middle = ages[(len(ages) - 1) // 2] // timedelta(microseconds=1) if ages else None
    assert found.median_days == (None if middle is None else Fraction(middle, 86_400_000_000))


def test_activity_by_hand():
    """Three accounts with points: one redeems twice over two lots, one once, one never."""
    journals = {}
    for name, redemptions in (("ann", (30, 5)), ("bob", (10,)), ("cid", ())):
        account, entries = Account(id=name), []
        for lot, day in (("x", 0), ("y", 10)):
            now = BEGIN + timedelta(days=day)
            outcome = earn(account, 20, lot=lot, source="order:1", key=lot, now=now, activates_at=now)
            account, entries = outcome.account, [*entries, *outcome.entries]
        for i, points in enumerate(redemptions):
            now = BEGIN + timedelta(days=20 + 20 * i)
            outcome = redeem(account, points, key=f"r{i}", now=now, reference=("order:2", "reward:mug")[i])
            account, entries = outcome.account, [*entries, *outcome.entries]
        journals[name] = entries
    edges = np.array(["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"], INSTANT)
    found = redemption_activity(movements_of(journals, ZONE), edges)
    assert found.points.tolist() == [40, 5, 0]
    assert found.redemptions.tolist() == [2, 1, 0]
    assert found.accounts.tolist() == [2, 1, 0]
    assert found.able.tolist() == [3, 3, 3]
    assert found.participation == Fraction(2, 3)
    assert dict(found.often) == {"1": 1, "2": 1, "3-5": 0, "6+": 0}
    assert [(one.what, one.points, one.redemptions, one.accounts) for one in found.spent_on] == [
        ("order", 40, 2, 2), ("mug", 5, 1, 1)
    ]  # fmt: skip
    # 30 points at 20 days (20 of ann's, 10 of bob's), 10 at 10 days, 5 at 30 days: the 23rd of 45 is at 20.
    assert found.median_days == 20


def test_two_things_at_one_moment_are_two_redemptions():
    """Points of five and of ten days, on two things at once: twice, and the middle is the younger."""
    account, entries = Account(id="a"), []
    at = BEGIN + timedelta(days=10)
    for lot, day in (("x", 0), ("y", 5)):
        now = BEGIN + timedelta(days=day)
        outcome = earn(account, 1, lot=lot, source="order:1", key=lot, now=now, activates_at=now)
        account, entries = outcome.account, [*entries, *outcome.entries]
    for reference in ("order:2", "reward:mug"):
        outcome = redeem(account, 1, key=reference, now=at, reference=reference)
        account, entries = outcome.account, [*entries, *outcome.entries]
    moved = movements_of({"a": entries}, ZONE)
    found = redemption_activity(moved, np.array(["2024-01-01", "2024-02-01"], INSTANT))
    assert (found.all_redemptions, found.median_days) == (2, 5)
    assert dict(found.often) == {"1": 0, "2": 1, "3-5": 0, "6+": 0}


def test_nobody_redeems():
    """Without redemptions there are counts of nothing, and no median."""
    edges = np.array(["2024-01-01", "2024-02-01"], INSTANT)
    found = redemption_activity(movements_of({"ann": []}, ZONE), edges)
    assert (found.all_points, found.all_redemptions, found.all_accounts, found.all_able) == (0, 0, 0, 0)
    assert (found.participation, found.median_days, found.spent_on) == (None, None, ())
    assert sum(found.often.values()) == 0
    assert all(label.zh and label.en for label in OFTEN.values())


def test_what_was_spent_on_may_not_be_told():
    """Movements without a column of it count under no name."""
    earned = earn(Account(id="a"), 9, lot="x", source="order:1", key="k", now=BEGIN, activates_at=BEGIN)
    spent = redeem(earned.account, 4, key="r", now=BEGIN, reference="order:2")
    moved = attrs.evolve(movements_of({"a": [*earned.entries, *spent.entries]}, ZONE), spent_on=None)
    found = redemption_activity(moved, np.array(["2024-01-01", "2024-02-01"], INSTANT))
    assert [(one.what, one.points) for one in found.spent_on] == [(None, 4)]
    assert found.median_days == 0


@pytest.mark.parametrize("edges", [["2024-01-01"], ["2024-01-01", "2024-01-01"], []])
def test_periods_have_a_beginning_and_an_end(edges):
    """One moment, or two that are the same, make no period."""
    with pytest.raises(InputError, match="at least two moments"):
        redemption_activity(movements_of({}, ZONE), np.array(edges, INSTANT))
