"""The orders export read into batches of orders and of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retailcrm.adapters.sources.reading import line_amounts, read_fields, taken, whole
from retailcrm.adapters.sources.shopify.columns import CONTACT
from retailcrm.adapters.sources.shopify.opened import opened
from retailcrm.adapters.sources.shopify.problems import marked
from retailcrm.adapters.sources.shopify.runs import Rows, Runs
from retailcrm.adapters.sources.shopify.texts import address_of, first_coded, first_told
from retailcrm.analytics.columns import MISSING
from retailcrm.domain.orders import OrderState
from retailcrm.domain.problems import Problem, Severity
from retailcrm.ports.batches import Batch, Grain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from retailcrm.adapters.sources.field import Field
    from retailcrm.adapters.sources.reading import Piece
    from retailcrm.ports.sources import SourceFile

_AS_READ: Final = (
    *("placed_at", "paid_at", "shipped_at", "total", "postage", "refunded", "channel", "province", "city"),
)
_RECIPIENT: Final = {"recipient": "name", "recipient_phone": "phone", "recipient_email": "email"}
_ORPHAN: Final = (
    "a line of an order whose first row does not stand before it: export again, or sort the rows back"
)
_CURRENCY: Final = "a row of another currency than the rest of the file"
_LINES_AGAIN: Final = "a line of an order that stood further up in the file, with its lines; left out"
_ORDER_AGAIN: Final = (
    "this order stood further up in the file: the amounts of the last place count, the lines of the first; "
    "import overlapping exports one by one"
)
_KEPT_MONEY: Final = "this order was cancelled and not all of its money given back; it does not count"
_NO_ID: Final = (
    "this export has no column Id: orders are known by their Name; an order that another export has by its "
    "Id would count twice"
)


def read_orders(
    file: SourceFile, fields: Mapping[str, Field], places: Mapping[str, int]
) -> Iterator[Batch | Problem]:
    """Read an orders export: several rows an order, of which the first tells of it.

    Args:
        file: The opened export.
        fields: What to read, recipients only where they are asked for.
        places: The column of each field.
    """
    if "id" not in places:
        yield Problem(
            source=file.name, sheet=file.sheet, code="no-id", message=_NO_ID, severity=Severity.WARNING
        )
    table = opened(file, fields, places)
    runs = Runs(table.currency)
    for read in read_fields(table, fields, places, currency=table.currency):
        amounts, piece = _amounts(table, read)
        rows = runs.rows(piece)
        yield from piece.problems
        yield from _problems(table, piece, rows)
        good = piece.keep & rows.owned & ~rows.foreign
        heads = good & rows.head
        lines = good & ~rows.repeated & _has_line(piece)
        # What is left has a name and nothing else.
        bare = np.count_nonzero(good & ~rows.repeated & ~heads & ~lines)
        columns = {"number": rows.number, **_order_columns(piece)}
        yield _batch(Grain.ORDERS, piece, heads, columns, table.currency, blank=piece.blank + int(bare))
        if lines.any():
            columns = {"number": rows.number, "amount": amounts, **_line_columns(piece)}
            again = int(np.count_nonzero(lines & heads))
            yield _batch(Grain.LINES, piece, lines, columns, table.currency, again=again)


def _batch(
    grain: Grain,
    piece: Piece,
    rows: NDArray[np.bool_],
    columns: Mapping[str, Any],
    currency: str,
    **counts: int,
) -> Batch:
    return Batch(
        grain=grain,
        records=piece.block.records[rows],
        columns={name: taken(column, rows) for name, column in columns.items()},
        currency=currency,
        buyer_key=CONTACT if "buyer" in columns else None,
        **counts,
    )


def _order_columns(piece: Piece) -> dict[str, Any]:
    values = piece.values
    columns = {name: values[name] for name in _AS_READ if name in values}
    columns["state"] = order_states(values, len(piece.block))
    contact = [values[name] for name in ("email", "phone") if name in values]
    if contact:
        columns["buyer"] = contact[0] if len(contact) == 1 else first_told(*contact)
    columns |= {to: values[name] for name, to in _RECIPIENT.items() if name in values}
    address = address_of(values)
    if address is not None:
        columns["address"] = address
    return columns


def order_states(values: Mapping[str, Any], rows: int) -> NDArray[np.int8]:
    """Settle where orders stand by what became of the money, of the goods, and of the order.

    Goods that were sent put an order further that is not over. A cancelled order is closed, unless its
    money was given back. Where one of the two texts is not known, neither is the order's state.

    Args:
        values: Columns of an orders export by field name.
        rows: How many rows they have.

    Returns:
        States, -1 where nothing tells; shape ``(rows,)``.
    """
    silent = np.full(rows, -1, np.int8)
    money, goods = values.get("financial", silent), values.get("fulfillment", silent)
    sent = goods == OrderState.SHIPPED
    if "shipped_at" in values and "fulfillment" not in values:
        sent = ~np.isnat(values["shipped_at"])
    going_on = (money == OrderState.PLACED) | (money == OrderState.PAID) | (money < 0)
    state = np.where(going_on & sent, np.int8(OrderState.SHIPPED), money)
    if "cancelled_at" in values:
        over = ~np.isnat(values["cancelled_at"]) & (state != OrderState.REFUNDED)
        state = np.where(over, np.int8(OrderState.CLOSED), state)
    unknown = (money == OrderState.UNKNOWN) | (goods == OrderState.UNKNOWN)
    return np.where(unknown, np.int8(OrderState.UNKNOWN), state).astype(np.int8)


def _has_line(piece: Piece) -> NDArray[np.bool_]:
    values, there = piece.values, np.zeros(len(piece.block), np.bool_)
    for name in ("title", "sku"):
        if name in values:
            there |= values[name].codes >= 0
    for name in ("quantity", "price"):
        if name in values:
            there |= values[name] != MISSING
    return there


def _amounts(file: SourceFile, piece: Piece) -> tuple[NDArray[np.int64], Piece]:
    """Give what each line costs: price times quantity, less what was taken off the whole line."""
    if not {"price", "quantity"} <= piece.values.keys():
        return np.full(len(piece.block), MISSING, np.int64), piece
    amounts, piece = line_amounts(file, piece, "price")
    discount = whole(piece, "discount")
    told = (amounts != MISSING) & (discount != MISSING)
    return np.where(told, amounts - np.where(told, discount, 0), amounts), piece


def _line_columns(piece: Piece) -> dict[str, Any]:
    values = piece.values
    columns = {"quantity": values["quantity"]} if "quantity" in values else {}
    names = [values[name] for name in ("sku", "title") if name in values]
    if names:
        columns["product"] = names[0] if len(names) == 1 else first_coded(*names)
    return columns


def _problems(file: SourceFile, piece: Piece, rows: Rows) -> Iterator[Problem]:
    """Say what is wrong with whole rows, beside what is wrong with their cells."""
    named = piece.keep
    orphans, foreign = named & ~rows.owned, named & rows.foreign
    heads = named & rows.head & ~rows.foreign
    again = named & rows.repeated & ~rows.head & ~rows.foreign
    warn = Severity.WARNING
    yield from marked(file, piece, orphans, "number", code="no-order", message=_ORPHAN)
    yield from marked(file, piece, foreign, "currency", code="currency", message=_CURRENCY)
    yield from marked(file, piece, again, "number", code="repeated-order", message=_LINES_AGAIN)
    yield from marked(
        file,
        piece,
        heads & rows.repeated,
        "number",
        code="repeated-order",
        message=_ORDER_AGAIN,
        severity=warn,
    )
    yield from marked(
        file, piece, heads & _kept_money(piece), "cancelled_at", code="cancelled", message=_KEPT_MONEY,
        severity=warn,
    )  # fmt: skip


def _kept_money(piece: Piece) -> NDArray[np.bool_]:
    """Say which orders were cancelled after they were paid, and not paid back in full."""
    values = piece.values
    if not {"cancelled_at", "financial", "total"} <= values.keys():
        return np.zeros(len(piece.block), np.bool_)
    paid = (values["financial"] == OrderState.PAID) & ~np.isnat(values["cancelled_at"])
    back = np.maximum(whole(piece, "refunded"), 0)
    kept: NDArray[np.bool_] = paid & (values["total"] > back)
    return kept
