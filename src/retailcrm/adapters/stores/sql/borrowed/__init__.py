"""Works in a transaction that somebody else has open, and ends: with a savepoint, and no commit ever."""

from __future__ import annotations

from retailcrm.adapters.stores.sql.borrowed.database import BorrowedDatabase
from retailcrm.adapters.stores.sql.borrowed.recognising import recognised

__all__ = ["BorrowedDatabase", "borrowed"]


def borrowed(connection: object, *, allow_unsafe: bool = False) -> BorrowedDatabase:
    """Take a connection that the caller has, to write in her transaction.

    What is written stands when she commits, and is gone when she rolls back. If no transaction is open, the
    first write opens one the way her driver would, for her to end.

    Args:
        connection: A connection or cursor of ``sqlite3`` or psycopg, an SQLAlchemy connection or session, a
            Django connection; an asynchronous one of SQLAlchemy as ``run_sync`` hands it on.
        allow_unsafe: Whether to take a database that may lose what it acknowledged.

    Raises:
        SettingsError: It is none of these, or closed, or of another kind of database. At the first write: it
            commits each statement by itself and no transaction is open, or a power failure could take back
            what it commits.

    Example:
        >>> import sqlite3
        >>> hers = sqlite3.connect(":memory:")
        >>> _ = hers.execute("CREATE TABLE points (held INTEGER)")
        >>> database = borrowed(hers, allow_unsafe=True)
        >>> with database.unit() as executor:
        ...     executor.run("INSERT INTO points VALUES (?)", (7,))
        1
        >>> hers.rollback()
        >>> hers.execute("SELECT * FROM points").fetchall()
        []
        >>> hers.close()
    """
    return BorrowedDatabase(recognised(connection), allow_unsafe=allow_unsafe)
