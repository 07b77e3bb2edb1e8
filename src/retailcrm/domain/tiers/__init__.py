"""Tiers: a ladder, how customers climb, keep and drop, and how far it is to the next step.

A customer rises at the instant of the order that reaches a higher tier, over several tiers at once if
it does. She holds the tier to the end of its hold; then keeping it is tested on what the window holds:
kept, she holds it for one more period; not kept, she drops, after a grace where there is one. An
order that lifted her and is given back within the return window takes its rise with it; any other
refund lowers what counts at once and the tier at the next test. Refunds count in the window of their
order. At one instant tests come first, then refunds, then a rise; several events are one step.
"""

from retailcrm.domain.tiers.events import TierEvent
from retailcrm.domain.tiers.history import TierChange, TierState, tier_as_of, tier_history
from retailcrm.domain.tiers.ladder import Benefits, Hold, Ladder, Metric, Tier, Window
from retailcrm.domain.tiers.outlook import Progress, progress
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
