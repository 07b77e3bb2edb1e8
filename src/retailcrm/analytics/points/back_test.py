"""Back-tests of the breakage forecast: months that are over, forecast without looking at them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import attrs

from retailcrm.analytics.points.breakage import LEAST, CohortForecast, Forecast, Withheld, forecast
from retailcrm.analytics.points.ladder import growth, latest
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.analytics.points.cohorts import Cohorts


@attrs.frozen(kw_only=True)
class BackTest:
    """A forecast of months that are over, made without looking at them.

    Attributes:
        months: The months of award that it is about.
        forecast: Points that each would redeem in the hidden months.
        actual: Points that each did redeem in them, net of those given back.
    """

    months: tuple[str, ...]
    forecast: tuple[Fraction, ...]
    actual: tuple[int, ...]

    @property
    def error(self) -> Fraction:
        """Points forecast too many, below 0 too few, all months of award together."""
        return sum(self.forecast, Fraction(0)) - sum(self.actual)

    @property
    def relative_error(self) -> Fraction | None:
        """The error as a share of what happened; ``None`` if nothing did."""
        return self.error / sum(self.actual) if sum(self.actual) else None


def back_test(cohorts: Cohorts, hidden: int = 6, *, least: int = LEAST) -> BackTest | Withheld:
    """Hide the last months, forecast them, and compare with what happened.

    Only points awarded before the hidden months are forecast. What later refunds and give-backs did to
    earlier months is hidden, too, for everything counts at the moment when it took effect.

    Args:
        cohorts: The cohorts.
        hidden: How many months to hide, at least 1.
        least: As for :func:`forecast`.

    Returns:
        Forecast and actual points of every month of award, or why nothing could be forecast then.

    Raises:
        InputError: No month is to be hidden.
    """
    if hidden < 1:
        raise InputError(f"a back-test hides at least 1 month, not {hidden}")
    then = cohorts.before(hidden)
    made = forecast(then, least=least)
    if isinstance(made, Withheld):
        return made
    last = len(then) - 1
    guesses = [_hidden(row, made, last - i, last - i + hidden) for i, row in enumerate(made.cohorts)]
    now = latest(cohorts.redeemed)
    return BackTest(
        months=then.keys,
        forecast=tuple(guesses),
        actual=tuple(now[i] - row.redeemed for i, row in enumerate(made.cohorts)),
    )


def _hidden(row: CohortForecast, made: Forecast, age: int, later: int) -> Fraction:
    """Give what a month would redeem between two ages."""
    if row.pooled:
        grown = row.kept_at_last * sum(made.rates[age:later], Fraction(0))
    else:
        factor = growth(made.factors, age, later)
        grown = Fraction(0) if factor is None else row.redeemed * (factor - 1)
    return min(grown, Fraction(row.outstanding))
