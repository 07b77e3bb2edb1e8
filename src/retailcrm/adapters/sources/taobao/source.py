"""Taobao and Tmall: order, item and refund reports of every generation, told apart by their headers.

Columns are matched by name whatever their order or subset, since sellers choose columns and the
platform has inserted new ones in the middle.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from retailcrm.adapters.sources.field import find_fields
from retailcrm.adapters.sources.taobao.columns import ITEM, ORDER, REFUND
from retailcrm.ports.hookspecs import hookimpl
from retailcrm.ports.sources import Match, Sample, Source, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from retailcrm.domain.problems import Problem
    from retailcrm.ports.batches import Batch

_MOMENT: Final = re.compile(r"(?<!\d)(20\d{2})-?(\d{2})-?(\d{2})(?:(\d{2})(\d{2})(?:\d{2})?)?(?!\d)")
_NAMED_BY_THE_PLATFORM: Final = ("export", "退款", "订单报表", "宝贝报表")
_REPORTS: Final = {
    "order report": ({"number"}, {"buyer", "total", "paid", "state", "placed_at", "paid_at", "address"}, 3),
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
        """Read the moment off names such as ``ExportOrderList202403252230.csv``.

        Of a range of days the last one is taken: the export is not older.
        """
        if not any(word in name.lower() for word in _NAMED_BY_THE_PLATFORM):
            return None
        found = [_moment(parts, zone) for parts in _MOMENT.findall(name)]
        return max((moment for moment in found if moment is not None), default=None)

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Yield the records of one report."""
        from retailcrm.adapters.sources.taobao import reports  # noqa: PLC0415 - loads Arrow

        kind, _ = _kind(file.header)
        places = find_fields(file.header, _FIELDS[kind or "order report"])
        if kind == "item report":
            yield from reports.read_items(file, places)
        elif kind == "refund report":
            yield from reports.read_refunds(file, places)
        else:
            yield from reports.read_orders(file, places)


@hookimpl
def register_sources(register: Callable[[Source], None]) -> None:
    """Offer the Taobao reader."""
    register(Taobao())


def _kind(header: tuple[str, ...]) -> tuple[str | None, int]:
    """Say which report a header is, and by how many known columns."""
    best: tuple[str | None, int] = (None, 0)
    for kind, (needed, usual, least) in _REPORTS.items():
        found = find_fields(header, _FIELDS[kind])
        if needed <= found.keys() and len(usual & found.keys()) >= least and len(found) > best[1]:
            best = (kind, len(found))
    return best


def _moment(parts: tuple[str, ...], zone: str) -> datetime | None:
    year, month, day, hour, minute = (int(part or 0) for part in parts)
    try:
        return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))
    except ValueError:
        return None
