"""A caller's row and ours are committed together and rolled back together, whatever the caller holds."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from textwrap import dedent

import psycopg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from retailcrm.adapters.stores.postgres.database import PostgresDatabase
from retailcrm.adapters.stores.sql.borrowed import BorrowedDatabase, borrowed
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.errors import (
    ConflictError,
    DuplicateRowError,
    RetryTransactionError,
    SettingsError,
    StoreError,
    StoreFullError,
)

TABLES = (
    "CREATE TABLE hers (id BIGINT PRIMARY KEY, note TEXT)",
    "CREATE TABLE ours (id BIGINT PRIMARY KEY, points BIGINT)",
)

STANDING = ("SELECT id FROM hers ORDER BY id", "SELECT id FROM ours ORDER BY id")


def tables(database) -> None:
    """Make a table of the caller's and one of ours."""
    with database.unit() as executor:
        for statement in TABLES:
            executor.run(statement)


@pytest.fixture
def file(tmp_path):
    """Give a file with both tables, as a store of ours left it."""
    database = SqliteDatabase(tmp_path / "shop.db")
    tables(database)
    yield database.path
    database.close()


@pytest.fixture
def server(postgres_url):
    """Give the URL of a database with both tables."""
    with closing(PostgresDatabase(postgres_url)) as database:
        tables(database)
    return postgres_url


def earn(given, number: int, **options: bool) -> None:
    """Write a row of ours in somebody's transaction, as a verb would."""
    with borrowed(given, **options).unit() as executor:
        mine = executor.all("SELECT points FROM ours WHERE id = ?", (number,))
        assert mine == []
        assert executor.run("INSERT INTO ours (id, points) VALUES (?, ?)", (number, 7)) == 1
        assert executor.one("SELECT points FROM ours WHERE id = ?", (number,)) == (7,)


def earn_twice(given, number: int) -> None:
    """Write a row of ours, and again, which the key forbids."""
    with borrowed(given).unit() as executor:
        executor.run("INSERT INTO ours (id, points) VALUES (?, 7)", (number,))
        executor.run("INSERT INTO ours (id, points) VALUES (?, 7)", (number,))


def fall_over(context, number: int) -> None:
    """Write a row of ours in a unit or savepoint, and raise."""
    with context as executor:
        executor.run("INSERT INTO ours (id, points) VALUES (?, 7)", (number,))
        raise ZeroDivisionError


def standing_in_file(file) -> tuple[list[int], list[int]]:
    """Read both tables on a connection of the test's own."""
    with closing(sqlite3.connect(file)) as own:
        return tuple([row[0] for row in own.execute(query)] for query in STANDING)


def standing_on_server(server) -> tuple[list[int], list[int]]:
    """Read both tables on a connection of the test's own."""
    with psycopg.connect(server) as own:
        return tuple([row[0] for row in own.execute(query)] for query in STANDING)


def together(write, given, commit, rollback, standing) -> None:
    """Let her write and us, in each order, and end it each way; both rows stand or none."""
    number = 0
    for first, second in ((write, lambda n: earn(given, n)), (lambda n: earn(given, n), write)):
        before = standing()
        number += 1
        first(number)
        second(number)
        rollback()
        assert standing() == before
        number += 1
        first(number)
        second(number)
        assert standing() == before, "nobody else sees it yet"
        commit()
        assert standing() == tuple([*rows, number] for rows in before)


# -- the trap ----------------------------------------------------------------------------------------


@contextmanager
def naive(connection: sqlite3.Connection):
    """Do what looks right: a savepoint, and no commit."""
    connection.execute("SAVEPOINT verb")
    yield connection
    connection.execute("RELEASE verb")


def test_a_naive_savepoint_keeps_our_row_when_the_caller_rolls_back(file) -> None:
    """The negative control: outside a transaction a released savepoint commits; ours does not."""
    with closing(sqlite3.connect(file)) as hers:
        with naive(hers):
            hers.execute("INSERT INTO ours VALUES (1, 7)")
        hers.execute("INSERT INTO hers VALUES (1, 'order')")
        hers.rollback()
        assert standing_in_file(file) == ([], [1])
        earn(hers, 2)
        hers.execute("INSERT INTO hers VALUES (2, 'order')")
        hers.rollback()
        assert standing_in_file(file) == ([], [1])


def test_a_naive_savepoint_under_sqlalchemy_keeps_our_row_too(file) -> None:
    """SQLAlchemy's driver for SQLite walks into the same trap; ours does not."""
    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    with engine.connect() as hers:
        hers.exec_driver_sql("SAVEPOINT verb")
        hers.exec_driver_sql("INSERT INTO ours VALUES (1, 7)")
        hers.exec_driver_sql("RELEASE verb")
        hers.rollback()
        assert standing_in_file(file) == ([], [1])
        earn(hers, 2)
        hers.rollback()
        assert standing_in_file(file) == ([], [1])
    engine.dispose()


# -- each driver -------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"])
@pytest.mark.parametrize("cursor", [False, True], ids=["connection", "cursor"])
def test_sqlite3_ends_both_together(file, level, cursor) -> None:
    """A connection or cursor of the standard library, in each way of opening transactions."""
    with closing(sqlite3.connect(file, isolation_level=level)) as hers:
        together(
            lambda n: hers.execute("INSERT INTO hers VALUES (?, 'order')", (n,)),
            hers.cursor() if cursor else hers,
            hers.commit,
            hers.rollback,
            lambda: standing_in_file(file),
        )


def test_sqlite3_with_its_own_begin_ends_both_together(file) -> None:
    """A connection that commits each statement does when the caller ran BEGIN herself."""
    with closing(sqlite3.connect(file, isolation_level=None)) as hers:
        hers.execute("BEGIN")
        earn(hers, 1)
        hers.execute("ROLLBACK")
        assert standing_in_file(file) == ([], [])
        hers.execute("BEGIN")
        hers.execute("INSERT INTO hers VALUES (2, 'order')")
        earn(hers, 2)
        hers.execute("COMMIT")
        assert standing_in_file(file) == ([2], [2])
        with pytest.raises(SettingsError, match="run BEGIN first"):
            earn(hers, 3)
        assert standing_in_file(file) == ([2], [2])


if sys.version_info >= (3, 12):

    def test_sqlite3_with_the_autocommit_of_python_3_12_ends_both_together(file) -> None:
        """Off, a transaction is always open; on, only after the caller's BEGIN."""
        with closing(sqlite3.connect(file, autocommit=False)) as hers:
            together(
                lambda n: hers.execute("INSERT INTO hers VALUES (?, 'order')", (n,)),
                hers,
                hers.commit,
                hers.rollback,
                lambda: standing_in_file(file),
            )
        with closing(sqlite3.connect(file, autocommit=True)) as hers:
            with pytest.raises(SettingsError, match="run BEGIN first"):
                earn(hers, 10)
            hers.execute("BEGIN")
            earn(hers, 10)
            hers.execute("ROLLBACK")
        assert standing_in_file(file) == ([2, 4], [2, 4])


@pytest.mark.parametrize("cursor", [False, True], ids=["connection", "cursor"])
def test_psycopg_ends_both_together(server, cursor) -> None:
    """A connection or cursor of psycopg."""
    with closing(psycopg.connect(server)) as hers:
        together(
            lambda n: hers.execute("INSERT INTO hers VALUES (%s, 'order')", (n,)),
            hers.cursor() if cursor else hers,
            hers.commit,
            hers.rollback,
            lambda: standing_on_server(server),
        )


def test_psycopg_that_commits_each_statement_is_refused_without_a_transaction(server) -> None:
    """With autocommit on, ``transaction()`` makes both one; without it nothing is written."""
    with closing(psycopg.connect(server, autocommit=True)) as hers:
        with pytest.raises(SettingsError, match="commits each statement"):
            earn(hers, 1)
        with hers.transaction():
            hers.execute("INSERT INTO hers VALUES (2, 'order')")
            earn(hers, 2)
        with hers.transaction():
            earn(hers, 3)
            raise psycopg.Rollback
        assert standing_on_server(server) == ([2], [2])


@pytest.mark.parametrize("where", ["file", "server"])
def test_sqlalchemy_connections_end_both_together(where, request) -> None:
    """An SQLAlchemy connection, on both databases."""
    engine, standing = alchemy(where, request)
    with engine.connect() as hers:
        insert = sqlalchemy.text("INSERT INTO hers VALUES (:n, 'order')")
        together(lambda n: hers.execute(insert, {"n": n}), hers, hers.commit, hers.rollback, standing)
    before = standing()
    with engine.begin() as hers:
        earn(hers, 10)
    assert standing() == (before[0], [*before[1], 10])
    with pytest.raises(ConflictError), engine.begin() as hers:
        earn_twice(hers, 11)
    assert standing() == (before[0], [*before[1], 10])
    engine.dispose()


@pytest.mark.parametrize("scoped", [False, True], ids=["session", "scoped"])
@pytest.mark.parametrize("where", ["file", "server"])
def test_sqlalchemy_sessions_end_both_together(where, scoped, request) -> None:
    """An SQLAlchemy session, scoped or not, on both databases; a new transaction takes a new connection."""
    engine, standing = alchemy(where, request)
    hers = scoped_session(sessionmaker(engine)) if scoped else Session(engine)
    insert = sqlalchemy.text("INSERT INTO hers VALUES (:n, 'order')")
    together(lambda n: hers.execute(insert, {"n": n}), hers, hers.commit, hers.rollback, standing)
    before = standing()
    with hers.begin_nested() as part:
        earn(hers, 10)
        part.rollback()
    hers.commit()
    assert standing() == before
    hers.close()
    engine.dispose()


@pytest.mark.parametrize("where", ["file", "server"])
def test_sqlalchemy_that_commits_each_statement_is_refused(where, request) -> None:
    """AUTOCOMMIT leaves nothing that a rollback could end."""
    engine, standing = alchemy(where, request)
    with (
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as hers,
        pytest.raises(SettingsError, match="commits each statement"),
    ):
        earn(hers, 1)
    assert standing() == ([], [])
    engine.dispose()


def test_a_driver_that_only_sqlalchemy_knows_ends_both_together(file) -> None:
    """Statements then go through SQLAlchemy; shown with SQLite's driver, whose trap is the same."""
    from retailcrm.adapters.stores.sql.borrowed.alchemy import AlchemyHand, AlchemyLender

    class Unknown(AlchemyLender):
        def _of(self, connection, raw):
            return AlchemyHand(connection, raw, self.dialect)

    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    with engine.connect() as hers:
        lender = Unknown(lambda: hers, "sqlite")

        def ours(number: int) -> None:
            with BorrowedDatabase(lender, allow_unsafe=False).unit() as executor:
                executor.run("INSERT INTO ours VALUES (?, 7)", (number,))

        for number in (1, 2):
            ours(number)
            hers.exec_driver_sql("INSERT INTO hers VALUES (?, 'order')", (number,))
            (hers.commit if number == 2 else hers.rollback)()
        assert standing_in_file(file) == ([2], [2])
        with pytest.raises(DuplicateRowError):
            ours(2)
        assert not hers.connection.dbapi_connection.in_transaction
        hers.exec_driver_sql("INSERT INTO hers VALUES (3, 'order')")
        with pytest.raises(DuplicateRowError):
            ours(2)
        hers.commit()
        assert standing_in_file(file) == ([2, 3], [2])
        hers.exec_driver_sql("PRAGMA synchronous = OFF")
        with pytest.raises(SettingsError, match="synchronous"):
            ours(4)
    engine.dispose()


def alchemy(where, request):
    """Give an engine, and what reads both tables."""
    value = request.getfixturevalue(where)
    if where == "file":
        return sqlalchemy.create_engine(f"sqlite:///{value}"), lambda: standing_in_file(value)
    return sqlalchemy.create_engine(alchemy_url(value)), lambda: standing_on_server(value)


def alchemy_url(server: str) -> str:
    """Write a URL the way SQLAlchemy takes it."""
    return server.replace("postgresql://", "postgresql+psycopg://")


def test_an_asynchronous_connection_ends_both_together_by_run_sync(server) -> None:
    """``run_sync`` hands on a connection whose rows and ours are one transaction; so does a session's."""

    async def shop() -> None:
        engine = create_async_engine(alchemy_url(server))
        insert = sqlalchemy.text("INSERT INTO hers VALUES (:n, 'order')")
        async with engine.connect() as hers:
            await hers.execute(insert, {"n": 1})
            await hers.run_sync(earn, 1)
            await hers.rollback()
            await hers.run_sync(earn, 2)
            await hers.execute(insert, {"n": 2})
            await hers.commit()
            await hers.run_sync(everything)
            await hers.rollback()
            await hers.execution_options(isolation_level="AUTOCOMMIT")
            with pytest.raises(SettingsError, match="commits each statement"):
                await hers.run_sync(earn, 9)
        async with AsyncSession(engine) as session:
            await session.run_sync(earn, 3)
            await session.rollback()
            await session.run_sync(earn, 4)
            await session.commit()
            with pytest.raises(SettingsError, match="run_sync"):
                borrowed(session)
        await engine.dispose()

    asyncio.run(shop())
    assert standing_on_server(server) == ([2], [2, 4])


def everything(given) -> None:
    """Use each method of an executor, errors and savepoints."""
    database = borrowed(given)
    with database.unit() as executor:
        executor.many("INSERT INTO ours VALUES (?, ?)", [(number, number) for number in range(100, 110)])
        executor.many("INSERT INTO ours VALUES (?, ?)", iter(()))
        with pytest.raises(DuplicateRowError), database.savepoint():
            executor.run("INSERT INTO ours VALUES (?, ?)", (100, 0))
        found = list(executor.batches("SELECT id FROM ours WHERE id >= ? ORDER BY id", (100,), size=4))
        assert found == [[(n,) for n in range(100, 104)], [(n,) for n in range(104, 108)], [(108,), (109,)]]
        assert executor.run("UPDATE ours SET points = points + 1 WHERE id > ?", (104,)) == 5
        assert executor.one("SELECT points FROM ours WHERE id = ?", (-1,)) is None
        assert executor.one("INSERT INTO ours VALUES (?, 0) RETURNING id", (110,)) == (110,)
        executor.run("DELETE FROM ours WHERE id >= ?", (100,))
    with database.snapshot() as executor:
        assert executor.all("SELECT count(*) FROM ours WHERE id >= ?", (100,)) == [(0,)]


# -- Django ------------------------------------------------------------------------------------------

DJANGO = dedent("""
    import sys
    import django
    from django.conf import settings

    engine, name, host, user = sys.argv[1:]
    settings.configure(DATABASES={"default": {
        "ENGINE": f"django.db.backends.{engine}", "NAME": name, "HOST": host, "USER": user}})
    django.setup()
    from django.db import connection, connections, transaction
    from retailcrm.adapters.stores.sql.borrowed import borrowed
    from retailcrm.errors import ConflictError, SettingsError, StoreError

    def hers(number):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO hers VALUES (%s, 'order')", [number])

    def earn(number, given=connection):
        with borrowed(given).unit() as executor:
            executor.run("INSERT INTO ours VALUES (?, ?)", (number, 7))

    def standing():
        with connection.cursor() as cursor:
            both = []
            for table in ("hers", "ours"):
                cursor.execute(f"SELECT id FROM {table} ORDER BY id")
                both.append([row[0] for row in cursor.fetchall()])
        return both

    try:
        earn(1)
        sys.exit("outside atomic it must refuse")
    except SettingsError as error:
        assert "atomic" in str(error)
    for first, second in ((hers, earn), (earn, hers)):
        try:
            with transaction.atomic():
                first(1)
                second(1)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        assert standing() == [[], []], standing()
    with transaction.atomic():
        hers(2)
        earn(2)
        earn(3, connections["default"])
        with connection.cursor() as cursor:
            earn(4, cursor)
        try:
            earn(2)
            sys.exit("a key twice must fail")
        except ConflictError:
            pass
        try:
            with transaction.atomic():
                earn(5)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        assert borrowed(connection).executor.all("SELECT id FROM ours ORDER BY id") == [(2,), (3,), (4,)]
    assert standing() == [[2], [2, 3, 4]], standing()
    with transaction.atomic():
        transaction.set_rollback(True)
        try:
            earn(6)
            sys.exit("a broken block must refuse")
        except StoreError:
            pass
    connection.close()
    with transaction.atomic():
        earn(7)
    assert standing() == [[2], [2, 3, 4, 7]], standing()
""")


def run_django(*words: str) -> None:
    """Run the shop above in a process of its own, since Django is configured once."""
    run = subprocess.run(
        [sys.executable, "-c", DJANGO, *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr


def test_django_on_sqlite_ends_both_together(file) -> None:
    """An atomic block of Django's on SQLite; outside one it is refused."""
    run_django("sqlite3", str(file), "", "")
    assert standing_in_file(file) == ([2], [2, 3, 4, 7])


def test_django_on_postgresql_ends_both_together(server) -> None:
    """An atomic block of Django's on PostgreSQL; outside one it is refused."""
    with closing(psycopg.connect(server)) as own:
        info = own.info
        words = ("postgresql", info.dbname, info.host, info.user)
    run_django(*words)
    assert standing_on_server(server) == ([2], [2, 3, 4, 7])


# -- failures ----------------------------------------------------------------------------------------


@contextmanager
def connected(where, request):
    """Give a connection of the driver's own and what reads both tables."""
    value = request.getfixturevalue(where)
    if where == "file":
        with closing(sqlite3.connect(value, timeout=0.05)) as hers:
            yield hers, lambda: standing_in_file(value)
    else:
        with closing(psycopg.connect(value)) as hers:
            yield hers, lambda: standing_on_server(value)


@pytest.mark.parametrize("where", ["file", "server"])
def test_what_failed_goes_alone(where, request) -> None:
    """A unit that raised leaves nothing, and her transaction as it was; inside it a savepoint goes alone."""
    with connected(where, request) as (hers, standing):
        hers.execute("INSERT INTO hers VALUES (1, 'order')")
        database = borrowed(hers)
        assert database.borrowed
        with pytest.raises(DuplicateRowError):
            earn_twice(hers, 1)
        with database.unit() as executor:
            assert database.in_unit
            executor.run("INSERT INTO ours VALUES (?, ?)", (2, 7))
            with pytest.raises(ZeroDivisionError):
                fall_over(database.savepoint(), 3)
            with database.unit() as inner:
                assert inner is executor
                inner.run("INSERT INTO ours VALUES (?, ?)", (4, 7))
        assert not database.in_unit
        hers.commit()
        assert standing() == ([1], [2, 4])


@pytest.mark.parametrize("where", ["file", "server"])
def test_a_unit_that_failed_leaves_no_transaction_that_it_opened(where, request) -> None:
    """She had none open and never knew of ours: no lock stays behind."""
    with connected(where, request) as (hers, standing):
        database = borrowed(hers)
        with pytest.raises(ZeroDivisionError):
            fall_over(database.unit(), 1)
        if where == "file":
            assert not hers.in_transaction
        else:
            assert hers.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        with database.snapshot() as executor:
            assert executor.all("SELECT id FROM ours") == []
        assert standing() == ([], [])


@pytest.mark.parametrize("where", ["file", "server"])
def test_every_method_works_on_a_borrowed_connection(where, request) -> None:
    """Rows, counts, batches and returned rows come as on a database of our own."""
    with connected(where, request) as (hers, _):
        if where == "file":
            hers.row_factory = sqlite3.Row
        else:
            hers.row_factory = psycopg.rows.dict_row
        everything(hers)
        database = borrowed(hers)
        assert database.executor.run("INSERT INTO ours VALUES (?, ?)", (1, 1)) == 1
        assert list(database.executor.batches("SELECT id FROM ours")) == [[(1,)]]
        hers.rollback()
        assert database.executor.all("SELECT id FROM ours") == []


def test_a_busy_file_asks_the_caller_to_try_again(file) -> None:
    """Somebody else writes: only she can run her transaction again."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with closing(sqlite3.connect(file, timeout=0.01)) as hers, pytest.raises(RetryTransactionError):
            earn(hers, 1)


def test_a_lock_of_others_asks_the_caller_to_try_again(server) -> None:
    """The same on PostgreSQL, by its code; her other work is not taken back."""
    with closing(psycopg.connect(server)) as other, closing(psycopg.connect(server)) as hers:
        other.execute("INSERT INTO ours VALUES (1, 1)")
        hers.execute("INSERT INTO hers VALUES (1, 'order')")
        hers.execute("SET lock_timeout = '50ms'")
        with pytest.raises(RetryTransactionError, match="roll your transaction back"):
            borrowed(hers).executor.run("INSERT INTO ours VALUES (?, ?)", (1, 1))
        hers.commit()
        assert standing_on_server(server) == ([1], [])


def test_a_full_file_ends_her_transaction_and_says_so(file) -> None:
    """SQLite rolls her transaction back by itself; nothing of either stays, and the error is of the room."""
    with closing(sqlite3.connect(file)) as hers:
        pages = hers.execute("PRAGMA page_count").fetchone()[0]
        hers.execute(f"PRAGMA max_page_count = {pages}")
        hers.execute("INSERT INTO hers VALUES (1, 'order')")
        with pytest.raises(StoreFullError), borrowed(hers).unit() as executor:
            executor.many("INSERT INTO ours VALUES (?, 1)", ((n,) for n in range(100_000)))
        hers.rollback()
        assert standing_in_file(file) == ([], [])


def test_a_transaction_that_has_failed_is_refused(server) -> None:
    """PostgreSQL takes nothing more in it; she is told before the server says so."""
    with closing(psycopg.connect(server)) as hers:
        with pytest.raises(psycopg.Error):
            hers.execute("SELECT 1 / 0")
        with pytest.raises(StoreError, match="roll it back"):
            earn(hers, 1)


# -- what is refused ---------------------------------------------------------------------------------


def test_settings_that_lose_what_was_committed_are_refused(file) -> None:
    """Each journal of SQLite needs its own level; ``allow_unsafe`` takes any."""
    with closing(sqlite3.connect(file)) as hers:
        hers.execute("PRAGMA synchronous = NORMAL")
        with pytest.raises(SettingsError, match="PRAGMA synchronous = FULL"):
            earn(hers, 1)
        assert not hers.in_transaction
        earn(hers, 1, allow_unsafe=True)
        hers.rollback()
        hers.execute("PRAGMA synchronous = FULL")
        earn(hers, 1)
    with closing(sqlite3.connect(":memory:")) as hers:
        hers.execute(TABLES[1])
        with pytest.raises(SettingsError, match="journal_mode = memory"):
            earn(hers, 1)


def test_a_deleted_journal_needs_the_extra_level(tmp_path) -> None:
    """With FULL the deletion itself may be lost, and the journal would take the commit back."""
    with closing(sqlite3.connect(tmp_path / "plain.db")) as hers:
        hers.execute(TABLES[1])
        with pytest.raises(SettingsError, match="synchronous = EXTRA"):
            earn(hers, 1)
        hers.execute("PRAGMA synchronous = EXTRA")
        earn(hers, 1)


def test_a_session_that_acknowledges_too_early_is_refused(server) -> None:
    """``synchronous_commit = off`` of the session counts."""
    with closing(psycopg.connect(server, options="-c synchronous_commit=off")) as hers:
        with pytest.raises(SettingsError, match="synchronous_commit = off"):
            earn(hers, 1)
        earn(hers, 1, allow_unsafe=True)


def test_closed_and_foreign_connections_are_refused(file, server) -> None:
    """What cannot be written through says so at once, or at the first write if it was closed since."""
    ours = sqlite3.connect(file)
    database = borrowed(ours)
    ours.close()
    with pytest.raises(SettingsError, match="cannot be used"):
        borrowed(ours)
    with pytest.raises(SettingsError, match="cannot be used"), database.unit():
        pass
    psy = psycopg.connect(server)
    database = borrowed(psy)
    psy.close()
    with pytest.raises(SettingsError, match="closed"):
        borrowed(psy)
    with pytest.raises(SettingsError, match="closed"), database.unit():
        pass
    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    with engine.connect() as hers:
        database = borrowed(hers)
    with pytest.raises(SettingsError, match="closed"):
        borrowed(hers)
    with pytest.raises(SettingsError, match="cannot be used"), database.unit():
        pass
    with pytest.raises(SettingsError, match="an engine has no transaction"):
        borrowed(engine)
    with pytest.raises(SettingsError, match="int is no connection"):
        borrowed(1)
    with pytest.raises(SettingsError, match="does not say which database"):
        borrowed(Session())
    engine.dispose()


def test_text_as_bytes_is_refused(file) -> None:
    """A connection that gives text as something else would break every document."""
    with closing(sqlite3.connect(file)) as hers:
        hers.text_factory = bytes
        with pytest.raises(SettingsError, match="text_factory"):
            borrowed(hers)


def test_a_connection_of_another_thread_is_refused(file) -> None:
    """The driver forbids it; the refusal says so before anything is written."""
    import threading

    refused = []
    with closing(sqlite3.connect(file)) as hers:

        def work() -> None:
            try:
                borrowed(hers)
            except SettingsError as error:
                refused.append(str(error))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert "thread" in refused[0]
