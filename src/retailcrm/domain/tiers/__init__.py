"""Tiers: a ladder, how customers climb, keep and drop, and how far it is to the next step."""

from retailcrm.domain.tiers.events import TierEvent
from retailcrm.domain.tiers.history import TierChange, TierState, tier_as_of, tier_history
from retailcrm.domain.tiers.ladder import Benefits, Hold, Ladder, Metric, Tier, Window
from retailcrm.domain.tiers.progress import Progress, progress
from retailcrm.domain.tiers.requirement import Requirement
from retailcrm.domain.tiers.standing import Reason
from retailcrm.domain.tiers.table import ladder_from_table

__all__ = [
    "Benefits",
    "Hold",
    "Ladder",
    "Metric",
    "Progress",
    "Reason",
    "Requirement",
    "Tier",
    "TierChange",
    "TierEvent",
    "TierState",
    "Window",
    "ladder_from_table",
    "progress",
    "tier_as_of",
    "tier_history",
]
