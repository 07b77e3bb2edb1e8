"""What was imported: every file's rows by their digest, and the orders that all files fold into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from retailcrm.adapters.stores.sql.orders import SqlOrders
from retailcrm.adapters.stores.sql.orders_digest import RowsDigest
from retailcrm.adapters.stores.sql.schema_orders import FILES, MERGES, OBSERVED
from retailcrm.ports.batches import Grain
from retailcrm.shop.folding import fold
from retailcrm.shop.stored.order_rows import changed_rows, rows_of
from retailcrm.shop.stored.touched import BY_NUMBER, Touched
from retailcrm.shop.stored.verifying.rolled import verify_rollups
from retailcrm.shop.stored.verifying.rows import BROKEN
from retailcrm.shop.stored.verifying.rows import rows_of as stored_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from retailcrm.adapters.stores.sql.executor import Database, Executor
    from retailcrm.ports.orders import FileKept
    from retailcrm.shop.stored.verifying.findings import Tally

_FOLDED: Final = 16_384
"""Rows whose orders are folded at a time: what is laid out for that is a multiple of them."""
_TOLD: Final = 20
"""Orders of one batch that are told of one by one."""


def verify_orders(
    database: Database, executor: Executor, tally: Tally, progress: Callable[[str, int], None]
) -> None:
    """Work through what a shop imported, a batch of rows at a time.

    Args:
        database: Inside the snapshot.
        executor: Of the snapshot.
        tally: Takes findings and counts.
        progress: Told the table and how many rows more were read.
    """
    for kept, place in ((FILES, "file"), (MERGES, "position")):
        table = _short(kept.name)
        numbers = [row[place] for row in stored_rows(executor, tally, table, place, progress)]
        _without_gaps(tally, table, numbers)
        if kept is MERGES:
            _all_decisions(executor, tally, numbers)
    book = SqlOrders(database, tally.shop)
    try:
        files = book.files()
    except BROKEN as error:
        tally.tell("files", "", "broken", f"the import journal cannot be read: {type(error).__name__}")
        return
    row = executor.one("SELECT currency, zone FROM retailcrm_shops WHERE shop = ?", (tally.shop,))
    settings = None if row is None else (str(row[0]), str(row[1]))
    for file in files:
        for grain in file.grains:
            _grain(tally, book, files, file, grain, settings, progress)
    _strays(executor, tally, files)
    if settings is not None:
        try:
            verify_rollups(database, executor, tally, settings)
        except BROKEN as error:
            tally.tell("summaries", "", "broken", f"they cannot be counted: {type(error).__name__}")


def _short(name: str) -> str:
    return name.removeprefix("retailcrm_")


def _without_gaps(tally: Tally, table: str, numbers: list[Any]) -> None:
    for expected, number in enumerate(numbers, 1):
        if number != expected:
            tally.tell(table, number, "gap", f"stands where {expected} should")
            return


def _all_decisions(executor: Executor, tally: Tally, numbers: list[Any]) -> None:
    """The shop's own row says how many decisions there are: the last ones are not missing either."""
    row = executor.one("SELECT decisions FROM retailcrm_shops WHERE shop = ?", (tally.shop,))
    if row is not None and row[0] != max(numbers, default=0):
        tally.tell("merges", row[0], "missing", "the shop has another number of decisions on who is who")


def _grain(
    tally: Tally,
    book: SqlOrders,
    files: Sequence[FileKept],
    file: FileKept,
    grain: Grain,
    settings: tuple[str, str] | None,
    progress: Callable[[str, int], None],
) -> None:
    """A file's rows are those that were written, and the orders that they tell of are what they fold into."""
    table, digest, rows = _short(OBSERVED[grain].name), RowsDigest(), 0
    try:
        for piece in book.pieces(file, grain):
            digest.take(piece)
            rows += len(piece)
            tally.counts[table] += len(piece)
            progress(table, len(piece))
            if settings is not None and grain in BY_NUMBER:
                for start in range(0, len(piece), _FOLDED):
                    _folded(tally, book, files, {grain: piece.slice(start, _FOLDED)}, settings)
        fine = (rows, digest.text()) == (file.grains[grain].rows, file.grains[grain].digest)
    except BROKEN as error:
        tally.tell(table, f"file {file.file}", "broken", f"its rows cannot be read: {type(error).__name__}")
        return
    # Without any rows there is nothing to digest.
    if not fine and (rows or file.grains[grain].rows):
        tally.tell(table, f"file {file.file}", "digest", "its rows are not the ones that were written")


def _folded(
    tally: Tally,
    book: SqlOrders,
    files: Sequence[FileKept],
    tables: dict[Grain, pa.Table],
    settings: tuple[str, str],
) -> None:
    """Fold anew what all files tell of some orders, and compare it with the orders that are kept."""
    numbers = Touched(book, files, 0, tables).numbers()
    told = Touched(book, files).observed(numbers)
    currency, zone = settings
    after = rows_of(fold(told, currency=currency, zone=zone).orders)
    before = book.orders_numbered(numbers)
    differs, gone = changed_rows(before, after)
    tally.counts["orders"] += len(after)
    wrong = [
        *after.filter(pa.array(differs)).column("number").to_pylist(),
        *gone.column("number").to_pylist(),
    ]
    for number in wrong[:_TOLD]:
        tally.tell("orders", number, "fold", "it is not what the files tell of it")
    if len(wrong) > _TOLD:
        tally.tell("orders", "", "fold", f"{len(wrong) - _TOLD:,} more are not what the files tell of them")


def _strays(executor: Executor, tally: Tally, files: Sequence[FileKept]) -> None:
    """No rows lie around that no file of the journal has, and no order that no row tells of."""
    known = {file.file for file in files}
    for grain in Grain:
        asked = f"SELECT file, count(*) FROM {OBSERVED[grain].name} WHERE shop = ? GROUP BY file"  # noqa: S608 - our own names
        for number, rows in executor.all(asked, (tally.shop,)):
            if number not in known:
                tally.tell(
                    _short(OBSERVED[grain].name), f"file {number}", "stray", f"{rows:,} rows of no file"
                )
    told = " ".join(
        f"AND NOT EXISTS (SELECT 1 FROM {OBSERVED[grain].name} told "  # noqa: S608 - our own names
        "WHERE told.shop = it.shop AND told.number = it.number)"
        for grain in BY_NUMBER
    )
    asked = f"SELECT number FROM retailcrm_orders it WHERE shop = ? {told} ORDER BY number LIMIT {_TOLD}"  # noqa: S608 - our own names
    for (number,) in executor.all(asked, (tally.shop,)):
        tally.tell("orders", number, "stray", "no file tells of it")
