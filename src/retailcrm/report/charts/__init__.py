"""Plotly figures of the page as plain dictionaries, colours left as palette tokens.

Dictionaries rather than Plotly's own objects: the page needs only Plotly's JavaScript, and importing
the objects costs a second. The tests have Plotly's schema check every figure made here.
"""

from retailcrm.report.charts.bars import Series, grouped, height_of, stacked
from retailcrm.report.charts.frame import plain
from retailcrm.report.charts.intervals import (
    Whisker,
    multiples,
    rate_months,
    rates,
    rows_height,
    share_interval,
)
from retailcrm.report.charts.months import (
    month_legend,
    month_names,
    months_bars,
    rate_bars,
    told_returning,
)
from retailcrm.report.charts.segments import step_legend, step_of, treemap
from retailcrm.report.charts.shares import TOP, concentration, groups_bar, share_legend

__all__ = [
    "TOP",
    "Series",
    "Whisker",
    "concentration",
    "grouped",
    "groups_bar",
    "height_of",
    "month_legend",
    "month_names",
    "months_bars",
    "multiples",
    "plain",
    "rate_bars",
    "rate_months",
    "rates",
    "rows_height",
    "share_interval",
    "share_legend",
    "stacked",
    "step_legend",
    "step_of",
    "told_returning",
    "treemap",
]
