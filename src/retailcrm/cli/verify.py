"""``retailcrm verify``: its options; the work is in :mod:`retailcrm.cli.verifying`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLES: Final = """\b
Examples:
  retailcrm verify --db sqlite:///shop.db
  retailcrm verify --db postgresql://crm@localhost/shop --shop main --json
"""


@click.command(short_help="Work a whole database through again.", epilog=_EXAMPLES)
@click.option(
    "--db", required=True, metavar="URL", envvar="RETAILCRM_DB", show_envvar=True,
    help="The database: sqlite:///shop.db, or postgresql://user@host/database.",
)  # fmt: skip
@click.option("--shop", metavar="NAME", help="Only this shop of the database.")
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Answer in this language instead of both.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@answers
def verify(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Work everything in a database through again, and tell what cannot be right.

    Every row's digest, every journal by an independent checker, every balance, lot, reservation, redemption
    and award against its journal; the sums of all points; that the journal cannot be rewritten. It reads one
    snapshot, while others may write, and changes nothing. Exits with 7 if anything is wrong.
    """
    from retailcrm.cli.verifying import verify_database  # noqa: PLC0415 - slow to load

    return verify_database(**options)
