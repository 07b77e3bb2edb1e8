"""Copies of an SQLite store: made while others write, checked, and put back whole or not at all."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.adapters.stores.databases import SET_VERSION, fill, rows

from retailcrm.adapters.stores.sql.migrations import HEAD, prepare
from retailcrm.adapters.stores.sqlite import backup
from retailcrm.adapters.stores.sqlite.backup import back_up, restore
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COPIES: Final = int(os.environ.get("RETAILCRM_TEST_BACKUPS", "3"))
"""How many copies are made under load, and how many restores are killed."""

WRITER: Final = """
import sys
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
database = SqliteDatabase(sys.argv[1])
with database.unit() as executor:
    executor.run("INSERT INTO retailcrm_clocks VALUES ('main', 0, 'x')")
number = 0
while True:
    number += 1
    with database.unit() as executor:
        executor.run("INSERT INTO retailcrm_entries VALUES ('main', 'ann', ?, 'earn', ?, 1, 1, ?, 'x')",
                     (number, str(number), "x" * 500))
        executor.run("UPDATE retailcrm_clocks SET advanced_at = ?", (number,))
    print(number, flush=True)
"""
RESTORER: Final = """
import sys
from pathlib import Path
from retailcrm.adapters.stores.sqlite.backup import restore
print("ready", flush=True)
restore(Path(sys.argv[1]), Path(sys.argv[2]), replace=True)
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """Give a store with a few rows."""
    database = SqliteDatabase(tmp_path / "shop.db")
    prepare(database)
    with database.unit() as executor:
        fill(executor)
    yield database
    database.close()


@pytest.fixture
def writer() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Give a function that starts a process which writes all the time; it is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(path: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def read(path: Path, query: str) -> Any:
    """Give the one row of a query on a file that nothing else uses."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchone()
    finally:
        connection.close()


def everything(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Give all rows of a store."""
    database = SqliteDatabase(path, create=False)
    try:
        return rows(database)
    finally:
        database.close()


def left(folder: Path) -> list[str]:
    """Name unfinished files."""
    return [path.name for path in folder.iterdir() if ".partial" in path.name]


def test_copies_under_load_are_committed_moments(
    tmp_path: Path, writer: Callable[[Path], subprocess.Popen[str]]
) -> None:
    """While a process writes without a pause, every copy is whole and holds a prefix of its transactions."""
    path = tmp_path / "shop.db"
    database = SqliteDatabase(path)
    prepare(database)
    process = writer(path)
    assert process.stdout is not None
    acknowledged = 0
    for turn in range(COPIES):
        for _ in range(40):
            acknowledged = int(process.stdout.readline())
        copy = tmp_path / f"{turn}.db"
        assert back_up(database, copy).revision == HEAD
        assert read(copy, "PRAGMA integrity_check") == ("ok",)
        count, last = read(copy, "SELECT count(*), max(version) FROM retailcrm_entries")
        assert (count, (last,)) == (last, read(copy, "SELECT advanced_at FROM retailcrm_clocks"))
        # What was acknowledged before the copy began is in it.
        assert last >= acknowledged
        assert not list(tmp_path.glob(f"{turn}.db-*"))
    # It goes on: nobody waited for the copies.
    assert int(process.stdout.readline()) > acknowledged
    database.close()


def test_a_copy_by_the_system_loses_what_is_in_the_log(tmp_path: Path, database: SqliteDatabase) -> None:
    """The control: the file alone, copied while it is in use, lacks what a backup has."""
    shutil.copy(database.path, tmp_path / "wrong.db")
    back_up(database, tmp_path / "right.db")
    assert read(tmp_path / "right.db", "SELECT count(*) FROM retailcrm_entries") == (3,)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        read(tmp_path / "wrong.db", "SELECT count(*) FROM retailcrm_entries")


def test_a_copy_is_one_private_file(tmp_path: Path, database: SqliteDatabase) -> None:
    """Only its owner may read it, it has no log, and what is in it is what is in the store."""
    copy = tmp_path / "copy.db"
    done = back_up(database, copy)
    assert (done.size, done.revision) == (copy.stat().st_size, HEAD)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert read(copy, "PRAGMA journal_mode") == ("delete",)
    assert everything(copy) == rows(database)


def test_a_name_that_is_taken_is_refused(tmp_path: Path, database: SqliteDatabase) -> None:
    """No file is ever written over, and a folder that is missing is named."""
    taken = tmp_path / "taken"
    taken.write_text("precious")
    with pytest.raises(SettingsError, match="choose another name"):
        back_up(database, taken)
    with pytest.raises(SettingsError, match="there is no folder"):
        back_up(database, tmp_path / "nowhere" / "copy.db")
    assert taken.read_text() == "precious"
    assert not left(tmp_path)


def test_a_damaged_store_gives_no_copy(tmp_path: Path, database: SqliteDatabase) -> None:
    """A store whose pages are damaged says so, and leaves no copy that looks like one."""
    with database.unit() as executor:
        for number in range(300):
            executor.run(
                "INSERT INTO retailcrm_stocks VALUES ('main', ?, 1, ?, 'x')", (str(number), "d" * 99)
            )
    database.checkpoint()
    database.close()
    whole = database.path.read_bytes()
    page = whole.index(b"d" * 99) // 4096
    database.path.write_bytes(whole[: page * 4096 + 8] + b"\xff" * 100 + whole[page * 4096 + 108 :])
    damaged = SqliteDatabase(database.path)
    with pytest.raises(InputError, match="damaged"):
        back_up(damaged, tmp_path / "copy.db")
    damaged.close()
    assert not (tmp_path / "copy.db").exists()
    assert not left(tmp_path)


def test_a_store_without_tables_is_not_backed_up(tmp_path: Path) -> None:
    """An empty database is no store."""
    database = SqliteDatabase(tmp_path / "empty.db")
    with pytest.raises(SettingsError, match="retailcrm db init"):
        back_up(database, tmp_path / "copy.db")
    database.close()


def test_a_copy_is_restored_to_a_new_file(tmp_path: Path, database: SqliteDatabase) -> None:
    """The restored store has what was backed up, opens as a store, and is private."""
    back_up(database, tmp_path / "copy.db")
    before = rows(database)
    target = tmp_path / "restored.db"
    assert restore(tmp_path / "copy.db", target).revision == HEAD
    assert target.stat().st_mode & 0o777 == 0o600
    assert everything(target) == before


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_the_log_of_another_file_is_in_the_way(tmp_path: Path, database: SqliteDatabase, ending: str) -> None:
    """A log that a deleted store left behind would be played into the restored one, so it is named first."""
    back_up(database, tmp_path / "copy.db")
    (tmp_path / f"gone.db{ending}").write_bytes(b"x")
    with pytest.raises(SettingsError, match=f"gone.db{ending}: SQLite would take this log"):
        restore(tmp_path / "copy.db", tmp_path / "gone.db")
    assert not (tmp_path / "gone.db").exists()
    assert not left(tmp_path)


def test_a_store_is_only_replaced_when_told_to(tmp_path: Path, database: SqliteDatabase) -> None:
    """Without being told, a store that is there stays; told, those who have it open see the restored one."""
    back_up(database, tmp_path / "copy.db")
    before = rows(database)
    with database.unit() as executor:
        fill(executor, shop="later")
    after = rows(database)
    with pytest.raises(SettingsError, match="--force writes over it"):
        restore(tmp_path / "copy.db", database.path)
    assert rows(database) == after
    with database.snapshot() as reader:
        assert reader.one("SELECT count(*) FROM retailcrm_shops") == (2,)
        restore(tmp_path / "copy.db", database.path, replace=True)
        # One who reads goes on with what he began with.
        assert reader.one("SELECT count(*) FROM retailcrm_shops") == (2,)
    assert rows(database) == before
    with database.unit() as executor:
        fill(executor, shop="after all")
    assert database.executor.one("PRAGMA integrity_check") == ("ok",)


def test_a_restore_that_is_killed_leaves_the_old_or_the_new(tmp_path: Path, database: SqliteDatabase) -> None:
    """SIGKILL at any moment of a restore: the store is as it was, or as the copy."""
    back_up(database, tmp_path / "copy.db")
    new = rows(database)
    with database.unit() as executor:
        for number in range(4000):
            executor.run(
                "INSERT INTO retailcrm_stocks VALUES ('main', ?, 1, ?, 'x')", (str(number), "d" * 999)
            )
    back_up(database, tmp_path / "large.db")
    old = rows(database)
    chance = random.Random(5)  # noqa: S311 - moments, not secrets
    for turn in range(COPIES):
        source = tmp_path / ("copy.db" if turn % 2 else "large.db")
        process = subprocess.Popen(
            [sys.executable, "-c", RESTORER, str(source), str(database.path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.04))
        process.kill()
        process.communicate()
        assert rows(database) in (old, new)
        assert database.executor.one("PRAGMA integrity_check") == ("ok",)


@pytest.mark.parametrize("fault", ["text", "cut short", "a byte", "a log", "no store"])
def test_what_is_no_whole_copy_is_not_restored(tmp_path: Path, database: SqliteDatabase, fault: str) -> None:
    """A file that is damaged, in use or something else is refused, and the store stays as it is."""
    copy = tmp_path / "copy.db"
    back_up(database, copy)
    content = copy.read_bytes()
    if fault == "text":
        copy.write_text("no database")
    elif fault == "cut short":
        copy.write_bytes(content[:-5000])
    elif fault == "a byte":
        page = content.index("小明".encode()) // 4096 * 4096
        copy.write_bytes(content[: page + 3] + b"\xff" + content[page + 4 :])
    elif fault == "a log":
        copy.with_name("copy.db-wal").write_bytes(b"x")
    else:
        copy.unlink()
        sqlite3.connect(copy).execute("CREATE TABLE a (b)").connection.close()
    before = rows(database)
    for target, replace in ((database.path, True), (tmp_path / "new.db", False)):
        with pytest.raises(InputError, match=r"damaged|no backup|in use|without a store"):
            restore(copy, target, replace=replace)
    assert rows(database) == before
    assert not (tmp_path / "new.db").exists()
    assert not left(tmp_path)


def test_copies_of_other_versions(tmp_path: Path, database: SqliteDatabase) -> None:
    """An older copy is restored as it is, to be upgraded; one of a newer library is refused."""
    for version in ("0000", "0999"):
        database.executor.run(SET_VERSION, (version,))
        connection = sqlite3.connect(database.path)
        target = sqlite3.connect(tmp_path / f"{version}.copy")
        connection.backup(target)
        for one in (connection, target):
            one.close()
    assert restore(tmp_path / "0000.copy", tmp_path / "older.db").revision == "0000"
    with pytest.raises(SettingsError, match="a newer library"):
        restore(tmp_path / "0999.copy", tmp_path / "newer.db")


def test_others_that_never_end_are_not_waited_for(
    tmp_path: Path, database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that keeps the store does not make a restore wait for ever."""
    from retailcrm.errors import ConflictError

    back_up(database, tmp_path / "copy.db")
    monkeypatch.setattr(backup, "_PATIENCE", 0.1)
    with database.unit() as executor:
        fill(executor, shop="open")
        with pytest.raises(ConflictError):
            restore(tmp_path / "copy.db", database.path, replace=True)
    assert database.executor.one("SELECT count(*) FROM retailcrm_shops") == (2,)
