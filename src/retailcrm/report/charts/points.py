"""Points by month: what came and went, what was left, and what lapses when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retailcrm.report.charts.frame import axis, layout_of, plain
from retailcrm.report.charts.months import MONTH_LABELS, PALE, month_names, ticks
from retailcrm.report.formats import UNITS, count
from retailcrm.report.labels import say
from retailcrm.report.palette import token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.report.data import ExpiryRow, Lang, PointsMonth
    from retailcrm.report.parts import Figure

FLOW_COLOURS: Final = (
    ("issued", "first"),
    ("redeemed", "second"),
    ("expired", "third"),
    ("reversed", "ink"),
)
"""What is drawn in which colour; all but what is issued goes below the line."""

FEW: Final = 9
"""So many bars leave room for their figures on a phone."""


def short_count(number: int, lang: Lang) -> str:
    """Write a count for an axis, in the large units of the language, to one decimal.

    Example:
        >>> short_count(151400, "zh"), short_count(151400, "en"), short_count(900, "en")
        ('15.1万', '151.4K', '900')
    """
    size, unit = next(((s, u) for s, u in UNITS[lang] if abs(number) >= s), (1, ""))
    tenths = round(abs(number) * 10 / size)
    written = f"{tenths // 10:,}.{tenths % 10}".removesuffix(".0")
    return f"{'−' if number < 0 else ''}{written}{unit}"


def points_months(rows: Sequence[PointsMonth], as_of: str, lang: Lang) -> Figure:
    """Draw what came above the line and what went below it, and under that what was left.

    Args:
        rows: The months, rising.
        as_of: The report's date: a running month is paler.
        lang: Language.
    """
    opacity = [PALE if row.month == as_of[:7] else 1.0 for row in rows]

    def bars(
        panel: str, colour: str, word: str, values: Sequence[int], drawn: Sequence[int]
    ) -> dict[str, Any]:
        told = [f"{word} {count(value)}" for value in values]
        return {
            "type": "bar",
            "x": list(range(len(rows))),
            "y": list(drawn),
            "yaxis": panel,
            "customdata": [[row.month, text] for row, text in zip(rows, told, strict=True)],
            "marker": {"color": token(colour), "opacity": opacity},
            "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        }

    traces = []
    for name, colour in FLOW_COLOURS:
        values = [getattr(row, name) for row in rows]
        sign = 1 if name == "issued" else -1
        traces.append(bars("y", colour, say(lang, f"points_{name}"), values, [sign * v for v in values]))
    left = [row.closing for row in rows]
    traces.append(bars("y2", "step4", say(lang, "points_closing"), left, left))
    return {"data": traces, "layout": _months_layout(rows, lang)}


def _months_layout(rows: Sequence[PointsMonth], lang: Lang) -> dict[str, Any]:
    """Set two panels over one row of months."""
    most = max([1, *(row.issued for row in rows)])
    least = min([0, *(-row.redeemed - row.expired - row.reversed for row in rows)])
    flow_ticks, left_ticks = ticks(least, most), ticks(0, max([1, *(row.closing for row in rows)]))
    places, names = month_names([row.month for row in rows], lang)
    return layout_of(
        lang,
        barmode="relative",
        bargap=0.28,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        xaxis=axis(anchor="y2", tickvals=places, ticktext=names, showgrid=False, showline=True, tickangle=0),
        yaxis=axis(
            domain=[0.48, 1.0], tickvals=flow_ticks, ticktext=[short_count(t, lang) for t in flow_ticks],
            zeroline=True, zerolinecolor=token("muted"),
        ),
        yaxis2=axis(
            domain=[0.0, 0.34], tickvals=left_ticks, ticktext=[short_count(t, lang) for t in left_ticks]
        ),
        annotations=[
            _heading(say(lang, "points_came_and_went"), 1.0),
            _heading(say(lang, "points_closing"), 0.34),
        ],
    )  # fmt: skip


def _heading(text: str, height: float) -> dict[str, Any]:
    """Head a panel at its left."""
    return {
        "text": f"<b>{plain(text)}</b>", "xref": "paper", "yref": "paper", "x": 0, "y": height,
        "xanchor": "left", "yanchor": "bottom", "yshift": 6, "showarrow": False,
        "font": {"color": token("ink"), "size": 13},
    }  # fmt: skip


def flow_legend(rows: Sequence[PointsMonth], lang: Lang) -> tuple[tuple[str, str], ...]:
    """Say what the colours stand for, of what there is any."""
    return tuple(
        (colour, say(lang, f"points_{name}"))
        for name, colour in FLOW_COLOURS
        if any(getattr(row, name) for row in rows)
    )


def expiry_bars(
    rows: Sequence[ExpiryRow], names: Sequence[str], colours: Sequence[str], lang: Lang
) -> Figure:
    """Draw what is unused by the month in which it lapses.

    Args:
        rows: The months, rising, and what has none.
        names: What each is called; months are named by number.
        colours: Palette colour of each.
        lang: Language.
    """
    months = [row.key for row in rows if _is_month(row)]
    places, called = month_names(months, lang, most=MONTH_LABELS // 2 if len(rows) > FEW else MONTH_LABELS)
    start = next((place for place, row in enumerate(rows) if _is_month(row)), 0)
    named = {start + place: text for place, text in zip(places, called, strict=True)}
    named |= {
        place: plain(name)
        for place, (row, name) in enumerate(zip(rows, names, strict=True))
        if not _is_month(row)
    }
    values = [row.points for row in rows]
    steps = ticks(0, max([1, *values]))
    trace: dict[str, Any] = {
        "type": "bar",
        "x": list(range(len(rows))),
        "y": values,
        "customdata": [[plain(name), count(value)] for name, value in zip(names, values, strict=True)],
        "marker": {"color": [token(colour) for colour in colours]},
        "cliponaxis": False,
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    }
    if len(rows) <= FEW:
        trace |= {
            "text": [short_count(value, lang) for value in values],
            "textposition": "outside",
            "textfont": {"color": token("ink"), "size": 12},
        }
    layout = layout_of(
        lang,
        bargap=0.28,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        uniformtext={"minsize": 9, "mode": "show"},
        xaxis=axis(
            tickvals=list(named), ticktext=list(named.values()), showgrid=False, showline=True, tickangle=0
        ),
        yaxis=axis(tickvals=steps, ticktext=[short_count(step, lang) for step in steps]),
    )
    return {"data": [trace], "layout": layout}


def _is_month(row: ExpiryRow) -> bool:
    return row.key[:1].isdigit()
