"""Writing a portable backup: every table as it stood at one moment, some rows at a time."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

from retailcrm.adapters.stores.placing import placed
from retailcrm.adapters.stores.sql.migrations.revisions import HEAD, is_older, revision_in, wrong_revision
from retailcrm.adapters.stores.sql.portable import manifest
from retailcrm.adapters.stores.sql.portable.catalogue import columns_of, filled_tables, position_of
from retailcrm.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.adapters.stores.sql.executor import Database, Executor


def dump(database: Database, path: Path) -> manifest.Manifest:
    """Write a portable backup; others may go on writing meanwhile.

    Args:
        database: The database.
        path: The file to write, whose name is free; only its owner may read it.

    Returns:
        What was written.

    Raises:
        SettingsError: The name is taken, or the tables are of no version that this library knows.
        StoreError: The database or the disk failed.
    """
    with placed(path) as partial, database.snapshot() as executor:
        revision = revision_in(executor)
        if revision is None or not (revision == HEAD or is_older(revision)):
            raise wrong_revision(revision)
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            parts = tuple(_write(executor, table, archive) for table in filled_tables(executor))
            written = manifest.Manifest(revision=revision, parts=parts)
            archive.writestr(manifest.NAME, written.to_json())
        with zipfile.ZipFile(partial) as archive:
            # Reads all of it once more, and compares checksums: what is placed can be read.
            if (damaged := archive.testzip()) is not None:
                raise StoreError(f"what was written of {damaged} is not what the disk gives back")
    return written


def _write(executor: Executor, table: str, archive: zipfile.ZipFile) -> manifest.Part:
    """Write one table."""
    columns = columns_of(executor, table)
    names = ", ".join(f'"{name}"' for name in columns)
    rows, digest = 0, hashlib.sha256()
    with archive.open(f"{table}.jsonl", "w", force_zip64=True) as file:
        for batch in executor.batches(f'SELECT {names} FROM "{table}"', size=4096):  # noqa: S608 - the catalogue's own names
            lines = b"".join(map(manifest.line, batch))
            file.write(lines)
            digest.update(lines)
            rows += len(batch)
    return manifest.Part(
        table=table,
        columns=columns,
        rows=rows,
        digest=digest.hexdigest(),
        position=position_of(executor, table),
    )
