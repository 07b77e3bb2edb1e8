"""Databases by their URL, for work on the tables themselves: no shop is opened, nothing is created."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from retailcrm.errors import MissingExtraError, SettingsError

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sql.executor import Database

_SQLITE: Final = "sqlite:///"
_POSTGRES: Final = re.compile(r"postgres(ql)?(\+psycopg)?://")
_SECRET: Final = re.compile(r"^([a-z+]+://)([^/?#:@]*):[^/?#]*@")
_QUERY_SECRET: Final = re.compile(r"([?&])((?:ssl)?password)=[^&]*")


def file_of(url: str) -> Path | None:
    """Give the file of an SQLite URL; ``None`` for PostgreSQL.

    Example:
        >>> file_of("sqlite:///shop.db").name
        'shop.db'
        >>> file_of("postgresql://db/shop") is None
        True

    Raises:
        SettingsError: The URL is of neither.
    """
    if url.startswith(_SQLITE) and url not in {_SQLITE, f"{_SQLITE}:memory:"}:
        return Path(url.removeprefix(_SQLITE))
    if _POSTGRES.match(url):
        return None
    raise SettingsError(
        f"{hidden(url)!r} is no URL of a database: write sqlite:///shop.db, sqlite:////srv/shop.db or "
        "postgresql://user@host/database"
    )


def database_at(url: str, *, create: bool = False) -> Database:
    """Open the database of a URL; its tables stay as they are.

    Args:
        url: ``sqlite:///shop.db`` or ``postgresql://user@host/database``.
        create: Whether to make an SQLite file that is missing.

    Raises:
        SettingsError: The URL, or the database behind it, cannot be used; the message says why.
        MissingExtraError: PostgreSQL's driver is not installed.
    """
    if (path := file_of(url)) is not None:
        from retailcrm.adapters.stores.sqlite.database import SqliteDatabase  # noqa: PLC0415 - one of two

        return SqliteDatabase(path, create=create)
    if importlib.util.find_spec("psycopg") is None:
        raise MissingExtraError("a shop on PostgreSQL", extra="postgres")
    from retailcrm.adapters.stores.postgres.database import PostgresDatabase  # noqa: PLC0415 - one of two

    return PostgresDatabase(url)


def hidden(url: str) -> str:
    """Give a URL that may be printed: without its password.

    Example:
        >>> hidden("postgresql://ann:secret@db/shop?sslpassword=too&x=1")
        'postgresql://ann:***@db/shop?sslpassword=***&x=1'
        >>> hidden("sqlite:///shop.db")
        'sqlite:///shop.db'
    """
    return _QUERY_SECRET.sub(r"\1\2=***", _SECRET.sub(r"\1\2:***@", url))


def without_password(url: str) -> str:
    """Give a URL that asks for its password.

    Example:
        >>> without_password("postgresql://ann:secret@db/shop?password=too")
        'postgresql://ann@db/shop'
        >>> without_password("postgresql:///shop?password=too&host=db")
        'postgresql:///shop?host=db'
    """
    bare = _QUERY_SECRET.sub(r"\1", _SECRET.sub(r"\1\2@", url))
    return bare.replace("?&", "?").replace("&&", "&").rstrip("?&")
