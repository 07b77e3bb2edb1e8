"""What statements run on: a transaction of ours, or somebody else's; one small face for every driver."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

Dialect = Literal["sqlite", "postgresql"]

Row = tuple[Any, ...]
"""One row, as the driver gives it."""


class Executor(Protocol):
    """Runs statements with ``?`` for each value, whatever the driver writes there.

    Errors of the driver come out as this package's own; see :mod:`retailcrm.errors`.
    """

    dialect: Dialect

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run a statement; give the number of rows that it changed."""

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row of a query; ``None`` if there is none."""

    def all(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows of a query."""

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values."""

    def batches(self, sql: str, values: Sequence[object] = (), *, size: int = 65536) -> Iterator[list[Row]]:
        """Give the rows of a query some at a time; memory stays flat inside a unit or a snapshot."""


class Database(Protocol):
    """A database: gives executors, and says what is one transaction.

    Attributes:
        dialect: Which SQL it speaks.
        borrowed: Whether the transaction is somebody else's.
    """

    dialect: Dialect
    borrowed: bool

    @property
    def executor(self) -> Executor:
        """This thread's executor: of the transaction it is in, else of single statements."""

    @property
    def in_unit(self) -> bool:
        """Whether this thread is inside a unit."""

    @property
    def settled(self) -> dict[object, Any] | None:
        """What was read in the unit that nobody else can change before it ends; ``None`` where others can.

        Whoever reads such a thing may keep it here, and whoever writes it clears all of it.
        """

    @property
    def along(self) -> dict[object, Any]:
        """What came along with the answer to another question, for whoever asks it next.

        It is as old as that answer, so it is taken out as it is used.
        """

    def unit(self) -> AbstractContextManager[Executor]:
        """Open a transaction for writing; a unit inside another joins it.

        Raises:
            ConflictError: Others were first; once more will do.
            UnknownOutcomeError: Nobody can say whether it was committed.
            StoreFullError: There is no room left.
            StoreError: The database failed otherwise; nothing was written.
        """

    def snapshot(self) -> AbstractContextManager[Executor]:
        """Open a transaction for reading: every query in it sees the same moment."""

    def savepoint(self) -> AbstractContextManager[Executor]:
        """Inside a unit: what is done in the block goes alone if the block raises."""

    def alone(self) -> AbstractContextManager[object]:
        """Keep other writers away from a commit that is not ours, where the database cannot; else do nothing.

        Raises:
            ConflictError: Others have been writing all the time.
        """

    def close(self) -> None:
        """Give back every connection."""


@lru_cache(maxsize=512)
def placeholders(sql: str, mark: str) -> str:
    """Write a statement with a driver's own mark instead of ``?``.

    Args:
        sql: A statement of ours: it has no question mark but for values.
        mark: The driver's mark, such as ``%s``.

    Example:
        >>> placeholders("SELECT document FROM retailcrm_stocks WHERE reward = ?", "%s")
        'SELECT document FROM retailcrm_stocks WHERE reward = %s'
    """
    if mark.startswith("%"):
        sql = sql.replace("%", "%%")
    return sql.replace("?", mark)


@lru_cache(maxsize=512)
def numbered(sql: str) -> str:
    """Write a statement with ``$1``, ``$2`` ... instead of ``?``.

    Args:
        sql: A statement of ours: it has no question mark but for values.

    Example:
        >>> numbered("SELECT document FROM retailcrm_stocks WHERE shop = ? AND reward = ?")
        'SELECT document FROM retailcrm_stocks WHERE shop = $1 AND reward = $2'
    """
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))
