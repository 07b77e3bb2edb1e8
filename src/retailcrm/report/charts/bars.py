"""Horizontal bars: one or two a name, or stacked to a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.report.charts.frame import axis, layout_of, short
from retailcrm.report.formats import share
from retailcrm.report.palette import token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.report.data import Lang
    from retailcrm.report.parts import Figure

ONE_BAR: Final = 34
"""Height of a name with one bar, in CSS pixels."""

TWO_BARS: Final = 52
"""Height of a name with two bars."""

ROOM: Final = 1.24
"""How far beyond the longest bar the axis goes, so that its figure has room."""


@attrs.frozen(kw_only=True)
class Series:
    """One kind of bar.

    Attributes:
        word: What it shows, for the reader who points at it.
        colour: Palette colour of all its bars, or one a bar.
        values: Their lengths, fractions of 1; ``None`` is drawn as nothing and written as a dash.
    """

    word: str
    colour: str | tuple[str, ...]
    values: tuple[float | None, ...]

    @property
    def marker(self) -> dict[str, Any]:
        """The colour as Plotly wants it."""
        if isinstance(self.colour, str):
            return {"color": token(self.colour)}
        return {"color": [token(name) for name in self.colour]}


def height_of(names: int, *, bars: int = 1) -> int:
    """Give the height of a chart of so many names, in CSS pixels.

    Example:
        >>> height_of(3), height_of(3, bars=2)
        (126, 180)
    """
    return 24 + names * (ONE_BAR if bars == 1 else TWO_BARS)


def grouped(names: Sequence[str], series: Sequence[Series], lang: Lang) -> Figure:
    """Draw fractions beside each other, each with its figure at the end.

    Args:
        names: Names of the rows, top first; not yet escaped.
        series: One or two kinds of bar, values as many as names.
        lang: Language.
    """
    cut = [short(name) for name in names]
    traces = [_trace(cut, one, text=[share(v) for v in one.values]) for one in series]
    ends = [value for one in series for value in one.values if value is not None]
    span = [min([0.0, *ends]) * ROOM, max([0.01, *ends]) * ROOM]
    layout = layout_of(
        lang,
        bargap=0.34,
        bargroupgap=0.06,
        xaxis=axis(range=span, visible=False),
        yaxis=_names_axis(cut),
    )
    return {"data": traces, "layout": layout}


def stacked(names: Sequence[str], series: Sequence[Series], lang: Lang) -> Figure:
    """Draw fractions that add up to 1 end to end, the first one's figure at the right.

    Args:
        names: Names of the rows, top first; not yet escaped.
        series: The kinds, first at the left.
        lang: Language.
    """
    cut = [short(name) for name in names]
    traces = [_trace(cut, one, text=None) for one in series]
    figures = [
        {
            "text": share(value), "x": 1, "y": place, "xanchor": "left", "xshift": 6, "showarrow": False,
            "font": {"color": token("ink"), "size": 12},
        }
        for place, value in enumerate(series[0].values)
    ]  # fmt: skip
    layout = layout_of(
        lang,
        barmode="stack",
        bargap=0.4,
        margin={"l": 8, "r": 60, "t": 8, "b": 8},
        xaxis=axis(range=[0, 1], visible=False),
        yaxis=_names_axis(cut),
        annotations=figures,
    )
    return {"data": traces, "layout": layout}


def _names_axis(cut: Sequence[str]) -> dict[str, Any]:
    return axis(
        autorange="reversed",
        showgrid=False,
        showline=True,
        tickvals=list(range(len(cut))),
        ticktext=list(cut),
        tickfont={"color": token("ink"), "size": 13},
    )


def _trace(cut: Sequence[str], series: Series, *, text: list[str] | None) -> dict[str, Any]:
    """Draw one kind of bar, at the row's number: two rows may be called the same."""
    written = [share(value) for value in series.values]
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(cut))),
        "x": [value or 0.0 for value in series.values],
        "customdata": [[name, figure] for name, figure in zip(cut, written, strict=True)],
        "cliponaxis": False,
        "marker": series.marker,
        "hovertemplate": f"%{{customdata[0]}}<br>{series.word} %{{customdata[1]}}<extra></extra>",
    }
    if text is None:
        return trace
    outside = {"textposition": "outside", "textfont": {"color": token("ink"), "size": 12}}
    return trace | {"text": text} | outside
