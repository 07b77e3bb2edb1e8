"""PostgresDatabase on a real server that keeps what it acknowledges."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from decimal import Decimal

import psycopg
import pyarrow as pa
import pytest
from tests.adapters.stores.one_table import (
    PHONE,
    add,
    add_table,
    ids,
    in_thread,
    refused_without_a_word,
)

from retailcrm import open_shop
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
from retailcrm.shop.policy import policy_from_table

OURS = {
    "name": "ours",
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
}


@pytest.fixture
def database(postgres_url):
    """Give an open database with a table."""
    database = PostgresDatabase(postgres_url)
    add_table(database)
    yield database
    database.close()


# -- opening -----------------------------------------------------------------------------------------


def test_a_server_that_may_lose_what_it_acknowledged_is_refused(postgres_url) -> None:
    """The session's own value counts; whoever wants it so says so."""
    with psycopg.connect(postgres_url, autocommit=True) as own:
        own.execute(f'ALTER DATABASE "{own.info.dbname}" SET synchronous_commit = off')
    with pytest.raises(SettingsError, match="synchronous_commit = off: a power failure takes back"):
        PostgresDatabase(postgres_url)
    PostgresDatabase(postgres_url, allow_unsafe=True).close()


def test_what_cannot_be_reached_is_said_without_the_password(tmp_path) -> None:
    """A server that is not there, a URL that is none."""
    for url in (
        f"postgresql://ann:hush@/shop?host={tmp_path}",
        "postgresql://ann:hush@host:port/shop?wrong=1",
    ):
        with pytest.raises(SettingsError) as caught:
            PostgresDatabase(url)
        assert "hush" not in str(caught.value)
        assert caught.value.__suppress_context__


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


@pytest.mark.parametrize(
    ("asked", "said", "level"),
    [
        ("", None, "read committed"),
        ("isolation=read-committed", None, "read committed"),
        ("isolation=serializable", None, "serializable"),
        ("application_name=till&isolation=Serializable", None, "serializable"),
        ("", "serializable", "serializable"),
        ("isolation=serializable", "read committed", "read committed"),
    ],
)
def test_units_have_the_isolation_that_was_asked_for(postgres_url, asked, said, level) -> None:
    """By the URL, or by whoever opens it herself, which goes first; the server confirms it in the unit."""
    url = "&".join(filter(None, (postgres_url if "?" in postgres_url else f"{postgres_url}?", asked)))
    with (
        closing(PostgresDatabase(url.replace("?&", "?"), isolation=said)) as database,
        database.unit() as executor,
    ):
        assert executor.one("SELECT current_setting('transaction_isolation')") == (level,)
        if "till" in asked:
            assert executor.one("SELECT current_setting('application_name')") == ("till",)


def test_an_isolation_that_does_not_keep_the_promises_is_refused() -> None:
    """Whoever asks for it, before any server is; and so are two at once."""
    for wrong in ("repeatable read", "read uncommitted", "x"):
        with pytest.raises(SettingsError, match=f"'{wrong}' is none of read committed, serializable"):
            PostgresDatabase("postgresql://", isolation=wrong)
        with pytest.raises(SettingsError, match="is none of"):
            PostgresDatabase(f"postgresql://?isolation={wrong}")
    with pytest.raises(SettingsError, match="read committed and serializable; say one"):
        PostgresDatabase("postgresql://?isolation=serializable&isolation=read%20committed")


def test_a_shop_opens_at_the_isolation_of_its_url(postgres_url) -> None:
    """In either spelling of the scheme; its columns are read by another driver, which is not told of it."""
    joint = "&" if "?" in postgres_url else "?"
    rules = policy_from_table({"shop": {"zone": "UTC"}, "points": {"waiting": {"until": "paid"}}})
    url = f"{postgres_url}{joint}isolation=serializable".replace("postgresql:", "postgres:")
    with open_shop(url, policy=rules) as shop:
        shop.loyalty.adjust("ann", 7, key="a", reason="x", actor="li")
        shop.imports.table(
            pa.table({"id": ["1"], "who": ["ann"], "at": ["2024-03-01"], "amount": ["50.00"]}), OURS
        )
        assert shop.customers.get(order="1", as_of="2024-04-01").id == "ann"
        with shop._database.unit() as executor:
            assert executor.one("SELECT current_setting('transaction_isolation')") == ("serializable",)


def test_a_statement_that_failed_fails_the_whole(database) -> None:
    """Whoever swallows its error is told at the end: the server has kept nothing of the unit."""

    def swallow() -> None:
        with database.unit() as executor:
            executor.run("INSERT INTO t VALUES (1, 1, '')")
            with pytest.raises(DuplicateRowError):
                executor.run("INSERT INTO t VALUES (1, 1, '')")

    with pytest.raises(StoreError, match="nothing of it was written"):
        swallow()
    assert ids(database) == []


def test_a_sum_keeps_its_size(database) -> None:
    """The server adds whole numbers up to one that has no bounds."""
    database.executor.many("INSERT INTO t VALUES (?, ?, '')", [(1, 2**63 - 1), (2, 2**63 - 1)])
    assert database.executor.one("SELECT sum(n) FROM t") == (Decimal(2**64 - 2),)


def test_batches_take_no_memory_of_the_client(database) -> None:
    """The first of a million rows come before the last was made: the server holds the rest."""
    with database.snapshot() as executor:
        batches = executor.batches("SELECT 1 / (500000 - i) FROM generate_series(1, 1000000) i", size=10)
        assert len(next(batches)) == 10
        with pytest.raises(InputError):
            list(batches)


# -- errors ------------------------------------------------------------------------------------------


def test_what_a_server_refuses_names_no_value_either(database) -> None:
    """A text that is no number, and a character that no text there has."""
    refused_without_a_word(
        database,
        (
            (InputError, "INSERT INTO t VALUES (?, ?, '')", (2, f"{PHONE}x")),
            (InputError, "INSERT INTO t VALUES (?, 1, ?)", (2, f"{PHONE}\x00")),
        ),
    )
    assert ids(database) == []


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
        add_table(database)
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
        add_table(database)
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
