"""``retailcrm policy``: its commands and their options; the work is in :mod:`retailcrm.cli.checking`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLES: Final = """\b
Examples:
  retailcrm policy check shop.toml
  retailcrm policy check shop.toml --as-of 2025-11-01 --json
"""


@click.group(short_help="Check the rules of a policy file.")
def policy() -> None:
    """Look at a policy file without any orders."""


@policy.command("check", short_help="Find points that lose money, and dead settings.", epilog=_EXAMPLES)
@click.argument("file", metavar="shop.toml")
@click.option(
    "--as-of",
    metavar="DATE",
    help="As from this day on, such as 2025-11-01: campaigns that are over cost nothing. Without it every "
    "campaign counts.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Print the findings in this language instead of both."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@answers
def policy_check(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Find money pumps and dead settings in a shop's rules of points.

    Points that give back more than the margin, multipliers that stack above the price, rounding that pays
    for splitting orders, points that lapse before they can be spent, limits that never bind: each finding
    has its setting and its figures. Exits with 7 if one of them is an error.
    """
    from retailcrm.cli.checking import check_policy  # noqa: PLC0415 - slow to load

    return check_policy(**options)
