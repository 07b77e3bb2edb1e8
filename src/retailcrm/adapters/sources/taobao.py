"""Taobao and Tmall: order, item and refund reports of every generation, told apart by their headers.

Columns are matched by name whatever their order or subset, since sellers choose columns and the
platform has inserted new ones in the middle.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from retailcrm.adapters.sources.field import find_fields
from retailcrm.adapters.sources.taobao_columns import CURRENCY, ITEM, ORDER, REFUND, SUCCEEDED
from retailcrm.domain.orders import OrderState
from retailcrm.ports.batches import Batch, BuyerKey, Grain
from retailcrm.ports.hookspecs import hookimpl
from retailcrm.ports.sources import Match, Sample, Source, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded
    from retailcrm.domain.problems import Problem

NICK: Final = BuyerKey(platform="taobao", kind="nick", strength=2)

_MOMENT: Final = re.compile(r"(20\d{2})-?(\d{2})-?(\d{2})(?:(\d{2})(\d{2}))?(?!\d)")
_REPORTS: Final = {
    "order report": (
        {"number"},
        {"buyer", "total", "paid", "state", "placed_at", "paid_at", "pieces", "address"},
        3,
    ),
    "item report": ({"number", "product", "price", "quantity"}, {"line", "state", "code", "options"}, 1),
    "refund report": ({"refund", "number", "amount"}, {"status", "settled_at", "product", "paid_at"}, 1),
}
_FIELDS: Final = {"order report": ORDER, "item report": ITEM, "refund report": REFUND}


class Taobao:
    """Reads what a seller exports from the Taobao and Tmall seller centre (千牛)."""

    name = "taobao"
    platform = "taobao"

    def identify(self, sample: Sample) -> Match | None:
        """Recognise a report by its column names."""
        for row, cells in enumerate(sample.rows):
            kind, known = _kind(cells)
            if kind is not None:
                strength = min(95, 55 + known)
                return Match(strength=strength, reason=f"{kind}: {known} known column names", header_row=row)
        return None

    def exported_at(self, name: str, zone: str) -> datetime | None:
        """Read the moment off names such as ``ExportOrderList202403252230.csv``."""
        found = _MOMENT.search(name)
        if not found or "export" not in name.lower():
            return None
        year, month, day, hour, minute = (int(part or 0) for part in found.groups())
        try:
            return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))
        except ValueError:
            return None

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Yield the records of one report."""
        kind, _ = _kind(file.header)
        if kind == "item report":
            yield from _read_items(file)
        elif kind == "refund report":
            yield from _read_refunds(file)
        else:
            yield from _read_orders(file)


@hookimpl
def register_sources(register: Callable[[Source], None]) -> None:
    """Offer the Taobao reader."""
    register(Taobao())


def _kind(header: tuple[str, ...]) -> tuple[str | None, int]:
    """Say which report a header is, and by how many known columns."""
    best: tuple[str | None, int] = (None, 0)
    for kind, (needed, usual, least) in _REPORTS.items():
        found = _columns(header, kind)
        if needed <= found.keys() and len(usual & found.keys()) >= least and len(found) > best[1]:
            best = (kind, len(found))
    return best


def _columns(header: tuple[str, ...], kind: str) -> dict[str, int]:
    return find_fields(header, _FIELDS[kind])


def _read_orders(file: SourceFile) -> Iterator[Batch | Problem]:
    from retailcrm.adapters.sources.reading import read_fields, taken  # noqa: PLC0415 - loads Arrow

    places = _columns(file.header, "order report")
    for piece in read_fields(file, ORDER, places):
        yield from piece.problems
        columns = {k: v for k, v in piece.values.items() if k not in ("close_reason", "pieces", "address")}
        columns["state"] = order_states(piece.values, len(piece.block))
        if "address" in piece.values:
            columns.update(_places_of(piece.values["address"]))
        kept = {name: taken(column, piece.keep) for name, column in columns.items()}
        yield Batch(
            grain=Grain.ORDERS,
            records=piece.block.records[piece.keep],
            columns=kept,
            currency=CURRENCY,
            buyer_key=NICK if "buyer" in kept else None,
            blank=piece.blank,
        )


def order_states(values: Mapping[str, Any], rows: int) -> NDArray[np.int8]:
    """Settle what the state text alone does not tell.

    ``交易关闭`` is a refund if the order was ever paid, else it was never paid. A file without the
    state column still tells paid from unpaid by the time of payment, and a refund of everything.
    """
    paid_at = values.get("paid_at")
    paid = np.zeros(rows, np.bool_) if paid_at is None else ~np.isnat(paid_at)
    state = values.get("state")
    if state is None:
        if paid_at is None:
            return np.full(rows, -1, np.int8)
        inferred = np.where(paid, OrderState.PAID, OrderState.PLACED).astype(np.int8)
        total, refunded = values.get("total"), values.get("refunded")
        if total is not None and refunded is not None:
            inferred[paid & (refunded >= total) & (total > 0)] = OrderState.REFUNDED
        return inferred
    settled: NDArray[np.int8] = state.astype(np.int8)
    settled[(settled == OrderState.CLOSED) & paid] = OrderState.REFUNDED
    return settled


def _places_of(address: Coded) -> dict[str, Coded]:
    from retailcrm.adapters.sources.taobao_address import province_and_city  # noqa: PLC0415 - loads Arrow

    province, city = province_and_city(address)
    return {"province": province, "city": city}


def _read_items(file: SourceFile) -> Iterator[Batch | Problem]:
    from retailcrm.adapters.sources.reading import line_amounts, read_fields, taken  # noqa: PLC0415

    places = _columns(file.header, "item report")
    for read in read_fields(file, ITEM, places):
        priced, piece = line_amounts(file, read, "price")
        yield from piece.problems
        columns = {
            k: piece.values[k]
            for k in ("number", "line", "product", "quantity", "refunded")
            if k in piece.values
        }
        columns |= {k: piece.values[k] for k in ("placed_at", "paid_at") if k in piece.values}
        columns["amount"] = piece.values.get("paid", priced)
        keep = piece.keep
        kept = {name: taken(column, keep) for name, column in columns.items()}
        yield Batch(
            grain=Grain.LINES,
            records=piece.block.records[keep],
            columns=kept,
            currency=CURRENCY,
            blank=piece.blank,
        )


def _read_refunds(file: SourceFile) -> Iterator[Batch | Problem]:
    from retailcrm.adapters.sources.reading import read_fields, taken  # noqa: PLC0415 - loads Arrow

    places = _columns(file.header, "refund report")
    for piece in read_fields(file, REFUND, places):
        yield from piece.problems
        columns = {
            k: piece.values[k] for k in ("refund", "number", "amount", "settled_at") if k in piece.values
        }
        if "status" in piece.values:
            # Only refunds that succeeded move money; the others are taken, and worth nothing.
            columns["amount"] = np.where(_is(piece.values["status"], SUCCEEDED), columns["amount"], 0)
        kept = {name: taken(column, piece.keep) for name, column in columns.items()}
        yield Batch(
            grain=Grain.REFUNDS,
            records=piece.block.records[piece.keep],
            columns=kept,
            currency=CURRENCY,
            blank=piece.blank,
        )


def _is(column: Coded, word: str) -> NDArray[np.bool_]:
    """Say which rows hold one text."""
    equal = np.asarray([*(value == word for value in column.values), False])
    return equal[column.codes]
