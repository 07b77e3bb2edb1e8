"""The command line: ``retailcrm``."""

from __future__ import annotations

import sys

from retailcrm.errors import MissingExtraError

_USAGE = 2


def main() -> None:
    """Run the command line; say what to install if its packages are missing."""
    try:
        from retailcrm.cli.commands import retailcrm  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "retailcrm":
            raise
        sys.stderr.write(f"{MissingExtraError('the command line', extra='shop')}\n")
        sys.exit(_USAGE)
    retailcrm(prog_name="retailcrm")
