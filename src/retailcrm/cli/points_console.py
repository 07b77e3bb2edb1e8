"""Where the commands about points print: to a terminal as wide as it is, elsewhere unwrapped."""

from __future__ import annotations

import os
import re
import sys
from typing import IO, TYPE_CHECKING, Final, cast

from rich.console import Console

from retailcrm.cli import printing

if TYPE_CHECKING:
    from typing import TextIO

UNWRAPPED: Final = 1_000_000
"""Columns of a page without an edge."""

_PADDING: Final = re.compile(r"[ ]+$", re.MULTILINE)


class _Unpadded:
    """Text on its way to a stream, without the blanks that fill a table's last column."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding

    def write(self, text: str) -> int:
        """Write it."""
        return self._stream.write(_PADDING.sub("", text))

    def flush(self) -> None:
        """Hand on what is buffered."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Say that nobody sits before it."""
        return False


def console() -> Console:
    """Make a console; what is no terminal has lines as long as they are, unless ``COLUMNS`` says a width."""
    usual = printing.console()
    if usual.is_terminal:
        return usual
    width = None if os.environ.get("COLUMNS", "").isdecimal() else UNWRAPPED
    stream = cast("IO[str]", _Unpadded(sys.stdout))
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)
