"""One thread's connection to the file, and the lock that goes with it."""

from __future__ import annotations

import sqlite3
import weakref
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.session import Session, is_query, keep_for_ever
from retailcrm.adapters.stores.sqlite.failures import not_committed, translated
from retailcrm.adapters.stores.sqlite.statements import Queries, Singles, Statements
from retailcrm.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from retailcrm.adapters.stores.sql.executor import Dialect, Executor, Row
    from retailcrm.adapters.stores.sqlite.locking import FileLock

_NEVER_IN_A_TRANSACTION: Final = ("PRAGMA", "VACUUM")


class SqliteSession(Session):
    """A connection to the file.

    Attributes:
        lock: What keeps other writers away; ``None`` if SQLite can do without.
    """

    dialect: Dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, lock: FileLock | None) -> None:
        super().__init__()
        self.connection = connection
        self._execute = connection.execute
        self._plain = Singles(connection)
        self._unit = Statements(connection)
        self._queries = Queries(connection)
        self.lock = lock
        # A thread that ends takes its connection with it; that may be the last one, which empties the log.
        self._close = weakref.finalize(self, _close, connection, lock)

    def begin(self) -> Executor:
        """Open a transaction that writes: the lock first, held until the transaction has ended."""
        if self.lock is not None:
            self.lock.acquire()
        try:
            self._execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise translated(error) from None
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
            self._execute("ROLLBACK")

    def finish(self) -> None:
        """Give the lock back."""
        self._unit.renew()
        self._queries.renew()
        if self.lock is not None:
            self.lock.release()

    def close(self) -> None:
        """Close the connection."""
        self._close()

    def abandon(self) -> None:
        """In a forked child: leave the connection to the parent.

        SQLite forbids to use, or even to close, a connection on the other side of a fork.
        """
        self._close.detach()
        keep_for_ever(self.connection)
        if self.lock is not None:
            self.lock.close()

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


def _close(connection: sqlite3.Connection, lock: FileLock | None) -> None:
    try:
        with lock or nullcontext():
            connection.close()
    except ConflictError:
        # Closing the last connection empties the log, which nobody may do beside a writer.
        keep_for_ever(connection)
    finally:
        if lock is not None:
            lock.close()
