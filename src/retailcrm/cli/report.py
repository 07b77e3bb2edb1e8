"""``retailcrm report``: its options; the work is in :mod:`retailcrm.cli.reporting`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers
from retailcrm.cli.options import reads_files

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLE: Final = """\b
Example:
  retailcrm report ExportOrderList202403252230.csv --as-of 2024-04-01
"""


@click.command(short_help="Write the shop's report: one HTML page.", epilog=_EXAMPLE)
@click.option(
    "--as-of",
    required=True,
    metavar="DATE",
    help="Describe the shop as it stood before this day, such as 2024-07-01.",
)
@click.option("--out", default="report.html", show_default=True, metavar="FILE", help="The page.")
@click.option("--xlsx", metavar="FILE", help="Also write the page's tables, as a workbook.")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the page."
)
@answers
@reads_files
def report(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Write the shop's report: one HTML page that needs no network.

    FILEs and options are those of 'retailcrm score'.
    """
    from retailcrm.cli.reporting import report_files  # noqa: PLC0415 - slow to load

    return report_files(**options)
