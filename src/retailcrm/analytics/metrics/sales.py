"""The counted orders of a shop at a moment, sorted once so that every figure is a short pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, MISSING
from retailcrm.analytics.counting import DEFAULT_COUNTING, CountingPolicy, count, counted, refunds
from retailcrm.analytics.local_time import local_days
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints, OrderTable

_KEY_BITS: Final = 63
NEVER: Final = np.datetime64("NaT", "us")


def _instant(given: np.datetime64 | None) -> np.datetime64 | None:
    return None if given is None else given.astype(INSTANT)


@attrs.frozen
class Period:
    """A half-open stretch of time, UTC; an end that is left out lies open.

    Attributes:
        start: First instant of it; from the first order on if ``None``.
        end: First instant after it; up to the moment of the sales if ``None``, and never beyond it.

    Raises:
        InputError: It ends before it starts, or one end is NaT.

    Example:
        >>> january = Period(np.datetime64("2024-01-01"), np.datetime64("2024-02-01"))
        >>> january.before().start
        np.datetime64('2023-12-01T00:00:00.000000')
    """

    start: np.datetime64 | None = attrs.field(default=None, converter=_instant)
    end: np.datetime64 | None = attrs.field(default=None, converter=_instant)

    def __attrs_post_init__(self) -> None:
        """Refuse a period that never is."""
        if any(moment is not None and np.isnat(moment) for moment in (self.start, self.end)):
            raise InputError("a period begins and ends at a known instant, or is open")
        if self.start is not None and self.end is not None and self.end < self.start:
            raise InputError(f"the period ends at {self.end}, before its start at {self.start}")

    def before(self) -> Period:
        """Give the period of the same length that ends where this one starts.

        Raises:
            InputError: This period is open, so it has no length.
        """
        if self.start is None or self.end is None:
            raise InputError("an open period has none of the same length before it")
        return Period(self.start - (self.end - self.start), self.start)


EVER: Final = Period()
"""From the first order on, up to the moment of the sales."""


@attrs.frozen(eq=False, kw_only=True)
class Groups:
    """Which group each order belongs to.

    Attributes:
        name: What it groups by: ``month``, ``province`` ...
        keys: The groups, in the order to print them.
        code: Position in ``keys`` of each row of the sales, -1 not told; ``int32``, shape ``(n_rows,)``.
        credit_code: The same of each credit note; ``int32``, shape ``(n_credits,)``.
        edges: Where the groups are stretches of time: the start of each, and the end of the last, UTC;
            shape ``(n_keys + 1,)``. ``None`` for other groups.
    """

    name: str
    keys: tuple[str, ...]
    code: NDArray[np.int32]
    credit_code: NDArray[np.int32]
    edges: Instants | None = None

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.keys)

    def with_untold(self, key: str = "") -> Groups:
        """Give the rows that are in no group one of their own, printed last.

        Args:
            key: Its key; no other group's.

        Returns:
            Groups that leave no row out.

        Raises:
            InputError: The groups are stretches of time, or one has that key already.
        """
        if self.edges is not None or key in self.keys:
            raise InputError(f"groups by {self.name} cannot take a group {key!r}")
        last = np.int32(len(self.keys))
        code, credit = (np.where(c < 0, last, c) for c in (self.code, self.credit_code))
        return attrs.evolve(self, keys=(*self.keys, key), code=code, credit_code=credit)


ALL: Final = "all"
"""Key of the one group of a figure that is not split."""


def _whole(sales: Sales) -> Groups:
    """Put everything in one group, without a column of zeros."""
    zero = np.int32(0)
    return Groups(
        name=ALL,
        keys=(ALL,),
        code=np.broadcast_to(zero, len(sales)),
        credit_code=np.broadcast_to(zero, len(sales.credit)),
    )


@attrs.frozen(eq=False, kw_only=True)
class Sales:
    """The orders and credit notes that count at one moment, ready for every figure.

    Rows stand by customer, then purchase time, then position in the order table; those of unknown
    buyers come last. Usually a row is an order; of :func:`~retailcrm.analytics.metrics.lines_by_product`
    and its like it is the part of an order that falls in one group.

    Attributes:
        as_of: The moment, UTC, exclusive.
        currency: ISO 4217 code of every amount.
        zone: IANA zone that days are taken in.
        row: Position in the order table; ``int64``, shape ``(n_rows,)``.
        customer: Position in the table's customers, -1 unknown; ``int32``, same shape.
        known: Rows of known customers: the first so many.
        at: Purchase instants, UTC; same shape.
        day: Local days since 1970-01-01; ``int64``, same shape.
        gross: Paid before refunds, minor units; same shape.
        refunded: Paid back by ``as_of``, minor units; to be read only; same shape.
        first_at: The customer's first counted order ever, UTC; NaT where she is unknown; same shape.
        previous_day: The last day before ``day`` on which she bought, MISSING if none; same shape.
        credit_row: Position of each credit note in the order table; ``int64``, shape ``(n_credits,)``.
        credit_customer: Customer codes of the credit notes; ``int32``, same shape.
        credit_at: When each took effect, UTC, NaT unknown; same shape.
        credit: What each paid back, minor units; same shape.
        shop: All sales of the shop, where these rows are parts of orders; ``None`` where they are orders.
        whole: The one group of everything.
        tallies: What was tallied before, a few numbers a group; made from the other fields alone.
    """

    as_of: np.datetime64
    currency: str
    zone: str
    row: NDArray[np.int64]
    customer: NDArray[np.int32]
    known: int
    at: Instants
    day: Ints
    gross: Ints
    refunded: Ints
    first_at: Instants
    previous_day: Ints
    credit_row: NDArray[np.int64]
    credit_customer: NDArray[np.int32]
    credit_at: Instants
    credit: Ints
    shop: Sales | None = attrs.field(default=None, repr=False)
    whole: Groups = attrs.field(init=False, default=attrs.Factory(_whole, takes_self=True), repr=False)
    tallies: MutableMapping[Groups, dict[Period, Any]] = attrs.field(
        init=False, factory=WeakKeyDictionary, repr=False
    )

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.customer)

    @property
    def net(self) -> Ints:
        """Gross less refunds of the rows, minor units."""
        return self.gross - self.refunded

    @property
    def first(self) -> NDArray[np.bool_]:
        """Which rows are at the instant of their customer's first counted order ever."""
        at_first: NDArray[np.bool_] = self.at == self.first_at
        return at_first

    @property
    def first_orders(self) -> Instants:
        """When each known customer first bought, UTC, rising; shape ``(n_customers,)``."""
        return np.sort(self.first_at[: self.known][changes(self.customer[: self.known])])

    def grouped(self, groups: Groups | None) -> Groups:
        """Check that groups are of these sales; ``None`` is everything in one.

        Raises:
            InputError: They have another number of rows.
        """
        if groups is None:
            return self.whole
        if (len(groups.code), len(groups.credit_code)) != (len(self), len(self.credit)):
            raise InputError(f"groups by {groups.name} were made for other sales")
        return groups


def sales_of(orders: OrderTable, as_of: np.datetime64, policy: CountingPolicy = DEFAULT_COUNTING) -> Sales:
    """Select and sort the orders that count at a moment.

    Args:
        orders: The orders.
        as_of: The moment, UTC, exclusive: later orders and refunds do not exist yet.
        policy: What counts.

    Returns:
        The sales; the order of the table's rows changes nothing but ``row``.

    Example:
        >>> from retailcrm.simulate import ShopSpec, simulate_shop
        >>> shop = simulate_shop(ShopSpec(seed=7, customers=100))
        >>> sales = sales_of(shop.order_table(), shop.as_of)
        >>> len(sales.first_orders) == len(set(sales.customer.tolist()))
        True
    """
    rows, notes = count(orders, policy, as_of), refunds(orders, policy).before(as_of)
    row = np.flatnonzero(counted(orders, policy, as_of))
    day = local_days(rows.at, orders.zone)
    order = _by_customer_and_time(rows.customer, rows.at, day)
    customer, at, day = rows.customer[order], rows.at[order], day[order]
    known = len(customer) - int(np.count_nonzero(customer < 0))
    first_at, previous_day = _past(customer[:known], at[:known], day[:known], len(customer))
    return Sales(
        as_of=as_of.astype(INSTANT),
        currency=orders.currency,
        zone=orders.zone,
        row=row[order],
        customer=customer,
        known=known,
        at=at,
        day=day,
        gross=rows.gross[order],
        # One zero seen n times stays that.
        refunded=rows.refunded[order] if rows.refunded.strides != (0,) else rows.refunded,
        first_at=first_at,
        previous_day=previous_day,
        credit_row=notes.row[notes.credit],
        credit_customer=rows.credit_customer,
        credit_at=rows.credit_at,
        credit=rows.credit,
    )


def changes(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the rows on which one of some columns differs from the row before; the first row does.

    Args:
        columns: At least one; shape ``(n,)``.

    Returns:
        ``bool``, shape ``(n,)``.
    """
    changed: NDArray[np.bool_] = np.ones(len(columns[0]), np.bool_)
    np.not_equal(columns[0][1:], columns[0][:-1], out=changed[1:])
    for column in columns[1:]:
        changed[1:] |= column[1:] != column[:-1]
    return changed


def _by_customer_and_time(customer: NDArray[np.int32], at: Instants, day: Ints) -> NDArray[np.intp]:
    """Order rows by customer (unknown last), instant and position."""
    if not len(customer):
        return np.empty(0, np.intp)
    unknown = int(customer.max()) + 1
    low, size = int(day.min()), len(customer)
    day_bits, row_bits = int(np.ptp(day)).bit_length(), (size - 1).bit_length()
    who = np.where(customer < 0, unknown, customer).astype(np.int64)
    if unknown.bit_length() + day_bits + row_bits > _KEY_BITS:
        return np.lexsort((at, who))
    # Customer, day and position in one whole number: sorting plain numbers is several times faster
    # than sorting positions. What happened on one day is then put right where it needs to be.
    keys = (((who << day_bits) | (day - low)) << row_bits) | np.arange(size)
    keys.sort()
    order = (keys & ((1 << row_bits) - 1)).astype(np.intp)
    keys >>= row_bits
    order = _sorted_within_days(order, keys, at[order])
    # A clock put back across midnight begins a day twice: only instants then tell what came first.
    return order if _rises(who[order], at[order]) else np.lexsort((at, who))


def _sorted_within_days(order: NDArray[np.intp], customer_day: Ints, at: Instants) -> NDArray[np.intp]:
    """Sort the orders of one customer on one day by their instants."""
    if _rises(customer_day, at):
        return order
    several = np.zeros(len(order), np.bool_)
    several[1:] = customer_day[1:] == customer_day[:-1]
    several[:-1] |= several[1:]
    rows = np.flatnonzero(several)
    order[rows] = order[rows][np.lexsort((at[rows], customer_day[rows]))]
    return order


def _rises(owner: Ints, at: Instants) -> bool:
    """Say whether each owner's instants never fall."""
    return not ((owner[1:] == owner[:-1]) & (at[1:] < at[:-1])).any()


def _past(customer: NDArray[np.int32], at: Instants, day: Ints, size: int) -> tuple[Instants, Ints]:
    """Say of each order when its customer first bought, and on which day before this one she last did."""
    first_at, previous_day = np.full(size, NEVER), np.full(size, MISSING, np.int64)
    if not len(customer):
        return first_at, previous_day
    new = changes(customer)
    first_at[: len(customer)] = at[new][np.cumsum(new) - 1]
    new_day = changes(customer, day)
    opens = np.flatnonzero(new_day)
    before = np.full(len(opens), MISSING, np.int64)
    before[1:] = np.where(new[opens[1:]], MISSING, day[opens[:-1]])
    previous_day[: len(customer)] = before[np.cumsum(new_day) - 1]
    return first_at, previous_day
