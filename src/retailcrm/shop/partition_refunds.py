"""Refunds that name a sub-order, brought to the partition of their order.

Rows are partitioned by the number they name. A refund that names a sub-order lies apart from its
order, and only the item report knows which that is; so sub-orders are spread by their own number first.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.ports.batches import Grain
from retailcrm.shop.spread import Spread, part_of_texts

if TYPE_CHECKING:
    from collections.abc import Sequence


def refunds_of_sub_orders(disk: Spread, stems: Sequence[str], budget: int) -> Spread | None:
    """Spread all refunds once more, those that name a sub-order by the number of its order.

    Args:
        disk: All files' rows, by number.
        stems: What the files' rows are called there, followed by the grain.
        budget: Bytes of rows to work on at a time.

    Returns:
        The refunds under the names of their files; ``None`` if no file has refunds.
    """
    groups = list(disk.groups(budget))
    if not any(disk.has(f"{stem}.{Grain.REFUNDS}") for stem in stems):
        return None
    home = Spread(Path(tempfile.mkdtemp(dir=disk.folder)))
    for parts in groups:
        for table in _tables(disk, stems, Grain.LINES, parts).values():
            if "line" in table.column_names:
                pairs = table.select(["line", "number"])
                pairs = pairs.filter(pc.not_equal(pairs.column("line"), pairs.column("number")))
                home.add("subs", pairs, part_of_texts(pairs.column("line")))
    home.finish()
    for parts in groups:
        _bring_home(disk, home, stems, parts)
    home.finish()
    return home


def _bring_home(disk: Spread, home: Spread, stems: Sequence[str], parts: range) -> None:
    refunds = _tables(disk, stems, Grain.REFUNDS, parts)
    if not refunds:
        return
    subs = home.read("subs", parts)
    known = [
        chunk
        for grain in (Grain.ORDERS, Grain.LINES)
        for table in _tables(disk, stems, grain, parts).values()
        for chunk in table.column("number").chunks
    ]
    numbers = pa.chunked_array(known, pa.large_string())
    for stem, table in refunds.items():
        column = table.column("number")
        if subs is not None:
            place = pc.index_in(column, value_set=subs.column("line"))
            stray = pc.and_(pc.invert(pc.is_in(column, value_set=numbers)), place.is_valid())
            order = subs.column("number").take(pc.fill_null(place, 0))
            column = pc.if_else(stray, order, column)
        moved = table.set_column(table.column_names.index("number"), "number", column)
        home.add(f"{stem}.{Grain.REFUNDS}", moved, part_of_texts(column))


def _tables(disk: Spread, stems: Sequence[str], grain: Grain, parts: range) -> dict[str, pa.Table]:
    read = {stem: disk.read(f"{stem}.{grain}", parts) for stem in stems}
    return {stem: table for stem, table in read.items() if table is not None}
