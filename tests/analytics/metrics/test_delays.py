"""Delays: nearest-rank quantiles, the share done in time, merge laws; against plain lists."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.columns import Coded
from retailcrm.analytics.metrics.delays import (
    Delays,
    delays_between,
    delivery_delay,
    hours_to_ship,
    merge_delays,
    payment_delay,
    refund_delay,
)
from retailcrm.analytics.tables import ParcelEventTable
from retailcrm.domain.orders import OrderState
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

AS_OF = np.datetime64("2024-03-01", "us")
FIRST = np.datetime64("2024-02-25", "us")
HALF_MINUTES = st.none() | st.integers(0, 2 * 60 * 24 * 6)
rows = st.lists(st.tuples(HALF_MINUTES, HALF_MINUTES, st.booleans()), max_size=25)


def instants(values: list[int | None]) -> np.ndarray:
    """Make instants of half minutes after the first."""
    return np.array(
        [np.datetime64("NaT") if v is None else FIRST + np.timedelta64(30 * v, "s") for v in values],
        "datetime64[us]",
    )


def measure(several: list[tuple[int | None, int | None, bool]], hours: int = 24) -> Delays:
    """Measure rows of start, end, and whether no end means waiting."""
    starts, ends, waits = ([row[i] for row in several] for i in range(3))
    return delays_between(
        instants(starts), instants(ends), AS_OF, within_hours=hours, waiting=np.array(waits, bool)
    )


def plain(found: Delays) -> dict[str, Any]:
    """Give everything as plain values."""
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in attrs.asdict(found).items()}


@given(rows, st.integers(1, 48))
def test_every_figure_agrees_with_a_loop(
    several: list[tuple[int | None, int | None, bool]], hours: int
) -> None:
    """Counts, reversed times, the share in time and the quantiles, order by order."""
    now = 2 * 60 * 24 * 5
    took, reversed_, could, did = [], 0, 0, 0
    for start, end, waits in several:
        if start is None or start >= now:
            continue
        if end is not None and end < start:
            reversed_ += 1
            continue
        if end is None and not waits:
            continue
        done = end is not None and end < now
        if done:
            took.append((end - start) // 2)
        if start <= now - 120 * hours:
            could += 1
            did += done and end - start <= 120 * hours
    found = measure(several, hours)
    assert (found.count, found.reversed, found.could, found.did) == (len(took), reversed_, could, did)
    assert found.within == (Fraction(did, could) if could else None)
    took.sort()
    for share, value in ((Fraction(1, 2), found.median_hours), (Fraction(9, 10), found.p90_hours)):
        wanted = Fraction(took[math.ceil(share * len(took)) - 1], 60) if took else None
        assert value == wanted


@given(st.lists(rows, min_size=1, max_size=4))
def test_parts_add_up_to_the_whole(parts: list[list[tuple[int | None, int | None, bool]]]) -> None:
    """Histograms of disjoint orders joined in any order are the histogram of all of them."""
    whole = plain(measure([row for part in parts for row in part]))
    assert plain(merge_delays([measure(part) for part in parts])) == whole
    assert plain(merge_delays([measure(part) for part in parts[::-1]])) == whole


def test_quantiles_are_nearest_rank() -> None:
    """Of ten values the median is the fifth, P90 the ninth; of one both are it."""
    ten = measure([(0, 2 * m, False) for m in (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)])
    assert (ten.median_hours, ten.p90_hours) == (Fraction(50, 60), Fraction(90, 60))
    assert ten.quantile_hours(Fraction(1)) == Fraction(100, 60)
    one = measure([(0, 13, False)])
    assert one.median_hours == one.p90_hours == Fraction(6, 60)
    with pytest.raises(InputError, match="above 0"):
        one.quantile_hours(Fraction(0))


def test_exactly_the_limit_is_in_time() -> None:
    """24 hours to the second are within 24 hours; half a minute more is not, though rounded minutes agree."""
    day = 2 * 60 * 24
    assert measure([(0, day, True), (0, day + 1, True)]).within == Fraction(1, 2)


def test_what_could_not_have_been_done_is_not_asked() -> None:
    """An order of the last 24 hours is no failure yet; an older one without an end is."""
    day = 2 * 60 * 24
    young, old = (4 * day + 1, None, True), (4 * day, None, True)
    assert measure([young]).within is None
    assert measure([old]).within == 0


def test_limits_must_agree() -> None:
    """Shares within different limits cannot be joined, and nothing cannot be joined at all."""
    with pytest.raises(InputError, match="cannot be merged"):
        merge_delays([measure([], 24), measure([], 48)])
    with pytest.raises(InputError, match="cannot be merged"):
        merge_delays([])
    with pytest.raises(InputError, match="above 0 hours"):
        measure([], 0)


def test_payment_counts_unpaid_orders(make_orders: Callable[..., Any]) -> None:
    """Paid in time, late, never (placed and closed); paid at no known time and credit notes stay out."""
    placed = "2024-02-01T00:00"
    table = make_orders(
        [
            {"placed": placed, "paid": "2024-02-01T01:00"},
            {"placed": placed, "paid": "2024-02-04T00:00"},
            {"placed": placed, "state": OrderState.PLACED},
            {"placed": placed, "state": OrderState.CLOSED},
            {"placed": placed, "state": OrderState.COMPLETED},
            {"placed": placed, "state": OrderState.UNKNOWN},
            {"placed": placed, "paid": "2024-02-01T02:00", "credit": True},
            {"placed": "2024-02-02T00:00", "paid": placed},
            {"placed": placed, "paid": "2024-03-02T00:00"},
        ]
    )
    (found,) = payment_delay(table, AS_OF)
    assert (found.count, found.reversed, found.could, found.did) == (2, 1, 5, 1)
    assert (found.median_hours, found.p90_hours) == (1, 72)


def test_shipping_waits_only_while_paid(make_orders: Callable[..., Any]) -> None:
    """Shipped orders, one that waits, and one further on that nobody tells a time of."""
    paid = "2024-02-01T00:00"
    table = make_orders(
        [{"at": paid}, {"at": paid, "state": OrderState.PAID}, {"at": paid, "state": OrderState.REFUNDED}]
    )
    assert hours_to_ship(table, AS_OF) is None
    shipped = np.array(["2024-02-01T10:00", "NaT", "NaT"], "datetime64[us]")
    told = hours_to_ship(attrs.evolve(table, shipped_at=shipped), AS_OF)
    assert told is not None
    (found,) = told
    assert (found.count, found.could, found.did, found.median_hours) == (1, 2, 1, 10)


def test_delivery_asks_the_parcels_where_orders_do_not_say(make_orders: Callable[..., Any]) -> None:
    """The order's own times win; the first event of several stands in; events of other orders do not."""
    table = make_orders([{"at": "2024-02-01"}, {"at": "2024-02-01"}, {"state": OrderState.SHIPPED}])
    never = np.full(3, np.datetime64("NaT", "us"))
    received = never.copy()
    received[0] = np.datetime64("2024-02-03T00:00")
    table = attrs.evolve(table, received_at=received)
    events = [
        (0, ParcelEvent.SHIPPED, "2024-02-02T00:00"),
        (0, ParcelEvent.SIGNED, "2024-02-09T00:00"),
        (1, ParcelEvent.SHIPPED, "2024-02-03T00:00"),
        (1, ParcelEvent.SHIPPED, "2024-02-02T00:00"),
        (1, ParcelEvent.SIGNED, "2024-02-04T00:00"),
        (1, ParcelEvent.ARRIVED, "2024-02-02T01:00"),
        (2, ParcelEvent.SHIPPED, "2024-02-02T00:00"),
        (-1, ParcelEvent.SIGNED, "2024-02-02T00:00"),
    ]
    parcels = ParcelEventTable(
        order=np.array([e[0] for e in events], np.int32),
        parcel=Coded.of([None] * len(events)),
        carrier=Coded.of([None] * len(events)),
        event=np.array([e[1] for e in events], np.int8),
        at=np.array([e[2] for e in events], "datetime64[us]"),
    )
    assert delivery_delay(table, AS_OF) is None
    told = delivery_delay(table, AS_OF, parcels)
    assert told is not None
    (found,) = told
    assert (found.minutes.tolist(), found.orders.tolist()) == ([1440, 2880], [1, 1])
    assert (found.could, found.did) == (3, 2)


def test_refunds_without_a_settlement_are_left_out() -> None:
    """One settled within three days, one after, one at no known time."""
    asked = np.array(["2024-02-01"] * 3, "datetime64[us]")
    settled = np.array(["2024-02-02", "2024-02-11", "NaT"], "datetime64[us]")
    (found,) = refund_delay(asked, settled, AS_OF)
    assert (found.count, found.could, found.did, found.median_hours) == (2, 2, 1, 24)


def test_groups_are_measured_alone(make_orders: Callable[..., Any]) -> None:
    """Every step by group is what it is for the group's orders alone; no group, no place."""
    count = 12
    at = np.datetime64("2024-02-01T00:00", "us")
    hours = [np.timedelta64(7 * i % 11 * 9, "h") for i in range(count)]
    rows = [{"placed": str(at), "paid": str(at + h), "c": i} for i, h in enumerate(hours)]
    table = make_orders(rows)
    shipped = table.paid_at + np.timedelta64(5, "h") * (np.arange(count) % 4)
    received = shipped + np.timedelta64(30, "h") * (np.arange(count) % 3)
    table = attrs.evolve(table, shipped_at=shipped, received_at=received)
    groups = Coded.of(["b", None, "a", "a", "b", "c"] * 2)

    def alone(code: int) -> Any:
        chosen = np.flatnonzero(groups.codes == code)
        told = {"shipped_at": shipped[chosen], "received_at": received[chosen]}
        return attrs.evolve(make_orders([rows[i] for i in chosen]), **told)

    steps: tuple[Any, ...] = (payment_delay, hours_to_ship, delivery_delay)
    for measured in steps:
        found = measured(table, AS_OF, groups=groups)
        assert len(found) == 3
        assert [plain(one) for one in found] == [plain(measured(alone(c), AS_OF)[0]) for c in range(3)]
    found = refund_delay(table.paid_at, received, AS_OF, groups=groups)
    for code, one in enumerate(found):
        chosen = groups.codes == code
        (wanted,) = refund_delay(table.paid_at[chosen], received[chosen], AS_OF)
        assert plain(one) == plain(wanted)
    with pytest.raises(InputError, match="made for others"):
        payment_delay(table, AS_OF, groups=Coded.of(["a"]))


def test_delays_by_group_by_hand(make_orders: Callable[..., Any]) -> None:
    """Web: 1 h and 30 h, half in time; app: 2 h, all in time."""
    table = make_orders(
        [{"placed": "2024-02-01T00:00", "paid": f"2024-02-0{d}T0{h}:00"} for d, h in ((1, 1), (1, 2), (2, 6))]
    )
    web, app = payment_delay(table, AS_OF, groups=Coded.of(["web", "app", "web"]))
    assert (web.count, web.median_hours, web.p90_hours, web.within) == (2, 1, 30, Fraction(1, 2))
    assert (app.count, app.median_hours, app.within) == (1, 2, 1)
