"""Somebody else's SQLAlchemy connection or session."""

from __future__ import annotations

import sqlite3
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from sqlalchemy.exc import DBAPIError, InvalidRequestError, SQLAlchemyError

from retailcrm.adapters.stores.postgres.durability import DURABLE, dangers
from retailcrm.adapters.stores.postgres.failures import translated
from retailcrm.adapters.stores.sql.borrowed.retrying import to_retry
from retailcrm.adapters.stores.sql.borrowed.sqlite_hand import SqliteHand, dangers_of_sqlite
from retailcrm.adapters.stores.sql.executor import numbered, placeholders
from retailcrm.adapters.stores.sqlite.failures import translated as translated_by_sqlite
from retailcrm.errors import RetailCRMError, SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, CursorResult
    from sqlalchemy.orm import Session

    from retailcrm.adapters.stores.sql.borrowed.lending import Hand
    from retailcrm.adapters.stores.sql.executor import Dialect, Executor, Row

_DIALECTS: Final = ("sqlite", "postgresql")
_PLAIN: Final[Mapping[str, Any]] = MappingProxyType({})
_MARKS: Final = {"qmark": "?", "format": "%s", "pyformat": "%s"}


class AlchemyStatements:
    """Runs statements through SQLAlchemy, whatever driver is under it."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self.dialect = dialect
        self._connection = connection
        self._mark = _MARKS.get(connection.dialect.paramstyle)

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run a statement; give the number of rows that it changed."""
        with self._ran(sql, values) as result:
            return result.rowcount

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row of a query; ``None`` if there is none."""
        with self._ran(sql, values) as result:
            row = result.fetchone()
        return None if row is None else tuple(row)

    def all(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows of a query."""
        with self._ran(sql, values) as result:
            return [tuple(row) for row in result.fetchall()]

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values."""
        # Of no rows SQLAlchemy would make one without values.
        if every := [tuple(row) for row in rows]:
            self._ran(sql, every).close()

    def batches(self, sql: str, values: Sequence[object] = (), *, size: int = 65536) -> Iterator[list[Row]]:
        """Give the rows of a query some at a time."""
        with self._ran(sql, values, {"stream_results": True, "max_row_buffer": size}) as result:
            while rows := result.fetchmany(size):
                yield [tuple(row) for row in rows]

    def _ran(
        self, sql: str, values: Sequence[object], options: Mapping[str, Any] = _PLAIN
    ) -> CursorResult[Any]:
        given: Any = values if isinstance(values, list) else tuple(values)
        try:
            return self._connection.exec_driver_sql(self._written(sql), given, execution_options=options)
        except SQLAlchemyError as error:
            self._fail(error)

    def _written(self, sql: str) -> str:
        if self._mark is not None:
            return placeholders(sql, self._mark)
        # As asyncpg takes them.
        return numbered(sql)

    def _fail(self, error: SQLAlchemyError) -> NoReturn:
        raise to_retry(_told(error)) from None


def _told(error: SQLAlchemyError) -> RetailCRMError:
    if not isinstance(error, DBAPIError) or error.orig is None:
        # Its other messages are of the state of its own objects.
        return StoreError(f"SQLAlchemy: {type(error).__name__}")
    if isinstance(error.orig, sqlite3.Error):
        return translated_by_sqlite(error.orig)
    return translated(error.orig)


class AlchemyHand:
    """A connection of SQLAlchemy over a driver that this package does not know by itself.

    Args:
        connection: SQLAlchemy's.
        raw: The driver's.
        dialect: Of the database.
    """

    def __init__(self, connection: Connection, raw: object, dialect: Dialect) -> None:
        self._connection = connection
        self._raw = raw
        self.executor: Executor = AlchemyStatements(connection, dialect)

    def begin(self) -> bool:
        """Open a transaction if none is open; SQLAlchemy thinks that one is, and ends it."""
        if getattr(self._raw, "autocommit", False) is True:
            raise SettingsError(
                "the connection commits each statement by itself (isolation_level=AUTOCOMMIT)"
            )
        if self.executor.dialect == "postgresql":
            return False
        return self._began("BEGIN IMMEDIATE")

    def begin_reading(self) -> bool:
        """Open a transaction for queries if none is open."""
        return self.executor.dialect == "sqlite" and self._began("BEGIN")

    def roll_back(self) -> None:
        """End the transaction that ``begin`` opened."""
        self.executor.run("ROLLBACK")

    def is_open(self) -> bool:
        """Tell whether a transaction is open."""
        return self._connection.in_transaction() and not self._connection.invalidated

    def dangers(self) -> str:
        """Say why the database may lose what it acknowledges."""
        if self.executor.dialect == "sqlite":
            return dangers_of_sqlite(self.executor)
        return dangers(self.executor.one(DURABLE))

    def _began(self, statement: str) -> bool:
        try:
            self.executor.run(statement)
        except StoreError as error:
            if "within a transaction" in str(error):
                return False
            raise
        return True


class AlchemyLender:
    """A connection or session of SQLAlchemy that the caller gave.

    Args:
        connection: Gives the connection that statements go to now.
        dialect: What SQLAlchemy calls the database.
    """

    def __init__(self, connection: Callable[[], Connection], dialect: str) -> None:
        if dialect not in _DIALECTS:
            raise SettingsError(f"the connection is to {dialect}; shops are kept in SQLite or PostgreSQL")
        self.dialect: Dialect = cast("Dialect", dialect)
        self._connection = connection
        self._last: tuple[object, object, Hand] | None = None

    def hand(self) -> Hand:
        """Give the connection as it is now, in a transaction that SQLAlchemy knows to be open."""
        try:
            connection = self._connection()
            if not connection.in_transaction():
                # SQLAlchemy commits nothing unless it saw a statement.
                connection.exec_driver_sql("SELECT 1").close()
            raw = connection.connection.dbapi_connection
        except DBAPIError as error:
            raise to_retry(_told(error)) from None
        except (InvalidRequestError, SQLAlchemyError) as error:
            raise SettingsError(f"the connection cannot be used: {error}") from None
        last = self._last
        if last is not None and last[0] is raw and last[1] is connection:
            return last[2]
        hand = self._of(connection, raw)
        self._last = (raw, connection, hand)
        return hand

    def check(self) -> None:
        """Have nothing more to check than the connection knows."""

    def _of(self, connection: Connection, raw: object) -> Hand:
        if isinstance(raw, sqlite3.Connection):
            return SqliteHand(raw)
        if type(raw).__module__ == "psycopg":
            # Whoever has no such connection need not have the driver.
            from retailcrm.adapters.stores.sql.borrowed.psycopg_hand import PsycopgHand  # noqa: PLC0415

            return PsycopgHand(cast("Any", raw))
        return AlchemyHand(connection, raw, self.dialect)


def of_connection(connection: Connection) -> AlchemyLender:
    """Take a connection."""
    if connection.closed:
        raise SettingsError("the connection is closed")
    return AlchemyLender(lambda: connection, connection.dialect.name)


def of_session(session: Session) -> AlchemyLender:
    """Take a session, or a scoped one; it has a connection as long as its transaction lasts."""
    try:
        dialect = session.get_bind().dialect.name
    except SQLAlchemyError:
        raise SettingsError(
            "the session does not say which database is meant; give session.connection(bind_arguments=...)"
        ) from None
    return AlchemyLender(session.connection, dialect)
