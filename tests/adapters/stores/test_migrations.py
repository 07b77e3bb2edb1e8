"""The versions of the tables: what creating gives, and which databases are taken."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.adapters.stores.databases import (
    KINDS,
    SET_VERSION,
    catalogue,
    create_all,
    fill,
    opened,
    rows,
    whole_metadata,
)

from retailcrm.adapters.stores.sql.migrations import HEAD, check_revision, prepare, revision_of
from retailcrm.adapters.stores.sql.migrations.joining import joined
from retailcrm.adapters.stores.sql.migrations.revisions import VERSION_TABLE
from retailcrm.adapters.stores.sql.migrations.upgrading import SCRIPTS, create_or_upgrade
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.errors import MissingExtraError, SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailcrm.adapters.stores.sql.executor import Database


FORBIDDEN: Final = (
    "UPDATE retailcrm_entries SET document = '{}' WHERE version = 2",
    "UPDATE retailcrm_entries SET version = 9 WHERE version = 2",
    "DELETE FROM retailcrm_entries WHERE version = 3",
    "DELETE FROM retailcrm_entries",
)
OTHERS: Final = {
    "0000": "run 'retailcrm db upgrade --db URL'",
    "0999": "a newer library wrote them.*'retailcrm db upgrade' cannot go back",
    "of somebody": "a newer library wrote them",
}
"""Other versions, and what is said of them."""


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give an empty database of each kind."""
    with opened(request.param, tmp_path, request) as database:
        yield database


def test_the_version_that_is_looked_for_is_the_newest() -> None:
    """The constant that opening a shop compares with is Alembic's end of the line."""
    assert ScriptDirectory(str(SCRIPTS)).get_heads() == [HEAD]


def test_creating_gives_what_alembic_expects(database: Database) -> None:
    """Alembic's comparison of the created tables with the declared ones finds no difference."""
    create_or_upgrade(database)
    with database.unit() as executor, joined(executor) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, whole_metadata()) == []


def test_creating_gives_what_the_declarations_give(
    database: Database, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Columns, types, collations, keys, CHECKs and indexes are the declared ones, to the letter."""
    create_or_upgrade(database)
    if database.dialect == "sqlite":
        declared: Any = SqliteDatabase(tmp_path / "declared.db")
    else:
        from retailcrm.adapters.stores.postgres.database import PostgresDatabase

        database.executor.run("CREATE SCHEMA declared")
        url = request.getfixturevalue("postgres_url")
        declared = PostgresDatabase(f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3Ddeclared")
    create_all(declared)
    made, told = catalogue(database), catalogue(declared)
    declared.close()
    # What the declarations do not say: the version, and the triggers, which are tested by what they do.
    made.pop("triggers", None)
    told.pop("triggers", None)
    without = {
        part: [one for one in found if VERSION_TABLE not in str(one) and one[0] != "trigger"]
        for part, found in made.items()
    }
    assert without == told


def test_entries_are_append_only(database: Database) -> None:
    """The database itself refuses to change or delete an entry; new ones are taken."""
    create_or_upgrade(database)
    with database.unit() as executor:
        fill(executor)
    before = rows(database)
    for statement in FORBIDDEN:
        with pytest.raises(StoreError, match="append-only"):
            database.executor.run(statement)
    assert rows(database) == before


def test_events_may_be_pruned_and_their_positions_are_not_given_again(database: Database) -> None:
    """Old facts of the feed may go, even the last one; a new one still comes after it."""
    create_or_upgrade(database)
    with database.unit() as executor:
        fill(executor)
        last = executor.one("SELECT max(position) FROM retailcrm_events")
        executor.run("DELETE FROM retailcrm_events")
        fill(executor, shop="other")
        first = executor.one("SELECT min(position) FROM retailcrm_events")
    assert last is not None
    assert first is not None
    assert last[0] < first[0]


def test_preparing_creates_once_and_then_only_looks(database: Database) -> None:
    """An empty database gets its tables; one that has them is left as it is."""
    assert revision_of(database) is None
    prepare(database)
    assert revision_of(database) == HEAD
    check_revision(database)
    with database.unit() as executor:
        fill(executor)
    before = rows(database)
    prepare(database)
    assert create_or_upgrade(database) == HEAD
    assert rows(database) == before


def test_a_url_will_do(tmp_path: Path) -> None:
    """Creating opens the database of a URL by itself, and closes it."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    assert create_or_upgrade(url) is None
    assert create_or_upgrade(url) == HEAD


def test_tables_of_others_do_not_matter(database: Database) -> None:
    """A shop's own tables may live in the same database, and are left alone."""
    with database.unit() as executor:
        executor.run("CREATE TABLE orders (id INTEGER)")
        executor.run("INSERT INTO orders VALUES (1)")
    prepare(database)
    assert revision_of(database) == HEAD
    assert database.executor.all("SELECT id FROM orders") == [(1,)]


def test_other_versions_are_refused(database: Database) -> None:
    """Older and newer tables are refused with what to do about it, and are left as they are."""
    create_or_upgrade(database)
    for found, said in OTHERS.items():
        database.executor.run(SET_VERSION, (found,))
        before = rows(database)
        for opening in (prepare, check_revision):
            with pytest.raises(SettingsError, match=said):
                opening(database)
        if found != "0000":
            with pytest.raises(SettingsError, match=said):
                create_or_upgrade(database)
        assert rows(database) == before


def test_no_tables_are_named_as_that(database: Database) -> None:
    """Work that needs tables says how to create them."""
    with pytest.raises(SettingsError, match="retailcrm db init"):
        check_revision(database)


def test_tables_without_a_version_are_refused(database: Database) -> None:
    """Tables that were copied without their version are not taken for an empty database."""
    create_or_upgrade(database)
    database.executor.run(f"DROP TABLE {VERSION_TABLE}")
    for opening in (prepare, check_revision, create_or_upgrade):
        with pytest.raises(SettingsError, match="does not say of which version"):
            opening(database)


def test_two_may_prepare_at_once(database: Database) -> None:
    """Of several that open an empty database at one moment, one creates the tables and all go on."""
    errors: list[BaseException] = []
    together = threading.Barrier(4)

    def run() -> None:
        together.wait()
        try:
            prepare(database)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert revision_of(database) == HEAD


def test_nothing_is_created_in_somebody_elses_transaction() -> None:
    """A caller's transaction is no place for creating tables."""

    class Theirs:
        borrowed = True

    with pytest.raises(SettingsError, match="outside of other transactions"):
        create_or_upgrade(Theirs())  # type: ignore[arg-type]


def test_creating_without_alembic_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lacks what creates tables is told what to install, and the database stays empty."""
    monkeypatch.setitem(sys.modules, "alembic", None)
    database = SqliteDatabase(tmp_path / "shop.db")
    with pytest.raises(MissingExtraError, match=r"retailcrm-core\[shop\]"):
        prepare(database)
    assert revision_of(database) is None
    database.close()


def test_looking_loads_neither_alembic_nor_sqlalchemy(tmp_path: Path) -> None:
    """A database at the library's version is opened without either."""
    path = tmp_path / "shop.db"
    database = SqliteDatabase(path)
    prepare(database)
    database.close()
    code = (
        "import sys\n"
        "from retailcrm.adapters.stores.sql.migrations import prepare\n"
        "from retailcrm.adapters.stores.sqlite.database import SqliteDatabase\n"
        "prepare(SqliteDatabase(sys.argv[1]))\n"
        "print(*({name.partition('.')[0] for name in sys.modules} & {'alembic', 'sqlalchemy', 'psycopg'}))\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
