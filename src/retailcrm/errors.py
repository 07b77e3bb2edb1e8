"""Every exception of the package, grouped by what the caller can do next.

Bad rows in a user's file are *returned* as :class:`retailcrm.domain.problems.Problem`; only a
program or a setting that is wrong raises.
"""

from __future__ import annotations


class RetailCRMError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(RetailCRMError, ValueError):
    """Fix the input: a value, a row or a whole file cannot be taken as it is."""


class ImportRefusedError(InputError):
    """Fix the file: all of it was refused before anything was stored.

    Attributes:
        code: A stable word for the reason, for programs: ``"unrecognised"``, ``"encrypted"``, ...
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class SettingsError(RetailCRMError, ValueError):
    """Fix the configuration: a policy, mapping or plugin setting is wrong, unknown or unread."""


class CurrencyMismatchError(RetailCRMError, ValueError):
    """Fix the call: amounts of two currencies were about to be mixed."""


class NotFoundError(RetailCRMError, LookupError):
    """Look elsewhere: no such customer, order or plugin."""


class ConflictError(RetailCRMError):
    """Look again: the state no longer allows what was asked."""


class IdempotencyConflictError(ConflictError):
    """Take another key: this one stands for another command."""


class ClockJumpError(RetailCRMError):
    """Look at the clock: it is far ahead of everything that was seen, so nothing was done."""


class RetryTransactionError(ConflictError):
    """Roll your own transaction back and run it again: others were first, and only you can repeat it."""


class DuplicateRowError(ConflictError):
    """Look again: somebody else wrote a row with this key meanwhile."""


class UnknownOutcomeError(RetailCRMError):
    """Ask again with the same key: nobody can say whether it was written."""


class StoreError(RetailCRMError):
    """Look at the store: it failed, and nothing was written."""


class StoreFullError(StoreError):
    """Make room for the store: nothing was written, and what was there is still there."""


class MissingExtraError(RetailCRMError, ImportError):
    """Install an extra: this part needs packages that the base install leaves out.

    Attributes:
        extra: The extra's name, as in ``retailcrm-core[shop]``.
    """

    def __init__(self, feature: str, *, extra: str) -> None:
        super().__init__(f"{feature} needs an extra: pip install 'retailcrm-core[{extra}]'")
        self.extra = extra


class MissingPackageError(RetailCRMError, ImportError):
    """Install a package that only this call needs, and that no extra brings.

    Attributes:
        package: Its name on the package index.
    """

    def __init__(self, feature: str, *, package: str) -> None:
        super().__init__(f"{feature} needs a package: pip install {package}")
        self.package = package
