"""Between tables of orders and the rows in which a store keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import INSTANT, MISSING, Coded, Texts
from retailcrm.analytics.tables import Customers, OrderTable
from retailcrm.ports.orders import ORDER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_INSTANTS: Final = ("placed_at", "paid_at", "refunded_at", "first_seen")
_IF_ANY: Final = ("shipped_at", "received_at", "completed_at")
_PLACES: Final = ("province", "city", "channel")


def rows_of(orders: OrderTable) -> pa.Table:
    """Give orders as rows: whose they are by id, each text in its row.

    Args:
        orders: Before merges.
    """
    ids = pa.DictionaryArray.from_arrays(
        pa.array(orders.customer, mask=orders.customer < 0), arrow.arrow_texts(orders.customers.ids)
    )
    columns: dict[str, Any] = {
        "platform": _words(orders.platform, len(orders)),
        "number": arrow.arrow_texts(orders.numbers),
        "customer": pc.fill_null(ids.cast(pa.large_string()), ""),
        "strength": np.append(orders.customers.strength, np.int8(0))[orders.customer],
        "state": orders.state,
        "credit": orders.credit,
        "gross": orders.gross,
        "refunded": orders.refunded,
        "postage": _numbers(orders.postage, len(orders)),
        **{name: _numbers(getattr(orders, name), len(orders)) for name in (*_INSTANTS, *_IF_ANY)},
        **{name: _words(getattr(orders, name), len(orders)) for name in _PLACES},
    }
    return pa.table({name: columns[name] for name in ORDER_COLUMNS})


def _words(column: Coded | None, rows: int) -> Any:  # noqa: ANN401 - an Arrow array
    return arrow.arrow_coded(Coded.of([None] * rows) if column is None else column)


def _numbers(column: NDArray[Any] | None, rows: int) -> NDArray[np.int64]:
    return np.full(rows, MISSING, np.int64) if column is None else column.view(np.int64)


def table_of(rows: pa.Table, currency: str, zone: str) -> OrderTable:
    """Give rows as a table of orders; a column that none of them tells is not there.

    Args:
        rows: As :func:`rows_of` gives them.
        currency: The shop's ISO 4217 code.
        zone: The shop's IANA zone.
    """
    customers, customer = _customers(rows)
    columns: dict[str, Any] = {name: rows.column(name).to_numpy().view(INSTANT) for name in _INSTANTS}
    for name in _IF_ANY:
        moments = rows.column(name).to_numpy().view(INSTANT)
        columns[name] = None if np.isnat(moments).all() else moments
    columns |= {name: _coded(rows, name) for name in ("platform", *_PLACES)}
    postage = rows.column("postage").to_numpy()
    untold = postage == MISSING
    return OrderTable(
        currency=currency,
        zone=zone,
        customers=customers,
        numbers=_texts(rows, "number"),
        customer=customer,
        state=rows.column("state").to_numpy(),
        credit=rows.column("credit").to_numpy(),
        gross=rows.column("gross").to_numpy(),
        refunded=rows.column("refunded").to_numpy(),
        postage=None if untold.all() else np.where(untold, 0, postage),
        **columns,
    )


def _customers(rows: pa.Table) -> tuple[Customers, NDArray[np.int32]]:
    """Give everybody once, in order of first sight, as strong as her strongest row."""
    found = rows.column("customer").combine_chunks().dictionary_encode()
    ids, codes = arrow.texts(found.dictionary), found.indices.to_numpy(zero_copy_only=False)
    known = np.diff(ids.offsets) > 0
    place = np.where(known, np.cumsum(known) - 1, -1).astype(np.int32)
    customer = place[codes] if len(codes) else np.empty(0, np.int32)
    strength = np.zeros(int(known.sum()) + 1, np.int8)
    np.maximum.at(strength, customer, rows.column("strength").to_numpy())
    return Customers(ids=ids.take(np.flatnonzero(known)), strength=strength[:-1]), customer


def _texts(rows: pa.Table, name: str) -> Texts:
    return arrow.texts(rows.column(name).combine_chunks())


def _coded(rows: pa.Table, name: str) -> Coded | None:
    column = rows.column(name).combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return None if column.null_count == len(column) else arrow.coded(column)


def changed_rows(before: pa.Table, after: pa.Table) -> tuple[NDArray[np.bool_], pa.Table]:
    """Compare orders as they stood with orders as they stand.

    Args:
        before: Rows of :func:`rows_of`.
        after: Likewise.

    Returns:
        Which rows of ``after`` are new or differ; and the rows of ``before`` that are no more.
    """
    if not len(before):
        return np.ones(len(after), np.bool_), before
    old, new = _keys(before), _keys(after)
    place = pc.index_in(new, value_set=old)
    there = np.asarray(place.is_valid())
    rows = np.flatnonzero(there)
    was = before.take(pa.array(place.drop_null()))
    now = after.take(pa.array(rows))
    same = np.ones(len(rows), np.bool_)
    for name in ORDER_COLUMNS:
        same &= _equal(was.column(name), now.column(name))
    differs = ~there
    differs[rows] = ~same
    stays = pc.is_in(old, value_set=new)
    return differs, before.filter(pc.invert(stays))


def _keys(rows: pa.Table) -> Any:  # noqa: ANN401 - an Arrow array
    parts = [rows.column(name).cast(pa.large_string()) for name in ("platform", "number")]
    joint = pa.scalar("\0", pa.large_string())
    return pc.binary_join_element_wise(*parts, joint).combine_chunks()


def _equal(was: pa.ChunkedArray, now: pa.ChunkedArray) -> NDArray[np.bool_]:
    if pa.types.is_dictionary(was.type) or pa.types.is_large_string(was.type):
        one, other = (pc.fill_null(c.cast(pa.large_string()), "\0") for c in (was, now))
        return np.asarray(pc.equal(one, other))
    return np.asarray(was.to_numpy() == now.to_numpy())


def customers_of(tables: Sequence[OrderTable]) -> tuple[str, ...]:
    """Give the ids of all customers of some tables, each once."""
    return tuple(dict.fromkeys(name for table in tables for name in _used(table).tolist()))


def _used(table: OrderTable) -> Texts:
    codes = np.unique(table.customer)
    return table.customers.ids.take(codes[codes >= 0])


def own_customers(orders: OrderTable) -> OrderTable:
    """Give the same orders with those customers only that have any of them."""
    used = np.unique(orders.customer)
    used = used[used >= 0]
    place = np.full(len(orders.customers) + 1, -1, np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    people = Customers(ids=orders.customers.ids.take(used), strength=orders.customers.strength[used])
    return attrs.evolve(orders, customers=people, customer=place[orders.customer])
