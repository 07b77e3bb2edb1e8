"""How everything is printed: consoles, tables and paragraphs, plain wherever there is no terminal."""

from __future__ import annotations

import os
import re
import sys
from typing import IO, TYPE_CHECKING, Final, cast

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from retailcrm.cli.guard import shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from rich.console import RenderableType

UNWRAPPED: Final = 1_000_000
"""Columns of a page without an edge."""

_PADDING: Final = re.compile(r"[ ]+$", re.MULTILINE)

NUMBERS = frozenset(
    {"records", "accepted", "rejected", "blank", "orders", "gross", "customers", "net", "share", "score"}
    | {"passed"}
)
"""Columns of these names are numbers, and stand to the right."""


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


def console(*, errors: bool = False) -> Console:
    """Make a console that takes text as it is: no markup, no emoji codes, no colours by guess.

    Results that go to no terminal have lines as long as they are, unless ``COLUMNS`` says a width.
    """
    usual = Console(stderr=errors, markup=False, emoji=False, highlight=False)
    if errors or usual.is_terminal:
        return usual
    width = None if os.environ.get("COLUMNS", "").isdecimal() else UNWRAPPED
    stream = cast("IO[str]", _Unpadded(sys.stdout))
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def table(*names: str) -> Table:
    """Make a table of aligned columns; cells that are too long are folded, never cut off."""
    columns = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        columns.add_column(
            name, justify="right" if name.strip() in NUMBERS else "left", overflow="fold", no_wrap=False
        )
    return columns


def grid(rows: Iterable[tuple[str, str]]) -> RenderableType:
    """Lay out names and what they are in two columns, a little to the right."""
    columns = Table.grid(padding=(0, 2, 0, 0))
    columns.add_column(no_wrap=True)
    columns.add_column(overflow="fold")
    for name, text in rows:
        columns.add_row(name, text)
    return Padding(columns, (0, 0, 0, 2), expand=False)


def heading(text: str) -> Text:
    """Make a heading."""
    return Text(text, style="bold")


def paragraph(text: str, mark: str = "", style: str = "") -> Table:
    """Break a sentence between words; its lines after the first stand under the first."""
    columns = Table.grid(padding=(0, 1, 0, 0))
    if mark:
        columns.add_column(no_wrap=True)
    columns.add_column(overflow="fold")
    columns.add_row(*([mark] if mark else []), Text(shown(text), style=style))
    return columns


def path_line(out: Console, before: str, path: str) -> None:
    """Print a path unbroken, however long it is, so that it can be copied."""
    out.print(Text.assemble(before, (shown(path), "bold")), soft_wrap=True)


def percent(part: int, whole: int) -> str:
    """Write a share, ``-`` where there is nothing to share.

    Example:
        >>> percent(1, 8), percent(0, 0)
        ('12.5 %', '-')
    """
    return f"{part / whole:.1%}".replace("%", " %") if whole else "-"


def counted(number: int, noun: str) -> str:
    """Write a number with its noun.

    Example:
        >>> counted(1, "customer"), counted(4372, "customer")
        ('1 customer', '4,372 customers')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
