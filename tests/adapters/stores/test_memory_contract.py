"""The store in memory keeps the promises that every store is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retailcrm.adapters.stores.memory import MemoryStore
from retailcrm.testing.stores import FeedContract, LedgerContract, StoreContract

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.feed import Feed
    from retailcrm.ports.ledger import Ledger
    from retailcrm.ports.stores import Store


class TestMemoryLedger(LedgerContract):
    """Points in memory."""

    @pytest.fixture
    def ledgers(self) -> Callable[[str], Ledger]:
        """Open shops of one store."""
        return MemoryStore().ledger


class TestMemoryFeed(FeedContract):
    """Events in memory."""

    @pytest.fixture
    def feeds(self) -> Callable[[str], Feed]:
        """Open shops of one store."""
        return MemoryStore().feed


class TestMemoryStore(StoreContract):
    """Shops in memory."""

    @pytest.fixture
    def open_store(self) -> Callable[[], Store]:
        """Open a store; each is empty."""
        return MemoryStore
