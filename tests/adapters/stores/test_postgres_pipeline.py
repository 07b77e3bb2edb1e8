"""Statements that are sent together do what they do one by one, and fail as they would."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest
from tests.adapters.stores.one_table import PHONE, add_table, ids
from tests.postgres import wait_for_a_waiter

from retailcrm.adapters.stores.postgres.database import PostgresDatabase
from retailcrm.adapters.stores.postgres.pipeline import UnitStatements
from retailcrm.adapters.stores.sql.putting import Put, Sends, Step, putting
from retailcrm.errors import ConflictError, DuplicateRowError, InputError, StoreError

NEW = "INSERT INTO t (id, n, name) VALUES (?, ?, ?)"
NEXT = "UPDATE t SET n = n * 2 WHERE id = ? AND n = ?"


@pytest.fixture
def database(postgres_url):
    """Give an open database with a table."""
    with closing(PostgresDatabase(postgres_url)) as database:
        add_table(database)
        yield database


def rows(database):
    return database.executor.all("SELECT id, n, name FROM t ORDER BY id")


def send(database, *steps):
    """Send steps in a unit of their own."""
    with database.unit() as run:
        run.send([Step(*one) for one in steps])


def cut(run, url) -> None:
    """End the session of an executor, as an administrator does."""
    with psycopg.connect(url, autocommit=True) as own:
        own.execute("SELECT pg_terminate_backend(%s, 5000)", (run.connection.info.backend_pid,))


def test_units_of_ours_send_together_and_lent_connections_do_not(database, postgres_url) -> None:
    """Somebody else's connection may be in a mode of its own, and so may a driver that we do not know."""
    from retailcrm.adapters.stores.sql.borrowed import borrowed

    with database.unit() as run:
        assert isinstance(run, UnitStatements)
    with psycopg.connect(postgres_url) as hers, borrowed(hers).unit() as lent:
        assert not isinstance(lent, Sends)
        assert type(putting(lent)) is Put


def test_each_sees_what_those_before_it_did(database) -> None:
    """They run in their order: 1 doubled three times, and the last finds it at 4."""
    send(database, (NEW, (1, 1, "ann")), (NEXT, (1, 1), "no"), (NEXT, (1, 2), "no"), (NEXT, (1, 4), "no"))
    assert rows(database) == [(1, 8, "ann")]


def test_values_arrive_as_they_do_one_by_one(database) -> None:
    """Text of any kind, nothing at all, the smallest and the largest number."""
    texts = ["", "会员 ' \" \\ ? %s $1", "a\nb", None]
    numbers = [0, 1, 2**63 - 1]
    cases = [(n, text) for n in numbers for text in texts]
    with database.unit() as run:
        for number, case in enumerate(cases):
            run.run(NEW, (number, *case))
    one_by_one = [row[1:] for row in rows(database)]
    send(database, *((NEW, (1000 + number, *case)) for number, case in enumerate(cases)))
    assert [row[1:] for row in rows(database) if row[0] >= 1000] == one_by_one == cases


def test_more_than_any_buffer_holds(database) -> None:
    """3,000 rows of 10 kB: neither side waits for the other to read."""
    send(database, *((NEW, (number, 1, "x" * 10_000)) for number in range(3000)))
    assert database.executor.one("SELECT count(*), sum(length(name)) FROM t") == (3000, 30_000_000)


@pytest.mark.parametrize(
    ("steps", "error", "match"),
    [
        (
            [(NEW, (1, 1, "")), (NEXT, (1, 9), "changed meanwhile"), (NEW, (1, 1, ""))],
            ConflictError,
            "changed",
        ),
        ([(NEW, (1, 1, "")), (NEW, (1, 1, "")), (NEXT, (1, 9), "changed")], DuplicateRowError, "t_pkey"),
        ([(NEW, (1, 1, "")), (NEW, (2, -1, "")), (NEW, (1, 1, ""))], StoreError, "t_n_check"),
        ([(NEW, (1, 1, "")), ("INSERT INTO nowhere VALUES (?)", (1,))], StoreError, "nowhere"),
        ([(NEW, (1, 1, "")), (NEW, (2, 1, f"\0{PHONE}"))], InputError, "cannot be stored"),
        ([(NEW, (1, 1, "")), (NEW, (2, 1, f"\ud800{PHONE}"))], InputError, "cannot be stored"),
        ([(NEW, (1, 1, "")), (NEW, (2, 2**63, PHONE))], InputError, "cannot be stored"),
        ([(NEXT, (1, 9), "changed meanwhile")], ConflictError, "changed"),
    ],
)
def test_the_first_that_fails_is_told_and_nothing_is_written(database, steps, error, match) -> None:
    """As if each had been waited for; the next unit does as if nothing had been."""
    with pytest.raises(error, match=match) as caught:
        send(database, *steps)
    assert PHONE not in str(caught.value)
    assert type(caught.value) is error
    assert rows(database) == []
    send(database, (NEW, (1, 1, "a")), (NEW, (2, 2, "b")))
    assert rows(database) == [(1, 1, "a"), (2, 2, "b")]


def test_a_part_that_is_taken_back_goes_alone(database) -> None:
    """After ROLLBACK TO SAVEPOINT what was prepared is prepared again where it has to be."""
    with database.unit() as run:
        run.send([Step(NEW, (1, 1, "")), Step(NEW, (2, 1, ""))])
        with pytest.raises(DuplicateRowError), database.savepoint():
            run.send([Step(NEW, (3, 1, "")), Step(NEW, (1, 1, ""))])
        run.send([Step(NEW, (4, 1, "")), Step(NEW, (5, 1, ""))])
    assert ids(database) == [1, 2, 4, 5]


@pytest.mark.parametrize("words", ["ALTER TABLE t ADD more BIGINT", "DISCARD ALL", "DEALLOCATE ALL"])
def test_what_the_driver_gives_up_is_prepared_again(database, words) -> None:
    """Statements of that kind end everything that was prepared on a connection."""
    for start in (0, 10):
        # The driver prepares what it saw some times itself, and then gives up all at once.
        for number in range(8):
            send(database, (NEW, (start + number, 1, "")), (NEXT, (start + number, 1), "no"))
            database.executor.one("SELECT count(*) FROM t WHERE n > ?", (0,))
        if not start:
            database._sessions.get()._unit.run(words)
    assert len(ids(database)) == 16


def test_nothing_is_given_up_when_a_unit_fails(database) -> None:
    """ROLLBACK costs the next unit no preparation: the server has what it had."""
    send(database, (NEW, (1, 1, "")), (NEXT, (1, 1), "no"))
    known = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'retailcrm%'"
    assert database.executor.one(known) == (2,)
    for _ in range(8):
        with pytest.raises(ConflictError):
            send(database, (NEXT, (1, 2), "no"), (NEXT, (1, 1), "was changed"))
    assert database.executor.one(known) == (2,)


def test_a_connection_that_is_lost_wrote_nothing(database, postgres_url) -> None:
    """COMMIT was never sent; the next unit has a new connection, and prepares anew."""
    send(database, (NEW, (1, 1, "")), (NEXT, (1, 1), "no"))

    def lose(run) -> None:
        assert run.one("SELECT count(*) FROM t") == (1,)
        cut(run, postgres_url)
        run.send([Step(NEW, (2, 1, "")), Step(NEXT, (2, 1), "no")])

    with pytest.raises(StoreError) as caught, database.unit() as run:
        lose(run)
    assert type(caught.value) is StoreError
    send(database, (NEW, (3, 1, "")), (NEXT, (3, 1), "no"))
    assert ids(database) == [1, 3]


COUNT = Step("SELECT count(*) FROM t WHERE n > ?", (0,))


def test_what_is_asked_on_a_new_connection_is_read_by_it(database, postgres_url) -> None:
    """Text and numbers of the first question, whose connection was gone."""
    send(database, (NEW, (1, 7, "会员")), (NEXT, (1, 7), "no"))
    with database.unit() as run:
        cut(run, postgres_url)
        asked = Step("SELECT name, n FROM t WHERE id = ?", (1,))
        assert run.first_rows([asked, asked]) == [("会员", 14), ("会员", 14)]


@pytest.mark.parametrize(
    "first",
    [
        lambda run: run.send([Step(NEW, (2, 1, "")), Step(NEXT, (2, 1), "no")]),
        lambda run: [*run.first_rows([COUNT]), run.run(NEW, (2, 1, ""))],
        lambda run: [*run.one(COUNT.sql, COUNT.values), run.run(NEW, (2, 1, ""))],
        lambda run: run.many(NEW, [(2, 1, "")]),
        lambda run: [*run.batches(COUNT.sql, COUNT.values), run.run(NEW, (2, 1, ""))],
    ],
)
def test_a_connection_that_was_lost_before_a_unit_asked_is_made_again(database, postgres_url, first) -> None:
    """Whatever a unit asks first opens it: if that finds the connection gone, nothing is gone with it."""
    send(database, (NEW, (1, 1, "")), (NEXT, (1, 1), "no"))
    with database.unit() as run:
        cut(run, postgres_url)
        first(run)
    assert ids(database) == [1, 2]


def test_a_unit_is_one_transaction_whatever_it_asks_first(database) -> None:
    """What opens it is sent with the first statement, and all of it goes if the block fails."""

    def fail(first) -> None:
        with database.unit() as run:
            first(run)
            run.run(NEW, (9, 1, ""))
            raise ZeroDivisionError

    for first in (
        lambda run: run.send([Step(NEW, (1, 1, "")), Step(NEXT, (1, 1), "no")]),
        lambda run: run.first_rows([COUNT]),
        lambda run: run.all(COUNT.sql, COUNT.values),
        lambda run: run.run(NEW, (2, 1, "")),
        lambda run: run.many(NEW, [(3, 1, "")]),
        lambda run: run.run("SAVEPOINT mine"),
        lambda run: run.send([]),
    ):
        with pytest.raises(ZeroDivisionError):
            fail(first)
        assert ids(database) == []


def test_a_unit_that_asks_nothing_asks_nothing(database, monkeypatch) -> None:
    """There is nothing to open and nothing to commit; the next unit is one."""
    asked, wait = [], psycopg.Connection.wait
    monkeypatch.setattr(psycopg.Connection, "wait", lambda *given: asked.append(given) or wait(*given))
    with database.unit():
        pass
    with pytest.raises(ZeroDivisionError), database.unit():
        raise ZeroDivisionError
    assert not asked
    assert database.executor.one("SELECT count(*) FROM t") == (0,)
    send(database, (NEW, (1, 1, "")), (NEXT, (1, 1), "no"))
    assert rows(database) == [(1, 2, "")]


@contextmanager
def locked(url):
    """Keep row 1 from everybody."""
    with psycopg.connect(url) as own:
        own.execute("SELECT FROM t WHERE id = 1 FOR UPDATE")
        yield


def test_questions_that_are_sent_together_are_asked_one_after_the_other(database, postgres_url) -> None:
    """The first waits for a row; what its owner wrote meanwhile the second one sees."""
    send(database, (NEW, (1, 1, "会员")))
    mine = Step("SELECT n, name FROM t WHERE id = ? FOR NO KEY UPDATE", (1,))
    newest = Step("SELECT id, name FROM t WHERE n > ? ORDER BY id DESC LIMIT 1", (0,))
    nobody = Step("SELECT id FROM t WHERE name = ?", ("nobody",))
    with psycopg.connect(postgres_url) as own, ThreadPoolExecutor(1) as others:
        own.execute("SELECT FROM t WHERE id = 1 FOR UPDATE")

        def ask() -> list[object]:
            with database.unit() as run:
                return run.first_rows([mine, newest, nobody])

        answers = others.submit(ask)
        wait_for_a_waiter(postgres_url)
        own.execute("INSERT INTO t (id, n, name) VALUES (2, 1, NULL)")
        own.execute("UPDATE t SET n = 7 WHERE id = 1")
        own.commit()
        assert answers.result() == [(7, "会员"), (2, None), None]


def test_who_waits_in_vain_is_told_to_try_again(database, postgres_url) -> None:
    """The second of three meets a lock."""
    send(database, (NEW, (1, 1, "")))
    with (
        locked(postgres_url),
        closing(PostgresDatabase(postgres_url, patience=0.2)) as second,
        pytest.raises(ConflictError, match="55P03"),
    ):
        send(second, (NEW, (2, 1, "")), (NEXT, (1, 1), "no"), (NEW, (3, 1, "")))
    assert ids(database) == [1]


def test_ctrl_c_while_it_waits_leaves_nothing_open(database, postgres_url) -> None:
    """It goes up to whoever pressed it; the unit is gone, and the next one works."""
    send(database, (NEW, (1, 1, "")))

    def press(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, press)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with locked(postgres_url), pytest.raises(KeyboardInterrupt):
            send(database, (NEW, (2, 1, "")), (NEXT, (1, 1), "no"), (NEW, (3, 1, "")))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not database.in_unit
    send(database, (NEW, (4, 1, "")), (NEXT, (1, 1), "no"))
    assert rows(database) == [(1, 2, ""), (4, 1, "")]
