"""What orders' points are multiplied by: the tier that a customer had at each, and campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.points.tier_times import tiers_at
from retailcrm.domain.points.earning import together
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from fractions import Fraction

    from numpy.typing import NDArray

    from retailcrm.analytics.points.earn_columns import EarnColumns
    from retailcrm.analytics.tables import Instants
    from retailcrm.analytics.tier_columns import TierRows
    from retailcrm.domain.points.programme import Campaign, Programme
    from retailcrm.domain.points.wallets import Together
    from retailcrm.domain.tiers import Ladder, Tier

_TICK: Final = np.timedelta64(1, "us")
_MOST: Final = int(np.iinfo(np.int64).max)


def tier_multipliers(
    columns: EarnColumns,
    programme: Programme,
    how: Together,
    ladder: Ladder,
    rows: TierRows,
    *,
    n_customers: int,
    joined_at: Instants | None = None,
) -> EarnColumns:
    """Multiply orders by the tier that their customer had, and by campaigns.

    The tier before an order is the one by all that took effect before it was paid; the tier after it also
    counts what took effect at that very moment, so itself, if orders count towards tiers when they are paid.

    Args:
        columns: The orders.
        programme: Says whether the tier before or after an order counts, and which campaigns there are.
        how: What several multipliers come to, as in :class:`~retailcrm.domain.points.wallets.EarnRule`.
        ladder: Its tiers' benefits have the multipliers.
        rows: What counts towards tiers, up to the last order at least.
        n_customers: How many customers there are.
        joined_at: When each customer joined; only windows that begin with joining read it.

    Returns:
        The orders with their multipliers.

    Raises:
        InputError: As :func:`~retailcrm.analytics.points.tier_times.tiers_at`; or a multiplier is too fine
            for a machine word.
    """
    at = columns.paid_at if programme.tier_at == "before" else columns.paid_at + _TICK
    tier = tiers_at(ladder, rows, columns.customer, at, n_customers=n_customers, joined_at=joined_at)
    return multiplied(columns, programme.campaigns, how, tiers=ladder.tiers, tier=tier)


def multiplied(
    columns: EarnColumns,
    campaigns: Sequence[Campaign],
    how: Together,
    *,
    tiers: Sequence[Tier] = (),
    tier: NDArray[np.int8] | None = None,
) -> EarnColumns:
    """Multiply orders by campaigns, and by tiers that are known.

    Args:
        columns: The orders.
        campaigns: An order is in those that hold the moment at which it was paid.
        how: What several multipliers come to; one of 1 counts as none.
        tiers: The ladder's, from the base upwards; none: no tier multiplies, and campaigns for some tiers
            are for nobody.
        tier: Each order's position in them; shape ``(n_orders,)``.

    Returns:
        The orders with their multipliers.

    Raises:
        InputError: A multiplier is too fine for a machine word.
    """
    # Between two edges the same campaigns run, so that a stretch and a tier have one multiplier.
    edges = sorted({moment for one in campaigns for moment in (one.start, one.end)})
    bounds = np.array([np.datetime64(edge.replace(tzinfo=None), "us") for edge in edges], INSTANT)
    stretch = np.searchsorted(bounds, columns.paid_at, side="right")
    ranks: Sequence[Tier | None] = tiers or (None,)
    table = [_joined(campaigns, how, rank, at) for at in (None, *edges) for rank in ranks]
    if max(max(one.numerator, one.denominator) for one in table) > _MOST:
        raise InputError("a multiplier is too fine: its numerator or denominator has more than 63 bits")
    place = stretch * len(ranks) + (0 if tier is None else tier)
    return attrs.evolve(
        columns,
        numerator=np.array([one.numerator for one in table], np.int64)[place],
        denominator=np.array([one.denominator for one in table], np.int64)[place],
    )


def _joined(campaigns: Sequence[Campaign], how: Together, tier: Tier | None, at: datetime | None) -> Fraction:
    """Give what multiplies an order of a tier at a moment; ``None`` is before every campaign."""
    found = [] if tier is None else [tier.benefits.points_multiplier]
    found += [
        one.multiplier
        for one in campaigns
        if at is not None
        and one.start <= at < one.end
        and (not one.tiers or (tier is not None and tier.name in one.tiers))
    ]
    return together([one for one in found if one != 1], how)
