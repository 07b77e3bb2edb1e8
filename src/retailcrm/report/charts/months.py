"""Net, new and returning buyers by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retailcrm.report.charts.frame import axis, layout_of, plain
from retailcrm.report.formats import count, money, short_money
from retailcrm.report.labels import say
from retailcrm.report.palette import token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.report.data import Lang, MonthRow
    from retailcrm.report.parts import Figure

TICK_STEPS: Final = 5
"""About so many steps on an axis."""

PALE: Final = 0.45
"""Opacity of a month that is not over."""

MONTH_LABELS: Final = 12
"""At most so many months are named under the axis, which is what a phone's width holds."""


def months_bars(rows: Sequence[MonthRow], currency: str, as_of: str, lang: Lang) -> Figure:
    """Draw net by month and, under it, returning and new buyers; a running month is drawn paler."""
    opacity = [PALE if row.month == as_of[:7] else 1.0 for row in rows]

    def bars(panel: str, colour: str, values: list[int], texts: list[str]) -> dict[str, Any]:
        return {
            "type": "bar",
            "x": list(range(len(rows))),
            "y": values,
            "yaxis": panel,
            "customdata": [[row.month, text] for row, text in zip(rows, texts, strict=True)],
            "marker": {"color": token(colour), "opacity": opacity},
            "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        }

    net, new = [row.net for row in rows], [row.new_buyers for row in rows]
    returning = [row.buyers - row.new_buyers for row in rows]
    traces = [
        bars("y", "first", net, [money(amount, currency) for amount in net]),
        bars("y2", "third", returning, [f"{say(lang, 'returning')} {count(n)}" for n in returning]),
        bars("y2", "second", new, [f"{say(lang, 'new')} {count(n)}" for n in new]),
    ]
    return {"data": traces, "layout": _layout(rows, currency, lang)}


def _layout(rows: Sequence[MonthRow], currency: str, lang: Lang) -> dict[str, Any]:
    """Set two panels over one row of months."""
    net_ticks = ticks(min([0, *(row.net for row in rows)]), max([0, *(row.net for row in rows)]))
    buyer_ticks = ticks(0, max([0, *(row.buyers for row in rows)]))
    named = list(range(0, len(rows), -(-len(rows) // MONTH_LABELS) or 1))
    names = _month_names(rows, named, lang)
    amounts = [short_money(tick, currency, lang) for tick in net_ticks]
    return layout_of(
        lang,
        barmode="stack",
        bargap=0.28,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        xaxis=axis(anchor="y2", tickvals=named, ticktext=names, showgrid=False, showline=True, tickangle=0),
        yaxis=axis(domain=[0.56, 1.0], tickvals=net_ticks, ticktext=amounts),
        yaxis2=axis(domain=[0.0, 0.4], tickvals=buyer_ticks, ticktext=[count(tick) for tick in buyer_ticks]),
        annotations=[_heading(say(lang, "net"), 1.0), _heading(say(lang, "buyers"), 0.4)],
    )


def _heading(text: str, height: float) -> dict[str, Any]:
    """Head a panel of a figure at its left."""
    return {
        "text": f"<b>{plain(text)}</b>",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": height,
        "xanchor": "left",
        "yanchor": "bottom",
        "yshift": 6,
        "showarrow": False,
        "font": {"color": token("ink"), "size": 13},
    }


def _month_names(rows: Sequence[MonthRow], places: Sequence[int], lang: Lang) -> list[str]:
    """Name months by number, the year only under its first name."""
    names: list[str] = []
    year = ""
    for place in places:
        this_year, month = rows[place].month.split("-")
        name = say(lang, f"month_{int(month)}")
        names.append(name if this_year == year else f"{name}<br>{this_year}")
        year = this_year
    return names


def month_legend(lang: Lang) -> tuple[tuple[str, str], ...]:
    """Say what the colours of the monthly buyers stand for."""
    return (
        ("third", say(lang, "returning_buyers")),
        ("second", say(lang, "new_buyers")),
    )


def ticks(low: int, high: int) -> list[int]:
    """Choose round axis values from at or below ``low`` to at or above ``high``.

    Args:
        low: Smallest value to show, at most 0.
        high: Largest value to show, at least 0.

    Returns:
        Multiples of 1, 2 or 5 times a power of ten, rising, 0 among them.

    Example:
        >>> ticks(0, 870)
        [0, 200, 400, 600, 800, 1000]
    """
    rough = max(1, (high - low) // TICK_STEPS)
    power = 10 ** (len(str(rough)) - 1)
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    return list(range(low // step * step, high + step, step))
