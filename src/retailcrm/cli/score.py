"""``retailcrm score``: its options; the work is in :mod:`retailcrm.cli.scoring`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers
from retailcrm.cli.options import reads_files

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLES: Final = """\b
Examples:
  retailcrm score ExportOrderList202403252230.csv --as-of 2024-04-01
  retailcrm score sales.csv --map columns.toml --as-of 2024-04-01
"""


@click.command(short_help="Score every customer of export files.", epilog=_EXAMPLES)
@click.option(
    "--as-of",
    required=True,
    metavar="DATE",
    help="Score as things stood before this day, such as 2024-07-01.",
)
@click.option(
    "--out",
    default="scores.csv",
    show_default=True,
    metavar="FILE",
    help="The scores; the name ends in .csv or .parquet.",
)
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    help="Write labels for people into the CSV file instead of the stable keys.",
)
@click.option("--keep-cuts", metavar="FILE", help="Keep this run's RFM cut points (JSON).")
@click.option("--use-cuts", metavar="FILE", help="Score by RFM cut points kept from an earlier run.")
@answers
@reads_files
def score(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Score every customer: RFM, segment, activity, value class, tier, spend.

    FILEs are export files of a platform, or any table with a mapping of its columns (--map): CSV, TSV,
    blank-separated text or XLSX, also inside gzip files and ZIP archives. Several files of one shop are
    joined by order number.
    """
    from retailcrm.cli.scoring import score_files  # noqa: PLC0415 - slow to load

    return score_files(**options)
