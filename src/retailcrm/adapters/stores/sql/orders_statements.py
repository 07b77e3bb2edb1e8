"""The statements of imported files, their orders and decisions on who is who, for SQLite and PostgreSQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.statements import FOR_UPDATE, insert
from retailcrm.ports.orders import ORDER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from retailcrm.adapters.stores.sql.executor import Dialect
    from retailcrm.ports.batches import Grain

SHOP: Final = "SELECT currency, zone FROM retailcrm_shops WHERE shop = ?"
_LOCK: Final = "SELECT shop FROM retailcrm_shops WHERE shop = ?"
LOCK: Final[dict[Dialect, str]] = {"sqlite": _LOCK, "postgresql": _LOCK + FOR_UPDATE}

_FILE: Final = "file, digest, name, source, platform, exported_at, imported_at, buyers_only"
FILE_NEW: Final = insert("files", f"shop, {_FILE}, account, told, grains, proof")
FILES: Final = (
    f"SELECT {_FILE}, '', told, grains FROM retailcrm_files "  # noqa: S608 - fixed words
    "WHERE shop = ? AND file > ? ORDER BY file"
)
LAST_FILE: Final = "SELECT file, digest FROM retailcrm_files WHERE shop = ? ORDER BY file DESC LIMIT 1"
ACCOUNTS: Final = "SELECT account FROM retailcrm_files WHERE shop = ? ORDER BY file"
HAS_FILE: Final = "SELECT file FROM retailcrm_files WHERE shop = ? AND digest = ?"

_ORDER: Final = ", ".join(ORDER_COLUMNS)
ORDERS: Final = (
    f"SELECT {_ORDER} FROM retailcrm_orders "  # noqa: S608 - fixed words
    "WHERE shop = ? ORDER BY platform, number"
)
ANY_ORDER: Final = "SELECT 1 FROM retailcrm_orders WHERE shop = ? LIMIT 1"
ORDER_GONE: Final = "DELETE FROM retailcrm_orders WHERE shop = ? AND platform = ? AND number = ?"
ORDER_OVER: Final = " ON CONFLICT (shop, platform, number) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ORDER_COLUMNS if name not in ("platform", "number")
)
PLATFORMS: Final = "SELECT DISTINCT platform FROM retailcrm_files WHERE shop = ?"
CUSTOMERS: Final = (
    "SELECT DISTINCT customer FROM retailcrm_orders WHERE shop = ? AND customer <> '' ORDER BY customer"
)

LAST_DECISION: Final = (
    "SELECT position, proof FROM retailcrm_merges WHERE shop = ? ORDER BY position DESC LIMIT 1"
)
DECISIONS: Final = "SELECT document FROM retailcrm_merges WHERE shop = ? AND position > ? ORDER BY position"
DECISION_NEW: Final = insert("merges", "shop, position, document, proof")


def table_of(grain: Grain) -> str:
    """Name the table of a grain's rows."""
    return f"retailcrm_observed_{grain.value}"


def file_rows(grain: Grain, columns: Iterable[str]) -> str:
    """Ask for the rows of a file, in their order."""
    return (
        f"SELECT {', '.join(columns)} FROM {table_of(grain)} "  # noqa: S608 - fixed words
        "WHERE shop = ? AND file = ? ORDER BY place"
    )


def many(values: Sequence[str], dialect: Dialect) -> object:
    """Give many values as one value of a statement."""
    return json.dumps(values, ensure_ascii=False) if dialect == "sqlite" else list(values)


def _chosen(columns: str, table: str, column: str, dialect: Dialect, more: str = "", index: str = "") -> str:
    """Ask for the rows of a table whose column is one of many; the values are these, and the shop.

    SQLite would read the whole shop rather than use an index beside the primary key: it is told to look each
    value up, and where. PostgreSQL chooses by how many there are.
    """
    if dialect == "sqlite":
        source = f"json_each(?) AS asked CROSS JOIN {table}{index}"
        return f"SELECT {columns} FROM {source} WHERE {column} = asked.value AND shop = ?{more}"  # noqa: S608 - fixed words
    return f"SELECT {columns} FROM {table} WHERE {column} = ANY(?::text[]) AND shop = ?{more}"  # noqa: S608 - fixed words


def _by(table: str, column: str) -> str:
    return f" INDEXED BY {table}_{column}"


def rows_with(grain: Grain, column: str, columns: Iterable[str], dialect: Dialect) -> str:
    """Ask for the rows of all files whose number, or whose person, is one of many."""
    table, names = table_of(grain), ", ".join(columns)
    return _chosen(names, table, column, dialect, index=_by(table, column))


def told(grain: Grain, column: str, of: str, dialect: Dialect) -> str:
    """Ask for a column of the rows of all files whose other column is one of many."""
    table = table_of(grain)
    return _chosen(f"DISTINCT {column}", table, of, dialect, f" AND {column} IS NOT NULL", _by(table, of))


def orders_of(dialect: Dialect) -> str:
    """Ask for the present orders of many customers."""
    return _chosen(_ORDER, "retailcrm_orders", "customer", dialect, index=_by("retailcrm_orders", "customer"))


def orders_numbered(dialect: Dialect) -> str:
    """Ask for the present orders of a platform with one of many numbers."""
    return _chosen(_ORDER, "retailcrm_orders", "number", dialect, " AND platform = ?")
