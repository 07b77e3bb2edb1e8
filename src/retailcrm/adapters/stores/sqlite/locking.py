"""A lock beside the database, which one writer holds at a time: no two connections commit at one moment."""

from __future__ import annotations

import os
import sqlite3
import time
from random import Random
from typing import TYPE_CHECKING, Any, Final, Self

from retailcrm.errors import ConflictError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None

WAL_RESET_FIXED: Final = (3, 51, 3)
"""First SQLite in which two connections may commit and checkpoint at one moment.

Before it, a commit of one connection at the instant in which another one starts the log over can leave pages
of the log out of the database: rare, silent, and for ever. A checkpoint runs inside the COMMIT that
triggers it or in a close, so a lock held from BEGIN until COMMIT has returned, and around every close, keeps
the two apart.
"""

HAS_FILE_LOCKS: Final = fcntl is not None

_SHORT: Final = 0.0002
_LONG: Final = 0.002
_CHANCE: Final = Random()  # noqa: S311 - waits, not secrets


def needs_lock(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> bool:
    """Tell whether writers must keep apart by themselves, since this SQLite library does not."""
    return version < WAL_RESET_FIXED


def beside(database: Path) -> Path:
    """Give the path of the lock of a database."""
    return database.with_name(f"{database.name}.lock")


class FileLock:
    """A lock on a file, for one thread; the system takes it back when the process dies.

    Args:
        path: The file; made if missing, never deleted, since a deleted file locks nobody out.
        patience: Seconds to wait for others.
    """

    __slots__ = ("_descriptor", "_patience")

    def __init__(self, path: Path, patience: float) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise SettingsError(f"{path} cannot be opened: {error.strerror}") from error
        self._patience = patience

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            ConflictError: Others held it all the time.
        """
        try:
            fcntl.flock(self._descriptor, 6)  # LOCK_EX | LOCK_NB
        except BlockingIOError:
            self._wait()

    def release(self) -> None:
        """Give the lock back."""
        fcntl.flock(self._descriptor, 8)  # LOCK_UN

    def _wait(self) -> None:
        end = time.monotonic() + self._patience
        while time.monotonic() < end:
            time.sleep(_CHANCE.uniform(_SHORT, _LONG))
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            return
        raise ConflictError(f"others have been writing to the database for {self._patience:g} s; try again")

    def close(self) -> None:
        """Close the file, and so give the lock back.

        A forked child does this with what it inherited: its descriptor is the parent's lock, and would keep
        it after the parent's death.
        """
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
