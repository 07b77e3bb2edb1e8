"""Everything that figures are made of, added up by group in one pass over a period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.metrics.sales import EVER, NEVER, Groups, Period, Sales, changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints

    Rows = NDArray[np.intp] | slice

_KEY_BITS: Final = 63
_RETURNING: Final = 2
_EVERYTHING: Final = slice(None)


@attrs.frozen(eq=False, kw_only=True)
class Tally:
    """Counts and money of each group in a period; every column ``int64``, shape ``(n_groups,)``.

    Attributes:
        orders: Counted orders, unknown buyers included.
        known_orders: Those of known customers.
        gross: Paid on counted orders before refunds, minor units.
        refunded: Paid back on them and by the period's credit notes, minor units.
        refunded_orders: Counted orders on which something was paid back.
        buyers: Distinct known customers of those orders.
        repeat_buyers: Those of them with two or more purchase days among those orders.
        new_buyers: Those of them whose first counted order ever is among those orders.
        returning_buyers: Those of them who had bought (anything) before the period or, in groups that
            are stretches of time, before the group's part of it.
        known_net: Net of the buyers, their credit notes in the group and period included, minor units.
        returning_net: The returning buyers' part of it.
    """

    orders: Ints
    known_orders: Ints
    gross: Ints
    refunded: Ints
    refunded_orders: Ints
    buyers: Ints
    repeat_buyers: Ints
    new_buyers: Ints
    returning_buyers: Ints
    known_net: Ints
    returning_net: Ints


@attrs.frozen(eq=False, kw_only=True)
class Pairs:
    """Distinct known customers of each group, by customer, then group.

    Attributes:
        row: Row of the sales with the customer's earliest order in the group; shape ``(n_pairs,)``.
        customer: Customer codes; ``int32``, same shape.
        code: Group codes; ``int32``, same shape.
        days: Purchase days in the group, at least 1; ``int64``, same shape.
        groups: Number of groups.
    """

    row: NDArray[np.intp]
    customer: NDArray[np.int32]
    code: NDArray[np.int32]
    days: Ints
    groups: int

    @property
    def key(self) -> Ints:
        """Customer and group as one number, rising."""
        return pair_key(self.customer, self.code, self.groups)

    def count(self, which: NDArray[np.bool_] | None = None) -> Ints:
        """Count the pairs of each group, all or those marked."""
        return counts(self.code if which is None else self.code[which], self.groups)


def tally(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Tally:
    """Add up everything about a period by group; the same question is answered from memory.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        The counts and sums.

    Raises:
        InputError: The groups were made for other sales.
    """
    groups, period = sales.grouped(groups), period or EVER
    kept = sales.tallies.setdefault(groups, {})
    if period not in kept:
        kept[period] = _tally(sales, groups, period)
    found: Tally = kept[period]
    return found


def _tally(sales: Sales, groups: Groups, period: Period) -> Tally:
    size, rows = len(groups), rows_within(sales, period)
    known = known_rows(sales, rows)
    pairs = pairs_of(sales, groups, known)
    notes = _notes_within(sales, period)
    of_all, of_known = _volume(sales, groups, rows), _volume(sales, groups, known)
    returning = bought_before(sales, groups, period, pairs.row)
    of_pair = _pair_of_note(sales, groups, notes, pairs)
    bought, came_back = of_pair >= 0, np.append(returning, False)[of_pair]
    returning_net = _returning_net(sales, groups, period, known)
    code, amount = groups.credit_code[notes], sales.credit[notes]
    return Tally(
        orders=of_all.orders,
        known_orders=of_known.orders,
        gross=of_all.gross,
        refunded=of_all.refunded + sums(code, amount, size),
        refunded_orders=of_all.refunded_orders,
        buyers=pairs.count(),
        repeat_buyers=pairs.count(pairs.days >= _RETURNING),
        new_buyers=pairs.count(sales.first_at[pairs.row] == sales.at[pairs.row]),
        returning_buyers=pairs.count(returning),
        known_net=of_known.gross - of_known.refunded - sums(code[bought], amount[bought], size),
        returning_net=returning_net - sums(code[came_back], amount[came_back], size),
    )


def rows_within(sales: Sales, period: Period) -> Rows:
    """Find the rows of a period.

    Args:
        sales: The sales.
        period: The period.

    Returns:
        Positions, rising, or a slice of everything.
    """
    keep = None if period.start is None else sales.at >= period.start
    if period.end is not None and period.end < sales.as_of:
        before = sales.at < period.end
        keep = before if keep is None else keep & before
    return _EVERYTHING if keep is None or keep.all() else np.flatnonzero(keep)


def pairs_of(sales: Sales, groups: Groups, rows: Rows) -> Pairs:
    """Find the distinct customers of each group among some rows.

    Args:
        sales: The sales.
        groups: Groups of those sales.
        rows: Rows of known customers, rising; those in no group are left out.

    Returns:
        The pairs.
    """
    code = groups.code[rows]
    if len(code) and code.min() < 0:
        rows = positions(rows, np.flatnonzero(code >= 0))
        code = groups.code[rows]
    customer, day = sales.customer[rows], sales.day[rows]
    # By customer and time they stand already; a customer's groups may take turns.
    if ((customer[1:] == customer[:-1]) & (code[1:] < code[:-1])).any():
        order = _by_pair(customer, code, len(groups))
        rows, customer, code, day = positions(rows, order), customer[order], code[order], day[order]
    new_day, opens = changes(customer, code, day), np.flatnonzero(changes(customer, code))
    days_by = np.append(np.cumsum(new_day), np.count_nonzero(new_day))
    return Pairs(
        row=positions(rows, opens),
        customer=customer[opens],
        code=code[opens],
        # Days counted up to the next pair's first, which is a new day itself.
        days=np.diff(days_by[opens], append=days_by[-1] + 1),
        groups=len(groups),
    )


def known_rows(sales: Sales, rows: Rows) -> Rows:
    """Leave the rows of unknown buyers out: they stand last."""
    return slice(sales.known) if isinstance(rows, slice) else rows[: np.searchsorted(rows, sales.known)]


def positions(rows: Rows, picked: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give the positions of some of the rows; a slice begins at the first row."""
    return picked if isinstance(rows, slice) else rows[picked]


def starts_of(groups: Groups, period: Period) -> Instants | None:
    """Give the instant at which each group's part of a period begins; ``None`` if all begin ever."""
    if groups.edges is None:
        return None if period.start is None else np.full(len(groups), period.start)
    starts = groups.edges[:-1]
    return starts if period.start is None else np.maximum(starts, period.start)


def bought_before(sales: Sales, groups: Groups, period: Period, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Mark rows whose customer had bought before her group's part of the period."""
    starts = starts_of(groups, period)
    if starts is None:
        return np.zeros(len(rows), np.bool_)
    return sales.first_at[rows] < starts[groups.code[rows]]


def counts(code: NDArray[Any], size: int) -> Ints:
    """Count the rows of each group; -1 is in none."""
    if _is_whole(code):
        return np.full(size, len(code), np.int64)
    return np.bincount(code.astype(np.intp) + 1, minlength=size + 1)[1:].astype(np.int64, copy=False)


def sums(code: NDArray[Any], amounts: Ints, size: int) -> Ints:
    """Add up amounts by group, as whole numbers (bincount would add floats); -1 is in none."""
    if _is_whole(code):
        return np.full(size, amounts.sum(), np.int64)
    totals = np.zeros(size + 1, np.int64)
    np.add.at(totals, code.astype(np.intp), amounts)
    return totals[:size]


def _is_whole(code: NDArray[Any]) -> bool:
    """Say whether codes are the one zero seen n times that stands for everything in one group."""
    return code.strides == (0,) and bool((code[:1] == 0).all())


@attrs.frozen
class _Volume:
    """Counts and money of some rows by group."""

    orders: Ints
    gross: Ints
    refunded: Ints
    refunded_orders: Ints


def _volume(sales: Sales, groups: Groups, rows: Rows) -> _Volume:
    size, code, refunded = len(groups), groups.code[rows], sales.refunded[rows]
    back = np.flatnonzero(refunded)
    return _Volume(
        counts(code, size),
        sums(code, sales.gross[rows], size),
        sums(code[back], refunded[back], size),
        counts(code[back], size),
    )


def _returning_net(sales: Sales, groups: Groups, period: Period, known: Rows) -> Ints:
    """Add up the net of orders of customers who had bought before."""
    starts = starts_of(groups, period)
    if starts is None:
        return np.zeros(len(groups), np.int64)
    code = groups.code[known]
    # One place more for rows in no group: nobody bought before NaT.
    returning = sales.first_at[known] < np.append(starts, NEVER)[code]
    return sums(code[returning], sales.net[known][returning], len(groups))


def _notes_within(sales: Sales, period: Period) -> NDArray[np.bool_]:
    """Mark the credit notes of a period; an undated one is in an open one only."""
    notes = np.ones(len(sales.credit), np.bool_)
    if period.end is not None:
        notes &= ~(sales.credit_at >= period.end)
    if period.start is not None:
        notes &= sales.credit_at >= period.start
    return notes


def _pair_of_note(sales: Sales, groups: Groups, notes: NDArray[np.bool_], pairs: Pairs) -> NDArray[np.intp]:
    """Find the buyer whom each credit note belongs to, -1 if she bought nothing in its group."""
    customer, code = sales.credit_customer[notes], groups.credit_code[notes]
    if not len(customer) or not len(pairs.row):
        return np.full(len(customer), -1, np.intp)
    key, wanted = pairs.key, pair_key(customer, code, len(groups))
    found = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return np.where((key[found] == wanted) & (customer >= 0) & (code >= 0), found, -1)


def pair_key(customer: NDArray[Any], code: NDArray[Any], groups: int) -> Ints:
    """Make one number of a customer and a group."""
    key: Ints = customer.astype(np.int64) * groups + code
    return key


def _by_pair(customer: NDArray[np.int32], code: NDArray[np.int32], groups: int) -> NDArray[np.intp]:
    """Order rows by customer and group, and as they stand within those."""
    keys, bits = pair_key(customer, code, groups), (len(customer) - 1).bit_length()
    if int(keys[-1]).bit_length() + groups.bit_length() + bits > _KEY_BITS:
        return np.argsort(keys, kind="stable")
    keys = (keys << bits) | np.arange(len(keys))
    keys.sort()
    return (keys & ((1 << bits) - 1)).astype(np.intp)
