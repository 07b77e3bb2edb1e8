"""``retailcrm plugins``: what is loaded, and from where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import click

from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import answers, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from retailcrm.plugins import PluginInfo

_USUAL_WIDTH: Final = 80


@click.command(short_help="List what is loaded: plugins, formats, metrics, checks.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.option("--trace", is_flag=True, help="Print each hook call on the error stream.")
@answers
def plugins(*, as_json: bool, trace: bool) -> Exit:
    """List the plugins with their versions, and what they offer.

    The formats they read, the metrics that a ladder's tiers may ask for, and the checks of referrals.
    """
    from retailcrm import plugins as loading  # noqa: PLC0415 - slow to load

    manager = loading.plugin_manager(trace=(lambda line: click.echo(line, err=True)) if trace else None)
    found = {
        "formats": sorted(loading.sources(manager)),
        "tier_metrics": sorted(loading.tier_metrics(manager)),
        "referral_checks": sorted(loading.referral_checks(manager)),
    }
    infos = loading.loaded(manager)
    if as_json:
        plain = [attrs.asdict(info) for info in infos]
        print_json({"command": "plugins", "exit_code": Exit.OK, "plugins": plain, **found})
    else:
        _print(infos, found)
    return Exit.OK


def _print(infos: Sequence[PluginInfo], found: Mapping[str, Sequence[str]]) -> None:
    from retailcrm.cli.printing import console, table  # noqa: PLC0415 - slow to load

    out = console()
    rows = table("plugin", "from", "hooks")
    # Eighty columns hold the built-ins, each in one line; on narrower screens the names are folded too.
    rows.collapse_padding = True
    for column in rows.columns[:2]:
        column.no_wrap = out.width >= _USUAL_WIDTH
    for info in infos:
        rows.add_row(info.name, f"{info.distribution} {info.version}", ", ".join(info.hooks))
    out.print(rows)
    out.print()
    width = max(map(len, found))
    for kind, names in found.items():
        out.print(f"{kind.replace('_', ' '):<{width}}  {', '.join(names) or 'none'}")
