"""The steps of an order: payment, shipping, delivery, refund."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from retailcrm.analytics.metrics.delay_times import Delays, delays_between, merge_delays
from retailcrm.domain.orders import OrderState
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded
    from retailcrm.analytics.tables import Instants, OrderTable, ParcelEventTable

__all__ = [
    "Delays",
    "delays_between",
    "delivery_delay",
    "hours_to_ship",
    "merge_delays",
    "payment_delay",
    "refund_delay",
]


def payment_delay(
    orders: OrderTable,
    as_of: np.datetime64,
    within_hours: int = 24,
    *,
    groups: Coded | None = None,
) -> tuple[Delays, ...]:
    """Measure the time from placing an order to paying it (付款时长).

    An order placed or closed without a payment counts as not paid in time; one that was paid at a
    time nobody tells is left out, and so are credit notes.

    Args:
        orders: The orders.
        as_of: The moment, UTC, exclusive.
        within_hours: Limit of the share paid in time.
        groups: Which group each order is in, code -1 none; all are measured together if left out.

    Returns:
        The times of each group; of everything, in one entry, if left out.

    Raises:
        InputError: The groups were made for other rows.
    """
    unpaid = _in(orders, OrderState.PLACED, OrderState.CLOSED)
    placed = _ordered(orders, orders.placed_at)
    return _measured(placed, orders.paid_at, as_of, within_hours, unpaid, groups)


def hours_to_ship(
    orders: OrderTable,
    as_of: np.datetime64,
    within_hours: int = 48,
    *,
    groups: Coded | None = None,
) -> tuple[Delays, ...] | None:
    """Measure the time from payment to the first parcel's leaving (发货时长).

    A paid order that stands as paid is still waiting; one further on, or given back, without a time
    of shipping is left out.

    Args:
        orders: The orders.
        as_of: The moment, UTC, exclusive.
        within_hours: Limit of the share shipped in time.
        groups: Which group each order is in, code -1 none; all are measured together if left out.

    Returns:
        The times of each group; of everything, in one entry, if left out; ``None`` if no file
        tells when orders were shipped.

    Raises:
        InputError: The groups were made for other rows.
    """
    if orders.shipped_at is None:
        return None
    paid = _ordered(orders, orders.paid_at)
    return _measured(paid, orders.shipped_at, as_of, within_hours, _in(orders, OrderState.PAID), groups)


def delivery_delay(
    orders: OrderTable,
    as_of: np.datetime64,
    parcels: ParcelEventTable | None = None,
    within_hours: int = 72,
    *,
    groups: Coded | None = None,
) -> tuple[Delays, ...] | None:
    """Measure the time from shipping to signing for the parcel (配送时长).

    Where the order tells neither time, the first parcel event of that kind does.

    Args:
        orders: The orders.
        as_of: The moment, UTC, exclusive.
        parcels: What happened to parcels, if known.
        within_hours: Limit of the share delivered in time.
        groups: Which group each order is in, code -1 none; all are measured together if left out.

    Returns:
        The times of each group; of everything, in one entry, if left out; ``None`` if nothing
        tells when orders were shipped, or when they arrived.

    Raises:
        InputError: The groups were made for other rows.
    """
    shipped = _told(orders, orders.shipped_at, parcels, ParcelEvent.SHIPPED)
    signed = _told(orders, orders.received_at, parcels, ParcelEvent.SIGNED)
    if shipped is None or signed is None:
        return None
    shipped = _ordered(orders, shipped)
    waiting = _in(orders, OrderState.SHIPPED)
    return _measured(shipped, signed, as_of, within_hours, waiting, groups)


def refund_delay(
    asked_at: Instants,
    settled_at: Instants,
    as_of: np.datetime64,
    within_hours: int = 72,
    *,
    groups: Coded | None = None,
) -> tuple[Delays, ...]:
    """Measure the time from asking for a refund to its settlement (退款时长).

    Args:
        asked_at: When each successful refund was asked for, UTC, NaT unknown; shape ``(n_refunds,)``.
        settled_at: When it was settled, UTC; same shape.
        as_of: The moment, UTC, exclusive.
        within_hours: Limit of the share settled in time.
        groups: Which group each refund is in, code -1 none; all are measured together if left out.

    Returns:
        The times of each group; of everything, in one entry, if left out. A refund without a
        time of settlement is in none.

    Raises:
        InputError: The groups were made for other rows.
    """
    never = np.zeros(len(asked_at), np.bool_)
    return _measured(asked_at, settled_at, as_of, within_hours, never, groups)


def _measured(
    start: Instants,
    end: Instants,
    as_of: np.datetime64,
    within_hours: int,
    waiting: NDArray[np.bool_],
    groups: Coded | None,
) -> tuple[Delays, ...]:
    """Measure the rows of each group alone, or all of them in one entry."""
    if groups is None:
        return (delays_between(start, end, as_of, within_hours=within_hours, waiting=waiting),)
    if len(groups.codes) != len(start):
        raise InputError(f"groups of {len(groups.codes)} rows were made for others than these {len(start)}")
    rows = np.argsort(groups.codes, kind="stable")
    edges = np.searchsorted(groups.codes[rows], np.arange(len(groups.values) + 1))
    return tuple(
        delays_between(start[of], end[of], as_of, within_hours=within_hours, waiting=waiting[of])
        for first, stop in pairwise(edges.tolist())
        for of in (rows[first:stop],)
    )


def _in(orders: OrderTable, *states: OrderState) -> NDArray[np.bool_]:
    found = np.zeros(len(orders), np.bool_)
    for state in states:
        found |= orders.state == state
    return found


def _ordered(orders: OrderTable, at: Instants) -> Instants:
    """Leave out credit notes: nobody waits for them."""
    return np.where(orders.credit, np.datetime64("NaT", "us"), at) if orders.credit.any() else at


def _told(
    orders: OrderTable, at: Instants | None, parcels: ParcelEventTable | None, event: ParcelEvent
) -> Instants | None:
    """Give the order's own time, else that of the first such event of its parcels."""
    if parcels is None:
        return at
    rows = (parcels.event == event) & (parcels.order >= 0) & ~np.isnat(parcels.at)
    if not rows.any():
        return at
    first = np.full(len(orders), np.iinfo(np.int64).max)
    np.minimum.at(first, parcels.order[rows], parcels.at[rows].view(np.int64))
    seen = np.where(first == np.iinfo(np.int64).max, np.iinfo(np.int64).min, first)
    events: Instants = seen.view("datetime64[us]")
    return events if at is None else np.where(np.isnat(at), events, at)
