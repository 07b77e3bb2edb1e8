"""Lines added up to orders, from the file that knows most of an order's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, MISSING, Coded
from retailcrm.analytics.observations import Runs, fold_states, has_value
from retailcrm.analytics.tables import LineTable
from retailcrm.domain.orders import OrderState

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
        state: Folded state of the lines, -1 if they do not say; an end only if it is every line's.
        placed_at: Earliest time of a line, of the newest file that tells.
        paid_at: Earliest time of payment.
        seen: Moment of the first export that showed something going back, NaT if none did.
        stands_alone: The lines tell when it was: an order can be made of them without an order report.
        line_order: Order code of each kept line.
        product: Product of each kept line.
        quantity: Pieces of each kept line.
        line_gross: What each kept line sold for before refunds.
        line_refunded: What went back on each kept line.
        category: Category path told on each kept line; ``None`` if no file says.
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
    line_gross: NDArray[np.int64]
    line_refunded: NDArray[np.int64]
    category: Coded | None

    def table(self, known: NDArray[np.bool_]) -> LineTable | None:
        """Make the line table, its orders renumbered to the rows that are kept."""
        if self.product is None:
            return None
        place = np.where(known, np.cumsum(known) - 1, -1)
        return LineTable(
            order=place[self.line_order].astype(np.int32),
            product=self.product,
            quantity=self.quantity,
            gross=self.line_gross,
            refunded=self.line_refunded,
            category=self.category,
        )


def line_totals(lines: Stacked, files: Sequence[Observed], n_orders: int) -> LineTotals:
    """Add lines up to orders.

    Of several files that have lines of one order, the one with the most counts (the newest of
    equals): an incomplete item file never lowers a total. States and times are taken from all files.

    Args:
        lines: Rows of grain lines, oldest export first.
        files: The files they come from.
        n_orders: How many order codes there are.
    """
    kept = _fullest(lines.code, lines.file, len(files), n_orders)
    every = Runs.of(lines.code)
    runs = every if len(kept) == len(lines.code) else Runs.of(lines.code[kept])
    state = lines.small("state", np.int8, -1)
    amount, back, credit = _amounts(lines, state)
    sold, taken = _sold_and_taken(runs, amount[kept], back[kept], credit[kept], state[kept])
    placed, paid = (_earliest(every, lines.instant(name), lines.file) for name in ("placed_at", "paid_at"))
    product, category = lines.coded("product"), lines.coded("category")
    return LineTotals(
        order=runs.groups,
        gross=runs.sums(sold),
        refunded=runs.sums(taken),
        credit=~runs.any(~credit[kept]),
        state=_states(every, lines, state, len(files)),
        placed_at=placed,
        paid_at=paid,
        seen=_first_seen(every, lines, files, credit | (back > 0)),
        stands_alone=~(np.isnat(placed) & np.isnat(paid)),
        line_order=lines.code[kept],
        product=None if product is None else product.take(kept),
        quantity=_known(lines.whole("quantity")[kept]),
        line_gross=sold,
        line_refunded=taken,
        category=None if category is None else category.take(kept),
    )


def _amounts(
    lines: Stacked, state: NDArray[np.int8]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Give what each line sold for before refunds, what went back of it, and whether it takes back."""
    net, back = _known(lines.whole("amount")), _known(lines.whole("refunded"))
    credit = lines.small("credit", np.bool_, 0)
    whole = state == OrderState.REFUNDED
    # Of a line given back in full nothing is left, whichever of its two amounts says so.
    amount = np.where(credit, net, np.where(whole, np.maximum(net, back), net + back))
    return amount, np.where(whole & ~credit, amount, back), credit


def _sold_and_taken(
    runs: Runs,
    amount: NDArray[np.int64],
    back: NDArray[np.int64],
    credit: NDArray[np.bool_],
    state: NDArray[np.int8],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Say what each line sells and takes back; a line closed in an order that went on was never paid."""
    closed = state == OrderState.CLOSED
    went_on = np.zeros(len(amount), np.bool_)
    lengths = np.diff(np.append(runs.starts, len(runs.order)))
    went_on[runs.order] = np.repeat(runs.any(~closed & ~credit), lengths)
    sold = np.where(credit | (closed & went_on), 0, amount)
    return sold, np.where(credit, -amount, back)


def _states(runs: Runs, lines: Stacked, state: NDArray[np.int8], files: int) -> NDArray[np.int8]:
    """Fold the states of the lines: an order has ended when all lines of one of its fullest files have."""
    ended = (state == OrderState.CLOSED) | (state == OrderState.REFUNDED)
    if not ended.any():
        return fold_states(runs, state)
    of_file = Runs.of(lines.code * files + lines.file)
    of_order = Runs.of(of_file.groups // files)
    stage = of_file.greatest(np.where(ended, -1, state).astype(np.int8))
    end = of_file.greatest(np.where(ended, state, -1).astype(np.int8))
    size = np.diff(np.append(of_file.starts, len(of_file.order)))
    fullest = size == np.repeat(of_order.greatest(size), np.diff(np.append(of_order.starts, len(size))))
    told = np.where(stage >= 0, stage, np.where(fullest, end, -1))
    return fold_states(of_order, told.astype(np.int8))


def _first_seen(
    runs: Runs, lines: Stacked, files: Sequence[Observed], shows: NDArray[np.bool_]
) -> NDArray[np.datetime64]:
    """Give the moment of the first export that showed something going back, NaT if none did."""
    moments = np.asarray([int(f.exported_at.timestamp() * 1_000_000) for f in files], np.int64).view(INSTANT)
    first: NDArray[Any] = runs.least(np.where(shows, moments[lines.file], _FAR))
    return np.where(first == _FAR, np.datetime64("NaT", "us"), first)


def _fullest(code: NDArray[np.int64], file: NDArray[np.int32], files: int, n_orders: int) -> NDArray[np.intp]:
    """Give the rows of the fullest file of each order."""
    if not len(file) or file.min() == file.max():
        return np.arange(len(code))
    pair, place, count = np.unique(code * files + file, return_inverse=True, return_counts=True)
    best = np.zeros(n_orders, np.int64)
    rank = count * files + pair % files
    np.maximum.at(best, pair // files, rank)
    return np.flatnonzero((rank == best[pair // files])[place])


def _known(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(values == MISSING, 0, values)


def _earliest(runs: Runs, values: NDArray[np.datetime64], file: NDArray[np.int32]) -> NDArray[np.datetime64]:
    """Give the earliest time that the newest file with any tells of each order."""
    told = has_value(values)
    newest = runs.newest(told)
    in_newest = np.zeros(len(values), np.bool_)
    lengths = np.diff(np.append(runs.starts, len(runs.order)))
    of_newest = np.where(newest < 0, -1, file[newest])
    in_newest[runs.order] = file[runs.order] == np.repeat(of_newest, lengths)
    first: NDArray[Any] = runs.least(np.where(told & in_newest, values, _FAR))
    return np.where(first == _FAR, np.datetime64("NaT", "us"), first)
