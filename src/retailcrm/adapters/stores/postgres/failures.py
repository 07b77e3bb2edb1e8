"""What PostgreSQL's errors mean to somebody who wrote through this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.errors import (
    ConflictError,
    DuplicateRowError,
    InputError,
    RetailCRMError,
    StoreError,
    StoreFullError,
    UnknownOutcomeError,
)

if TYPE_CHECKING:
    import psycopg

AGAIN: Final = frozenset({"40001", "40P01", "55P03"})
"""Others were first: a serialization failure, a deadlock, a lock that was not to be had in time."""

DUPLICATE: Final = "23505"
DISK_FULL: Final = "53100"
NOT_A_VALUE: Final = "22"
"""Class of values that cannot be stored."""

_NAMES_NO_VALUE: Final = ("08", "23", "25", "40", "42", "53", "54", "55", "57", "58", "P0", "XX")
"""Classes of errors whose first line names tables, columns and settings, but no value."""


def translated(error: BaseException) -> RetailCRMError:
    """Give this package's error for one of a statement; it never has a value in its message."""
    state = state_of(error)
    if state in AGAIN:
        return ConflictError(f"somebody else was writing the same; try again ({state})")
    if state == DUPLICATE:
        return DuplicateRowError(f"UNIQUE constraint failed: {_constraint(error)}")
    if state == DISK_FULL:
        return StoreFullError("no room is left for the database")
    if state.startswith(NOT_A_VALUE) or _is(error, "DataError", "UnicodeEncodeError"):
        # A NUL in a text, say; the message shows the text.
        return InputError(f"a value cannot be stored ({type(error).__name__})")
    return StoreError(f"PostgreSQL: {said(error)}")


def not_committed(error: BaseException, *, lost: bool) -> RetailCRMError:
    """Give this package's error for one of COMMIT.

    Args:
        error: What the driver raised.
        lost: Whether the connection was lost over it: the answer may have been on its way.
    """
    if lost:
        return UnknownOutcomeError(
            "the connection was lost while the database committed; ask again with the same key"
        )
    return translated(error)


def said(error: BaseException) -> str:
    """Give what the server said, or the kind of error if that could show a value."""
    state = state_of(error)
    if not state:
        return "the connection was lost" if _is(error, "OperationalError") else str(error)
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    if primary and state.startswith(_NAMES_NO_VALUE):
        return f"{primary} ({state})"
    return f"{type(error).__name__} ({state})"


def is_lost(connection: psycopg.Connection) -> bool:
    """Tell whether a connection is of no more use."""
    return connection.closed or connection.pgconn.transaction_status == _UNKNOWN_STATUS


def state_of(error: BaseException) -> str:
    """Give the SQLSTATE of any driver's error; empty if the server said nothing."""
    return getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or ""


_UNKNOWN_STATUS: Final = 4
"""How libpq numbers the state of a connection that was lost."""


def _is(error: BaseException, *names: str) -> bool:
    # By name: other drivers have classes of these names too, and none need be installed.
    return any(kind.__name__ in names for kind in type(error).__mro__)


def _constraint(error: BaseException) -> str:
    return getattr(getattr(error, "diag", None), "constraint_name", None) or "of a key"
