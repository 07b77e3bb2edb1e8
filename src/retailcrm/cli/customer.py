"""``retailcrm customer``: its options; the work is in :mod:`retailcrm.cli.customer_file`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers
from retailcrm.cli.options import reads_files

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLES: Final = """\b
Examples:
  retailcrm customer 13800134821 ExportOrderList202403252230.csv
  retailcrm customer 1930000000000647 Export*.csv --with list.csv list.toml
"""


@click.command(short_help="Print one customer's file.", epilog=_EXAMPLES)
@click.argument("who", metavar="WHO")
@click.option(
    "--as-of",
    metavar="DATE",
    help="As she stood before this day, such as 2024-07-01; without it, as the newest file shows her.",
)
@click.option(
    "--show-personal", is_flag=True, help="Print names, phones, addresses and review texts in clear."
)
@answers
@reads_files
def customer(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Print one customer's file: who she is, her orders and money, tier, reviews, parcels.

    WHO is a customer id as in the scores, a phone number, an e-mail address or an order number; the first
    that somebody has is taken, and the output says which. FILEs and options are those of 'retailcrm score'.
    The recipients of orders are read too, as what is known of their buyers.
    """
    from retailcrm.cli.customer_file import print_customer  # noqa: PLC0415 - slow to load

    return print_customer(**options)
