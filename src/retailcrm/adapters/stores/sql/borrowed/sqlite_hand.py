"""Somebody else's connection of the standard library's ``sqlite3``."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final, NoReturn

from retailcrm.adapters.stores.sql.borrowed.retrying import to_retry
from retailcrm.adapters.stores.sqlite.failures import DRIVER_ERRORS, translated
from retailcrm.adapters.stores.sqlite.statements import Statements
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from retailcrm.adapters.stores.sql.borrowed.lending import Hand
    from retailcrm.adapters.stores.sql.executor import Dialect, Executor

_LEGACY: Final = -1
"""How Python 3.12 and later call the way of opening transactions that was the only one before."""

_SAFE_LEVELS: Final = {"wal": 2, "truncate": 2, "persist": 2, "delete": 3}
"""The level of ``synchronous`` that each journal needs: a deleted journal comes back without EXTRA."""


def dangers_of_sqlite(executor: Executor) -> str:
    """Say why a connection to SQLite may lose what it commits; empty if it does not."""
    (journal,) = executor.one("PRAGMA main.journal_mode") or ("",)
    (level,) = executor.one("PRAGMA main.synchronous") or (0,)
    needed = _SAFE_LEVELS.get(journal)
    if needed is None:
        return f"the database has journal_mode = {journal}, which loses what was committed; use WAL"
    if level < needed:
        name = "FULL" if needed == 2 else "EXTRA"  # noqa: PLR2004 - SQLite's number of it
        return (
            f"the connection has synchronous = {level} in journal_mode = {journal}: a power failure can "
            f"take back what was committed; run PRAGMA synchronous = {name} after connecting"
        )
    return ""


class LentStatements(Statements):
    """Runs statements on cursors of our own: hers may make other rows of what they read."""

    __slots__ = ()

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values."""
        try:
            sqlite3.Connection.cursor(self.connection).executemany(sql, rows)
        except DRIVER_ERRORS as error:
            self._fail(error)

    def renew(self) -> None:
        """Take statements again: another transaction is open."""

    def _execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        cursor = sqlite3.Connection.cursor(self.connection)
        cursor.row_factory = None
        return cursor.execute(sql, values)

    def _fail(self, error: BaseException) -> NoReturn:
        raise to_retry(translated(error)) from None


class SqliteHand:
    """A connection of ``sqlite3``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.executor: Executor = LentStatements(connection)
        self._check()
        if connection.text_factory is not str:
            raise SettingsError("the connection's text_factory must be str")

    def begin(self) -> bool:
        """Open a transaction if none is open.

        In its old way the driver opens one before INSERT, UPDATE and DELETE, and not before SAVEPOINT. A
        savepoint outside a transaction is one itself: releasing it would commit.
        """
        self._check()
        connection = self._connection
        if connection.in_transaction:
            return False
        if connection.isolation_level is None or getattr(connection, "autocommit", _LEGACY) != _LEGACY:
            raise SettingsError(
                "the connection commits each statement by itself and no transaction is open: run BEGIN first"
            )
        # At once for writing: one that turned from reading to writing could not wait for others.
        self.executor.run("BEGIN IMMEDIATE")
        return True

    def begin_reading(self) -> bool:
        """Open a transaction for queries if none is open."""
        self._check()
        if self._connection.in_transaction:
            return False
        self.executor.run("BEGIN")
        return True

    def roll_back(self) -> None:
        """End the transaction that ``begin`` opened."""
        self.executor.run("ROLLBACK")

    def is_open(self) -> bool:
        """Tell whether a transaction is open; SQLite ends one by itself after some errors."""
        try:
            return self._connection.in_transaction
        except sqlite3.ProgrammingError:
            # She closed it.
            return False

    def dangers(self) -> str:
        """Say why the database may lose what it acknowledges."""
        return dangers_of_sqlite(self.executor)

    def _check(self) -> None:
        try:
            # It raises on a closed connection, and in another thread than the connection's.
            sqlite3.Connection.cursor(self._connection)
        except sqlite3.Error as error:
            raise SettingsError(f"the connection cannot be used: {error}") from None


class SqliteLender:
    """A connection or cursor of ``sqlite3`` that the caller gave."""

    dialect: Dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._hand = SqliteHand(connection)

    def hand(self) -> Hand:
        """Give the connection."""
        return self._hand

    def check(self) -> None:
        """Have nothing more to check than the connection knows."""
