"""The report's tables as a workbook: numbers stay numbers, so that a shop can go on calculating.

Nothing here knows a section: whatever a section shows as cards, tables or points becomes a sheet.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.domain.money import exponent
from retailcrm.errors import MissingExtraError, SettingsError
from retailcrm.report.cells import NUMERIC
from retailcrm.report.data import LANGS, Lang, ReportData, pick
from retailcrm.report.labels import say
from retailcrm.report.page import filled
from retailcrm.report.parts import Card, Cards, Column, Kind, Paragraph, Points, Row, SectionBody, Table
from retailcrm.report.sections import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from retailcrm.report.parts import Cell, Part, Section

Handle = Any
"""What xlsxwriter hands out: workbook, sheet, format. It has no types of its own."""

WIDE: Final = "\u2e80"
"""From here on a character is as wide as two."""

NAME_LENGTH: Final = 31
"""Longest name that a sheet may have."""

FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
"""What a sheet's name may not hold."""

WIDEST: Final = 60
"""Widest column, in characters; longer text is wrapped."""

NARROWEST: Final = 9
"""Narrowest column, in characters."""

FORMATS: Final[Mapping[Kind, str]] = {
    "count": "#,##0",
    "share": "0.0%",
    "rate": "0.0%",
    "ratio": "0.00",
    "days": "#,##0",
    "hours": '#,##0.0" h"',
    "growth": "+0.0%;-0.0%;0.0%",
    "points": '+0.0" pp";-0.0" pp";0.0" pp"',
}
"""How a spreadsheet shows the numbers of each kind; money depends on its currency."""


@attrs.frozen(kw_only=True)
class Sheet:
    """One sheet to write.

    Attributes:
        name: Its name, legal and unlike any other.
        section: Heading of the section that it comes from.
        table: What it lists.
        notes: What the section says beside it.
    """

    name: str
    section: str
    table: Table
    notes: tuple[str, ...]


def write_workbook(
    data: ReportData, path: str | Path, *, lang: Lang = "zh", sections: Sequence[Section] = DEFAULT
) -> Path:
    """Write every table of the report as a sheet of an XLSX workbook, a list of contents first.

    Amounts are numbers with the decimals of their currency, shares are per cent; text is never a
    formula. A section's sentences stand below its first table. The same data give the same file, to
    the byte.

    Args:
        data: The figures.
        path: Where to write; a file that is there is replaced.
        lang: Language of the words.
        sections: As for :func:`retailcrm.report.render_page`.

    Returns:
        The path.

    Raises:
        MissingExtraError: XlsxWriter is not installed.
        SettingsError: Unknown language, or two sections or charts share a key.
    """
    if lang not in LANGS:
        raise SettingsError(f"a report is written in one of {', '.join(LANGS)}, not {lang!r}")
    try:
        import xlsxwriter  # noqa: PLC0415 - part of the [shop] extra
    except ImportError as error:
        raise MissingExtraError("the report's workbook", extra="shop") from error
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    # The file's own date is the report's, so that the same data give the same bytes.
    made = dt.datetime.fromisoformat(data.as_of[:10])
    book.set_properties({"title": say(lang, "page_title", shop=data.shop), "created": made})
    styles = _styles(book, data.currency)
    sheets = sheets_of(data, lang, sections)
    _write_contents(book, data, sheets, styles, lang)
    for sheet in sheets:
        _write_sheet(book.add_worksheet(sheet.name), sheet, styles, data.currency)
    book.close()
    return Path(path)


def sheets_of(data: ReportData, lang: Lang, sections: Sequence[Section]) -> list[Sheet]:
    """List the sheets of a report.

    Args:
        data: The figures.
        lang: Language.
        sections: What to take tables from.

    Raises:
        SettingsError: Two sections or charts share a key.
    """
    found: list[Sheet] = []
    taken = {say(lang, "workbook_contents").casefold(), "history"}  # Excel keeps this name for itself
    for section, body in filled(data, lang, sections):
        title = pick(section.title, lang)
        notes = tuple(p.text for p in body.parts if isinstance(p, Paragraph) and p.tone != "heading")
        for table in (unmixed(one, lang) for one in _tables(body, title, lang)):
            name = sheet_name(title, taken)
            taken.add(name.casefold())
            found.append(Sheet(name=name, section=title, table=table, notes=notes))
            notes = ()
    return found


def sheet_name(title: str, taken: set[str]) -> str:
    """Make a legal name of a sheet that nobody has yet.

    Args:
        title: What it should be called.
        taken: Names in use, case folded: Excel does not tell cases apart.

    Returns:
        At most 31 characters, without those that Excel forbids.

    Example:
        >>> sheet_name("In/out: what [really] happened in the year", set())
        'In out what really happened in'
        >>> sheet_name("Regions", {"regions"})
        'Regions 2'
    """
    plain = " ".join(FORBIDDEN.sub(" ", title).split()).strip("'") or "-"
    name, number = plain[:NAME_LENGTH].rstrip(" '"), 1
    while name.casefold() in taken:
        number += 1
        end = f" {number}"
        name = plain[: NAME_LENGTH - len(end)].rstrip(" '") + end
    return name


def _tables(body: SectionBody, title: str, lang: Lang) -> Iterator[Table]:
    """Turn whatever holds figures or advice into tables."""
    heading = title
    for part in body.parts:
        if isinstance(part, Paragraph) and part.tone == "heading":
            heading = part.text
        table = _as_table(part, heading, lang)
        if table is not None:
            yield table


def _as_table(part: Part, heading: str, lang: Lang) -> Table | None:
    if isinstance(part, Table):
        return part
    if isinstance(part, Cards):
        return _of_cards(part.cards, heading, lang)
    if isinstance(part, Points):
        columns = (
            Column(title=part.folded or heading, cells="note"),
            Column(title=say(lang, "because"), cells="note"),
        )
        rows = tuple(Row(cells=(point.text, point.reason)) for point in part.points)
        return Table(caption=part.folded or heading, columns=columns, rows=rows)
    return None


def _of_cards(cards: Sequence[Card], heading: str, lang: Lang) -> Table:
    """List cards, with their change where any has one."""
    moved = any(card.change is not None for card in cards)
    columns = (
        Column(title=say(lang, "figure")),
        Column(title=say(lang, "workbook_value"), cells="count"),
        *([Column(title=say(lang, "moved"), cells="growth")] if moved else []),
        Column(title=say(lang, "definition"), cells="note"),
    )
    rows = []
    for card in cards:
        change: tuple[Cell, ...] = (card.change,) if moved else ()
        how: tuple[Kind, ...] = (card.moved,) if moved else ()
        kinds: tuple[Kind, ...] = ("text", card.cells, *how, "note")
        rows.append(Row(cells=(card.label, card.value, *change, card.definition), kinds=kinds))
    return Table(caption=heading, columns=columns, rows=tuple(rows))


def unmixed(table: Table, lang: Lang) -> Table:
    """Split a column that holds growth in some rows and percentage points in others into two.

    On the page each cell tells its unit; who sums or sorts a sheet's column must not mix the two.

    Args:
        table: As a section lists it.
        lang: Language of the second column's title.
    """
    places = range(len(table.columns))
    mixed = [n for n in places if {table.kinds_of(row)[n] for row in table.rows} >= {"growth", "points"}]
    if not mixed:
        return table
    place = mixed[0]
    head = table.columns[place]
    titles = (say(lang, "moved_growth", what=head.title), say(lang, "moved_points", what=head.title))
    split = (Column(title=titles[0], cells="growth"), Column(title=titles[1], cells="points"))

    def row_of(row: Row) -> Row:
        kinds, cell = table.kinds_of(row), row.cells[place]
        pair: tuple[Cell, ...] = (None, cell) if kinds[place] == "points" else (cell, None)
        return attrs.evolve(
            row,
            cells=(*row.cells[:place], *pair, *row.cells[place + 1 :]),
            kinds=(*kinds[:place], "growth", "points", *kinds[place + 1 :]),
        )

    return attrs.evolve(
        table,
        columns=(*table.columns[:place], *split, *table.columns[place + 1 :]),
        rows=tuple(map(row_of, table.rows)),
        total=None if table.total is None else row_of(table.total),
    )


def _styles(book: Handle, currency: str) -> dict[str, Handle]:
    """Make the formats of cells, plain and bold."""
    decimals = exponent(currency)
    money = "#,##0" + (f".{'0' * decimals}" if decimals else "")
    numbers: dict[Kind, str] = {**FORMATS, "money": money}
    styles: dict[str, Handle] = {}
    for weight, bold in (("", {}), ("total ", {"bold": True, "top": 1})):
        for kind, pattern in numbers.items():
            styles[weight + kind] = book.add_format({"num_format": pattern, "valign": "top", **bold})
        styles[weight + "text"] = book.add_format({"valign": "top", **bold})
        styles[weight + "note"] = book.add_format({"valign": "top", "text_wrap": True, **bold})
    styles["title"] = book.add_format({"bold": True, "font_size": 14})
    styles["header"] = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"})
    styles["small"] = book.add_format({"font_color": "#54626B", "text_wrap": True, "valign": "top"})
    styles["link"] = book.add_format({"font_color": "#0A6868", "underline": 1})
    return styles


def _write_contents(
    book: Handle,
    data: ReportData,
    sheets: Sequence[Sheet],
    styles: Mapping[str, Handle],
    lang: Lang,
) -> None:
    """Write the first sheet: whose report it is, and what stands where."""
    page = book.add_worksheet(say(lang, "workbook_contents"))
    page.write_string(0, 0, say(lang, "page_title", shop=data.shop), styles["title"])
    facts = [say(lang, "as_of", as_of=data.as_of), say(lang, "zone", zone=data.zone)]
    facts.append(say(lang, "currency", currency=data.currency))
    page.write_string(1, 0, " · ".join(facts))
    for column, word in enumerate(("workbook_sheet", "workbook_section", "workbook_table")):
        page.write_string(3, column, say(lang, word), styles["header"])
    for line, sheet in enumerate(sheets, 4):
        quoted = sheet.name.replace("'", "''")
        page.write_url(line, 0, f"internal:'{quoted}'!A1", styles["link"], sheet.name)
        page.write_string(line, 1, sheet.section)
        page.write_string(line, 2, sheet.table.caption)
    for column, width in enumerate((34, 34, WIDEST)):
        page.set_column(column, column, width)


def _write_sheet(page: Handle, sheet: Sheet, styles: Mapping[str, Handle], currency: str) -> None:
    """Write one table: caption, header, rows, total, and the section's sentences under it."""
    table = sheet.table
    page.write_string(0, 0, table.caption, styles["title"])
    for column, head in enumerate(table.columns):
        page.write_string(2, column, head.title, styles["header"])
        page.set_column(column, column, _width(table, column))
    page.freeze_panes(3, 1)
    line = 3
    for row, weight in (
        *((row, "") for row in table.rows),
        *([(table.total, "total ")] if table.total else []),
    ):
        for column, (cell, kind) in enumerate(zip(row.cells, table.kinds_of(row), strict=True)):
            _write_cell(page, (line, column), cell, kind, styles[weight + kind], currency)
        line += 1
    for number, note in enumerate(sheet.notes, line + 1):
        page.merge_range(number, 0, number, max(len(table.columns) - 1, 1), "", styles["small"])
        page.write_string(number, 0, note, styles["small"])
        page.set_row(number, 15 * (1 + len(note) // WIDEST))


def _write_cell(
    page: Handle,
    place: tuple[int, int],
    cell: Cell,
    kind: Kind,
    style: Handle,
    currency: str,
) -> None:
    """Write numbers as numbers and everything else as text, whatever it looks like."""
    if cell is None:
        page.write_blank(*place, None, style)
    elif isinstance(cell, str) or kind not in NUMERIC:
        page.write_string(*place, str(cell), style)
    else:
        page.write_number(*place, _scaled(cell, kind, currency), style)


def _scaled(cell: float, kind: Kind, currency: str) -> float:
    """Bring a value into the unit that a spreadsheet shows; the file format has no other numbers."""
    if kind == "money":
        return cell / float(10 ** exponent(currency))
    return cell * 100 if kind == "points" else cell


def _width(table: Table, column: int) -> int:
    """Make room for the longest text of a column; a Chinese character is as wide as two."""
    cells = [row.cells[column] for row in table.rows]
    texts = [*(cell for cell in cells if isinstance(cell, str)), table.columns[column].title[:WIDEST]]
    longest = max(sum(2 if character >= WIDE else 1 for character in text) for text in texts)
    return min(max(longest + 2, NARROWEST + 5 * (table.columns[column].cells == "money")), WIDEST)
