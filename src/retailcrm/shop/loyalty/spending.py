"""What is written where points are spent, set aside or given back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import attrs

from retailcrm.domain.points.awarding import extend
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.holds import Allocation, total
from retailcrm.domain.points.outcomes import Accepted, Refusal
from retailcrm.domain.points.quotes import NoQuote, quote_redemption, redeem_quote
from retailcrm.domain.points.reversal import give_back
from retailcrm.domain.points.spending import capture, divided, redeem, reserve, void
from retailcrm.domain.points.terms import worth
from retailcrm.errors import NotFoundError
from retailcrm.ports.ledger import Spending
from retailcrm.shop.loyalty.accounts import customer_of, wallet_of
from retailcrm.shop.loyalty.once import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.domain.identity import Identity
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.outcomes import Limit, Outcome
    from retailcrm.domain.points.terms import Cart
    from retailcrm.shop.loyalty.accounts import Accounts, Current

Cause = Literal["customer", "shop"]


def redeemed(
    accounts: Accounts,
    who: str | Identity,
    points: int,
    cart: Cart | None,
    key: str,
    reference: str,
    wallet: str,
) -> Plan | Refusal:
    """Spend points at once."""
    current, now = accounts.spendable(who, wallet), accounts.clock()
    reference = reference or f"order:{key}"
    rule = current.wallet.redemption
    if cart is None:
        if (refusal := _unfit(current, points)) is not None:
            return refusal
        outcome = redeem(current.account, points, key=key, now=now, reference=reference)
        return _spent(accounts, current, outcome, key, worth(points, rule, accounts.unit))
    quote = quote_redemption(current.account, cart, points, rule, unit=accounts.unit, now=now)
    if isinstance(quote, NoQuote):
        return Refusal(
            account=current.account, entries=(), limit=quote.limit, asked=points, allowed=quote.allowed,
            message=quote.message,
        )  # fmt: skip
    granted = redeem_quote(current.account, quote, key=key, now=now, reference=reference)
    if isinstance(granted, Refusal):
        return granted
    return _spent(accounts, current, granted.outcome, key, granted.value)


def reserved(
    accounts: Accounts,
    who: str | Identity,
    points: int,
    key: str,
    minutes: int | None,
    reference: str,
    wallet: str,
) -> Plan | Refusal:
    """Set points aside."""
    current, now = accounts.spendable(who, wallet), accounts.clock()
    if (refusal := _unfit(current, points)) is not None:
        return refusal
    ends_at = now + timedelta(minutes=minutes or current.wallet.redemption.hold_minutes)
    outcome = reserve(
        current.account, points, hold=key, ends_at=ends_at, key=key, now=now, reference=reference
    )
    if isinstance(outcome, Refusal):
        return outcome
    plan = _plan(current, outcome, outcome.points)
    return attrs.evolve(plan, detail={"reservation": key, "ends_at": ends_at.isoformat()})


def captured(accounts: Accounts, reservation: str, points: int | None, key: str) -> Plan | Refusal:
    """Spend what was reserved."""
    current = _holder(accounts, reservation)
    outcome = capture(current.account, reservation, points, key=key, now=accounts.clock())
    if isinstance(outcome, Refusal):
        return outcome
    value = worth(outcome.points, current.wallet.redemption, accounts.unit)
    return _spent(accounts, current, outcome, key, value)


def voided(accounts: Accounts, reservation: str, key: str) -> Plan | Refusal:
    """End a reservation without spending."""
    current = _holder(accounts, reservation)
    outcome = void(current.account, reservation, key=key, now=accounts.clock())
    return outcome if isinstance(outcome, Refusal) else _plan(current, outcome, outcome.points)


def given_back(
    accounts: Accounts, redemption: str, points: int | None, cause: str, key: str
) -> Plan | Refusal:
    """Return redeemed points to their lots."""
    told = accounts.ledger.spending(redemption)
    if told is None:
        raise NotFoundError(f"nothing was redeemed with key {redemption!r}")
    current = accounts.at(told.account)
    wanted = total(told.allocations) if points is None else points
    policy = current.wallet.late if cause == "customer" else current.wallet.late_by_shop
    outcome = give_back(
        current.account, told.allocations, wanted, accounts.ledger.lots(told.account), key=key,
        now=accounts.clock(), policy=policy, reference=redemption,
    )  # fmt: skip
    if isinstance(outcome, Refusal):
        return outcome
    rest = divided(told.allocations, wanted)[1]
    plan = _plan(current, outcome, outcome.points)
    return attrs.evolve(plan, spendings=(attrs.evolve(told, allocations=rest),))


def _unfit(current: Current, points: int) -> Refusal | None:
    """Refuse a number of points that the wallet does not let anybody spend at a time."""
    rule = current.wallet.redemption
    wanted: dict[Limit, tuple[bool, int, str]] = {
        "minimum": (points < rule.least, rule.least, f"at least {rule.least} points are spent at a time"),
        "multiple": (
            points % rule.multiple != 0, points - points % rule.multiple,
            f"points are spent in multiples of {rule.multiple}",
        ),
    }  # fmt: skip
    for limit, (bound, allowed, message) in wanted.items():
        if bound:
            return Refusal(
                account=current.account, entries=(), limit=limit, asked=points, allowed=allowed,
                message=message,
            )  # fmt: skip
    return None


def _holder(accounts: Accounts, reservation: str) -> Current:
    """Find the account of a reservation: where it was made, or where it went with a merge."""
    effect = accounts.ledger.effect("reserve", reservation)
    if effect is None:
        raise NotFoundError(f"nothing was reserved with key {reservation!r}")
    account = effect.done.account
    return accounts.current(customer_of(account), wallet_of(account))


def _spent(accounts: Accounts, current: Current, outcome: Outcome, key: str, value: int) -> Plan | Refusal:
    """Write a spending, and what it was of, so that it can be given back."""
    if isinstance(outcome, Refusal):
        return outcome
    entries, account = list(outcome.entries), outcome.account
    spent = Spending(
        key=key,
        account=account.id,
        allocations=_allocations(entries),
        points=outcome.points,
        value=value,
    )
    if current.wallet.inactive is not None:
        now = accounts.clock()
        longer = extend(account, key=key, now=now, active_at=now)
        account, entries = longer.account, [*entries, *longer.entries]
    return Plan(
        changes=(current.change(account, entries),),
        points=outcome.points,
        detail={"value": value},
        awards=current.awards,
        spendings=(spent,),
    )


def _allocations(entries: Sequence[Entry]) -> tuple[Allocation, ...]:
    spending = next(e for e in reversed(entries) if e.verb in (Verb.REDEEM, Verb.CAPTURE))
    return tuple(Allocation(one.lot, one.points) for one in spending.movements)


def _plan(current: Current, outcome: Accepted, points: int) -> Plan:
    return Plan(
        changes=(current.change(outcome.account, outcome.entries),), points=points, awards=current.awards
    )
