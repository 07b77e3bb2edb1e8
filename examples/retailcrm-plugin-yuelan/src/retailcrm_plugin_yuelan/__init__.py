"""A plugin for retailcrm: Yuelan's order exports (月篮市集), a figure for tiers, a report section, a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.ports.hookspecs import hookimpl

from retailcrm_plugin_yuelan.check import ManyInADay
from retailcrm_plugin_yuelan.metric import WeekendOrders
from retailcrm_plugin_yuelan.section import Commission
from retailcrm_plugin_yuelan.source import Yuelan

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.referral_checks import ReferralCheck
    from retailcrm.ports.report_sections import ReportSection
    from retailcrm.ports.sources import Source
    from retailcrm.ports.tier_metrics import TierMetric


@hookimpl
def register_sources(register: Callable[[Source], None]) -> None:
    """Offer the reader of Yuelan's exports."""
    register(Yuelan())


@hookimpl
def register_tier_metrics(register: Callable[[TierMetric], None]) -> None:
    """Offer the number of orders placed at weekends."""
    register(WeekendOrders())


@hookimpl
def register_report_sections(register: Callable[[ReportSection], None]) -> None:
    """Offer the section on the marketplace's commission."""
    register(Commission())


@hookimpl
def register_referral_checks(register: Callable[[ReferralCheck], None]) -> None:
    """Offer the check for many referrals on one day."""
    register(ManyInADay())
