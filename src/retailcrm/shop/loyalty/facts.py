"""What orders tell a points programme: rows of a table, or an order that a backend hands in."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.counting import refunds
from retailcrm.domain.orders import OrderState
from retailcrm.domain.points.following import OrderFacts
from retailcrm.domain.points.refunds import amounts_of
from retailcrm.errors import CurrencyMismatchError, InputError
from retailcrm.shop.customers.cards import platform_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from retailcrm.analytics.counting import CountingPolicy
    from retailcrm.analytics.tables import Instants, OrderTable
    from retailcrm.domain.orders import Order
    from retailcrm.domain.points.earning import Earner

_PAID = (OrderState.PAID, OrderState.COMPLETED, OrderState.REFUNDED)


def facts_of(
    orders: OrderTable, shop: str, counting: CountingPolicy, lines: Sequence[tuple[int, ...]] = ()
) -> tuple[OrderFacts, ...]:
    """Take what points need out of a table of orders.

    Orders that nobody paid, and credit notes, earn nothing and are left out. Where a state says that an
    order was paid but nobody knows when, the moment when it was placed stands in.

    Args:
        orders: One customer's, or everybody's.
        shop: The shop's key in order references.
        counting: When a refund without a date took effect.
        lines: What the lines of each order sold for; empty: nobody knows of lines.
    """
    return tuple(facts for _, facts in facts_by_row(orders, shop, counting, lines))


def facts_by_row(
    orders: OrderTable, shop: str, counting: CountingPolicy, lines: Sequence[tuple[int, ...]] = ()
) -> Iterator[tuple[int, OrderFacts]]:
    """Give the same, each with the row that it is from."""
    back = refunds(orders, counting)
    refunded_at = np.full(len(orders), np.datetime64("NaT", "us"))
    refunded_at[back.row] = back.at
    refunded = np.zeros(len(orders), np.int64)
    refunded[back.row] = back.amount
    said_paid = np.isin(orders.state, [int(state) for state in _PAID])
    paid_at = np.where(np.isnat(orders.paid_at) & said_paid, orders.placed_at, orders.paid_at)
    rows = np.flatnonzero(~np.isnat(paid_at) & ~orders.credit)
    columns = zip(
        rows.tolist(), _moments(paid_at, rows), _moments(orders.shipped_at, rows),
        _moments(orders.completed_at, rows), np.maximum(orders.gross[rows], 0).tolist(),
        np.maximum(refunded[rows], 0).tolist(), _moments(refunded_at, rows), strict=True,
    )  # fmt: skip
    for row, paid, shipped, completed, gross, given_back, given_at in columns:
        assert paid is not None  # noqa: S101 - just chosen
        facts = OrderFacts(
            reference=f"{platform_of(orders, row)}/{shop}/{orders.numbers[row]}",
            paid_at=paid,
            shipped_at=shipped,
            completed_at=completed,
            gross=gross,
            lines=lines[row] if lines else (),
            shipping=0 if orders.postage is None else int(orders.postage[row]),
            refunded=given_back,
            refunded_at=(given_at or paid) if given_back else None,
        )
        yield row, facts


def _moments(column: Instants | None, rows: NDArray[np.int64]) -> list[datetime | None]:
    """Give instants of some rows as aware datetimes."""
    if column is None:
        return [None] * len(rows)
    found: list[datetime | None] = column[rows].tolist()
    return [None if one is None else one.replace(tzinfo=UTC) for one in found]


def facts_of_order(order: Order, currency: str, parts: Earner | None = None) -> OrderFacts | None:
    """Take what points need out of an order that a backend hands in; ``None`` if nobody paid it.

    Args:
        order: As it is now.
        currency: The shop's.
        parts: What exactly it earns on; ``None``: what was paid, shared out to its lines.

    Raises:
        CurrencyMismatchError: It is not in the shop's currency.
        InputError: The parts are those of another order, or two lines have one id.
    """
    if parts is not None:
        if parts.reference != str(order.ref):
            raise InputError(f"these are the parts of {parts.reference!r}, not of {order.ref}")
        amounts_of(parts)
    if order.gross is not None and order.gross.currency != currency:
        raise CurrencyMismatchError(f"order {order.ref} is in {order.gross.currency}, the shop in {currency}")
    paid_at = order.paid_at or (order.placed_at if order.was_paid else None)
    if paid_at is None or order.gross is None:
        return None
    whole = order.state is OrderState.REFUNDED and order.refunded is None
    refunded = order.gross.minor if whole else order.refunded.minor if order.refunded else 0
    return OrderFacts(
        reference=str(order.ref),
        paid_at=paid_at,
        shipped_at=order.shipped_at,
        completed_at=order.completed_at,
        gross=order.gross.minor,
        refunded=refunded,
        refunded_at=(order.refunded_at or order.refund_first_seen or order.observed_at) if refunded else None,
        lines=tuple(max(line.amount.minor, 0) for line in order.lines or ()),
        parts=parts,
    )


def known_by(facts: OrderFacts, at: datetime) -> OrderFacts | None:
    """Give an order as it was known at a moment.

    Args:
        facts: As it is known now.
        at: Aware, exclusive: what happened then or later is not known.

    Returns:
        The order; ``None`` if it was not paid by then.
    """
    if facts.paid_at >= at:
        return None
    told = (facts.shipped_at, facts.completed_at, facts.refunded_at)
    if all(one is None or one < at for one in told):
        return facts
    later = facts.refunded_at is not None and facts.refunded_at >= at
    return attrs.evolve(
        facts,
        shipped_at=_before(facts.shipped_at, at),
        completed_at=_before(facts.completed_at, at),
        refunded=0 if later else facts.refunded,
        refunded_at=None if later else facts.refunded_at,
    )


def _before(moment: datetime | None, at: datetime) -> datetime | None:
    return None if moment is None or moment >= at else moment
