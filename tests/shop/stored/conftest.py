"""Shops on a store for the tests: a fresh SQLite file with all tables."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine

from retailcrm import Policy
from retailcrm.adapters.stores.sql import schema, schema_orders
from retailcrm.adapters.stores.sql.orders import SqlOrders
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.shop.stored.opening import StoredParts, stored_parts

assert schema_orders.FILES.metadata is schema.TABLES


def now() -> datetime:
    """Give the time of all imports."""
    return datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def new_database(tmp_path) -> Iterator[Callable[[], SqliteDatabase]]:
    """Give a maker of empty databases with all tables."""
    made: list[SqliteDatabase] = []

    def maker() -> SqliteDatabase:
        path = tmp_path / f"shop{len(made)}.db"
        made.append(SqliteDatabase(path))
        engine = create_engine(f"sqlite:///{path}")
        schema.TABLES.create_all(engine)
        engine.dispose()
        return made[-1]

    yield maker
    for database in made:
        database.close()


@pytest.fixture
def open_parts(new_database) -> Callable[..., StoredParts]:
    """Give an opener of a shop's parts on a fresh database, or on one that is given."""

    def opener(database: Any = None, shop: str = "main", **rules: Any) -> StoredParts:
        policy = Policy(**{"zone": "Asia/Shanghai", "currency": "CNY", **rules})
        return stored_parts(SqlOrders(database or new_database(), shop), shop, policy, now)

    return opener
