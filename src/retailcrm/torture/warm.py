"""Loaded by the fork server, once for all: what every worker needs; no database is opened here."""

from importlib import import_module
from importlib.util import find_spec

from retailcrm.torture.opening import open_it

open_it("memory:").close()
for name in ("sql.store", "sql.migrations.revisions", "sqlite.database"):
    import_module(f"retailcrm.adapters.stores.{name}")
if find_spec("psycopg") is not None:
    import_module("retailcrm.adapters.stores.postgres.database")
