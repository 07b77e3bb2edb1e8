"""One thread's connection to a server."""

from __future__ import annotations

import os
import weakref
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from retailcrm.adapters.stores.postgres.failures import is_lost, not_committed, translated
from retailcrm.adapters.stores.postgres.pipeline import UnitStatements, plainly
from retailcrm.adapters.stores.postgres.statements import Queries
from retailcrm.adapters.stores.sql.session import Session, is_query, keep_for_ever
from retailcrm.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from retailcrm.adapters.stores.sql.executor import Dialect, Executor, Row

Answer = TypeVar("Answer")

_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresSession(Session):
    """A connection to a server, made again when it was lost between two transactions.

    Args:
        connect: Makes a connection that commits each statement.
        isolation: Of units.
    """

    dialect: Dialect = "postgresql"

    def __init__(self, connect: Callable[[], psycopg.Connection], isolation: str) -> None:
        super().__init__()
        self._connect = connect
        self._begin = f"BEGIN ISOLATION LEVEL {isolation.upper()} READ WRITE"
        connection = self._open()
        self._unit = UnitStatements(connection, self._start)
        self._queries = Queries(connection)

    def begin(self) -> Executor:
        """Open a transaction that writes, as soon as anything is asked in it."""
        self._unit.opening = self._begin
        return self._unit

    def begin_reading(self) -> Executor:
        """Open a transaction that reads."""
        self._start(_SNAPSHOT)
        return self._queries

    def commit(self) -> None:
        """Commit what is open."""
        if self._unit.opening:
            # Nothing was asked.
            return
        try:
            done = plainly(self.connection, "COMMIT")
        except psycopg.Error as error:
            raise not_committed(error, lost=is_lost(self.connection)) from None
        if done != "COMMIT":
            # What the server says to COMMIT after an error that somebody swallowed.
            raise StoreError("a statement of the unit failed before, so nothing of it was written")

    def drop(self) -> None:
        """Roll back what is open, if anything is; give the connection up if that fails."""
        status = self.connection.pgconn.transaction_status
        if status == TransactionStatus.IDLE:
            return
        try:
            if status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                plainly(self.connection, "ROLLBACK")
                return
        except psycopg.Error:
            # The server rolls back whatever loses its connection.
            pass
        self.connection.close()

    def finish(self) -> None:
        """Give nothing back: the server does."""
        self._unit.opening = ""

    def close(self) -> None:
        """Close the connection."""
        self._close()

    def abandon(self) -> None:
        """In a forked child: leave the connection to the parent, whose socket it is."""
        self._close()

    def alone(self, sql: str) -> AbstractContextManager[Executor]:
        """Give what runs a single statement."""
        if not is_query(sql):
            return self
        if is_lost(self.connection):
            self._reopen()
        return nullcontext(self._unit)

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row of a query; ``None`` if there is none."""
        return self._asked(super().one, sql, values)

    def all(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows of a query."""
        return self._asked(super().all, sql, values)

    def batches(self, sql: str, values: Sequence[object] = (), *, size: int = 65536) -> Iterator[list[Row]]:
        """Give the rows of a query some at a time; outside a unit or snapshot they all come first."""
        rows = self.all(sql, values)
        yield from (rows[start : start + size] for start in range(0, len(rows), size))

    def _asked(
        self, ask: Callable[[str, Sequence[object]], Answer], sql: str, values: Sequence[object]
    ) -> Answer:
        try:
            return ask(sql, values)
        except StoreError:
            if not is_query(sql) or not is_lost(self.connection):
                raise
        # It was lost while nothing was open, which only shows when it is used.
        self._reopen()
        return ask(sql, values)

    def _open(self) -> psycopg.Connection:
        self.connection = connection = self._connect()
        self._close = weakref.finalize(self, _close, connection, os.getpid())
        return connection

    def _start(self, sql: str) -> None:
        if is_lost(self.connection):
            self._reopen()
        try:
            plainly(self.connection, sql)
        except psycopg.Error as error:
            if not is_lost(self.connection):
                raise translated(error) from None
        else:
            return
        # It was lost while nothing was open, so nothing is lost with it.
        self._reopen()
        try:
            plainly(self.connection, sql)
        except psycopg.Error as error:
            raise translated(error) from None

    def _reopen(self) -> None:
        self._close()
        connection = self._open()
        self._unit.bind(connection)
        self._queries.bind(connection)


def _close(connection: psycopg.Connection, process: int) -> None:
    if process == os.getpid():
        connection.close()
    else:
        # Its socket is the parent's: to close it politely would end the parent's session.
        keep_for_ever(connection)
