"""New files that are there whole or not at all, and that nobody else may read."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BESIDE: Final = ("", "-journal", "-wal", "-shm")
"""What SQLite may leave beside a file that was not finished."""


_LOGS: Final = ("-journal", "-wal")


@contextmanager
def placed(path: Path) -> Iterator[Path]:
    """Give a name to write to; what was written becomes the file, on the disk, if the block ends well.

    Args:
        path: The file wanted; there must be none. Only its owner may read it.

    Raises:
        SettingsError: There is such a file already, or no such folder.
    """
    refuse_existing(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        _to_disk(partial)
        refuse_existing(path)
        partial.replace(path)
        _to_disk(path.parent)
    finally:
        for ending in _BESIDE:
            Path(f"{name}{ending}").unlink(missing_ok=True)


def refuse_existing(path: Path) -> None:
    """Refuse a name that is taken, or a folder that is not there.

    Raises:
        SettingsError: The message says which.
    """
    if os.path.lexists(path):
        raise SettingsError(f"{path}: there is such a file already; choose another name")
    for log in (path.with_name(f"{path.name}{ending}") for ending in _LOGS):
        if os.path.lexists(log):
            raise SettingsError(
                f"{log}: SQLite would take this log of another file for the new one's; move it"
            )
    if not path.parent.is_dir():
        raise SettingsError(f"{path}: there is no folder '{path.parent}'; make it first")


def _to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, would survive a power cut."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
