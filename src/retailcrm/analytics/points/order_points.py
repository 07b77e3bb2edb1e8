"""The points of a table of orders, from the amounts to the lots."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import attrs

from retailcrm.analytics.counting import DEFAULT_COUNTING
from retailcrm.analytics.points.earning import awards
from retailcrm.analytics.points.lots import order_lots
from retailcrm.analytics.points.multipliers import multiplied, tier_multipliers
from retailcrm.analytics.points.paid_orders import earn_columns
from retailcrm.domain.money import exponent
from retailcrm.domain.points.wallets import EarnRule

if TYPE_CHECKING:
    import numpy as np

    from retailcrm.analytics.counting import CountingPolicy
    from retailcrm.analytics.points.earn_columns import AwardColumns
    from retailcrm.analytics.tables import Instants, LineTable, OrderTable
    from retailcrm.analytics.tables.points import MovementTable
    from retailcrm.analytics.tier_columns import TierRows
    from retailcrm.domain.points.programme import Programme
    from retailcrm.domain.tiers import Ladder


@attrs.frozen(kw_only=True)
class TierSource:
    """What tells the tiers of customers at their orders.

    Attributes:
        ladder: The rules; its tiers' benefits have the multipliers.
        rows: What counts towards tiers.
        joined_at: When each customer joined; only windows that begin with joining read it.
    """

    ladder: Ladder
    rows: TierRows
    joined_at: Instants | None = None


@attrs.frozen(kw_only=True)
class OrderPoints:
    """What orders alone come to in one wallet.

    Attributes:
        awards: What they earned.
        movements: The lots, and what moved in them.
    """

    awards: AwardColumns
    movements: MovementTable


def points_of_orders(
    orders: OrderTable,
    lines: LineTable | None,
    programme: Programme,
    *,
    as_of: np.datetime64,
    wallet: str = "",
    tiers: TierSource | None = None,
    counting: CountingPolicy = DEFAULT_COUNTING,
) -> OrderPoints:
    """Work out what a shop's orders earn, and where those points are at a moment.

    Args:
        orders: The orders.
        lines: Their lines, to share awards out to; ``None``: each order is one part.
        programme: The rules.
        as_of: UTC, exclusive.
        wallet: Which currency of points; the first, if left out.
        tiers: What multiplies by tier; ``None``: nothing does.
        counting: When a refund without a date took effect.

    Returns:
        The awards, and the lots with their movements.

    Raises:
        SettingsError: There is no such wallet.
        InputError: As :func:`~retailcrm.analytics.points.earning.awards`.
    """
    rules = programme.wallet(wallet)
    rule = rules.earn or EarnRule(rate=Fraction(0))
    columns = earn_columns(orders, lines, as_of)
    if tiers is None:
        columns = multiplied(columns, programme.campaigns, rule.together)
    else:
        columns = tier_multipliers(
            columns,
            programme,
            rule.together,
            tiers.ladder,
            tiers.rows,
            n_customers=len(orders.customers),
            joined_at=tiers.joined_at,
        )
    found = awards(columns, rule, unit=10 ** exponent(orders.currency), zone=rules.expiry.zone)
    movements = order_lots(orders, found, rules, as_of=as_of, counting=counting)
    return OrderPoints(awards=found, movements=movements)
