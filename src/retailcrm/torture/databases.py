"""The database behind a store's URL: which kind it is, and names by which connections can be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from retailcrm.adapters.stores.postgres.isolation import taken_out
from retailcrm.adapters.stores.sql.location import file_of

if TYPE_CHECKING:
    from pathlib import Path


def sqlite_file(url: str) -> Path | None:
    """Give the file of an SQLite store; ``None`` for any other store.

    Example:
        >>> sqlite_file("memory:") is None
        True
        >>> sqlite_file("sqlite:///shop.db").name
        'shop.db'
    """
    return file_of(url) if url.startswith("sqlite:") else None


def is_postgres(url: str) -> bool:
    """Tell whether a store is on PostgreSQL.

    Example:
        >>> is_postgres("postgresql://ann@db/shop")
        True
    """
    return url.startswith("postgres")


def expected_errors(url: str) -> tuple[str, ...]:
    """Name the errors that a caller may hear where many want one account, and then asks again.

    In the strictest transactions more is asked to be run again than is worth trying forever.

    Example:
        >>> expected_errors("postgresql://ann@db/shop?isolation=serializable")
        ('ConflictError',)
        >>> expected_errors("postgresql://ann@db/shop"), expected_errors("sqlite:///shop.db")
        ((), ())
    """
    strictest = is_postgres(url) and taken_out(url)[1] == "serializable"
    return ("ConflictError",) if strictest else ()


def named(url: str, name: str) -> str:
    """Give connections to PostgreSQL a name, so that exactly these can be ended; other stores have none.

    Example:
        >>> named("postgresql://ann@db/shop", "torture 7")
        'postgresql://ann@db/shop?application_name=torture%207'
        >>> named("sqlite:///shop.db", "torture 7")
        'sqlite:///shop.db'
    """
    if not is_postgres(url):
        return url
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}application_name={quote(name)}"
