"""The three reports of Taobao read into batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retailcrm.adapters.sources.field import find_fields
from retailcrm.adapters.sources.reading import line_amounts, read_fields, taken
from retailcrm.adapters.sources.taobao.address import province_and_city
from retailcrm.adapters.sources.taobao.columns import (
    CURRENCY,
    ITEM,
    ORDER,
    OTHER_BUYERS,
    RECIPIENT,
    REFUND,
    REFUNDED,
    SUCCEEDED,
)
from retailcrm.adapters.sources.taobao.people import channels, plain_buyers, recipients
from retailcrm.adapters.sources.taobao.repeats import SubOrderRows, repeated_rows
from retailcrm.analytics.columns import MISSING
from retailcrm.domain.orders import OrderState
from retailcrm.domain.problems import Problem, Severity
from retailcrm.ports.batches import Batch, BuyerKey, Grain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from retailcrm.adapters.sources.reading import Piece
    from retailcrm.analytics.columns import Coded
    from retailcrm.ports.sources import SourceFile

NICK: Final = BuyerKey(platform="taobao", kind="nick", strength=2)

_NOT_BATCHED: Final = ("address", "close_reason", *OTHER_BUYERS, *RECIPIENT)
_ORDER_FIELDS: Final = {**ORDER, **OTHER_BUYERS, **RECIPIENT}
_ITEM_READ: Final = (
    *("number", "line", "product", "price", "quantity", "state", "paid", "refunded", "placed_at", "paid_at"),
)
_ITEM_BATCHED: Final = ("number", "line", "product", "quantity", "refunded", "placed_at", "paid_at")
_REFUND_READ: Final = ("refund", "number", "amount", "settled_at", "asked_at", "reason", "status")


def read_orders(file: SourceFile, places: Mapping[str, int]) -> Iterator[Batch | Problem]:
    """Read an order report.

    Args:
        file: The opened report.
        places: The column of each field.
    """
    if "paid_at" in places:
        # The time of payment tells what the reason would have to be asked for.
        places = {key: place for key, place in places.items() if key != "close_reason"}
    if "buyer" in places:
        others = find_fields(file.header, OTHER_BUYERS)
        places = {**places, **{key: i for key, i in others.items() if i != places["buyer"]}}
    if file.personal:
        places = {**places, **find_fields(file.header, RECIPIENT)}
    sub_orders = None if "placed_at" in places or not places else SubOrderRows(file, places["number"])
    for piece in read_fields(sub_orders or file, _ORDER_FIELDS, places, currency=CURRENCY):
        yield from piece.problems
        yield from repeated_rows(file, piece) if sub_orders is None else sub_orders.apart(piece)
        columns = {k: v for k, v in piece.values.items() if k not in _NOT_BATCHED}
        columns["state"] = order_states(piece.values, len(piece.block))
        if "address" in piece.values:
            columns["province"], columns["city"] = province_and_city(piece.values["address"])
        if "channel" in columns:
            columns["channel"] = channels(columns["channel"])
        columns |= plain_buyers(piece.values) | recipients(piece.values)
        kept = {name: taken(column, piece.keep) for name, column in columns.items()}
        if sub_orders is not None:
            kept = sub_orders.add_up(kept)
        yield _batch(Grain.ORDERS, piece, kept)
    if sub_orders is not None:
        yield from sub_orders.notes()


def order_states(values: Mapping[str, Any], rows: int) -> NDArray[np.int8]:
    """Settle what the state text alone does not tell.

    ``交易关闭`` is a refund if the order was ever paid, else it was never paid. A file without the
    state column still tells paid from unpaid by the time of payment, and a refund of everything.

    Args:
        values: Columns of an order or item report by field name.
        rows: How many rows they have.

    Returns:
        States, -1 where nothing tells; shape ``(rows,)``.
    """
    paid_at, state = values.get("paid_at"), values.get("state")
    paid = np.zeros(rows, np.bool_) if paid_at is None else ~np.isnat(paid_at)
    total, refunded = values.get("total"), values.get("refunded")
    if state is None:
        if paid_at is None:
            return np.full(rows, -1, np.int8)
        inferred = np.where(paid, OrderState.PAID, OrderState.PLACED).astype(np.int8)
        if total is not None and refunded is not None:
            inferred[paid & (refunded >= total) & (total > 0)] = OrderState.REFUNDED
        return inferred
    if refunded is not None:
        paid |= refunded > 0
    if "close_reason" in values:
        paid |= _is(values["close_reason"], REFUNDED)
    settled: NDArray[np.int8] = state.astype(np.int8)
    settled[(settled == OrderState.CLOSED) & paid] = OrderState.REFUNDED
    return settled


def read_items(file: SourceFile, places: Mapping[str, int]) -> Iterator[Batch | Problem]:
    """Read an item report.

    Args:
        file: The opened report.
        places: The column of each field.
    """
    places = {key: places[key] for key in _ITEM_READ if key in places}
    for read in read_fields(file, ITEM, places, currency=CURRENCY):
        priced, piece = line_amounts(file, read, "price")
        yield from piece.problems
        columns = {name: piece.values[name] for name in _ITEM_BATCHED if name in piece.values}
        paid = piece.values.get("paid")
        columns["amount"] = priced if paid is None else np.where(paid == MISSING, priced, paid)
        if "state" in piece.values:
            columns["state"] = order_states(piece.values, len(piece.block))
        yield _batch(Grain.LINES, piece, {k: taken(column, piece.keep) for k, column in columns.items()})


def read_refunds(file: SourceFile, places: Mapping[str, int]) -> Iterator[Batch | Problem]:
    """Read a refund report: refunds that did not succeed are taken, and move no money.

    Args:
        file: The opened report.
        places: The column of each field.
    """
    if "status" not in places:
        yield Problem(
            source=file.name, sheet=file.sheet, code="refund-status", severity=Severity.WARNING,
            message="this report has no column 退款状态: every row is taken as paid back",
        )  # fmt: skip
    places = {key: places[key] for key in _REFUND_READ if key in places}
    for piece in read_fields(file, REFUND, places, currency=CURRENCY):
        yield from piece.problems
        columns = {key: column for key, column in piece.values.items() if key != "status"}
        if "status" in piece.values:
            columns["amount"] = np.where(_is(piece.values["status"], SUCCEEDED), columns["amount"], 0)
        yield _batch(Grain.REFUNDS, piece, {k: taken(column, piece.keep) for k, column in columns.items()})


def _batch(grain: Grain, piece: Piece, columns: Mapping[str, Any]) -> Batch:
    return Batch(
        grain=grain,
        records=piece.block.records[piece.keep],
        columns=columns,
        currency=CURRENCY,
        buyer_key=NICK if "buyer" in columns else None,
        blank=piece.blank,
    )


def _is(column: Coded, word: str) -> NDArray[np.bool_]:
    """Say which rows hold one text."""
    equal = np.asarray([*(value == word for value in column.values), False])
    return equal[column.codes]
