"""The chain ladder: how far a young cohort will come, by how far older ones came from the same age."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import TYPE_CHECKING

import attrs
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.tables.checks import Ints

Factors = tuple[Fraction | None, ...]


def development_factors(cumulative: Ints) -> Factors:
    """Say by how much cohorts grow from each age to the next, each cohort by its size.

    The factor from age j to j + 1 is the sum of what all cohorts that are old enough had at j + 1 over the
    sum of what the same cohorts had at j. Where they had nothing at either age, nothing grew: the factor is
    1. So the oldest cohorts may have come to nothing at all, and those after them are still told apart.

    Args:
        cumulative: What each cohort had come to at each age, oldest cohort first; ``int64``, shape
            ``(n, n)``. Row i is known up to column n - 1 - i; the rest is not looked at.

    Returns:
        ``n - 1`` exact factors; ``None`` where cohorts came from nothing to something.

    References:
        T. Mack, Distribution-free calculation of the standard error of chain ladder reserve estimates,
        ASTIN Bulletin 23(2), 1993, 213-225.

    Example:
        >>> development_factors(np.array([[10, 15, 18], [20, 30, 0], [12, 0, 0]]))
        (Fraction(3, 2), Fraction(6, 5))
        >>> development_factors(np.array([[0, 0, 0], [20, 30, 0], [12, 0, 0]]))
        (Fraction(3, 2), Fraction(1, 1))
    """
    return tuple(
        Fraction(above, below) if below else None if above else Fraction(1)
        for below, above in _sums(cumulative)
    )


def growth_rates(cumulative: Ints, volumes: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Say by how much cohorts grow from each age to the next, as a share of what they could come to.

    Unlike a factor, a rate exists where cohorts grow from nothing, and it says nothing of what a cohort has
    come to before: one that began slowly or fast grows from here on as the others did. The rate from age j
    to j + 1 is what all cohorts that are old enough grew by over the sum of their volumes.

    Args:
        cumulative: As for :func:`development_factors`.
        volumes: What each cohort could come to at most, oldest first.

    Returns:
        ``n - 1`` exact rates; 0 where no cohort has a volume.

    References:
        K. D. Schmidt and M. Zocher, The Bornhuetter-Ferguson principle, Variance 2(1), 2008, 85-110: the
        additive method.

    Example:
        >>> points = np.array([[0, 15, 18], [20, 30, 0], [12, 0, 0]])
        >>> growth_rates(points, [Fraction(50), Fraction(75), Fraction(9)])
        (Fraction(1, 5), Fraction(3, 50))
    """
    n = len(cumulative)
    wholes = [sum(volumes[: n - 1 - j], Fraction(0)) for j in range(n - 1)]
    grown = [above - below for below, above in _sums(cumulative)]
    return tuple(more / whole if whole else Fraction(0) for more, whole in zip(grown, wholes, strict=True))


def _sums(cumulative: Ints) -> list[tuple[int, int]]:
    """Give what the cohorts that are old enough had at each age but the last, and at the next."""
    n = len(cumulative)
    return [
        (int(cumulative[: n - 1 - j, j].sum()), int(cumulative[: n - 1 - j, j + 1].sum()))
        for j in range(n - 1)
    ]


def latest(cumulative: Ints) -> list[int]:
    """Give what each cohort has come to so far.

    Args:
        cumulative: As for :func:`development_factors`.

    Returns:
        The last known value of each row.
    """
    found: list[int] = np.fliplr(cumulative).diagonal().tolist()
    return found


def growth(factors: Sequence[Fraction | None], start: int, stop: int | None = None) -> Fraction | None:
    """Multiply the factors from one age to another.

    Args:
        factors: One an age.
        start: The age to begin at.
        stop: The age to come to; the last if left out. Nothing changes beyond the last.

    Returns:
        The product; ``None`` if one of the factors is not known.

    Example:
        >>> growth([Fraction(3, 2), Fraction(6, 5)], 0)
        Fraction(9, 5)
    """
    product = Fraction(1)
    for factor in factors[start:stop]:
        if factor is None:
            return None
        product *= factor
    return product


@attrs.frozen(eq=False, kw_only=True)
class Spread:
    """How far a forecast may be off: standard errors.

    Attributes:
        cohorts: Of what each cohort still comes to; ``float64``, shape ``(n,)``, NaN where its growth or
            its spread is not known.
        total: Of all cohorts that have one together; errors in the factors hit all of them at once. NaN if
            not one of them can be off, and others have none.
    """

    cohorts: NDArray[np.float64]
    total: float


def standard_errors(cumulative: Ints) -> Spread | None:
    """Give the standard errors of a chain ladder's forecast, without assuming a distribution.

    A cohort that had nothing at an age says nothing about the spread of the growth from there, and is left
    out of it. Where no cohort had anything at an age and the next, nothing grows and nothing scatters.

    Args:
        cumulative: As for :func:`development_factors`.

    Returns:
        The errors; ``None`` with fewer than four cohorts, which are too few to see a spread.

    References:
        Mack 1993, as above: the theorem of section 4 for the cohorts, its corollary for their sum, and
        the rule there for the last age, here for every age at which one cohort alone had anything.
    """
    n = len(cumulative)
    least = 4
    if n < least:
        return None
    # Over nothing, an endless sum: what does not scatter adds no error.
    sums = np.array([below or (0 if above else np.inf) for below, above in _sums(cumulative)], np.float64)
    factors = np.array([np.nan if f is None else float(f) for f in development_factors(cumulative)])
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = _variances(cumulative, factors) / factors**2
        ultimate, own = np.zeros(n), np.zeros(n)
        for i in range(n):
            first = n - 1 - i
            growing = cumulative[i, first] * np.concatenate([[1.0], np.cumprod(factors[first:])])
            ultimate[i] = growing[-1]
            own[i] = growing[-1] ** 2 * (noise[first:] * (1 / growing[:-1] + 1 / sums[first:])).sum()
        shared = np.append(np.cumsum((2 * noise / sums)[::-1]), np.nan)
    told = np.isfinite(own)
    younger = np.append(np.cumsum(np.where(told, ultimate, 0)[::-1])[::-1][1:], 0)
    # Errors of factors that an older cohort needs, too, hit it and every younger one alike.
    both = [ultimate[i] * younger[i] * shared[i - 1] for i in range(1, n) if told[i]]
    unseen = ~told & (np.array(latest(cumulative)) > 0)
    total = np.nan if unseen.any() and not own[told].any() else sqrt(own[told].sum() + sum(both))
    return Spread(cohorts=np.sqrt(np.where(told, own, np.nan)), total=total)


def _variances(cumulative: Ints, factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Estimate how much single cohorts scatter around each factor."""
    n = len(cumulative)
    found = np.zeros(n - 1)
    for j in range(n - 1):
        here, after = cumulative[: n - 1 - j, j].astype(float), cumulative[: n - 1 - j, j + 1]
        some = here > 0
        apart = (after[some] - factors[j] * here[some]) ** 2 / here[some]
        if some.sum() > 1:
            found[j] = apart.sum() / (some.sum() - 1)
        elif some.any() or after.any():
            found[j] = _alone(found[:j])
    return found


def _alone(before: NDArray[np.float64]) -> float:
    """Guess the scatter where one cohort alone had anything: what the two ages before suggest."""
    if len(before) < 2:  # noqa: PLR2004 - two ages
        return np.nan
    first, second = before[-2:].tolist()
    return min(second**2 / first, first, second) if first else 0.0
