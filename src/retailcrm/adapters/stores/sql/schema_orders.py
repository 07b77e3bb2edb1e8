"""Tables of what was imported: the journal of files, their rows by grain, the orders they fold into, merges.

A moment or amount that a file's row does not tell is NULL. A column that a whole file lacks is NULL in all of
its rows too: which columns a file has stands in the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Index, UniqueConstraint

from retailcrm.adapters.stores.sql.schema import table_by_key, text, whole
from retailcrm.ports.batches import COLUMNS, Grain
from retailcrm.ports.orders import BY_WHO

if TYPE_CHECKING:
    from sqlalchemy import Column, Table


def _column(name: str, kind: str) -> Column[str] | Column[int]:
    """Give a column that may be NULL: nothing was told."""
    if kind != "text":
        return whole(name, null=True)
    column = text(name)
    column.nullable = True
    return column


FILES: Final = table_by_key(
    "files",
    text("shop", key=True),
    whole("file", key=True),
    text("digest"),
    text("name"),
    text("source"),
    text("platform"),
    whole("exported_at"),
    whole("imported_at"),
    whole("buyers_only"),
    text("account"),
    text("told"),
    text("grains"),
    text("proof"),
    UniqueConstraint("shop", "digest", name="retailcrm_files_digest"),
)
"""The import journal: a row a file. ``account`` is what became of its records; ``grains`` says of each grain
how many rows there are, which columns, of what kind, and a digest over all stored values."""


def _observed(grain: Grain) -> Table:
    columns = COLUMNS[grain]
    name = f"observed_{grain.value}"
    index = [Index(f"retailcrm_{name}_number", "shop", "number")] if "number" in columns else []
    if grain is Grain.LINES:
        index.append(Index(f"retailcrm_{name}_line", "shop", "line"))
    if grain in BY_WHO:
        index.append(Index(f"retailcrm_{name}_who", "shop", "who"))
    return table_by_key(
        name,
        text("shop", key=True),
        whole("file", key=True),
        whole("place", key=True),
        whole("record"),
        *(_column(column, kind) for column, kind in columns.items()),
        *([_column("who", "text")] if grain in BY_WHO else []),
        *index,
    )


OBSERVED: Final = {grain: _observed(grain) for grain in Grain}
"""The rows of all files by grain; ``place`` is where it stands in the file's rows of that grain, from 0;
``who`` is the buyer in the form that customer ids are made of."""

ORDERS: Final = table_by_key(
    "orders",
    text("shop", key=True),
    text("platform", key=True),
    text("number", key=True),
    text("customer"),
    whole("strength"),
    whole("placed_at", null=True),
    whole("paid_at", null=True),
    whole("shipped_at", null=True),
    whole("received_at", null=True),
    whole("completed_at", null=True),
    whole("state"),
    whole("credit"),
    whole("gross"),
    whole("refunded"),
    whole("refunded_at", null=True),
    whole("first_seen", null=True),
    _column("province", "text"),
    _column("city", "text"),
    _column("channel", "text"),
    whole("postage", null=True),
    Index("retailcrm_orders_customer", "shop", "customer"),
)
"""Every order as all files together tell it; ``customer`` is her id before merges, ``''`` unknown."""

MERGES: Final = table_by_key(
    "merges",
    text("shop", key=True),
    whole("position", key=True),
    text("document"),
    text("proof"),
)
"""Who was taken for whom, and what of it was taken back; only ever added to."""
