"""Referrals whose order goes back after it counted: found wherever the refund is told, unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.points.referrals import Stage
from retailcrm.ports.outcomes import Done, Staged
from retailcrm.shop.loyalty.once import Plan, once
from retailcrm.shop.loyalty.orders_told import went_back
from retailcrm.shop.loyalty.referring import taken_back

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from retailcrm.domain.points.following import OrderFacts
    from retailcrm.domain.points.referrals import Brought
    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.loyalty.accounts import Accounts
    from retailcrm.shop.loyalty.orders_told import WentBack

_STANDING = (Stage.QUALIFIED, Stage.HELD)


def with_referral(
    accounts: Accounts, outcome: Outcome, order: str, key: str, told: OrderFacts | None = None
) -> Outcome:
    """After a command about an order, take back the referral that it counted for, if it is too small by now.

    A command of its own, under the key ``<key>/referral``: whoever is stopped between the two gives the
    first one again.

    Args:
        accounts: The shop's accounts.
        outcome: What the command came to.
        order: The order's reference.
        key: The command's idempotency key.
        told: The order as it was handed in, if it was.

    Returns:
        The command's own outcome.
    """
    if isinstance(outcome, Done | Staged) and _undone(accounts, order, told) is not None:
        once(
            accounts.ledger, "referral_refund", f"{key}/referral", {"order": order},
            lambda: _plan(accounts, order, told, f"{key}/referral"),
        )  # fmt: skip
    return outcome


def undone(accounts: Accounts, now: datetime) -> Iterator[Plan]:
    """Take back every referral whose order is too small by what the files and verbs tell.

    Args:
        accounts: The shop's accounts.
        now: When it is written; aware.
    """
    for state in sorted(accounts.ledger.referrals(), key=lambda one: one.referred):
        back = _undone(accounts, state.order)
        if back is not None:
            key = f"advance:{now.isoformat()}/referral"
            yield taken_back(accounts, state, back.net, back.at, key, now)


def _undone(accounts: Accounts, order: str, told: OrderFacts | None = None) -> WentBack | None:
    """Give what an order comes to, if it counted for a referral that stands and is too small for it."""
    state = accounts.ledger.referral_of(order)
    if state is None or state.stage not in _STANDING:
        return None
    back = went_back(accounts, state.referred, order, told)
    return back if back is not None and back.net < state.least else None


def _plan(accounts: Accounts, order: str, told: OrderFacts | None, key: str) -> Plan:
    state: Brought | None = accounts.ledger.referral_of(order)
    back = _undone(accounts, order, told)
    if state is None or back is None:
        # Somebody else took it back first.
        return Plan(changes=(), points=0)
    return taken_back(accounts, state, back.net, back.at, key, accounts.clock())
