"""What SQLite's errors mean to somebody who wrote through this package."""

from __future__ import annotations

import sqlite3

from retailcrm.errors import (
    ConflictError,
    DuplicateRowError,
    InputError,
    RetailCRMError,
    StoreError,
    StoreFullError,
    UnknownOutcomeError,
)

DRIVER_ERRORS = (sqlite3.Error, OverflowError, UnicodeEncodeError)
"""What the driver raises: the latter two for numbers beyond 64 bits, and for text that is none."""

_TAKEN = frozenset(
    {sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID}
)


def kind_of(error: BaseException) -> int:
    """Give the primary result code of an error; 0 if SQLite itself raised none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def translated(error: BaseException) -> RetailCRMError:
    """Give this package's error for one of a statement; it never has a value in its message.

    SQLite names tables, columns and constraints, never what was to be written.
    """
    kind = kind_of(error)
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return ConflictError("somebody else is writing to the database; try again")
    if kind == sqlite3.SQLITE_FULL:
        return StoreFullError("no room is left for the database")
    if getattr(error, "sqlite_errorcode", 0) in _TAKEN:
        return DuplicateRowError(str(error))
    if isinstance(error, OverflowError | UnicodeEncodeError):
        # The message of the latter shows the text.
        return InputError("a number beyond 64 bits, or text with half a character, cannot be stored")
    return StoreError(f"SQLite: {error}")


def not_committed(error: sqlite3.Error) -> RetailCRMError:
    """Give this package's error for one of COMMIT.

    An I/O error leaves open whether the log reached the disk. A full disk does not: the mark that commits
    is the last thing written.
    """
    if kind_of(error) == sqlite3.SQLITE_IOERR:
        return UnknownOutcomeError(
            "the disk failed while the database committed; ask again with the same key"
        )
    return translated(error)
