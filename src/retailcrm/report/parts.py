"""What a section is made of: plain values that the page's template turns into HTML.

A section never writes HTML. Text in a part is shown as it stands, whatever characters it holds, and
cells keep their numbers, so the same tables can be written elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import attrs

from retailcrm.report.palette import LIGHT

if TYPE_CHECKING:
    from retailcrm.domain.labels import Label
    from retailcrm.report.data import Lang, ReportData

Kind = Literal[
    "text", "note", "count", "money", "share", "rate", "ratio", "days", "hours", "growth", "points"
]
"""How a column's cells are written: ``text`` and ``note`` (longer) hold ``str``, ``count`` whole
numbers, ``money`` minor units, ``share`` fractions of a whole (drawn as a bar too), ``rate`` other
fractions of 1, ``ratio`` plain numbers, ``days`` and ``hours`` lengths of time, ``growth`` a change over
what was before, ``points`` the difference of two rates."""

Cell = str | int | float | None
"""A cell's value; ``None`` is written as a dash."""

Figure = Mapping[str, Any]
"""A Plotly figure, ``data`` and ``layout``. Colours may be palette tokens; text in it is Plotly's
pseudo-HTML, so anything not written by us goes through :func:`retailcrm.report.charts.plain`."""


def _colour(_: object, field: attrs.Attribute[Any], name: str) -> None:
    """Refuse a colour that the page's style sheet has no shade of."""
    if name not in LIGHT:
        raise ValueError(f"{field.name}: the palette has no colour {name!r}")


def _colours(owner: object, field: attrs.Attribute[Any], legend: tuple[tuple[str, str], ...]) -> None:
    """Refuse a legend with such a colour."""
    for name, _ in legend:
        _colour(owner, field, name)


@attrs.frozen(kw_only=True)
class Paragraph:
    """A sentence or two of running text.

    Attributes:
        text: The text.
        tone: ``lead`` opens a section, ``heading`` names what follows, ``note`` is small print.
    """

    kind: ClassVar = "paragraph"
    text: str
    tone: Literal["lead", "heading", "plain", "note"] = "plain"


@attrs.frozen(kw_only=True)
class Card:
    """One figure with its definition in small print.

    Attributes:
        label: The figure's name.
        value: The figure; a dash is written where it is not defined.
        cells: How it is written.
        definition: What it counts and over what.
        main: Whether it is one of the few that are read first.
        change: How it moved, ``growth`` or ``points`` by :attr:`moved`; ``None`` leaves it out.
        moved: How the change is written.
    """

    label: str
    value: Cell
    cells: Kind = "text"
    definition: str
    main: bool = False
    change: float | None = None
    moved: Kind = "growth"


@attrs.frozen(kw_only=True)
class Cards:
    """Figures beside each other."""

    kind: ClassVar = "cards"
    cards: tuple[Card, ...]


@attrs.frozen(kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        title: Its header.
        cells: How its cells are written.
    """

    title: str
    cells: Kind = "text"


@attrs.frozen(kw_only=True)
class Row:
    """A row of a table.

    Attributes:
        cells: One value a column; the first names the row.
        colour: Name of the palette colour that marks it in the chart beside.
        kinds: How its cells are written, where that is not what the columns say.
    """

    cells: tuple[Cell, ...]
    colour: str | None = attrs.field(default=None, validator=attrs.validators.optional(_colour))
    kinds: tuple[Kind, ...] = ()


@attrs.frozen(kw_only=True)
class Table:
    """A table whose first column names its rows.

    Attributes:
        caption: What it shows.
        columns: Its columns.
        rows: Its rows.
        total: A closing row.
        folded: Start closed, for long tables whose chart tells the story.
    """

    kind: ClassVar = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row | None = None
    folded: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse rows that do not fit the columns."""
        for row in (*self.rows, *([self.total] if self.total else [])):
            if len(row.cells) != len(self.columns):
                raise ValueError(f"{self.caption}: {len(row.cells)} cells for {len(self.columns)} columns")
            if row.kinds and len(row.kinds) != len(row.cells):
                raise ValueError(f"{self.caption}: {len(row.kinds)} kinds for {len(row.cells)} cells")

    def kinds_of(self, row: Row) -> tuple[Kind, ...]:
        """Say how each cell of a row is written."""
        return row.kinds or tuple(column.cells for column in self.columns)


@attrs.frozen(kw_only=True)
class Chart:
    """A chart with its text alternative.

    Attributes:
        key: Unique on the page; letters, digits and hyphens.
        figure: What to draw.
        alternative: What it shows, in a sentence, for who cannot see it.
        height: In CSS pixels.
        title: Stands above it; charts that follow each other stand side by side and need one.
        legend_title: What the legend's colours stand for, where their words alone do not say.
        legend: Palette colours and their meaning, where the figure has no legend of its own.
    """

    kind: ClassVar = "chart"
    key: str = attrs.field(validator=attrs.validators.matches_re(r"[A-Za-z][A-Za-z0-9-]*"))
    figure: Figure
    alternative: str
    height: int = 320
    title: str = ""
    legend_title: str = ""
    legend: tuple[tuple[str, str], ...] = attrs.field(default=(), validator=_colours)


@attrs.frozen(kw_only=True)
class Point:
    """One item of a list of points.

    Attributes:
        text: The point.
        reason: What it follows from.
    """

    text: str
    reason: str


@attrs.frozen(kw_only=True)
class Points:
    """A list of points, each with its reason.

    Attributes:
        points: The points.
        start: Number of the first.
        folded: Words that open the list; empty shows it as it is.
    """

    kind: ClassVar = "points"
    points: tuple[Point, ...]
    start: int = 1
    folded: str = ""


Part = Paragraph | Cards | Table | Chart | Points
"""Anything a section can hold."""


@attrs.frozen
class SectionBody:
    """What a section shows.

    Attributes:
        parts: Top to bottom; without any, the page leaves the section and its link out.
        beside: Put charts at the left and everything after them at the right where there is room.
    """

    parts: tuple[Part, ...]
    beside: bool = attrs.field(default=False, kw_only=True)


@attrs.frozen
class Section:
    """A section of the page; a page is an ordered tuple of them.

    Attributes:
        key: Unique on the page; letters, digits and hyphens. Also the link to it.
        title: Its heading.
        render: Makes its body from the data, in one language.
        chapter: What it belongs to; sections of one chapter that follow each other share an entry of
            the contents.

    Example:
        >>> from retailcrm.domain.labels import Label
        >>> def body(data, lang):
        ...     return SectionBody((Paragraph(text=data.shop),))
        >>> Section("who", Label(zh="店铺", en="Shop"), body).title.en
        'Shop'
    """

    key: str = attrs.field(validator=attrs.validators.matches_re(r"[A-Za-z][A-Za-z0-9-]*"))
    title: Label
    render: Callable[[ReportData, Lang], SectionBody]
    chapter: Label | None = attrs.field(default=None, kw_only=True)
