"""What the report page shows, as one frozen value: figures in, nothing computed from orders here.

Counts and amounts are Python ``int`` (not numpy's); amounts are whole minor units of
:attr:`ReportData.currency`; shares and rates lie between 0 and 1
(a share of net sales may leave that range where refunds exceed sales); ``None`` means "not defined
for this shop". Words a reader sees come as :class:`~retailcrm.domain.labels.Label`,
so one value serves both languages.
"""

from retailcrm.report.data.goods import Goods, LiftRow, ProductRow, Taste
from retailcrm.report.data.groups import Breakdown, BreakdownRow, GroupRow, MainGroups, SegmentRow
from retailcrm.report.data.overview import (
    MAX_CURVE_POINTS,
    Change,
    Comparison,
    Headline,
    LorenzCurve,
    MonthRow,
)
from retailcrm.report.data.page import PolicyLine, ReportData
from retailcrm.report.data.points import (
    BackTested,
    BookLine,
    Breakage,
    ExpiryRow,
    Lapsing,
    Points,
    PointsLiability,
    PointsMonth,
    Redeeming,
    SpentOnRow,
)
from retailcrm.report.data.quality import (
    CoverageRow,
    FieldRow,
    FileRow,
    FreshnessRow,
    ProblemRow,
    Quality,
    Strength,
)
from retailcrm.report.data.service import (
    DelayRow,
    ReasonRow,
    Refunding,
    ReviewedProduct,
    ReviewMonth,
    Reviews,
)
from retailcrm.report.data.words import LANGS, Lang, both, pick

__all__ = [
    "LANGS",
    "MAX_CURVE_POINTS",
    "BackTested",
    "BookLine",
    "Breakage",
    "Breakdown",
    "BreakdownRow",
    "Change",
    "Comparison",
    "CoverageRow",
    "DelayRow",
    "ExpiryRow",
    "FieldRow",
    "FileRow",
    "FreshnessRow",
    "Goods",
    "GroupRow",
    "Headline",
    "Lang",
    "Lapsing",
    "LiftRow",
    "LorenzCurve",
    "MainGroups",
    "MonthRow",
    "Points",
    "PointsLiability",
    "PointsMonth",
    "PolicyLine",
    "ProblemRow",
    "ProductRow",
    "Quality",
    "ReasonRow",
    "Redeeming",
    "Refunding",
    "ReportData",
    "ReviewMonth",
    "ReviewedProduct",
    "Reviews",
    "SegmentRow",
    "SpentOnRow",
    "Strength",
    "Taste",
    "both",
    "pick",
]
