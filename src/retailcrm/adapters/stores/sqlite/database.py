"""A shop's database in one file: a connection for each thread, one writer at a time, nothing lost."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.bulk_behind import Behind
from retailcrm.adapters.stores.sql.database import SessionDatabase
from retailcrm.adapters.stores.sql.session import PerThread
from retailcrm.adapters.stores.sqlite.locking import HAS_FILE_LOCKS, FileLock, beside, needs_lock
from retailcrm.adapters.stores.sqlite.opening import checked_path, connect, make_file
from retailcrm.adapters.stores.sqlite.session import LOST_IN_FORK, SqliteSession
from retailcrm.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailcrm.adapters.stores.sql.executor import Dialect

PATIENCE: Final = 10.0
"""Seconds that a writer waits for others, unless told otherwise."""


class SqliteDatabase(SessionDatabase):
    """An SQLite file; threads and processes may share it.

    Args:
        path: The file; its folder must exist.
        create: Whether to make the file if it is missing.
        patience: Seconds to wait for other writers.
        any_file_system: Whether to take a network file system too. It may lose or mix up what is written.

    Raises:
        SettingsError: The file cannot be kept safely there; the message says why.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     database = SqliteDatabase(Path(folder) / "shop.db")
        ...     with database.unit() as executor:
        ...         _ = executor.run("CREATE TABLE stock (item TEXT PRIMARY KEY, pieces INTEGER) STRICT")
        ...         executor.run("INSERT INTO stock VALUES (?, ?)", ("scarf", 3))
        ...     database.executor.one("SELECT pieces FROM stock WHERE item = ?", ("scarf",))
        ...     database.close()
        1
        (3,)
    """

    dialect: Dialect = "sqlite"

    def __init__(
        self,
        path: str | Path,
        *,
        create: bool = True,
        patience: float = PATIENCE,
        any_file_system: bool = False,
    ) -> None:
        self.path = checked_path(path, any_file_system=any_file_system)
        self._patience = patience
        make_file(self.path, create=create)
        self._sessions = PerThread(self._open)
        super().__init__(self._sessions.get)
        # Whatever is wrong with the file shows now.
        self._sessions.get()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep all other writers away until the block ends; this thread may write in it as ever.

        Where SQLite keeps writers apart well enough by itself, nothing happens.
        """
        with self._sessions.get().lock or nullcontext():
            yield

    @contextmanager
    def behind(self) -> Iterator[Behind]:
        """Inside a unit: let many new rows be written in a thread of its own, until the block ends.

        All is written when the block has ended; if it raises, nothing more is. One inside another joins it.
        """
        session = self._sessions.get()
        inside = session.inside
        if isinstance(inside, Behind):
            yield inside
            return
        if inside is None or not session.writing:
            raise StoreError("rows are written in a unit, and none is open")
        behind = Behind(inside, session.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER))
        session.inside = behind
        try:
            yield behind
            behind.drain()
        finally:
            behind.end()
            session.inside = inside

    def checkpoint(self) -> None:
        """Bring the whole log into the database file, and empty it."""
        session = self._sessions.get()
        if session.depth:
            raise StoreError("the log cannot be emptied inside a transaction")
        session.one("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connections of all threads; what is open in them is rolled back."""
        self._sessions.close()

    def _open(self) -> SqliteSession:
        if self.path in LOST_IN_FORK:
            raise StoreError(
                f"this process was forked while {self.path.name} was in use; start processes by 'spawn', or "
                f"fork outside units and before other threads open the database"
            )
        if not self.path.exists():
            raise SettingsError(f"{self.path} is gone")
        lock = FileLock(beside(self.path), self._patience) if HAS_FILE_LOCKS else None
        # Two that turn on the log at one moment would not wait for each other.
        with lock or nullcontext():
            connection = connect(self.path, self._patience)
        if lock is not None and not needs_lock():
            lock.close()
            lock = None
        return SqliteSession(self.path, connection, lock)
