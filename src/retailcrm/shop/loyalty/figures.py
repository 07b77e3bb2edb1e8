"""The report's figures of points: what the ledger's accounts hold, and what orders alone come to."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.local_time import local_day
from retailcrm.analytics.points.back_test import back_test
from retailcrm.analytics.points.breakage import Expected, Forecast, Withheld, forecast, matured_breakage
from retailcrm.analytics.points.cohorts import cohorts_of
from retailcrm.analytics.points.flows import INTO, OUT_OF, flows
from retailcrm.analytics.points.liability import liability, point_value, rounded
from retailcrm.analytics.points.outstanding import LAPSED, OUTSTANDING, add_up, balances
from retailcrm.analytics.points.redemption_activity import OFTEN, redemption_activity
from retailcrm.domain.labels import Label
from retailcrm.domain.points import Bucket
from retailcrm.report.data.points import (
    BackTested,
    Breakage,
    ExpiryRow,
    Lapsing,
    Points,
    PointsLiability,
    PointsMonth,
    Redeeming,
    SpentOnRow,
)
from retailcrm.shop.loyalty.gathering import Gathered, gathered
from retailcrm.shop.loyalty.journal_lines import Known, latest_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from retailcrm.analytics.points.cohorts import Cohorts
    from retailcrm.analytics.points.flows import Flows
    from retailcrm.analytics.points.outstanding import Balances
    from retailcrm.analytics.tables import Ints
    from retailcrm.analytics.tables.points import MovementTable
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.shop.loyalty.accounts import Accounts

SOON_DAYS: Final = 60
"""What lapses within so many days, its owners should be told."""

HIDDEN_MONTHS: Final = 6
"""Months that a back-test hides."""

LATEST_MONTHS: Final = 12
"""Months in which redemptions are counted."""

MONEY_OFF: Final = Label("订单抵扣", "Money off orders")
NOT_SAID: Final = Label("未说明", "Not said")
_SIGMAS: Final = 1.96
_US: Final = np.timedelta64(1, "us")


@attrs.frozen(eq=False, kw_only=True)
class Unused:
    """What can still be used at a moment, lot by lot; ``int64``, shape ``(n_lots,)`` each.

    Attributes:
        pending: Points awarded and not yet to be spent.
        available: Points to be spent.
        held: Points reserved; those of a lapsed lot too, for the checkout that has them may spend them.
        past: Points that are none of these: they have had their last day, and lapse at the moment itself.
    """

    pending: Ints
    available: Ints
    held: Ints
    past: Ints

    @property
    def points(self) -> Ints:
        """All that is unused."""
        return self.pending + self.available + self.held


def unused(there: Balances) -> Unused:
    """Tell what can be used at the very moment of balances from what has just had its last day."""
    gone = there.lots.expires_at <= there.as_of
    pending, available = (np.where(gone, 0, there.of(b)) for b in (Bucket.PENDING, Bucket.AVAILABLE))
    held = there.of(Bucket.HELD)
    return Unused(
        pending=pending, available=available, held=held, past=there.open - pending - available - held
    )


def movements(accounts: Accounts, as_of: np.datetime64, wallet: str = "") -> MovementTable:
    """Give everything that happened to points before a moment, of all customers.

    Accounts that somebody has used come from the ledger's journals, with what their orders told since;
    those of all other customers follow from their orders, in columns.

    Args:
        accounts: The shop's accounts.
        as_of: UTC, exclusive: what happened then or later is not looked at.
        wallet: Name of the wallet; the first if empty.
    """
    return gathered(accounts, as_of, wallet).movements


def points_figures(accounts: Accounts, as_of: np.datetime64) -> Points | None:
    """Gather the report's figures of points.

    Args:
        accounts: The shop's accounts.
        as_of: UTC, exclusive.

    Returns:
        Figures of the first wallet that is spent; ``None`` if none is, or nobody ever had a point.
    """
    wallets = [one for one in accounts.programme.wallets if not one.qualifying]
    if not wallets:
        return None
    found = gathered(accounts, as_of, wallets[0].name)
    if not len(found.movements):
        return None
    return _points(accounts, found, wallets[0], as_of)


def _points(accounts: Accounts, found: Gathered, wallet: Wallet, as_of: np.datetime64) -> Points:
    moved = found.movements
    there, cohorts = balances(moved, as_of), cohorts_of(moved, as_of)
    periods = _months(moved, as_of)
    guess = forecast(cohorts)
    left = unused(there)
    owners = add_up(moved.lots.account, left.points, len(moved.lots.accounts))
    expected = Expected(other=Fraction(1)) if isinstance(guess, Withheld) else guess.expected()
    owed, expiring = _liability(accounts, there, wallet, expected)
    month, lines, recognised = latest_lines(
        found, wallet, accounts.policy.currency, as_of, Known(there=there, guess=guess)
    )
    return Points(
        wallet=wallet.name if len(accounts.programme.wallets) > 1 else "",
        holders=int(np.count_nonzero(owners)),
        pending=int(left.pending.sum()),
        available=int(left.available.sum()),
        held=int(left.held.sum()),
        lapsed=int(left.past.sum()),
        months=_month_rows(periods),
        expiring=expiring,
        lapsing=_lapsing(there, as_of),
        breakage=breakage_of(cohorts, guess),
        liability=PointsLiability(
            **owed, assumed=isinstance(guess, Withheld), month=month, lines=lines, recognised=recognised
        ),
        redeeming=_redeeming(moved, periods),
        orders=found.orders,
        one_by_one=found.fallen_back,
    )


def _months(moved: MovementTable, as_of: np.datetime64) -> Flows:
    """Add up the months from the first movement to the moment."""
    zone = moved.lots.zone
    first, last = (local_day(at, zone) for at in (moved.effective_at.min(), as_of - _US))
    begun = _day(first).replace(day=1)
    return flows(moved, begun, _day(last) + timedelta(days=1))


def _day(number: int) -> date:
    day: date = np.datetime64(number, "D").item()
    return day


def _month_rows(periods: Flows) -> tuple[PointsMonth, ...]:
    figures = {name: column.tolist() for name, column in periods.figures.items()}
    closing = periods.closing.tolist()
    rows = []
    for place, (month, opening) in enumerate(zip(periods.keys, periods.opening.tolist(), strict=True)):
        came = {name: figures[name][place] for name in INTO}
        went = {name: figures[name][place] for name in OUT_OF}
        named = {name: went.pop(name) for name in ("redeemed", "expired", "reversed")}
        issued = came.pop("issued")
        rows.append(
            PointsMonth(
                month=month, opening=opening, issued=issued, **named,
                other=sum(came.values()) - sum(went.values()), closing=closing[place],
            )
        )  # fmt: skip
    return tuple(rows)


def _liability(
    accounts: Accounts, there: Balances, wallet: Wallet, expected: Expected
) -> tuple[dict[str, Any], tuple[ExpiryRow, ...]]:
    """Value what is outstanding, by month of expiry."""
    currency = accounts.policy.currency
    value = point_value(wallet.redemption, currency)
    likely = liability(there, value=value, expected=expected, currency=currency)
    left = unused(there)
    most = int(left.points.sum()) * value
    owed = {
        "total": likely.total,
        "at_most": rounded(most, likely.rounding),
        "points_per_unit": _written(wallet.redemption.points_per_unit),
        "share": float(sum(likely.exact, Fraction(0)) / most) if most else None,
    }
    points = still_unused(likely.keys, likely.points, int(left.past.sum()))
    return owed, tuple(
        ExpiryRow(key=key, label=OUTSTANDING.get(key, Label(key, key)), points=many, amount=amount)
        for key, many, amount in zip(likely.keys, points, likely.amounts, strict=True)
        if many
    )


def still_unused(keys: Sequence[str], points: Iterable[int], past: int) -> list[int]:
    """Take what is past its expiry off the group that it is in, by month of expiry."""
    return [many - past if key == LAPSED else many for key, many in zip(keys, points, strict=True)]


def _written(rate: Fraction) -> str:
    """Write an exact rate: as a decimal where it is one of at most four places, else as a fraction."""
    return f"{float(rate):.10g}" if 10_000 % rate.denominator == 0 else str(rate)


def _lapsing(there: Balances, as_of: np.datetime64) -> Lapsing:
    """Count what can be spent now, and not any more some weeks later."""
    ends = there.lots.expires_at
    soon = (ends > as_of) & (ends <= as_of + np.timedelta64(SOON_DAYS, "D"))
    points = np.where(soon, there.of(Bucket.AVAILABLE), 0)
    owners = add_up(there.lots.account, points, len(there.lots.accounts))
    return Lapsing(days=SOON_DAYS, points=int(points.sum()), customers=int(np.count_nonzero(owners)))


def breakage_of(cohorts: Cohorts, guess: Forecast | Withheld) -> Breakage:
    """Say what share lapses: of what has run its course, and in the end, and how good such forecasts were.

    Args:
        cohorts: The points by month of award.
        guess: What was forecast of them.
    """
    matured = matured_breakage(cohorts)
    told: dict[str, Any] = {"matured": None, "months": 0}
    if not isinstance(matured, Withheld):
        told = {"matured": float(matured.rate), "months": len(matured.months)}
    if isinstance(guess, Withheld):
        return Breakage(**told, withheld=guess.reason, untested=guess.reason)
    low, high = _interval(guess)
    test = back_test(cohorts, HIDDEN_MONTHS)
    if isinstance(test, Withheld):
        told["untested"] = test.reason
    else:
        said = rounded(sum(test.forecast, Fraction(0)), "half_up")
        told["tested"] = BackTested(months=HIDDEN_MONTHS, forecast=said, actual=sum(test.actual))
    return Breakage(**told, forecast=float(guess.breakage), low=low, high=high)


def _interval(guess: Forecast) -> tuple[float | None, float | None]:
    """Give the 95 % interval of the forecast, within 0 and 1."""
    if guess.spread is None:
        return None, None
    whole = float(sum(cohort.kept_at_last for cohort in guess.cohorts))
    apart = _SIGMAS * guess.spread.total / whole
    if not np.isfinite(apart):
        return None, None
    return max(float(guess.breakage) - apart, 0.0), min(float(guess.breakage) + apart, 1.0)


def _redeeming(moved: MovementTable, periods: Flows) -> Redeeming:
    """Say who redeemed in the latest months."""
    months = min(LATEST_MONTHS, len(periods))
    found = redemption_activity(moved, periods.edges[-months - 1 :])
    return Redeeming(
        months=months,
        able=found.all_able,
        customers=found.all_accounts,
        times=found.all_redemptions,
        points=found.all_points,
        median_days=None if found.median_days is None else int(found.median_days),
        often=tuple((OFTEN[key], many) for key, many in found.often.items()),
        spent_on=tuple(
            SpentOnRow(
                label=_spent_on(one.what), points=one.points, times=one.redemptions, customers=one.accounts
            )
            for one in found.spent_on
        ),
    )


def _spent_on(what: str | None) -> Label:
    if what is None:
        return NOT_SAID
    return MONEY_OFF if what == "order" else Label(what, what)
