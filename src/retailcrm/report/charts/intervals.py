"""Figures with their intervals: what is known, and how surely."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.intervals import wilson
from retailcrm.report.charts.frame import axis, layout_of, plain, short
from retailcrm.report.palette import token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.report.data import Lang
    from retailcrm.report.parts import Figure

ROW: Final = 44
"""Height of one row of whiskers, in CSS pixels."""

UNDER: Final = 12
"""What each small line under a name adds to it."""

LIFT_TICKS: Final = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)
"""Round multiples to name on an axis of multiples."""


@attrs.frozen(kw_only=True)
class Whisker:
    """One figure with its interval.

    Attributes:
        name: Its name, not yet escaped.
        value: The figure.
        low: Lower end.
        high: Upper end.
        text: What a reader who points at it is told.
        sure: Whether to draw it full and in the strong colour.
        under: Short lines under its name, smaller.
    """

    name: str
    value: float
    low: float
    high: float
    text: str
    sure: bool = True
    under: tuple[str, ...] = ()


def share_interval(good: int, tried: int) -> tuple[float, float]:
    """Give the 95 % interval of one share.

    Args:
        good: Successes.
        tried: Of so many, above 0.

    Returns:
        Its ends, within 0 and 1.

    Example:
        >>> [round(end, 4) for end in share_interval(81, 263)]
        [0.2553, 0.3662]

    References:
        R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine
        17 (1998), 857-872: method 3 of his table I.
    """
    low, high = wilson(np.array([good]), np.array([tried]))
    return float(low[0]), float(high[0])


def rows_height(rows: Sequence[Whisker]) -> int:
    """Give the height of a chart of rows, in CSS pixels, with its axis."""
    return 60 + len(rows) * (ROW + UNDER * max(len(row.under) for row in rows))


def multiples(rows: Sequence[Whisker], title: str, lang: Lang) -> Figure:
    """Draw multiples on an axis where double and half lie equally far from 1, which is marked."""
    low, high = min(0.8, *(row.low for row in rows)), max(1.25, *(row.high for row in rows))
    low = max(low, LIFT_TICKS[0] / 2)
    span = [math.log10(low) - 0.05, math.log10(high) + 0.05]
    named = [tick for tick in LIFT_TICKS if low <= tick <= high]
    across = axis(
        type="log",
        range=span,
        tickvals=named,
        ticktext=[f"{tick:g}×" for tick in named],
        title={"text": plain(title), "font": {"color": token("muted"), "size": 12}, "standoff": 10},
    )
    return {"data": _lying(rows), "layout": _rows_layout(rows, across, 1.0, lang)}


def rates(rows: Sequence[Whisker], mark: float | None, lang: Lang) -> Figure:
    """Draw rates of named things, best read from left to right, with the whole shop's rate marked."""
    low = max(0.0, min(row.low for row in rows) - 0.05)
    high = min(1.0, max([*(row.high for row in rows), *([mark] if mark is not None else [])]) + 0.03)
    across = axis(range=[low, high], tickformat=".0%", nticks=6)
    return {"data": _lying(rows), "layout": _rows_layout(rows, across, mark, lang)}


def rate_months(rows: Sequence[Whisker], names: tuple[list[int], list[str]], lang: Lang) -> Figure:
    """Draw rates month by month with their intervals.

    Args:
        rows: The months, rising.
        names: Places of the months that are named, and their names.
        lang: Language.
    """
    low = max(0.0, min(row.low for row in rows) - 0.03)
    trace = _points(rows) | {
        "mode": "lines+markers",
        "x": list(range(len(rows))),
        "y": [row.value for row in rows],
        "line": {"color": token("first"), "width": 1.5},
        "error_y": _whiskers(rows, [row.value for row in rows]),
    }
    places, texts = names
    layout = layout_of(
        lang,
        margin={"l": 8, "r": 12, "t": 12, "b": 8},
        xaxis=axis(tickvals=places, ticktext=texts, showgrid=False, showline=True, tickangle=0),
        yaxis=axis(range=[low, min(1.0, max(row.high for row in rows) + 0.03)], tickformat=".0%", nticks=6),
    )
    return {"data": [trace], "layout": layout}


def _lying(rows: Sequence[Whisker]) -> list[dict[str, Any]]:
    """Draw sure and unsure rows as two traces: a trace has one colour of whiskers."""
    traces = []
    for sure in (True, False):
        places = [place for place, row in enumerate(rows) if row.sure is sure]
        if not places:
            continue
        chosen = [rows[place] for place in places]
        values = [row.value for row in chosen]
        traces.append(
            _points(chosen, sure=sure)
            | {"mode": "markers", "x": values, "y": places, "error_x": _whiskers(chosen, values, sure=sure)}
        )
    return traces


def _named(row: Whisker) -> str:
    """Name a row, with its small lines."""
    return short(row.name) + "".join(
        f'<br><span style="font-size:11px">{plain(line)}</span>' for line in row.under
    )


def _points(rows: Sequence[Whisker], *, sure: bool = True) -> dict[str, Any]:
    return {
        "type": "scatter",
        "customdata": [[plain(row.name), plain(row.text)] for row in rows],
        "marker": {
            "color": token("first" if sure else "muted"),
            "size": 9,
            "symbol": "circle" if sure else "circle-open",
            "line": {"color": token("first" if sure else "muted"), "width": 0 if sure else 2},
        },
        "cliponaxis": False,
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    }


def _whiskers(rows: Sequence[Whisker], values: Sequence[float], *, sure: bool = True) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [row.high - value for row, value in zip(rows, values, strict=True)],
        "arrayminus": [value - row.low for row, value in zip(rows, values, strict=True)],
        "color": token("first" if sure else "muted"),
        "thickness": 2,
        "width": 5,
    }


def _rows_layout(
    rows: Sequence[Whisker], across: dict[str, Any], mark: float | None, lang: Lang
) -> dict[str, Any]:
    down = axis(
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        tickvals=list(range(len(rows))),
        ticktext=[_named(row) for row in rows],
        tickfont={"color": token("ink"), "size": 13},
    )
    shape = {
        "type": "line", "yref": "paper", "x0": mark, "x1": mark, "y0": 0, "y1": 1, "layer": "between",
        "line": {"color": token("second"), "width": 1.5, "dash": "dash"},
    }  # fmt: skip
    shapes = [] if mark is None else [shape]
    margin = {"l": 8, "r": 16, "t": 8, "b": 8}
    return layout_of(lang, margin=margin, xaxis=across, yaxis=down, shapes=shapes)
