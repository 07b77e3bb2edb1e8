"""Where an order can stand, where it can go from there, and what that is called."""

from __future__ import annotations

import unicodedata
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping


class OrderState(IntEnum):
    """Where an order stands. Rising values are later stages; the last two are ends."""

    UNKNOWN = 0
    PLACED = 1
    PAID = 2
    SHIPPED = 3
    RECEIVED = 4
    COMPLETED = 5
    CLOSED = 6
    """Ended without ever being paid."""
    REFUNDED = 7
    """Paid, then given back in full."""


_S = OrderState

TRANSITIONS: Final[Mapping[OrderState, frozenset[OrderState]]] = MappingProxyType(
    {
        # Not a place in the life of an order, only a text that we could not read.
        _S.UNKNOWN: frozenset(_S) - {_S.UNKNOWN},
        # Straight to shipped: cash on delivery.
        _S.PLACED: frozenset({_S.PAID, _S.SHIPPED, _S.CLOSED}),
        # Straight to completed: nothing to ship, such as a voucher.
        _S.PAID: frozenset({_S.SHIPPED, _S.COMPLETED, _S.REFUNDED}),
        # Closed: cash on delivery, refused at the door.
        _S.SHIPPED: frozenset({_S.RECEIVED, _S.COMPLETED, _S.CLOSED, _S.REFUNDED}),
        _S.RECEIVED: frozenset({_S.COMPLETED, _S.REFUNDED}),
        _S.COMPLETED: frozenset({_S.REFUNDED}),
        _S.CLOSED: frozenset(),
        _S.REFUNDED: frozenset(),
    }
)
"""The life cycle: where an order can go next. Snapshots may skip steps; every step rises in value."""

ENDS: Final = frozenset(state for state, following in TRANSITIONS.items() if not following)
"""States that nothing follows."""

STATE_LABELS: Final[Mapping[OrderState, Label]] = MappingProxyType(
    {
        _S.UNKNOWN: Label("未知", "unknown"),
        _S.PLACED: Label("已下单", "placed"),
        _S.PAID: Label("已付款", "paid"),
        _S.SHIPPED: Label("已发货", "shipped"),
        _S.RECEIVED: Label("已签收", "received"),
        _S.COMPLETED: Label("交易成功", "completed"),
        _S.CLOSED: Label("交易关闭", "closed"),
        _S.REFUNDED: Label("已退款", "refunded"),
    }
)
"""What each state is called."""


def life_cycle_mermaid() -> str:
    """Draw :data:`TRANSITIONS` as a state diagram, for the docs.

    Returns:
        Mermaid text, both languages in each box. ``UNKNOWN`` is left out: it is no place in the life
        of an order.

    Example:
        >>> print(life_cycle_mermaid().splitlines()[0])
        stateDiagram-v2
    """
    drawn = [state for state in OrderState if state is not OrderState.UNKNOWN]
    boxes = [f"{_box(s)}: {STATE_LABELS[s].zh} {STATE_LABELS[s].en}" for s in drawn]
    moves = [f"{_box(s)} --> {_box(following)}" for s in drawn for following in sorted(TRANSITIONS[s])]
    ends = [f"{_box(s)} --> [*]" for s in drawn if s in ENDS]
    lines = [*boxes, f"[*] --> {_box(OrderState.PLACED)}", *moves, *ends]
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in lines)])


def _box(state: OrderState) -> str:
    return state.name.lower()


def state_key(text: str) -> str:
    """Write a state's text in the one form in which tables are looked up.

    Args:
        text: As exported.

    Returns:
        NFKC form (so that a full-width comma equals a half-width one), blanks around it dropped.

    Example:
        >>> state_key(" 卖家已发货，等待买家确认 ")
        '卖家已发货,等待买家确认'
    """
    return unicodedata.normalize("NFKC", text).strip()


def map_state(text: str, table: Mapping[str, OrderState]) -> OrderState | None:
    """Look a platform's state text up.

    Args:
        text: As exported.
        table: The platform's texts, in any width.

    Returns:
        The state; ``None`` for a text that the table does not know: report it, never guess.

    Example:
        >>> table = {"买家已付款，等待卖家发货": OrderState.PAID}
        >>> print(map_state("买家已付款,等待卖家发货 ", table), map_state("已收货", table))
        2 None
    """
    key = state_key(text)
    if key in table:
        return table[key]
    return next((state for known, state in table.items() if state_key(known) == key), None)
