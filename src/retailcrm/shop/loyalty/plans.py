"""From a decision on one account to what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retailcrm.domain.points.awarding import extend
from retailcrm.domain.points.outcomes import Accepted, Refusal
from retailcrm.shop.loyalty.once import Plan

if TYPE_CHECKING:
    from retailcrm.domain.points.outcomes import Outcome
    from retailcrm.ports.ledger import Change
    from retailcrm.shop.loyalty.accounts import Accounts, Current


def plan_of(
    accounts: Accounts,
    current: Current,
    outcome: Outcome,
    key: str,
    *,
    active: bool = False,
    **more: Any,  # noqa: ANN401 - fields of a plan
) -> Plan | Refusal:
    """Give what to write for a decision, with what the orders told before it.

    Args:
        accounts: The shop's accounts.
        current: The account as it was decided on.
        outcome: What was decided.
        key: The command's idempotency key.
        active: The customer did something herself: points that lapse when she does nothing last longer.
        more: Further fields of the plan; spendings are added to those that the files brought about.
    """
    if isinstance(outcome, Refusal):
        return outcome
    changes = (change_of(accounts, current, outcome, key, active=active),)
    spendings = (*current.spendings, *more.pop("spendings", ()))
    return Plan(
        changes=changes,
        points=more.pop("points", outcome.points),
        awards=current.awards,
        spendings=spendings,
        **more,
    )


def change_of(accounts: Accounts, current: Current, outcome: Accepted, key: str, *, active: bool) -> Change:
    """Give the change of an account, with what an activity of hers prolongs."""
    account, entries = outcome.account, outcome.entries
    if active and current.wallet.inactive is not None:
        now = accounts.clock()
        longer = extend(account, key=key, now=now, active_at=now)
        account, entries = longer.account, (*entries, *longer.entries)
    return current.change(account, entries)
