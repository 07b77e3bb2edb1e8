"""Runs statements on a connection to PostgreSQL."""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NoReturn

import psycopg
from psycopg.rows import tuple_row

from retailcrm.adapters.stores.postgres.failures import translated
from retailcrm.adapters.stores.sql.executor import placeholders
from retailcrm.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from retailcrm.adapters.stores.sql.executor import Dialect, Row

_NAMES: Final = count()

DRIVER_ERRORS: Final = (psycopg.Error, UnicodeEncodeError)
"""What the driver raises: the latter for text that is none."""


@lru_cache(maxsize=512)
def written(sql: str) -> str:
    """Write a statement the way the driver takes it."""
    return placeholders(sql, "%s")


class Statements:
    """Runs statements in the transaction that is open, on one cursor: each takes its rows at once."""

    dialect: Dialect = "postgresql"

    def __init__(self, connection: psycopg.Connection) -> None:
        self.bind(connection)

    def bind(self, connection: psycopg.Connection) -> None:
        """Run statements on a connection from now on."""
        self.connection = connection
        self._cursor = psycopg.Cursor(connection, row_factory=tuple_row)
        self._execute: Any = self._cursor.execute

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run a statement; give the number of rows that it changed."""
        try:
            return self._execute(written(sql), values).rowcount  # type: ignore[no-any-return]
        except DRIVER_ERRORS as error:
            self._fail(error)

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row of a query; ``None`` if there is none."""
        try:
            return self._execute(written(sql), values).fetchone()  # type: ignore[no-any-return]
        except DRIVER_ERRORS as error:
            self._fail(error)

    def all(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows of a query."""
        try:
            return self._execute(written(sql), values).fetchall()  # type: ignore[no-any-return]
        except DRIVER_ERRORS as error:
            self._fail(error)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values; the driver does not wait for each."""
        try:
            self._cursor.executemany(written(sql), rows)
        except DRIVER_ERRORS as error:
            self._fail(error)

    def batches(self, sql: str, values: Sequence[object] = (), *, size: int = 65536) -> Iterator[list[Row]]:
        """Give the rows of a query some at a time, as the server's cursor gives them."""
        try:
            with psycopg.ServerCursor(
                self.connection, f"retailcrm_{next(_NAMES)}", row_factory=tuple_row
            ) as cursor:
                cursor.execute(written(sql), values)
                while rows := cursor.fetchmany(size):
                    yield rows
        except DRIVER_ERRORS as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> NoReturn:
        raise translated(error) from None


class Queries(Statements):
    """Runs queries in a snapshot; the server refuses anything else."""

    def run(self, sql: str, values: Sequence[object] = ()) -> int:  # noqa: ARG002 - an executor's face
        """Refuse: a snapshot only reads."""
        raise StoreError(ONLY_READS)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:  # noqa: ARG002 - an executor's face
        """Refuse: a snapshot only reads."""
        raise StoreError(ONLY_READS)


ONLY_READS: Final = "nothing is written in a snapshot; open a unit"
