"""Groups of customers: segments, states, classes, tiers."""

from __future__ import annotations

import attrs

from retailcrm.domain.labels import Label
from retailcrm.report.data.words import COUNT, MINOR, both


@attrs.frozen(kw_only=True)
class SegmentRow:
    """One RFM segment.

    Attributes:
        key: Stable word for programs, unique among the segments.
        label: Its name.
        customers: Customers in it.
        orders: Their counted orders.
        net: Their net, minor units.
        mean_days_since_last: Mean days from last purchase to the report's date; ``None`` if empty.
        action: What to do for these customers.
    """

    key: str
    label: Label = attrs.field(converter=both)
    customers: int = attrs.field(validator=COUNT)
    orders: int = attrs.field(validator=COUNT)
    net: int = attrs.field(validator=MINOR)
    mean_days_since_last: float | None
    action: Label = attrs.field(converter=both)


@attrs.frozen(kw_only=True)
class GroupRow:
    """One activity state, value class or tier.

    Attributes:
        key: Stable word for programs, unique in its table; ``"lost"`` is the activity state that
            the advice asks for.
        label: Its name.
        rule: Who belongs to it, in words, with the cuts in force.
        customers: Customers in it.
        orders: Their counted orders.
        net: Their net, minor units.
    """

    key: str
    label: Label = attrs.field(converter=both)
    rule: Label = attrs.field(converter=both)
    customers: int = attrs.field(validator=COUNT)
    orders: int = attrs.field(validator=COUNT)
    net: int = attrs.field(validator=MINOR)


@attrs.frozen(kw_only=True)
class BreakdownRow:
    """The figures of one group of orders.

    Attributes:
        key: Stable word or the group's own text, unique in its table; ``""`` is "not told".
        label: Its name.
        orders: Counted orders.
        buyers: Distinct known customers.
        new_buyers: Those of them whose first counted order ever is among these orders.
        net: Net, minor units.
        refunded: Paid back, minor units.
        aov: Net / orders, minor units.
        per_buyer: Net of known customers / buyers, minor units (客单价).
        repurchase_rate: Buyers with two or more purchase days / buyers.
        withheld: Too few people to show rates of them; the three rates are then ``None``.
        net_before: Net of the same group in the period before the latest, with :attr:`net_latest`; for its
            growth. ``None`` if the data hold no two periods.
        net_latest: Its net in the latest period.
    """

    key: str
    label: Label = attrs.field(converter=both)
    orders: int = attrs.field(validator=COUNT)
    buyers: int = attrs.field(validator=COUNT)
    new_buyers: int = attrs.field(validator=COUNT)
    net: int = attrs.field(validator=MINOR)
    refunded: int = attrs.field(validator=MINOR)
    aov: int | None
    per_buyer: int | None
    repurchase_rate: float | None
    withheld: bool = False
    net_before: int | None = None
    net_latest: int | None = None

    @property
    def growth(self) -> float | None:
        """Growth of net: (latest - before) / before; ``None`` where before is not above 0."""
        if self.net_before is None or self.net_latest is None or self.net_before <= 0:
            return None
        return (self.net_latest - self.net_before) / self.net_before


@attrs.frozen(kw_only=True)
class Breakdown:
    """One way of cutting the shop's sales into groups.

    Attributes:
        key: ``region``, ``province``, ``city``, ``gender``, ``age``, ``channel``, ``level``, ``tier``
            or ``category``.
        label: What it cuts by.
        rows: The groups in the order to print them; long tails are joined in a row keyed ``"*"``.
        least: Groups of fewer people show no rates.
        note: What a reader must know; empty if nothing.
    """

    key: str
    label: Label = attrs.field(converter=both)
    rows: tuple[BreakdownRow, ...]
    least: int = attrs.field(validator=COUNT)
    note: Label = attrs.field(default=Label("", ""), converter=both)


@attrs.frozen(kw_only=True)
class MainGroups:
    """The fewest segments that bring most of the sales (主要客户群), and the others (次要客户群).

    Attributes:
        share_wanted: What the main groups must bring, 0 to 1.
        main: Keys of the main segments, biggest first.
        share: What they bring together.
        customers_share: Their share of the customers.
    """

    share_wanted: float
    main: tuple[str, ...]
    share: float | None
    customers_share: float | None
