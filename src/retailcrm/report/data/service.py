"""How the shop serves: refunds, process times, reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.report.data.words import COUNT, MINOR, both

if TYPE_CHECKING:
    from retailcrm.domain.labels import Label


@attrs.frozen(kw_only=True)
class DelayRow:
    """How long one step of an order takes.

    Attributes:
        key: ``payment`` (placed to paid), ``shipping`` (paid to shipped), ``delivery`` (shipped to
            signed for or received), ``refund`` (asked to settled).
        label: Its name.
        count: Orders whose two times are known.
        median_hours: Half took no longer.
        p90_hours: Nine of ten took no longer.
        within: Share done within ``within_hours``, of all that could have been; ``None`` not defined.
        within_hours: That limit.
        reversed_count: Orders whose second time is before the first: left out.
    """

    key: str
    label: Label = attrs.field(converter=both)
    count: int = attrs.field(validator=COUNT)
    median_hours: float | None
    p90_hours: float | None
    within: float | None
    within_hours: int
    reversed_count: int = attrs.field(default=0, validator=COUNT)


@attrs.frozen(kw_only=True)
class ReasonRow:
    """Why money went back.

    Attributes:
        reason: As the buyer gave it; empty if not told.
        refunds: Refunds that succeeded.
        amount: Paid back, minor units.
    """

    reason: str
    refunds: int = attrs.field(validator=COUNT)
    amount: int = attrs.field(validator=MINOR)


@attrs.frozen(kw_only=True)
class Refunding:
    """What went back.

    Attributes:
        orders: Counted or given back orders.
        refunded_orders: Those of them with a refund, in full or in part.
        gross: Paid on them before refunds, minor units.
        refunded: Paid back on them, and by credit notes, minor units.
        reasons: By reason, most money first; empty if no refund report tells.
    """

    orders: int = attrs.field(validator=COUNT)
    refunded_orders: int = attrs.field(validator=COUNT)
    gross: int = attrs.field(validator=MINOR)
    refunded: int = attrs.field(validator=MINOR)
    reasons: tuple[ReasonRow, ...] = ()


@attrs.frozen(kw_only=True)
class ReviewMonth:
    """Reviews of one month: ``month`` as ``YYYY-MM``, how many, how many with a score, how many good."""

    month: str
    reviews: int = attrs.field(validator=COUNT)
    scored: int = attrs.field(validator=COUNT)
    good: int = attrs.field(validator=COUNT)


@attrs.frozen(kw_only=True)
class ReviewedProduct:
    """One product's reviews.

    Attributes:
        product: Its code or title.
        scored: Reviews with a score.
        good: Good ones.
        rate: Good / scored.
        low: Lower end of the 95 % interval (Wilson).
        high: Upper end.
    """

    product: str
    scored: int = attrs.field(validator=COUNT)
    good: int = attrs.field(validator=COUNT)
    rate: float
    low: float
    high: float


@attrs.frozen(kw_only=True)
class Reviews:
    """What buyers say.

    Attributes:
        reviews: Reviews before the report's date.
        scored: Those with a score.
        good: Those of them at or above ``good_from``.
        good_from: Percent of full marks that make a review good.
        rate: Good / scored; ``None`` without a score.
        low: Lower end of its 95 % interval (Wilson).
        high: Upper end.
        second: Reviews followed by a second one.
        months: By month.
        worst: Products with the lowest interval first, among those with enough scores.
    """

    reviews: int = attrs.field(validator=COUNT)
    scored: int = attrs.field(validator=COUNT)
    good: int = attrs.field(validator=COUNT)
    good_from: int
    rate: float | None
    low: float | None
    high: float | None
    second: int = attrs.field(validator=COUNT)
    months: tuple[ReviewMonth, ...] = ()
    worst: tuple[ReviewedProduct, ...] = ()
