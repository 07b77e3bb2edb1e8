"""What her own statements can do to the journal: SQLite asks no trigger about a row that is replaced."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

import pytest

from retailcrm import open_shop
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.errors import StoreError
from retailcrm.shop.policy import policy_from_table
from retailcrm.shop.stored.verifying import verify

if TYPE_CHECKING:
    from pathlib import Path

REPLACE: Final = (
    "INSERT OR REPLACE INTO retailcrm_entries SELECT shop, account, version, verb, 'another', effective_at, "
    "recorded_at, document, proof FROM retailcrm_entries"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the file of a shop in which somebody has points."""
    path = tmp_path / "shop.db"
    rules = policy_from_table({"shop": {"zone": "UTC"}, "points": {}})
    with open_shop(f"sqlite:///{path}", policy=rules) as shop:
        shop.loyalty.adjust("ann", 1, key="a", reason="gift", actor="li")
    return path


def findings(file: Path) -> set[tuple[str, str]]:
    """Give tables and codes of what verify finds."""
    with closing(SqliteDatabase(file, create=False)) as database:
        return {(one.table, one.code) for one in verify(database).findings}


def test_ours_replace_no_entry(file: Path) -> None:
    """The store's own connections are asked about replaced rows too."""
    with closing(SqliteDatabase(file)) as database, pytest.raises(StoreError, match="append-only"):
        database.executor.run(REPLACE)
    assert findings(file) == set()


def test_hers_replace_none_with_recursive_triggers(file: Path) -> None:
    """With the setting of ``stores.md`` a connection of hers is refused as well."""
    with closing(sqlite3.connect(file)) as hers:
        hers.execute("PRAGMA recursive_triggers = ON")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            hers.execute(REPLACE)
    assert findings(file) == set()


def test_an_entry_that_was_replaced_is_found(file: Path) -> None:
    """Without the setting SQLite takes it, and verify says whose entry is another than was written."""
    with closing(sqlite3.connect(file)) as hers:
        hers.execute(REPLACE)
        hers.commit()
    assert ("entries", "digest") in findings(file)
