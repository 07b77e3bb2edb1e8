"""PostgresDatabase on a real server."""

from __future__ import annotations

import pytest

from retailcrm.adapters.stores.postgres.database import PostgresDatabase
from retailcrm.errors import DuplicateRowError


@pytest.fixture
def database(postgres_url):
    database = PostgresDatabase(postgres_url)
    yield database
    database.close()


def test_a_unit_commits_and_rolls_back(database) -> None:
    """What a unit wrote is there after it, and gone if it raised."""
    with database.unit() as executor:
        executor.run("CREATE TABLE t (a BIGINT PRIMARY KEY, b TEXT)")
        assert executor.run("INSERT INTO t VALUES (?, ?)", (1, "x")) == 1
    with pytest.raises(ZeroDivisionError), database.unit() as executor:
        executor.run("INSERT INTO t VALUES (?, ?)", (2, "x"))
        raise ZeroDivisionError
    assert database.executor.all("SELECT a FROM t") == [(1,)]
    with pytest.raises(DuplicateRowError):
        database.executor.run("INSERT INTO t VALUES (?, ?)", (1, "x"))
