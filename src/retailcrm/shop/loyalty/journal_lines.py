"""What to book for the latest whole month: sales that earned points, points redeemed, breakage."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.local_time import local_months
from retailcrm.analytics.points.accounting import ACCOUNTS, BREAKAGE_REVENUE, POINTS_REVENUE
from retailcrm.analytics.points.breakage import Expected, Withheld, breakage_forecast
from retailcrm.analytics.points.cohorts import month_start
from retailcrm.analytics.points.liability import point_value, rounded
from retailcrm.analytics.points.outstanding import add_up, balances, month_keys
from retailcrm.analytics.points.positions import journals, positions, priced_points
from retailcrm.report.data.points import BookLine, Recognised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.analytics.points.accounting import JournalLine
    from retailcrm.analytics.points.breakage import Forecast
    from retailcrm.analytics.points.outstanding import Balances
    from retailcrm.analytics.tables import Instants, Ints
    from retailcrm.analytics.tables.points import MovementTable
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.shop.loyalty.gathering import Gathered

_ALL: Expected = Expected(other=Fraction(1))


@attrs.frozen(kw_only=True)
class Known:
    """What was worked out for a moment.

    Attributes:
        there: What every lot holds.
        guess: How many points will be redeemed.
    """

    there: Balances
    guess: Forecast | Withheld


def latest_lines(
    found: Gathered, wallet: Wallet, currency: str, as_of: np.datetime64, now: Known
) -> tuple[str, tuple[BookLine, ...], Recognised | None]:
    """Write the journal lines of the latest whole month.

    Points are expected to be redeemed by the share that could be forecast at the beginning of the month;
    before anything could be, all of them. What is outstanding then and at the end goes by the forecast of
    each moment, and the difference is caught up with.

    Args:
        found: The wallet's points and sales.
        wallet: Its rules.
        currency: ISO 4217 code.
        as_of: UTC, exclusive.
        now: What was worked out for that moment.

    Returns:
        The month as ``YYYY-MM``, its lines, and how its revenue of points compares with what they paid;
        nothing if no month of orders is over.
    """
    moved = found.movements
    zone = moved.lots.zone
    last = int(local_months(np.array([as_of], INSTANT), zone)[0])
    begins, ends = month_start(last - 1, zone), month_start(last, zone)
    if not len(found.sold_at) or not (found.sold_at < ends).any():
        return "", (), None
    first = min(found.sold_at.min(), moved.effective_at.min(), begins - np.timedelta64(1, "us"))
    edges = np.array([first, begins, ends], INSTANT)
    (before, share), (after, _) = (
        _expected(moved, now if at == as_of else _known(moved, at)) for at in (begins, ends)
    )
    value = point_value(wallet.redemption, currency)
    stand = positions(
        priced_points(moved, edges),
        sold=_sums(found.sold_at, found.sold, edges),
        refunded=_sums(found.refunded_at, found.refunded, edges),
        value=value,
        share=share,
        outstanding=[before, after],
    )
    lines = journals(stand)[-1]
    booked = tuple(
        BookLine(event=line.label, account=ACCOUNTS[line.account], debit=line.debit, credit=line.credit)
        for line in lines
    )
    spent = stand[-1].redeemed - stand[-2].redeemed
    return month_keys(np.array([last - 1]))[0], booked, _recognised(lines, spent, value)


def _recognised(lines: Sequence[JournalLine], spent: int, value: Fraction) -> Recognised:
    """Put what points paid beside the revenue that their lines show."""
    revenue = {POINTS_REVENUE: 0, BREAKAGE_REVENUE: 0}
    for line in lines:
        if line.account in revenue:
            revenue[line.account] += line.credit - line.debit
    paid = rounded(abs(spent) * value, "half_up")
    return Recognised(
        points=spent,
        worth=paid if spent >= 0 else -paid,
        redeemed=revenue[POINTS_REVENUE],
        broken=revenue[BREAKAGE_REVENUE],
    )


def _known(moved: MovementTable, at: np.datetime64) -> Known:
    return Known(there=balances(moved, at), guess=breakage_forecast(moved, at))


def _expected(moved: MovementTable, known: Known) -> tuple[Fraction, Fraction]:
    """Give the share of outstanding points, and of all, that was expected to be redeemed at a moment."""
    guess, there = known.guess, known.there
    expected = _ALL if isinstance(guess, Withheld) else guess.expected()
    months = local_months(moved.lots.awarded_at, moved.lots.zone)
    first = int(months.min())
    left = add_up(months - first, there.open, int(months.max()) - first + 1).tolist()
    whole = sum(left)
    likely = sum((points * expected.of(first + place) for place, points in enumerate(left)), Fraction(0))
    share = Fraction(1) if isinstance(guess, Withheld) else guess.share
    return (likely / whole if whole else Fraction(0)), share


def _sums(at: Instants, amount: Ints, edges: Instants) -> list[int]:
    """Add up amounts in each period."""
    inside = (at >= edges[0]) & (at < edges[-1])
    period = np.searchsorted(edges, at[inside], side="right") - 1
    return [int(amount[inside][period == place].sum()) for place in range(len(edges) - 1)]
