"""What an import tells of orders, in the event feed: paid, completed, refunded, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import NO_INSTANT
from retailcrm.analytics.counting import refunds
from retailcrm.domain.orders import OrderState
from retailcrm.domain.points.documents import moment_text
from retailcrm.ports.feed import Fact
from retailcrm.shop.customers.cards import moment_or_none
from retailcrm.shop.stored.bulk_facts import references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Texts
    from retailcrm.analytics.tables import Ints, OrderTable
    from retailcrm.ports.feed import Feed
    from retailcrm.shop.stored.changes import OrdersChanged

_PAID: Final = tuple(int(state) for state in (OrderState.PAID, OrderState.COMPLETED, OrderState.REFUNDED))


@attrs.frozen(eq=False, kw_only=True)
class OrderEvents:
    """Writes what imports tell of orders into the event feed: a listener of imports.

    A shop's first import is long past history: a payment of three years ago is no news, and facts of each
    order would take longer to write than the orders. Of it one fact tells, ``orders.imported``, with how many
    orders there are; whoever wants to know more asks the shop.

    Attributes:
        feed: Where to.
        shop: The shop's key.
    """

    feed: Feed
    shop: str

    def __call__(self, changed: OrdersChanged) -> None:
        """Write what is new; the import's transaction is open.

        Args:
            changed: What the import changed.
        """
        if changed.first and len(changed.after):
            self.feed.write([imported(changed, self.shop)])
        elif len(changed.after):
            self.feed.write(order_facts(changed, self.shop))


def imported(changed: OrdersChanged, shop: str) -> Fact:
    """Tell of a shop's first orders."""
    return Fact(
        kind="orders.imported",
        subject=shop,
        recorded_at=changed.exported_at,
        document={"orders": len(changed.after), "customers": len(changed.customers)},
    )


def order_facts(changed: OrdersChanged, shop: str) -> Iterator[Fact]:
    """Tell what happened to orders between two looks at them.

    As :func:`retailcrm.domain.events.events_between` tells of an order, by what a table knows: its present
    state alone, and what was paid back of it (all, where the state says so). The facts of an order follow
    each other in time; ``inferred`` says that no file gave the moment, and it is that of the export.

    Args:
        changed: What an import changed.
        shop: The shop's key.

    Returns:
        Facts of the kinds ``order.paid``, ``order.completed``, ``order.refunded`` and ``order.closed`` about
        the orders, by their references.
    """
    after, told = changed.after, references(changed.after, np.arange(len(changed.after)), shop)
    before = _Known.before(changed, told, shop)
    now = _Known.of(after)
    exported = np.datetime64(changed.exported_at.replace(tzinfo=None), "us")
    never = np.full(len(after), NO_INSTANT)
    completed = never if after.completed_at is None else after.completed_at
    more = now.refunded - before.refunded
    found = [
        ("order.paid", now.paid & ~before.paid, after.paid_at, after.gross),
        ("order.completed", now.completed & ~before.completed, completed, None),
        ("order.refunded", more != 0, after.refunded_at, more),
        ("order.closed", now.closed & ~before.closed, never, None),
    ]
    rows = np.concatenate([np.flatnonzero(where) for _, where, _, _ in found])
    kinds = np.repeat(np.arange(len(found)), [np.count_nonzero(where) for _, where, _, _ in found])
    moments = np.concatenate([at[where] for _, where, at, _ in found])
    order = np.lexsort((kinds, np.where(np.isnat(moments), exported, moments), rows))
    for place in order.tolist():
        kind, _, _, amount = found[int(kinds[place])]
        row, at = int(rows[place]), moment_or_none(moments[place])
        document: dict[str, Any] = {
            "at": moment_text(at or changed.exported_at),
            "customer": _customer(after, row),
            "inferred": at is None,
        }
        if amount is not None:
            document |= {"amount": int(amount[row]), "currency": after.currency}
        yield Fact(kind=kind, subject=told[row], recorded_at=changed.exported_at, document=document)


def _customer(orders: OrderTable, row: int) -> str | None:
    code = int(orders.customer[row])
    return None if code < 0 else str(orders.customers.ids[code])


@attrs.frozen(eq=False, kw_only=True)
class _Known:
    """What is known of each order of a table."""

    paid: NDArray[np.bool_]
    completed: NDArray[np.bool_]
    closed: NDArray[np.bool_]
    refunded: Ints

    @classmethod
    def of(cls, orders: OrderTable) -> _Known:
        refunded = np.zeros(len(orders), np.int64)
        back = refunds(orders)
        refunded[back.row] = back.amount
        return cls(
            paid=~orders.credit & (~np.isnat(orders.paid_at) | np.isin(orders.state, _PAID)),
            completed=~orders.credit & (orders.state == OrderState.COMPLETED),
            closed=~orders.credit & (orders.state == OrderState.CLOSED),
            refunded=refunded,
        )

    @classmethod
    def before(cls, changed: OrdersChanged, told: Texts, shop: str) -> _Known:
        """Give what was known of each order of ``after``; of a new one nothing."""
        orders = changed.before
        if not len(orders):
            no = np.zeros(len(changed.after), np.bool_)
            return cls(paid=no, completed=no, closed=no, refunded=no.astype(np.int64))
        names = references(orders, np.arange(len(orders)), shop)
        found = pc.index_in(arrow.arrow_texts(told), value_set=arrow.arrow_texts(names))
        place = found.fill_null(len(orders)).to_numpy(zero_copy_only=False)
        known = cls.of(orders)
        return cls(
            **{
                field.name: np.append(column, column.dtype.type(0))[place]
                for field in attrs.fields(cls)
                for column in (getattr(known, field.name),)
            }
        )
