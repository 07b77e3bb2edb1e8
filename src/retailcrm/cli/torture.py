"""``retailcrm torture``: its options; the work is in :mod:`retailcrm.cli.torturing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLES: Final = """\b
Examples:
  retailcrm torture --db sqlite:///torture.db --minutes 10
  retailcrm torture --db postgresql://crm@localhost/torture --seed 7 --json
"""


@click.command(short_help="Attack a database, and see what is lost.", epilog=_EXAMPLES)
@click.option(
    "--db", required=True, metavar="URL",
    help="A database of its own: sqlite:///torture.db on the disk that is meant, or postgresql://...",
)  # fmt: skip
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True,
    help="How long; one round of everything is always finished.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0), help="Of the first round; by chance if left out.")
@click.option(
    "--beside-others", is_flag=True, help="Go ahead although shops of others are kept in the database."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@answers
def torture(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Attack a database through a shop of its own, for so many minutes, and count what it loses.

    Processes are killed in the middle of commands, race for the same points, and have their connections
    ended; clocks are turned; for SQLite imports are killed, bits flip, system calls fail, and in simulated
    shops beside the file all of this meets in an order that the seed decides. Whatever was acknowledged
    must be there, whatever was not must be there once at most. A database that holds other shops is
    refused: shops called 'torture' and 'clock...' stay in it. Exits with 7 if a promise was broken.
    """
    from retailcrm.cli.torturing import torture_database  # noqa: PLC0415 - slow to load

    return torture_database(**options)
