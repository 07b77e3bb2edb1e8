"""Recognises what the caller gave by the names of its classes: nothing is imported to do so."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final, cast

from retailcrm.adapters.stores.sql.borrowed.sqlite_hand import SqliteLender
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from retailcrm.adapters.stores.sql.borrowed.lending import Lender

_RUN_SYNC: Final = (
    "an asynchronous one cannot be used; give what run_sync hands on: await connection.run_sync(...)"
)
_NO_ASYNC: Final = "psycopg's asynchronous connection cannot be used; take SQLAlchemy's, by run_sync"
_NOT_THIS: Final = {
    "psycopg.AsyncConnection": _NO_ASYNC,
    "psycopg.AsyncCursor": _NO_ASYNC,
    "sqlalchemy.ext.asyncio.engine.AsyncConnection": _RUN_SYNC,
    "sqlalchemy.ext.asyncio.session.AsyncSession": _RUN_SYNC,
    "sqlalchemy.engine.base.Engine": "an engine has no transaction; give a connection of it",
}


def recognised(given: object) -> Lender:
    """Tell what the caller gave.

    Args:
        given: A connection, cursor or session.

    Raises:
        SettingsError: It is nothing that this package can write through.
    """
    if isinstance(given, sqlite3.Connection):
        return SqliteLender(given)
    if isinstance(given, sqlite3.Cursor):
        return SqliteLender(given.connection)
    for kind in type(given).__mro__:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name in _NOT_THIS:
            raise SettingsError(_NOT_THIS[name])
        if name in _KINDS:
            return _KINDS[name](given)
    raise SettingsError(
        f"{type(given).__module__}.{type(given).__qualname__} is no connection that is known here: give one "
        f"of sqlite3, psycopg, SQLAlchemy or Django"
    )


# Each is imported by whoever has such a connection, and so the framework.


def _psycopg(given: object) -> Lender:
    from retailcrm.adapters.stores.sql.borrowed.psycopg_hand import PsycopgLender  # noqa: PLC0415 - see above

    return PsycopgLender(cast("psycopg.Connection", given))


def _psycopg_cursor(given: object) -> Lender:
    return _psycopg(cast("psycopg.Cursor", given).connection)


def _alchemy_connection(given: object) -> Lender:
    from retailcrm.adapters.stores.sql.borrowed.alchemy import of_connection  # noqa: PLC0415 - see above

    return of_connection(cast("Connection", given))


def _alchemy_session(given: object) -> Lender:
    from retailcrm.adapters.stores.sql.borrowed.alchemy import of_session  # noqa: PLC0415 - see above

    return of_session(cast("Session", given))


def _django(given: object) -> Lender:
    from retailcrm.adapters.stores.sql.borrowed.django_connection import DjangoLender  # noqa: PLC0415 - see above

    return DjangoLender(given)


def _django_cursor(given: object) -> Lender:
    return _django(cast("Any", given).db)


_KINDS: Final = {
    "psycopg.Connection": _psycopg,
    "psycopg.Cursor": _psycopg_cursor,
    "psycopg.ServerCursor": _psycopg_cursor,
    "sqlalchemy.engine.base.Connection": _alchemy_connection,
    "sqlalchemy.orm.session.Session": _alchemy_session,
    "sqlalchemy.orm.scoping.scoped_session": _alchemy_session,
    "django.db.backends.base.base.BaseDatabaseWrapper": _django,
    "django.utils.connection.ConnectionProxy": _django,
    "django.db.backends.utils.CursorWrapper": _django_cursor,
}
