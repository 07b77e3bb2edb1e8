"""``retailcrm demo``: its options; the work is in :mod:`retailcrm.cli.demonstration`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from retailcrm.cli.guard import answers

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


@click.command(short_help="Simulate a food shop, and run everything on its files.")
@click.option(
    "--out",
    default="retailcrm-demo",
    show_default=True,
    metavar="FOLDER",
    help="Where to; made if need be, an earlier demo in it is replaced.",
)
@click.option(
    "--customers", default=5000, show_default=True, metavar="N", help="How many people the shop knows."
)
@click.option("--seed", default=7, show_default=True, metavar="N", help="The same seed gives the same bytes.")
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="zh",
    show_default=True,
    help="Language of the report and of the labels in the scores.",
)
@answers
def demo(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Simulate 18 months of a Chinese food shop, write its exports, score them.

    Every person is made up. The exports look like a real seller's: GBK files of several generations
    that overlap, with masked nicks in the later ones and a file that resolves most of them; beside them
    lie member lists, the catalogue, what happened to parcels, and reviews, with the mappings that read them.
    The shop is also kept in an SQLite database, to spend points in.
    """
    from retailcrm.cli.demonstration import run_demo  # noqa: PLC0415 - slow to load

    return run_demo(**options)
