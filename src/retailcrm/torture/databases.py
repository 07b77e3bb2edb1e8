"""The database behind a store, for what no shop is asked for: totals in one statement, ending connections."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sql.executor import Database


def scheme_of(url: str) -> str:
    """Tell which kind of store a URL names."""
    return urlsplit(url).scheme


def path_of(url: str) -> str:
    """Give the path in an SQLite URL."""
    return url.removeprefix("sqlite:///")


def database_of(url: str) -> Database:
    """Open the database behind a store of ours.

    Raises:
        SettingsError: It is neither SQLite nor PostgreSQL.
    """
    # Only one of them is needed, and its driver may be missing for the other.
    if scheme_of(url) == "sqlite":
        from retailcrm.adapters.stores.sqlite.database import SqliteDatabase  # noqa: PLC0415

        return SqliteDatabase(path_of(url))
    if scheme_of(url) == "postgresql":
        from retailcrm.adapters.stores.postgres.database import PostgresDatabase  # noqa: PLC0415

        return PostgresDatabase(url)
    raise SettingsError(f"no database is known behind {scheme_of(url)!r}; there are sqlite and postgresql")


def named(url: str, name: str) -> str:
    """Give connections to PostgreSQL a name, so that exactly these can be ended; other stores have none."""
    if scheme_of(url) != "postgresql":
        return url
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}application_name={quote(name)}"
