"""How a cell of a table, or the figure of a card, is written for the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retailcrm.report.formats import DASH, count, days, growth, hours, money, points, ratio, share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retailcrm.report.data import Lang
    from retailcrm.report.parts import Cell, Kind

NUMERIC: Final[frozenset[Kind]] = frozenset(
    {"count", "money", "share", "rate", "ratio", "days", "hours", "growth", "points"}
)
"""Kinds of cells that are set flush right."""


def write_cell(cell: Cell, kind: Kind, currency: str, lang: Lang = "zh") -> str:
    """Write a table's cell for the reader.

    Args:
        cell: The value; ``None`` is written as a dash.
        kind: What it is.
        currency: ISO 4217 code of amounts.
        lang: Language of units.

    Returns:
        The text, not yet escaped for HTML.

    Example:
        >>> write_cell(123450, "money", "CNY"), write_cell(None, "share", "CNY")
        ('¥1,234.50', '–')
    """
    if cell is None:
        return DASH
    writers: Mapping[Kind, Callable[[Any], str]] = {
        "count": count,
        "money": lambda minor: money(minor, currency),
        "share": share,
        "rate": share,
        "ratio": ratio,
        "days": days,
        "hours": lambda number: hours(number, lang),
        "growth": growth,
        "points": lambda difference: points(difference, lang),
    }
    return writers.get(kind, str)(cell)
