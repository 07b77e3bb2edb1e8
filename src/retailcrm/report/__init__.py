"""The shop's report: figures in, one HTML page or workbook out that needs no network."""

from retailcrm.report.data import (
    CoverageRow,
    FileRow,
    GroupRow,
    Headline,
    LorenzCurve,
    MonthRow,
    PolicyLine,
    ProblemRow,
    Quality,
    ReportData,
    SegmentRow,
    Strength,
)
from retailcrm.report.page import render_page
from retailcrm.report.sections import DEFAULT, sections_with
from retailcrm.report.workbook import write_workbook

__all__ = [
    "DEFAULT",
    "CoverageRow",
    "FileRow",
    "GroupRow",
    "Headline",
    "LorenzCurve",
    "MonthRow",
    "PolicyLine",
    "ProblemRow",
    "Quality",
    "ReportData",
    "SegmentRow",
    "Strength",
    "render_page",
    "sections_with",
    "write_workbook",
]
