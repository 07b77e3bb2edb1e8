"""``retailcrm plugins``: what is loaded, and from where."""

from __future__ import annotations

import json

import attrs
import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from retailcrm import plugins as managers
from retailcrm.cli.inputs import with_exit_codes


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--trace", is_flag=True, help="Print each hook call while collecting.")
def plugins(*, as_json: bool, trace: bool) -> None:
    """List the plugins, the formats they read and the tier metrics they offer."""
    with_exit_codes(_list)(as_json=as_json, trace=trace)


def _list(*, as_json: bool, trace: bool) -> None:
    manager = managers.plugin_manager(trace=(lambda line: click.echo(line, err=True)) if trace else None)
    sources, metrics = managers.sources(manager), managers.tier_metrics(manager)
    infos = managers.loaded(manager)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "plugins": [attrs.asdict(i) for i in infos],
                    "formats": [*sources],
                    "tier_metrics": [*metrics],
                }
            )
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("plugin", "distribution", "version", "hooks"):
        table.add_column(name)
    for info in infos:
        table.add_row(escape(info.name), info.distribution, info.version, ", ".join(info.hooks))
    console = Console()
    console.print(table)
    console.print(f"formats: {', '.join(sources) or 'none'}")
    console.print(f"tier metrics: {', '.join(metrics) or 'none'}")
