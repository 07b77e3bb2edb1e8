"""Lines added up to orders, from the file that knows most of an order's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, MISSING, Coded
from retailcrm.analytics.observations import Runs, fold_states, has_value
from retailcrm.analytics.tables import LineTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.shop.observed import Observed
    from retailcrm.shop.stacked import Stacked

_FAR = np.datetime64(2**62, "us")


@attrs.frozen(kw_only=True, eq=False)
class LineTotals:
    """What the lines of each order add up to.

    Attributes:
        order: Order codes that have lines, rising.
        gross: Sum of the lines that sell, minor units.
        refunded: Sum of the lines that take back, and of refunds told on lines.
        credit: Only lines that take back: a credit note.
        state: Folded state of the lines, -1 if they do not say.
        placed_at: Earliest time of a line.
        paid_at: Earliest time of payment.
        seen: Moment of the export they come from.
        stands_alone: The lines tell when it was: an order can be made of them without an order report.
        line_order: Order code of each kept line.
        product: Product of each kept line.
        quantity: Pieces of each kept line.
        amount: Amount of each kept line.
    """

    order: NDArray[np.int64]
    gross: NDArray[np.int64]
    refunded: NDArray[np.int64]
    credit: NDArray[np.bool_]
    state: NDArray[np.int8]
    placed_at: NDArray[np.datetime64]
    paid_at: NDArray[np.datetime64]
    seen: NDArray[np.datetime64]
    stands_alone: NDArray[np.bool_]
    line_order: NDArray[np.int64]
    product: Coded | None
    quantity: NDArray[np.int64]
    amount: NDArray[np.int64]

    def table(self, known: NDArray[np.bool_]) -> LineTable | None:
        """Make the line table, its orders renumbered to the rows that are kept."""
        if self.product is None:
            return None
        place = np.where(known, np.cumsum(known) - 1, -1)
        return LineTable(
            order=place[self.line_order].astype(np.int32),
            product=self.product,
            quantity=self.quantity,
            amount=self.amount,
        )


def line_totals(lines: Stacked, files: Sequence[Observed], n_orders: int) -> LineTotals:
    """Add lines up to orders.

    Of several files that have lines of one order, the one with the most counts (the newest of
    equals): an incomplete item file never lowers a total.
    """
    kept = _fullest(lines.code, lines.file, len(files), n_orders)
    code, file = lines.code[kept], lines.file[kept]
    runs = Runs.of(code)
    amount = _known(lines.whole("amount")[kept])
    credit = lines.small("credit", np.bool_, 0)[kept]
    back = _known(lines.whole("refunded")[kept])
    sold = np.where(credit, 0, amount + back)
    state = lines.small("state", np.int8, -1)[kept]
    moments = np.asarray([int(f.exported_at.timestamp() * 1_000_000) for f in files], np.int64).view(INSTANT)
    placed, paid = (_earliest(runs, lines.instant(name)[kept]) for name in ("placed_at", "paid_at"))
    product = lines.coded("product")
    return LineTotals(
        order=runs.groups,
        gross=runs.sums(sold),
        refunded=runs.sums(np.where(credit, -amount, back)),
        credit=~runs.any(~credit),
        state=fold_states(runs, state),
        placed_at=placed,
        paid_at=paid,
        seen=runs.least(moments[file]),
        stands_alone=~(np.isnat(placed) & np.isnat(paid)),
        line_order=code,
        product=None if product is None else product.take(kept),
        quantity=_known(lines.whole("quantity")[kept]),
        amount=amount,
    )


def _fullest(code: NDArray[np.int64], file: NDArray[np.int32], files: int, n_orders: int) -> NDArray[np.intp]:
    """Give the rows of the fullest file of each order."""
    if len(np.unique(file)) <= 1:
        return np.arange(len(code))
    pair, place, count = np.unique(code * files + file, return_inverse=True, return_counts=True)
    best = np.zeros(n_orders, np.int64)
    rank = count * files + pair % files
    np.maximum.at(best, pair // files, rank)
    return np.flatnonzero((rank == best[pair // files])[place])


def _known(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(values == MISSING, 0, values)


def _earliest(runs: Runs, values: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    first: NDArray[Any] = runs.least(np.where(has_value(values), values, _FAR))
    return np.where(first == _FAR, np.datetime64("NaT", "us"), first)
