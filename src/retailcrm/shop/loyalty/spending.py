"""What is written where points are spent, set aside or given back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import attrs

from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.holds import Allocation, total
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.quotes import Quote, quote_redemption, redeem_quote
from retailcrm.domain.points.reversal import give_back
from retailcrm.domain.points.spending import capture, divided, positive, redeem, reserve, void
from retailcrm.domain.points.terms import worth
from retailcrm.errors import InputError, NotFoundError
from retailcrm.ports.ledger import Spending
from retailcrm.shop.loyalty.accounts import customer_of, wallet_of
from retailcrm.shop.loyalty.joining import as_known
from retailcrm.shop.loyalty.plans import plan_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.domain.identity import Identity
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.outcomes import Limit, Outcome
    from retailcrm.domain.points.terms import Cart
    from retailcrm.shop.loyalty.accounts import Accounts, Current
    from retailcrm.shop.loyalty.once import Plan

Cause = Literal["customer", "shop"]


def redeemed(
    accounts: Accounts,
    who: str | Identity,
    points: int,
    cart: Cart | None,
    key: str,
    order: str,
    reference: str,
    wallet: str,
) -> Plan | Refusal:
    """Spend points at once."""
    current, now = accounts.spendable(who, wallet), accounts.clock()
    reference = reference or f"order:{order or key}"
    rule = current.wallet.redemption
    if cart is None:
        if (refusal := _unfit(current, points)) is not None:
            return refusal
        outcome = redeem(current.account, points, key=key, now=now, reference=reference)
        return _spent(accounts, current, outcome, key, worth(points, rule, accounts.unit), order)
    quote = _quoted(accounts, current, cart, points)
    if isinstance(quote, Refusal):
        return quote
    granted = redeem_quote(current.account, quote, key=key, now=now, reference=reference)
    if isinstance(granted, Refusal):
        return granted
    return _spent(accounts, current, granted.outcome, key, granted.value, order, remainder=quote.remainder)


def _quoted(accounts: Accounts, current: Current, cart: Cart, points: int) -> Quote | Refusal:
    """Quote what points pay of a cart, or refuse."""
    quote = quote_redemption(
        current.account, cart, points, current.wallet.redemption, unit=accounts.unit, now=accounts.clock()
    )
    if isinstance(quote, Quote):
        return quote
    return Refusal(
        account=current.account, entries=(), limit=quote.limit, asked=points, allowed=quote.allowed,
        message=quote.message,
    )  # fmt: skip


def reserved(
    accounts: Accounts,
    who: str | Identity,
    points: int,
    cart: Cart | None,
    key: str,
    minutes: int | None,
    order: str,
    wallet: str,
) -> Plan | Refusal:
    """Set points aside."""
    current, now = accounts.spendable(who, wallet), accounts.clock()
    quote = None if cart is None else _quoted(accounts, current, cart, points)
    if isinstance(quote, Refusal):
        return quote
    points = points if quote is None else quote.points
    if (refusal := _unfit(current, points)) is not None:
        return refusal
    ends_at = now + timedelta(minutes=minutes_of(minutes, current))
    outcome = reserve(
        current.account, points, hold=key, ends_at=ends_at, key=key, now=now,
        reference=f"order:{order}" if order else "",
    )  # fmt: skip
    value = worth(points, current.wallet.redemption, accounts.unit) if quote is None else quote.value
    held = outcome.account.hold(key)
    detail = {
        "reservation": key,
        "ends_at": (ends_at if held is None else held.ends_at).isoformat(),
        "value": value,
    } | ({} if quote is None else {"remainder": quote.remainder})
    return plan_of(accounts, current, outcome, key, detail=detail)


def minutes_of(asked: int | None, current: Current) -> int:
    """Give how long a reservation holds."""
    most = current.wallet.redemption.hold_minutes
    if asked is not None and not 1 <= asked <= most:
        raise InputError(f"a reservation holds for 1 to {most} minutes in this wallet, not {asked}")
    return asked or most


def captured(accounts: Accounts, reservation: str, points: int | None, key: str) -> Plan | Refusal:
    """Spend what was reserved."""
    current = _holder(accounts, reservation)
    held = current.account.hold(reservation)
    outcome = capture(current.account, reservation, points, key=key, now=accounts.clock())
    if isinstance(outcome, Refusal):
        return outcome
    value = worth(outcome.points, current.wallet.redemption, accounts.unit)
    order = "" if held is None else held.reference.removeprefix("order:")
    left = _left_of_cart(accounts, reservation, value)
    returned = None if held is None else held.points - outcome.points
    return _spent(accounts, current, outcome, key, value, order, remainder=left, returned=returned)


def _left_of_cart(accounts: Accounts, reservation: str, value: int) -> int | None:
    """Give what a captured reservation leaves to be paid of its cart; ``None`` where no cart was given."""
    effect = accounts.ledger.effect("reserve", reservation)
    detail = {} if effect is None else effect.done.detail
    left = detail.get("remainder")
    return None if left is None else int(left) + int(detail["value"]) - value


def voided(accounts: Accounts, reservation: str, key: str) -> Plan | Refusal:
    """End a reservation without spending."""
    current = _holder(accounts, reservation)
    outcome = void(current.account, reservation, key=key, now=accounts.clock())
    return plan_of(accounts, current, outcome, key)


def given_back(
    accounts: Accounts, redemption: str, points: int | None, cause: str, key: str
) -> Plan | Refusal:
    """Return redeemed points to their lots."""
    told = accounts.ledger.spending(redemption)
    if told is None:
        raise NotFoundError(f"nothing was redeemed with key {redemption!r}")
    if told.reward:
        raise InputError(f"{redemption!r} bought a reward: bring its pieces back, and the points come along")
    told = as_known(accounts, told)
    current = accounts.at(told.account)
    wanted = total(told.allocations) if points is None else points
    if points is not None:
        positive(points)
    policy = current.wallet.late if cause == "customer" else current.wallet.late_by_shop
    outcome = give_back(
        current.account, told.allocations, wanted, accounts.ledger.lots(told.account), key=key,
        now=accounts.clock(), policy=policy, reference=redemption,
    )  # fmt: skip
    rest = divided(told.allocations, wanted)[1]
    return plan_of(accounts, current, outcome, key, spendings=(attrs.evolve(told, allocations=rest),))


def _unfit(current: Current, points: int) -> Refusal | None:
    """Refuse a number of points that the wallet does not let anybody spend at a time."""
    positive(points)
    rule = current.wallet.redemption
    limit: Limit
    if points < rule.least:
        limit, allowed = "minimum", rule.least
        message = f"at least {rule.least} points are spent at a time"
    elif points % rule.multiple:
        limit, allowed = "multiple", points - points % rule.multiple
        message = f"points are spent in multiples of {rule.multiple}"
    else:
        return None
    return Refusal(
        account=current.account, entries=(), limit=limit, asked=points, allowed=allowed, message=message
    )


def _holder(accounts: Accounts, reservation: str) -> Current:
    """Find the account of a reservation: where it was made, or where it went with a merge."""
    effect = accounts.ledger.effect("reserve", reservation)
    if effect is None:
        raise NotFoundError(f"nothing was reserved with key {reservation!r}")
    current = accounts.current(customer_of(effect.done.account), wallet_of(effect.done.account))
    home = accounts.ledger.holder(reservation)
    if home is None or home == current.stored.id:
        return current
    return accounts.current(customer_of(home), wallet_of(home))


def _spent(
    accounts: Accounts,
    current: Current,
    outcome: Outcome,
    key: str,
    value: int,
    order: str,
    *,
    remainder: int | None = None,
    returned: int | None = None,
) -> Plan | Refusal:
    """Write a spending, and what it was of, so that it can be given back."""
    if isinstance(outcome, Refusal):
        return outcome
    spent = Spending(
        key=key, account=outcome.account.id, allocations=_allocations(outcome.entries),
        points=outcome.points, value=value, order=order,
    )  # fmt: skip
    more = {"remainder": remainder, "returned": returned}
    detail = {"value": value} | {name: one for name, one in more.items() if one is not None}
    return plan_of(
        accounts, current, outcome, key, active=True, detail=detail, spendings=(spent,), names=True
    )


def _allocations(entries: Sequence[Entry]) -> tuple[Allocation, ...]:
    spending = next(e for e in reversed(entries) if e.verb in (Verb.REDEEM, Verb.CAPTURE))
    return tuple(Allocation(one.lot, one.points) for one in spending.movements)
