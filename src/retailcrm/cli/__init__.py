"""The command line: ``retailcrm``.

What ``retailcrm --help`` needs loads in a moment; the work of each command loads when it is called.
"""

from __future__ import annotations

import io
import sys

from retailcrm.errors import MissingExtraError

_USAGE = 2


def main() -> None:
    """Run the command line; say what to install if its packages are missing."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no Chinese shows escapes instead; it must not end the run.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        from retailcrm.cli.commands import retailcrm  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "retailcrm":
            raise
        sys.stderr.write(f"{MissingExtraError('the command line', extra='shop')}\n")
        sys.exit(_USAGE)
    retailcrm(prog_name="retailcrm")
