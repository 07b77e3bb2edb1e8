"""Runs statements on a connection of SQLite; one Python frame between the caller and the driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from retailcrm.adapters.stores.sqlite.failures import DRIVER_ERRORS, translated
from retailcrm.errors import StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from retailcrm.adapters.stores.sql.executor import Dialect, Row

_ONLY_READS: Final = "nothing is written in a snapshot; open a unit"


class Statements:
    """Runs statements in the transaction that is open.

    After some errors SQLite has rolled back by itself. What came after them would be committed one by one, so
    this refuses to go on.
    """

    __slots__ = ("_execute", "connection")
    dialect: Dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._execute: Any = connection.execute

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run a statement; give the number of rows that it changed."""
        try:
            return self._execute(sql, values).rowcount  # type: ignore[no-any-return]
        except DRIVER_ERRORS as error:
            self._fail(error)

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row of a query; ``None`` if there is none."""
        try:
            return self._execute(sql, values).fetchone()  # type: ignore[no-any-return]
        except DRIVER_ERRORS as error:
            self._fail(error)

    def all(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows of a query."""
        try:
            return self._execute(sql, values).fetchall()  # type: ignore[no-any-return]
        except DRIVER_ERRORS as error:
            self._fail(error)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values."""
        if self._execute is _refuse:
            _refuse()
        try:
            self.connection.executemany(sql, rows)
        except DRIVER_ERRORS as error:
            self._fail(error)

    def batches(self, sql: str, values: Sequence[object] = (), *, size: int = 65536) -> Iterator[list[Row]]:
        """Give the rows of a query some at a time."""
        try:
            cursor = self._execute(sql, values)
            while rows := cursor.fetchmany(size):
                yield rows
        except DRIVER_ERRORS as error:
            self._fail(error)

    def renew(self) -> None:
        """Take statements again: another transaction is open."""
        self._execute = self.connection.execute

    def _fail(self, error: BaseException) -> NoReturn:
        if not self.connection.in_transaction:
            self._execute = _refuse
        raise translated(error) from None


def _refuse(*_: object) -> NoReturn:
    raise StoreError("the transaction was rolled back after an error; nothing more can be done in it")


class Singles(Statements):
    """Runs single statements, of which each is a transaction."""

    __slots__ = ()

    def _fail(self, error: BaseException) -> NoReturn:
        raise translated(error) from None


class Queries(Statements):
    """Runs queries in a snapshot."""

    __slots__ = ()

    def run(self, sql: str, values: Sequence[object] = ()) -> int:  # noqa: ARG002 - an executor's face
        """Refuse: a snapshot only reads."""
        raise StoreError(_ONLY_READS)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:  # noqa: ARG002 - an executor's face
        """Refuse: a snapshot only reads."""
        raise StoreError(_ONLY_READS)
