"""Bringing a database's tables to a version: all of it in one transaction, or none of it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.location import database_at
from retailcrm.adapters.stores.sql.migrations.revisions import (
    HEAD,
    is_older,
    revision_in,
    wrong_revision,
)
from retailcrm.errors import MissingExtraError, SettingsError

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sql.executor import Database, Executor

SCRIPTS: Final = Path(__file__).parent
"""Where Alembic finds ``env.py`` and ``versions``."""

_TURN: Final = 0x72657461696C
"""What sessions of PostgreSQL that migrate wait for each other by; any number that nobody else uses."""


def create_or_upgrade(database: Database | str, *, to: str = HEAD, scripts: Path = SCRIPTS) -> str | None:
    """Bring the tables of a database to a version.

    Every statement runs in one transaction: an end at any of them leaves the tables as they were, and another
    run completes.

    Args:
        database: The database, or its URL; not one in somebody else's transaction.
        to: The version wanted.
        scripts: The folder with ``env.py`` and ``versions``.

    Returns:
        The version that it had before; ``None``: there were no tables.

    Raises:
        SettingsError: The tables are newer than ``to``, or nobody knows of which version they are.
        MissingExtraError: Alembic is not installed.
    """
    if isinstance(database, str):
        with closing(database_at(database, create=True)) as opened:
            return create_or_upgrade(opened, to=to, scripts=scripts)
    if database.borrowed:
        raise SettingsError("tables are created and upgraded outside of other transactions: give the URL")
    with database.unit() as executor:
        _wait_for_others(executor)
        found = revision_in(executor)
        if found == to:
            return found
        if found is not None and not is_older(found, than=to):
            raise wrong_revision(found)
        _run(executor, to, scripts)
    return found


def _wait_for_others(executor: Executor) -> None:
    """Let one session migrate at a time; SQLite's write transactions are alone anyway."""
    if executor.dialect == "postgresql":
        # An index on a large table takes its time.
        executor.run("SET LOCAL statement_timeout = 0")
        executor.one("SELECT pg_advisory_xact_lock(?)", (_TURN,))


def _run(executor: Executor, to: str, scripts: Path) -> None:
    """Let Alembic run what stands between two versions, in the transaction that is open."""
    try:
        from alembic import command  # noqa: PLC0415 - of an extra
        from alembic.config import Config  # noqa: PLC0415 - of an extra

        from retailcrm.adapters.stores.sql.migrations import joining  # noqa: PLC0415 - of an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError("creating a store's tables", extra="shop") from error
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    with joining.joined(executor) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
