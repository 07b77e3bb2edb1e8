"""The read fields of a table as batches, by what each grain needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.adapters.sources.mapping.words import PASSED
from retailcrm.adapters.sources.reading import taken
from retailcrm.adapters.sources.value_kinds import joined_levels
from retailcrm.analytics.columns import MISSING, Coded
from retailcrm.domain.money import parse_amount
from retailcrm.domain.orders import OrderState
from retailcrm.errors import InputError, SettingsError
from retailcrm.ports.batches import Batch, Grain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from retailcrm.adapters.sources.mapping.table import TableMapping

Columns = dict[str, Any]

_PRICED: Final = ("unit_price", "quantity")
_LINE_COLUMNS: Final[tuple[str, ...]] = (
    "number",
    "buyer",
    "state",
    "placed_at",
    "paid_at",
    "province",
    "city",
)
"""What an order that takes back tells as a line."""


@attrs.frozen(kw_only=True, eq=False)
class Rows:
    """The good rows of one block.

    Attributes:
        records: Record number of each row.
        values: Columns by field name, as read.
        priced: Quantity times unit price, where these are mapped.
        numbers: Numbers made of the rows' own content, where the file has none.
        blank: Blank records.
        passed: Records that nobody asked for.
    """

    records: NDArray[np.int64]
    values: Columns
    priced: NDArray[np.int64] | None
    numbers: Any
    blank: int
    passed: int


def batches_of(mapping: TableMapping, rows: Rows, currency: str) -> Iterator[Batch]:
    """Make the batches of one block: one, or for orders that take back another one of lines."""
    if mapping.grain is Grain.ORDERS:
        yield from _orders(mapping, rows, currency)
        return
    columns = _COLUMNS[mapping.grain](mapping, rows, currency)
    keep = np.ones(len(rows.records), np.bool_)
    if "event" in columns:
        keep = columns["event"] != PASSED
    yield _batch(mapping, mapping.grain, rows, columns, currency, keep)


def _batch(
    mapping: TableMapping, grain: Grain, rows: Rows, columns: Columns, currency: str, keep: NDArray[np.bool_]
) -> Batch:
    return Batch(
        grain=grain,
        records=rows.records[keep],
        columns={name: taken(column, keep) for name, column in columns.items()},
        currency=currency,
        buyer_key=mapping.buyer if "buyer" in columns else None,
        blank=rows.blank,
        passed=rows.passed + int((~keep).sum()),
    )


def _orders(mapping: TableMapping, rows: Rows, currency: str) -> Iterator[Batch]:
    columns = _order_columns(mapping, rows, currency)
    back = _prefixed(mapping, columns["number"])
    # The rows that take back are not passed over: they follow as lines.
    yield attrs.evolve(_batch(mapping, Grain.ORDERS, rows, columns, currency, ~back), passed=rows.passed)
    if back.any():
        lines: Columns = {name: columns[name] for name in _LINE_COLUMNS if name in columns}
        paid, total = columns.get("paid"), columns.get("total")
        told = paid if total is None else total if paid is None else np.where(paid == MISSING, total, paid)
        amount = np.asarray(told, np.int64)
        lines["amount"] = -np.abs(np.where(amount == MISSING, 0, amount))
        lines["credit"] = back
        only = attrs.evolve(rows, blank=0, passed=0)
        yield attrs.evolve(_batch(mapping, Grain.LINES, only, lines, currency, back), passed=0)


def _order_columns(mapping: TableMapping, rows: Rows, currency: str) -> Columns:
    columns = _plain(rows)
    if rows.numbers is not None:
        columns["number"] = rows.numbers
    if rows.priced is not None:
        columns["total"] = rows.priced
    if mapping.amount is not None:
        columns["paid"] = _constant(mapping.amount, currency, len(rows.records))
    if mapping.paid_is == "gross":
        # What was paid before refunds is what was due: nothing is to be added back.
        columns["total"] = columns.pop("paid")
    if mapping.state is not None:
        columns["state"] = np.full(len(rows.records), mapping.state, np.int8)
    return columns


def _line_columns(mapping: TableMapping, rows: Rows, currency: str) -> Columns:
    columns, count = _plain(rows), len(rows.records)
    if rows.priced is not None:
        columns["amount"] = rows.priced
    if mapping.amount is not None:
        columns["amount"] = _constant(mapping.amount, currency, count)
    if "quantity" in rows.values:
        columns["quantity"] = rows.values["quantity"]
    elif mapping.quantity is not None:
        columns["quantity"] = np.full(count, mapping.quantity, np.int64)
    if mapping.state is not None:
        columns["state"] = np.full(count, mapping.state, np.int8)
    if rows.numbers is not None:
        columns["number"] = rows.numbers
    credit = columns["credit"] = _credits(mapping, rows.values, count)
    # A credit note takes back, whether its file writes a minus or not.
    amount = np.where(credit & (columns["amount"] > 0), -columns["amount"], columns["amount"])
    columns["amount"] = _net(mapping, amount, columns, credit)
    return columns


def _net(
    mapping: TableMapping, amount: NDArray[np.int64], columns: Columns, credit: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Give amounts after refunds, as lines have them; of a line given back in full either will do."""
    if mapping.paid_is != "gross" or "refunded" not in columns:
        return amount
    back = columns["refunded"]
    as_is = credit | (amount == MISSING) | (back == MISSING) | (columns["state"] == OrderState.REFUNDED)
    return np.where(as_is, amount, amount - np.where(as_is, 0, back))


def _refund_columns(_: TableMapping, rows: Rows, __: str) -> Columns:
    columns = _plain(rows)
    if rows.numbers is not None:
        columns["refund"] = rows.numbers
    return columns


def _review_columns(_: TableMapping, rows: Rows, __: str) -> Columns:
    columns = _plain(rows)
    columns.setdefault("at", np.full(len(rows.records), np.datetime64("NaT"), "datetime64[us]"))
    return columns


def _other_columns(_: TableMapping, rows: Rows, __: str) -> Columns:
    return _plain(rows)


_COLUMNS: Final = {
    Grain.LINES: _line_columns,
    Grain.CUSTOMERS: _other_columns,
    Grain.PRODUCTS: _other_columns,
    Grain.REFUNDS: _refund_columns,
    Grain.REVIEWS: _review_columns,
    Grain.PARCELS: _other_columns,
}


def _plain(rows: Rows) -> Columns:
    """Give the columns that a batch has as they were read, the levels of a category joined."""
    columns = {name: c for name, c in rows.values.items() if name not in _PRICED and "." not in name}
    levels = sorted(
        (name for name in rows.values if "." in name), key=lambda name: int(name.rpartition(".")[2])
    )
    if levels:
        columns[levels[0].partition(".")[0]] = joined_levels([rows.values[name] for name in levels])
    return columns


def _constant(text: str, currency: str, rows: int) -> NDArray[np.int64]:
    try:
        return np.full(rows, parse_amount(text, currency), np.int64)
    except InputError as error:
        raise SettingsError(f"constants.amount: {error}") from error


def _credits(mapping: TableMapping, values: Columns, rows: int) -> NDArray[np.bool_]:
    credit = _prefixed(mapping, values["number"]) if "number" in values else np.zeros(rows, np.bool_)
    if mapping.cancel.negative_quantity and "quantity" in values:
        credit |= (values["quantity"] < 0) & (values["quantity"] != MISSING)
    return credit


def _prefixed(mapping: TableMapping, numbers: Any) -> NDArray[np.bool_]:  # noqa: ANN401 - Arrow has no types
    """Say which order numbers are those of credit notes."""
    prefix = mapping.cancel.number_prefix
    if prefix is None:
        return np.zeros(len(numbers), np.bool_)
    if isinstance(numbers, Coded):
        begins = np.asarray([text.startswith(prefix) for text in numbers.values] + [False])
        return begins[numbers.codes]
    found: NDArray[np.bool_] = np.asarray(pc.starts_with(arrow.arrow_texts(numbers), prefix))
    return found
