"""Portable backups: from either kind of database into either, whole or not at all."""

from __future__ import annotations

import json
import threading
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.adapters.stores.databases import KINDS, SET_VERSION, catalogue, fill, opened, rows
from tests.postgres import fresh_database

from retailcrm.adapters.stores.sql.feed import SqlFeed
from retailcrm.adapters.stores.sql.migrations import HEAD, prepare, revision_of
from retailcrm.adapters.stores.sql.portable import manifest
from retailcrm.adapters.stores.sql.portable.dumping import dump
from retailcrm.adapters.stores.sql.portable.loading import load
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from retailcrm.adapters.stores.sql.executor import Database


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a store of each kind, with a few rows."""
    with opened(request.param, tmp_path, request) as database:
        prepare(database)
        with database.unit() as executor:
            fill(executor)
        yield database


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """Give a store with a few rows, where its kind does not matter."""
    database = SqliteDatabase(tmp_path / "shop.db")
    prepare(database)
    with database.unit() as executor:
        fill(executor)
    yield database
    database.close()


@contextmanager
def another(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Open another empty database of a kind."""
    if kind == "sqlite":
        database = SqliteDatabase(tmp_path / "another.db")
        yield database
        database.close()
        return
    from retailcrm.adapters.stores.postgres.database import PostgresDatabase

    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        server = PostgresDatabase(url)
        yield server
        server.close()


def rewritten(path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """Write an archive anew, its files changed."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    other = path.with_name("changed.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return other


def with_manifest(**changes: Any) -> Callable[[dict[str, bytes]], object]:
    """Change what a backup says of itself."""

    def change(files: dict[str, bytes]) -> None:
        told = json.loads(files[manifest.NAME])
        files[manifest.NAME] = json.dumps({**told, **changes}).encode()

    return change


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_moves_to_either_kind(
    database: Database, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Every row arrives exactly, whatever its texts; numbers that it gives go on where they were."""
    with database.unit() as executor:
        executor.run("DELETE FROM retailcrm_events WHERE subject = 'b'")
    before = rows(database)
    assert before["retailcrm_entries"]
    path = tmp_path / "moving.zip"
    written = dump(database, path)
    assert written.revision == HEAD
    assert written.rows == sum(map(len, before.values())) - 1
    assert path.stat().st_mode & 0o777 == 0o600
    with another(kind, tmp_path, request) as target:
        done = load(target, path)
        assert (done.revision, done.rows) == (HEAD, written.rows)
        assert rows(target) == before
        with target.unit() as executor:
            fill(executor, shop="other")
        assert [row[0] for row in rows(target)["retailcrm_events"]] == [1, 3, 4]
        fresh = catalogue(target)
    if kind == database.dialect:
        assert fresh == catalogue(database)


def test_a_backup_is_of_one_moment(database: Database, tmp_path: Path) -> None:
    """While another thread writes, what is backed up is a prefix of its transactions."""
    stop = threading.Event()
    with database.unit() as executor:
        executor.run("INSERT INTO retailcrm_clocks VALUES ('main', 0, 'x')")

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with database.unit() as executor:
                executor.run("UPDATE retailcrm_clocks SET advanced_at = ?", (number,))
                executor.run(
                    "INSERT INTO retailcrm_entries VALUES ('main', 'bob', ?, 'earn', 'k', 1, 1, '{}', 'x')",
                    (number,),
                )

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for turn in range(3):
            path = tmp_path / f"{turn}.zip"
            dump(database, path)
            with zipfile.ZipFile(path) as archive:
                entries = [json.loads(line) for line in archive.open("retailcrm_entries.jsonl")]
                clock = json.loads(archive.read("retailcrm_clocks.jsonl"))
            versions = sorted(entry[2] for entry in entries if entry[1] == "bob")
            assert versions == list(range(1, clock[1] + 1))
    finally:
        stop.set()
        thread.join()


def test_readers_of_the_feed_go_on_or_are_told(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Events keep their order after a move, and new ones come last, whatever numbers transactions had."""
    with database.unit() as executor:
        executor.run("UPDATE retailcrm_events SET transaction_id = 9000000000000")
    dump(database, tmp_path / "moving.zip")
    for kind in KINDS:
        with another(kind, tmp_path, request) as target:
            assert load(target, tmp_path / "moving.zip").feed_anew
            with target.unit() as executor:
                executor.run(
                    "INSERT INTO retailcrm_events"
                    " (shop, transaction_id, kind, subject, recorded_at, document)"
                    " VALUES ('main', ?, 'k', 'new', 1, '{}')",
                    (0 if kind == "sqlite" else 1,),
                )
            told = SqlFeed(target, "main").read()
            assert [one.fact.subject for one in told.facts] == ["a", "b", "new"]


def test_a_store_is_only_replaced_when_told_to(database: Database, tmp_path: Path) -> None:
    """Without being told, tables that are there stay; told, they are replaced, whatever their version."""
    path = tmp_path / "backup.zip"
    dump(database, path)
    before = rows(database)
    with database.unit() as executor:
        fill(executor, shop="later")
        executor.run(SET_VERSION, ("0999",))
    after = rows(database)
    with pytest.raises(SettingsError, match="--force replaces them"):
        load(database, path)
    assert rows(database) == after
    load(database, path, replace=True)
    assert rows(database) == before
    assert revision_of(database) == HEAD


def test_a_restore_that_is_cut_off_changes_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end at any row leaves the store as it was."""
    path = tmp_path / "backup.zip"
    count = dump(database, path).rows
    with database.unit() as executor:
        fill(executor, shop="later")
    before = rows(database)
    row_of = manifest.row_of
    for at in range(count):
        left = iter(range(at))

        def cut_off(text: bytes, left: Iterator[int] = left) -> list[Any]:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return row_of(text)

        monkeypatch.setattr(manifest, "row_of", cut_off)
        with pytest.raises(KeyboardInterrupt):
            load(database, path, replace=True)
        assert rows(database) == before
    monkeypatch.undo()
    load(database, path, replace=True)
    assert len(rows(database)["retailcrm_shops"]) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda files: files.pop(manifest.NAME), "damaged, or none"),
        (lambda files: files.update({manifest.NAME: b"{"}), "is damaged"),
        (with_manifest(parts=[]), "does not hold the tables"),
        (with_manifest(parts=7), "is damaged"),
        (lambda files: files.pop("retailcrm_entries.jsonl"), "damaged, or none"),
        (
            lambda files: files.update(
                {"retailcrm_entries.jsonl": files["retailcrm_entries.jsonl"].replace(b'"earn"', b'"find"', 1)}
            ),
            "not those that were backed up",
        ),
        (
            lambda files: files.update(
                {"retailcrm_entries.jsonl": files["retailcrm_entries.jsonl"].rsplit(b"\n", 2)[0] + b"\n"}
            ),
            "not those that were backed up",
        ),
        (lambda files: files.update({"retailcrm_entries.jsonl": b"[1\n"}), "damaged, or none"),
        (
            lambda files: files.update({manifest.NAME: files[manifest.NAME].replace(b'"verb"', b'"noun"')}),
            "does not hold the columns",
        ),
    ],
)
def test_what_was_changed_is_not_restored(
    store: SqliteDatabase, tmp_path: Path, change: Callable[[dict[str, bytes]], object], said: str
) -> None:
    """A backup whose parts are missing, or not what was written, is refused, and the store stays as it is."""
    dump(store, tmp_path / "backup.zip")
    before = rows(store)
    with pytest.raises(InputError, match=said):
        load(store, rewritten(tmp_path / "backup.zip", change), replace=True)
    assert rows(store) == before


@pytest.mark.parametrize("changes", [{"format_version": 2}, {"revision": "0999"}, {"format": "another"}])
def test_backups_of_a_newer_library_are_refused(
    store: SqliteDatabase, tmp_path: Path, changes: dict[str, Any]
) -> None:
    """What this library cannot know is named as such."""
    dump(store, tmp_path / "backup.zip")
    with pytest.raises(SettingsError, match="a newer library wrote this backup"):
        load(store, rewritten(tmp_path / "backup.zip", with_manifest(**changes)), replace=True)


@pytest.mark.parametrize("at", [0.2, 0.5, 0.9, 0.999])
def test_a_backup_that_was_cut_short_is_refused(store: SqliteDatabase, tmp_path: Path, at: float) -> None:
    """A part of a file is no backup."""
    path = tmp_path / "backup.zip"
    dump(store, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * at)])
    with pytest.raises(InputError, match="damaged"):
        load(store, path, replace=True)


def test_only_known_versions_are_backed_up(tmp_path: Path) -> None:
    """An empty database, and one of a newer library, give no file."""
    database = SqliteDatabase(tmp_path / "shop.db")
    with pytest.raises(SettingsError, match="retailcrm db init"):
        dump(database, tmp_path / "backup.zip")
    prepare(database)
    database.executor.run(SET_VERSION, ("0999",))
    with pytest.raises(SettingsError, match="a newer library"):
        dump(database, tmp_path / "backup.zip")
    database.close()
    assert not list(tmp_path.glob("*.zip*"))
