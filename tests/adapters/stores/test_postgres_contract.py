"""The store in PostgreSQL keeps the promises that every store is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retailcrm.adapters.stores.postgres.kind import PostgresKind
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

    from retailcrm.ports.feed import Feed
    from retailcrm.ports.ledger import Ledger
    from retailcrm.ports.orders import OrderBook
    from retailcrm.ports.policies import Policies
    from retailcrm.ports.rollups import RollUps
    from retailcrm.ports.stores import Store


@pytest.fixture(params=["read-committed", "serializable"])
def url(postgres_url: str, request: pytest.FixtureRequest) -> str:
    """Give the URL of a new database, at either isolation."""
    return f"{postgres_url}{'&' if '?' in postgres_url else '?'}isolation={request.param}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Open a new database, and close it."""
    store = PostgresKind().open(url)
    yield store
    store.close()


class TestPostgresLedger(LedgerContract):
    """Points in a database; every write waits for the disk, so fewer of them."""

    seeds, steps, failures = 2, 50, 1

    @pytest.fixture
    def ledgers(self, store: Store) -> Callable[[str], Ledger]:
        """Open shops of one database."""
        return store.ledger


class TestPostgresFeed(FeedContract):
    """Events in a database."""

    @pytest.fixture
    def feeds(self, store: Store) -> Callable[[str], Feed]:
        """Open shops of one database."""
        return store.feed


class TestPostgresOrderBook(OrderBookContract):
    """Files and decisions in a database."""

    @pytest.fixture
    def books(self, store: Store) -> Callable[[str], OrderBook | None]:
        """Open shops of one database."""
        return store.orders


class TestPostgresPolicies(PoliciesContract):
    """Rules in a database."""

    @pytest.fixture
    def policies(self, store: Store) -> Callable[[str], Policies | None]:
        """Open shops of one database."""
        return store.policies


class TestPostgresRollUps(RollUpsContract):
    """Figures by customer in a database."""

    @pytest.fixture
    def rollups(self, store: Store) -> Callable[[str], RollUps | None]:
        """Open shops of one database."""
        return store.rollups


class TestPostgresStore(StoreContract):
    """Shops in a database."""

    @pytest.fixture
    def open_store(self, url: str) -> Iterator[Callable[[], Store]]:
        """Open the database, as often as it is asked for."""
        opened: list[Store] = []

        def open_again() -> Store:
            opened.append(PostgresKind().open(url))
            return opened[-1]

        yield open_again
        for one in opened:
            one.close()
