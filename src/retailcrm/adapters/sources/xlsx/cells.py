"""How far the cells of a sheet reach, told from its XML tags as they pass by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

LAST_ROW: Final = 1 << 20
LAST_COLUMN: Final = 1 << 14

_LETTERS: Final = re.compile(r"[A-Za-z]{1,3}", re.ASCII)
_DIGITS: Final = "0123456789"
_CELL, _VALUE, _FORMULA, _ROW, _OTHER = range(5)
_KINDS: Final = {"c": _CELL, "v": _VALUE, "is": _VALUE, "f": _FORMULA, "row": _ROW}


class BadReferenceError(ValueError):
    """A cell is said to lie where no sheet has a place."""


@attrs.frozen
class Marked:
    """Cells with something odd about them.

    Attributes:
        count: How many there are.
        first_row: Where the first of them is, from 1; 0 if there is none.
        first_column: Its column, from A = 1.
    """

    count: int = 0
    first_row: int = 0
    first_column: int = 0

    def another(self, row: int, column: int) -> Marked:
        """Count one more."""
        return attrs.evolve(self, count=self.count + 1) if self.count else Marked(1, row, column)


@attrs.frozen(kw_only=True)
class Extent:
    """What the cells of one sheet tell before they are parsed.

    Attributes:
        first_row: First row with a value, from 1; above ``last_row`` if the sheet has none.
        last_row: Last row with a value.
        first_column: First column with a value, from A = 1.
        last_column: Last column with a value.
        valueless: Formula cells that no program has stored a value for.
        errors: Cells that hold an error such as ``#N/A``.
    """

    first_row: int = LAST_ROW + 1
    last_row: int = 0
    first_column: int = LAST_COLUMN + 1
    last_column: int = 0
    valueless: Marked = Marked()
    errors: Marked = Marked()

    @property
    def rectangle(self) -> int:
        """Count the cells of the rectangle around everything."""
        rows, columns = self.last_row - self.first_row + 1, self.last_column - self.first_column + 1
        return max(0, rows) * max(0, columns)


def column_letters(column: int) -> str:
    """Name a column, counted from 1.

    Example:
        >>> column_letters(1), column_letters(28), column_letters(16384)
        ('A', 'AB', 'XFD')
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Count a column from its letters.

    Raises:
        BadReferenceError: No sheet has that column.

    Example:
        >>> column_number("XFD")
        16384
    """
    number = 0
    if _LETTERS.fullmatch(letters):
        for letter in letters.upper():
            number = 26 * number + ord(letter) - 64
    if not 1 <= number <= LAST_COLUMN:
        raise BadReferenceError(letters[:40])
    return number


def row_number(digits: str) -> int:
    """Read a row number.

    Raises:
        BadReferenceError: No sheet has that row.
    """
    row = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else 0  # noqa: PLR2004 - of 7
    if not 1 <= row <= LAST_ROW:
        raise BadReferenceError(digits[:40])
    return row


class CellWatch:
    """Let an XML parser tell how far cells reach; it may be fed a part that is no sheet.

    Styled cells without a value do not count: they cost the workbook's parser nothing.
    """

    # This sees each tag of files with tens of millions of them: rows and columns are looked at where
    # they change, and what ends a cell is listened for in formula cells only.

    def __init__(self, parser: XMLParserType) -> None:
        """Set the handlers of a parser that has ``ordered_attributes``.

        Parsing raises :class:`BadReferenceError` at a cell outside of any sheet.
        """
        self._parser = parser
        self._kinds: dict[str, int] = {}
        self._columns: dict[str, int] = {}
        self._digits: str | None = None
        self._rows = (LAST_ROW + 1, 0)
        self._row = self._column = 0
        self._cell: list[str] = []
        self._reference: str | None = None
        self._in_cell = self._in_value = self._has_text = False
        self._valueless, self._errors = Marked(), Marked()
        parser.StartElementHandler = self._tag

    def extent(self) -> Extent:
        """Give what was seen so far."""
        columns = self._columns.values()
        return Extent(
            first_row=self._rows[0],
            last_row=self._rows[1],
            first_column=min(columns, default=LAST_COLUMN + 1),
            last_column=max(columns, default=0),
            valueless=self._valueless,
            errors=self._errors,
        )

    def _tag(self, tag: str, attributes: list[str]) -> None:
        kind = self._kinds.get(tag)
        if kind is None:
            kind = self._kinds[tag] = _KINDS.get(tag.rpartition(":")[2], _OTHER)
        if kind == _CELL:
            self._start_cell(attributes)
        elif kind == _OTHER:
            self._in_cell = False
        elif kind == _VALUE and self._in_cell:
            self._see_value()
        elif kind == _FORMULA and self._in_cell:
            self._start_formula()
        elif kind == _ROW:
            digits = _attribute(attributes, "r")
            self._row = self._row + 1 if digits is None else row_number(digits)
            self._column, self._reference = 0, None

    def _start_cell(self, attributes: list[str]) -> None:
        self._cell, self._in_cell = attributes, True
        if attributes and attributes[0] == "r":
            self._reference = attributes[1]
            return
        # A cell without a reference follows the one before it.
        if self._reference is not None:
            self._column = column_number(self._reference.rstrip(_DIGITS))
        self._column += 1
        self._reference = _attribute(attributes, "r")

    def _see_value(self) -> None:
        self._in_value = True
        reference = self._reference or f"{column_letters(self._column)}{self._row}"
        letters = reference.rstrip(_DIGITS)
        if letters not in self._columns:
            self._columns[letters] = column_number(letters)
        digits = reference[len(letters) :]
        if digits != self._digits:
            self._digits, row = digits, row_number(digits)
            self._rows = (min(self._rows[0], row), max(self._rows[1], row))
        if "e" in self._cell and _attribute(self._cell, "t") == "e":
            self._errors = self._errors.another(*self._place())

    def _start_formula(self) -> None:
        self._in_value = self._has_text = False
        self._parser.CharacterDataHandler = self._text
        self._parser.EndElementHandler = self._end_in_formula_cell

    def _text(self, text: str) -> None:
        self._has_text |= self._in_value and not text.isspace()

    def _end_in_formula_cell(self, tag: str) -> None:
        if self._kinds.get(tag) != _CELL:
            return
        self._parser.CharacterDataHandler = self._parser.EndElementHandler = None
        # A formula may well give the empty text: then the cell says that its type is text.
        gives_nothing = self._in_value and _attribute(self._cell, "t") == "str"
        if not self._has_text and not gives_nothing:
            self._valueless = self._valueless.another(*self._place())

    def _place(self) -> tuple[int, int]:
        if self._reference is None:
            return self._row, self._column
        letters = self._reference.rstrip(_DIGITS)
        return row_number(self._reference[len(letters) :]), column_number(letters)


def _attribute(attributes: list[str], name: str) -> str | None:
    names = attributes[::2]
    return attributes[2 * names.index(name) + 1] if name in names else None
