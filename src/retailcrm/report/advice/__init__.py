"""Short advice that follows from the figures: one plain function a rule, its thresholds stated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.report.advice.change import churn_rose, few_returning, growing_province, refunds_rose
from retailcrm.report.advice.customers import concentrated, lost, potential, second_order, win_back
from retailcrm.report.advice.goods import festival, restock, slow_stock
from retailcrm.report.advice.ground import identity, rejected
from retailcrm.report.advice.people import birthdays, phones, stale, stray_refunds
from retailcrm.report.advice.points import points_lapse, points_unused
from retailcrm.report.advice.rule import Advice
from retailcrm.report.advice.sales import refunds, swing
from retailcrm.report.advice.service import (
    bad_product,
    late_shipping,
    refund_reason,
    reviews_fell,
    slow_refunds,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.report.data import ReportData

ADVISERS: Final[tuple[Callable[[ReportData], Advice | None], ...]] = (
    identity,
    stale,
    rejected,
    win_back,
    swing,
    refunds_rose,
    churn_rose,
    restock,
    late_shipping,
    bad_product,
    reviews_fell,
    points_lapse,
    second_order,
    few_returning,
    concentrated,
    lost,
    potential,
    points_unused,
    slow_stock,
    festival,
    growing_province,
    refund_reason,
    refunds,
    slow_refunds,
    stray_refunds,
    phones,
    birthdays,
)
"""All rules; first what all figures rest on, then what brings most."""


def advise(data: ReportData) -> tuple[Advice, ...]:
    """Collect the advice whose thresholds the figures cross, in the order to read it.

    Example:
        >>> from retailcrm.report.data import Headline, ReportData
        >>> headline = Headline(customers=10, orders=11, gross=1000, refunded=100, net=900, aov=82,
        ...     per_buyer=90, repurchase_rate=0.1, top_share=0.4, returning_share=0.2, gini=0.3)
        >>> data = ReportData(shop="s", as_of="2024-04-01", zone="Asia/Shanghai", currency="CNY",
        ...                   headline=headline)
        >>> [advice.key for advice in advise(data)]
        ['second_order', 'refunds']
    """
    found = (adviser(data) for adviser in ADVISERS)
    return tuple(advice for advice in found if advice is not None)


__all__ = ["ADVISERS", "Advice", "advise"]
