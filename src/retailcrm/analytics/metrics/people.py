"""People: how many, how many of them new, back, or back after long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.analytics.columns import MISSING
from retailcrm.analytics.metrics.figure import Figure, figure_of
from retailcrm.analytics.metrics.sales import EVER, Groups, Period, Sales
from retailcrm.analytics.metrics.tallies import (
    known_rows,
    pairs_of,
    positions,
    rows_within,
    starts_of,
    tally,
)
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.analytics.tables import Instants, Ints

LAPSED_DAYS: Final = 180
"""Days of silence after which somebody who buys again is reactivated, if nothing else is said."""


def customers(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Count the known people with a counted order up to the end of the period (客户数).

    Of each month up to that month's end, where the groups are months (or other stretches of time).

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; its start plays no part.

    Returns:
        A count; ``people`` are the same.
    """
    by, period = sales.grouped(groups), period or EVER
    if by.edges is None:
        found = tally(sales, by, Period(None, period.end)).buyers
    else:
        ends = by.edges[1:] if period.end is None else np.minimum(by.edges[1:], period.end)
        found = _known_before(sales, ends)
    return figure_of("customers", by, found, found)


def buyers(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Count the distinct known customers with a counted order in the period (购买人数).

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        A count; ``people`` are the same.
    """
    return _count("buyers", sales, groups, tally(sales, groups, period).buyers)


def new_customers(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Count the buyers whose first counted order ever is among the period's orders (新客数).

    Of a group: among the group's orders of the period.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        A count; ``people`` are the same.
    """
    return _count("new_customers", sales, groups, tally(sales, groups, period).new_buyers)


def returning_customers(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Count the buyers who had bought before the period began (老客数).

    Of a group: who bought in the group in the period, and anything before it; of each month, before
    that month.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever, before which nobody bought, if left out.

    Returns:
        A count; ``people`` are the same.
    """
    return _count("returning_customers", sales, groups, tally(sales, groups, period).returning_buyers)


def reactivated_customers(
    sales: Sales,
    groups: Groups | None = None,
    period: Period | None = None,
    *,
    lapsed_days: int = LAPSED_DAYS,
) -> Figure:
    """Count the buyers who came back in the period after a long silence (唤回客户数).

    A purchase day of the period counts if the customer's purchase day before it, in whichever group,
    lies ``lapsed_days`` or more calendar days earlier.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.
        lapsed_days: Days of silence, at least 1.

    Returns:
        A count; ``people`` are the same.

    Raises:
        InputError: ``lapsed_days`` is below 1.
    """
    if lapsed_days < 1:
        raise InputError(f"a silence lasts at least 1 day, not {lapsed_days}")
    by, rows = sales.grouped(groups), known_rows(sales, rows_within(sales, period or EVER))
    before = sales.previous_day[rows]
    back = (before != MISSING) & (sales.day[rows] - lapsed_days >= before)
    found = pairs_of(sales, by, positions(rows, np.flatnonzero(back))).count()
    return _count("reactivated_customers", sales, groups, found)


def new_customer_share(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Divide new customers by buyers (新客占比).

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        A share; ``people`` are the buyers.
    """
    found = tally(sales, groups, period)
    return figure_of(
        "new_customer_share", sales.grouped(groups), found.new_buyers, found.buyers, over=found.buyers
    )


def acquisition_rate(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Divide the new customers of the period by the customers known at its start (新客增长率).

    Of a group: by the people with a counted order in the group before the period; of each month, by
    all customers known when the month began.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever, before which nobody was known, if left out.

    Returns:
        A ratio, which may exceed 1; ``people`` are the customers known at the start.
    """
    by, period = sales.grouped(groups), period or EVER
    if by.edges is not None:
        starts = starts_of(by, period)
        known = _known_before(sales, by.edges[:-1] if starts is None else starts)
    elif period.start is not None:
        known = tally(sales, by, Period(None, period.start)).buyers
    else:
        known = np.zeros(len(by), np.int64)
    return figure_of("acquisition_rate", by, tally(sales, by, period).new_buyers, known, over=known)


def _count(key: str, sales: Sales, groups: Groups | None, found: Ints) -> Figure:
    return figure_of(key, sales.grouped(groups), found, found)


def _known_before(sales: Sales, moments: Instants) -> Ints:
    """Count the customers who first bought before each moment."""
    return np.searchsorted(sales.first_orders, moments).astype(np.int64)
