"""From every released version: the tables and rows that it left, brought to today's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.adapters.stores.databases import KINDS, catalogue, opened, rows

from retailcrm.adapters.stores.sql.migrations import HEAD, prepare, revision_of
from retailcrm.adapters.stores.sql.migrations.statements import split
from retailcrm.adapters.stores.sql.migrations.upgrading import SCRIPTS, create_or_upgrade
from retailcrm.adapters.stores.sql.portable.catalogue import drop_everything
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.adapters.stores.sql.executor import Database

VERSIONS: Final = Path(__file__).parent / "versions"
"""What a release left: its tables, and a few rows, as SQL text; written once, when it was released."""

RELEASED: Final = sorted({path.name.partition(".")[0] for path in VERSIONS.glob("*.sql")})


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give an empty database of each kind."""
    with opened(request.param, tmp_path, request) as database:
        yield database


def test_no_version_is_left_out() -> None:
    """Every version of the library has its text here, for both kinds of databases."""
    versions = {path.stem.removeprefix("v") for path in (SCRIPTS / "versions").glob("v*.py")}
    assert versions == set(RELEASED)
    assert {path.name for path in VERSIONS.glob("*.sql")} == {
        f"{version}.{kind}.sql" for version in versions for kind in KINDS
    }


@pytest.mark.parametrize("version", RELEASED)
def test_a_store_of_a_version_becomes_todays(database: Database, version: str) -> None:
    """Its tables become those of a new store, no row is lost, and opening takes it then, not before."""
    with database.unit() as executor:
        for statement in split((VERSIONS / f"{version}.{database.dialect}.sql").read_text("utf-8")):
            executor.run(statement)
    before = rows(database)
    assert revision_of(database) == version
    if version != HEAD:
        with pytest.raises(SettingsError, match="retailcrm db upgrade"):
            prepare(database)
    assert create_or_upgrade(database) == version
    prepare(database)
    upgraded, after = catalogue(database), rows(database)
    assert {name: len(found) for name, found in after.items() if name in before} == {
        name: len(found) for name, found in before.items()
    }
    if version == HEAD:
        assert after == before
    with database.unit() as executor:
        drop_everything(executor)
    create_or_upgrade(database)
    assert upgraded == catalogue(database)
