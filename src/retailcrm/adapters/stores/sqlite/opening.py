"""Opens the file of a shop so that it keeps what it acknowledges, or says why it would not."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from typing import Final

from retailcrm.adapters.stores.sqlite.failures import translated
from retailcrm.adapters.stores.sqlite.locking import HAS_FILE_LOCKS, needs_lock
from retailcrm.errors import ConflictError, RetailCRMError, SettingsError, StoreError

OLDEST: Final = (3, 37, 0)
"""First SQLite with STRICT tables; RETURNING is older."""

STATEMENTS_KEPT: Final = 256
"""Prepared statements that a connection keeps: more than this package has."""

NETWORK: Final = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs"}
    | {"lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs"}
)
"""File systems that do not lock, or map, a file for all machines that have it open."""

_UNCHECKED: Final = (
    "PRAGMA busy_timeout = {patience}",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = ON",
    "PRAGMA mmap_size = 0",
    "PRAGMA cell_size_check = ON",
    # Without it INSERT OR REPLACE would delete an entry behind the back of the trigger that forbids it.
    "PRAGMA recursive_triggers = ON",
    # Of macOS, whose fsync does not reach the disk; nothing elsewhere.
    "PRAGMA fullfsync = ON",
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA cache_size = -32768",
    "PRAGMA journal_size_limit = 67108864",
)


def checked_path(path: str | Path, *, any_file_system: bool) -> Path:
    """Give the full path of a database; refuse what could not keep it.

    Args:
        path: The file.
        any_file_system: Whether to take network file systems too.

    Raises:
        SettingsError: It is no path, a symbolic link, in no folder, or on a network file system.
    """
    if not str(path) or str(path).startswith((":", "file:")):
        raise SettingsError(f"{str(path)!r} names no file; shops in memory are opened by 'memory:'")
    given = Path(path).absolute()
    if not given.parent.is_dir():
        raise SettingsError(f"{given.parent} is not a folder")
    # A link could be turned to another file while this one is open, and its log lies beside the link.
    if given.is_symlink():
        raise SettingsError(f"{given} is a symbolic link; name the file itself")
    full = given.parent.resolve() / given.name
    kind = None if any_file_system else network_file_system(full)
    if kind:
        raise SettingsError(
            f"{full} is on a network file system ({kind}), which does not lock files for all machines: "
            f"keep the shop on a local disk, or use PostgreSQL"
        )
    return full


def network_file_system(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str | None:
    """Tell the kind of a network file system that a path is on; ``None`` on a local one.

    Args:
        path: A full path.
        mounts: Linux's table of mounts; elsewhere there is none, and nothing is known.
    """
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    kind, length = None, -1
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split(" ")[4].encode("utf-8", "surrogateescape").decode("unicode_escape")
        # Of two at one place the later covers the earlier.
        if len(point) >= length and path.is_relative_to(point):
            kind, length = after.split(" ")[0], len(point)
    return kind if kind is not None and (kind in NETWORK or kind.startswith("fuse.")) else None


def make_file(path: Path, *, create: bool) -> None:
    """Make the file if it is missing, for its owner alone; the folder stays as it is.

    Raises:
        SettingsError: It is missing and not to be made, cannot be made, or is not a file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        if create:
            os.close(os.open(path, flags, 0o600))
        elif not path.exists():
            raise SettingsError(f"{path} does not exist")
    except FileExistsError:
        pass
    except OSError as error:
        raise SettingsError(f"{path} cannot be made: {error.strerror}") from error
    if not stat.S_ISREG(path.stat().st_mode):
        raise SettingsError(f"{path} is not a file")


def connect(path: Path, patience: float) -> sqlite3.Connection:
    """Open a connection with every setting that durability and safety ask for.

    Args:
        path: An existing file; empty, or a database.
        patience: Seconds to wait for others.

    Raises:
        SettingsError: The library is too old, the file is no database, or a setting was not taken.
    """
    if sqlite3.sqlite_version_info < OLDEST:
        raise SettingsError(f"SQLite {sqlite3.sqlite_version} is too old; 3.37 will do")
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw",
            uri=True,
            timeout=patience,
            isolation_level=None,
            # Each thread has its own; another one only closes it.
            check_same_thread=False,
            cached_statements=STATEMENTS_KEPT,
        )
        _prepare(connection, patience)
    except (sqlite3.Error, SettingsError, UnicodeDecodeError) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, SettingsError):
            raise
        if isinstance(error, UnicodeDecodeError):
            # The library quotes a broken schema in its message, and Python cannot read that.
            raise StoreError(f"{path} cannot be opened: its schema is damaged") from None
        raise _refusal(path, error) from None
    return connection


def _prepare(connection: sqlite3.Connection, patience: float) -> None:
    for setting in _UNCHECKED:
        connection.execute(setting.format(patience=int(patience * 1000)))
    journal, synchronous, level = journal_mode()
    if connection.execute(f"PRAGMA journal_mode = {journal}").fetchone() != (journal,):
        raise SettingsError(f"the database cannot be put into journal_mode = {journal}")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    if connection.execute("PRAGMA synchronous").fetchone() != (level,):
        raise SettingsError(f"the database cannot be put into synchronous = {synchronous}")
    connection.execute("PRAGMA foreign_keys = ON")
    if connection.execute("PRAGMA foreign_keys").fetchone() != (1,):
        raise SettingsError("this SQLite library was built without foreign keys")


def journal_mode(*, locks: bool = HAS_FILE_LOCKS, old: bool | None = None) -> tuple[str, str, int]:
    """Tell how to keep the journal: mode, and the level of synchronous that is durable in it.

    Args:
        locks: Whether the system locks files.
        old: Whether the library mixes up its log if writers do not keep apart; asked of it if left out.
    """
    if locks or not (needs_lock() if old is None else old):
        return "wal", "FULL", 2
    # Without a log there is no log to mix up; EXTRA also syncs the folder after the journal was deleted.
    return "delete", "EXTRA", 3


def _refusal(path: Path, error: sqlite3.Error) -> RetailCRMError:
    if isinstance(conflict := translated(error), ConflictError):
        return conflict
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB:
        return SettingsError(f"{path} is not an SQLite database")
    return StoreError(f"{path} cannot be opened: {error}")
