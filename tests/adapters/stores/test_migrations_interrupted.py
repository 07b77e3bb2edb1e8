"""Creating and upgrading, cut off at each statement: all is as before, and once more completes."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import Engine, event
from tests.adapters.stores.databases import KINDS, catalogue, fill, opened, rows

from retailcrm.adapters.stores.sql.migrations import HEAD, prepare, revision_of, upgrading
from retailcrm.adapters.stores.sql.migrations.upgrading import SCRIPTS, create_or_upgrade
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailcrm.adapters.stores.sql.executor import Database

NEXT: Final = "9000"
NEXT_MODULE: Final = f"""
from pathlib import Path
from alembic import op
from retailcrm.adapters.stores.sql.migrations.statements import run_file
revision = "{NEXT}"
down_revision = "{HEAD}"
def upgrade():
    run_file(op.get_bind(), Path(__file__))
"""
NEXT_STATEMENTS: Final = """
-- A version of the future: a column, a table that is made anew, rows that change, a trigger.

ALTER TABLE retailcrm_shops ADD COLUMN colour TEXT;

UPDATE retailcrm_shops SET colour = 'red', zone = 'Europe/Berlin';

CREATE TABLE retailcrm_anew AS SELECT shop, gone, keep, proof FROM retailcrm_merged;

DROP TABLE retailcrm_merged;

ALTER TABLE retailcrm_anew RENAME TO retailcrm_merged;

CREATE INDEX retailcrm_merged_keep ON retailcrm_merged (shop, keep);
"""
KILLED: Final = """
import os, signal, sys
from sqlalchemy import Engine, event
from retailcrm.adapters.stores.sql.migrations import prepare
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
left = int(sys.argv[2])
def count(*_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(Engine, "after_cursor_execute", count)
prepare(SqliteDatabase(sys.argv[1]))
"""


class CutOffError(Exception):
    """The end of the process, as far as a test can play it inside its own."""


@contextmanager
def cut_off(at: int) -> Iterator[list[int]]:
    """Raise as the Nth statement is about to run; gives how many there were."""
    seen = [0]

    def count(*_: Any) -> None:
        seen[0] += 1
        if seen[0] == at:
            raise CutOffError

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", count)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give an empty database of each kind."""
    with opened(request.param, tmp_path, request) as database:
        yield database


@pytest.fixture
def future(tmp_path: Path) -> Path:
    """Give the versions as they are, and one more."""
    scripts = tmp_path / "scripts"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / f"v{NEXT}.py").write_text(NEXT_MODULE)
    for kind in KINDS:
        (scripts / "versions" / f"v{NEXT}.{kind}.sql").write_text(NEXT_STATEMENTS)
    return scripts


def test_creating_is_all_or_nothing(database: Database) -> None:
    """Whichever statement is the last, nothing of it is left, and the next run creates everything."""
    at = 0
    while True:
        at += 1
        with cut_off(at) as seen:
            try:
                create_or_upgrade(database)
            except CutOffError:
                assert revision_of(database) is None
                assert not any(part for part in catalogue(database).values())
                continue
        break
    assert seen[0] == at - 1 > 20
    assert revision_of(database) == HEAD
    with database.unit() as executor:
        fill(executor)
    assert len(rows(database)["retailcrm_entries"]) == 3


def test_upgrading_is_all_or_nothing(database: Database, future: Path) -> None:
    """Whichever statement is the last, version and rows are as before, and the next run upgrades."""
    create_or_upgrade(database)
    with database.unit() as executor:
        fill(executor)
        executor.run("INSERT INTO retailcrm_merged VALUES ('main', 'bob', 'ann', 'x')")
    tables, before = catalogue(database), rows(database)
    at = 0
    while True:
        at += 1
        with cut_off(at) as seen:
            try:
                assert create_or_upgrade(database, to=NEXT, scripts=future) == HEAD
            except CutOffError:
                assert catalogue(database) == tables
                assert rows(database) == before
                continue
        break
    assert seen[0] > NEXT_STATEMENTS.count(";")
    assert revision_of(database) == NEXT
    after = rows(database)
    assert {shop[2] for shop in after["retailcrm_shops"]} == {"Europe/Berlin"}
    assert after["retailcrm_merged"] == [("main", "bob", "ann", "x")]
    unchanged = before.keys() - {"retailcrm_shops", "retailcrm_alembic_version"}
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}


def test_a_version_on_the_way_is_reached_from_nothing(database: Database, future: Path) -> None:
    """Creating runs all versions one after another, in one transaction."""
    assert create_or_upgrade(database, to=NEXT, scripts=future) is None
    assert revision_of(database) == NEXT


@pytest.mark.parametrize("at", [1, 4, 12, 25])
def test_a_killed_process_leaves_nothing_half_done(tmp_path: Path, at: int) -> None:
    """SIGKILL after the Nth statement: the next process finds an empty database, and creates everything."""
    path = tmp_path / "shop.db"
    run = subprocess.run([sys.executable, "-c", KILLED, str(path), str(at)], capture_output=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr
    database = SqliteDatabase(path)
    assert revision_of(database) is None
    prepare(database)
    assert revision_of(database) == HEAD
    assert database.executor.all("PRAGMA integrity_check") == [("ok",)]
    whole = SqliteDatabase(tmp_path / "whole.db")
    prepare(whole)
    assert catalogue(database) == catalogue(whole)
    for one in (database, whole):
        one.close()


def test_what_is_not_one_transaction_is_noticed(database: Database) -> None:
    """The same harness sees tables left behind where each statement commits by itself."""
    with cut_off(12), pytest.raises(CutOffError):
        upgrading._run(database.executor, HEAD, SCRIPTS)
    assert any(part for part in catalogue(database).values())
