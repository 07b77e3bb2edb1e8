"""Everything on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.report.data.overview import Comparison, Headline, LorenzCurve, MonthRow
from retailcrm.report.data.quality import Quality
from retailcrm.report.data.words import COUNT, both

if TYPE_CHECKING:
    from retailcrm.domain.labels import Label
    from retailcrm.report.data.goods import Goods, LiftRow, Taste
    from retailcrm.report.data.groups import Breakdown, GroupRow, MainGroups, SegmentRow
    from retailcrm.report.data.points import Points
    from retailcrm.report.data.service import DelayRow, Refunding, Reviews

GRACE_DAYS: Final = 7
"""A month in which the first counted order comes later than on this day is held only in part."""


@attrs.frozen(kw_only=True)
class PolicyLine:
    """One setting that was in force.

    Attributes:
        name: What is set.
        value: What it is set to.
    """

    name: Label = attrs.field(converter=both)
    value: Label = attrs.field(converter=both)


@attrs.frozen(kw_only=True)
class ReportData:
    """Everything on the page.

    Attributes:
        shop: The shop's name as its owner writes it.
        as_of: The moment the page describes, exclusive: ISO date, or date and time, in ``zone``.
        since: ISO date of the first counted order; ``None`` if there is none.
        zone: IANA zone that days and months are taken in.
        currency: ISO 4217 code of every amount.
        headline: The totals.
        months: Calendar months, rising, no gaps.
        segments: RFM segments in the order to print them.
        activity: Activity states of those customers.
        potential: People who ordered and never paid, not among the customers; ``None`` if not known.
        value_classes: Value classes.
        tiers: Tiers, lowest first; empty if the shop has no ladder.
        lorenz: The concentration curve; empty if there is none to draw.
        comparison: The latest period against the one before; ``None`` if the data hold no two.
        breakdowns: Sales by region, age, gender, channel, tier, category ..., those that are known.
        main_groups: Which segments bring most of the sales; ``None`` without customers.
        goods: Hot and slow sellers; ``None`` without lines.
        lifts: Categories that sell more before a festival; empty if nothing can be said.
        taste: Whether customers' tastes moved; ``None`` without categories.
        refunding: What went back.
        delays: How long the steps of an order take.
        reviews: What buyers say; ``None`` without reviews.
        members: People on member lists; ``None`` without one.
        points: The shop's points; ``None`` without a programme.
        quality: What the figures rest on.
        policy: The settings in force.
    """

    shop: str
    as_of: str = attrs.field(validator=attrs.validators.matches_re(r"\d{4}-\d{2}-\d{2}([ T].+)?"))
    since: str | None = None
    zone: str
    currency: str = attrs.field(validator=attrs.validators.matches_re(r"[A-Z]{3}"))
    headline: Headline
    months: tuple[MonthRow, ...] = ()
    segments: tuple[SegmentRow, ...] = ()
    activity: tuple[GroupRow, ...] = ()
    potential: int | None = attrs.field(default=None, validator=attrs.validators.optional(COUNT))
    value_classes: tuple[GroupRow, ...] = ()
    tiers: tuple[GroupRow, ...] = ()
    lorenz: LorenzCurve = attrs.field(factory=LorenzCurve)
    comparison: Comparison | None = None
    breakdowns: tuple[Breakdown, ...] = ()
    main_groups: MainGroups | None = None
    goods: Goods | None = None
    lifts: tuple[LiftRow, ...] = ()
    taste: Taste | None = None
    refunding: Refunding | None = None
    delays: tuple[DelayRow, ...] = ()
    reviews: Reviews | None = None
    members: int | None = attrs.field(default=None, validator=attrs.validators.optional(COUNT))
    points: Points | None = None
    quality: Quality = attrs.field(factory=Quality)
    policy: tuple[PolicyLine, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Refuse months out of order and rows that share a key."""
        months = [row.month for row in self.months]
        if months != sorted(set(months)):
            raise ValueError("months must rise, each once")
        for rows in (self.segments, self.activity, self.value_classes, self.tiers):
            keys = [row.key for row in rows]
            if len(set(keys)) < len(keys):
                raise ValueError(f"rows share a key: {', '.join(keys)}")

    @property
    def cut_month(self) -> str | None:
        """The first month, where the data begin after its first week: nothing is compared with it."""
        if self.since is None or int(self.since[8:10]) <= GRACE_DAYS:
            return None
        return self.since[:7]

    @property
    def whole_months(self) -> tuple[MonthRow, ...]:
        """The months that the data hold whole: over by the report's date, and not cut at the start."""
        return tuple(row for row in self.months if row.month < self.as_of[:7] and row.month != self.cut_month)

    @property
    def buyers_known(self) -> bool:
        """Whether any month has a known buyer."""
        return any(row.buyers for row in self.months)

    @property
    def nothing_earned(self) -> bool:
        """Whether there are orders and as much went back as came in: shares of net then mean nothing."""
        known = sum(row.net for row in self.segments) if self.segments else self.headline.net
        return self.headline.orders > 0 and min(known, self.headline.net) <= 0

    @property
    def given_back(self) -> tuple[int, int]:
        """What was paid back and what it was paid on, orders given back in full included where told."""
        if self.refunding is None:
            return self.headline.refunded, self.headline.gross
        return self.refunding.refunded, self.refunding.gross
