"""What all figures share: fonts, no background, faint lines, escaped text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

from retailcrm.report.palette import FONTS, token

if TYPE_CHECKING:
    from retailcrm.report.data import Lang

NAME_LENGTH: Final = 24
"""Longer names are cut in charts; the tables beside have them in full."""

LINE_LENGTH: Final = 12
"""Characters of a name on one line, so that it stands in a narrow area or beside a bar on a phone."""


def plain(text: str) -> str:
    """Escape text for Plotly, which takes ``<b>``, ``<a href>`` and entities in text as markup.

    Example:
        >>> plain("<b>A&B</b>")
        '&lt;b&gt;A&amp;B&lt;/b&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def short(name: str) -> str:
    """Cut a name to what a chart has room for, on lines broken between words, and escape it.

    Example:
        >>> short("Important, win back")
        'Important,<br>win back'
    """
    cut = name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…"
    return "<br>".join(plain(line) for line in textwrap.wrap(cut, LINE_LENGTH, break_on_hyphens=False))


def layout_of(lang: Lang, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - Plotly's layout is an open tree
    """Lay out what all figures share: our fonts, no background, nothing that moves under a finger."""
    return {
        "font": {"family": FONTS[lang], "size": 13, "color": token("ink")},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {
            "bgcolor": token("paper"),
            "bordercolor": token("line"),
            "font": {"family": FONTS[lang], "size": 13, "color": token("ink")},
        },
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
    } | more


def axis(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Draw an axis with faint lines and quiet labels."""
    return {
        "fixedrange": True,
        "automargin": True,
        "gridcolor": token("line"),
        "linecolor": token("line"),
        "showline": False,
        "ticklen": 5,
        "tickcolor": "rgba(0,0,0,0)",
        "zeroline": False,
        "tickfont": {"color": token("muted"), "size": 12},
    } | more
