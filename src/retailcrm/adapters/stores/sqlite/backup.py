"""Copies of a store's file, made while it is in use, and put back.

A file with a log beside it must never be copied by the system: pages of two moments would be mixed. SQLite's
own backup reads one committed moment, and writers go on meanwhile.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Final, cast

import attrs

from retailcrm.adapters.stores.placing import placed
from retailcrm.adapters.stores.sql.migrations.revisions import (
    HEAD,
    is_older,
    revision_in,
    wrong_revision,
)
from retailcrm.adapters.stores.sqlite.failures import translated
from retailcrm.adapters.stores.sqlite.locking import HAS_FILE_LOCKS, FileLock, beside
from retailcrm.adapters.stores.sqlite.opening import checked_path, connect
from retailcrm.adapters.stores.sqlite.statements import Statements
from retailcrm.errors import ConflictError, InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from retailcrm.adapters.stores.sqlite.database import SqliteDatabase

MAGIC: Final = b"SQLite format 3\0"
"""How every file of SQLite begins."""

_PATIENCE: Final = 10.0
"""Seconds to wait for others before a store's file is replaced."""


@attrs.frozen(kw_only=True)
class Copy:
    """A copy that was made, and checked.

    Attributes:
        revision: Version of its tables.
        size: Bytes.
    """

    revision: str
    size: int


def back_up(database: SqliteDatabase, path: Path) -> Copy:
    """Copy a store to a new file, as it was at one committed moment; others may go on writing.

    Args:
        database: The store's database.
        path: The file to write, whose name is free; only its owner may read it.

    Returns:
        What was written, after it was checked.

    Raises:
        SettingsError: The name is taken, or the tables are of no version that this library knows.
        InputError: The copy is damaged, and so is the store; the copy was thrown away.
        StoreError: The database failed.
    """
    with placed(path) as partial:
        with database.snapshot() as executor, closing(_connect(partial)) as copy:
            # The first query of the snapshot fixes its moment, and the copy is of that one.
            _check_revision(revision_in(executor))
            _copy(cast("Statements", executor).connection, copy)
            revision = _finished(copy, "the store")
        size = partial.stat().st_size
    return Copy(revision=revision, size=size)


def restore(path: Path, target: Path, *, replace: bool = False) -> Copy:
    """Put a copy in a store's place.

    Args:
        path: What :func:`back_up` wrote.
        target: The store's file.
        replace: Write over a store that is there, in one transaction; those who use it see the old one or the
            new one. Without it a file that is there is never touched.

    Returns:
        What was restored.

    Raises:
        InputError: The copy is damaged, or no copy of a store; nothing was changed.
        SettingsError: There is a store already, or a newer library made the copy.
        ConflictError: Others have been writing to the store all the time.
    """
    target = checked_path(target, any_file_system=False)
    _check_file(path)
    with closing(_connect(path, mode="ro")) as source:
        revision = _checked(source, str(path))
        # What is missing of the last page reads as zeros, and may look whole.
        pages, size = (source.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        if pages * size != path.stat().st_size:
            raise InputError(f"{path} is damaged: its end is missing")
        if not target.exists():
            with placed(target) as partial, closing(_connect(partial)) as copy:
                _copy(source, copy)
                _finished(copy, str(path))
        elif replace:
            _replace(source, target)
        else:
            raise SettingsError(f"{target}: there is such a file already; --force writes over it")
    return Copy(revision=revision, size=target.stat().st_size)


def _check_file(path: Path) -> None:
    """Refuse what is no finished copy."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise InputError(f"{path} is no backup of a store")
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise InputError(
            f"{path} has a log beside it, so it is a store in use and not a copy: use 'retailcrm db backup'"
        )


def _connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None)
    try:
        for setting in ("trusted_schema = OFF", "cell_size_check = ON", "synchronous = FULL"):
            connection.execute(f"PRAGMA {setting}")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise InputError(f"{path} is damaged: {error}") from error
    return connection


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy all pages in one step: between two steps somebody's commit would make it start over."""
    try:
        source.backup(target, progress=_patient())
    except sqlite3.Error as error:
        raise translated(error) from None


def _patient() -> Callable[[int, int, int], None]:
    """Give what SQLite calls after each try; it would try for ever."""
    end = time.monotonic() + _PATIENCE

    def look(status: int, _: int, __: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} and time.monotonic() > end:
            raise ConflictError(f"others have been using the store for {_PATIENCE:g} s; try again")

    return look


def _finished(copy: sqlite3.Connection, name: str) -> str:
    """Make a copy one file without a log, and check it."""
    copy.execute("PRAGMA journal_mode = DELETE")
    return _checked(copy, name)


def _checked(connection: sqlite3.Connection, name: str) -> str:
    """Check a whole file.

    Returns:
        The version of its tables.

    Raises:
        InputError: It is damaged, or no store.
        SettingsError: Its tables are of a version that this library does not know.
    """
    try:
        faults = list(_faults(connection))
        revision = None if faults else revision_in(Statements(connection))
    except sqlite3.DatabaseError as error:
        raise InputError(f"{name} is damaged: {error}") from error
    if faults:
        raise InputError(f"{name} is damaged: {faults[0]}")
    if revision is None:
        raise InputError(f"{name} is a database without a store")
    return _check_revision(revision)


def _faults(connection: sqlite3.Connection) -> Iterator[str]:
    for (said,) in connection.execute("PRAGMA integrity_check(1)"):
        if said != "ok":
            yield said
    for table, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield f"a row of {table} names another one that is not there"


def _check_revision(revision: str | None) -> str:
    if revision is None or not (revision == HEAD or is_older(revision)):
        raise wrong_revision(revision)
    return revision


def _replace(source: sqlite3.Connection, target: Path) -> None:
    """Write over a store, page by page in one transaction, while no other writer is in one."""
    lock = FileLock(beside(target), _PATIENCE) if HAS_FILE_LOCKS else None
    try:
        with lock or nullcontext(), closing(connect(target, _PATIENCE)) as connection:
            _copy(source, connection)
            # As much of the log as nobody reads; the rest goes as always.
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    finally:
        if lock is not None:
            lock.close()
