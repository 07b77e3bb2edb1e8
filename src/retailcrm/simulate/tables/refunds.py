"""The truth about refunds, which refund reports are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.simulate.refunds import asked_at, reasons_of
from retailcrm.simulate.words import REFUND_REASONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.progress import Instants
    from retailcrm.simulate.randomness import Ints
    from retailcrm.simulate.shop import SimulatedShop


@attrs.frozen(eq=False, kw_only=True)
class TrueRefunds:
    """Refunds that were paid, one row each, in the order of their orders.

    Attributes:
        order: Position in the shop's orders; ``int32``, shape ``(n_refunds,)``.
        reason: 买家退款原因.
        amount: What was paid back, minor units; ``int64``.
        asked_at: When it was asked for, UTC.
        settled_at: When it was paid, UTC.
    """

    order: NDArray[np.int32]
    reason: Coded
    amount: Ints
    asked_at: Instants
    settled_at: Instants

    def __len__(self) -> int:
        """Count the refunds."""
        return len(self.order)


def refund_table(shop: SimulatedShop) -> TrueRefunds:
    """Give the refunds that were paid by the end of the window.

    Example:
        >>> from retailcrm.simulate import ShopSpec, refund_table, simulate_shop
        >>> refunds = refund_table(simulate_shop(ShopSpec(seed=7, customers=100)))
        >>> bool((refunds.asked_at < refunds.settled_at).all())
        True
    """
    rows = np.flatnonzero(shop.refunded > 0)
    key, known = shop.key[rows], shop.progress(rows)
    reasons = reasons_of(shop.draws, key, ~np.isnat(known.shipped_at))
    return TrueRefunds(
        order=rows.astype(np.int32),
        reason=Coded(reasons, Texts.of(REFUND_REASONS)),
        amount=known.refund,
        asked_at=asked_at(shop.draws, key, known, known.refunded_at),
        settled_at=known.refunded_at,
    )
