"""SQLite: one file, opened so that it keeps what it acknowledged."""

from retailcrm.adapters.stores.sqlite.kind import SqliteKind, register_stores

__all__ = ["SqliteKind", "register_stores"]
