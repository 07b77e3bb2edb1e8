"""The hooks that a plugin may implement. Each passes in a callable: register zero, one or ten things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.referral_checks import ReferralCheck
    from retailcrm.ports.report_sections import ReportSection
    from retailcrm.ports.sources import Source
    from retailcrm.ports.stores import StoreKind
    from retailcrm.ports.tier_metrics import TierMetric

hookspec = pluggy.HookspecMarker("retailcrm")
hookimpl = pluggy.HookimplMarker("retailcrm")


@hookspec
def register_sources(register: Callable[[Source], None]) -> None:
    """Offer readers of platform exports.

    Args:
        register: Call it once for each source.
    """


@hookspec
def register_tier_metrics(register: Callable[[TierMetric], None]) -> None:
    """Offer figures that a ladder may ask for beside spend and orders.

    Args:
        register: Call it once for each metric.
    """


@hookspec
def register_report_sections(register: Callable[[ReportSection], None]) -> None:
    """Offer sections for the shop's report.

    Args:
        register: Call it once for each section, in the order to show them.
    """


@hookspec
def register_referral_checks(register: Callable[[ReferralCheck], None]) -> None:
    """Offer checks that are asked before a referral counts.

    Args:
        register: Call it once for each check.
    """


@hookspec
def register_stores(register: Callable[[StoreKind], None]) -> None:
    """Offer databases that a shop can be kept in.

    Args:
        register: Call it once for each kind of store; its name is the scheme of its URLs.
    """
