"""``retailcrm points``: its options; the work is in :mod:`retailcrm.cli.pointing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from retailcrm.cli.guard import answers
from retailcrm.cli.options import reads_files
from retailcrm.cli.points_verbs import WithVerbs

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLES: Final = """\b
Examples:
  retailcrm points Export*.csv --policy shop.toml --as-of 2024-07-01
  retailcrm points Export*.csv --policy shop.toml --as-of 2024-07-01 \\
    --customer 13800134821
  retailcrm points redeem 13800134821 300 --key cart:88 --db sqlite:///shop.db
"""


@click.command(cls=WithVerbs, short_help="Print everybody's points; spend and change them.", epilog=_EXAMPLES)
@click.option(
    "--as-of",
    metavar="DATE",
    help="As things stood before this day, such as 2024-07-01; of FILEs required, of a database now.",
)
@click.option(
    "--customer",
    metavar="WHO",
    help="Print one customer's journal and balance, and write no file: a customer id, a phone number, an "
    "e-mail address or an order number.",
)
@click.option(
    "--out",
    default="balances.csv",
    show_default=True,
    metavar="FILE",
    help="The balances, one row a customer; the name ends in .csv or .parquet.",
)
@click.option("--wallet", metavar="NAME", help="Which currency of points; the policy's first without it.")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Print the figures in this language instead of both."
)
@answers
@reads_files
def points(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Print what the shop's points come to, and write every customer's balance.

    Issued, taken back, expired, outstanding; what lapses in which month; what it is expected to cost.
    The policy needs a section [points]. FILEs and options are those of 'retailcrm score'; they are only
    read. Points that customers spent stand in no export: --redemptions tells them.

    On a shop that is kept in a database a verb may stand first: it changes the points of one customer.
    'retailcrm points redeem --help' explains each.
    """
    from retailcrm.cli.pointing import print_points  # noqa: PLC0415 - slow to load

    named = click.get_current_context().get_parameter_source("out") is ParameterSource.COMMANDLINE
    return print_points(named=named, **options)
