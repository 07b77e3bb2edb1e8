"""How everybody's points stand at a moment: a row a customer, what lapses when, what the shop owes."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import MISSING
from retailcrm.analytics.local_time import local_day, local_days
from retailcrm.analytics.points.breakage import Expected, Forecast, Withheld, forecast
from retailcrm.analytics.points.cohorts import cohorts_of
from retailcrm.analytics.points.flows import INTO, OUT_OF, flows
from retailcrm.analytics.points.liability import Liability, liability, point_value
from retailcrm.analytics.points.outstanding import add_up, balances, expiry_groups
from retailcrm.analytics.points.paid_orders import PAID_FOR_SURE
from retailcrm.shop.loyalty.balance_table import CustomerPoints, value_of
from retailcrm.shop.loyalty.figures import breakage_of, still_unused, unused
from retailcrm.shop.loyalty.gathering import gathered
from retailcrm.shop.loyalty.journal_of import debts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.analytics.points.outstanding import Balances
    from retailcrm.analytics.tables import Ints, OrderTable
    from retailcrm.analytics.tables.points import MovementTable
    from retailcrm.domain.labels import Label
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.report.data import Breakage
    from retailcrm.shop.loyalty.accounts import Accounts
    from retailcrm.shop.loyalty.figures import Unused
    from retailcrm.shop.policy import Policy

_US: Final = np.timedelta64(1, "us")
_FAR: Final = int(np.iinfo(np.int64).max)
_ALL: Final = Expected(other=Fraction(1))


@attrs.frozen(kw_only=True)
class OrdersSeen:
    """Orders that were paid, and whose they are.

    Attributes:
        paid: How many.
        gross: What they came to before refunds, minor units.
        nobody: Thereof those whose buyer cannot be told from others: nobody earns points with them.
        nobody_gross: What these came to.
        credit_notes: Notes that stand for themselves: they name no order, so they take no points back.
        earning: Orders that earned points.
        one_by_one: Thereof those whose points were worked out one by one, because columns could not.
    """

    paid: int = 0
    gross: int = 0
    nobody: int = 0
    nobody_gross: int = 0
    credit_notes: int = 0
    earning: int = 0
    one_by_one: int = 0


@attrs.frozen(kw_only=True)
class Expiring:
    """Unused points whose last day lies in one month.

    Attributes:
        key: ``YYYY-MM``; or ``never``, ``waiting``, or ``lapsed`` for what a checkout holds of lapsed points.
        points: How many.
        customers: Whose.
        amount: What they are expected to cost, minor units; ``None`` in a wallet that is never spent.
    """

    key: str
    points: int
    customers: int
    amount: int | None


@attrs.frozen(eq=False, kw_only=True)
class Standing:
    """Everybody's points in one wallet at one moment.

    Attributes:
        wallet: Its rules.
        customers: One row for each customer who ever had any.
        flows: Points of each word of ``INTO`` and ``OUT_OF`` (in ``retailcrm.analytics.points.flows``) since
            the beginning; words without any are left out.
        past: Points that have had their last day and lapse at the moment itself: not outstanding any more.
        expiring: What is outstanding, by the month of its last day.
        owed: What it is expected to cost; ``None`` in a wallet that is never spent.
        at_most: What it would cost if every point were spent; likewise.
        assumed: Why every point is expected to be spent; ``None`` if a share could be forecast.
        breakage: The forecast and how good it would have been; ``None`` in a wallet that is never spent.
        orders: The orders behind it.
    """

    wallet: Wallet
    customers: CustomerPoints
    flows: Mapping[str, int]
    past: int
    expiring: tuple[Expiring, ...]
    owed: Liability | None
    at_most: Liability | None
    assumed: Label | None
    breakage: Breakage | None
    orders: OrdersSeen

    @property
    def totals(self) -> dict[str, int]:
        """Points pending, available and held, of all customers."""
        return {name: int(getattr(self.customers, name).sum()) for name in ("pending", "available", "held")}

    @property
    def outstanding(self) -> int:
        """Unused points: neither spent nor lapsed nor taken back."""
        return sum(self.totals.values())

    @property
    def holders(self) -> int:
        """Customers who have unused points."""
        return int(np.count_nonzero(self.customers.points))


def standing(accounts: Accounts, as_of: np.datetime64, wallet: str = "") -> Standing:
    """Work out how everybody's points stand.

    Args:
        accounts: The shop's accounts.
        as_of: UTC, exclusive: what happened then or later is not looked at.
        wallet: Name of the wallet; the first if empty.

    Raises:
        SettingsError: There is no such wallet.
    """
    rules = accounts.programme.wallet(wallet)
    found = gathered(accounts, as_of, rules.name)
    moved = found.movements
    there = balances(moved, as_of)
    cohorts = cohorts_of(moved, as_of) if len(moved) and not rules.qualifying else None
    guess = None if cohorts is None else forecast(cohorts)
    owed, at_most = _liabilities(there, rules, accounts.policy.currency, guess)
    left = unused(there)
    owing = debts(accounts, rules.name, there.as_of, found.free)
    customers = _customers(accounts.policy, there, left, rules, owing)
    seen = _seen(accounts, as_of)
    return Standing(
        wallet=rules,
        customers=customers,
        flows=MappingProxyType(_flows(moved, as_of)),
        past=int(left.past.sum()),
        expiring=_expiring(there, left, owed),
        owed=owed,
        at_most=at_most,
        assumed=guess.reason if isinstance(guess, Withheld) else None,
        breakage=None if cohorts is None or guess is None else breakage_of(cohorts, guess),
        orders=attrs.evolve(seen, earning=found.orders, one_by_one=found.fallen_back),
    )


def _liabilities(
    there: Balances, rules: Wallet, currency: str, guess: Forecast | Withheld | None
) -> tuple[Liability | None, Liability | None]:
    """Value what is outstanding: as far as it is expected to be spent, and all of it."""
    if rules.qualifying:
        return None, None
    value = point_value(rules.redemption, currency)
    most = liability(there, value=value, expected=_ALL, currency=currency)
    if not isinstance(guess, Forecast):
        return most, most
    return liability(there, value=value, expected=guess.expected(), currency=currency), most


def _customers(
    policy: Policy, there: Balances, left: Unused, rules: Wallet, owing: Mapping[str, int]
) -> CustomerPoints:
    """Add up a row for each customer who ever had points."""
    lots = there.lots
    size = len(lots.accounts)
    last_day, lapsing = _next(there, left.points)
    sums = {
        name: add_up(lots.account, points, size)
        for name, points in (("pending", left.pending), ("available", left.available), ("held", left.held))
    }
    debt = np.zeros(size, np.int64)
    if owing:
        debt[:] = [owing.get(name, 0) for name in lots.accounts.tolist()]
    had = np.flatnonzero(np.bincount(lots.account, minlength=size))
    points = sum(sums.values(), np.zeros(size, np.int64))[had]
    return CustomerPoints(
        wallet=rules.name,
        currency=policy.currency,
        zone=lots.zone,
        as_of=there.as_of,
        policy_digest=policy.digest,
        customer_ids=lots.accounts.take(had),
        debt=debt[had],
        last_day=last_day[had],
        lapsing=lapsing[had],
        value=None if rules.qualifying else value_of(points, rules.redemption, policy.currency),
        **{name: column[had] for name, column in sums.items()},
    )


def _next(there: Balances, left: Ints) -> tuple[Ints, Ints]:
    """Give each account's last day of the points that lapse next, and how many those are."""
    lots = there.lots
    size = len(lots.accounts)
    # Without an expiry the comparison is false too.
    dated = (left > 0) & (lots.expires_at > there.as_of)
    ends = np.where(dated, lots.expires_at.view(np.int64), _FAR)
    first = np.full(size, _FAR, np.int64)
    np.minimum.at(first, lots.account, ends)
    soonest = dated & (ends == first[lots.account])
    known = first != _FAR
    days = np.full(size, MISSING, np.int64)
    days[known] = local_days(first[known].view("datetime64[us]") - _US, lots.zone)
    return days, add_up(lots.account, np.where(soonest, left, 0), size)


def _flows(moved: MovementTable, as_of: np.datetime64) -> dict[str, int]:
    """Add up what came and went since the beginning."""
    if not len(moved):
        return {}
    zone = moved.lots.zone
    first, last = (local_day(at, zone) for at in (moved.effective_at.min(), as_of - _US))
    if last < first:
        return {}
    found = flows(moved, _day(first), _day(last) + timedelta(days=1), "year")
    sums = {name: int(found.figures[name].sum()) for name in (*INTO, *OUT_OF)}
    return {name: points for name, points in sums.items() if points}


def _day(number: int) -> date:
    day: date = np.datetime64(number, "D").item()
    return day


def _expiring(there: Balances, left: Unused, owed: Liability | None) -> tuple[Expiring, ...]:
    """Say what lapses when, and whose it is."""
    keys, place = expiry_groups(there)
    points = still_unused(
        keys,
        add_up(place[place >= 0], there.open[place >= 0], len(keys)).tolist(),
        int(left.past.sum()),
    )
    inside = left.points > 0
    has = np.zeros((len(there.lots.accounts), len(keys)), np.bool_)
    has[there.lots.account[inside], place[inside]] = True
    customers = np.count_nonzero(has, axis=0).tolist()
    amounts = [None] * len(keys) if owed is None else owed.amounts
    return tuple(
        Expiring(key=key, points=many, customers=whose, amount=amount)
        for key, many, whose, amount in zip(keys, points, customers, amounts, strict=True)
        if many
    )


def _seen(accounts: Accounts, as_of: np.datetime64) -> OrdersSeen:
    """Count the paid orders, and those of nobody."""
    if accounts.observed() is None:
        return OrdersSeen()
    counts = np.array([_seen_in(orders, as_of) for orders in accounts.orders.parts()], object)
    paid, gross, nobody, nobody_gross, notes = counts.sum(axis=0).tolist()
    return OrdersSeen(paid=paid, gross=gross, nobody=nobody, nobody_gross=nobody_gross, credit_notes=notes)


def _seen_in(orders: OrderTable, as_of: np.datetime64) -> tuple[int, int, int, int, int]:
    """Count in one part: paid orders and their money, those of nobody and theirs, credit notes."""
    said = np.isin(orders.state, [int(state) for state in PAID_FOR_SURE])
    at = np.where(np.isnat(orders.paid_at) & said, orders.placed_at, orders.paid_at)
    paid = (at < as_of) & ~orders.credit & (orders.gross > 0)
    nobody = paid & (orders.customer < 0)
    return (
        int(np.count_nonzero(paid)),
        int(orders.gross[paid].sum()),
        int(np.count_nonzero(nobody)),
        int(orders.gross[nobody].sum()),
        int(np.count_nonzero(orders.credit & (orders.customer >= 0) & (at < as_of))),
    )
