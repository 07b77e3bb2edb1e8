"""What an order's points are multiplied by: the customer's tier at the time, and campaigns."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.points.tier_times import tiers_at
from retailcrm.domain.tiers import TierEvent, tier_as_of
from retailcrm.shop.customers.cards import moment_or_none
from retailcrm.shop.tiering import events_of, joined_at, order_positions, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from fractions import Fraction

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.domain.points.following import OrderFacts
    from retailcrm.domain.points.programme import Programme
    from retailcrm.domain.tiers import Ladder, Tier
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


@attrs.define
class WhenAsked:
    """Rates that are found when the first order asks: tiers over time cost more than all else.

    Attributes:
        find: Finds them.
    """

    find: Callable[[], Rates]
    _found: Rates | None = attrs.field(default=None, init=False)

    def __call__(self, facts: OrderFacts) -> tuple[Fraction, ...]:
        """Give the multipliers of an order, 1 left out."""
        if self._found is None:
            self._found = self.find()
        return self._found(facts)


def rates_of(
    orders: OrderTable | None,
    moments: Sequence[datetime],
    policy: Policy,
    programme: Programme,
    metrics: Mapping[str, TierMetric],
    handed_in: Sequence[OrderFacts] = (),
) -> Rates:
    """Give the multipliers of one customer's orders.

    Args:
        orders: All of hers; ``None`` if the files know none.
        moments: When each of the orders that earn was paid.
        policy: The shop's rules.
        programme: The points programme.
        metrics: Tier metrics of the plug-ins, by name.
        handed_in: Orders of hers that no file has.
    """
    after = timedelta(0) if programme.tier_at == "before" else _TICK
    tiers = tiers_of(orders, [moment + after for moment in moments], policy, metrics, handed_in)
    return Rates(programme=programme, tiers=dict(zip(moments, tiers, strict=False)))


def tiers_of(
    orders: OrderTable | None,
    moments: Sequence[datetime],
    policy: Policy,
    metrics: Mapping[str, TierMetric],
    handed_in: Sequence[OrderFacts] = (),
) -> tuple[Tier, ...]:
    """Give one customer's tier at some moments; nothing without a ladder."""
    ladder = policy.ladder
    if ladder is None:
        return ()
    if orders is None or not len(orders):
        return _by_events((), handed_in, moments, ladder, None)
    rows = rows_of(orders, ladder, _ALL, policy.counting, metrics)
    joined = joined_at(orders, rows, _ALL, policy.counting)
    if handed_in:
        keys = [str(number) for number in range(len(orders))]
        events = events_of(rows, order_positions(orders, ladder, _ALL, policy.counting), keys)
        return _by_events(events, handed_in, moments, ladder, moment_or_none(joined[0]))
    at = np.array([moment.replace(tzinfo=None) for moment in moments], INSTANT)
    places = tiers_at(ladder, rows, np.zeros(len(at), np.int32), at, n_customers=1, joined_at=joined)
    return tuple(ladder.tiers[place] for place in places.tolist())


def _by_events(
    events: Sequence[TierEvent],
    handed_in: Sequence[OrderFacts],
    moments: Sequence[datetime],
    ladder: Ladder,
    joined: datetime | None,
) -> tuple[Tier, ...]:
    """Ask the one-customer rule, for orders that no file has."""
    told = [*events, *(event for facts in handed_in for event in _events(facts, ladder))]
    first = min([*([] if joined is None else [joined]), *(one.paid_at for one in handed_in)], default=None)
    return tuple(tier_as_of(told, ladder, at, first or at).tier for at in moments)


def _events(facts: OrderFacts, ladder: Ladder) -> Iterator[TierEvent]:
    """Give what an order counts towards tiers, and what its refund takes back."""
    at = facts.paid_at if ladder.qualify_at == "paid" else facts.completed_at
    if at is None:
        return
    yield TierEvent(at, facts.gross, 1, facts.reference)
    if facts.refunded_at is not None:
        whole = facts.refunded >= facts.gross
        yield TierEvent(max(facts.refunded_at, at), -facts.refunded, -int(whole), facts.reference)
