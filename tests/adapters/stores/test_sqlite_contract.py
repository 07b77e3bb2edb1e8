"""The store in an SQLite file keeps the promises that every store is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retailcrm.adapters.stores.sqlite.kind import SqliteKind
from retailcrm.testing.stores import (
    FeedContract,
    LedgerContract,
    OrderBookContract,
    PoliciesContract,
    RollUpsContract,
    StoreContract,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from retailcrm.ports.feed import Feed
    from retailcrm.ports.ledger import Ledger
    from retailcrm.ports.orders import OrderBook
    from retailcrm.ports.policies import Policies
    from retailcrm.ports.rollups import RollUps
    from retailcrm.ports.stores import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open a new file, and close it."""
    store = SqliteKind().open(f"sqlite:///{tmp_path}/shop.db")
    yield store
    store.close()


class TestSqliteLedger(LedgerContract):
    """Points in a file; every write waits for the disk, so fewer of them."""

    seeds, steps, failures = 2, 50, 1

    @pytest.fixture
    def ledgers(self, store: Store) -> Callable[[str], Ledger]:
        """Open shops of one file."""
        return store.ledger


class TestSqliteFeed(FeedContract):
    """Events in a file."""

    @pytest.fixture
    def feeds(self, store: Store) -> Callable[[str], Feed]:
        """Open shops of one file."""
        return store.feed


class TestSqliteOrderBook(OrderBookContract):
    """Files and decisions in a file."""

    @pytest.fixture
    def books(self, store: Store) -> Callable[[str], OrderBook | None]:
        """Open shops of one file."""
        return store.orders


class TestSqlitePolicies(PoliciesContract):
    """Rules in a file."""

    @pytest.fixture
    def policies(self, store: Store) -> Callable[[str], Policies | None]:
        """Open shops of one file."""
        return store.policies


class TestSqliteRollUps(RollUpsContract):
    """Figures by customer in a file."""

    @pytest.fixture
    def rollups(self, store: Store) -> Callable[[str], RollUps | None]:
        """Open shops of one file."""
        return store.rollups


class TestSqliteStore(StoreContract):
    """Shops in a file."""

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Iterator[Callable[[], Store]]:
        """Open the file, as often as it is asked for."""
        opened: list[Store] = []

        def open_again() -> Store:
            opened.append(SqliteKind().open(f"sqlite:///{tmp_path}/shop.db"))
            return opened[-1]

        yield open_again
        for one in opened:
            one.close()
