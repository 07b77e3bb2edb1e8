"""What is written where points come in, or are taken back."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.adjusting import adjust
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.refunds import refund_order, split_refund
from retailcrm.domain.points.reversal import Reversed, reverse
from retailcrm.errors import InputError, NotFoundError
from retailcrm.shop.loyalty.accounts import customer_of
from retailcrm.shop.loyalty.once import Plan

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.identity import Identity
    from retailcrm.domain.money import Money
    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.following import Awarded, OrderFacts
    from retailcrm.shop.loyalty.accounts import Accounts
    from retailcrm.shop.loyalty.spending import Cause


def of_order(accounts: Accounts, buyer: Identity, facts: OrderFacts | None, wallet: str) -> Plan | Refusal:
    """Take in what an order tells."""
    if facts is None:
        return _nothing(accounts.current(buyer, wallet).account, "the order was not paid")
    current = accounts.current(buyer, wallet, [facts])
    known = accounts.awards(current).get(facts.reference)
    return Plan(
        changes=(current.change(current.account),),
        points=0 if known is None else known.award.points,
        awards=current.awards,
    )


def reversed_by(
    accounts: Accounts, order: str, refunded: Money, key: str, at: datetime | None, wallet: str
) -> Plan | Refusal:
    """Take back what a refund takes."""
    rules = accounts.programme.wallet(wallet)
    home = accounts.ledger.awarded(rules.name, order)
    customer = None if home is None else customer_of(home)
    current = None if customer is None else accounts.current(customer, wallet)
    told = None if current is None else accounts.awards(current).get(order)
    if current is None or told is None or home is None:
        return _nothing(accounts.empty(wallet), f"nothing was awarded for order {order!r}")
    _check_amount(accounts, refunded)
    share = min(told.share + Fraction(refunded.minor, told.gross), Fraction(1))
    award = Reversed(
        awarded=told.award.points, lots=accounts.lots_of(current, told.lot),
        points=told.taken, forgiven=told.forgiven,
    )  # fmt: skip
    now = accounts.clock()
    outcome = reverse(
        current.account, award, share, key=key, now=now, effective_at=in_utc(at) if at else now,
        shortfall=rules.shortfall, reference=order,
    )  # fmt: skip
    if isinstance(outcome, Refusal):
        return outcome
    after = attrs.evolve(
        told,
        share=share,
        taken=told.taken + outcome.points,
        forgiven=told.forgiven + sum(entry.forgiven for entry in outcome.entries),
    )
    return Plan(
        changes=(current.change(outcome.account, outcome.entries),),
        points=outcome.points,
        awards=(*((a, one) for a, one in current.awards if one.reference != order), (home, after)),
    )


def refunded_order(
    accounts: Accounts,
    order: str,
    amount: Money,
    redemption: str,
    key: str,
    at: datetime | None,
    cause: Cause,
    wallet: str,
) -> Plan | Refusal:
    """Take back what an order earned and give back what was spent on it, by what was paid how."""
    spent = accounts.ledger.spending(redemption)
    if spent is None:
        raise NotFoundError(f"nothing was redeemed with key {redemption!r}")
    told, home = _told(accounts, order, wallet)
    if told is None or home is None:
        return _nothing(accounts.empty(wallet), f"nothing was awarded for order {order!r}")
    _check_amount(accounts, amount)
    current = accounts.current(customer_of(home), wallet)
    told = accounts.awards(current)[order]
    whole, now = told.gross + spent.value, accounts.clock()
    share = min(told.share + Fraction(amount.minor, whole), Fraction(1))
    parts = split_refund(
        paid_cash=told.gross, paid_points_value=spent.value, points_spent=spent.points,
        refund_so_far=spent.refunded, refund_now=amount.minor, how=current.wallet.redemption.refund,
    )  # fmt: skip
    award = Reversed(
        awarded=told.award.points, lots=accounts.lots_of(current, told.lot),
        points=told.taken, forgiven=told.forgiven,
    )  # fmt: skip
    done = refund_order(
        current.account, award, spent.allocations, accounts.all_lots(current), wallet=current.wallet,
        share=share, points_back=parts.points, by_shop=cause == "shop", key=key, now=now,
        effective_at=in_utc(at) if at else now, reference=order,
    )  # fmt: skip
    if isinstance(done, Refusal):
        return done
    after = attrs.evolve(
        told, share=share, taken=told.taken + done.taken_back, forgiven=told.forgiven + done.forgiven
    )
    rest = attrs.evolve(spent, allocations=done.spent, refunded=spent.refunded + amount.minor)
    return Plan(
        changes=(current.change(done.outcome.account, done.outcome.entries),),
        points=done.given_back,
        detail={"cash": parts.cash, "given_back": done.given_back, "taken_back": done.taken_back},
        awards=(*((a, one) for a, one in current.awards if one.reference != order), (home, after)),
        spendings=(rest,),
    )


def _told(accounts: Accounts, order: str, wallet: str) -> tuple[Awarded | None, str | None]:
    """Find what an order earned, and in which account."""
    home = accounts.ledger.awarded(accounts.programme.wallet(wallet).name, order)
    return (None, None) if home is None else (accounts.ledger.awards(home)[order], home)


def _check_amount(accounts: Accounts, amount: Money) -> None:
    if amount.currency != accounts.policy.currency or amount.minor < 1:
        raise InputError(f"a refund is an amount in {accounts.policy.currency} above 0, not {amount}")


def adjusted(
    accounts: Accounts,
    who: str | Identity,
    points: int,
    key: str,
    reason: str,
    actor: str,
    wallet: str,
) -> Plan | Refusal:
    """Correct an account by hand."""
    current = accounts.current(who, wallet)
    outcome = adjust(
        current.account, points, key=key, now=accounts.clock(), reason=reason, actor=actor,
        expiry=current.wallet.expiry,
    )  # fmt: skip
    if isinstance(outcome, Refusal):
        return outcome
    return Plan(
        changes=(current.change(outcome.account, outcome.entries),),
        points=outcome.points,
        awards=current.awards,
    )


def _nothing(account: Account, message: str) -> Refusal:
    return Refusal(account=account, entries=(), limit="nothing", asked=0, allowed=0, message=message)
