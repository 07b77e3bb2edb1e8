"""``retailcrm doctor``: its options; the work is in :mod:`retailcrm.cli.doctoring`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLES: Final = """\b
Examples:
  retailcrm doctor
  retailcrm doctor --db sqlite:///shop.db
"""


@click.command(short_help="Look at all that a shop stands on.", epilog=_EXAMPLES)
@click.option(
    "--db", metavar="URL", envvar="RETAILCRM_DB", show_envvar=True,
    help="Also look at this database: its settings and tables, the disk or the server under it.",
)  # fmt: skip
@click.option(
    "--zone", "zones", multiple=True, metavar="ZONE", help="Look for this time zone. May be given again."
)
@click.option(
    "--block",
    "blocked",
    multiple=True,
    metavar="PLUGIN",
    help="Do not load this plug-in. May be given again.",
)
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Answer in this language instead of both.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@answers
def doctor(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Look at Python, SQLite, packages, time zones, the database and its disk, and say what to do.

    Changes nothing; a small file beside the database measures how long the disk takes to keep a page. Exits
    with 7 if something is an error, which warnings and notes are not.
    """
    from retailcrm.cli.doctoring import print_advice  # noqa: PLC0415 - slow to load

    return print_advice(**options)
