"""What happened to the shop's parcels: every event of a parcel once, and what it says of its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded
from retailcrm.analytics.observations import Runs, newest_values
from retailcrm.analytics.tables import ParcelEventTable
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.ports.batches import Grain
from retailcrm.shop.alike import alike
from retailcrm.shop.pointing import order_rows
from retailcrm.shop.stacked import Stacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.shop.observed import Observed

_WIDE: Final[Mapping[ParcelEvent, str]] = {event: f"{event.name.lower()}_at" for event in ParcelEvent}
_NEVER: Final = np.datetime64("NaT", "us")


def parcel_events(files: Sequence[Observed], orders: OrderTable) -> ParcelEventTable | None:
    """Fold what files tell of parcels: every event of a parcel at a moment once.

    An event without a moment says nothing beside the same event with one. The carrier is the newest told
    of the parcel.

    Args:
        files: Oldest export first.
        orders: The orders that parcels belong to.

    Returns:
        The events; ``None`` if no file tells of parcels.
    """
    rows = Stacked.of(files, Grain.PARCELS)
    if not len(rows.file):
        return None
    numbers, parcel, carrier = (rows.words(name) for name in ("number", "parcel", "carrier"))
    platforms = list(dict.fromkeys(file.platform for file in files))
    platform = np.asarray([platforms.index(file.platform) for file in files])[rows.file]
    group = alike(platform, numbers.codes, parcel.codes)
    by_parcel = Runs.of(group)
    carried = newest_values(by_parcel, carrier.codes).astype(np.int32)[group]
    row, event, at = _unfolded(rows)
    once = _once(group[row], event, at)
    row, event, at = row[once], event[once], at[once]
    order = order_rows(orders, numbers, platform, platforms)
    return ParcelEventTable(
        order=order[row],
        parcel=Coded(parcel.codes[row], parcel.values),
        carrier=Coded(carried[row], carrier.values),
        event=event,
        at=at,
    )


def _unfolded(rows: Stacked) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.datetime64]]:
    """Give the events of all rows: the one that a row names, and one for every moment of a wide row."""
    named = rows.small("event", np.int8, -1)
    found = np.flatnonzero(named >= 0)
    parts = [(found, named[found], rows.instant("at")[found])]
    for event, name in _WIDE.items():
        if rows.has(name):
            at = rows.instant(name)
            told = np.flatnonzero(~np.isnat(at))
            parts.append((told, np.full(len(told), event, np.int8), at[told]))
    row, event_of, at = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    oldest_first = np.argsort(row, kind="stable")
    return row[oldest_first], event_of[oldest_first], at[oldest_first]


def _once(group: NDArray[np.int64], event: NDArray[np.int8], at: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Give the rows to keep, in order of first sight."""
    kind = alike(group, event)
    dated = np.zeros(len(kind), np.bool_)
    dated[kind[~np.isnat(at)]] = True
    useful = np.flatnonzero(~(np.isnat(at) & dated[kind]))
    _, first = np.unique(alike(kind[useful], at[useful]), return_index=True)
    return np.sort(useful[first])


def timed_by_parcels(orders: OrderTable, parcels: ParcelEventTable) -> OrderTable:
    """Tell when orders were shipped and received by their parcels, where the order reports do not.

    An order is shipped with its first parcel, and received with the last one that was signed for.

    Args:
        orders: The shop's orders.
        parcels: Events of parcels that point to them.
    """
    shipped = _moments(orders, parcels, ParcelEvent.SHIPPED, last=False)
    received = _moments(orders, parcels, ParcelEvent.SIGNED, last=True)
    return attrs.evolve(
        orders, shipped_at=_over(shipped, orders.shipped_at), received_at=_over(received, orders.received_at)
    )


def _moments(
    orders: OrderTable, parcels: ParcelEventTable, event: ParcelEvent, *, last: bool
) -> NDArray[np.datetime64] | None:
    rows = np.flatnonzero((parcels.order >= 0) & (parcels.event == event) & ~np.isnat(parcels.at))
    if not len(rows):
        return None
    moments = np.full(len(orders), _NEVER)
    pick = np.fmax if last else np.fmin
    pick.at(moments, parcels.order[rows], parcels.at[rows])
    return moments


def _over(
    told: NDArray[np.datetime64] | None, reported: NDArray[np.datetime64] | None
) -> NDArray[np.datetime64] | None:
    if told is None or reported is None:
        return told if reported is None else reported
    return np.where(np.isnat(reported), told, reported)
