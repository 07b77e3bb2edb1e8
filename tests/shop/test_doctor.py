"""The doctor: what a shop stands on, and what to do about it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import attrs
import pytest

from retailcrm import open_shop
from retailcrm.adapters.stores.postgres.database import PostgresDatabase
from retailcrm.adapters.stores.postgres.probing import ServerFacts, probe_server
from retailcrm.adapters.stores.sqlite.probing import TIMES, DiskFacts, probe_disk, probe_file
from retailcrm.shop.doctor import Level, examine
from retailcrm.shop.doctor.databases import look_at_database, of_disk, of_file, of_server, zones_of
from retailcrm.shop.doctor.interpreter import (
    look_at_expat,
    look_at_python,
    look_at_sqlite,
    look_at_zones,
    look_for_second_sqlite,
)
from retailcrm.shop.doctor.packages import look_at_import_name, look_at_plugins

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from retailcrm.shop.doctor import Advice

GB = 1 << 30


def levels(found: Iterable[Advice]) -> dict[str, Level]:
    """Give the most serious level of each topic."""
    worst: dict[str, Level] = {}
    for one in found:
        order = list(Level)
        worst[one.topic] = max(worst.get(one.topic, Level.OK), one.level, key=order.index)
    return worst


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    """Give the file of an empty shop."""
    path = tmp_path / "shop.db"
    open_shop(f"sqlite:///{path}", zone="Asia/Tokyo").close()
    return path


def test_without_a_database_nothing_is_wrong_here() -> None:
    """The machine of the tests has no error, and every message is there in both languages."""
    found = examine(zones=["Europe/Berlin"])
    assert {one.level for one in found} <= {Level.OK, Level.NOTE, Level.WARNING}
    assert all(one.message.zh and one.message.en for one in found)
    assert {"python", "expat", "sqlite", "sqlite-library", "import-name", "plugins", "zones"} <= levels(
        found
    ).keys()
    assert any("Europe/Berlin" in one.message.en for one in found)


@pytest.mark.parametrize(
    ("version", "python", "zipfile"),
    [
        ((3, 10, 9), Level.ERROR, None),
        ((3, 11, 7), Level.OK, Level.NOTE),
        ((3, 11, 8), Level.OK, None),
        ((3, 12, 1), Level.OK, Level.NOTE),
        ((3, 13, 0), Level.OK, None),
    ],
)
def test_old_pythons_are_told(version: tuple[int, ...], python: Level, zipfile: Level | None) -> None:
    """Before 3.11 nothing works; zipfile of some versions takes bombs of entries that overlap."""
    found = levels(look_at_python(version))
    assert found["python"] is python
    assert found.get("zipfile") is zipfile


def test_old_expats_are_told() -> None:
    """Before 2.6.0 large tokens take quadratic time."""
    assert levels(look_at_expat("expat_2.5.0")) == {"expat": Level.NOTE}
    assert levels(look_at_expat("expat_2.6.0")) == {"expat": Level.OK}


@pytest.mark.parametrize(
    ("version", "level"),
    [((3, 36, 0), Level.ERROR), ((3, 40, 1), Level.NOTE), ((3, 51, 2), Level.NOTE), ((3, 51, 3), Level.OK)],
)
def test_the_sqlite_library_is_judged(version: tuple[int, ...], level: Level) -> None:
    """Too old is an error; before 3.51.3 the reset of the log needs a lock, which is said."""
    found = list(look_at_sqlite(version, options=()))
    assert levels(found) == {"sqlite": level}
    assert ("lock" in found[0].message.en) == (level is Level.NOTE)


def test_a_library_without_threads_is_an_error() -> None:
    """SQLite built without thread safety breaks data."""
    assert levels(look_at_sqlite((3, 52, 0), options={"THREADSAFE=0"})) == {"sqlite": Level.ERROR}


def test_a_second_library_in_the_process_is_told(tmp_path: Path) -> None:
    """A package with an SQLite of its own, or a second one that is mapped, is a warning."""
    maps = tmp_path / "maps"
    maps.write_text("7f00 r-xp 00 08:01 1 /usr/lib/libsqlite3.so.0.8.6\n7f01 rw-p 00 00:00 0 [heap]\n")
    assert levels(look_for_second_sqlite({"os"}, maps)) == {"sqlite-library": Level.OK}
    assert levels(look_for_second_sqlite({"apsw"}, maps)) == {"sqlite-library": Level.WARNING}
    maps.write_text(
        "7f00 r-xp 00 08:01 1 /usr/lib/libsqlite3.so.0.8.6\n7f01 r-xp 00 08:01 2 /opt/libsqlite3-9.so\n"
    )
    assert levels(look_for_second_sqlite({"os"}, maps)) == {"sqlite-library": Level.WARNING}
    assert levels(look_for_second_sqlite({"os"}, tmp_path / "none")) == {"sqlite-library": Level.OK}


def test_zones_that_are_not_there_are_errors() -> None:
    """A shop's days need its zone."""
    assert levels(look_at_zones(["UTC"])) == {"zones": Level.OK}
    assert levels(look_at_zones(["UTC", "Mars/Olympus"])) == {"zones": Level.ERROR}


def test_another_owner_of_the_import_name_is_an_error() -> None:
    """Two distributions that install one package write over each other's files."""
    assert levels(look_at_import_name({"retailcrm": ["retailcrm_core"]})) == {"import-name": Level.OK}
    (found,) = look_at_import_name({"retailcrm": ["retailcrm-core", "retailcrm"]})
    assert found.level is Level.ERROR
    assert "pip uninstall retailcrm," in found.message.en


def test_plugins_are_listed_and_blocked_ones_named() -> None:
    """Without others only the built-in ones are there; whoever is blocked is named."""
    assert levels(look_at_plugins()) == {"plugins": Level.OK}
    found = list(look_at_plugins(["retailcrm.adapters.sources.shopify"]))
    assert levels(found) == {"plugins": Level.NOTE}
    assert "shopify" in found[0].message.en


def test_a_file_is_looked_at(shop_file: Path) -> None:
    """The settings are those under which nothing acknowledged is lost, and the file is its owner's."""
    facts = probe_file(shop_file)
    assert (facts.settings["journal_mode"], facts.settings["synchronous"]) == ("wal", "2")
    assert facts.open_to == ""
    assert facts.size == shop_file.stat().st_size
    assert levels(of_file(facts))["file"] is Level.OK
    assert zones_of(f"sqlite:///{shop_file}") == {"Asia/Tokyo"}
    found = levels(look_at_database(f"sqlite:///{shop_file}"))
    assert found["tables"] is Level.OK
    assert list(shop_file.parent.glob("tmp*")) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_a_file_that_others_may_read_is_told(shop_file: Path) -> None:
    """Customers' data are in it."""
    shop_file.chmod(0o644)
    facts = probe_file(shop_file)
    assert facts.open_to == "group, others"
    (found,) = (one for one in of_file(facts) if one.topic == "permissions")
    assert found.level is Level.WARNING
    assert f"chmod 600 {shop_file}" in found.message.en


def test_settings_and_logs_are_judged(shop_file: Path) -> None:
    """Settings that lose data are errors; a log that never ends is a warning."""
    facts = probe_file(shop_file)
    off = attrs.evolve(facts, settings={**facts.settings, "synchronous": "1"})
    assert levels(of_file(off))["file"] is Level.ERROR
    assert levels(of_file(attrs.evolve(facts, log=65 << 20)))["log"] is Level.WARNING


@pytest.mark.parametrize(
    ("seconds", "kind", "level"),
    [
        (0.004, "ext4", Level.OK),
        (0.00001, "ext4", Level.WARNING),
        (0.2, "ext4", Level.NOTE),
        (0.004, "tmpfs", Level.WARNING),
    ],
)
def test_disks_that_do_not_wait_are_told(seconds: float, kind: str, level: Level) -> None:
    """An fsync that takes no time kept nothing, and memory is no disk."""
    found = levels(of_disk(DiskFacts(free=500 * GB, file_system=kind, fsync_seconds=seconds), GB))
    assert found == {"fsync": level, "space": Level.OK}


@pytest.mark.parametrize(("free", "level"), [(0, Level.ERROR), (GB, Level.WARNING), (100 * GB, Level.OK)])
def test_room_is_judged(free: int, level: Level) -> None:
    """Too little for the next day is an error, too little for a backup a warning."""
    disk = DiskFacts(free=free, file_system="ext4", fsync_seconds=0.004)
    assert levels(of_disk(disk, GB))["space"] is level


def test_the_probe_really_asks_the_disk(tmp_path: Path) -> None:
    """Each page is followed by a call that makes it last; the time of the middle one is told."""
    asked: list[int] = []
    facts = probe_disk(tmp_path, sync=asked.append)
    assert len(asked) == TIMES
    assert 0 < facts.fsync_seconds < 1
    assert facts.free > 0
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    """A missing file, a file that is none, a URL of nothing: one error, no exception."""
    (tmp_path / "notes.db").write_bytes(b"not a database, but long enough to be read as one" * 100)
    for url in (f"sqlite:///{tmp_path}/none.db", f"sqlite:///{tmp_path}/notes.db", "mysql://x"):
        assert levels(look_at_database(url)) == {"database": Level.ERROR}, url
        assert zones_of(url) == frozenset()
    assert not (tmp_path / "none.db").exists()


def test_tables_of_another_version_are_an_error(tmp_path: Path) -> None:
    """A file without tables, or with some of another version, says what to run."""
    path = tmp_path / "empty.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    (found,) = (one for one in look_at_database(f"sqlite:///{path}") if one.topic == "tables")
    assert found.level is Level.ERROR
    assert "retailcrm db init" in found.message.en


def test_servers_are_judged() -> None:
    """Settings that lose data are errors, clocks that differ warnings."""
    settings = dict.fromkeys(
        ("fsync", "full_page_writes", "synchronous_commit", "data_checksums", "lock_timeout",
         "statement_timeout", "idle_in_transaction_session_timeout",
         "server_version"),
        "on",
    )  # fmt: skip
    good = ServerFacts(settings=settings, isolation="read committed", ahead=0.01, round_trip=0.001)
    assert set(levels(of_server(good)).values()) == {Level.OK}
    lossy = attrs.evolve(good, settings={**settings, "synchronous_commit": "off", "data_checksums": "off"})
    assert levels(of_server(lossy))["durability"] is Level.ERROR
    assert levels(of_server(lossy))["checksums"] is Level.NOTE
    assert levels(of_server(attrs.evolve(good, ahead=-90.0)))["clock"] is Level.WARNING


def test_a_real_server_is_looked_at(postgres_url: str) -> None:
    """The server of the tests keeps what it acknowledges, and its clock is this machine's."""
    facts = probe_server(postgres_url)
    assert facts.settings["fsync"] == "on"
    assert abs(facts.ahead) < 1
    assert levels(of_server(facts))["durability"] is Level.OK
    found = levels(look_at_database(postgres_url))
    assert found["tables"] is Level.ERROR
    open_shop(postgres_url).close()
    assert levels(look_at_database(postgres_url))["tables"] is Level.OK


@pytest.mark.parametrize("asked", ["read committed", "serializable"])
def test_the_isolation_is_that_of_what_the_store_writes_in(postgres_url: str, asked: str) -> None:
    """What the URL asks for is said, and is what a unit runs in; the server's default counts for nothing."""
    joint = "&" if "?" in postgres_url else "?"
    url = postgres_url + ("" if asked == "read committed" else f"{joint}isolation={asked}")
    said = next(one.message.en for one in look_at_database(url) if one.topic == "session")
    assert said.startswith(f"writes are {asked}, lock_timeout=")
    with closing(PostgresDatabase(url)) as database, database.unit() as run:
        assert run.one("SHOW transaction_isolation") == (asked,)
