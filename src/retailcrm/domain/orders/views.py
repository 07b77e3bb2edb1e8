"""An order as it stood at a moment: facts that took effect later are not visible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import attrs

from retailcrm.domain.money import Money
from retailcrm.domain.orders.folding import fold
from retailcrm.domain.orders.states import ENDS, OrderState
from retailcrm.domain.orders.values import TIMES, Line, Observation, Order
from retailcrm.domain.periods import in_utc
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

UndatedRefund = Literal["order_date", "first_seen"]
"""When a refund without a date took effect: with its order, or when an export first showed it."""

# Which stage each moment begins, and the stage before it.
_STAGES: Final = (
    ("paid_at", OrderState.PAID, OrderState.PLACED),
    ("shipped_at", OrderState.SHIPPED, OrderState.PAID),
    ("received_at", OrderState.RECEIVED, OrderState.SHIPPED),
    ("completed_at", OrderState.COMPLETED, OrderState.RECEIVED),
)


def facts_as_of(
    observations: Iterable[Observation], t: datetime, undated_refund: UndatedRefund
) -> Order | None:
    """Show an order as it stood just before a moment, by all that is known of it today.

    - An order placed at ``t`` or later is not there. Where no export gives the time of placing, the
      earliest other moment of its life counts, and without any the first export that showed it.
    - Moments at ``t`` or later are missing, and the state is at most the stage before the first of
      them. A stage without a known moment hides nothing.
    - A refund is there if it settled before ``t``; an undated one by ``undated_refund``:
      ``order_date``, if the order was paid (or, without a pay time, placed) before ``t``;
      ``first_seen``, if an export before ``t`` showed it. Otherwise nothing was refunded yet, and a
      refunded order stands where it stood before.

    Args:
        observations: Of one order, at least one; those made after ``t`` count too.
        t: The moment, exclusive; aware.
        undated_refund: The policy for refunds without a date.

    Returns:
        The order as it stood; ``None`` if it had not been placed.

    Raises:
        SettingsError: The policy is unknown.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.identity import OrderRef
        >>> from retailcrm.domain.orders import Observation, OrderState, facts_as_of
        >>> day = [datetime(2024, 3, d, tzinfo=UTC) for d in range(1, 10)]
        >>> seen = Observation(
        ...     ref=OrderRef("taobao", "main", "1"), observed_at=day[8], state=OrderState.COMPLETED,
        ...     placed_at=day[0], paid_at=day[1], completed_at=day[5])
        >>> [o and o.state.name for o in (facts_as_of([seen], day[i], "first_seen") for i in (0, 1, 2, 6))]
        [None, 'PLACED', 'RECEIVED', 'COMPLETED']
    """
    if undated_refund not in get_args(UndatedRefund):
        known = ", ".join(get_args(UndatedRefund))
        raise SettingsError(f"undated_refund is one of {known}, not {undated_refund!r}")
    order, t = fold(observations), in_utc(t)
    if _start(order) >= t:
        return None
    refund_there = not _has_refund(order) or _refund_visible(order, t, undated_refund)
    later = frozenset(name for name in TIMES if (moment := getattr(order, name)) is not None and moment >= t)
    state = _visible_state(order, later, refund_there=refund_there)
    return _hide(order, later, state, refund_there=refund_there)


def _start(order: Order) -> datetime:
    """Give the moment from which the order existed, as far as known."""
    others = [moment for name in TIMES if (moment := getattr(order, name)) is not None]
    return order.placed_at or min(others, default=order.first_seen)


def _has_refund(order: Order) -> bool:
    return order.refund_first_seen is not None or order.refunded_at is not None


def _refund_visible(order: Order, t: datetime, undated: UndatedRefund) -> bool:
    if order.refunded_at is not None:
        return order.refunded_at < t
    if undated == "order_date":
        return (order.paid_at or _start(order)) < t
    return order.refund_first_seen is not None and order.refund_first_seen < t


def _visible_state(order: Order, later: frozenset[str], *, refund_there: bool) -> OrderState:
    cap = next((before for name, _, before in _STAGES if name in later), None)
    if order.state is OrderState.REFUNDED and refund_there and "paid_at" not in later:
        return order.state
    if order.state is OrderState.CLOSED and cap is None:
        return order.state
    stage = _stage_before_end(order) if order.state in ENDS else order.state
    return stage if cap is None else min(stage, cap)


def _stage_before_end(order: Order) -> OrderState:
    """Give the furthest stage that an ended order is known to have reached."""
    shown = order.seen - ENDS
    dated = {stage for name, stage, _ in _STAGES if getattr(order, name) is not None}
    implied = {OrderState.PAID if order.state is OrderState.REFUNDED else OrderState.PLACED}
    return max(shown | dated | implied)


def _hide(order: Order, later: frozenset[str], state: OrderState, *, refund_there: bool) -> Order:
    """Take away what was not there yet, texts that would tell of it included."""
    changes: dict[str, Any] = {**dict.fromkeys(later), "state": state, "inferred": order.inferred - later}
    changed = state is not order.state
    if changed:
        changes |= {"raw_state": None, "seen": frozenset(s for s in order.seen if s <= state) | {state}}
    if not refund_there:
        changes |= {"refunded": _zero(order.refunded), "refund_first_seen": None}
    if order.lines is not None and (changed or not refund_there):
        changes["lines"] = tuple(_line_before(line, refund_there=refund_there) for line in order.lines)
    return attrs.evolve(order, **changes)


def _line_before(line: Line, *, refund_there: bool) -> Line:
    return attrs.evolve(
        line, raw_state=None, refunded=line.refunded if refund_there else _zero(line.refunded)
    )


def _zero(money: Money | None) -> Money | None:
    """Nothing paid back yet, in the same currency; still unknown where it was unknown."""
    return None if money is None else Money(0, money.currency)
