"""Restoring a portable backup: in one transaction, checked before it is committed."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.adapters.stores.sql.migrations.revisions import tables_in
from retailcrm.adapters.stores.sql.migrations.upgrading import create_or_upgrade
from retailcrm.adapters.stores.sql.portable import manifest
from retailcrm.adapters.stores.sql.portable.catalogue import (
    columns_of,
    drop_everything,
    filled_tables,
    set_position,
)
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailcrm.adapters.stores.sql.executor import Database, Executor

_FOREIGN: Final = {
    "sqlite": "SELECT 1 FROM retailcrm_events WHERE transaction_id > 0",
    "postgresql": (
        "SELECT 1 FROM retailcrm_events"
        " WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    ),
}
"""Events of transactions that this database has not come to: they were another's."""


@attrs.frozen(kw_only=True)
class Restored:
    """A backup that was restored.

    Attributes:
        revision: Version that its tables had; now they have this library's.
        rows: How many rows.
        feed_anew: Whether readers of the event feed have to start anew: their cursors were of another server.
    """

    revision: str
    rows: int
    feed_anew: bool


def load(database: Database, path: Path, *, replace: bool = False) -> Restored:
    """Restore a portable backup, and bring its tables to this library's version.

    Args:
        database: Where to; not in somebody else's transaction.
        path: What :func:`retailcrm.adapters.stores.sql.portable.dumping.dump` wrote.
        replace: Drop the tables that are there; without it they are never touched.

    Returns:
        What was restored.

    Raises:
        InputError: The file is damaged, or no backup; nothing was changed.
        SettingsError: There are tables already, or a newer library wrote the backup.
    """
    with _readable(path), zipfile.ZipFile(path) as archive:
        told = manifest.Manifest.from_json(archive.read(manifest.NAME))
        with database.unit() as executor:
            if tables_in(executor):
                if not replace:
                    raise SettingsError("the database has tables of retailcrm already; --force replaces them")
                drop_everything(executor)
            create_or_upgrade(database, to=told.revision)
            if filled_tables(executor) != sorted(part.table for part in told.parts):
                raise InputError("the backup does not hold the tables that its version has")
            for part in told.parts:
                _read(executor, part, archive)
            foreign = _place_events(executor)
            create_or_upgrade(database)
    return Restored(revision=told.revision, rows=told.rows, feed_anew=foreign)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Put what damaged archives raise into one sentence."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        json.JSONDecodeError,
        UnicodeDecodeError,
    ) as error:
        raise InputError(f"{path}: the backup is damaged, or none; nothing was changed") from error


def _read(executor: Executor, part: manifest.Part, archive: zipfile.ZipFile) -> None:
    """Restore one table, and compare what was read with what the backup says of it."""
    if columns_of(executor, part.table) != part.columns:
        raise InputError(f"the backup does not hold the columns that {part.table} has")
    names = ", ".join(f'"{name}"' for name in part.columns)
    marks = ", ".join("?" * len(part.columns))
    own = " OVERRIDING SYSTEM VALUE" if executor.dialect == "postgresql" else ""
    with archive.open(part.file) as file:
        rows = _Rows(file)
        executor.many(f'INSERT INTO "{part.table}" ({names}){own} VALUES ({marks})', rows)  # noqa: S608 - the catalogue's own names
    if (rows.count, rows.digest.hexdigest()) != (part.rows, part.digest):
        raise InputError(f"the rows of {part.table} are not those that were backed up; nothing was changed")
    if part.position is not None:
        set_position(executor, part.table, part.position)


class _Rows:
    """The rows of a file, counted and digested on their way."""

    def __init__(self, lines: Any) -> None:  # noqa: ANN401 - what zipfile gives has no public type
        self._lines = lines
        self.count = 0
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[list[Any]]:
        for line in self._lines:
            self.digest.update(line)
            self.count += 1
            yield manifest.row_of(line)


def _place_events(executor: Executor) -> bool:
    """Let another server's events come before all of this one's, whose transactions count from lower."""
    foreign = executor.one(_FOREIGN[executor.dialect]) is not None
    if foreign:
        executor.run("UPDATE retailcrm_events SET transaction_id = 0")
    return foreign
