"""Breakage (沉淀率): what share of points expires unused, so far, and in the end by forecast."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.analytics.points.cohorts import cohorts_of
from retailcrm.analytics.points.ladder import (
    Factors,
    development_factors,
    growth,
    growth_rates,
    latest,
    standard_errors,
)
from retailcrm.domain.labels import Label
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from retailcrm.analytics.points.cohorts import Cohorts
    from retailcrm.analytics.points.ladder import Spread
    from retailcrm.analytics.tables.points import MovementTable

LEAST: Final = 3
"""Oldest cohorts that must have run their course before anything is forecast."""

STILL_OPEN: Final = Fraction(1, 20)
"""A cohort has run its course once no more than this share of it is outstanding."""


@attrs.frozen(kw_only=True)
class Withheld:
    """No figure, because it would be a guess.

    Attributes:
        code: A word for programs: ``nothing_matured``, ``too_young``, ``nothing_redeemed``.
        reason: Why, for readers.
    """

    code: str
    reason: Label


_NOTHING_MATURED: Final = Withheld(
    code="nothing_matured",
    reason=Label(
        "还没有任何月份发放的积分全部用完或过期，无法给出沉淀率",
        "No month's points are all used or expired yet, so there is no breakage rate",
    ),
)
_NOTHING_REDEEMED: Final = Withheld(
    code="nothing_redeemed",
    reason=Label("还没有兑换记录，无法预测", "Nothing has been redeemed yet, so there is nothing to go by"),
)


def _too_young(least: int) -> Withheld:
    return Withheld(
        code="too_young",
        reason=Label(
            f"最早 {least} 个有发放的月份仍有超过 5% 的积分未使用，最终兑换率无从得知",
            f"The {least} oldest months with points still have more than 5 % of them outstanding: "
            "nobody has seen yet how it ends",
        ),
    )


@attrs.frozen(kw_only=True)
class Matured:
    """The breakage of the months whose points are all used or expired.

    Attributes:
        months: Which, such as ``2023-04``.
        rates: Share of each month's points, reversed ones left out, that expired unused.
        rate: Of all of them together.
    """

    months: tuple[str, ...]
    rates: tuple[Fraction, ...]
    rate: Fraction


def matured_breakage(cohorts: Cohorts) -> Matured | Withheld:
    """Give the share of points that expired unused, of months that have run their course.

    Months that still have points outstanding are left out: their rate only rises.

    Args:
        cohorts: The cohorts.

    Returns:
        Exact rates, or why there are none.
    """
    rows = zip(cohorts.keys, *map(latest, (cohorts.kept, cohorts.redeemed, cohorts.expired)), strict=True)
    done = [
        (key, kept, expired) for key, kept, redeemed, expired in rows if kept and kept == redeemed + expired
    ]
    if not done:
        return _NOTHING_MATURED
    return Matured(
        months=tuple(key for key, *_ in done),
        rates=tuple(Fraction(expired, kept) for _, kept, expired in done),
        rate=Fraction(sum(e for *_, e in done), sum(k for _, k, _ in done)),
    )


@attrs.frozen(kw_only=True)
class CohortForecast:
    """What one month's points will come to.

    Attributes:
        month: Month of award.
        kept: Points awarded and not reversed so far.
        redeemed: Thereof redeemed so far.
        outstanding: Thereof neither redeemed nor expired.
        kept_at_last: Points that will not have been reversed.
        redeemed_at_last: Points that will have been redeemed.
        pooled: Whether nothing can be multiplied from here on: it grows by the rates of all months.
    """

    month: str
    kept: int
    redeemed: int
    outstanding: int
    kept_at_last: Fraction
    redeemed_at_last: Fraction
    pooled: bool

    @property
    def share(self) -> Fraction | None:
        """Share of the month's points that will be redeemed; ``None`` without points."""
        return self.redeemed_at_last / self.kept_at_last if self.kept_at_last else None

    @property
    def share_outstanding(self) -> Fraction | None:
        """Share of those still outstanding that will be redeemed; ``None`` if none are."""
        if not self.outstanding:
            return None
        return min(max((self.redeemed_at_last - self.redeemed) / self.outstanding, Fraction(0)), Fraction(1))


@attrs.frozen(kw_only=True)
class Expected:
    """Which share of outstanding points will be redeemed.

    Attributes:
        other: Of months that are not named: those that began after the forecast, opening balances.
        months: Of each month of award, since 1970-01.
    """

    other: Fraction = attrs.field()
    months: Mapping[int, Fraction] = MappingProxyType({})

    def __attrs_post_init__(self) -> None:
        """Refuse what is no share."""
        for share in (self.other, *self.months.values()):
            if not isinstance(share, Fraction) or not 0 <= share <= 1:
                raise InputError(f"an expected share is a Fraction from 0 to 1, not {share!r}")

    def of(self, month: int) -> Fraction:
        """Give the share of one month of award, since 1970-01."""
        return self.months.get(month, self.other)


@attrs.frozen(eq=False, kw_only=True)
class Forecast:
    """How many points will be redeemed in the end.

    Attributes:
        first: The oldest month, since 1970-01.
        cohorts: Every month's forecast, oldest first.
        factors: By how much redeemed points grow from each month of age to the next.
        rates: The same as a share of all points that will not have been reversed: what pooled months grow by.
        share: Share of all points that will be redeemed; reversed ones left out.
        spread: Standard errors of the points still to be redeemed, of months that are not pooled; ``None``
            if there are too few months to see a spread.
    """

    first: int
    cohorts: tuple[CohortForecast, ...]
    factors: Factors
    rates: tuple[Fraction, ...]
    share: Fraction
    spread: Spread | None

    @property
    def breakage(self) -> Fraction:
        """Share of all points that will expire unused."""
        return 1 - self.share

    def expected(self) -> Expected:
        """Give the shares by which outstanding points are valued."""
        shares = ((self.first + i, cohort.share_outstanding) for i, cohort in enumerate(self.cohorts))
        return Expected(
            other=self.share,
            months=MappingProxyType({month: share for month, share in shares if share is not None}),
        )


def forecast(cohorts: Cohorts, *, least: int = LEAST) -> Forecast | Withheld:
    """Forecast how many points of each month will be redeemed, by the chain ladder.

    Redeemed points grow from each age to the next as they did in the older months, each month by its size;
    so do the points that are not reversed. No month redeems more than it has left. Months that nothing can be
    multiplied of, since nothing is redeemed of them yet, or nothing was of any older one at their age, add
    what all months together redeemed from that age on, as a share of their points: what they have redeemed
    so far, much or little, does not change what is to come. Nothing is redeemed beyond the oldest age seen,
    which is why the oldest months must have run their course.

    Args:
        cohorts: The cohorts.
        least: How many of the oldest months with points must have run their course; at least 1.

    Returns:
        The forecast, exact; or why there is none.

    References:
        Mack 1993; see :func:`~retailcrm.analytics.points.ladder.development_factors`. Of pooled months the
        additive method; see :func:`~retailcrm.analytics.points.ladder.growth_rates`.
    """
    kept, redeemed, expired = map(latest, (cohorts.kept, cohorts.redeemed, cohorts.expired))
    oldest = [i for i, points in enumerate(kept) if points][:least]
    if len(oldest) < least or any(kept[i] - redeemed[i] - expired[i] > STILL_OPEN * kept[i] for i in oldest):
        return _too_young(least)
    factors, staying = development_factors(cohorts.redeemed), development_factors(cohorts.kept)
    last = len(cohorts) - 1
    rows = [
        _row(key, kept[i], redeemed[i], expired[i], growth(factors, last - i), growth(staying, last - i))
        for i, key in enumerate(cohorts.keys)
    ]
    rates = growth_rates(cohorts.redeemed, [row.kept_at_last for row in rows])
    rows = [_grown(row, sum(rates[last - i :], Fraction(0))) for i, row in enumerate(rows)]
    share = _share(rows)
    if not share:
        return _NOTHING_REDEEMED
    return Forecast(
        first=cohorts.first,
        cohorts=tuple(rows),
        factors=factors,
        rates=rates,
        share=share,
        spread=standard_errors(cohorts.redeemed),
    )


def _share(rows: Sequence[CohortForecast]) -> Fraction:
    """Give the share of the points of some months that is redeemed at last."""
    whole = sum((row.kept_at_last for row in rows), Fraction(0))
    return sum((row.redeemed_at_last for row in rows), Fraction(0)) / whole if whole else Fraction(0)


def _row(
    month: str, kept: int, redeemed: int, expired: int, grows: Fraction | None, stays: Fraction | None
) -> CohortForecast:
    """Forecast one month; what it redeems stays open where nothing can be multiplied."""
    left = kept - redeemed - expired
    at_last = max(kept * (Fraction(1) if stays is None else stays), Fraction(redeemed + expired))
    pooled = bool(left) and (grows is None or not redeemed)
    most = min(Fraction(redeemed + left), at_last - expired)
    return CohortForecast(
        month=month,
        kept=kept,
        redeemed=redeemed,
        outstanding=left,
        kept_at_last=at_last,
        redeemed_at_last=Fraction(redeemed) if pooled or grows is None else min(redeemed * grows, most),
        pooled=pooled,
    )


def _grown(row: CohortForecast, rate: Fraction) -> CohortForecast:
    """Let a pooled month grow by what all months add from its age on, within what it has left."""
    if not row.pooled:
        return row
    expired = row.kept - row.redeemed - row.outstanding
    most = min(Fraction(row.redeemed + row.outstanding), row.kept_at_last - expired)
    grown = row.redeemed + row.kept_at_last * rate
    return attrs.evolve(row, redeemed_at_last=max(min(grown, most), Fraction(row.redeemed)))


def breakage_forecast(
    movements: MovementTable, as_of: np.datetime64, *, known: np.datetime64 | None = None
) -> Forecast | Withheld:
    """Forecast from movements: cohorts and chain ladder in one step.

    Args:
        movements: The movements, with what fell due until then.
        as_of: The moment, UTC, exclusive.
        known: Only what was written before this moment, UTC; ``None``: all.
    """
    return forecast(cohorts_of(movements, as_of, known=known))
