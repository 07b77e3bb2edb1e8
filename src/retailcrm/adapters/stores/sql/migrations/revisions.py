"""Which version of the tables a database has; opening a shop asks this, so it loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sql.executor import Database, Executor

VERSION_TABLE: Final = "retailcrm_alembic_version"
"""Where a database says which version its tables are."""

HEAD: Final = "0001"
"""The version that this library works with; versions are numbers of four digits."""

_TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 10) = 'retailcrm_'",
    "postgresql": (
        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND substr(relname::text, 1, 10) = 'retailcrm_' AND pg_table_is_visible(oid)"
    ),
}


def head() -> str:
    """Give the version of the tables that this library works with.

    Example:
        >>> head() == HEAD
        True
    """
    return HEAD


def tables_in(executor: Executor) -> frozenset[str]:
    """Give the names of this package's tables in a database, whatever their version."""
    return frozenset(name for (name,) in executor.all(_TABLES[executor.dialect]))


def revision_in(executor: Executor) -> str | None:
    """Give the version of the tables, as a transaction sees it; see :func:`revision_of`."""
    tables = tables_in(executor)
    if not tables:
        return None
    found = executor.one(f"SELECT version_num FROM {VERSION_TABLE}") if VERSION_TABLE in tables else None  # noqa: S608 - a constant
    if found is None:
        raise SettingsError(
            f"the database has tables of retailcrm ({min(tables)}, ...) but does not say of which version: "
            "it was copied in part; restore a whole backup with 'retailcrm db restore'"
        )
    return str(found[0])


def revision_of(database: Database) -> str | None:
    """Give the version of a database's tables.

    Args:
        database: Any database; tables of others do not matter.

    Returns:
        Such as ``"0001"``; ``None`` where the package has no table yet.

    Raises:
        SettingsError: There are tables of the package, but no version of them.
    """
    with database.snapshot() as executor:
        return revision_in(executor)


def check_revision(database: Database) -> None:
    """Refuse a database whose tables are not of the version that this library works with.

    Raises:
        SettingsError: There are none, or they are older or newer; the message says what to do.
    """
    if (found := revision_of(database)) != HEAD:
        raise wrong_revision(found)


def wrong_revision(found: str | None) -> SettingsError:
    """Give the error of a database with tables of another version.

    Args:
        found: Their version; ``None``: there are none.

    Example:
        >>> print(wrong_revision("0000"))
        the tables of the database are of version 0000, this library needs ...
    """
    if found is None:
        return SettingsError("the database has no tables of retailcrm yet: run 'retailcrm db init --db URL'")
    said = f"the tables of the database are of version {found}, this library needs {HEAD}"
    if is_older(found):
        return SettingsError(f"{said}: make a backup, then run 'retailcrm db upgrade --db URL'")
    return SettingsError(
        f"{said}: a newer library wrote them. Install that one; 'retailcrm db upgrade' cannot go back"
    )


def is_older(found: str, than: str = HEAD) -> bool:
    """Tell whether a version comes before another, so that there is a way up.

    Example:
        >>> is_older("0000"), is_older(HEAD), is_older("9999"), is_older("somebody's")
        (True, False, False, False)
    """
    return found.isdecimal() and len(found) == len(than) and found < than


def prepare(database: Database) -> None:
    """Make a database ready for a shop: create the tables where there are none.

    Args:
        database: The database; in somebody else's transaction nothing is created.

    Raises:
        SettingsError: Its tables are older or newer than this library; they are left as they are.
    """
    found = revision_of(database)
    if found == HEAD:
        return
    if found is not None or database.borrowed:
        raise wrong_revision(found)
    from retailcrm.adapters.stores.sql.migrations import upgrading  # noqa: PLC0415 - slow to load

    upgrading.create_or_upgrade(database)
