"""What the database itself says of its own state, and whether it still guards the journal."""

from __future__ import annotations

from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.postgres.as_made import missing, unguarded
from retailcrm.adapters.stores.sql.schema import TABLES
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.adapters.stores.sql.executor import Executor, Row
    from retailcrm.shop.stored.verifying.findings import Tally

_JOURNAL: Final = "retailcrm_entries"
_SQLITE_TRIGGERS: Final = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
_SCHEMA: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master"


def verify_database(executor: Executor, tally: Tally) -> None:
    """Ask the database whether it is whole, and see that nobody can rewrite the journal.

    Args:
        executor: Of the snapshot.
        tally: Takes the findings.
    """
    if executor.dialect == "sqlite":
        _sqlite(executor, tally)
        guards = [str(row[0]).upper() for row in executor.all(_SQLITE_TRIGGERS, (_JOURNAL,))]
        allowed = [word for word in ("UPDATE", "DELETE") if word not in _guarded_by(guards)]
    else:
        _postgresql(executor, tally)
        allowed = unguarded(executor)
    for word in allowed:
        tally.tell("entries", "", "guard", f"no trigger refuses {word}: the journal is not append-only")


def _sqlite(executor: Executor, tally: Tally) -> None:
    for (said,) in executor.all("PRAGMA integrity_check(100)"):
        if said != "ok":
            tally.tell("", "", "integrity", f"integrity_check: {_first_line(said)}")
    for table, *_ in executor.all("PRAGMA foreign_key_check"):
        tally.tell(
            str(table).removeprefix("retailcrm_"), "", "integrity", "foreign_key_check: a row has no other"
        )
    found = set(executor.all(_SCHEMA))
    for row in sorted(_as_made() - found, key=lambda row: str(row[1])):
        tally.tell(
            "", row[1], "schema", f"{row[0]} {row[1]} is not as it was made: what it guards may be broken"
        )


def _postgresql(executor: Executor, tally: Tally) -> None:
    for name in missing(executor):
        tally.tell("", name, "schema", f"{name} is not as it was made: what it guards may be broken")


@cache
def _as_made() -> frozenset[Row]:
    """Give tables, indexes and triggers as this library makes them."""
    from retailcrm.adapters.stores.sql.migrations.upgrading import create_or_upgrade  # noqa: PLC0415 - slow to load

    with (
        TemporaryDirectory() as folder,
        closing(SqliteDatabase(Path(folder) / "new.db", any_file_system=True)) as made,
    ):
        create_or_upgrade(made)
        return frozenset(made.executor.all(_SCHEMA))


def verify_shops_known(executor: Executor, tally: Tally, shops: Sequence[str]) -> None:
    """See that every row is of a shop that there is, and every shop has its own row.

    Args:
        executor: Of the snapshot.
        tally: Takes the findings.
        shops: Their keys.
    """
    known = {row[0] for row in executor.all("SELECT shop FROM retailcrm_shops")}
    for shop in sorted(set(shops) - known):
        tally.tell("shops", shop, "missing", "it has accounts, but not its own row: currency and zone")
    marks = ", ".join("?" for _ in shops) or "''"
    for name, table in TABLES.tables.items():
        if "shop" in table.columns:
            asked = f"SELECT 1 FROM {name} WHERE shop IS NULL OR shop NOT IN ({marks}) LIMIT 1"  # noqa: S608 - our own names
            if executor.one(asked, shops) is not None:
                tally.tell(name.removeprefix("retailcrm_"), "", "stray", "rows of a shop that there is not")


def _guarded_by(triggers: list[str]) -> set[str]:
    """Tell what the triggers refuse: ``BEFORE UPDATE ON``, and an end of the statement."""
    return {
        word
        for word in ("UPDATE", "DELETE")
        if any(f"BEFORE {word} ON" in text and "RAISE(" in text.replace(" ", "") for text in triggers)
    }


def _first_line(text: object) -> str:
    return str(text).splitlines()[0] if str(text) else ""
