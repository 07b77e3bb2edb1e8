"""Databases for the tests of the tables: one of each kind, and what their catalogues say."""

from __future__ import annotations

import importlib
import pkgutil
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy

import retailcrm.adapters.stores.sql
from retailcrm.adapters.stores.sql.schema import TABLES
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest
    from sqlalchemy import MetaData

    from retailcrm.adapters.stores.sql.executor import Database, Executor

KINDS: Final = ("sqlite", "postgresql")
SET_VERSION: Final = "UPDATE retailcrm_alembic_version SET version_num = ?"

_OBJECTS: Final = (
    "SELECT type, name, sql FROM sqlite_master WHERE substr(name, 1, 10) = 'retailcrm_' ORDER BY type, name"
)
_COLUMNS: Final = """
SELECT c.relname::text, a.attnum::int, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       a.attidentity::text, l.collname::text, pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY 1, 2
"""
_CONSTRAINTS: Final = """
SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND contype IN ('p', 'u', 'c', 'f')
ORDER BY 1, 2
"""
_INDEXES: Final = """
SELECT indexname::text, replace(indexdef, current_schema() || '.', '')
FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1
"""
_TRIGGERS: Final = """
SELECT tgname::text, replace(pg_get_triggerdef(oid), current_schema() || '.', '')
FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN
    (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace) ORDER BY 1
"""


@contextmanager
def opened(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Open an empty database of a kind; close it at the end.

    Args:
        kind: One of :data:`KINDS`; ``postgresql?isolation=serializable`` asks for it in the URL.
        tmp_path: Where a file may lie.
        request: Of the test.
    """
    if kind == "sqlite":
        database: Any = SqliteDatabase(tmp_path / "fresh.db")
    else:
        from retailcrm.adapters.stores.postgres.database import PostgresDatabase

        url = request.getfixturevalue("postgres_url")
        _, _, asked = kind.partition("?")
        database = PostgresDatabase(url + (f"{'&' if '?' in url else '?'}{asked}" if asked else ""))
    try:
        yield database
    finally:
        database.close()


def whole_metadata() -> MetaData:
    """Give the tables of all modules that add some."""
    for module in pkgutil.iter_modules(retailcrm.adapters.stores.sql.__path__):
        if module.name.startswith("schema"):
            importlib.import_module(f"retailcrm.adapters.stores.sql.{module.name}")
    return TABLES


def create_all(database: Database) -> None:
    """Create what the metadata says, without versions."""
    url = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}[database.dialect]
    told: list[str] = []
    dialect = sqlalchemy.make_url(url).get_dialect()()

    def tell(ddl: Any, *_: Any, **__: Any) -> None:
        told.append(str(ddl.compile(dialect=dialect)))

    whole_metadata().create_all(sqlalchemy.create_mock_engine(url, tell), checkfirst=False)
    with database.unit() as executor:
        for statement in told:
            executor.run(statement)


def catalogue(database: Database) -> dict[str, list[Any]]:
    """Give all that a database says of its tables; all but the text of triggers' functions."""
    with database.snapshot() as executor:
        if database.dialect == "sqlite":
            return {"objects": [(kind, name, bare(sql)) for kind, name, sql in executor.all(_OBJECTS)]}
        said = {"columns": _COLUMNS, "constraints": _CONSTRAINTS, "indexes": _INDEXES, "triggers": _TRIGGERS}
        return {name: executor.all(query) for name, query in said.items()}


def bare(sql: str | None) -> str:
    """Write a statement without what only looks different: blanks, and quotes that no name needs."""
    one_line = re.sub(r"\s+", " ", sql or "").strip()
    return re.sub(r" ?([(),]) ?", r"\1", one_line).replace('"', "").replace(")STRICT", ") STRICT")


def fill(executor: Executor, *, shop: str = "main") -> None:
    """Write some rows: texts that hurt, a NULL, and two events."""
    executor.run(
        "INSERT INTO retailcrm_shops (shop, currency, zone, created_at, followed, observed_at, proof)"
        " VALUES (?, 'CNY', 'Asia/Shanghai', 1, '', NULL, 'x')",
        (shop,),
    )
    for version, document in enumerate(("{}", '{"谁":"小明\n"}', "'\\ \u2028 😀"), 1):
        executor.run(
            "INSERT INTO retailcrm_entries VALUES (?, 'ann', ?, 'earn', 'k', 9007199254740993, 1, ?, 'x')",
            (shop, version, document),
        )
    for subject in ("a", "b"):
        executor.run(
            "INSERT INTO retailcrm_events (shop, transaction_id, kind, subject, recorded_at, document)"
            " VALUES (?, 0, 'k', ?, 1, '{}')",
            (shop, subject),
        )


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Give all rows of all tables, in an order that depends on nothing else; the version's too."""
    with database.snapshot() as executor:
        from retailcrm.adapters.stores.sql.migrations.revisions import tables_in

        return {
            table: sorted(executor.all(f'SELECT * FROM "{table}"'), key=repr)  # noqa: S608 - of the catalogue
            for table in sorted(tables_in(executor))
        }
