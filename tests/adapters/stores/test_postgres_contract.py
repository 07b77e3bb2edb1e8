"""The store in PostgreSQL keeps the promises that every store is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retailcrm.adapters.stores.postgres.kind import PostgresKind
from retailcrm.testing.stores import FeedContract, LedgerContract, StoreContract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from retailcrm.ports.feed import Feed
    from retailcrm.ports.ledger import Ledger
    from retailcrm.ports.stores import Store


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    """Open a new database, and close it."""
    store = PostgresKind().open(postgres_url)
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


class TestPostgresStore(StoreContract):
    """Shops in a database."""

    @pytest.fixture
    def open_store(self, postgres_url: str) -> Iterator[Callable[[], Store]]:
        """Open the database, as often as it is asked for."""
        opened: list[Store] = []

        def open_again() -> Store:
            opened.append(PostgresKind().open(postgres_url))
            return opened[-1]

        yield open_again
        for one in opened:
            one.close()
