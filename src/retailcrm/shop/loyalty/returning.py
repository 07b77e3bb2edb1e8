"""Points that were spent on orders which the files show as refunded return to their lots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.holds import total
from retailcrm.domain.points.reversal import give_back
from retailcrm.domain.points.spending import divided

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from fractions import Fraction

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
    for _, award in current.awards:
        old = before.get(award.reference)
        # Nearly always nothing was paid back at all.
        if not award.share or award.share <= (old.share if old is not None else 0):
            continue
        for one in accounts.ledger.spendings(current.stored.id):
            if one.order != award.reference or one.account != current.stored.id or not one.value:
                continue
            points = _due_back(one, award.share, current.wallet.redemption.refund)
            if points:
                lots = accounts.ledger.lots(current.stored.id)
                now = {lot.id: lot for entry in current.entries for lot in entry.lots}
                outcome = give_back(
                    current.account, one.allocations, points, dict(lots) | now,
                    key=f"refund:{award.reference}:{award.share}", now=at, policy=current.wallet.late,
                    reference=f"order:{award.reference}",
                )  # fmt: skip
                current = current.after(
                    outcome, attrs.evolve(one, allocations=divided(one.allocations, points)[1])
                )
    return current


def _due_back(spent: Spending, share: Fraction, how: str) -> int:
    """Give the points of a redemption that a share of its order brings back now."""
    due = spent.points if share == 1 else 0 if how == "cash_first" else int(spent.points * share)
    return max(due - (spent.points - total(spent.allocations)), 0)
