"""One thread's connection to the file, and the lock that goes with it."""

from __future__ import annotations

import os
import sqlite3
import weakref
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.session import Session, is_query, keep_for_ever
from retailcrm.adapters.stores.sqlite.failures import not_committed, translated
from retailcrm.adapters.stores.sqlite.statements import Queries, Singles, Statements
from retailcrm.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    from retailcrm.adapters.stores.sql.executor import Dialect, Executor, Row
    from retailcrm.adapters.stores.sqlite.locking import FileLock

LOST_IN_FORK: Final[set[Path]] = set()
"""Files that this process, a forked child, must not open: its parent had them open as it forked."""

_PATIENCE_AT_CLOSE: Final = 1.0
_NEVER_IN_A_TRANSACTION: Final = ("PRAGMA", "VACUUM")


class SqliteSession(Session):
    """A connection to the file.

    Attributes:
        lock: What keeps other writers away; ``None`` if SQLite can do without.
    """

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: FileLock | None) -> None:
        super().__init__()
        self.connection = connection
        self._execute = connection.execute
        self._plain = Singles(connection)
        self._unit = Statements(connection)
        self._queries = Queries(connection)
        self.lock = lock
        self._locked = False
        # A thread that ends takes its connection with it; that may be the last one, which empties the log.
        self._close = weakref.finalize(self, _close, connection, lock, path, os.getpid())

    def begin(self) -> Executor:
        """Open a transaction that writes: the lock first, held until the transaction has ended."""
        if self.lock is not None:
            self.lock.acquire()
            self._locked = True
        try:
            self._execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise translated(error) from None
        # Nobody else writes until this has ended.
        self.settled = {}
        return self._unit

    def begin_reading(self) -> Executor:
        """Open a transaction that reads; what it sees is settled by its first query."""
        try:
            self._execute("BEGIN")
        except sqlite3.Error as error:
            raise translated(error) from None
        return self._queries

    def commit(self) -> None:
        """Commit what is open."""
        try:
            self._execute("COMMIT")
        except sqlite3.Error as error:
            raise not_committed(error) from None

    def drop(self) -> None:
        """Roll back what is open, if anything is."""
        if self.connection.in_transaction:
            # If the disk fails here too, that must not hide what it did to COMMIT; the next unit tries again.
            with suppress(sqlite3.Error):
                self._execute("ROLLBACK")

    def finish(self) -> None:
        """Give the lock back, if this transaction took it."""
        self._unit.renew()
        self._queries.renew()
        if self.lock is not None and self._locked:
            self._locked = False
            self.lock.release()

    def close(self) -> None:
        """Close the connection."""
        self._close()

    def rest(self) -> bool:
        """Before a fork: close the connection, so that the child begins with none."""
        if (self.lock is not None and self.lock.held) or not _closed(self.connection, self.lock):
            return False
        self._close.detach()
        if self.lock is not None:
            self.lock.close()
        return True

    def abandon(self) -> None:
        """In a forked child: leave the connection to the parent."""
        self._close()

    def alone(self, sql: str) -> AbstractContextManager[Executor]:
        """Give what runs a single statement."""
        if is_query(sql):
            return nullcontext(self._plain)
        if sql.lstrip()[:7].upper().startswith(_NEVER_IN_A_TRANSACTION):
            return _Locked(self.lock, self._plain)
        return self

    def batches(self, sql: str, values: Sequence[object] = (), *, size: int = 65536) -> Iterator[list[Row]]:
        """Give the rows of a query some at a time."""
        return self._plain.batches(sql, values, size=size)


class _Locked:
    """Keeps other writers away from a statement that no transaction may hold."""

    def __init__(self, lock: FileLock | None, plain: Statements) -> None:
        self._lock = lock or nullcontext()
        self._plain = plain

    def __enter__(self) -> Executor:
        self._lock.__enter__()
        return self._plain

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.__exit__(kind, error, trace)


def _close(connection: sqlite3.Connection, lock: FileLock | None, path: Path, process: int) -> None:
    if process != os.getpid():
        # SQLite forbids to use, or even to close, a connection on the other side of a fork. Nor may another
        # one be opened here: SQLite would think that it holds the locks that the parent's holds.
        keep_for_ever(connection)
        LOST_IN_FORK.add(path)
    elif not _closed(connection, lock):
        keep_for_ever(connection)
    if lock is not None:
        lock.close()


def _closed(connection: sqlite3.Connection, lock: FileLock | None) -> bool:
    # Closing the last connection empties the log, which nobody may do beside a writer. A thread that ends
    # does not wait long for a writer who has much to do.
    try:
        if lock is not None:
            lock.acquire(_PATIENCE_AT_CLOSE)
    except ConflictError:
        return False
    try:
        connection.close()
    finally:
        if lock is not None:
            lock.release()
    return True
