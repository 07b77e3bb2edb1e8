"""What Alembic runs to find the database: a connection that it was handed, in a transaction that is open."""

from __future__ import annotations

from typing import Final

from alembic import context

from retailcrm.adapters.stores.sql.migrations.revisions import VERSION_TABLE

ALEMBICS_NAME: Final = "env_py"
"""What Alembic calls this module; by any other name it is only looked at."""


def run() -> None:
    """Run the versions that Alembic chose."""
    context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
    context.run_migrations()


if __name__ == ALEMBICS_NAME:
    run()
