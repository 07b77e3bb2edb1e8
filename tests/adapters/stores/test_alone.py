"""Nobody else writes while somebody is alone: her own commits and ours never fall together."""

import multiprocessing
import os
import sqlite3
import time
from contextlib import closing, nullcontext
from threading import Thread

import pytest

from retailcrm import open_shop
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.adapters.stores.sqlite.locking import HAS_FILE_LOCKS, FileLock, beside
from retailcrm.errors import ConflictError, StoreError
from retailcrm.shop.policy import policy_from_table

RULES = {"shop": {"zone": "UTC"}, "points": {"waiting": {"until": "paid"}}}
ROUNDS = 15
OLD = "retailcrm.adapters.stores.sqlite.database.needs_lock"

pytestmark = pytest.mark.skipif(not HAS_FILE_LOCKS, reason="this system has no file locks")


@pytest.fixture
def old(monkeypatch):
    """Make SQLite one that needs the lock, whichever there is."""
    monkeypatch.setattr(OLD, lambda: True)


@pytest.fixture
def database(tmp_path, old):  # noqa: ARG001 - for what it sets
    """Give a database of one table."""
    with closing(SqliteDatabase(tmp_path / "shop.db", patience=2.0)) as opened:
        with opened.unit() as run:
            run.run("CREATE TABLE notes (note TEXT)")
        yield opened


@pytest.fixture
def other(database):
    """Give the lock of another process, which does not wait long."""
    with closing(FileLock(beside(database.path), 0.05)) as lock:
        yield lock


def test_others_wait_until_the_end(database, other):
    """The lock is held from the beginning of the block until its end, also one that raised."""
    with database.alone():
        assert not free(other)
    assert free(other)
    with pytest.raises(KeyError), database.alone():
        raise KeyError
    assert free(other)


def test_units_snapshots_and_more_of_it_do_not_give_it_back(database, other):
    """The thread that is alone writes and reads as ever; the lock goes with the outermost block."""
    with database.alone():
        with database.unit() as run, database.alone():
            run.run("INSERT INTO notes VALUES ('a')")
        with database.snapshot() as run:
            assert run.all("SELECT note FROM notes") == [("a",)]
        database.executor.run("INSERT INTO notes VALUES ('b')")
        with pytest.raises(StoreError), database.unit() as run:
            run.run("no SQL")
        database.checkpoint()
        assert not free(other)
    assert free(other)


def test_another_thread_is_somebody_else(database):
    """She waits as long as she has patience."""
    found = []

    def write():
        try:
            database.executor.run("INSERT INTO notes VALUES ('x')")
        except ConflictError as error:
            found.append(error)

    database._patience = 0.05
    with database.alone():
        thread = Thread(target=write)
        thread.start()
        thread.join()
    assert len(found) == 1
    write()
    assert len(found) == 1


def test_closing_in_the_block_is_no_error(database, other):
    """The lock is given back with the connection."""
    with database.alone():
        database.close()
        assert free(other)
    assert free(other)


def free(lock) -> bool:
    """Tell whether a lock is to be had."""
    try:
        with lock:
            return lock.held
    except ConflictError:
        return False


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_in_the_block_changes_nothing(database, other):
    """Parent and child: the one stays alone, the other cannot write."""
    with database.alone():
        child = os.fork()
        if not child:
            try:
                database.executor.run("INSERT INTO notes VALUES ('child')")
            except StoreError:
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        with pytest.raises(ConflictError):
            other.acquire()
        database.executor.run("INSERT INTO notes VALUES ('parent')")
    assert database.executor.all("SELECT note FROM notes") == [("parent",)]


def test_where_nothing_is_needed_nothing_is_done(tmp_path, monkeypatch):
    """From SQLite 3.51.3 on, and in memory."""
    monkeypatch.setattr(OLD, lambda: False)
    with closing(SqliteDatabase(tmp_path / "new.db")) as opened:
        with closing(FileLock(beside(opened.path), 0.05)) as lock, opened.alone(), lock:
            pass
        assert opened._sessions.get().lock is None
    with open_shop(policy=policy_from_table(RULES)) as shop, shop.alone():
        shop.loyalty.adjust("ann", 1, key="a", reason="x", actor="li")


def test_a_server_needs_nothing(postgres_url):
    """PostgreSQL keeps writers apart by itself."""
    with open_shop(postgres_url, policy=policy_from_table(RULES)) as shop, shop.alone():
        assert shop.loyalty.adjust("ann", 1, key="a", reason="x", actor="li").points == 1


def commit_often(path, marker, name, with_points, guarded):
    """Commit again and again; while one does, a file stands there that two cannot make."""
    import retailcrm.adapters.stores.sqlite.database as module

    module.needs_lock = lambda: True
    overlaps = 0
    with open_shop(f"sqlite:///{path}", policy=policy_from_table(RULES)) as shop:
        hers = sqlite3.connect(path, timeout=10, isolation_level=None)
        hers.execute("PRAGMA synchronous = FULL")
        # Every commit starts the log over as soon as it can.
        hers.execute("PRAGMA wal_autocheckpoint = 1")
        # Both begin at one moment, however long Python takes to start.
        path.with_name(name).touch()
        limit = time.monotonic() + 60
        while not all(path.with_name(one).exists() for one in "ab") and time.monotonic() < limit:
            time.sleep(0.001)
        for number in range(ROUNDS):
            with shop.alone() if guarded else nullcontext():
                hers.execute("BEGIN IMMEDIATE")
                hers.execute("INSERT INTO orders VALUES (?)", (f"{name}:{number}",))
                if with_points:
                    points = shop.loyalty.using(hers)
                    points.adjust(name, 1, key=f"{name}:{number}", reason="x", actor="li")
                try:
                    os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    overlaps += 1
                hers.execute("COMMIT")
                # A log that is long takes a while to be emptied.
                time.sleep(0.003)
                marker.unlink(missing_ok=True)
            shop.loyalty.adjust(name, 1, key=f"own:{name}:{number}", reason="x", actor="li")
        hers.close()
    return overlaps


@pytest.mark.parametrize("guarded", [True, False])
def test_commits_of_two_processes_never_overlap(tmp_path, old, guarded):  # noqa: ARG001 - for what it sets
    """Each with points and orders in one transaction of its own; they do where nobody is alone."""
    path, marker = tmp_path / "shop.db", tmp_path / "committing"
    with open_shop(f"sqlite:///{path}", policy=policy_from_table(RULES)):
        pass
    with closing(sqlite3.connect(path)) as hers:
        hers.execute("CREATE TABLE orders (name TEXT PRIMARY KEY)")
        hers.commit()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        work = [(path, marker, name, name == "a", guarded) for name in "ab"]
        assert (sum(pool.starmap_async(commit_often, work).get(120)) == 0) == guarded
    if not guarded:
        return
    with closing(sqlite3.connect(path)) as hers:
        assert hers.execute("SELECT count(*) FROM orders").fetchone() == (2 * ROUNDS,)
        assert hers.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with open_shop(f"sqlite:///{path}", policy=policy_from_table(RULES)) as shop:
        assert [shop.loyalty.balance(who).available for who in "ab"] == [2 * ROUNDS, ROUNDS]


@pytest.mark.parametrize("tables", [False, True])
def test_opening_inside_ones_own_transaction_says_what_to_do(tmp_path, monkeypatch, tables):
    """A shop that is opened for the first time waits for a transaction of its own process: in vain."""
    path = tmp_path / "shop.db"
    monkeypatch.setitem(SqliteDatabase.__init__.__kwdefaults__, "patience", 0.1)
    if tables:
        open_shop(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path, isolation_level=None)) as hers:
        hers.execute("CREATE TABLE orders (name TEXT)")
        hers.execute("BEGIN IMMEDIATE")
        hers.execute("INSERT INTO orders VALUES ('a')")
        with pytest.raises(ConflictError, match="open the shop when the process starts"):
            open_shop(f"sqlite:///{path}", shop="another")
        hers.execute("COMMIT")
        # One that is there already needs nothing to be written.
        open_shop(f"sqlite:///{path}", shop="another").close()
        hers.execute("BEGIN IMMEDIATE")
        open_shop(f"sqlite:///{path}", shop="another").close()
