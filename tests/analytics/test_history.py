"""Histories read off one sort are those that a plain loop over customers finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics import history
from retailcrm.analytics.history import purchase_history
from retailcrm.errors import SettingsError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CUSTOMERS = 5000

ticks = st.sampled_from([1, 1_000, 1_000_000])
lately = st.integers(1_700_000_000_000_000, 1_705_000_000_000_000)
centuries = st.integers(-2_200_000_000_000_000, 7_200_000_000_000_000)


def by_a_loop(orders, zone):
    """Collect each customer's instants and days in dictionaries."""
    found = {}
    for who, us in orders:
        moment = EPOCH + timedelta(microseconds=us)
        days, instants = found.setdefault(who, (set(), []))
        days.add(moment.astimezone(ZoneInfo(zone)).date())
        instants.append(us)
    return [(who, len(us), len(days), min(us), max(us)) for who, (days, us) in sorted(found.items())]


def as_rows(found):
    """Give histories as plain rows."""
    first, last = (at.view(np.int64).tolist() for at in (found.first_at, found.last_at))
    columns = found.customer.tolist(), found.orders.tolist(), found.purchase_days.tolist(), first, last
    return list(zip(*columns, strict=True))


def as_parts(orders, cut):
    """Turn rows into two blocks of columns."""
    codes = np.array([who for who, _ in orders], np.int32)
    at = np.array([us for _, us in orders], np.int64).view("datetime64[us]")
    return [(codes[:cut], at[:cut]), (codes[cut:], at[cut:])]


@given(
    st.data(),
    ticks,
    st.sampled_from([lately, centuries]),
    st.sampled_from(["Asia/Shanghai", "Europe/London"]),
)
def test_histories_agree_with_a_loop(data, tick, span, zone):
    """In seconds, milliseconds or microseconds, over months or centuries, block by block: the same."""
    customers = st.one_of(st.integers(0, 2), st.integers(0, CUSTOMERS - 1))
    orders = data.draw(st.lists(st.tuples(customers, span.map(lambda us: us // tick * tick)), max_size=25))
    cut = data.draw(st.integers(0, len(orders)))
    assert as_rows(purchase_history(as_parts(orders, cut), CUSTOMERS, zone)) == by_a_loop(orders, zone)


def test_blocks_do_not_show(monkeypatch):
    """A customer whose orders run over the edge of a block is still one customer, her day one day."""
    rng = np.random.default_rng(5)
    orders = list(
        zip(rng.integers(0, 4, 300).tolist(), rng.integers(0, 3 * 86_400, 300).tolist(), strict=True)
    )
    orders = [(who, second * 1_000_000) for who, second in orders]
    for block in (1, 2, 7, 299, 300, 301):
        monkeypatch.setattr(history, "_BLOCK", block)
        assert as_rows(purchase_history(as_parts(orders, 100), 4, "UTC")) == by_a_loop(orders, "UTC")


def test_instants_before_1970():
    """Negative instants and days are ordinary."""
    orders = [(0, -1), (0, 0), (0, -86_400_000_000), (0, -86_400_000_001)]
    assert as_rows(purchase_history(as_parts(orders, 2), 1, "UTC")) == by_a_loop(orders, "UTC")


def test_nothing_gives_nothing():
    """No blocks, empty blocks and no customers have no history."""
    for parts, customers in (([], 0), ([], 9), (as_parts([], 0), 9)):
        assert as_rows(purchase_history(parts, customers, "UTC")) == []


def test_an_unknown_zone_is_named():
    """Days need a zone that exists."""
    with pytest.raises(SettingsError, match="Moon"):
        purchase_history(as_parts([(0, 0)], 1), 1, "Moon/Base")
