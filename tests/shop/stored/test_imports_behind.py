"""Imports whose rows a thread writes leave the very rows that one thread alone leaves."""

from contextlib import closing
from datetime import timedelta

import pyarrow as pa
import pytest
from tests.shop.stored.histories import START
from tests.shop.stored.test_following import KINDS, MAPPING

from retailcrm import open_shop
from retailcrm.adapters.stores.sql import bulk_behind, orders, orders_columns
from retailcrm.adapters.stores.sql.bulk_behind import Behind
from retailcrm.adapters.stores.sql.location import database_at
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.errors import StoreFullError
from retailcrm.shop.policy import policy_from_table

RULES = policy_from_table({"points": {}})


def told(numbers, day):
    """Give a file of orders: four a customer, placed within 40 days, the newest not completed."""
    rows = []
    for n in numbers:
        at = START + timedelta(days=n % 40, hours=n)
        done = at + timedelta(days=9) if n % 40 + 9 < day else None
        rows.append(
            {
                "number": str(n), "buyer": f"who {n // 4}", "paid": str(100 + n), "state": "paid",
                "back": "50" if n % 7 == 3 and done else "0", "placed_at": at, "paid_at": at,
                "shipped_at": None, "completed_at": done, "refunded_at": done if n % 7 == 3 else None,
            }
        )  # fmt: skip
    return pa.table({name: pa.array([one[name] for one in rows], kind) for name, kind in KINDS.items()})


FILES = (told(range(60), 30), told(range(40, 100), 45), told(range(20, 110), 80))
"""A first one; one that changes orders and brings others; one more."""


def imported(url, clock):
    """Import the files; give every row of every table."""
    with closing(open_shop(url, policy=RULES, clock=clock)) as shop:
        for number, file in enumerate(FILES):
            shop.imports.table(file, MAPPING, name=f"file {number}")
    with closing(database_at(url)) as database:
        run = database.executor
        names = run.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'retailcrm_%'")
        # Our own names.
        return {name: sorted(run.all(f"SELECT * FROM {name}"), key=repr) for (name,) in names}  # noqa: S608


@pytest.fixture
def clock():
    """Give a clock that stands still after all files."""
    return lambda: START + timedelta(days=90)


def in_threads(monkeypatch):
    """Let a thread write the rows of imports of any size, in small pieces; give what it was given."""
    monkeypatch.setattr(orders, "_MANY", 1)
    monkeypatch.setattr(orders_columns, "AT_ONCE", 16)
    monkeypatch.setattr(bulk_behind, "_AT_ONCE", 7)
    given, put = [], Behind.put

    def noted(thread, work, *, later=False):
        given.append(work.tables)
        put(thread, work, later=later)

    monkeypatch.setattr(Behind, "put", noted)
    return given


def test_a_thread_leaves_the_very_rows(tmp_path, monkeypatch, clock) -> None:
    """All rows of all tables are those that are there if nothing is written behind anybody's back."""
    with monkeypatch.context() as patched:
        patched.delattr(SqliteDatabase, "behind")
        alone = imported(f"sqlite:///{tmp_path}/alone.db", clock)
    given = in_threads(monkeypatch)
    found = imported(f"sqlite:///{tmp_path}/threads.db", clock)
    assert {len(found["retailcrm_orders"]), len(found["retailcrm_awards"])} == {110}
    assert found == alone
    assert {name for tables in given for name in tables} >= {
        "retailcrm_observed_orders", "retailcrm_orders", "retailcrm_entries"
    }  # fmt: skip


def test_a_disk_that_fills_up_in_the_thread_keeps_nothing(tmp_path, monkeypatch, clock) -> None:
    """The import says that there is no room, keeps nothing, and runs again once there is."""
    in_threads(monkeypatch)
    url = f"sqlite:///{tmp_path}/shop.db"
    with closing(open_shop(url, policy=RULES, clock=clock)) as shop:
        run = shop._database.database.executor
        pages, before = run.one("PRAGMA page_count")[0], run.one("SELECT count(*) FROM retailcrm_files")
        run.all(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreFullError):
            shop.imports.table(FILES[0], MAPPING, name="file 0")
        for name in ("files", "orders", "observed_orders", "awards"):
            assert run.one(f"SELECT count(*) FROM retailcrm_{name}") == (0,)  # noqa: S608 - our own names
        assert before == (0,)
        run.all("PRAGMA max_page_count = 1000000")
        assert shop.imports.table(FILES[0], MAPPING, name="file 0").accepted == 60
        assert len(shop.loyalty.history("who 3")) > 0
