"""Which orders count at a moment, for how much: the one place where that is decided.

Nothing here looks past ``as_of``: an order paid, or a refund settled, at ``as_of`` or later does not
exist yet. The one thing a table no longer tells is an earlier *state*; the instants stand in for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from retailcrm.domain.orders import OrderState
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from retailcrm.analytics.tables import Instants, Ints, OrderTable

Mask = NDArray[np.bool_]

PAID_STATES: Final = frozenset(
    {OrderState.PAID, OrderState.SHIPPED, OrderState.RECEIVED, OrderState.COMPLETED}
)
"""States of an order that was paid and not given back in full."""


def _one_of(*words: str) -> Any:  # noqa: ANN401 - attrs validators have no public type
    """Refuse a word that is not on the list, naming the list."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if value not in words:
            raise SettingsError(f"{field.name} must be one of {', '.join(words)}; got {value!r}")

    return check


@attrs.frozen(kw_only=True)
class CountingPolicy:
    """How orders and refunds are counted.

    Attributes:
        clock: Which instant is the purchase: payment, or placing the order. Where that one is
            unknown the other stands in.
        full_refund: Whether an order given back in full is dropped (it counts in no figure, neither
            orders nor days nor money) or kept (it counts, with a net of zero).
        undated_refund: When a refund without a date took effect: with its order, or when an export
            first showed it (with its order if that is unknown too).
        states: States that count; an order in state REFUNDED goes by ``full_refund`` instead.

    Example:
        >>> CountingPolicy().clock
        'paid'
    """

    clock: Literal["paid", "placed"] = attrs.field(default="paid", validator=_one_of("paid", "placed"))
    full_refund: Literal["drop", "keep"] = attrs.field(default="drop", validator=_one_of("drop", "keep"))
    undated_refund: Literal["order_date", "first_seen"] = attrs.field(
        default="order_date", validator=_one_of("order_date", "first_seen")
    )
    states: frozenset[OrderState] = attrs.field(default=PAID_STATES, converter=frozenset)

    @states.validator
    def _check_states(self, _: object, value: frozenset[OrderState]) -> None:
        if not value or not value <= PAID_STATES:
            allowed = ", ".join(state.name for state in sorted(PAID_STATES))
            raise SettingsError(f"states must be some of {allowed}; got {sorted(value)!r}")


DEFAULT_COUNTING: Final = CountingPolicy()
"""Orders count when paid; given back in full they do not; an undated refund goes with its order."""


@attrs.frozen(eq=False, kw_only=True)
class Refunds:
    """Rows on which something was paid back.

    Attributes:
        row: Position in the order table, rising; ``int64``, shape ``(n_refunds,)``.
        at: When the refund took effect, UTC; NaT if nothing tells; same shape.
        amount: Paid back, minor units; same shape.
        in_full: Whether nothing of the order is left; never for a credit note; same shape.
        credit: Whether the row is a credit note; same shape.
    """

    row: NDArray[np.intp]
    at: Instants
    amount: Ints
    in_full: Mask
    credit: Mask

    def before(self, as_of: np.datetime64) -> Refunds:
        """Keep what took effect before a moment; a credit note of unknown time always did."""
        keep = (self.at < as_of) | (self.credit & np.isnat(self.at))
        return Refunds(
            row=self.row[keep],
            at=self.at[keep],
            amount=self.amount[keep],
            in_full=self.in_full[keep],
            credit=self.credit[keep],
        )


@attrs.frozen(eq=False, kw_only=True)
class Counted:
    """The orders and credit notes that count at one moment, one row each.

    Attributes:
        customer: Customer codes of the orders, -1 unknown; ``int32``, shape ``(n_counted,)``.
        at: Purchase instants, UTC; same shape.
        gross: Paid before refunds, minor units; same shape.
        refunded: Paid back by ``as_of``, minor units; same shape.
        credit_customer: Customer codes of credit notes; ``int32``, shape ``(n_credits,)``.
        credit_at: When each credit note took effect, UTC, NaT unknown; shape ``(n_credits,)``.
        credit: What each paid back, minor units; shape ``(n_credits,)``.
    """

    customer: NDArray[np.int32]
    at: Instants
    gross: Ints
    refunded: Ints
    credit_customer: NDArray[np.int32]
    credit_at: Instants
    credit: Ints

    def __len__(self) -> int:
        """Count the orders."""
        return len(self.customer)

    @property
    def net(self) -> Ints:
        """Gross less refunds of the orders, minor units."""
        return self.gross - self.refunded


def purchase_at(orders: OrderTable, policy: CountingPolicy = DEFAULT_COUNTING) -> Instants:
    """Give the instant that each order counts as a purchase.

    Args:
        orders: The orders.
        policy: Its ``clock`` decides.

    Returns:
        UTC, ``datetime64[us]``, shape ``(n_orders,)``; NaT where neither instant is known.
    """
    return _purchase(orders.paid_at, orders.placed_at, policy)


def refunds(orders: OrderTable, policy: CountingPolicy = DEFAULT_COUNTING) -> Refunds:
    """List what was ever paid back, and when each refund takes effect.

    An order in state REFUNDED has been given back whole, whatever amount the file shows.

    Args:
        orders: The orders; a credit note is dated by ``placed_at``.
        policy: Its ``undated_refund`` decides where a refund has no date.

    Returns:
        One entry for each row with a refund.
    """
    state_says = orders.state == OrderState.REFUNDED
    row = np.flatnonzero((orders.refunded != 0) | state_says)
    gross, amount, given_back = orders.gross[row], orders.refunded[row], state_says[row]
    credit, placed = orders.credit[row], orders.placed_at[row]
    at = _purchase(orders.paid_at[row], placed, policy)
    if policy.undated_refund == "first_seen":
        at = _either(orders.first_seen[row], at)
    at = _either(orders.refunded_at[row], at)
    at = np.where(credit, _either(placed, at), at)
    return Refunds(
        row=row,
        at=at,
        amount=np.where(given_back, np.maximum(amount, gross), amount),
        in_full=~credit & (given_back | ((gross > 0) & (amount >= gross))),
        credit=credit,
    )


def refunded_as_of(orders: OrderTable, policy: CountingPolicy, as_of: np.datetime64) -> Ints:
    """Give what had been paid back on each row by a moment.

    Args:
        orders: The orders and credit notes.
        policy: Decides when an undated refund took effect.
        as_of: UTC, exclusive.

    Returns:
        Minor units, ``int64``, shape ``(n_orders,)``; to be read only.
    """
    return _spread(orders, refunds(orders, policy).before(as_of))


def counted(orders: OrderTable, policy: CountingPolicy, as_of: np.datetime64) -> Mask:
    """Say which rows count as orders at a moment, whoever bought.

    A row counts if it is no credit note, its state is one of the policy's, it was paid before
    ``as_of`` (so far as that is dated) and its purchase instant is known and before ``as_of``; an
    order given back in full by then goes by ``policy.full_refund``. An order for nothing counts.

    Args:
        orders: The orders.
        policy: What counts.
        as_of: UTC, exclusive.

    Returns:
        ``bool``, shape ``(n_orders,)``.
    """
    at = purchase_at(orders, policy)
    return _stands(orders, at, policy, as_of, refunds(orders, policy).before(as_of))


def count(orders: OrderTable, policy: CountingPolicy, as_of: np.datetime64) -> Counted:
    """Select the orders and credit notes that count at a moment.

    Args:
        orders: The orders.
        policy: What counts.
        as_of: UTC, exclusive.

    Returns:
        The rows; to be read only: where every row counts its columns are the table's own.
    """
    at, paid_back = purchase_at(orders, policy), refunds(orders, policy).before(as_of)
    stands = _stands(orders, at, policy, as_of, paid_back)
    rows = slice(None) if stands.all() else np.flatnonzero(stands)
    notes = paid_back.row[paid_back.credit]
    return Counted(
        customer=orders.customer[rows],
        at=at[rows],
        gross=orders.gross[rows],
        refunded=_spread(orders, paid_back)[rows],
        credit_customer=orders.customer[notes],
        credit_at=paid_back.at[paid_back.credit],
        credit=paid_back.amount[paid_back.credit],
    )


def _stands(
    orders: OrderTable, at: Instants, policy: CountingPolicy, as_of: np.datetime64, paid_back: Refunds
) -> Mask:
    stands = at < as_of
    stands &= _state_in(orders.state, policy.states | {OrderState.REFUNDED})
    stands &= ~orders.credit
    if policy.clock == "placed":
        stands &= ~(orders.paid_at >= as_of)
    if policy.full_refund == "drop":
        stands[paid_back.row[paid_back.in_full]] = False
    return stands


def _state_in(state: NDArray[np.int8], states: frozenset[OrderState]) -> Mask:
    """Compare one by one: for a handful of small numbers that beats a table of answers."""
    found = np.zeros(len(state), np.bool_)
    for one in states:
        found |= state == one
    return found


def _spread(orders: OrderTable, paid_back: Refunds) -> Ints:
    if not len(paid_back.row):  # most shops on most days: one zero seen n times needs no memory
        return np.broadcast_to(np.int64(0), len(orders))
    amounts = np.zeros(len(orders), np.int64)
    amounts[paid_back.row] = paid_back.amount
    return amounts


def _purchase(paid_at: Instants, placed_at: Instants, policy: CountingPolicy) -> Instants:
    return _either(placed_at, paid_at) if policy.clock == "placed" else _either(paid_at, placed_at)


def _either(first: Instants, second: Instants) -> Instants:
    """Take the first instant, the second where the first is unknown."""
    absent = np.isnat(first)
    return np.where(absent, second, first) if absent.any() else first
