"""What an order's points are multiplied by: the customer's tier at the time, and campaigns."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.points.tier_times import tiers_at
from retailcrm.shop.tiering import joined_at, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from fractions import Fraction

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.domain.points.following import OrderFacts
    from retailcrm.domain.points.programme import Programme
    from retailcrm.domain.tiers import Tier
    from retailcrm.ports.tier_metrics import TierMetric
    from retailcrm.shop.policy import Policy

_TICK: Final = timedelta(microseconds=1)
_ALL: Final = np.datetime64("9999-01-01", "us")


@attrs.frozen(kw_only=True)
class Rates:
    """Tells the multipliers of one customer's orders.

    Attributes:
        programme: The points programme.
        tiers: Her tier at the moment of each order; empty without a ladder.
    """

    programme: Programme
    tiers: Mapping[datetime, Tier]

    def __call__(self, facts: OrderFacts) -> tuple[Fraction, ...]:
        """Give the multipliers of an order, 1 left out."""
        tier = self.tiers.get(facts.paid_at)
        found = [
            campaign.multiplier
            for campaign in self.programme.campaigns
            if campaign.start <= facts.paid_at < campaign.end
            and (not campaign.tiers or (tier is not None and tier.name in campaign.tiers))
        ]
        if tier is not None:
            found.append(tier.benefits.points_multiplier)
        return tuple(one for one in found if one != 1)


def rates_of(
    orders: OrderTable | None,
    moments: Sequence[datetime],
    policy: Policy,
    programme: Programme,
    metrics: Mapping[str, TierMetric],
) -> Rates:
    """Give the multipliers of one customer's orders.

    Args:
        orders: All of hers; ``None`` if the files know none.
        moments: When each of the orders that earn was paid.
        policy: The shop's rules.
        programme: The points programme.
        metrics: Tier metrics of the plug-ins, by name.
    """
    after = timedelta(0) if programme.tier_at == "before" else _TICK
    tiers = tiers_of(orders, [moment + after for moment in moments], policy, metrics)
    return Rates(programme=programme, tiers=dict(zip(moments, tiers, strict=False)))


def tiers_of(
    orders: OrderTable | None,
    moments: Sequence[datetime],
    policy: Policy,
    metrics: Mapping[str, TierMetric],
) -> tuple[Tier, ...]:
    """Give one customer's tier at some moments; nothing without a ladder."""
    ladder = policy.ladder
    if ladder is None:
        return ()
    if orders is None or not len(orders):
        return (ladder.tiers[0],) * len(moments)
    rows = rows_of(orders, ladder, _ALL, policy.counting, metrics)
    at = np.array([moment.replace(tzinfo=None) for moment in moments], INSTANT)
    places = tiers_at(
        ladder, rows, np.zeros(len(at), np.int32), at, n_customers=1,
        joined_at=joined_at(orders, rows, _ALL, policy.counting),
    )  # fmt: skip
    return tuple(ladder.tiers[place] for place in places.tolist())
