"""The group of all commands."""

from __future__ import annotations

import click

from retailcrm import __version__
from retailcrm.cli.demo import demo
from retailcrm.cli.plugins import plugins
from retailcrm.cli.report import report
from retailcrm.cli.score import score


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="retailcrm")
def retailcrm() -> None:
    """Customer relationship management for online shops: from platform exports to every customer scored.

    Exit codes: 0 well; 1 a fault of the program; 2 an option, policy or mapping is wrong; 3 a file cannot be
    read; 4 with --strict, some records had problems; 5 scored, but buyers of less than half of the money
    are known; 6 no buyer can be told from others.
    """


for command in (demo, score, report, plugins):
    retailcrm.add_command(command)
