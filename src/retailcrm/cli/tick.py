"""``retailcrm tick``: its options; the work is in :mod:`retailcrm.cli.ticking`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers
from retailcrm.cli.options import reads_files

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLE: Final = """\b
Example:
  retailcrm tick Export*.csv --policy shop.toml \\
    --since 2024-06-30 --as-of 2024-07-01 --out events.csv
"""


@click.command(short_help="List points that become spendable or lapse.", epilog=_EXAMPLE)
@click.option(
    "--since",
    required=True,
    metavar="DATE",
    help="From this moment on, such as 2024-06-30: the --as-of of the last run.",
)
@click.option(
    "--as-of",
    required=True,
    metavar="DATE",
    help="Up to this moment, which the next run begins with, such as 2024-07-01.",
)
@click.option(
    "--out", metavar="FILE", help="Write each event to this file; the name ends in .csv or .parquet."
)
@click.option(
    "--confirm-clock",
    is_flag=True,
    help="Go ahead although --as-of is more days after the newest file than fuse_days of [points] allows.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Print the events in this language instead of both."
)
@answers
@reads_files
def tick(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """List what falls due between two moments: points that become spendable, points that lapse.

    The same files and moments always give the same events, and spans that meet give each event once, so
    this may run every night and be run again. It exits with 8, doing nothing, where the clock is too far
    ahead of the newest file. FILEs and options are those of 'retailcrm score'; they are only read.
    """
    from retailcrm.cli.ticking import list_due  # noqa: PLC0415 - slow to load

    return list_due(**options)
