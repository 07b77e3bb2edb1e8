"""``retailcrm tick``: its options; the work is in :mod:`retailcrm.cli.ticking`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers
from retailcrm.cli.options import reads_files

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLES: Final = """\b
Examples:
  retailcrm tick Export*.csv --policy shop.toml \\
    --since 2024-06-30 --as-of 2024-07-01 --out events.csv
  retailcrm tick --db sqlite:///shop.db --policy shop.toml
"""


@click.command(short_help="Let points become spendable, or lapse.", epilog=_EXAMPLES)
@click.option(
    "--since",
    metavar="DATE",
    help="Of FILEs: from this moment on, such as 2024-06-30: the --as-of of the last run.",
)
@click.option(
    "--as-of",
    metavar="DATE",
    help="Of FILEs: up to this moment, which the next run begins with, such as 2024-07-01.",
)
@click.option(
    "--now",
    metavar="DATE",
    help="Of a database: up to this moment, such as 2024-07-01T00:00+08:00; now without it.",
)
@click.option(
    "--out", metavar="FILE", help="Write each event to this file; the name ends in .csv or .parquet."
)
@click.option(
    "--confirm-clock",
    is_flag=True,
    help="Go ahead although the moment is more days after all that was seen than fuse_days of [points] "
    "allows.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Print the events in this language instead of both."
)
@answers
@reads_files
def tick(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Tell what falls due: points that become spendable, points that lapse.

    On a database it writes what fell due up to now, and prints each of it once; run it every night. On FILEs
    it only lists what falls due between two moments.

    The same files and moments always give the same events, and spans that meet give each event once, so
    this may run every night and be run again. It exits with 8, doing nothing, where the clock is too far
    ahead of the newest file. FILEs and options are those of 'retailcrm score'; they are only read.
    """
    given = {name: options.pop(name) for name in ("since", "as_of", "now")}
    if options["inputs"].db is not None:
        _refuse(given, "since", "as_of", why="FILEs have a span; on a database give --now, or nothing")
        from retailcrm.cli.advancing import write_due  # noqa: PLC0415 - slow to load

        return write_due(now=given["now"], **options)
    _refuse(given, "now", why="time goes by in a database; for FILEs give --since and --as-of")
    for name in ("since", "as_of"):
        if given[name] is None:
            raise click.UsageError(f"Missing option '--{name.replace('_', '-')}'.")
    from retailcrm.cli.ticking import list_due  # noqa: PLC0415 - slow to load

    return list_due(since=given["since"], as_of=given["as_of"], **options)


def _refuse(given: dict[str, Any], *names: str, why: str) -> None:
    for name in names:
        if given[name] is not None:
            raise click.UsageError(f"--{name.replace('_', '-')}: {why}.")
