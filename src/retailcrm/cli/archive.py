"""``retailcrm archive``: its options; the work is in :mod:`retailcrm.cli.archiving`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers
from retailcrm.cli.options import reads_files

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLE: Final = """\b
Example:
  retailcrm archive Export*.csv --with list.csv list.toml --out archive.xlsx
"""


@click.command(short_help="Write the customer archive table.", epilog=_EXAMPLE)
@click.option(
    "--as-of",
    metavar="DATE",
    help="As things stood before this day, such as 2024-07-01; without it, as the newest file shows them.",
)
@click.option(
    "--out",
    default="客户档案表.xlsx",
    show_default=True,
    metavar="FILE",
    help="The table; the name ends in .xlsx or .csv.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the header."
)
@answers
@reads_files
def archive(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Write the customer archive table (客户档案表): one row an order that counts, with ten columns.

    Date, customer id, name, e-mail, phone, address, products, amount, gifts, level: in clear, so keep the
    file as you keep the exports. FILEs and options are those of 'retailcrm score'. The recipients of
    orders are read too.
    """
    from retailcrm.cli.archiving import write_archive  # noqa: PLC0415 - slow to load

    return write_archive(**options)
