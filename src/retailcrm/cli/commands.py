"""The group of all commands."""

from __future__ import annotations

from typing import Final

import click

from retailcrm import __version__
from retailcrm.cli.archive import archive
from retailcrm.cli.customer import customer
from retailcrm.cli.db import db
from retailcrm.cli.demo import demo
from retailcrm.cli.doctor import doctor
from retailcrm.cli.duplicates import duplicates
from retailcrm.cli.exits import Exit
from retailcrm.cli.imports import import_
from retailcrm.cli.plugins import plugins
from retailcrm.cli.points import points
from retailcrm.cli.policy_check import policy
from retailcrm.cli.report import report
from retailcrm.cli.score import score
from retailcrm.cli.tick import tick
from retailcrm.cli.torture import torture
from retailcrm.cli.verify import verify

_EXIT_CODES: Final = "\n".join(["\b", "Exit codes:", *(f"  {code:d}  {code.meaning}" for code in Exit)])


@click.group(
    epilog=_EXIT_CODES, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="retailcrm")
@click.pass_context
def retailcrm(context: click.Context) -> None:
    """Know your shop's customers: from the platform's export files to every customer scored."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (
    demo, score, report, customer, duplicates, archive, import_, points, tick, verify, db, doctor, torture,
    policy, plugins,
):  # fmt: skip
    retailcrm.add_command(command)
