"""What a driver has to tell and do so that this package can write in a transaction that is not its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sql.executor import Dialect, Executor


class Hand(Protocol):
    """A connection of one driver, in somebody else's hand."""

    executor: Executor

    def begin(self) -> bool:
        """See to it that a transaction is open that the caller's commit or rollback ends.

        Returns:
            Whether this opened it.

        Raises:
            SettingsError: Each statement would be committed by itself.
            StoreError: The transaction that is open can only be rolled back.
        """

    def begin_reading(self) -> bool:
        """Open a transaction for queries if none is open and the driver would open none.

        Returns:
            Whether this opened it.
        """

    def roll_back(self) -> None:
        """End a transaction that ``begin`` opened and nobody has written in."""

    def is_open(self) -> bool:
        """Tell whether a transaction is open: one that the database ended by itself is not."""

    def dangers(self) -> str:
        """Say why the database may lose what it acknowledges; empty if it does not."""


class Lender(Protocol):
    """What the caller gave."""

    dialect: Dialect

    def hand(self) -> Hand:
        """Give the connection as it is now; a session may have another one in each transaction.

        Raises:
            SettingsError: It is closed.
        """

    def check(self) -> None:
        """Before a unit: refuse if the caller's framework would not end the transaction.

        Raises:
            SettingsError: It commits each statement by itself.
            StoreError: It only waits for the transaction to be rolled back.
        """
