"""``retailcrm duplicates``: its options; the work is in :mod:`retailcrm.cli.deduplicating`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers
from retailcrm.cli.options import reads_files

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLES: Final = """\b
Examples:
  retailcrm duplicates Export*.csv --with list.csv list.toml --out dupes.csv
  retailcrm score Export*.csv --as-of 2024-04-01 --merges dupes.csv
"""


@click.command(short_help="Find customers that are probably one person.", epilog=_EXAMPLES)
@click.option(
    "--out",
    default="duplicates.csv",
    show_default=True,
    metavar="FILE",
    help="Where the pairs go: edit its column merge, then give it with --merges.",
)
@answers
@reads_files
def duplicates(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Find customers that are probably one person: the same e-mail address, or the same phone and name.

    Nothing is merged before you have looked through the pairs. FILEs and options are those of
    'retailcrm score'. The recipients of orders are read too, as what is known of their buyers.
    """
    from retailcrm.cli.deduplicating import find_duplicates  # noqa: PLC0415 - slow to load

    return find_duplicates(**options)
