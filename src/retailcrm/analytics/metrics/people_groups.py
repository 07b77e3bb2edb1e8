"""Groups of customers: gender, age, level, and whatever else each customer is one of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.local_time import local_day
from retailcrm.analytics.metrics.groups import coded_groups
from retailcrm.domain.customers import GENDERS
from retailcrm.domain.customers.profile import LUNAR
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.metrics.sales import Groups, Sales
    from retailcrm.analytics.tables import ProfileTable

AGE_BANDS: Final = ("<18", "18-24", "25-29", "30-34", "35-39", "40-49", "50-59", "60+")
"""Ages in whole years."""

_BAND_STARTS: Final = np.array([18, 25, 30, 35, 40, 50, 60])
_OLDEST: Final = 120
_YEAR: Final = 10_000


def by_gender(sales: Sales, profiles: ProfileTable, row_of_customer: NDArray[np.integer]) -> Groups:
    """Group by gender as the customer or the platform states it.

    Args:
        sales: The sales.
        profiles: What is known of people.
        row_of_customer: Row of ``profiles`` of each customer of the order table, -1 none; shape
            ``(n_customers,)``.

    Returns:
        Groups with the keys of :data:`retailcrm.domain.customers.profile.GENDERS`, all of them.
    """
    keys = tuple(str(gender) for gender in GENDERS)
    column = Coded(profiles.gender.astype(np.int32), Texts.of(keys))
    return _by_profile(sales, "gender", column, row_of_customer, keys=keys)


def by_age_band(sales: Sales, profiles: ProfileTable, row_of_customer: NDArray[np.integer]) -> Groups:
    """Group by age in whole years on the local day of the sales' moment.

    Without a year of birth the age is not told, nor with one that makes it negative or above 120. A
    lunar birthday is read as if the calendar were the solar one, so it comes some weeks early.

    Args:
        sales: The sales.
        profiles: What is known of people.
        row_of_customer: Row of ``profiles`` of each customer of the order table, -1 none; shape
            ``(n_customers,)``.

    Returns:
        Groups with the keys of :data:`AGE_BANDS`, all of them.
    """
    today = np.datetime64(local_day(sales.as_of, sales.zone), "D").item()
    # The year is all that differs between two days of one date, so ages are differences of codes.
    born = profiles.birthday.astype(np.int64) % LUNAR
    age = (today.year * _YEAR + today.month * 100 + today.day - born) // _YEAR
    told = (profiles.birthday >= 0) & (born >= _YEAR) & (age >= 0) & (age <= _OLDEST)
    band = np.where(told, np.searchsorted(_BAND_STARTS, age, side="right"), -1).astype(np.int32)
    column = Coded(band, Texts.of(AGE_BANDS))
    return _by_profile(sales, "age", column, row_of_customer, keys=AGE_BANDS)


def by_level(sales: Sales, profiles: ProfileTable, row_of_customer: NDArray[np.integer]) -> Groups:
    """Group by level in the platform's or shop's member system, as exported.

    Args:
        sales: The sales.
        profiles: What is known of people.
        row_of_customer: Row of ``profiles`` of each customer of the order table, -1 none; shape
            ``(n_customers,)``.

    Returns:
        Groups by level.
    """
    return _by_profile(sales, "level", profiles.level, row_of_customer)


def by_tier(sales: Sales, tier: Coded) -> Groups:
    """Group by tier in force.

    Args:
        sales: The sales.
        tier: Tier of each customer of the order table, code -1 none; its values are all tiers.

    Returns:
        Groups in the order of the tiers, those without a buyer among them.
    """
    return by_customer(sales, "tier", tier)


def by_segment(sales: Sales, segment: Coded) -> Groups:
    """Group by segment.

    Args:
        sales: The sales.
        segment: Segment of each customer of the order table, code -1 none; its values are all segments.

    Returns:
        Groups in the order of the segments, those without a buyer among them.
    """
    return by_customer(sales, "segment", segment)


def by_customer(sales: Sales, name: str, column: Coded) -> Groups:
    """Group by anything that each customer is one of.

    Args:
        sales: The sales.
        name: What is grouped by.
        column: What each customer of the order table is, code -1 not told; shape ``(n_customers,)``.

    Returns:
        Groups in the order of the column's values, all of them.

    Raises:
        InputError: The column has fewer rows than the sales have customers.
    """
    return _by_customer(sales, name, column, tuple(column.values.tolist()))


def _by_profile(
    sales: Sales,
    name: str,
    column: Coded,
    row_of_customer: NDArray[np.integer],
    keys: Sequence[str] | None = None,
) -> Groups:
    # One place more for people without a row, which -1 then points to.
    codes = np.append(column.codes, np.int32(-1))[row_of_customer]
    return _by_customer(sales, name, Coded(codes, column.values), keys)


def _by_customer(sales: Sales, name: str, column: Coded, keys: Sequence[str] | None) -> Groups:
    highest = max((int(c.max(initial=-1)) for c in (sales.customer, sales.credit_customer)), default=-1)
    if len(column) <= highest:
        raise InputError(f"{name} is told of {len(column)} customers; there is a customer {highest}")
    codes = np.append(column.codes, np.int32(-1))  # one place more for the unknown buyer's -1
    return coded_groups(name, column.values, codes[sales.customer], codes[sales.credit_customer], keys=keys)
