"""What the orders of new accounts earn, with all that an award keeps; an order a row."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, NO_INSTANT
from retailcrm.analytics.points.earn_columns import EarnColumns
from retailcrm.analytics.points.earning import awards
from retailcrm.analytics.points.local_ends import dates_of, ends_after
from retailcrm.analytics.points.parts import LIMIT, Parts
from retailcrm.analytics.points.tier_times import tiers_at
from retailcrm.domain.points.earning import together
from retailcrm.ports.bulk import NOTHING
from retailcrm.shop.tiering import joined_at, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints, OrderTable
    from retailcrm.domain.points.programme import Campaign, Programme
    from retailcrm.domain.points.wallets import CapPeriod, EarnRule, Wallet
    from retailcrm.domain.tiers import Tier
    from retailcrm.ports.tier_metrics import TierMetric
    from retailcrm.shop.policy import Policy
    from retailcrm.shop.stored.bulk_facts import Facts

_ALL: Final = np.datetime64("9999-01-01", "us")
_DAY: Final = np.timedelta64(timedelta(days=1))
_TICK: Final = np.timedelta64(1, "us")

Times = tuple[tuple[Fraction, ...], Fraction]
"""Multipliers, and what they come to together."""


@attrs.frozen(eq=False, kw_only=True)
class Earned:
    """What orders earned; see :class:`retailcrm.ports.bulk.FreshAwards`.

    Attributes:
        points: The award.
        cut: What caps took off.
        room: What they left.
        share: Points of each part.
        base: What each part earns on.
        part_start: Where the parts of each order begin.
        exact: Points before rounding, as reduced fractions.
        times: Row of each order's multipliers.
        multipliers: Each combination of multipliers.
        too_large: Orders whose numbers do not fit: they are to be worked out one by one.
    """

    points: Ints
    cut: Ints
    room: Ints
    share: Ints
    base: Ints
    part_start: Ints
    exact: tuple[Ints, Ints]
    times: Ints
    multipliers: Sequence[Times]
    too_large: NDArray[np.bool_]


def earned(
    facts: Facts,
    orders: OrderTable,
    wallet: Wallet,
    policy: Policy,
    metrics: Mapping[str, TierMetric],
    unit: int,
) -> Earned:
    """Work out what orders earn, as :meth:`retailcrm.domain.points.following.follow` awards them.

    Args:
        facts: The orders that earn.
        orders: All orders of their customers, for their tiers.
        wallet: Its rule of earning is asked; there is one, and goods earn.
        policy: The shop's rules.
        metrics: Tier metrics of the plug-ins, by name.
        unit: Minor units in one whole unit of money.
    """
    rule, programme = wallet.earn, policy.points
    assert rule is not None  # noqa: S101 - the caller has looked
    assert programme is not None  # noqa: S101 - the wallet is one of it
    times, multipliers = _multipliers(facts, orders, programme, rule, policy, metrics)
    columns = _columns(facts, times, multipliers)
    found = awards(columns, rule, unit=unit, zone=wallet.expiry.zone)
    start, share, base = _parts(columns, found, rule)
    exact, too_large = _exact(columns, found.base, rule, unit)
    return Earned(
        points=found.points,
        cut=found.cut,
        room=_room(facts, found.points, rule, wallet.expiry.zone),
        share=share,
        base=base,
        part_start=start,
        exact=exact,
        times=times,
        multipliers=multipliers,
        too_large=too_large,
    )


def activations(facts: Facts, wallet: Wallet) -> Instants:
    """Give when points become spendable, by what is known: as the rule of one order does."""
    waiting = wallet.waiting
    if waiting.until == "paid":
        return facts.paid_at
    base = facts.paid_at if waiting.since == "paid" else facts.shipped_at
    if waiting.days is None:
        return facts.completed_at
    return np.fmin(facts.completed_at, base + waiting.days * _DAY)


def ends(facts: Facts, wallet: Wallet, activates_at: Instants) -> tuple[Instants, Instants]:
    """Give when points lapse, and their end where that does not follow from the activation."""
    if wallet.expiry_from == "award":
        limit = ends_after(wallet.expiry, facts.paid_at)
        return np.where(np.isnat(activates_at), NO_INSTANT, limit), limit
    return ends_after(wallet.expiry, activates_at), np.full(len(facts), NO_INSTANT)


def _columns(facts: Facts, times: Ints, multipliers: Sequence[Times]) -> EarnColumns:
    """Share what was paid for goods out to the lines; an order without any that sold is one part."""
    n, goods = len(facts), facts.gross - facts.shipping
    size = np.diff(facts.line_start)
    of_line = np.repeat(np.arange(n), size)
    sold = np.flatnonzero(facts.line > 0)
    parts = Parts.of(sold, of_line[sold], facts.line[sold])
    share, _ = parts.shared(goods)
    price = np.zeros(len(facts.line), np.int64)
    price[parts.place] = share
    alone = np.ones(n, np.bool_)
    alone[parts.owner] = False
    kept = ~alone[of_line]
    order = np.concatenate([of_line[kept], np.flatnonzero(alone)])
    rank = np.argsort(order, kind="stable")
    top = np.array([one.numerator for _, one in multipliers], np.int64)
    bottom = np.array([one.denominator for _, one in multipliers], np.int64)
    return EarnColumns(
        customer=facts.customer,
        paid_at=facts.paid_at,
        shipping=facts.shipping,
        order=order[rank],
        price=np.concatenate([price[kept], goods[alone]])[rank],
        numerator=top[times],
        denominator=bottom[times],
    )


def _parts(columns: EarnColumns, found: Any, rule: EarnRule) -> tuple[Ints, Ints, Ints]:  # noqa: ANN401 - awards
    """Lay the parts of each order out: its lines, postage and tax."""
    n = len(columns)
    size = np.bincount(columns.order, minlength=n)
    start = np.zeros(n + 1, np.int64)
    np.cumsum(size + 2, out=start[1:])
    share, base = np.zeros(start[-1], np.int64), np.zeros(start[-1], np.int64)
    first = np.cumsum(size) - size
    line = np.arange(len(columns.order)) + np.repeat(start[:-1] - first, size)
    share[line], base[line] = found.line_points, columns.price
    share[start[1:] - 2], share[start[1:] - 1] = found.shipping_points, found.tax_points
    if rule.base.shipping:
        base[start[1:] - 2] = columns.shipping
    return start, share, base


def _exact(
    columns: EarnColumns, base: Ints, rule: EarnRule, unit: int
) -> tuple[tuple[Ints, Ints], NDArray[np.bool_]]:
    """Give the points before rounding as reduced fractions; and where they do not fit."""
    rate, below = rule.rate.numerator, unit * rule.rate.denominator
    if max(rate, below) > LIMIT:
        return (base, base), np.ones(len(base), np.bool_)
    large = (columns.numerator > LIMIT // max(rate, 1)) | (columns.denominator > LIMIT // below)
    factor, scale = (
        np.where(large, 0, columns.numerator) * rate,
        np.where(large, 1, columns.denominator) * below,
    )
    large |= base > LIMIT // np.maximum(factor, 1)
    top = np.where(large | (base < rule.least), 0, base) * factor
    shared = np.gcd(top, scale)
    return (top // shared, scale // shared), large


def _room(facts: Facts, points: Ints, rule: EarnRule, zone: str) -> Ints:
    """Give what caps leave each order: a running sum within each customer's period."""
    room = np.full(len(points), NOTHING)
    if not rule.caps or not len(points):
        return room
    days = dates_of(facts.paid_at, zone)
    before = np.cumsum(points) - points
    for cap in rule.caps:
        period = _period(days, cap.per)
        opens = np.ones(len(points), np.bool_)
        opens[1:] = (facts.customer[1:] != facts.customer[:-1]) | (period[1:] != period[:-1])
        start = np.flatnonzero(opens)
        spent = before - np.repeat(before[start], np.diff(start, append=len(points)))
        left = np.maximum(cap.points - spent, 0)
        room = left if room[0] == NOTHING else np.minimum(room, left)
    return room


def _period(days: Ints, per: CapPeriod) -> Ints:
    if per == "day":
        return days
    if per == "ever":
        return np.zeros_like(days)
    unit = "datetime64[M]" if per == "month" else "datetime64[Y]"
    return days.astype("datetime64[D]").astype(unit).astype(np.int64)


def _multipliers(
    facts: Facts,
    orders: OrderTable,
    programme: Programme,
    rule: EarnRule,
    policy: Policy,
    metrics: Mapping[str, TierMetric],
) -> tuple[Ints, list[Times]]:
    """Tell what multiplies each order: her tier then, and the campaigns of that moment."""
    edges = sorted({moment for one in programme.campaigns for moment in (one.start, one.end)})
    bounds = np.array([np.datetime64(edge.replace(tzinfo=None), "us") for edge in edges], INSTANT)
    tiers: Sequence[Tier | None] = (None,) if policy.ladder is None else policy.ladder.tiers
    stretch = np.searchsorted(bounds, facts.paid_at, side="right")
    place = stretch * len(tiers)
    if policy.ladder is not None and len(facts):
        place = place + _tiers(facts, orders, programme, policy, metrics)
    table = [_at(programme.campaigns, rule, tier, at) for at in (None, *edges) for tier in tiers]
    return place.astype(np.int64), table


def _tiers(
    facts: Facts, orders: OrderTable, programme: Programme, policy: Policy, metrics: Mapping[str, TierMetric]
) -> NDArray[np.int8]:
    ladder = policy.ladder
    assert ladder is not None  # noqa: S101 - the caller has looked
    rows = rows_of(orders, ladder, _ALL, policy.counting, metrics)
    return tiers_at(
        ladder, rows, facts.customer, facts.paid_at + (0 if programme.tier_at == "before" else 1) * _TICK,
        n_customers=len(orders.customers), joined_at=joined_at(orders, rows, _ALL, policy.counting),
    )  # fmt: skip


def _at(campaigns: Sequence[Campaign], rule: EarnRule, tier: Tier | None, at: datetime | None) -> Times:
    """Give the multipliers of a tier at a moment; ``None`` is before every campaign."""
    found = [
        one.multiplier
        for one in campaigns
        if at is not None
        and one.start <= at < one.end
        and (not one.tiers or (tier is not None and tier.name in one.tiers))
    ]
    found += [] if tier is None else [tier.benefits.points_multiplier]
    kept = tuple(one for one in found if one != 1)
    return kept, together(kept, rule.together)
