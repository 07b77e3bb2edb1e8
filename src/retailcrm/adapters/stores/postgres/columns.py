"""Whole columns of PostgreSQL as Arrow, without a Python value for each cell: by ADBC, reading only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retailcrm.adapters.stores.sql.executor import numbered
from retailcrm.errors import MissingExtraError, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_columns(url: str, statement: str, values: Sequence[str | int], snapshot: str = "") -> Any:  # noqa: ANN401 - an Arrow table
    """Give the rows of a query as an Arrow table, as they are committed at one moment.

    Args:
        url: As libpq takes it.
        statement: A query with ``?`` for each value.
        values: Texts and whole numbers.
        snapshot: Name of an open transaction's snapshot, to see what it sees; empty: as it is now.

    Raises:
        MissingExtraError: The driver is not installed.
        StoreError: The database failed.
    """
    try:
        from adbc_driver_postgresql import dbapi  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("reading columns of PostgreSQL", extra="postgres") from error
    try:
        with dbapi.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if snapshot:
                cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
            cursor.execute(numbered(statement), tuple(values))
            return cursor.fetch_arrow_table()
    except dbapi.Error as error:
        raise StoreError(f"columns could not be read from PostgreSQL ({type(error).__name__})") from error
