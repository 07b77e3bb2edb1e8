"""A lock beside the database, which one writer holds at a time: no two connections commit at one moment."""

from __future__ import annotations

import math
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

_flock: Final[Any] = getattr(fcntl, "flock", None)
_TRY: Final[int] = getattr(fcntl, "LOCK_EX", 0) | getattr(fcntl, "LOCK_NB", 0)
_UNLOCK: Final[int] = getattr(fcntl, "LOCK_UN", 0)

_CHANCE: Final = Random()  # noqa: S311 - waits, not secrets

_FAR: Final = (0.0002, 0.002)
_NEXT: Final = (0.00005, 0.00005)
"""Seconds between two looks: of those in the queue, and of the one whose turn is next."""


def needs_lock(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> bool:
    """Tell whether writers must keep apart by themselves, since this SQLite library does not."""
    return version < WAL_RESET_FIXED


def beside(database: Path) -> Path:
    """Give the path of the lock of a database."""
    return database.with_name(f"{database.name}.lock")


class FileLock:
    """A lock on a file, for one thread; the system takes it back when the process dies.

    Whoever waits holds a second file, so that nobody who has just had the lock can have it again before her.
    The thread that has the lock may take it again; others get it once it was given back as often.

    Args:
        path: The file; made if missing, never deleted, since a deleted file locks nobody out.
        patience: Seconds to wait for others.
    """

    __slots__ = ("_gate", "_lock", "_patience", "_times")

    def __init__(self, path: Path, patience: float) -> None:
        self._patience = patience
        self._lock = self._gate = -1
        self._times = 0
        try:
            self._lock = _opened(path)
            self._gate = _opened(path.with_suffix(".queue"))
        except OSError as error:
            self.close()
            raise SettingsError(f"{error.filename} cannot be opened: {error.strerror}") from None

    @property
    def held(self) -> bool:
        """Whether the thread has it."""
        return self._times > 0

    def acquire(self, at_most: float = math.inf) -> None:
        """Take the lock.

        Args:
            at_most: Seconds to wait, if that is less than the lock's patience.

        Raises:
            ConflictError: Others held it all the time.
        """
        if self._times:
            self._times += 1
            return
        gate = self._gate
        try:
            if not _taken(gate):
                self._wait(gate, _FAR, at_most)
            if not _taken(self._lock):
                self._wait(self._lock, _NEXT, at_most)
            self._times = 1
        finally:
            _flock(gate, _UNLOCK)

    def release(self) -> None:
        """Give the lock back; nothing happens to one that was not taken, or is closed."""
        self._times = max(self._times - 1, 0)
        if not self._times and self._lock >= 0:
            _flock(self._lock, _UNLOCK)

    def _wait(self, descriptor: int, between: tuple[float, float], at_most: float) -> None:
        patience = min(self._patience, at_most)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            time.sleep(_CHANCE.uniform(*between))
            if _taken(descriptor):
                return
        raise ConflictError(f"others have been writing to the database for {patience:g} s; try again")

    def close(self) -> None:
        """Close the files, and so give the lock back.

        A forked child does this with what it inherited: its descriptor is the parent's lock, and would keep
        it after the parent's death.
        """
        for descriptor in (self._lock, self._gate):
            if descriptor >= 0:
                os.close(descriptor)
        self._lock = self._gate = -1
        self._times = 0

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    return os.open(path, flags, 0o600)


def _taken(descriptor: int) -> bool:
    try:
        _flock(descriptor, _TRY)
    except BlockingIOError:
        return False
    return True
