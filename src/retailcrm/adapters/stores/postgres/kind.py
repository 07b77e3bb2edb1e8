"""Opening a shop in a PostgreSQL database by its URL."""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack
from typing import TYPE_CHECKING

from retailcrm.errors import MissingExtraError
from retailcrm.ports.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.adapters.stores.sql.store import SqlStore
    from retailcrm.ports.stores import StoreKind


class PostgresKind:
    """Opens PostgreSQL databases.

    Args:
        name: Scheme of their URLs; libpq has two.
    """

    def __init__(self, name: str = "postgresql") -> None:
        self.name = name

    def open(self, url: str) -> SqlStore:
        """Connect to a database, and make its tables if it has none.

        Args:
            url: ``postgresql://user@host/database``, as libpq takes it; ``?isolation=serializable`` keeps
                units apart as if one came after the other.

        Raises:
            MissingExtraError: The driver is not installed.
            SettingsError: The database cannot be reached, or would not keep what it acknowledges.
        """
        if importlib.util.find_spec("psycopg") is None:
            raise MissingExtraError("a shop on PostgreSQL", extra="postgres")
        # Whoever opens no such store does without these.
        from retailcrm.adapters.stores.postgres.database import PostgresDatabase  # noqa: PLC0415
        from retailcrm.adapters.stores.sql.migrations.revisions import prepare  # noqa: PLC0415
        from retailcrm.adapters.stores.sql.store import SqlStore  # noqa: PLC0415

        with ExitStack() as undo:
            database = PostgresDatabase(url)
            undo.callback(database.close)
            prepare(database)
            undo.pop_all()
        return SqlStore(database)


@hookimpl
def register_stores(register: Callable[[StoreKind], None]) -> None:
    """Offer PostgreSQL."""
    for scheme in ("postgresql", "postgres"):
        register(PostgresKind(scheme))
