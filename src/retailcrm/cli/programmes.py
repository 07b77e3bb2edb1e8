"""Policies without points: what to write into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import print_json, say

if TYPE_CHECKING:
    from retailcrm.cli.options import Inputs

LINES: Final = (
    "[points]",
    'earn.rate = "1"                     # 每实付 1 元得 1 分 / a point for each unit of money paid',
    'redemption.points_per_unit = "100"  # 100 分抵 1 元 / 100 points are worth one unit',
)
"""The shortest programme that says what matters."""

CODE: Final = "no-points"


def refuse_without_points(command: str, inputs: Inputs, *, as_json: bool) -> Exit:
    """Say that nobody earns points by this policy, and the three lines that change it."""
    if inputs.policy is None and inputs.db is not None:
        said = (
            "the shop keeps no policy with [points]; give yours once with --policy, and it stays with the "
            "shop; who has none saves these three lines as shop.toml:"
        )
    elif inputs.policy is None:
        said = "no --policy says what an order earns; save these three lines as shop.toml, and give it:"
    else:
        said = f"{inputs.policy} has no [points], so no order earns any; add three lines at its end:"
    if as_json:
        reason = {"message": said, "code": CODE, "lines": list(LINES)}
        print_json({"command": command, "exit_code": Exit.USAGE, "error": reason})
    say(said)
    click.echo("".join(f"\n  {line}" for line in LINES), err=True)
    return Exit.USAGE
