"""One thread's connection to the file, and the lock that goes with it."""

from __future__ import annotations

import sqlite3
import weakref
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, NoReturn

from retailcrm.adapters.stores.sql.session import Session, keep_for_ever
from retailcrm.adapters.stores.sqlite.failures import not_committed, translated
from retailcrm.adapters.stores.sqlite.statements import Queries, Statements
from retailcrm.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from retailcrm.adapters.stores.sql.executor import Executor, Row
    from retailcrm.adapters.stores.sqlite.locking import FileLock

_QUERIES: Final = ("SELECT", "EXPLAIN", "VALUES")
_NEVER_IN_A_TRANSACTION: Final = ("PRAGMA", "VACUUM")


class SqliteSession(Statements, Session):
    """A connection to the file.

    Attributes:
        lock: What keeps other writers away; ``None`` if SQLite can do without.
    """

    def __init__(self, connection: sqlite3.Connection, lock: FileLock | None) -> None:
        Statements.__init__(self, connection)
        Session.__init__(self, self)
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
        self.inside = self
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

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run a statement as a transaction of its own."""
        if _is_free(sql):
            with self.lock or nullcontext():
                return super().run(sql, values)
        with self as unit:
            return unit.run(sql, values)

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row of a query, or of what a statement returns."""
        if _is_query(sql):
            return super().one(sql, values)
        if _is_free(sql):
            with self.lock or nullcontext():
                return super().one(sql, values)
        with self as unit:
            return unit.one(sql, values)

    def all(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows of a query, or of what a statement returns."""
        if _is_query(sql):
            return super().all(sql, values)
        if _is_free(sql):
            with self.lock or nullcontext():
                return super().all(sql, values)
        with self as unit:
            return unit.all(sql, values)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values, all in one transaction."""
        with self as unit:
            unit.many(sql, rows)

    def _fail(self, error: BaseException) -> NoReturn:
        raise translated(error) from None


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


def _is_query(sql: str) -> bool:
    return sql.lstrip()[:7].upper().startswith(_QUERIES)


def _is_free(sql: str) -> bool:
    return sql.lstrip()[:7].upper().startswith(_NEVER_IN_A_TRANSACTION)
