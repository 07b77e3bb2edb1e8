"""Calendar months: orders, money, and who bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.metrics import by_month, reactivated_customers, tally
from retailcrm.report.data import MonthRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.analytics.metrics import Sales
    from retailcrm.analytics.tables import Ints

_COLUMNS = ("orders", "gross", "refunded", "buyers", "new_buyers", "returning_net")


@attrs.frozen(eq=False, kw_only=True)
class PartMonths:
    """The months of one part.

    Attributes:
        first: Its first month, months from 1970-01.
        columns: Sums of each month by what the page calls them.
        undated: Paid back by credit notes of unknown time, minor units; it falls in the shop's first month.
    """

    first: int
    columns: dict[str, Ints]
    undated: int


def part_months(sales: Sales, lapsed_days: int) -> PartMonths:
    """Add one part up by month.

    Args:
        sales: Its sales.
        lapsed_days: Days of silence after which a buyer who comes back is reactivated.
    """
    groups = by_month(sales)
    undated = np.isnat(sales.credit_at)
    if undated.any():
        groups = attrs.evolve(groups, credit_code=np.where(undated, np.int32(-1), groups.credit_code))
    found = tally(sales, groups)
    columns = {name: getattr(found, name) for name in _COLUMNS}
    columns["reactivated"] = reactivated_customers(sales, groups, lapsed_days=lapsed_days).numerator
    first = int(np.datetime64(groups.keys[0], "M").astype(np.int64)) if groups.keys else 0
    return PartMonths(first=first, columns=columns, undated=int(sales.credit[undated].sum()))


def month_rows(parts: Sequence[PartMonths]) -> tuple[MonthRow, ...]:
    """Join the months of disjoint customers: all their counts and sums add up.

    Args:
        parts: What :func:`part_months` gave for each part.

    Returns:
        The months from the first to the last, without gaps.
    """
    told = [part for part in parts if len(part.columns["orders"])]
    if not told:
        return ()
    first = min(part.first for part in told)
    size = max(part.first + len(part.columns["orders"]) for part in told) - first
    totals = {name: np.zeros(size, np.int64) for name in told[0].columns}
    for part in told:
        for name, column in part.columns.items():
            totals[name][part.first - first :][: len(column)] += column
    totals["refunded"][0] += sum(part.undated for part in parts)
    totals["net"] = totals["gross"] - totals["refunded"]
    names = (np.arange(size) + first).astype("datetime64[M]").astype(str).tolist()
    rows = zip(*(totals[name].tolist() for name in totals), strict=True)
    return tuple(
        MonthRow(month=month, **dict(zip(totals, row, strict=True)))
        for month, row in zip(names, rows, strict=True)
    )
