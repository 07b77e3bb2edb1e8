"""Points that were spent on orders which the files show as refunded return to their lots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.holds import total
from retailcrm.domain.points.reversal import give_back
from retailcrm.domain.points.spending import divided
from retailcrm.ports.ledger import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from retailcrm.domain.points.following import Awarded
    from retailcrm.ports.ledger import Spending
    from retailcrm.shop.loyalty.accounts import Accounts, Current


def returned_by_files(
    accounts: Accounts, current: Current, before: Mapping[str, Awarded], at: datetime
) -> Current:
    """Give back the points that were spent on orders which the files now show as refunded.

    Args:
        accounts: The shop's accounts.
        current: Her account, with what its orders tell.
        before: Her awards as they were stored.
        at: The moment up to which the files know.

    Returns:
        The same, with points that return: all of them with the last of the order, before that by the
        wallet's rule for partial refunds.
    """
    for award in _gone_back(current, before):
        for one in accounts.ledger.spendings(current.stored.id):
            points = _due_back(one, award, current)
            if points:
                current = _returned(accounts, current, one, points, award, at)
    return current


def returned_before_merges(accounts: Accounts, current: Current, at: datetime) -> bool:
    """Give back the points that she spent under other ids; they lie in the accounts of these.

    Args:
        accounts: The shop's accounts.
        current: Her account, with what its orders tell.
        at: The moment up to which the files know.

    Returns:
        Whether there were any. Then her account is written too, and is to be joined and asked for again.
    """
    homes = accounts.homes(current.stored.id)[1:] if current.awards and current.earned is not None else ()
    touched: dict[str, Current] = {}
    for award in _gone_back(current, current.earned or {}) if homes else ():
        for home in homes:
            for one in accounts.ledger.spendings(home):
                points = _due_back(one, award, current)
                if points:
                    whose = touched.get(home) or accounts.at(home)
                    touched[home] = _returned(accounts, whose, one, points, award, at)
    if touched:
        everyone = (current, *touched.values())
        changes = tuple(one.change(one.account) for one in everyone)
        spendings = tuple(one for whose in everyone for one in whose.spendings)
        accounts.ledger.write(Unit(changes=changes, awards=current.awards, spendings=spendings))
    return bool(touched)


def _gone_back(current: Current, before: Mapping[str, Awarded]) -> Iterator[Awarded]:
    """Give the awards of orders of which more was paid back than is written."""
    for _, award in current.awards:
        # Nearly always nothing was paid back at all.
        if award.share:
            old = before.get(award.reference)
            if old is None or award.share > old.share:
                yield award


def _returned(
    accounts: Accounts, whose: Current, spent: Spending, points: int, award: Awarded, at: datetime
) -> Current:
    """Give points back to the account that they were spent from."""
    # Of commands of one instant each is written later than the one before; what returns is there at once.
    now = min(at, accounts.clock())
    outcome = give_back(
        whose.account, spent.allocations, points, accounts.all_lots(whose),
        key=f"refund:{award.reference}:{award.share}", now=now, policy=whose.wallet.late,
        reference=f"order:{award.reference}",
    )  # fmt: skip
    return whose.after(outcome, attrs.evolve(spent, allocations=divided(spent.allocations, points)[1]))


def _due_back(spent: Spending, award: Awarded, current: Current) -> int:
    """Give the points of a redemption that the share of its order that went back returns now."""
    if spent.order != award.reference or not spent.value:
        return 0
    how = current.wallet.redemption.refund
    due = spent.points if award.share == 1 else 0 if how == "cash_first" else int(spent.points * award.share)
    return max(due - (spent.points - total(spent.allocations)), 0)
