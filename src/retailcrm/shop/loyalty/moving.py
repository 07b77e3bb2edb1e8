"""What is written where points change hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.points.moving import transfer
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.shop.loyalty.accounts import account_id
from retailcrm.shop.loyalty.once import Plan
from retailcrm.shop.loyalty.plans import change_of

if TYPE_CHECKING:
    from retailcrm.domain.identity import Identity
    from retailcrm.shop.loyalty.accounts import Accounts


def transferred(
    accounts: Accounts,
    giver: str | Identity,
    taker: str | Identity,
    points: int,
    key: str,
    wallet: str,
) -> Plan | Refusal:
    """Give points to somebody else."""
    # Both at once, so that two who give to each other do not wait for each other.
    name = accounts.programme.wallet(wallet).name
    accounts.ledger.lock(*(account_id(name, accounts.customer(who)) for who in (giver, taker)))
    giving, taking = accounts.spendable(giver, wallet), accounts.current(taker, wallet)
    moved = transfer(giving.account, taking.account, points, key=key, now=accounts.clock())
    if isinstance(moved, Refusal):
        return moved
    return Plan(
        changes=(
            change_of(accounts, giving, moved.giver, key, active=True),
            taking.change(moved.taker.account, moved.taker.entries),
        ),
        points=points,
        awards=(*giving.awards, *taking.awards),
        spendings=(*giving.spendings, *taking.spendings),
    )
