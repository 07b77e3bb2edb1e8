"""Opening a shop in an SQLite file by its URL."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from retailcrm.errors import ConflictError, SettingsError
from retailcrm.ports.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.adapters.stores.sql.store import SqlStore
    from retailcrm.ports.stores import StoreKind


class SqliteKind:
    """Opens SQLite files."""

    name = "sqlite"

    def open(self, url: str) -> SqlStore:
        """Open a file, and make its tables if it is new.

        Args:
            url: ``sqlite:///shop.db`` in the present folder, ``sqlite:////srv/shop.db`` anywhere.

        Raises:
            SettingsError: The URL names no file, or the file cannot be kept safely there.
            ConflictError: It has no tables yet, and somebody has been writing all the time.
        """
        # Whoever opens no such store does without these.
        from retailcrm.adapters.stores.sql.migrations.revisions import prepare  # noqa: PLC0415
        from retailcrm.adapters.stores.sql.store import SqlStore  # noqa: PLC0415
        from retailcrm.adapters.stores.sqlite.database import SqliteDatabase  # noqa: PLC0415

        path = url.removeprefix("sqlite:///")
        if path == url or path in ("", ":memory:"):
            raise SettingsError(
                f"{url!r} names no file: write sqlite:///shop.db, or sqlite:////srv/shop.db with a whole path"
            )
        try:
            with ExitStack() as undo:
                database = SqliteDatabase(path)
                undo.callback(database.close)
                prepare(database)
                undo.pop_all()
        except ConflictError as error:
            raise _too_late(path, error) from None
        return SqlStore(database)


def _too_late(path: str, error: ConflictError) -> ConflictError:
    """Say what to do where opening waited for whoever is writing, who may be the same process."""
    return ConflictError(
        f"{path} could not be made ready: {error}. If this process has a transaction open on it, it waited "
        "for itself: open the shop when the process starts, before any transaction, or make its tables "
        "beforehand with 'retailcrm db init'"
    )


@hookimpl
def register_stores(register: Callable[[StoreKind], None]) -> None:
    """Offer SQLite."""
    register(SqliteKind())
