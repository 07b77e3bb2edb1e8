"""What a database itself says of our tables, in each kind's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.migrations.revisions import VERSION_TABLE, tables_in

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sql.executor import Executor

_COLUMNS: Final = {
    "sqlite": "SELECT name FROM pragma_table_info(?) ORDER BY cid",
    "postgresql": (
        "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(?)"
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    ),
}

_COUNTED: Final = (
    "SELECT attname::text, pg_get_serial_sequence(attrelid::regclass::text, attname::text)"
    " FROM pg_attribute WHERE attrelid = to_regclass(?) AND attidentity <> ''"
)

_FUNCTIONS: Final = (
    "SELECT proname::text FROM pg_proc WHERE substr(proname::text, 1, 10) = 'retailcrm_'"
    " AND pg_function_is_visible(oid)"
)


def filled_tables(executor: Executor) -> list[str]:
    """Give the names of the tables that a backup holds: all but the one of the version."""
    return sorted(tables_in(executor) - {VERSION_TABLE})


def columns_of(executor: Executor, table: str) -> tuple[str, ...]:
    """Give the names of a table's columns."""
    return tuple(name for (name,) in executor.all(_COLUMNS[executor.dialect], (table,)))


def position_of(executor: Executor, table: str) -> int | None:
    """Give the last number that the database gave to a row; ``None`` where it gives none."""
    if executor.dialect == "postgresql":
        if (counted := executor.one(_COUNTED, (table,))) is None:
            return None
        found = executor.one(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {counted[1]}")  # noqa: S608 - the catalogue's own name
        return int(found[0]) if found else 0
    if not executor.all(
        "SELECT 1 FROM sqlite_master WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'", (table,)
    ):
        return None
    found = executor.one("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
    return int(found[0]) if found else 0


def set_position(executor: Executor, table: str, position: int) -> None:
    """Let the database give numbers after this one."""
    if executor.dialect == "postgresql":
        if (counted := executor.one(_COUNTED, (table,))) is not None:
            executor.one("SELECT setval(?::regclass, ?, ?)", (counted[1], max(position, 1), position > 0))
        return
    executor.run("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
    executor.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, position))


def drop_everything(executor: Executor) -> None:
    """Drop all tables of this package, whatever their version."""
    for table in sorted(tables_in(executor)):
        executor.run(f'DROP TABLE "{table}"')
    if executor.dialect == "postgresql":
        for (name,) in executor.all(_FUNCTIONS):
            executor.run(f'DROP FUNCTION "{name}"')
