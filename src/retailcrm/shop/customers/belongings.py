"""What a customer wrote, and what became of her parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.analytics.columns import MISSING
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.ports.batches import Grain
from retailcrm.shop.customers.cards import ParcelCard, ReviewCard, moment_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from retailcrm.analytics.tables import OrderTable, ParcelEventTable
    from retailcrm.shop.buyers import BuyerKinds
    from retailcrm.shop.observed import Observed

_TEXTS = ("review", "number", "product", "text", "second_text")


def reviews_of(
    files: Iterable[Observed],
    kinds: BuyerKinds,
    ids: Iterable[str],
    numbers: Sequence[str],
    moment: np.datetime64,
) -> tuple[ReviewCard, ...]:
    """Give a customer's reviews with their texts: those under one of her keys, or of one of her orders.

    Args:
        files: Oldest export first: of each field the newest value counts.
        kinds: The shop's kinds of buyer keys.
        ids: Her ids.
        numbers: Numbers of her orders.
        moment: What was written then or later is left out; UTC.

    Returns:
        Her reviews, oldest first; those without a time come last.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for file in files:
        for row in _rows(file, kinds, tuple(ids), numbers):
            own = row.get("review")
            content = ("number", "product", "at", "text")
            key = (file.platform, own) if own else (file.platform, None, *map(row.get, content))
            review = found.setdefault(key, {})
            review.update({name: value for name, value in row.items() if value is not None})
    cards = [_review(row, moment) for row in found.values()]
    told = [card for card in cards if card is not None]
    # A review may be of a product and of no order, or of an order and of no product.
    return tuple(
        sorted(told, key=lambda card: (card.at is None, card.at, card.order or "", card.product or ""))
    )


def _rows(
    file: Observed, kinds: BuyerKinds, ids: Sequence[str], numbers: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    table = file.tables.get(Grain.REVIEWS)
    if table is None:
        return
    hers = [np.empty(0, np.int64)]
    if "buyer" in table.column_names:
        key = file.buyer_keys[Grain.REVIEWS]
        hers += [kinds.rows_of(table.column("buyer"), key, customer) for customer in ids]
    if "number" in table.column_names:
        column = table.column("number").cast(pa.large_string())
        there = pc.is_in(column, value_set=pa.array(numbers, pa.large_string()))
        hers.append(np.flatnonzero(there.to_numpy()))
    rows = table.take(pa.array(np.unique(np.concatenate(hers))))
    for row in rows.to_pylist():
        yield {
            name: value or None if name in _TEXTS else None if value == MISSING else value
            for name, value in row.items()
        }


def _review(row: Mapping[str, Any], moment: np.datetime64) -> ReviewCard | None:
    """Show a review as it stood at a moment, ``None`` if it was not written yet."""
    at, second_at = (_instant(row.get(name)) for name in ("at", "second_at"))
    if at >= moment:
        return None
    later = second_at >= moment
    return ReviewCard(
        at=moment_or_none(at),
        score=row.get("score"),
        product=row.get("product"),
        order=row.get("number"),
        text=row.get("text") or "",
        second_text="" if later else row.get("second_text") or "",
    )


def _instant(micros: int | None) -> np.datetime64:
    return np.datetime64("NaT", "us") if micros is None else np.datetime64(micros, "us")


def parcels_of(
    orders: OrderTable, customer: int, parcels: ParcelEventTable, moment: np.datetime64
) -> tuple[ParcelCard, ...]:
    """Give what had happened to a customer's parcels.

    Args:
        orders: The shop's orders.
        customer: Her position in its customers.
        parcels: Events that point to the orders.
        moment: What happened then or later is left out; UTC.

    Returns:
        The events, oldest first; those without a time come last.
    """
    hers = np.append(orders.customer == customer, np.False_)[parcels.order]
    rows = np.flatnonzero(hers & ~(parcels.at >= moment))
    rows = rows[np.lexsort((parcels.event[rows], np.isnat(parcels.at[rows]), parcels.at[rows]))]
    carrier, parcel = (column.take(rows).tolist() for column in (parcels.carrier, parcels.parcel))
    return tuple(
        ParcelCard(
            at=moment_or_none(parcels.at[row]),
            event=ParcelEvent(int(parcels.event[row])),
            order=orders.numbers[int(parcels.order[row])],
            carrier=carrier[i],
            parcel=parcel[i],
        )
        for i, row in enumerate(rows.tolist())
    )
