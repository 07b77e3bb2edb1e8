"""SqliteDatabase: what was acknowledged is there, whatever threads, processes and forks do."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sqlite3
import stat
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
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

from retailcrm.adapters.stores.sqlite import locking, opening
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.adapters.stores.sqlite.failures import not_committed, translated
from retailcrm.adapters.stores.sqlite.locking import FileLock, beside, needs_lock
from retailcrm.adapters.stores.sqlite.opening import checked_path, journal_mode, network_file_system
from retailcrm.errors import (
    ConflictError,
    SettingsError,
    StoreError,
    StoreFullError,
    UnknownOutcomeError,
)


@pytest.fixture
def file(tmp_path):
    """Give a path in a fresh folder."""
    return tmp_path / "shop.db"


@pytest.fixture
def database(file):
    """Give an open database with a table."""
    database = SqliteDatabase(file)
    add_table(database)
    yield database
    database.close()


# -- opening -----------------------------------------------------------------------------------------


def test_every_setting_that_durability_needs_is_set(database) -> None:
    """SQLite itself says so, on the connection that writes."""
    settings = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "secure_delete": 1,
        "mmap_size": 0,
        "cell_size_check": 1,
        "busy_timeout": 10000,
    }
    assert {name: database.executor.one(f"PRAGMA {name}")[0] for name in settings} == settings


def test_a_new_file_is_its_owners_alone(tmp_path) -> None:
    """Nobody else reads the file or what lies beside it; the folder stays as it was."""
    tmp_path.chmod(0o755)
    database = SqliteDatabase(tmp_path / "shop.db")
    add_table(database)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(
        ["shop.db", "shop.db-wal", "shop.db-shm", "shop.db.lock", "shop.db.queue"], 0o600
    )
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    database.close()


def test_what_cannot_keep_a_shop_is_refused(tmp_path) -> None:
    """A link, a folder, no folder, memory, and a file that is no database."""
    real = tmp_path / "real.db"
    real.touch()
    link = tmp_path / "link.db"
    link.symlink_to(real)
    (tmp_path / "folder").mkdir()
    text = tmp_path / "text.db"
    text.write_bytes(b"name,points\n" * 100)
    for path, reason in (
        (link, "symbolic link"),
        (tmp_path / "dangling.db", "does not exist"),
        (tmp_path / "folder", "not a file"),
        (tmp_path / "none" / "shop.db", "not a folder"),
        (text, "not an SQLite database"),
        (":memory:", "names no file"),
        ("file:shop.db?mode=memory", "names no file"),
        ("", "names no file"),
    ):
        with pytest.raises(SettingsError, match=reason):
            SqliteDatabase(path, create=False)
    assert not (tmp_path / "dangling.db").exists()


def test_odd_names_of_files_are_taken(tmp_path) -> None:
    """What means something in a URL means itself in a name."""
    for name in ("a b?c=d#e%20.db", "店铺.db"):
        with closing(SqliteDatabase(tmp_path / name)) as database:
            add_table(database)
        assert (tmp_path / name).stat().st_size > 0


MOUNTS = """\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:40 / /srv/shared rw - nfs4 server:/x rw
31 22 0:41 / /srv/shared/local rw - xfs /dev/sdb rw
32 22 0:42 / /mnt/with\\040space rw master:1 - fuse.sshfs host: rw
33 22 0:43 / /mnt/usb rw - fuseblk /dev/sdc rw
34 22 0:44 / /twice rw - ext4 /dev/sdd rw
35 34 0:45 / /twice rw - cifs //server/x rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/opt/shop.db", None),
        ("/srv/shared/shop.db", "nfs4"),
        ("/srv/shared/local/shop.db", None),
        ("/srv/sharedX/shop.db", None),
        ("/mnt/with space/shop.db", "fuse.sshfs"),
        ("/mnt/usb/shop.db", None),
        ("/twice/shop.db", "cifs"),
    ],
)
def test_network_file_systems_are_known(tmp_path, path, kind) -> None:
    """The innermost mount counts, and of two at one place the later."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert network_file_system(Path(path), mounts) == kind
    assert network_file_system(Path(path), tmp_path / "missing") is None


def test_a_network_file_system_is_refused_unless_asked_for(file, monkeypatch) -> None:
    """The message says what to do instead."""
    monkeypatch.setattr(opening, "network_file_system", lambda _: "nfs4")
    with pytest.raises(SettingsError, match=r"nfs4.*local disk, or use PostgreSQL"):
        SqliteDatabase(file)
    assert checked_path(file, any_file_system=True) == file


def test_each_library_gets_the_journal_that_is_safe_with_it() -> None:
    """The log needs a lock where the library is older than 3.51.3; without one, no log."""
    assert needs_lock((3, 40, 1))
    assert needs_lock((3, 51, 2))
    assert not needs_lock((3, 51, 3))
    assert not needs_lock((3, 52, 0))
    assert journal_mode(locks=True, old=True) == ("wal", "FULL", 2)
    assert journal_mode(locks=False, old=False) == ("wal", "FULL", 2)
    assert journal_mode(locks=False, old=True) == ("delete", "EXTRA", 3)


def test_a_system_without_locks_is_safe_too(file, monkeypatch) -> None:
    """There the journal is a file of its own that each commit deletes."""
    monkeypatch.setattr("retailcrm.adapters.stores.sqlite.database.HAS_FILE_LOCKS", False)
    monkeypatch.setattr(opening, "journal_mode", lambda: ("delete", "EXTRA", 3))
    with closing(SqliteDatabase(file)) as database:
        add_table(database)
        add(database, 1)
        assert database.executor.one("PRAGMA journal_mode") == ("delete",)
        assert database.executor.one("PRAGMA synchronous") == (3,)
    assert sorted(path.name for path in file.parent.iterdir()) == ["shop.db"]


def test_a_library_that_needs_no_lock_works_without(file, monkeypatch) -> None:
    """From 3.51.3 on SQLite's own locks do."""
    monkeypatch.setattr("retailcrm.adapters.stores.sqlite.database.needs_lock", lambda: False)
    with closing(SqliteDatabase(file)) as database:
        add_table(database)
        with FileLock(beside(file), 0.1):
            add(database, 1)
        assert ids(database) == [1]


# -- errors ------------------------------------------------------------------------------------------


def test_what_a_strict_table_refuses_names_no_value_either(database) -> None:
    """A text that is no number, and what the driver cannot hand over."""
    refused_without_a_word(
        database,
        (
            (StoreError, "INSERT INTO t VALUES (?, ?, '')", (2, f"{PHONE}x")),
            (StoreError, "INSERT INTO t VALUES (?, 1, ?)", (2, [PHONE])),
        ),
    )
    assert ids(database) == []


def test_a_busy_database_is_a_conflict(file) -> None:
    """Somebody else, who knows nothing of the lock, writes all the time."""
    with closing(SqliteDatabase(file, patience=0.05)) as database:
        add_table(database)
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ConflictError):
                add(database, 1)
            other.execute("ROLLBACK")
        with FileLock(beside(file), 0.05), pytest.raises(ConflictError, match=r"0\.05 s"):
            add(database, 1)
        add(database, 2)
        assert ids(database) == [2]


def test_a_full_disk_leaves_what_was_there(database) -> None:
    """The unit is gone as a whole, even if somebody goes on in it; with room again, writing works again."""
    add(database, 1)
    pages = database.executor.one("PRAGMA page_count")[0]
    database.executor.one(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        with database.unit() as executor:
            executor.run("INSERT INTO t VALUES (2, 1, '')")
            with pytest.raises(StoreFullError):
                executor.many("INSERT INTO t (n, name) VALUES (1, ?)", (("x" * 1000,) for _ in range(1000)))
            # SQLite has rolled back by itself: this would be a transaction of its own.
            for go_on in (executor.run, executor.one, executor.all):
                with pytest.raises(StoreError, match="rolled back after an error"):
                    go_on("INSERT INTO t VALUES (3, 1, '')")
            with pytest.raises(StoreError, match="rolled back after an error"):
                executor.many("INSERT INTO t VALUES (?, 1, '')", [(3,)])

    with pytest.raises(StoreError):
        fill()
    assert ids(database) == [1]
    database.executor.one(f"PRAGMA max_page_count = {pages + 100}")
    add(database, 4)
    assert ids(database) == [1, 4]


class Failing:
    """A connection whose COMMIT fails in a chosen way, and ROLLBACK too."""

    def __init__(self, connection, code: int) -> None:
        self._connection = connection
        self._code = code

    def __call__(self, sql: str, *values: object):
        if sql in {"COMMIT", "ROLLBACK"}:
            error = sqlite3.OperationalError("the message")
            error.sqlite_errorcode = self._code
            raise error
        return self._connection.execute(sql, *values)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_IOERR_FSYNC, UnknownOutcomeError),
        (sqlite3.SQLITE_IOERR_WRITE, UnknownOutcomeError),
        (sqlite3.SQLITE_FULL, StoreFullError),
        (sqlite3.SQLITE_BUSY, ConflictError),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, ConflictError),
        (sqlite3.SQLITE_CORRUPT, StoreError),
    ],
)
def test_a_commit_that_failed_says_what_is_known(database, code, kind) -> None:
    """Nobody knows after an I/O error; otherwise nothing was written, and the next unit works."""
    session = database.unit()
    session._execute = Failing(session.connection, code)
    with pytest.raises(kind) as caught:
        add(database, 1)
    assert type(caught.value) is kind
    session._execute = session.connection.execute
    session.drop()
    assert ids(database) == []
    add(database, 2)
    assert ids(database) == [2]


def test_an_error_of_a_statement_is_never_unknown() -> None:
    """Before COMMIT nothing can have been written, whatever failed."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
    assert type(translated(error)) is StoreError
    assert type(not_committed(error)) is UnknownOutcomeError


# -- threads, processes, forks -----------------------------------------------------------------------


def count_up(database, times: int) -> None:
    """Read a number, add one, write it: lost if two do so at once."""
    for _ in range(times):
        with database.unit() as executor:
            (n,) = executor.one("SELECT n FROM t WHERE id = 1")
            executor.run("UPDATE t SET n = ? WHERE id = 1", (n + 1,))


def test_threads_write_one_after_another(database) -> None:
    """Four threads count to the sum of what each counts; each has a connection of its own."""
    add(database, 1)
    threads = [threading.Thread(target=count_up, args=(database, 40)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.executor.one("SELECT n FROM t") == (161,)


def test_a_thread_that_ends_gives_its_connection_back(database) -> None:
    """What it held open is closed with it."""
    in_thread(lambda: add(database, 1))
    gc.collect()
    before = open_files()
    for number in range(2, 12):
        in_thread(lambda number=number: add(database, number))
    gc.collect()
    assert open_files() <= before


def open_files() -> int:
    """Count the descriptors of this process."""
    return len(list(Path("/dev/fd").iterdir()))


def process(file, times: int) -> None:
    """Count in a process of its own."""
    with closing(SqliteDatabase(file)) as database:
        count_up(database, times)


def test_processes_write_one_after_another(database) -> None:
    """Three processes that were started afresh count to the sum of what each counts."""
    add(database, 1)
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=process, args=(database.path, 30)) for _ in range(3)]
    for worker in workers:
        worker.start()
    count_up(database, 30)
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert database.executor.one("SELECT n FROM t") == (121,)


@contextmanager
def forked(work):
    """Run something in a forked child, which leaves the test's process alone; the block ends before it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    try:
        yield child
    finally:
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)


def test_a_forked_child_opens_its_own_connection(database) -> None:
    """The parent's is closed before and opened anew after; both write, and nothing is lost."""
    add(database, 1)
    with forked(lambda: count_up(database, 20)):
        count_up(database, 20)
    assert database.executor.one("SELECT n FROM t") == (41,)
    assert database.executor.one("PRAGMA integrity_check") == ("ok",)


def refused(path) -> None:
    """Open a file of which this forked process knows too much; be told so."""
    with pytest.raises(StoreError, match="start processes by 'spawn'"):
        SqliteDatabase(path)


def test_a_child_that_was_forked_amid_a_unit_may_not_open_the_file(database) -> None:
    """SQLite would think there that it holds the parent's locks. The parent's unit is not disturbed."""
    with database.unit() as executor:
        executor.run("INSERT INTO t VALUES (1, 1, '')")
        with forked(lambda: refused(database.path)):
            executor.run("INSERT INTO t VALUES (2, 1, '')")
    assert ids(database) == [1, 2]


def test_a_child_that_was_forked_beside_other_threads_may_not_open_the_file(database) -> None:
    """Their connections cannot be closed for them."""
    ready, done = threading.Event(), threading.Event()

    def hold() -> None:
        add(database, 1)
        ready.set()
        done.wait()
        add(database, 2)

    thread = threading.Thread(target=hold)
    thread.start()
    ready.wait()
    with forked(lambda: refused(database.path)):
        done.set()
    thread.join()
    assert ids(database) == [1, 2]


def test_a_child_does_not_keep_the_lock_of_a_parent_that_died(file) -> None:
    """The parent is killed inside a unit while its child lives on: others can write."""
    with closing(SqliteDatabase(file, patience=5)) as database:
        add_table(database)
        ready, told = os.pipe()

        def parent() -> None:
            own = SqliteDatabase(file)
            with own.unit():
                if os.fork() == 0:
                    os.write(told, str(os.getpid()).encode())
                    time.sleep(20)
                    os._exit(0)
                time.sleep(20)

        with forked(parent) as child:
            orphan = int(os.read(ready, 20))
            os.kill(child, signal.SIGKILL)
        add(database, 1)
        assert ids(database) == [1]
        os.kill(orphan, signal.SIGKILL)
        os.close(ready)
        os.close(told)


def test_the_lock_is_held_from_begin_until_after_commit(database) -> None:
    """Somebody who asks for the lock during a unit waits; afterwards she has it at once."""
    lock = FileLock(beside(database.path), 0.05)
    with database.unit(), pytest.raises(ConflictError):
        lock.acquire()
    with lock:
        pass
    with pytest.raises(ZeroDivisionError):
        fall_over(database.unit(), 1)
    with lock:
        assert ids(database) == []
        with database.snapshot() as executor:
            assert executor.all("SELECT id FROM t") == []
    lock.close()


def test_who_waits_is_next(tmp_path) -> None:
    """Whoever has just had the lock cannot have it again before somebody who waits."""
    path = tmp_path / "lock"
    first, second = FileLock(path, 5), FileLock(path, 5)
    order = []

    def wait() -> None:
        second.acquire()
        order.append("waited")
        second.release()

    first.acquire()
    thread = threading.Thread(target=wait)
    thread.start()
    while locking._taken(first._gate):
        locking._flock(first._gate, locking._UNLOCK)
        time.sleep(0.001)
    first.release()
    first.acquire()
    order.append("had it")
    first.release()
    thread.join()
    assert order == ["waited", "had it"]
    first.close()
    second.close()


# -- closing -----------------------------------------------------------------------------------------


def test_closing_empties_the_log_and_ends_every_thread(database) -> None:
    """All is in the one file; nothing can be done on it any more."""
    add(database, 1)
    database.close()
    assert not database.path.with_name("shop.db-wal").exists()
    assert seen_by_another(database) == [1]
    with pytest.raises(StoreError, match="was closed"):
        add(database, 2)
    database.close()


def test_a_checkpoint_empties_the_log(database) -> None:
    """Under the lock, and not inside a transaction."""
    add(database, *range(200))
    log = database.path.with_name("shop.db-wal")
    assert log.stat().st_size > 0
    database.checkpoint()
    assert log.stat().st_size == 0
    with database.unit(), pytest.raises(StoreError, match="inside a transaction"):
        database.checkpoint()


def test_a_connection_is_not_closed_beside_a_writer(file) -> None:
    """Closing the last one empties the log; whoever cannot have the lock leaves it to the next."""
    database = SqliteDatabase(file, patience=0.05)
    add_table(database)
    lock = FileLock(beside(file), 0.05)
    with lock:
        database.close()
        assert file.with_name("shop.db-wal").stat().st_size > 0
    lock.close()
    with closing(SqliteDatabase(file)) as again:
        add(again, 1)
        assert ids(again) == [1]


def test_a_file_that_went_away_is_not_made_anew(file) -> None:
    """Another thread finds it gone, and does not begin an empty shop in its place."""
    database = SqliteDatabase(file)
    file.unlink()
    with pytest.raises(SettingsError, match="is gone"):
        in_thread(lambda: database.executor)
    assert not file.exists()
    database.close()
