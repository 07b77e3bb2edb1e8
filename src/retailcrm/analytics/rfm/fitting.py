"""Find cut points in the figures of today's customers."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retailcrm.analytics.rfm.cuts import Cut, Cuts
from retailcrm.analytics.rfm.spec import RfmSpec, measure_f, measure_m
from retailcrm.analytics.summary import days_since_last

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import CustomerSummary, Ints

_FINEST: Final = 10**6
"""A mean with a larger denominator is rounded down to this part of a minor unit."""


def fit_cuts(summary: CustomerSummary, spec: RfmSpec | None = None) -> Cuts:
    """Find the cut points of R, F and M for a set of customers.

    Quantile cut points are figures that occur: with n customers ordered from the poor end, cut point
    k of ``bins - 1`` is the figure at place ceil(k * n / bins), and a customer scores 1 plus the
    number of cut points she is strictly better than. The median is the one cut point of two bins.
    A mean is exact (rounded down to a millionth of a minor unit where M is per order). Where all
    figures are equal everybody gets the neutral score, ``(bins + 1) // 2``.

    Args:
        summary: The customers; none is allowed.
        spec: What to score by; quintiles of days, orders and net money unless given.

    Returns:
        The cut points; they score this summary and later ones.

    Example:
        >>> from retailcrm.analytics.rfm.fitting import order_statistics
        >>> order_statistics(np.array([5, 1, 1, 9]), None, [2, 3])
        [Fraction(1, 1), Fraction(5, 1)]
    """
    spec = spec or RfmSpec()
    money, per = measure_m(summary, spec)
    return Cuts(
        spec=spec,
        currency=summary.currency,
        as_of=str(summary.as_of),
        customers=len(summary),
        r=fit_cut(
            "days_since_last", days_since_last(summary), spec, bands=spec.r_bands, lower_is_better=True
        ),
        f=fit_cut(spec.frequency, measure_f(summary, spec), spec, bands=spec.f_bands),
        m=fit_cut(spec.money, money, spec, bands=spec.m_bands, divisors=per),
    )


def fit_cut(
    figure: str,
    figures: Ints,
    spec: RfmSpec,
    *,
    bands: tuple[Fraction, ...] = (),
    divisors: Ints | None = None,
    lower_is_better: bool = False,
) -> Cut:
    """Find the cut points of one figure.

    Args:
        figure: Its name.
        figures: ``int64``, shape ``(n,)``.
        spec: Method and number of levels.
        bands: The cut points themselves, if the method is ``bands``.
        divisors: At least 1; the figure is ``figures / divisors``; ``None`` for 1.
        lower_is_better: Whether small figures are good.

    Returns:
        The cut points.
    """
    head: dict[str, Any] = {"figure": figure, "levels": spec.bins, "lower_is_better": lower_is_better}
    if spec.method == "bands":
        return Cut(**head, edges=bands, edge_included=True)
    if _all_equal(figures, divisors):
        return Cut(**head, edges=(), neutral=(spec.bins + 1) // 2)
    if spec.method == "mean":
        return Cut(**head, edges=(mean(figures, divisors),))
    n, bins = len(figures), spec.bins
    places = [-(-k * n // bins) for k in range(1, bins)]
    if lower_is_better:  # the poor end is the far one
        places = [n + 1 - place for place in places]
    return Cut(**head, edges=tuple(order_statistics(figures, divisors, places)))


def order_statistics(figures: Ints, divisors: Ints | None, places: list[int]) -> list[Fraction]:
    """Give the figures at some places of the rising order, exactly.

    Args:
        figures: ``int64``, shape ``(n,)``; below 2**53 where there are divisors.
        divisors: At least 1, same shape; ``None`` for 1.
        places: Places from 1 to n.

    Returns:
        The figures, in the order of ``places``.
    """
    if divisors is None:
        ordered = np.sort(figures)
        return [Fraction(int(ordered[place - 1])) for place in places]
    # Correctly rounded quotients are in the right order, but unequal figures may round to one.
    quotients = figures / divisors
    rising = np.sort(quotients)
    return [_exact_at(figures, divisors, quotients, rising, place) for place in places]


def _exact_at(
    figures: Ints, divisors: Ints, quotients: NDArray[np.float64], rising: NDArray[np.float64], place: int
) -> Fraction:
    """Pick the right one among the figures whose quotients round to the same number."""
    quotient = rising[place - 1]
    same = quotients == quotient
    pairs, counts = np.unique(np.stack([figures[same], divisors[same]], axis=1), axis=0, return_counts=True)
    remaining = place - int(np.searchsorted(rising, quotient))
    ranked = sorted(zip((Fraction(a, b) for a, b in pairs.tolist()), counts.tolist(), strict=True))
    reached = np.cumsum([count for _, count in ranked])
    return ranked[int(np.searchsorted(reached, remaining))][0]


def mean(figures: Ints, divisors: Ints | None) -> Fraction:
    """Give the mean of figures by whole numbers.

    Args:
        figures: ``int64``, at least one; their sum below 2**63.
        divisors: At least 1, same shape; ``None`` for 1.

    Returns:
        The mean, exact; with divisors rounded down to a millionth if its denominator is larger.
    """
    if divisors is None:
        return Fraction(int(figures.sum()), len(figures))
    order = np.argsort(divisors, kind="stable")
    values, starts = np.unique(divisors[order], return_index=True)
    sums = np.add.reduceat(figures[order], starts)
    exact = sum((Fraction(a, b) for a, b in zip(sums.tolist(), values.tolist(), strict=True)), Fraction(0))
    exact /= len(figures)
    return exact if exact.denominator <= _FINEST else Fraction(exact * _FINEST // 1, _FINEST)


def _all_equal(figures: Ints, divisors: Ints | None) -> bool:
    if not len(figures):
        return True
    if divisors is None:
        return bool(figures.min() == figures.max())
    common = np.gcd(figures, divisors)
    a, b = figures // common, divisors // common
    return bool((a == a[0]).all() and (b == b[0]).all())
