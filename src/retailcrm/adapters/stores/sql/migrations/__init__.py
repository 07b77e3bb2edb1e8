"""Versions of the tables, and how a database gets from one to the next.

:mod:`~retailcrm.adapters.stores.sql.migrations.revisions` looks, with two small queries and nothing to
load; :mod:`~retailcrm.adapters.stores.sql.migrations.upgrading` changes, and loads Alembic. Each version is a
module in ``versions`` with its statements beside it as text, for each database; what was released never
changes again.

To add one, declare the change in ``schema*.py``, set ``HEAD`` to the next number, and write
``versions/v<number>.py`` like the one before it, with a file of statements for each database. Tests compare
what they give with what is declared, cut them off at each statement, and run them on a store of every earlier
version.
"""

from retailcrm.adapters.stores.sql.migrations.revisions import (
    HEAD,
    check_revision,
    head,
    prepare,
    revision_of,
)

__all__ = ["HEAD", "check_revision", "head", "prepare", "revision_of"]
