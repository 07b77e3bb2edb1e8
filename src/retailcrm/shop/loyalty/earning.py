"""What is written where points come in, or are taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.points.adjusting import adjust
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.errors import InputError
from retailcrm.shop.loyalty.once import Plan
from retailcrm.shop.loyalty.plans import plan_of

if TYPE_CHECKING:
    from retailcrm.domain.identity import Identity
    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.following import OrderFacts
    from retailcrm.shop.loyalty.accounts import Accounts


def of_order(accounts: Accounts, buyer: Identity, facts: OrderFacts | None, wallet: str) -> Plan | Refusal:
    """Take in what an order tells."""
    if facts is None:
        return _nothing(accounts.current(buyer, wallet).account, "the order was not paid")
    if facts.paid_at > accounts.clock():
        raise InputError(f"order {facts.reference} is said to be paid at {facts.paid_at}: that is to come")
    current = accounts.current(buyer, wallet, [facts])
    known = accounts.award(current, facts.reference)
    return Plan(
        changes=(current.change(current.account),),
        points=0 if known is None else known.award.points,
        awards=current.awards,
        spendings=current.spendings,
    )


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
    return plan_of(accounts, current, outcome, key)


def _nothing(account: Account, message: str) -> Refusal:
    return Refusal(account=account, entries=(), limit="nothing", asked=0, allowed=0, message=message)
