"""Whether a file's "paid" is before or after refunds: found out from its own rows, and said aloud.

Some generations of a platform's export lower the paid amount by what was refunded, others do not;
taking the refund off twice is the dearest mistake a reader can make.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from retailcrm.analytics.columns import MISSING
from retailcrm.domain.orders import OrderState

if TYPE_CHECKING:
    from collections.abc import Iterable

Ints = NDArray[np.int64]


class PaidIs(StrEnum):
    """What the paid column of a file holds."""

    NET = "net"
    """Paid less refunds."""
    GROSS = "gross"
    """Paid before refunds."""
    UNTOLD = "untold"
    """No refunded row tells; there is nothing to take off either."""


@attrs.frozen
class MoneyRule:
    """Which convention a file follows, with the evidence.

    Attributes:
        paid_is: The convention.
        net_rows: Refunded rows where paid == total - refunded.
        gross_rows: Refunded rows where paid == total.
        other_rows: Refunded rows where neither holds (points, coupons, money moved by hand).
    """

    paid_is: PaidIs
    net_rows: int
    gross_rows: int
    other_rows: int

    def describe(self, lang: str = "en") -> str:
        """Say it in one sentence, in English or Chinese."""
        told = self.net_rows + self.gross_rows + self.other_rows
        if self.paid_is is PaidIs.UNTOLD:
            return (
                "没有退款记录可供判断"
                if lang == "zh"
                else "no refunded row to tell paid-before from paid-after refunds"
            )
        agreeing = self.net_rows if self.paid_is is PaidIs.NET else self.gross_rows
        if lang == "zh":
            meaning = (
                "已扣除退款（实付 = 总金额 - 退款）"
                if self.paid_is is PaidIs.NET
                else "未扣除退款（实付 = 总金额）"
            )
            return f"实付金额{meaning}：{told:,} 条退款记录中 {agreeing:,} 条相符"
        meaning = "already net of refunds" if self.paid_is is PaidIs.NET else "before refunds"
        return f"paid is {meaning}: {agreeing:,} of {told:,} refunded rows agree"


def detect(total: Ints, paid: Ints, refunded: Ints) -> MoneyRule:
    """Find the convention by counting which identity holds on refunded rows.

    Args:
        total: Amount due, minor units, MISSING where not told; shape ``(n,)``.
        paid: As exported; same shape.
        refunded: As exported; same shape.
    """
    told = (total != MISSING) & (paid != MISSING) & (refunded != MISSING) & (refunded > 0)
    t, p, r = total[told], paid[told], refunded[told]
    net = int(np.count_nonzero(p == t - r))
    gross = int(np.count_nonzero(p == t))
    return _decided(net, gross, len(t) - net - gross)


def joined(rules: Iterable[MoneyRule]) -> MoneyRule:
    """Add up the evidence of several batches of one file."""
    listed = list(rules)
    return _decided(
        sum(r.net_rows for r in listed), sum(r.gross_rows for r in listed), sum(r.other_rows for r in listed)
    )


def _decided(net: int, gross: int, other: int) -> MoneyRule:
    if net == gross == 0:
        # Refunds without one row that fits: the present generations are net.
        return MoneyRule(PaidIs.NET if other else PaidIs.UNTOLD, 0, 0, other)
    return MoneyRule(PaidIs.NET if net >= gross else PaidIs.GROSS, net, gross, other)


def settle(
    rule: MoneyRule | None, state: NDArray[np.int8], total: Ints, paid: Ints, refunded: Ints
) -> tuple[Ints, Ints]:
    """Give what was paid before refunds, and what was paid back.

    Args:
        rule: From :func:`detect`; ``None`` for a file without those columns.
        state: Order states.
        total: Amount due, MISSING where not told.
        paid: As exported, MISSING where not told.
        refunded: As exported, MISSING where not told.

    Returns:
        ``(gross, refunded)`` in minor units, MISSING where the file does not tell.
    """
    back = np.where(refunded == MISSING, 0, refunded)
    add_back = rule is None or rule.paid_is is not PaidIs.GROSS
    # Paid in full and refunded: whatever the other rows of the file do, this one is before refunds.
    whole = (back > 0) & (paid == total)
    gross = np.where(paid == MISSING, total, np.where(whole | (not add_back), paid, paid + back))
    # An order that was never paid has paid nothing; what it would have cost is still worth showing.
    unpaid = (state == OrderState.PLACED) | (state == OrderState.CLOSED)
    gross = np.where(unpaid & (total != MISSING), total, gross)
    full = state == OrderState.REFUNDED
    gross = np.where(full & (gross <= 0) & (total != MISSING), total, gross)
    # A state that says "refunded" without an amount means all of it.
    return gross, np.where(full & (gross != MISSING), np.maximum(gross, back), refunded)
