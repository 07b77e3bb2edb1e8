"""``retailcrm import``: its options; the work is in :mod:`retailcrm.cli.importing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from retailcrm.cli.guard import answers
from retailcrm.cli.options import imports_files

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit


_EXAMPLES: Final = """\b
Examples:
  retailcrm import Export*.csv --db sqlite:///shop.db --policy shop.toml
  retailcrm import sales.csv --map columns.toml --db sqlite:///shop.db
"""


@click.command("import", short_help="Take export files into a database.", epilog=_EXAMPLES)
@click.option(
    "--personal", is_flag=True, help="Also keep the recipients of orders: names, phones, addresses."
)
@answers
@imports_files
def import_(**options: Any) -> Exit:  # noqa: ANN401 - typed where the work is done
    """Take export files into the database that the shop is kept in, with the points that they earn.

    Each file is one transaction, whole or not at all: a run that was cut off is run again. A file that was
    imported before changes nothing. Tables that are missing are made. FILEs and options are those of
    'retailcrm score'.
    """
    from retailcrm.cli.importing import import_files  # noqa: PLC0415 - slow to load

    return import_files(**options)
