"""Facts that others may act on: what changed between two looks at an order, a tier, two customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import attrs

from retailcrm.domain.money import Money
from retailcrm.domain.orders import Order, OrderState, Provenance
from retailcrm.domain.periods import in_utc
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.identity import CustomerId, Evidence, OrderRef


@attrs.frozen(kw_only=True)
class OrderEvent:
    """Something that happened to an order.

    Attributes:
        ref: Which order.
        at: When it took effect.
        provenance: ``INFERRED`` where no export gave the moment, and ``at`` is that of the export.
    """

    ref: OrderRef
    at: datetime = attrs.field(converter=in_utc)
    provenance: Provenance


@attrs.frozen(kw_only=True)
class OrderPaid(OrderEvent):
    """Money came in.

    Attributes:
        amount: Paid before refunds; ``None`` if not exported.
    """

    amount: Money | None


@attrs.frozen(kw_only=True)
class OrderCompleted(OrderEvent):
    """The buyer confirmed receipt, or the time to do so ran out."""


@attrs.frozen(kw_only=True)
class OrderRefunded(OrderEvent):
    """Money went back.

    Attributes:
        amount: What is new: the amounts of all events of an order add up to what it was refunded.
            Negative where a later export corrects an earlier one; ``None`` if the order is refunded
            and no export says how much.
    """

    amount: Money | None


@attrs.frozen(kw_only=True)
class OrderClosed(OrderEvent):
    """The order ended without being paid."""


@attrs.frozen(kw_only=True)
class TierChanged:
    """A customer rose or fell.

    Attributes:
        customer: Who.
        at: When it took effect.
        old: Tier before; ``None`` at joining.
        new: Tier after.
        reason: Why, in a stable word or a sentence.
    """

    customer: CustomerId
    at: datetime = attrs.field(converter=in_utc)
    old: str | None
    new: str
    reason: str


@attrs.frozen(kw_only=True)
class CustomersMerged:
    """Two customer ids turned out to be one person.

    Attributes:
        merge_id: The decision, for taking it back.
        keep: The side that was kept.
        gone: The side that resolves elsewhere now.
        at: When it was decided.
        actor: Who decided.
        evidence: Why.
    """

    merge_id: str
    keep: CustomerId
    gone: CustomerId
    at: datetime = attrs.field(converter=in_utc)
    actor: str
    evidence: tuple[Evidence, ...]


@attrs.frozen(kw_only=True)
class CustomersUnmerged:
    """A merge was taken back.

    Attributes:
        merge_id: The decision that no longer counts.
        keep: The side that had been kept.
        gone: The side that stands for itself again, with whatever was merged into it since.
        at: When it was decided.
        actor: Who decided.
    """

    merge_id: str
    keep: CustomerId
    gone: CustomerId
    at: datetime = attrs.field(converter=in_utc)
    actor: str


@attrs.frozen(kw_only=True)
class PointsMoved:
    """Points were awarded, came to be spendable, lapsed, were spent or went back.

    Attributes:
        customer: Whose.
        wallet: Which currency of points.
        what: The verb of the entry: ``earn``, ``activate``, ``expire``, ``void`` ...
        points: How many.
        at: When it took effect.
        reference: What it is about: an order, a refund; empty if nothing.
    """

    customer: CustomerId
    wallet: str
    what: str
    points: int
    at: datetime = attrs.field(converter=in_utc)
    reference: str = ""


Event = (
    OrderPaid
    | OrderCompleted
    | OrderRefunded
    | OrderClosed
    | TierChanged
    | CustomersMerged
    | CustomersUnmerged
    | PointsMoved
)
"""Every fact that is published."""


def events_between(before: Order | None, after: Order) -> tuple[Event, ...]:
    """Tell what is new in an order since the last look.

    Over any chain of looks, each fold taking in more observations, an order is paid, completed and
    closed at most once, and the refunded amounts add up. The same order twice gives nothing.

    Args:
        before: The order as folded last; ``None`` at its first sight.
        after: The order as folded now, from the same observations and more.

    Returns:
        Events by effective time; empty if nothing that matters is new.

    Raises:
        InputError: Two different orders.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.identity import OrderRef
        >>> from retailcrm.domain.orders import Observation, fold
        >>> ref, now = OrderRef("taobao", "main", "1"), datetime(2024, 4, 1, tzinfo=UTC)
        >>> seen = Observation(ref=ref, observed_at=now, state=OrderState.PAID, gross=Money(500, "CNY"))
        >>> paid = fold([seen])
        >>> for event in events_between(None, paid):
        ...     print(type(event).__name__, event.amount, event.provenance.value)
        OrderPaid ¥5.00 inferred
        >>> events_between(paid, paid)
        ()
    """
    if before is not None and before.ref != after.ref:
        raise InputError(f"events are of one order, not of {before.ref} and {after.ref}")
    found: list[OrderPaid | OrderCompleted | OrderRefunded | OrderClosed] = []
    if after.was_paid and not (before and before.was_paid):
        found.append(OrderPaid(amount=after.gross, **_when(after, "paid_at")))
    if _new_state(before, after, OrderState.COMPLETED):
        found.append(OrderCompleted(**_when(after, "completed_at")))
    found += _refunds(before, after)
    if after.state is OrderState.CLOSED and not (before and before.state is OrderState.CLOSED):
        found.append(OrderClosed(**_when(after, None)))
    return tuple(sorted(found, key=lambda event: event.at))


def _new_state(before: Order | None, after: Order, state: OrderState) -> bool:
    return state in after.seen and not (before and state in before.seen)


def _refunds(before: Order | None, after: Order) -> list[OrderRefunded]:
    """Give the difference in what was paid back, or the bare fact where no amount is known."""
    if after.refunded is None:
        unsaid = _new_state(before, after, OrderState.REFUNDED)
        return [OrderRefunded(amount=None, **_when(after, "refunded_at"))] if unsaid else []
    known = before.refunded if before and before.refunded else Money(0, after.refunded.currency)
    new = after.refunded - known
    return [OrderRefunded(amount=new, **_when(after, "refunded_at"))] if new.minor else []


def _when(order: Order, moment: str | None) -> _When:
    """Give the exported moment, else that of the export which showed the fact."""
    at: datetime | None = getattr(order, moment) if moment else None
    if moment is None or at is None:
        return {"ref": order.ref, "at": order.observed_at, "provenance": Provenance.INFERRED}
    return {"ref": order.ref, "at": at, "provenance": order.provenance(moment)}


class _When(TypedDict):
    ref: OrderRef
    at: datetime
    provenance: Provenance
