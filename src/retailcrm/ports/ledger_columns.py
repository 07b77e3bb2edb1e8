"""Many accounts of a ledger at once: what stands in their rows, and their journals as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from retailcrm.analytics.tables.journals import JournalTable


class Head(Protocol):
    """An account as far as its lots need not be read; every account is one."""

    @property
    def id(self) -> str:
        """Whose, in which wallet."""

    @property
    def version(self) -> int:
        """Entries so far."""

    @property
    def recorded_at(self) -> datetime | None:
        """When the last of them was written; ``None`` before the first."""

    @property
    def next_change_at(self) -> datetime | None:
        """The next moment at which something changes by itself."""

    @property
    def held(self) -> int:
        """Points reserved."""

    @property
    def debt(self) -> int:
        """Points owed."""


@attrs.frozen(kw_only=True)
class AccountHead:
    """An account without its lots.

    Attributes:
        id: Whose, in which wallet.
        version: Entries so far.
        recorded_at: When the last of them was written; ``None`` before the first.
        next_change_at: The next moment at which something changes by itself; ``None``: nothing does.
        held: Points reserved.
        debt: Points owed.
    """

    id: str
    version: int
    recorded_at: datetime | None
    next_change_at: datetime | None
    held: int
    debt: int


class LedgerColumns(Protocol):
    """Reads all accounts of a wallet at once, for whoever asks about everybody."""

    def heads(self, wallet: str) -> Iterator[Head]:
        """Give a wallet's accounts, sorted by id.

        Args:
            wallet: Its name.
        """

    def journals(self, wallet: str) -> JournalTable:
        """Give the journals of a wallet's accounts: the very entries that the ledger gives one by one.

        Args:
            wallet: Its name.
        """
