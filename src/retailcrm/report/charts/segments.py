"""Segments as areas, shaded by what their customers spend."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from retailcrm.report.charts.frame import layout_of, plain, short
from retailcrm.report.data import Lang, SegmentRow, pick
from retailcrm.report.formats import money, part_of, share
from retailcrm.report.labels import say, things
from retailcrm.report.palette import STEPS, token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.report.parts import Figure

STEP_BOUNDS: Final = (0.5, 1.0, 1.5, 3.0)
"""Net per customer, as a multiple of the mean over all customers, where the next colour step begins."""


def step_of(row: SegmentRow, rows: Sequence[SegmentRow]) -> int:
    """Give a segment's colour step, from its net per customer over that of all customers.

    Args:
        row: The segment.
        rows: All segments.

    Returns:
        1 (least) to 5 (most); 1 where the shop's net is not above 0.

    Example:
        >>> from retailcrm.report.data import SegmentRow
        >>> rows = [SegmentRow(key=k, label=k, customers=1, orders=1, net=n, mean_days_since_last=1,
        ...                    action="") for k, n in (("a", 90), ("b", 10))]
        >>> [step_of(row, rows) for row in rows]
        [4, 1]
    """
    whole = part_of(sum(r.net for r in rows), sum(r.customers for r in rows))
    own = part_of(row.net, row.customers)
    if own is None or whole is None or whole <= 0:
        return 1
    return 1 + sum(own / whole >= bound for bound in STEP_BOUNDS)


def treemap(rows: Sequence[SegmentRow], currency: str, lang: Lang) -> Figure:
    """Draw segments as areas by customers, shaded by net per customer; empty ones left out."""
    shown = [row for row in rows if row.customers]
    everyone, all_net = sum(r.customers for r in shown), sum(r.net for r in shown)
    steps = [step_of(row, rows) for row in shown]
    shares = [share(part_of(row.customers, everyone)) for row in shown]
    sizes = [things(row.customers, "in_group", lang) for row in shown]
    net = f"{say(lang, 'net')} %{{customdata[0]}} · %{{customdata[1]}}"
    hover = f"<b>%{{customdata[2]}}</b><br>%{{text}}<br>{net}<extra></extra>"
    # An invisible root of our own: Plotly's has no entry in the lists of colours.
    trace = {
        "type": "treemap",
        "ids": ["root", *(f"segment {row.key}" for row in shown)],
        "labels": ["", *(short(pick(row.label, lang)) for row in shown)],
        "parents": ["", *("root" for _ in shown)],
        "values": [everyone, *(row.customers for row in shown)],
        "branchvalues": "total",
        "text": ["", *(f"{size}<br>{part}" for size, part in zip(sizes, shares, strict=True))],
        "customdata": [
            ["", "", ""],
            *(
                [money(row.net, currency), share(part_of(row.net, all_net)), plain(pick(row.label, lang))]
                for row in shown
            ),
        ],
        "texttemplate": "<b>%{label}</b><br>%{text}",
        "hovertemplate": ["", *(hover for _ in shown)],
        "textfont": {"size": 13, "color": [token("ink"), *(token(f"on{step}") for step in steps)]},
        "marker": {
            "colors": ["rgba(0,0,0,0)", *(token(f"step{step}") for step in steps)],
            "line": {"color": token("paper"), "width": 2},
            "pad": {"t": 0, "l": 0, "r": 0, "b": 0},
        },
        "pathbar": {"visible": False},
        "tiling": {"packing": "squarify", "pad": 0},
    }
    layout = layout_of(
        lang, margin={"l": 0, "r": 0, "t": 0, "b": 0}, uniformtext={"minsize": 10, "mode": "hide"}
    )
    return {"data": [trace], "layout": layout}


def step_legend(lang: Lang) -> tuple[tuple[str, str], ...]:
    """Say what each colour step of the treemap stands for."""
    bounds = [f"{bound:g}" for bound in STEP_BOUNDS]
    words = [
        say(lang, "times_below", high=bounds[0]),
        *(say(lang, "times_between", low=a, high=b) for a, b in itertools.pairwise(bounds)),
        say(lang, "times_from", low=bounds[-1]),
    ]
    return tuple((f"step{step}", text) for step, text in zip(range(1, STEPS + 1), words, strict=True))
