"""What buyers say: how many reviews are good, by month and by product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.columns import MISSING
from retailcrm.analytics.local_time import local_months
from retailcrm.analytics.metrics.figure import Figure, share_of
from retailcrm.analytics.metrics.sales import ALL, EVER, Groups, Period
from retailcrm.analytics.metrics.tallies import counts
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Ints, ReviewTable

GOOD_FROM = 80
"""Percent of full marks that make a review good, if nothing else is said: four stars of five."""

_FULL_MARKS = 100


@attrs.frozen(eq=False, kw_only=True)
class ReviewTally:
    """Reviews of each group; every column ``int64``, shape ``(n_groups,)``.

    Attributes:
        reviews: Reviews.
        scored: Those with a score.
        good: Those of them at or above the limit.
        second: Reviews followed by a second one (追评).
    """

    reviews: Ints
    scored: Ints
    good: Ints
    second: Ints


def reviews_by_month(reviews: ReviewTable, as_of: np.datetime64, zone: str) -> Groups:
    """Group reviews by the local month they were written in.

    Args:
        reviews: The reviews.
        as_of: The moment, UTC, exclusive: later reviews are in no group.
        zone: IANA zone of months.

    Returns:
        Groups keyed ``YYYY-MM`` from the first month to the last with a review, without gaps; undated
        reviews are in none.
    """
    months = local_months(reviews.at, zone)
    inside = (reviews.at < as_of) & (months != MISSING)
    first, last = (int(months[inside].min()), int(months[inside].max())) if inside.any() else (0, -1)
    keys = np.arange(first, last + 1).astype("datetime64[M]").astype(str).tolist()
    code = np.where(inside, months - first, -1).astype(np.int32)
    return Groups(name="month", keys=tuple(keys), code=code, credit_code=np.empty(0, np.int32))


def reviews_by_product(reviews: ReviewTable) -> Groups:
    """Group reviews by product as exported."""
    product = reviews.product
    return Groups(
        name="product",
        keys=tuple(product.values.tolist()),
        code=product.codes,
        credit_code=np.empty(0, np.int32),
    )


def review_tally(
    reviews: ReviewTable,
    as_of: np.datetime64,
    groups: Groups | None = None,
    period: Period | None = None,
    *,
    good_from: int = GOOD_FROM,
) -> ReviewTally:
    """Count reviews as they stood at a moment.

    A review of unknown time is in no period but ever; it was there already.

    Args:
        reviews: The reviews.
        as_of: The moment, UTC, exclusive.
        groups: Groups of those reviews; everything in one if left out.
        period: When they were written; ever if left out.
        good_from: Percent of full marks that make a review good, 1 to 100.

    Returns:
        The counts.

    Raises:
        InputError: The limit is out of its range, or the groups were made for other reviews.
    """
    if not 1 <= good_from <= _FULL_MARKS:
        raise InputError(f"a good review has from 1 to 100 percent of full marks, not {good_from}")
    by = _grouped(reviews, groups)
    inside = _within(reviews, as_of, period or EVER)
    scored = inside & (reviews.score != MISSING)
    # Without a time of its own a second review was there with the first.
    second = inside & reviews.has_second & ~(reviews.second_at >= as_of)
    chosen = (inside, scored, scored & (reviews.score >= good_from), second)
    columns = [counts(by.code[rows], len(by)) for rows in chosen]
    return ReviewTally(reviews=columns[0], scored=columns[1], good=columns[2], second=columns[3])


def good_review_rate(
    reviews: ReviewTable,
    as_of: np.datetime64,
    groups: Groups | None = None,
    period: Period | None = None,
    *,
    good_from: int = GOOD_FROM,
) -> Figure:
    """Divide good reviews by reviews with a score (好评率).

    Args:
        reviews: The reviews.
        as_of: The moment, UTC, exclusive.
        groups: Groups of those reviews; everything in one if left out.
        period: When they were written; ever if left out.
        good_from: Percent of full marks that make a review good, 1 to 100.

    Returns:
        A share with its Wilson interval; ``people`` are the reviews with a score, for most reviewers
        are masked.

    Raises:
        InputError: The limit is out of its range, or the groups were made for other reviews.

    References:
        Wilson (1927), Probable inference, the law of succession, and statistical inference. JASA 22.
    """
    found = review_tally(reviews, as_of, groups, period, good_from=good_from)
    return share_of("good_review_rate", _grouped(reviews, groups), found.good, found.scored)


def _grouped(reviews: ReviewTable, groups: Groups | None) -> Groups:
    """Check that groups are of these reviews; ``None`` is everything in one."""
    if groups is None:
        code = np.broadcast_to(np.int32(0), len(reviews))
        return Groups(name=ALL, keys=(ALL,), code=code, credit_code=np.empty(0, np.int32))
    if len(groups.code) != len(reviews):
        raise InputError(f"groups by {groups.name} were made for other reviews")
    return groups


def _within(reviews: ReviewTable, as_of: np.datetime64, period: Period) -> NDArray[np.bool_]:
    inside = ~(reviews.at >= as_of)  # NaT is not
    if period.start is not None:
        inside &= reviews.at >= period.start
    if period.end is not None and (period.start is not None or period.end < as_of):
        inside &= reviews.at < period.end
    return inside
