"""What PostgreSQL's catalogue says of our tables, against what this library makes there.

Others cannot be made beside those that are looked at, as with SQLite, so the tables are asked for what
their definitions say: columns with their types, how they sort and whether they may be NULL, keys, guards,
indexes, and the trigger that keeps the journal. What somebody added of her own is none of our business.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.dialects import postgresql

# Each module of tables adds its own to the one collection.
from retailcrm.adapters.stores.sql import schema_orders, schema_rollups  # noqa: F401
from retailcrm.adapters.stores.sql.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Table

    from retailcrm.adapters.stores.sql.executor import Executor

_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]
_OURS: Final = "starts_with(owner.relname::text, 'retailcrm_') AND pg_table_is_visible(owner.oid)"
_COLUMNS: Final = (
    "SELECT owner.relname::text, attname::text, format_type(atttypid, atttypmod), attnotnull, "  # noqa: S608 - our own words
    "coalesce((SELECT collname::text FROM pg_collation it WHERE it.oid = attcollation), ''), "
    "attidentity::text "
    f"FROM pg_attribute JOIN pg_class owner ON owner.oid = attrelid WHERE {_OURS} "
    "AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped"
)
_CONSTRAINTS: Final = (
    "SELECT owner.relname::text, pg_get_constraintdef(it.oid), convalidated FROM pg_constraint it "  # noqa: S608 - our own words
    f"JOIN pg_class owner ON owner.oid = conrelid WHERE {_OURS}"
)
_INDEXES: Final = (
    "SELECT it.relname::text, pg_get_indexdef(indexrelid), indisvalid FROM pg_index "  # noqa: S608 - our own words
    f"JOIN pg_class it ON it.oid = indexrelid JOIN pg_class owner ON owner.oid = indrelid WHERE {_OURS}"
)
_JOURNAL: Final = "retailcrm_entries"
_TRIGGERS: Final = (
    "SELECT tgtype, prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
    "WHERE tgrelid = to_regclass(?) AND NOT tgisinternal AND tgenabled IN ('O', 'A')"
)
_GUARDED: Final = {"UPDATE": 16, "DELETE": 8, "TRUNCATE": 32}
"""What a trigger refuses, by the bit of ``tgtype``."""
_BEFORE: Final = 2
"""The bit of a trigger that runs before what it refuses."""

Said = tuple[str, str]
"""A table or index, and what is so of it, without blanks and brackets."""


def missing(executor: Executor) -> list[str]:
    """Tell which of our tables and indexes are not there as they are made, once for each thing that is not.

    Args:
        executor: On PostgreSQL.
    """
    found = set(_found(executor))
    return [
        name for table in TABLES.sorted_tables for name, said in _made(table) if (name, said) not in found
    ]


def unguarded(executor: Executor) -> list[str]:
    """Tell which changes of the journal no trigger refuses that is on, and raises: ``["DELETE"]``."""
    kinds = [
        int(kind)
        for kind, source in executor.all(_TRIGGERS, (_JOURNAL,))
        if "RAISE EXCEPTION" in source and int(kind) & _BEFORE
    ]
    return [word for word, bit in _GUARDED.items() if not any(kind & bit for kind in kinds)]


def _found(executor: Executor) -> Iterator[Said]:
    for table, column, kind, never_null, collation, counted in executor.all(_COLUMNS):
        yield table, _column(column, kind, collation, counted, never_null=never_null)
    for table, definition, valid in executor.all(_CONSTRAINTS):
        yield table, _bare(definition) if valid else ""
    for index, definition, valid in executor.all(_INDEXES):
        _, _, columns = definition.partition(" USING ")
        yield index, _bare(f"{'UNIQUE ' if ' UNIQUE ' in definition else ''}{columns}") if valid else ""


def _made(table: Table) -> Iterator[Said]:
    for column in table.columns:
        yield table.name, _made_column(column)
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            yield table.name, _bare(f"CHECK {constraint.sqltext}")
        elif isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            kind = "PRIMARY KEY" if isinstance(constraint, PrimaryKeyConstraint) else "UNIQUE"
            yield table.name, _bare(f"{kind} ({', '.join(constraint.columns.keys())})")
    for index in table.indexes:
        unique = "UNIQUE " if index.unique else ""
        which = index.dialect_options["postgresql"]["where"]
        some = "" if which is None else f" WHERE {which}"
        yield str(index.name), _bare(f"{unique}btree ({', '.join(index.columns.keys())}){some}")


def _made_column(column: Column[object]) -> str:
    kind, _, collation = column.type.compile(dialect=_DIALECT).partition(" COLLATE ")
    counted = "" if column.identity is None else "a" if column.identity.always else "d"
    return _column(column.name, kind.lower(), collation.strip('"'), counted, never_null=not column.nullable)


def _column(name: str, kind: str, collation: str, counted: str, *, never_null: bool) -> str:
    return f"{name} {kind} {collation} {counted} {'NOT NULL' if never_null else ''}"


def _bare(definition: str) -> str:
    """Write a definition without what only looks different: blanks, brackets, quotes that no name needs.

    Nor does it say of what type a text is.
    """
    return re.sub(r"[\s()\"]+|::text", " ", definition).strip().replace(" , ", ", ")
