"""The shop in one look: totals, their change, months, concentration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import attrs

from retailcrm.report.data.words import COUNT, MINOR, both

if TYPE_CHECKING:
    from retailcrm.domain.labels import Label

MAX_CURVE_POINTS: Final = 200
"""More points than this cannot be told apart on the page, and only make it heavy."""


@attrs.frozen(kw_only=True)
class Headline:
    """The shop in one look; totals over the counted orders up to the report's date.

    Attributes:
        customers: Known customers with at least one counted order.
        orders: Counted orders, those without a known buyer included.
        gross: Paid on those orders before refunds, minor units.
        refunded: Paid back on them, minor units.
        net: ``gross`` less ``refunded``, minor units.
        aov: Net per order, minor units.
        per_buyer: Net of known customers per known customer (客单价), minor units.
        repurchase_rate: Customers with two or more purchase days, over customers with one or more.
        top_share: What the top 20 % of customers bring, as a share of known customers' net.
        returning_share: What customers with two or more purchase days bring, of the same net.
        gini: Gini coefficient of net per customer.
    """

    customers: int = attrs.field(validator=COUNT)
    orders: int = attrs.field(validator=COUNT)
    gross: int = attrs.field(validator=MINOR)
    refunded: int = attrs.field(validator=MINOR)
    net: int = attrs.field(validator=MINOR)
    aov: int | None
    per_buyer: int | None
    repurchase_rate: float | None
    top_share: float | None
    returning_share: float | None
    gini: float | None

    def __attrs_post_init__(self) -> None:
        """Refuse a net that does not follow."""
        if self.net != self.gross - self.refunded:
            raise ValueError(f"net {self.net} is not gross {self.gross} less refunded {self.refunded}")


@attrs.frozen(kw_only=True)
class MonthRow:
    """One calendar month in the shop's zone.

    Attributes:
        month: ``YYYY-MM``.
        orders: Counted orders.
        net: Net of those orders, minor units.
        buyers: Distinct known customers who bought.
        new_buyers: Those of them whose first counted order fell in this month.
        reactivated: Those of them who came back after the silence that the policy calls lapsed.
        gross: Paid before refunds, minor units.
        refunded: Paid back on the month's orders, minor units.
        returning_net: Net of buyers who had bought before this month, minor units.
    """

    month: str = attrs.field(validator=attrs.validators.matches_re(r"\d{4}-(0[1-9]|1[0-2])"))
    orders: int = attrs.field(validator=COUNT)
    net: int = attrs.field(validator=MINOR)
    buyers: int = attrs.field(validator=COUNT)
    new_buyers: int = attrs.field(validator=COUNT)
    reactivated: int = attrs.field(default=0, validator=COUNT)
    gross: int = attrs.field(default=0, validator=MINOR)
    refunded: int = attrs.field(default=0, validator=MINOR)
    returning_net: int = attrs.field(default=0, validator=MINOR)

    def __attrs_post_init__(self) -> None:
        """Refuse more new buyers than buyers."""
        if self.new_buyers > self.buyers:
            raise ValueError(f"{self.month}: {self.new_buyers} new buyers of {self.buyers} buyers")


@attrs.frozen(kw_only=True)
class LorenzCurve:
    """Points of the Lorenz curve of net per customer, smallest spender first.

    Attributes:
        x: Share of customers, rising from 0 to 1; at most :data:`MAX_CURVE_POINTS`.
        y: Share of net that those customers bring; same length.
    """

    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Refuse points that are no curve, or too many."""
        if len(self.x) != len(self.y):
            raise ValueError(f"the curve has {len(self.x)} x for {len(self.y)} y")
        if len(self.x) > MAX_CURVE_POINTS:
            raise ValueError(f"the curve has {len(self.x)} points, more than {MAX_CURVE_POINTS}")
        if list(self.x) != sorted(self.x):
            raise ValueError("the curve's x must rise")


@attrs.frozen(kw_only=True)
class Change:
    """One figure of the latest period against the same figure of the period before.

    Attributes:
        key: Stable word: ``net``, ``orders``, ``buyers``, ``new_buyers``, ``reactivated``, ``aov``,
            ``per_buyer``, ``orders_per_buyer``, ``repurchase_rate``, ``rebuy_rate``, ``refund_rate``,
            ``new_customer_share``, ``acquisition_rate``, ``churn_rate``, ``good_review_rate``.
        label: Its name.
        definition: What is counted over what.
        unit: ``count``, ``money`` (minor units), ``share`` (of 1) or ``ratio``.
        now: In the latest period; ``None`` not defined.
        before: In the period before.
        low: Lower end of the 95 % interval of ``now``; ``None`` without one.
        high: Upper end.
    """

    key: str
    label: Label = attrs.field(converter=both)
    definition: Label = attrs.field(converter=both)
    unit: Literal["count", "money", "share", "ratio"]
    now: float | None
    before: float | None
    low: float | None = None
    high: float | None = None

    @property
    def change(self) -> float | None:
        """Growth: (now - before) / before; ``None`` where before is not above 0."""
        if self.now is None or self.before is None or self.before <= 0:
            return None
        return (self.now - self.before) / self.before


@attrs.frozen(kw_only=True)
class Comparison:
    """Two periods of the same length side by side.

    Attributes:
        name: What the latest period is: ``2024-03``, or ``the last 30 days``.
        start: Its first day, ISO.
        end: The day after its last one, ISO.
        before_start: First day of the period before; it ends at ``start``.
        changes: The figures.
    """

    name: Label = attrs.field(converter=both)
    start: str
    end: str
    before_start: str
    changes: tuple[Change, ...]
