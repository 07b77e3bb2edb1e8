"""Rows written in a thread of its own are there for whoever asks, and gone with their unit."""

from __future__ import annotations

import sys
import threading
from contextlib import closing

import pytest

from retailcrm.adapters.stores.sql.bulk_behind import Behind, RowsInColumns, Work, behind
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.errors import DuplicateRowError, InputError, StoreError

INSERT = "INSERT INTO retailcrm_stock (item, pieces) VALUES (?, ?)"
COUNT = "SELECT count(*), sum(pieces) FROM retailcrm_stock"
OTHERS = "SELECT count(*) FROM retailcrm_other"


@pytest.fixture
def database(tmp_path):
    """Give a database with two tables."""
    database = SqliteDatabase(tmp_path / "shop.db")
    with database.unit() as run:
        run.run("CREATE TABLE retailcrm_stock (item TEXT PRIMARY KEY, pieces INTEGER NOT NULL) STRICT")
        run.run("CREATE TABLE retailcrm_other (item TEXT PRIMARY KEY) STRICT")
    with closing(database):
        yield database


def rows(first, last, *, wait=None):
    """Give the work of writing some numbered items: one piece of the first, two of the next and so on."""

    def made():
        if wait is not None:
            assert wait.wait(10)
        items = [f"{n:05d}" for n in range(first, last)]
        return [RowsInColumns(INSERT, [items, list(range(1, len(items) + 1))])]

    return Work(frozenset({"retailcrm_stock"}), made)


def test_every_row_is_written_once(database) -> None:
    """Whole statements and what is left over: 1,003 rows, their pieces 1 + ... + 1003, and 5 rows later."""
    with database.unit(), behind(database) as thread:
        thread.put(rows(0, 1003))
        thread.put(rows(2000, 2005), later=True)
    assert database.executor.one(COUNT) == (1008, 1003 * 1004 // 2 + 15)
    assert database.executor.one("SELECT pieces FROM retailcrm_stock WHERE item = '00700'") == (701,)


def test_what_all_rows_have_is_written_as_it_is(database) -> None:
    """Texts with quotes and marks, none, numbers below zero, and what no statement can say."""
    names = ("item", "plain", "odd", "none", "number", "mixed")
    with database.unit() as run:
        run.run("CREATE TABLE retailcrm_same (item, plain, odd, none, number, mixed)")
    insert = f"INSERT INTO retailcrm_same ({', '.join(names)}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - fixed words
    same = ('it\'s a ? "小明"', "two\nlines\0", None, -5)
    items = list(range(900))
    columns = [items, *([one] * 900 for one in same), [1, *[2] * 898, 1]]
    with database.unit(), behind(database) as thread:
        thread.put(Work(frozenset({"retailcrm_same"}), lambda: [RowsInColumns(insert, columns)]))
    expected = [(n, *same, 1 if n in (0, 899) else 2) for n in items]
    assert database.executor.all("SELECT * FROM retailcrm_same ORDER BY item") == expected


def test_a_question_about_the_table_waits_for_its_rows(database) -> None:
    """Whoever asks for a table whose rows wait sees them; whoever asks for another one does not wait."""
    go = threading.Event()
    with database.unit(), behind(database) as thread:
        thread.put(rows(0, 10, wait=go))
        assert database.executor.one(OTHERS) == (0,)
        database.executor.run("INSERT INTO retailcrm_other VALUES ('scarf')")
        database.executor.many("INSERT INTO retailcrm_other VALUES (?)", [("hat",)])
        assert not go.is_set()
        go.set()
        assert database.executor.all(COUNT) == [(10, 55)]
        thread.put(rows(10, 12))
        asked = database.executor.batches("SELECT item FROM retailcrm_stock ORDER BY item", size=8)
        assert [len(some) for some in asked] == [8, 4]


def test_a_savepoint_is_after_the_rows_before_it(database) -> None:
    """What was put before a part of the unit stays when the part is taken back; what was put in it goes."""
    with database.unit(), behind(database) as thread:
        thread.put(rows(0, 10))
        with pytest.raises(ZeroDivisionError), database.savepoint():  # noqa: PT012 - both are to be there
            thread.put(rows(10, 20))
            raise ZeroDivisionError
    assert database.executor.one(COUNT) == (10, 55)


@pytest.mark.parametrize(
    ("made", "error"),
    [
        (lambda: [RowsInColumns(INSERT, [["a"] * 900, [1] * 900])], DuplicateRowError),
        (lambda: [RowsInColumns(INSERT, [["a"], [2**70]])], InputError),
        (lambda: [RowsInColumns(INSERT, [["a"], [None]])], StoreError),
        (lambda: [RowsInColumns(INSERT, [])], IndexError),
    ],
)
def test_an_error_of_the_thread_comes_out_of_the_unit(database, made, error) -> None:
    """It is what the statement would have raised; nothing of the unit is written, and no thread is left."""
    with pytest.raises(error), database.unit(), behind(database) as thread:  # noqa: PT012 - rows before
        thread.put(rows(1, 900))
        thread.put(Work(frozenset({"retailcrm_stock"}), made))
        thread.put(rows(900, 1000))
    assert database.executor.one(COUNT) == (0, None)
    assert not [one for one in threading.enumerate() if one.name == "retailcrm-rows"]
    with database.unit(), behind(database) as thread:
        thread.put(rows(0, 2))
    assert database.executor.one(COUNT) == (2, 3)


def test_nothing_is_written_after_the_unit_has_failed(database) -> None:
    """Rows that wait when the block raises are not written, and those that were are rolled back."""
    go = threading.Event()
    with pytest.raises(KeyboardInterrupt), database.unit(), behind(database) as thread:  # noqa: PT012 - as above
        thread.put(rows(0, 500))
        thread.put(rows(500, 1000, wait=go))
        thread.put(rows(1000, 1500), later=True)
        go.set()
        raise KeyboardInterrupt
    assert database.executor.one(COUNT) == (0, None)


def test_ctrl_c_while_the_thread_ends_waits_for_its_end(database, monkeypatch) -> None:
    """A second Ctrl-C does not let the unit be rolled back under a statement that runs."""
    join, interrupts = threading.Thread.join, [KeyboardInterrupt, KeyboardInterrupt]

    def joined(thread, timeout=None):
        if thread.name == "retailcrm-rows" and interrupts:
            raise interrupts.pop()
        join(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", joined)
    with pytest.raises(KeyboardInterrupt), database.unit(), behind(database) as thread:
        thread.put(rows(0, 5000))
    assert not interrupts
    assert not [one for one in threading.enumerate() if one.name == "retailcrm-rows"]
    assert database.executor.one(COUNT) == (0, None)


def test_one_thread_writes_however_often_it_is_asked_for(database) -> None:
    """A block inside another joins it: its rows may still wait when it has ended."""
    with database.unit() as run, behind(database) as outer:
        with behind(database) as inner:
            assert inner is outer
            inner.put(rows(0, 5))
        assert isinstance(database.executor, Behind)
        assert database.executor is not run
    assert database.executor.one(COUNT) == (5, 15)


def test_few_values_a_statement_are_few_rows(database) -> None:
    """A library that takes 7 values a statement is given 3 rows of 2 at a time."""
    with database.unit() as run:
        thread = Behind(run, 7)
        thread.put(rows(0, 10))
        thread.drain()
        thread.end()
    assert database.executor.one(COUNT) == (10, 55)


def test_rows_need_a_unit(database) -> None:
    """Outside a unit each statement would be kept by itself: that is refused."""
    with pytest.raises(StoreError, match="none is open"), behind(database):
        pass


def test_threads_take_turns_more_often_while_rows_are_written(tmp_path) -> None:
    """Python's setting is put back when the last of several imports ends, in whatever sequence."""
    before = sys.getswitchinterval()
    with (
        closing(SqliteDatabase(tmp_path / "one.db")) as one,
        closing(SqliteDatabase(tmp_path / "two.db")) as two,
    ):
        with one.unit(), two.unit():
            first = behind(one)
            first.__enter__()
            assert sys.getswitchinterval() < before
            with behind(two):
                first.__exit__(None, None, None)
                assert sys.getswitchinterval() < before
        assert sys.getswitchinterval() == before
