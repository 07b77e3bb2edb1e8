"""Whose turn it is to try again: hers, whose transaction it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.errors import ConflictError, DuplicateRowError, RetryTransactionError

if TYPE_CHECKING:
    from retailcrm.errors import RetailCRMError


def to_retry(error: RetailCRMError) -> RetailCRMError:
    """Turn a conflict into one that only the owner of the transaction can solve."""
    if isinstance(error, ConflictError) and not isinstance(error, DuplicateRowError):
        return RetryTransactionError(f"{error}: roll your transaction back and run it again")
    return error
