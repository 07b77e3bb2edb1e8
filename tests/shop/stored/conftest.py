"""Shops on a store for the tests: a fresh SQLite file with all tables."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.adapters.stores.databases import create_all, opened

from retailcrm import Policy
from retailcrm.adapters.stores.sql.executor import Database
from retailcrm.adapters.stores.sql.orders import SqlOrders
from retailcrm.shop.stored.opening import StoredParts, stored_parts


def now() -> datetime:
    """Give the time of all imports."""
    return datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def new_database(request, tmp_path) -> Iterator[Callable[[], Database]]:
    """Give a maker of one empty database with all tables: a file, or what the parameter names."""
    with opened(getattr(request, "param", "sqlite"), tmp_path, request) as database:
        create_all(database)
        yield lambda: database


@pytest.fixture
def open_parts(new_database) -> Callable[..., StoredParts]:
    """Give an opener of a shop's parts on a fresh database, or on one that is given."""

    def opener(database: Any = None, shop: str = "main", **rules: Any) -> StoredParts:
        policy = Policy(**{"zone": "Asia/Shanghai", "currency": "CNY", **rules})
        return stored_parts(SqlOrders(database or new_database(), shop), shop, policy, now)

    return opener
