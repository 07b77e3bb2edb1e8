"""Shares of customers against shares of net: bars by group, and the concentration curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retailcrm.report.charts.bars import Series, grouped
from retailcrm.report.charts.frame import axis, layout_of, plain
from retailcrm.report.data import GroupRow, Lang, LorenzCurve, pick
from retailcrm.report.formats import part_of, share
from retailcrm.report.labels import say
from retailcrm.report.palette import token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.report.parts import Figure

TOP: Final = 0.2
"""The part of customers whose share is marked on the concentration curve."""


def groups_bar(rows: Sequence[GroupRow], lang: Lang) -> Figure:
    """Draw for each group its share of customers and, under it, its share of net."""
    everyone, all_net = sum(r.customers for r in rows), sum(r.net for r in rows)
    customers = tuple(part_of(row.customers, everyone) for row in rows)
    net = tuple(part_of(row.net, all_net) for row in rows)
    return grouped(
        [pick(row.label, lang) for row in rows],
        (
            Series(word=say(lang, "share_customers"), colour="second", values=customers),
            Series(word=say(lang, "share_net"), colour="first", values=net),
        ),
        lang,
    )


def share_legend(lang: Lang, people: str = "share_customers") -> tuple[tuple[str, str], ...]:
    """Say what the two bars of each group stand for; ``people`` is the word for the first."""
    return (("second", say(lang, people)), ("first", say(lang, "share_net")))


def concentration(curve: LorenzCurve, top_share: float | None, lang: Lang) -> Figure:
    """Draw what the biggest customers bring, largest first, with the 20 % point marked."""
    x = [1 - value for value in reversed(curve.x)]
    y = [1 - value for value in reversed(curve.y)]
    even = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"color": token("muted"), "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
    }
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": token("first"), "width": 3},
        "fill": "tonexty",
        "fillcolor": token("soft"),
        "customdata": [[share(a), share(b)] for a, b in zip(x, y, strict=True)],
        "hovertemplate": say(lang, "curve_hover", x="%{customdata[0]}", y="%{customdata[1]}")
        + "<extra></extra>",
    }
    layout = _curve_layout(y, lang)
    if top_share is None:
        return {"data": [even, line], "layout": layout}
    return {"data": [even, line, _mark(top_share)], "layout": layout | _guides(top_share)}


def _curve_layout(y: list[float], lang: Lang) -> dict[str, Any]:
    """Set axes from 0 to 100 %, and beyond where the curve goes there."""
    stops = [0, TOP, 0.4, 0.6, 0.8, 1]
    reach = [min([0, *y]), max([1, *y]) * 1.02]
    across, up = _title(say(lang, "curve_x")), _title(say(lang, "share_net"))
    return layout_of(
        lang,
        margin={"l": 8, "r": 24, "t": 12, "b": 8},
        xaxis=axis(range=[0, 1], tickvals=stops, tickformat=".0%", title=across),
        yaxis=axis(range=reach, tickvals=stops, tickformat=".0%", title=up),
    )


def _title(text: str) -> dict[str, Any]:
    """Name an axis."""
    return {"text": plain(text), "font": {"color": token("muted"), "size": 12}, "standoff": 10}


def _mark(top_share: float) -> dict[str, Any]:
    """Mark the 20 % point with its value."""
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [TOP],
        "y": [top_share],
        "text": [f"<b>{share(top_share)}</b>"],
        "textposition": "bottom right",
        "textfont": {"color": token("ink"), "size": 14},
        "marker": {"color": token("second"), "size": 11, "line": {"color": token("paper"), "width": 2}},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _guides(top_share: float) -> dict[str, Any]:
    """Lead the eye from the axes to the 20 % point."""
    line = {"color": token("second"), "width": 1, "dash": "dash"}
    ends = [(TOP, 0, TOP, top_share), (0, top_share, TOP, top_share)]
    return {
        "shapes": [
            {"type": "line", "x0": x0, "y0": y0, "x1": x1, "y1": y1, "line": line} for x0, y0, x1, y1 in ends
        ]
    }
