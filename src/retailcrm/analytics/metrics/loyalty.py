"""Whether people come back: repurchase, rebuy, churn."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import attrs
import numpy as np

from retailcrm.analytics.labels import say
from retailcrm.analytics.local_time import local_day
from retailcrm.analytics.metrics.figure import Figure, share_of
from retailcrm.analytics.metrics.sales import EVER, Groups, Period, Sales
from retailcrm.analytics.metrics.tallies import Pairs, known_rows, pairs_of, rows_within, tally
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.analytics.tables import Instants


def repurchase_rate(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Divide buyers with two or more purchase days in the period by buyers (复购率).

    Of a group: purchase days on which she bought in that group.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        A share with its Wilson interval; ``people`` are the buyers.
    """
    found = tally(sales, groups, period)
    return share_of("repurchase_rate", sales.grouped(groups), found.repeat_buyers, found.buyers)


def rebuy_rate(
    sales: Sales,
    groups: Groups | None = None,
    period: Period | None = None,
    *,
    before: Period | None = None,
) -> Figure:
    """Divide the buyers of the period before who buy in this one by the buyers of that period (回购率).

    Of a group: who bought in the group then, and buy in the same group now. Where the groups are
    stretches of time, the period before a group is the stretch before it, and the first has none.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: This period. Where groups are stretches of time: those outside it have no figure, and
            only what lies in it is bought again.
        before: The period before; of the same length, ending where ``period`` starts, if left out.

    Returns:
        A share with its Wilson interval; ``people`` are the buyers of the period before.

    Raises:
        InputError: Neither ``before`` nor a period with both ends is given, or ``before`` is given
            where the groups have their own.
    """
    by, period = sales.grouped(groups), period or EVER
    now = _buyers(sales, by, period)
    if by.edges is None:
        then = _buyers(sales, by, period.before() if before is None else before)
    elif before is not None:
        raise InputError(f"groups by {by.name} have each the one before it: leave `before` out")
    else:
        then = _a_stretch_later(_buyers(sales, by, Period(None, period.end)), by, period)
    again = np.isin(then.key, now.key, assume_unique=True)
    return share_of("rebuy_rate", by, then.count(again), then.count())


def churn_rate(
    sales: Sales,
    groups: Groups | None = None,
    *,
    cut: np.datetime64,
    active_days: int = 180,
    horizon: int = 90,
) -> Figure:
    """Divide the customers active at a cut who then stay away by the customers active at it (流失率).

    The cohort is frozen at the cut: known customers with a purchase (in the group) in the
    ``active_days`` local days before it. Churned are those without any purchase in the shop in the
    ``horizon`` local days from it on. There is no figure before the horizon has passed, for who has
    not come back yet may still.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        cut: UTC; usually a midnight of the shop's zone.
        active_days: Days before the cut, at least 1.
        horizon: Days from the cut on, at least 1.

    Returns:
        A share with its Wilson interval; ``people`` are the cohort. While the horizon has not passed
        the denominators are 0 and ``note`` says so.

    Raises:
        InputError: A number of days is below 1.

    References:
        Wilson (1927), Probable inference, the law of succession, and statistical inference. JASA 22.
    """
    if active_days < 1 or horizon < 1:
        raise InputError(f"churn needs at least 1 day on either side, not {active_days} and {horizon}")
    by, day = sales.grouped(groups), local_day(cut, sales.zone)
    if local_day(sales.as_of, sales.zone) < day + horizon:
        return _too_early(by, horizon)
    days, at = sales.day[: sales.known], sales.at[: sales.known]
    cohort = pairs_of(sales, by, np.flatnonzero((at < cut) & (days >= day - active_days)))
    # Who comes back for something else, or for what no line tells of, has stayed all the same.
    shop = sales.shop or sales
    later = (shop.at[: shop.known] >= cut) & (shop.day[: shop.known] < day + horizon)
    stayed = shop.customer[: shop.known][later]
    gone = ~np.isin(cohort.customer, stayed, kind="table")
    return share_of("churn_rate", by, cohort.count(gone), cohort.count())


def _too_early(groups: Groups, horizon: int) -> Figure:
    none = np.zeros(len(groups), np.int64)
    note = say(
        "截止时点距切点不足 {days} 天，流失率暂无法得知",
        "not known yet: fewer than {days} days have passed since the cut",
        days=horizon,
    )
    return attrs.evolve(share_of("churn_rate", groups, none, none), note=note)


def _buyers(sales: Sales, groups: Groups, period: Period) -> Pairs:
    return pairs_of(sales, groups, known_rows(sales, rows_within(sales, period)))


def _a_stretch_later(pairs: Pairs, groups: Groups, period: Period) -> Pairs:
    """Move every buyer to the stretch of time after hers, if it lies in the period at all."""
    edges = cast("Instants", groups.edges)
    inside = np.ones(len(groups) + 1, np.bool_)
    inside[-1] = False  # nothing comes after the last
    if period.start is not None:
        inside[:-1] &= edges[1:] > period.start
    if period.end is not None:
        inside[:-1] &= edges[:-1] < period.end
    keep = inside[pairs.code + 1]
    return attrs.evolve(
        pairs,
        row=pairs.row[keep],
        customer=pairs.customer[keep],
        code=pairs.code[keep] + np.int32(1),
        days=pairs.days[keep],
    )
