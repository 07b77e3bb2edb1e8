"""Plotly figures of the page as plain dictionaries, colours left as palette tokens.

Dictionaries rather than Plotly's own objects: the page needs only Plotly's JavaScript, and importing
the objects costs a second. The tests have Plotly's schema check every figure made here.
"""

from retailcrm.report.charts.frame import plain
from retailcrm.report.charts.months import month_legend, months_bars
from retailcrm.report.charts.segments import step_legend, step_of, treemap
from retailcrm.report.charts.shares import TOP, concentration, groups_bar, share_legend

__all__ = [
    "TOP",
    "concentration",
    "groups_bar",
    "month_legend",
    "months_bars",
    "plain",
    "share_legend",
    "step_legend",
    "step_of",
    "treemap",
]
