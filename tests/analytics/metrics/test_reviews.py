"""Good-review rate: counts by loops, the interval by hand, groups and periods."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.columns import MISSING, Coded
from retailcrm.analytics.metrics.reviews import (
    good_review_rate,
    review_tally,
    reviews_by_month,
    reviews_by_product,
)
from retailcrm.analytics.metrics.sales import Period
from retailcrm.analytics.tables import ReviewTable
from retailcrm.errors import InputError

AS_OF = np.datetime64("2024-04-01", "us")
Row = tuple[str, int | None, str | None, str | None]

moments = st.sampled_from(
    ["2024-01-31T15:59", "2024-01-31T16:00", "2024-03-02", "2024-03-31T23:59", "2024-04-01", "NaT"]
)
rows = st.lists(
    st.tuples(
        moments, st.none() | st.integers(0, 100), st.none() | st.sampled_from("ab"), st.none() | moments
    )
)


def table(several: list[Row]) -> ReviewTable:
    """Make reviews of time, score, product, second time (``None`` without a second review)."""
    size = len(several)
    return ReviewTable(
        at=np.array([r[0] for r in several], "datetime64[us]"),
        score=np.array([MISSING if r[1] is None else r[1] for r in several], np.int64),
        order=np.full(size, -1, np.int32),
        customer=np.full(size, -1, np.int32),
        product=Coded.of([r[2] for r in several]),
        second_at=np.array(["NaT" if r[3] is None else r[3] for r in several], "datetime64[us]"),
        has_text=np.ones(size, bool),
        has_second=np.array([r[3] is not None for r in several], bool),
    )


@given(rows, st.integers(1, 100))
def test_counts_agree_with_loops(several: list[Row], good_from: int) -> None:
    """Reviews, scores, good ones and second ones before the moment, by month and by product."""
    reviews = table(several)
    there = [r for r in several if r[0] != "2024-04-01"]

    def plain(of: list[Row]) -> tuple[int, int, int, int]:
        scores = [r[1] for r in of if r[1] is not None]
        seconds = [r for r in of if r[3] not in (None, "2024-04-01")]
        return len(of), len(scores), sum(s >= good_from for s in scores), len(seconds)

    def found(groups: object = None) -> list[tuple[int, ...]]:
        tally = review_tally(reviews, AS_OF, groups, good_from=good_from)  # type: ignore[arg-type]
        columns = (tally.reviews, tally.scored, tally.good, tally.second)
        return list(zip(*(c.tolist() for c in columns), strict=True))

    assert found() == [plain(there)]
    products = reviews_by_product(reviews)
    assert found(products) == [plain([r for r in there if r[2] == key]) for key in products.keys]
    months = reviews_by_month(reviews, AS_OF, "Asia/Shanghai")
    of_month = {
        "2024-01": ["2024-01-31T15:59"],
        "2024-02": ["2024-01-31T16:00"],
        "2024-03": ["2024-03-02"],
        "2024-04": ["2024-03-31T23:59"],
    }
    assert found(months) == [plain([r for r in there if r[0] in of_month[key]]) for key in months.keys]
    assert list(months.keys) == sorted(months.keys)


def test_the_rate_and_its_interval_by_hand() -> None:
    """Three of four: (p + z²/2n ± z sqrt(p q / n + z²/4n²)) / (1 + z²/n), Wilson 1927."""
    figure = good_review_rate(table([("NaT", s, None, None) for s in (100, 80, 90, 79)]), AS_OF)
    assert figure.values() == [Fraction(3, 4)]
    z, p, n = 1.959963984540054, 0.75, 4
    middle, width = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low[0] == pytest.approx((middle - width) / (1 + z * z / n))
    assert figure.high[0] == pytest.approx((middle + width) / (1 + z * z / n))


def test_periods_leave_undated_reviews_out() -> None:
    """Only ever has them."""
    reviews = table(
        [("2024-01-05", 100, None, None), ("2024-02-05", 0, None, None), ("NaT", 100, None, None)]
    )
    january = Period(np.datetime64("2024-01-01"), np.datetime64("2024-02-01"))
    assert good_review_rate(reviews, AS_OF, period=january).values() == [Fraction(1)]
    assert good_review_rate(reviews, AS_OF, period=Period(None, january.end)).denominator.tolist() == [1]  # type: ignore[union-attr]
    assert good_review_rate(reviews, AS_OF).values() == [Fraction(2, 3)]
    assert good_review_rate(table([]), AS_OF).values() == [None]


def test_what_does_not_fit_is_refused() -> None:
    """Limits beyond full marks, and groups of other reviews."""
    for limit in (0, 101):
        with pytest.raises(InputError, match="from 1 to 100 percent"):
            review_tally(table([]), AS_OF, good_from=limit)
    with pytest.raises(InputError, match="other reviews"):
        review_tally(table([]), AS_OF, reviews_by_product(table([("NaT", 1, "a", None)])))
