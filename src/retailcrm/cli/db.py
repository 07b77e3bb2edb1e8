"""``retailcrm db``: its commands and their options; the work is in the modules beside this one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from retailcrm.cli.guard import answers

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit

Command = TypeVar("Command", bound=Callable[..., Any])

_BACKUP_EXAMPLES: Final = """\b
Examples:
  retailcrm db backup --db sqlite:///shop.db shop-2024-07-01.db
  retailcrm db backup --db sqlite:///shop.db moving.zip
"""
_RESTORE_EXAMPLES: Final = """\b
Examples:
  retailcrm db restore shop-2024-07-01.db --db sqlite:///restored.db
  retailcrm db restore moving.zip --db postgresql://crm@localhost/shop
"""

_OPTIONS: Final = (
    click.option(
        "--db", "url", required=True, metavar="URL", envvar="RETAILCRM_DB", show_envvar=True,
        help="The database: sqlite:///shop.db here, sqlite:////srv/shop.db anywhere, or "
        "postgresql://user@host/database.",
    ),
    click.option(
        "--lang", type=click.Choice(["zh", "en"]), help="Answer in this language instead of both."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."),
)  # fmt: skip


def _on_a_database(command: Command) -> Command:
    """Add the options that every command on a database has."""

    @functools.wraps(command)
    def wrapped(**options: Any) -> Any:  # noqa: ANN401 - Click gives them by name
        return command(**options)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]  # Click's decorators keep the signature they need


@click.group(short_help="Create, upgrade, copy and restore a database.")
def db() -> None:
    """Look after the tables of a shop that is kept in SQLite or PostgreSQL."""


@db.command("init", short_help="Create the tables.")
@answers
@_on_a_database
def db_init(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Create the tables in an empty database; an SQLite file is made if it is missing.

    'retailcrm import' does this too. Tables of others in the same database do not matter. If the tables are
    there already, nothing happens.
    """
    from retailcrm.cli.db_tables import init  # noqa: PLC0415 - slow to load

    return init(**options)


@db.command("upgrade", short_help="Bring the tables to this version.")
@answers
@_on_a_database
def db_upgrade(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Bring the tables to the version that this library needs.

    All of it is one transaction: an upgrade that is cut off leaves everything as it was, and can be run
    again. Make a backup before; there is no way back.
    """
    from retailcrm.cli.db_tables import upgrade  # noqa: PLC0415 - slow to load

    return upgrade(**options)


@db.command("status", short_help="Print the version of the tables.")
@answers
@_on_a_database
def db_status(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Print which tables a database has, and which shops are kept in them.

    Exits with 2 unless the tables are of the version that this library needs.
    """
    from retailcrm.cli.db_tables import status  # noqa: PLC0415 - slow to load

    return status(**options)


@db.command("backup", short_help="Copy the database while it is in use.", epilog=_BACKUP_EXAMPLES)
@click.argument("file", metavar="FILE")
@answers
@_on_a_database
def db_backup(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Copy the database to FILE, as it is at one moment, while others go on writing.

    A FILE that ends in .zip is portable: it can be restored into SQLite and PostgreSQL alike. Any other is an
    SQLite file, and checked before it gets its name; PostgreSQL has pg_dump for that. Never copy the file of
    an SQLite database that is in use by other means.
    """
    from retailcrm.cli.db_copies import backup  # noqa: PLC0415 - slow to load

    return backup(**options)


@db.command("restore", short_help="Restore a backup.", epilog=_RESTORE_EXAMPLES)
@click.argument("file", metavar="FILE")
@click.option("--force", is_flag=True, help="Replace the tables that are there, and all that is in them.")
@answers
@_on_a_database
def db_restore(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Restore FILE, which 'retailcrm db backup' wrote, after checking it.

    Without --force a database that has tables already is never touched. A restore that is cut off leaves
    everything as it was.
    """
    from retailcrm.cli.db_copies import restore  # noqa: PLC0415 - slow to load

    return restore(**options)
