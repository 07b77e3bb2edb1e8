"""The parts of an order, what one export showed of it, and what it is by all that was shown."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.domain.orders.states import OrderState
from retailcrm.domain.periods import in_utc
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from retailcrm.domain.identity import Identity, OrderRef
    from retailcrm.domain.money import Money

TIMES: Final = ("placed_at", "paid_at", "shipped_at", "received_at", "completed_at", "refunded_at")
"""The moments of an order's life, by field name."""


class Provenance(StrEnum):
    """Where a moment comes from."""

    EXPORTED = "exported"
    """A column gave it."""

    INFERRED = "inferred"
    """Read out of something else, such as the date within an order number."""

    MISSING = "missing"
    """Nothing gave it."""


class RefundStatus(StrEnum):
    """Where a refund stands; only settled ones moved money."""

    REQUESTED = "requested"
    SETTLED = "settled"
    CLOSED = "closed"
    UNKNOWN = "unknown"


def _exact(_: object, field: attrs.Attribute[Any], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"{field.name} is an int or Decimal, got {type(value).__name__}")


def _in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)


@attrs.frozen(kw_only=True)
class Line:
    """One article of an order.

    Attributes:
        product: The shop's product code, or the title where there is none.
        quantity: Pieces or measure; negative on returns.
        amount: What the line costs after its discounts.
        unit_price: In major units, with all its digits; ``None`` if not exported.
        gift: Whether it came free with something else.
        refunded: Paid back for this line; ``None`` if not exported.
        raw_state: The line's own state as exported. It never becomes the order's.
    """

    product: str
    quantity: int | Decimal = attrs.field(validator=_exact)
    amount: Money
    unit_price: Decimal | None = attrs.field(default=None, validator=attrs.validators.optional(_exact))
    gift: bool = False
    refunded: Money | None = None
    raw_state: str | None = None


@attrs.frozen(kw_only=True)
class Refund:
    """One refund of an order, from a refund report.

    Attributes:
        refund_id: The platform's number of it; an order may have several.
        amount: What was asked for or paid back.
        settled_at: When the money moved; ``None`` if not exported.
        status: Where it stands.
    """

    refund_id: str
    amount: Money
    settled_at: datetime | None = attrs.field(default=None, converter=_in_utc)
    status: RefundStatus = RefundStatus.UNKNOWN


def settled_refunds(refunds: Iterable[Refund]) -> tuple[Money, datetime | None] | None:
    """Add up the refunds of one order that moved money.

    Args:
        refunds: Of one order, one value for each refund number.

    Returns:
        The sum and the latest known moment, as an observation takes them; ``None`` if none settled.

    Raises:
        InputError: A refund number occurs twice with different content.
        CurrencyMismatchError: Two currencies.

    Example:
        >>> from retailcrm.domain.money import Money
        >>> refunds = [Refund(refund_id=i, amount=Money(500, "CNY"), status=s)
        ...            for i, s in [("1", RefundStatus.SETTLED), ("2", RefundStatus.CLOSED)]]
        >>> print(*settled_refunds(refunds))
        ¥5.00 None
    """
    distinct = {refund for refund in refunds if refund.status is RefundStatus.SETTLED}
    if len({refund.refund_id for refund in distinct}) < len(distinct):
        raise InputError("a refund number stands for two different refunds")
    if not distinct:
        return None
    first, *others = (refund.amount for refund in distinct)
    return sum(others, first), max((r.settled_at for r in distinct if r.settled_at), default=None)


@attrs.frozen(kw_only=True)
class _Facts:
    """What an observation and a folded order have in common; ``None`` is always "not told"."""

    ref: OrderRef
    raw_state: str | None = None
    placed_at: datetime | None = attrs.field(default=None, converter=_in_utc)
    paid_at: datetime | None = attrs.field(default=None, converter=_in_utc)
    shipped_at: datetime | None = attrs.field(default=None, converter=_in_utc)
    received_at: datetime | None = attrs.field(default=None, converter=_in_utc)
    completed_at: datetime | None = attrs.field(default=None, converter=_in_utc)
    refunded_at: datetime | None = attrs.field(default=None, converter=_in_utc)
    gross: Money | None = None
    refunded: Money | None = None
    buyer: Identity | None = None
    lines: tuple[Line, ...] | None = None
    inferred: frozenset[str] = frozenset()

    def __attrs_post_init__(self) -> None:
        """Check what no single field can."""
        if not self.inferred <= set(TIMES):
            raise InputError(f"not moments of an order: {', '.join(sorted(self.inferred - set(TIMES)))}")

    def provenance(self, moment: str) -> Provenance:
        """Tell where one of the :data:`TIMES` comes from."""
        if getattr(self, moment) is None:
            return Provenance.MISSING
        return Provenance.INFERRED if moment in self.inferred else Provenance.EXPORTED


@attrs.frozen(kw_only=True)
class Observation(_Facts):
    """What one export showed of one order. ``None``: the column was missing or blank; erases nothing.

    Attributes:
        ref: Which order.
        observed_at: The moment of the export.
        sequence: Orders exports of the same moment.
        state: Where the order stood, ``UNKNOWN`` for a text that we could not read.
        raw_state: That text.
        placed_at: When it was placed.
        paid_at: When it was paid.
        shipped_at: When it left.
        received_at: When it arrived.
        completed_at: When receipt was confirmed.
        refunded_at: When the (last) refund settled.
        gross: Paid before refunds; the amount due while unpaid.
        refunded: Paid back so far.
        buyer: Who bought.
        lines: What was bought, all of it as far as this export knows.
        inferred: Those of :data:`TIMES` that were not exported but read out of something else.
    """

    observed_at: datetime = attrs.field(converter=in_utc)
    sequence: int = 0
    state: OrderState | None = None


@attrs.frozen(kw_only=True)
class Order(_Facts):
    """What an order is, by all observations of it; see :func:`~retailcrm.domain.orders.fold`.

    Attributes:
        ref: Which order.
        state: Where it stands; ``UNKNOWN`` if no export said.
        seen: All states that exports showed, this one among them.
        first_seen: The first export that showed it.
        observed_at: The last export that showed it.
        refund_first_seen: The first export that showed money paid back; ``None`` without refund.
        raw_state: As last exported.
        placed_at: When it was placed.
        paid_at: When it was paid.
        shipped_at: When it left.
        received_at: When it arrived.
        completed_at: When receipt was confirmed.
        refunded_at: When the (last) refund settled.
        gross: Paid before refunds; the amount due while unpaid.
        refunded: Paid back so far.
        buyer: Who bought.
        lines: What was bought.
        inferred: Those of :data:`TIMES` that were not exported but read out of something else.
    """

    state: OrderState = OrderState.UNKNOWN
    seen: frozenset[OrderState] = frozenset()
    first_seen: datetime = attrs.field(converter=in_utc)
    observed_at: datetime = attrs.field(converter=in_utc)
    refund_first_seen: datetime | None = attrs.field(default=None, converter=_in_utc)

    @property
    def net(self) -> Money | None:
        """Gross less refunds; ``None`` where no amount is known."""
        if self.gross is None or self.refunded is None:
            return self.gross
        return self.gross - self.refunded

    @property
    def was_paid(self) -> bool:
        """Whether money came in at some time: a pay time, or a state that only paid orders reach.

        Shipped or received says nothing: cash on delivery is paid later.
        """
        return self.paid_at is not None or bool(self.seen & _PAID_STATES)


_PAID_STATES: Final = frozenset({OrderState.PAID, OrderState.COMPLETED, OrderState.REFUNDED})
