"""What is told month by month: net, new and returning buyers, rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retailcrm.report.charts.frame import axis, layout_of, plain
from retailcrm.report.formats import count, money, share, short_money
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
    """Draw net and buyers by month, each split into returning and others; a running month is paler.

    Net is split only where the data tell what returning buyers brought; buyers are drawn only where any
    is known.
    """
    opacity = [PALE if row.month == as_of[:7] else 1.0 for row in rows]

    def stack(panel: str, colour: str, values: list[int], texts: list[str]) -> dict[str, Any]:
        return {
            "type": "bar",
            "x": list(range(len(rows))),
            "y": values,
            "yaxis": panel,
            "customdata": [[row.month, text] for row, text in zip(rows, texts, strict=True)],
            "marker": {"color": token(colour), "opacity": opacity},
            "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        }

    returning = [row.buyers - row.new_buyers for row in rows]
    new = [row.new_buyers for row in rows]
    traces = [
        *(
            stack("y", colour, values, [f"{word}{money(amount, currency)}" for amount in values])
            for colour, word, values in _money(rows, lang)
        ),
    ]
    if told_buyers(rows):
        traces += [
            stack("y2", "third", returning, [f"{say(lang, 'returning')} {count(n)}" for n in returning]),
            stack("y2", "second", new, [f"{say(lang, 'new')} {count(n)}" for n in new]),
        ]
    return {"data": traces, "layout": _layout(rows, currency, lang)}


def told_returning(rows: Sequence[MonthRow]) -> bool:
    """Say whether any month tells what returning buyers brought."""
    return any(row.returning_net for row in rows)


def told_buyers(rows: Sequence[MonthRow]) -> bool:
    """Say whether any month has a known buyer."""
    return any(row.buyers for row in rows)


def _money(rows: Sequence[MonthRow], lang: Lang) -> list[tuple[str, str, list[int]]]:
    """Split net as far as it is told: colour, word, amounts."""
    if not told_returning(rows):
        return [("first", "", [row.net for row in rows])]
    return [
        ("third", f"{say(lang, 'returning')} ", [row.returning_net for row in rows]),
        ("second", f"{say(lang, 'other_buyers')} ", [row.net - row.returning_net for row in rows]),
    ]


def _layout(rows: Sequence[MonthRow], currency: str, lang: Lang) -> dict[str, Any]:
    """Set two panels over one row of months; one, where no buyer is known."""
    parts = [amount for _, _, amounts in _money(rows, lang) for amount in amounts]
    nets = [row.net for row in rows]
    net_ticks = ticks(min([0, *nets, *parts]), max([0, *nets, *parts]))
    buyer_ticks = ticks(0, max([0, *(row.buyers for row in rows)]))
    named, names = month_names([row.month for row in rows], lang)
    amounts = [short_money(tick, currency, lang) for tick in net_ticks]
    if not told_buyers(rows):
        return layout_of(
            lang,
            barmode="relative",
            bargap=0.28,
            margin={"l": 8, "r": 8, "t": 30, "b": 8},
            xaxis=axis(tickvals=named, ticktext=names, showgrid=False, showline=True, tickangle=0),
            yaxis=axis(tickvals=net_ticks, ticktext=amounts),
            annotations=[_heading(say(lang, "net"), 1.0)],
        )
    return layout_of(
        lang,
        barmode="relative",
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


def month_names(
    months: Sequence[str], lang: Lang, *, most: int = MONTH_LABELS
) -> tuple[list[int], list[str]]:
    """Choose the months to name, and name them by number, the year only under its first name.

    Args:
        months: ``YYYY-MM``, rising.
        lang: Language.
        most: At most so many are named.

    Example:
        >>> month_names(["2023-12", "2024-01"], "en")
        ([0, 1], ['Dec<br>2023', 'Jan<br>2024'])
    """
    places = list(range(0, len(months), -(-len(months) // most) or 1))
    names: list[str] = []
    year = ""
    for place in places:
        this_year, month = months[place].split("-")
        name = say(lang, f"month_{int(month)}")
        names.append(name if this_year == year else f"{name}<br>{this_year}")
        year = this_year
    return places, names


def rate_bars(months: Sequence[str], rates: Sequence[float | None], as_of: str, lang: Lang) -> Figure:
    """Draw a rate by month; a running month is paler.

    Args:
        months: ``YYYY-MM``, rising.
        rates: One a month, fractions of 1.
        as_of: The report's date.
        lang: Language.
    """
    places, names = month_names(months, lang, most=MONTH_LABELS // 2)
    trace = {
        "type": "bar",
        "x": list(range(len(months))),
        "y": [rate or 0.0 for rate in rates],
        "customdata": [[month, share(rate)] for month, rate in zip(months, rates, strict=True)],
        "marker": {
            "color": token("second"),
            "opacity": [PALE if month == as_of[:7] else 1.0 for month in months],
        },
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    }
    layout = layout_of(
        lang,
        bargap=0.28,
        margin={"l": 8, "r": 8, "t": 12, "b": 8},
        xaxis=axis(tickvals=places, ticktext=names, showgrid=False, showline=True, tickangle=0),
        yaxis=axis(tickformat=".1%", nticks=6, rangemode="tozero"),
    )
    return {"data": [trace], "layout": layout}


def month_legend(rows: Sequence[MonthRow], lang: Lang) -> tuple[tuple[str, str], ...]:
    """Say what the colours of the months stand for; nothing, where net is all that is drawn."""
    if not told_buyers(rows):
        return ()
    others = (("second", say(lang, "new_buyers")),)
    if told_returning(rows):
        others = (("second", say(lang, "other_buyers_legend")),)
    return (("third", say(lang, "returning_buyers")), *others)


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
    rough = max(1, -((low - high) // TICK_STEPS))
    power = 10 ** (len(str(rough)) - 1)
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    return list(range(low // step * step, high + step, step))
