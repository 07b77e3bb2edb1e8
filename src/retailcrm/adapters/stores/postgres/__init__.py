"""PostgreSQL: a server that several processes share."""

from retailcrm.adapters.stores.postgres.kind import PostgresKind, register_stores

__all__ = ["PostgresKind", "register_stores"]
