"""PostgresDatabase on a real server that keeps what it acknowledges."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from decimal import Decimal

import psycopg
import pytest

from retailcrm.adapters.stores.postgres.database import PostgresDatabase
from retailcrm.adapters.stores.postgres.failures import said, translated
from retailcrm.errors import (
    ConflictError,
    DuplicateRowError,
    InputError,
    SettingsError,
    StoreError,
    StoreFullError,
    UnknownOutcomeError,
)

TABLE = "CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT NOT NULL CHECK (n >= 0), name TEXT)"


@pytest.fixture
def database(postgres_url):
    """Give an open database with a table."""
    database = PostgresDatabase(postgres_url)
    database.executor.run(TABLE)
    yield database
    database.close()


def ids(database) -> list[int]:
    """Give the ids that stand."""
    return [row[0] for row in database.executor.all("SELECT id FROM t ORDER BY id")]


def add(database, *numbers: int) -> None:
    """Write rows in one unit."""
    with database.unit() as executor:
        for number in numbers:
            executor.run("INSERT INTO t VALUES (?, 1, '')", (number,))


def fall_over(context, number: int, error: type[BaseException] = ZeroDivisionError) -> None:
    """Write a row in a unit or savepoint, and raise."""
    with context as executor:
        executor.run("INSERT INTO t VALUES (?, 1, '')", (number,))
        raise error


def in_thread(work) -> None:
    """Do something in another thread; raise what it raised."""
    failed = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed on
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


# -- opening -----------------------------------------------------------------------------------------


def test_a_server_that_may_lose_what_it_acknowledged_is_refused(postgres_url) -> None:
    """The session's own value counts; whoever wants it so says so."""
    with psycopg.connect(postgres_url, autocommit=True) as own:
        own.execute(f'ALTER DATABASE "{own.info.dbname}" SET synchronous_commit = off')
    with pytest.raises(SettingsError, match="synchronous_commit = off: a power failure takes back"):
        PostgresDatabase(postgres_url)
    PostgresDatabase(postgres_url, allow_unsafe=True).close()


def test_what_cannot_be_reached_is_said_without_the_password(tmp_path) -> None:
    """A server that is not there, a URL that is none, an isolation that does not keep the promises."""
    for url in (
        f"postgresql://ann:hush@/shop?host={tmp_path}",
        "postgresql://ann:hush@host:port/shop?wrong=1",
    ):
        with pytest.raises(SettingsError) as caught:
            PostgresDatabase(url)
        assert "hush" not in str(caught.value)
        assert caught.value.__suppress_context__
    with pytest.raises(SettingsError, match="repeatable read"):
        PostgresDatabase("postgresql://", isolation="repeatable read")


def test_every_spelling_of_the_scheme_is_taken(postgres_url) -> None:
    """As libpq writes it, and as SQLAlchemy does."""
    for scheme in ("postgres://", "postgresql+psycopg://"):
        with closing(PostgresDatabase(postgres_url.replace("postgresql://", scheme))) as database:
            assert database.executor.one("SELECT 1") == (1,)


def test_nothing_waits_for_ever(postgres_url) -> None:
    """The server itself ends what takes too long."""
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    with closing(PostgresDatabase(postgres_url, patience=2, statement_seconds=3, idle_seconds=4)) as database:
        told = [database.executor.one("SELECT current_setting(?)", (name,))[0] for name in names]
    assert told == ["2s", "3s", "4s"]


# -- units -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
def test_a_unit_is_there_as_a_whole_or_not_at_all(postgres_url, isolation) -> None:
    """In either isolation, which the server confirms; whatever was raised."""
    with closing(PostgresDatabase(postgres_url, isolation=isolation)) as database:
        database.executor.run(TABLE)
        add(database, 1, 2)
        with database.unit() as executor:
            assert executor.one("SELECT current_setting('transaction_isolation')") == (isolation,)
        for error in (ZeroDivisionError, KeyboardInterrupt):
            with pytest.raises(error):
                fall_over(database.unit(), 3, error)
            assert not database.in_unit
        assert ids(database) == [1, 2]


def test_a_unit_inside_another_joins_it(database) -> None:
    """One transaction, whichever ends first; nobody else sees half of it."""
    with database.unit() as outer:
        add(database, 1)
        assert database.in_unit
        assert database.executor is outer
        in_thread(lambda: unseen(database))
        with database.snapshot() as reading:
            assert reading.all("SELECT id FROM t") == [(1,)]
        add(database, 2)
    assert ids(database) == [1, 2]


def unseen(database) -> None:
    """Look from another session."""
    assert ids(database) == []


def test_a_part_that_failed_fails_the_whole(database) -> None:
    """Of a unit inside, and of a statement whose error somebody swallowed."""

    def swallow_a_unit() -> None:
        with database.unit():
            add(database, 1)
            with pytest.raises(ZeroDivisionError):
                fall_over(database.unit(), 2)

    def swallow_a_statement() -> None:
        with database.unit() as executor:
            executor.run("INSERT INTO t VALUES (1, 1, '')")
            with pytest.raises(DuplicateRowError):
                executor.run("INSERT INTO t VALUES (1, 1, '')")

    for swallow in (swallow_a_unit, swallow_a_statement):
        with pytest.raises(StoreError, match="nothing of it was written"):
            swallow()
        assert ids(database) == []


def test_a_savepoint_goes_alone(database) -> None:
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


def test_a_snapshot_stays_as_it_was(database) -> None:
    """Others go on writing; every query sees the moment of the first. Nothing is written in it."""
    add(database, 1)
    with database.snapshot() as executor:
        assert executor.one("SELECT count(*) FROM t") == (1,)
        in_thread(lambda: add(database, 2))
        assert executor.one("SELECT count(*) FROM t") == (1,)
        for write in (executor.run, executor.many):
            with pytest.raises(StoreError, match="open a unit"):
                write("DELETE FROM t", ())
        with pytest.raises(StoreError, match="inside a snapshot"), database.unit():
            pass
    assert ids(database) == [1, 2]


def test_an_executor_gives_rows_and_counts(database) -> None:
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
    assert executor.one("SELECT CAST(? AS BIGINT)", (2**63 - 1,)) == (2**63 - 1,)
    assert executor.one("SELECT sum(n) FROM t") == (Decimal(40),)


def test_batches_take_no_memory_of_the_client(database) -> None:
    """The first of a million rows come before the last was made: the server holds the rest."""
    with database.snapshot() as executor:
        batches = executor.batches("SELECT 1 / (500000 - i) FROM generate_series(1, 1000000) i", size=10)
        assert len(next(batches)) == 10
        with pytest.raises(InputError):
            list(batches)


# -- errors ------------------------------------------------------------------------------------------


def test_errors_are_this_packages_own_and_name_no_value(database) -> None:
    """Each kind of failure has its class; the message has no value, nor does the traceback."""
    phone = "13800138000"
    run = database.executor.run
    run("INSERT INTO t VALUES (1, 1, ?)", (phone,))
    run("CREATE UNIQUE INDEX names ON t (name)")
    cases = (
        (DuplicateRowError, "INSERT INTO t VALUES (?, 1, ?)", (1, "")),
        (DuplicateRowError, "INSERT INTO t VALUES (?, 1, ?)", (2, phone)),
        (StoreError, "INSERT INTO t VALUES (?, -1, ?)", (2, phone)),
        (InputError, "INSERT INTO t VALUES (?, ?, '')", (2, f"{phone}x")),
        (StoreError, "INSERT INTO nowhere VALUES (?, ?)", (2, phone)),
        (InputError, "INSERT INTO t VALUES (?, 1, ?)", (2, f"{phone}\ud800")),
        (InputError, "INSERT INTO t VALUES (?, 1, ?)", (2, f"{phone}\x00")),
        (InputError, "INSERT INTO t VALUES (?, 1, ?)", (2**63, phone)),
    )
    for kind, sql, values in cases:
        with pytest.raises(kind) as caught:
            run(sql, values)
        assert type(caught.value) is kind
        assert phone not in str(caught.value)
        assert caught.value.__suppress_context__
    assert ids(database) == [1]


def test_a_full_disk_has_its_own_error() -> None:
    """By the server's code; everything unknown is a failure of the store."""
    assert type(translated(psycopg.errors.DiskFull())) is StoreFullError
    assert type(translated(psycopg.errors.SerializationFailure())) is ConflictError
    assert type(translated(psycopg.errors.QueryCanceled())) is StoreError
    assert said(psycopg.OperationalError("anything")) == "the connection was lost"


def test_who_comes_second_is_told_to_try_again(postgres_url) -> None:
    """A lock that is not to be had, a deadlock, and two that could not have been one after the other."""
    with (
        closing(PostgresDatabase(postgres_url, patience=0.05)) as database,
        closing(PostgresDatabase(postgres_url, isolation="serializable")) as strict,
    ):
        database.executor.run(TABLE)
        add(database, 1, 2)
        with psycopg.connect(postgres_url) as other:
            other.execute("SELECT * FROM t WHERE id = 1 FOR UPDATE")
            with pytest.raises(ConflictError, match="55P03"):
                database.executor.run("UPDATE t SET n = 0 WHERE id = 1")

        def read_then_write() -> None:
            with strict.unit() as executor:
                (total,) = executor.one("SELECT CAST(sum(n) AS BIGINT) FROM t")
                if total == 2:
                    in_thread(lambda: strict.executor.run("UPDATE t SET n = n + 1 WHERE id = 1"))
                executor.run("UPDATE t SET n = ? WHERE id = 1", (total,))

        with pytest.raises(ConflictError, match="40001"):
            read_then_write()
        read_then_write()
        assert strict.executor.one("SELECT n FROM t WHERE id = 1") == (3,)


def test_one_of_a_deadlock_is_told_to_try_again(postgres_url) -> None:
    """The server chooses one; the other goes on."""
    with closing(PostgresDatabase(postgres_url)) as database:
        database.executor.run(TABLE)
        add(database, 1, 2)
        barrier = threading.Barrier(2)
        told = []

        def cross(first: int, second: int) -> None:
            try:
                with database.unit() as executor:
                    executor.run("SET LOCAL deadlock_timeout = '20ms'")
                    executor.run("UPDATE t SET n = n + 1 WHERE id = ?", (first,))
                    barrier.wait()
                    executor.run("UPDATE t SET n = n + 1 WHERE id = ?", (second,))
            except ConflictError as error:
                told.append(str(error))

        threads = [threading.Thread(target=cross, args=pair) for pair in ((1, 2), (2, 1))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ["40P01" in message for message in told] == [True]
        assert database.executor.all("SELECT n FROM t") == [(2,), (2,)]


# -- lost connections --------------------------------------------------------------------------------


def cut(database, url: str) -> None:
    """End this thread's session on the server's side, as a restart would, and wait until it is gone."""
    pid = database.unit().connection.info.backend_pid
    with psycopg.connect(url, autocommit=True) as own:
        own.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_connection_that_was_lost_between_units_is_made_again(database, postgres_url) -> None:
    """Nobody notices: nothing was open. Neither a unit, nor a snapshot, nor a statement by itself."""
    for number, use in enumerate(
        (add, lambda d, _: ids(d), lambda d, _: list(d.executor.batches("SELECT 1")))
    ):
        cut(database, postgres_url)
        use(database, number)
    cut(database, postgres_url)
    with database.snapshot() as executor:
        assert executor.all("SELECT id FROM t") == [(0,)]


def test_a_connection_that_was_lost_in_a_unit_wrote_nothing(database, postgres_url) -> None:
    """That is known, since COMMIT was never sent; the next unit has a new connection."""

    def lose() -> None:
        with database.unit() as executor:
            executor.run("INSERT INTO t VALUES (1, 1, '')")
            cut(database, postgres_url)
            executor.run("INSERT INTO t VALUES (2, 1, '')")

    with pytest.raises(StoreError) as caught:
        lose()
    assert type(caught.value) is StoreError
    add(database, 3)
    assert ids(database) == [3]


def test_a_connection_that_was_lost_at_commit_leaves_it_open(database, postgres_url) -> None:
    """Nobody can say whether the server had committed; the next unit can look."""

    def lose() -> None:
        with database.unit() as executor:
            executor.run("INSERT INTO t VALUES (1, 1, '')")
            cut(database, postgres_url)

    with pytest.raises(UnknownOutcomeError, match="same key"):
        lose()
    add(database, 2)
    assert ids(database) == [2]


def test_a_forked_child_leaves_the_parents_session_alone(database) -> None:
    """The child has one of its own, inside a unit of the parent's too, and its end ends only that."""
    with database.unit() as executor:
        executor.run("INSERT INTO t VALUES (1, 1, '')")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                assert not database.in_unit
                add(database, 2)
                database.close()
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        assert status == 0
        executor.run("INSERT INTO t VALUES (3, 1, '')")
    assert ids(database) == [1, 2, 3]


def test_a_closed_database_says_so(database) -> None:
    """Nothing can be done on it any more, in any thread."""
    in_thread(lambda: add(database, 1))
    database.close()
    with pytest.raises(StoreError, match="was closed"):
        add(database, 2)
    database.close()
