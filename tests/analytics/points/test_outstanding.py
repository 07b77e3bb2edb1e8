"""What is outstanding adds up, whichever way it is divided."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.points.journals import ZONE, held_in, instant, rows_of, shops

from retailcrm.analytics.points.journal import movements_of
from retailcrm.analytics.points.outstanding import (
    OUTSTANDING,
    balances,
    by_account,
    by_age,
    by_expiry_month,
    month_keys,
)
from retailcrm.domain.points import Account, Bucket, Expiry
from retailcrm.domain.points.awarding import earn
from retailcrm.errors import InputError

OPEN = ("pending", "available", "held")
LOCAL = ZoneInfo(ZONE)


def moment_in(shop, share):
    """Pick a moment between the first entry and a while after the last."""
    begin = min(e.effective_at for journal in shop.entries.values() for e in journal)
    return begin + (shop.now - begin) * share + timedelta(seconds=1)


def lots_at(rows):
    """Count what every lot holds, bucket by bucket."""
    found: dict = {}
    for row in rows:
        lot = found.setdefault(row["lot"], Counter())
        lot[row["target"]] += row["points"]
        if row["source"]:
            lot[row["source"]] -= row["points"]
    return found


@settings(max_examples=60, deadline=None)
@given(shops(), st.floats(0, 1), st.booleans())
def test_balances_are_the_sum_of_movements(shop, share, back_then):
    """Every bucket at any moment, as known now or then, is what a loop over the movements comes to."""
    if not any(shop.entries.values()):
        return
    at = moment_in(shop, share)
    rows = rows_of(shop, at, at if back_then else None)
    moved = movements_of(shop.entries, ZONE)
    there = balances(moved, instant(at), known=instant(at) if back_then else None)
    for bucket, points in there.totals().items():
        assert points == held_in(rows, bucket.value)
    assert int(there.open.sum()) == held_in(rows, *OPEN)
    assert (there.buckets >= 0).all()
    accounts = by_account(there)
    for i, name in enumerate(accounts.accounts):
        mine = [row for row in rows if row["account"] == name]
        for bucket in OPEN:
            assert getattr(accounts, bucket)[i] == held_in(mine, bucket)
        assert accounts.points[i] == held_in(mine, *OPEN)


@settings(max_examples=60, deadline=None)
@given(shops(), st.floats(0, 1))
def test_by_expiry_month_is_the_month_of_the_last_day(shop, share):
    """Lot by lot: lapsed, the local month of its last moment, never, or not known yet."""
    if not any(shop.entries.values()):
        return
    at = moment_in(shop, share)
    expected: dict = {}
    for (name, lot_id), held in lots_at(rows_of(shop, at)).items():
        lot = shop.lots[name][lot_id]
        if lot.expires_at is None:
            key = "waiting" if lot.activates_at is None else "never"
        elif lot.expires_at <= at:
            key = "lapsed"
        else:
            last = (lot.expires_at - timedelta(microseconds=1)).astimezone(LOCAL)
            key = f"{last:%Y-%m}"
        if any(held[bucket] for bucket in OPEN):
            total = expected.setdefault(key, Counter())
            total.update({bucket: held[bucket] for bucket in OPEN})
    found = by_expiry_month(balances(movements_of(shop.entries, ZONE), instant(at)))
    assert {
        key: {bucket: int(getattr(found, bucket)[i]) for bucket in OPEN} for i, key in enumerate(found.keys)
    } == {key: {bucket: total[bucket] for bucket in OPEN} for key, total in expected.items()}
    months = [key for key in found.keys if key[0] == "2"]
    rank = {"lapsed": 0, "never": 2, "waiting": 3}
    assert months == sorted(months)
    assert [rank.get(key, 1) for key in found.keys] == sorted(rank.get(key, 1) for key in found.keys)


@settings(max_examples=40, deadline=None)
@given(shops(), st.sampled_from([(1,), (3, 6, 12, 24), (1, 2, 5)]))
def test_by_age_counts_calendar_months(shop, edges):
    """Every point is in the band of the months between its award and the last day before the moment."""
    if not any(shop.entries.values()):
        return
    at = shop.now + timedelta(days=40)
    now = (at - timedelta(microseconds=1)).astimezone(LOCAL)
    expected = Counter()
    for (name, lot_id), held in lots_at(rows_of(shop, at)).items():
        begun = shop.lots[name][lot_id].awarded_at.astimezone(LOCAL)
        age = (now.year - begun.year) * 12 + now.month - begun.month
        expected[sum(age >= edge for edge in edges)] += sum(held[bucket] for bucket in OPEN)
    found = by_age(balances(movements_of(shop.entries, ZONE), instant(at)), edges)
    assert found.points.tolist() == [expected[i] for i in range(len(edges) + 1)]


def test_bands_are_named_by_their_months():
    """A band of one month is called by it, the last one is open."""
    nothing = balances(movements_of({}, ZONE), np.datetime64("2024-01-01", "us"))
    assert by_age(nothing, (1, 3, 12)).keys == ("0", "1-2", "3-11", "12+")
    assert by_age(nothing).keys == ("0-2", "3-5", "6-11", "12-23", "24+")
    assert by_expiry_month(nothing).keys == ()
    for wrong in ((0, 3), (3, 3), (6, 3)):
        with pytest.raises(InputError, match="rise from 1"):
            by_age(nothing, wrong)


def test_the_moment_of_lapse():
    """On the last day points are in its month; at the midnight after it they are past it."""
    noon = datetime(2024, 3, 10, 4, tzinfo=UTC)
    rule = Expiry(months=1, snap="year", zone=ZONE)
    earned = earn(
        Account(id="a"), 7, lot="x", source="order:1", key="k", now=noon, activates_at=noon, expiry=rule
    )
    moved = movements_of({"a": earned.entries}, ZONE)
    midnight = datetime(2024, 12, 31, 16, tzinfo=UTC)
    assert moved.lots.expires_at.tolist() == [midnight.replace(tzinfo=None)]
    before = by_expiry_month(balances(moved, instant(midnight - timedelta(seconds=1))))
    assert (before.keys, before.points.tolist()) == (("2024-12",), [7])
    after = by_expiry_month(balances(moved, instant(midnight)))
    assert (after.keys, after.points.tolist()) == (("lapsed",), [7])


def test_at_midnight_of_the_first_the_month_before_is_the_present_one():
    """Points of 10 March are one month old at the end of April, whose last moment is 1 May 00:00."""
    noon = datetime(2024, 3, 10, 4, tzinfo=UTC)
    earned = earn(Account(id="a"), 7, lot="x", source="order:1", key="k", now=noon, activates_at=noon)
    moved = movements_of({"a": earned.entries}, ZONE)
    for at, band in (
        (datetime(2024, 4, 30, 16, tzinfo=UTC), "1"),
        (datetime(2024, 4, 30, 17, tzinfo=UTC), "2+"),
    ):
        found = by_age(balances(moved, instant(at)), (1, 2))
        assert found.points[found.keys.index(band)] == 7


def test_known_needs_to_be_written():
    """Movements that were worked out from orders cannot say what was known when."""
    moved = attrs.evolve(movements_of({}, ZONE), recorded_at=None)
    with pytest.raises(InputError, match="not written"):
        balances(moved, np.datetime64("2024-01-01", "us"), known=np.datetime64("2024-01-01", "us"))


def test_everything_has_a_name_in_both_languages():
    """Every word that stands for a group, and every open bucket, has a Chinese and an English name."""
    assert {"outstanding", "lapsed", "never", "waiting", *OPEN} == set(OUTSTANDING)
    assert all(label.zh and label.en for label in OUTSTANDING.values())
    assert Bucket.HELD.value in OUTSTANDING
    assert month_keys(np.array([0, 659])) == ("1970-01", "2024-12")
