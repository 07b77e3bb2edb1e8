"""Rows of a store on their way through: in order, by name, each with its digest looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retailcrm.adapters.stores.sql.codecs import proof
from retailcrm.adapters.stores.sql.schema import TABLES
from retailcrm.shop.stored.verifying.documents import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from retailcrm.adapters.stores.sql.executor import Executor
    from retailcrm.shop.stored.verifying.findings import Tally

Named = dict[str, Any]
"""One row by the names of its columns."""

BROKEN: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""Whatever a damaged row makes reading and arithmetic do."""

AT_ONCE: Final = 2048
"""Rows at a time: entries come to some kilobytes each."""


def columns_of(table: str) -> tuple[str, ...]:
    """Give the columns of a table, in their order.

    Args:
        table: Its name without the prefix.
    """
    return tuple(TABLES.tables[f"retailcrm_{table}"].columns.keys())


def rows_of(
    executor: Executor, tally: Tally, table: str, order: str, progress: Callable[[str, int], None]
) -> Iterator[Named]:
    """Give the rows of a shop's table in order; one whose digest is another's is told.

    Args:
        executor: Of the snapshot.
        tally: Takes findings and counts; its shop is the one.
        table: Name without the prefix.
        order: Columns to sort by, as in SQL.
        progress: Told the table and how many rows more were read.
    """
    names = columns_of(table)
    keys = [column.name for column in TABLES.tables[f"retailcrm_{table}"].primary_key]
    # What an event says is proven by whoever compares it with its entry.
    proven = names[-1] == "proof" and table != "events"
    asked = f"SELECT {', '.join(names)} FROM retailcrm_{table} WHERE shop = ? ORDER BY {order}"  # noqa: S608 - our own names
    for batch in executor.batches(asked, (tally.shop,), size=AT_ONCE):
        tally.counts[table] += len(batch)
        progress(table, len(batch))
        for row in batch:
            named = dict(zip(names, row, strict=False))  # as long as what was asked for
            if proven and proof(*row[:-1]) != row[-1]:
                key = "/".join(str(named[name]) for name in keys if name != "shop")
                tally.tell(
                    table, key, "digest", "the row is not the one that was written: its digest differs"
                )
            yield named


def document_of(row: Named) -> Any:  # noqa: ANN401 - whatever JSON says
    """Read a row's document.

    Raises:
        ValueError: It is no JSON.
        TypeError: It is no text.
    """
    return read(row["document"])


class Grouped:
    """Rows by account, in the order of accounts, taken as their account comes up.

    Args:
        rows: Sorted by their account.
    """

    def __init__(self, rows: Iterator[Named]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    @property
    def head(self) -> str | None:
        """The account that comes next; ``None`` at the end."""
        return None if self._next is None else str(self._next["account"])

    def take(self, account: str) -> list[Named]:
        """Take the rows of an account, none if another one's come next."""
        taken: list[Named] = []
        while self._next is not None and str(self._next["account"]) == account:
            taken.append(self._next)
            self._next = next(self._rows, None)
        return taken
