"""Why money went back: every refund that succeeded, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, Coded, Texts
from retailcrm.analytics.observations import newest_values
from retailcrm.analytics.tables.checks import INSTANTS, INT32, INT64, Instants, Ints, check_lengths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.observations import Runs
    from retailcrm.shop.stacked import Stacked


@attrs.frozen(eq=False, kw_only=True)
class RefundReasons:
    """Refunds that moved money, one row each.

    Attributes:
        order: Position in the order table's rows, -1 if no file has the order, or if the shop's orders are
            larger than memory; ``int32``.
        reason: As the buyer gave it, code -1 not told.
        amount: What was paid back, minor units; ``int64``.
        asked_at: When it was asked for, UTC; NaT not told.
        settled_at: When it was settled, UTC; NaT not told.
    """

    order: NDArray[np.int32] = attrs.field(validator=INT32)
    reason: Coded
    amount: Ints = attrs.field(validator=INT64)
    asked_at: Instants = attrs.field(validator=INSTANTS)
    settled_at: Instants = attrs.field(validator=INSTANTS)

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        check_lengths(self)

    def __len__(self) -> int:
        """Count the refunds."""
        return len(self.amount)

    @classmethod
    def of(
        cls, rows: Stacked, runs: Runs, order: NDArray[np.int64], amount: NDArray[np.int64]
    ) -> RefundReasons:
        """Make the table of refund reports.

        Args:
            rows: Their rows, oldest export first.
            runs: The rows of each refund.
            order: Order code of each refund, -1 for those whose order no file has.
            amount: What each moved, 0 for those that failed.
        """
        moved = np.flatnonzero(amount > 0)
        reason = rows.coded("reason")
        codes = np.full(len(rows.code), -1, np.int32) if reason is None else reason.codes
        return cls(
            order=order[moved].astype(np.int32),
            reason=Coded(
                newest_values(runs, codes)[moved].astype(np.int32),
                Texts.of([]) if reason is None else reason.values,
            ),
            amount=amount[moved],
            asked_at=newest_values(runs, rows.instant("asked_at"))[moved],
            settled_at=newest_values(runs, rows.instant("settled_at"))[moved],
        )

    def renumbered(self, known: NDArray[np.bool_]) -> RefundReasons:
        """Point to the rows that are left of the orders.

        Args:
            known: Which orders are; shape ``(n_orders,)``.
        """
        place = np.append(np.where(known, np.cumsum(known) - 1, -1), -1)
        return attrs.evolve(self, order=place[self.order].astype(np.int32))


def joined_reasons(parts: Sequence[RefundReasons]) -> RefundReasons | None:
    """Join the refunds of several partitions; their orders are then in no one table."""
    if not parts:
        return None
    starts = np.cumsum([0, *(len(p.reason.values) for p in parts)])
    codes = [
        np.where(p.reason.codes < 0, -1, p.reason.codes + start)
        for p, start in zip(parts, starts, strict=False)
    ]
    once = Coded.of(text for p in parts for text in p.reason.values)
    reason = np.append(once.codes, np.int32(-1))[np.concatenate(codes)]
    settled, asked = (
        np.concatenate([getattr(p, name) for p in parts]) for name in ("settled_at", "asked_at")
    )
    return RefundReasons(
        order=np.full(len(reason), -1, np.int32),
        reason=Coded(reason.astype(np.int32), once.values),
        amount=np.concatenate([p.amount for p in parts]),
        asked_at=asked.astype(INSTANT),
        settled_at=settled.astype(INSTANT),
    )
