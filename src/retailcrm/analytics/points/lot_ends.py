"""When lots lapse: by their own clock, and by the customer's doing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.analytics.columns import NO_INSTANT
from retailcrm.analytics.points.earning_caps import by_customer_and_time
from retailcrm.analytics.points.local_ends import ends_after
from retailcrm.analytics.tier_columns.steps import first_at_least

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.points.earn_columns import EarnColumns
    from retailcrm.analytics.tables import Instants, Ints
    from retailcrm.domain.points.expiry import Expiry
    from retailcrm.domain.points.wallets import Wallet

_FAR: Final = int(np.iinfo(np.int64).max)


def lot_ends(
    wallet: Wallet, columns: EarnColumns, kept: Ints, activates: Instants, as_of: np.datetime64
) -> Instants:
    """Give when lots lapse.

    Args:
        wallet: The rules.
        columns: All orders that earn: each is something that its customer did.
        kept: Those of them that the lots are of.
        activates: When each lot became or becomes spendable, UTC; NaT while that waits.
        as_of: UTC; orders paid then or later are not looked at.

    Returns:
        First moments at which they cannot be spent, UTC; NaT never, or not known yet.
    """
    if wallet.expiry_from == "award":
        own = ends_after(wallet.expiry, columns.paid_at[kept])
        own[np.isnat(activates)] = NO_INSTANT
    else:
        own = ends_after(wallet.expiry, activates)
    if wallet.inactive is None:
        return own
    return np.fmin(own, _idle_ends(wallet.inactive, columns, columns.customer[kept], activates, as_of))


def _idle_ends(
    idle: Expiry, columns: EarnColumns, customer: NDArray[np.int32], activates: Instants, as_of: np.datetime64
) -> Instants:
    """Give when lots lapse because nothing was done.

    Every order of a customer while a lot is alive lets it last until so long after that order. So a lot lives
    on through orders that follow each other closely enough, and ends after the last one before a gap.
    """
    done = np.flatnonzero(columns.paid_at < as_of)
    done = done[by_customer_and_time(columns.customer[done], columns.paid_at[done])]
    who, at = columns.customer[done], columns.paid_at[done].view(np.int64)
    until = _far(ends_after(idle, columns.paid_at[done]))
    last = np.ones(len(done), np.bool_)
    last[:-1] = (who[1:] != who[:-1]) | (until[:-1] <= at[1:])
    # The last order of the row of orders that each one stands in.
    lasts = np.flatnonzero(last)
    last_of = lasts[np.searchsorted(lasts, np.arange(len(done)))]

    waits = np.isnat(activates)
    start = np.where(waits, 0, activates.view(np.int64))
    end = _far(ends_after(idle, activates))
    first = np.searchsorted(who, np.arange(int(customer.max(initial=-1)) + 2))
    high = first[customer + 1]
    after = first_at_least(at, first[customer], high, start + 1)
    reached = np.minimum(after, len(done) - 1)
    longer = (after < high) & (at[reached] < end)
    end[longer] = until[last_of[reached[longer]]]
    found = np.where(end == _FAR, NO_INSTANT, end.view("datetime64[us]"))
    return np.where(waits, NO_INSTANT, found)


def _far(at: Instants) -> Ints:
    return np.where(np.isnat(at), _FAR, at.view(np.int64))
