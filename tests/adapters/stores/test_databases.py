"""What every database does alike: in a file, and on a server at either isolation that a URL may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.adapters.stores.databases import opened
from tests.adapters.stores.one_table import (
    PHONE,
    add,
    add_table,
    fall_over,
    ids,
    in_thread,
    refused_without_a_word,
    seen_by_another,
)

from retailcrm.errors import ConflictError, DuplicateRowError, InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailcrm.adapters.stores.sql.executor import Database


@pytest.fixture(params=["sqlite", "postgresql", "postgresql?isolation=serializable"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give an open database with a table."""
    with opened(request.param, tmp_path, request) as database:
        add_table(database)
        yield database


def test_a_unit_is_there_as_a_whole_or_not_at_all(database: Database) -> None:
    """What was written is there after the block, and gone if it raised, whatever it raised."""
    add(database, 1, 2)
    for error in (ZeroDivisionError, KeyboardInterrupt, SystemExit):
        with pytest.raises(error):
            fall_over(database.unit(), 3, error)
        assert not database.in_unit
        assert ids(database) == [1, 2]


def test_a_unit_inside_another_joins_it(database: Database) -> None:
    """One transaction, whichever ends first; nobody else sees half of it."""
    with database.unit() as outer:
        add(database, 1)
        assert database.in_unit
        assert database.executor is outer
        assert seen_by_another(database) == []
        with database.snapshot() as reading:
            assert reading.all("SELECT id FROM t") == [(1,)]
        add(database, 2)
    assert seen_by_another(database) == [1, 2]


def test_a_part_that_failed_fails_the_whole(database: Database) -> None:
    """Somebody swallowed the error of a unit inside: what it had written by then is not kept."""

    def swallow() -> None:
        with database.unit():
            add(database, 1)
            with pytest.raises(ZeroDivisionError):
                fall_over(database.unit(), 2)

    with pytest.raises(StoreError, match="nothing of it was written"):
        swallow()
    assert ids(database) == []
    add(database, 3)
    assert ids(database) == [3]


def test_a_savepoint_goes_alone(database: Database) -> None:
    """With what failed in it; one in another too, and units that joined inside."""
    with database.unit():
        add(database, 1)
        with pytest.raises(ZeroDivisionError):
            fall_over(database.savepoint(), 2)
        with database.savepoint():
            add(database, 3)
            with pytest.raises(ConflictError), database.savepoint():
                add(database, 4, 3)
        add(database, 5)
    assert ids(database) == [1, 3, 5]
    with pytest.raises(StoreError, match="none is open"), database.savepoint():
        pass


def test_a_snapshot_stays_as_it_was(database: Database) -> None:
    """Others go on writing; every query sees the moment of the first. Nothing is written in it."""
    add(database, 1)
    with database.snapshot() as executor:
        assert executor.one("SELECT count(*) FROM t") == (1,)
        in_thread(lambda: add(database, 2))
        assert executor.one("SELECT count(*) FROM t") == (1,)
        assert not database.in_unit
        with database.snapshot() as inner:
            assert inner.one("SELECT count(*) FROM t") == (1,)
        for write in (executor.run, executor.many):
            with pytest.raises(StoreError, match="open a unit"):
                write("DELETE FROM t", ())
        with pytest.raises(StoreError, match="inside a snapshot"), database.unit():
            pass
    assert ids(database) == [1, 2]


def test_an_executor_gives_rows_and_counts(database: Database) -> None:
    """Each method, inside a unit and outside; big numbers keep their size."""
    executor = database.executor
    executor.many("INSERT INTO t VALUES (?, ?, ?)", ((n, n, "50% x") for n in range(1, 11)))
    assert executor.run("UPDATE t SET n = n + 1 WHERE id <= ? AND name LIKE '50%'", (4,)) == 4
    assert executor.one("SELECT n FROM t WHERE id = ?", (99,)) is None
    assert executor.one("DELETE FROM t WHERE id = 10 RETURNING n") == (10,)
    assert executor.all("SELECT id, n FROM t WHERE id < 3 ORDER BY id") == [(1, 2), (2, 3)]
    assert executor.all("UPDATE t SET n = 0 WHERE id > 8 RETURNING id") == [(9,)]
    assert [len(batch) for batch in executor.batches("SELECT id FROM t", size=4)] == [4, 4, 1]
    for context in (database.unit(), database.snapshot()):
        with context as inside:
            first, second = inside.batches("SELECT id FROM t", size=4), inside.batches("SELECT id FROM t")
            assert len(next(first)) == 4
            assert [len(batch) for batch in second] == [9]
            assert [len(batch) for batch in first] == [4, 1]
    with database.unit() as inside:
        inside.many("DELETE FROM t WHERE id = ?", [(1,), (2,)])
    assert len(ids(database)) == 7
    assert executor.one("SELECT CAST(? AS BIGINT)", (2**63 - 1,)) == (2**63 - 1,)


def test_many_outside_a_unit_are_one_transaction(database: Database) -> None:
    """The third fails, so none of them stands."""
    with pytest.raises(DuplicateRowError):
        database.executor.many("INSERT INTO t VALUES (?, 1, '')", [(1,), (2,), (1,)])
    assert ids(database) == []


def test_a_query_that_was_left_half_read_disturbs_nothing(database: Database) -> None:
    """Neither the end of the snapshot nor the next unit."""
    add(database, *range(20))
    with database.snapshot() as executor:
        batches = executor.batches("SELECT id FROM t", size=3)
        next(batches)
    add(database, 20)
    assert len(ids(database)) == 21


def test_errors_are_this_packages_own_and_name_no_value(database: Database) -> None:
    """Each kind of failure has its class; the message has no value, nor does the traceback."""
    database.executor.run("INSERT INTO t VALUES (1, 1, ?)", (PHONE,))
    database.executor.run("CREATE UNIQUE INDEX names ON t (name)")
    refused_without_a_word(
        database,
        (
            (DuplicateRowError, "INSERT INTO t VALUES (?, 1, ?)", (1, "")),
            (DuplicateRowError, "INSERT INTO t VALUES (?, 1, ?)", (2, PHONE)),
            (StoreError, "INSERT INTO t VALUES (?, -1, ?)", (2, PHONE)),
            (StoreError, "INSERT INTO nowhere VALUES (?, ?)", (2, PHONE)),
            (InputError, "INSERT INTO t VALUES (?, 1, ?)", (2, f"{PHONE}\ud800")),
            (InputError, "INSERT INTO t VALUES (?, 1, ?)", (2**63, PHONE)),
        ),
    )
    assert ids(database) == [1]


def test_a_closed_database_says_so(database: Database) -> None:
    """Nothing can be done on it any more, in any thread; to close it again is no error."""
    in_thread(lambda: add(database, 1))
    database.close()
    for work in (lambda: add(database, 2), lambda: in_thread(lambda: ids(database))):
        with pytest.raises(StoreError, match="was closed"):
            work()
    database.close()
