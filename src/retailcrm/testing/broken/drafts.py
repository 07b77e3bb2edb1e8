"""A file being broken: its layout, its records as drafts, and the truth about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from pathlib import Path

ACCEPTED: Final = "accepted"
BLANK: Final = "blank"


@attrs.frozen(kw_only=True)
class Layout:
    """How a file is written: its columns by field, and its outer form."""

    columns: tuple[tuple[str, str], ...]
    amounts: tuple[str, ...]
    dates: tuple[str, ...]
    delimiter: str
    newline: str
    encoding: str
    mark: bytes = b""


@attrs.frozen(kw_only=True)
class Fate:
    """What must become of one record.

    ``what`` is accepted, blank, or the code of the rejection.
    """

    what: str
    number: str
    gross: int
    buyer: str | None
    record: int
    first_line: int
    last_line: int


@attrs.frozen
class Broken:
    """A file with the truth about it."""

    path: Path
    fates: tuple[Fate, ...]
    spoilt: frozenset[str]

    def count(self, what: str) -> int:
        """Count the records of one fate: accepted, blank, ``rejected``, or ``records`` for all."""
        if what == "records":
            return len(self.fates)
        fates = [fate.what for fate in self.fates]
        if what == "rejected":
            return sum(fate not in (ACCEPTED, BLANK) for fate in fates)
        return fates.count(what)


@attrs.define
class Draft:
    """A record being written: texts by field, then cells of bytes in the order of the columns."""

    texts: dict[str, str]
    layout: Layout
    rng: random.Random
    what: str = ACCEPTED
    buyer: str | None = None
    quote_freely: bool = True

    def cells(self) -> list[bytes]:
        """Encode and quote each text where it must be, and now and then where it need not."""
        return [self._cell(self.texts[field]) for field, _ in self.layout.columns]

    def _cell(self, text: str) -> bytes:
        must = any(mark in text for mark in (self.layout.delimiter, "\n", "\r"))
        free = self.rng.random() < 0.1 and self.quote_freely and text and not text.startswith("=")
        if must or free:
            text = '"' + text.replace('"', '""') + '"'
        return text.encode(self.layout.encoding)

    def line(self, cells: Sequence[bytes] | None = None) -> bytes:
        """Join cells to a line."""
        return self.layout.delimiter.encode().join(self.cells() if cells is None else cells)

    def place(self, field: str) -> int:
        """Give the position of a field's column."""
        return [name for name, _ in self.layout.columns].index(field)

    def with_cell(self, field: str, cell: bytes) -> bytes:
        """Join the cells, one of them replaced by raw bytes."""
        cells = self.cells()
        cells[self.place(field)] = cell
        return self.line(cells)
