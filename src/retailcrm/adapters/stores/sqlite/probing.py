"""What can be seen of the file of a shop and of the disk under it, without changing either."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.adapters.stores.sqlite.database import SqliteDatabase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PAGE: Final = 4096
"""Bytes that the probe writes before each fsync."""

TIMES: Final = 25
"""How many fsyncs the probe takes the median of."""

_SETTINGS: Final = ("journal_mode", "synchronous", "page_size", "foreign_keys", "auto_vacuum")


@attrs.frozen(kw_only=True)
class FileFacts:
    """A database file and its settings, as this package opens it.

    Attributes:
        path: The whole path.
        size: Bytes of the file.
        log: Bytes of its write-ahead log beside it.
        open_to: Who may read or write it beside its owner, ``""`` for nobody, such as ``"group, others"``.
        settings: The values of PRAGMAs, by name.
        disk: What is seen of the disk.
    """

    path: Path
    size: int
    log: int
    open_to: str
    settings: Mapping[str, str]
    disk: DiskFacts


@attrs.frozen(kw_only=True)
class DiskFacts:
    """A folder's disk.

    Attributes:
        free: Bytes that are free.
        file_system: Its kind, such as ``ext4``; ``""`` where nobody knows.
        fsync_seconds: Median of one write and fsync.
    """

    free: int
    file_system: str
    fsync_seconds: float


def probe_file(path: Path) -> FileFacts:
    """Look at a database file.

    Args:
        path: An existing file.

    Raises:
        SettingsError: It cannot be kept safely there, or is no database; the message says why.
        StoreError: It cannot be read.
    """
    database = SqliteDatabase(path, create=False)
    try:
        found = database.path.stat()
        log = database.path.with_name(f"{database.path.name}-wal")
        return FileFacts(
            path=database.path,
            size=found.st_size,
            log=log.stat().st_size if log.exists() else 0,
            open_to=_open_to(found.st_mode),
            settings={name: _setting(database, name) for name in _SETTINGS},
            disk=probe_disk(database.path.parent),
        )
    finally:
        database.close()


def probe_disk(folder: Path, *, sync: Callable[[int], None] = os.fsync) -> DiskFacts:
    """Look at the disk of a folder: write a page and ask for it to be kept, some times over.

    Args:
        folder: An existing folder; a file is made there and goes again.
        sync: Asks the system to keep a file.
    """
    return DiskFacts(
        free=shutil.disk_usage(folder).free,
        file_system=_file_system(folder),
        fsync_seconds=_fsync_seconds(folder, sync),
    )


def sqlite_options() -> frozenset[str]:
    """Give the options that Python's SQLite library was built with."""
    connection = sqlite3.connect(":memory:")
    try:
        return frozenset(str(row[0]) for row in connection.execute("PRAGMA compile_options"))
    finally:
        connection.close()


def _fsync_seconds(folder: Path, sync: Callable[[int], None]) -> float:
    taken: list[float] = []
    page = os.urandom(PAGE)
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(TIMES):
            started = time.perf_counter()
            os.write(file.fileno(), page)
            sync(file.fileno())
            taken.append(time.perf_counter() - started)
    return median(taken)


def _setting(database: SqliteDatabase, name: str) -> str:
    row = database.executor.one(f"PRAGMA {name}")
    return "" if row is None else str(row[0])


def _open_to(mode: int) -> str:
    who = (("group", stat.S_IRWXG), ("others", stat.S_IRWXO))
    return "" if os.name == "nt" else ", ".join(name for name, bits in who if mode & bits)


def _file_system(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """Tell the kind of the file system of a folder; Linux's table of mounts tells it."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    kind, length = "", -1
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split(" ")[4].encode("utf-8", "surrogateescape").decode("unicode_escape")
        if len(point) >= length and folder.resolve().is_relative_to(point):
            kind, length = after.split(" ")[0], len(point)
    return kind
