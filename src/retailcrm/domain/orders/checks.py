"""What looks wrong with an order, without deciding anything about it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.domain.orders.states import OrderState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retailcrm.domain.orders.values import Order


def _paid_before_placed(order: Order) -> bool:
    return order.paid_at is not None and order.placed_at is not None and order.paid_at < order.placed_at


def _completed_without_pay_time(order: Order) -> bool:
    return order.state is OrderState.COMPLETED and order.paid_at is None


def _negative_amount(order: Order) -> bool:
    return any(money is not None and money.minor < 0 for money in (order.gross, order.refunded))


def _refund_above_gross(order: Order) -> bool:
    return order.gross is not None and order.refunded is not None and order.refunded > order.gross


def _closed_with_money_paid(order: Order) -> bool:
    return order.state is OrderState.CLOSED and order.was_paid


_CHECKS: Final[Mapping[str, Callable[[Order], bool]]] = MappingProxyType(
    {
        "paid_before_placed": _paid_before_placed,
        "completed_without_pay_time": _completed_without_pay_time,
        "negative_amount": _negative_amount,
        "refund_above_gross": _refund_above_gross,
        "closed_with_money_paid": _closed_with_money_paid,
    }
)

WARNING_LABELS: Final[Mapping[str, Label]] = MappingProxyType(
    {
        "paid_before_placed": Label("付款早于下单", "paid before it was placed"),
        "completed_without_pay_time": Label("交易成功但没有付款时间", "completed without a pay time"),
        "negative_amount": Label("金额为负", "negative amount"),
        "refund_above_gross": Label("退款超过实付", "refund above what was paid"),
        "closed_with_money_paid": Label("交易关闭但已付款", "closed although money was paid"),
    }
)
"""What each warning code means."""


def check(order: Order) -> tuple[str, ...]:
    """List what looks wrong with an order. Shipped before paid is no fault: cash on delivery, presales.

    Args:
        order: A folded order.

    Returns:
        Codes of :data:`WARNING_LABELS`, in its order; empty if all looks right.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.identity import OrderRef
        >>> from retailcrm.domain.orders import Order, OrderState
        >>> now = datetime(2024, 4, 1, tzinfo=UTC)
        >>> check(Order(ref=OrderRef("taobao", "main", "1"), state=OrderState.CLOSED, paid_at=now,
        ...             first_seen=now, observed_at=now))
        ('closed_with_money_paid',)
    """
    return tuple(code for code, looks_wrong in _CHECKS.items() if looks_wrong(order))
