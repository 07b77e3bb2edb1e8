"""What the report page shows, as one frozen value: figures in, nothing computed from orders here.

Counts and amounts are Python ``int`` (not numpy's); amounts are whole minor units of
:attr:`ReportData.currency`; shares and rates lie between 0 and 1
(a share of net sales may leave that range where refunds exceed sales); ``None`` means "not defined
for this shop". Words a reader sees come as :class:`~retailcrm.domain.labels.Label`,
so one value serves both languages.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, Literal, get_args

import attrs

from retailcrm.domain.labels import Label

Lang = Literal["zh", "en"]
"""Languages that a page can be written in."""

LANGS: Final[tuple[Lang, ...]] = get_args(Lang)
"""All of them."""

MAX_CURVE_POINTS: Final = 200
"""More points than this cannot be told apart on the page, and only make it heavy."""


def pick(label: Label, lang: Lang) -> str:
    """Take one language of a label.

    Example:
        >>> pick(Label(zh="沉睡", en="dormant"), "en")
        'dormant'
    """
    return label.zh if lang == "zh" else label.en


def both(text: str | Label) -> Label:
    """Take a plain string as the same text in both languages, such as a name the shop chose."""
    return Label(zh=text, en=text) if isinstance(text, str) else text


_count: Any = [attrs.validators.instance_of(int), attrs.validators.ge(0)]
_minor: Any = attrs.validators.instance_of(int)


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

    customers: int = attrs.field(validator=_count)
    orders: int = attrs.field(validator=_count)
    gross: int = attrs.field(validator=_minor)
    refunded: int = attrs.field(validator=_minor)
    net: int = attrs.field(validator=_minor)
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
    """

    month: str = attrs.field(validator=attrs.validators.matches_re(r"\d{4}-(0[1-9]|1[0-2])"))
    orders: int = attrs.field(validator=_count)
    net: int = attrs.field(validator=_minor)
    buyers: int = attrs.field(validator=_count)
    new_buyers: int = attrs.field(validator=_count)

    def __attrs_post_init__(self) -> None:
        """Refuse more new buyers than buyers."""
        if self.new_buyers > self.buyers:
            raise ValueError(f"{self.month}: {self.new_buyers} new buyers of {self.buyers} buyers")


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
    customers: int = attrs.field(validator=_count)
    orders: int = attrs.field(validator=_count)
    net: int = attrs.field(validator=_minor)
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
    customers: int = attrs.field(validator=_count)
    orders: int = attrs.field(validator=_count)
    net: int = attrs.field(validator=_minor)


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
class FileRow:
    """One file that was read.

    Attributes:
        name: Its name as the user gave it.
        source: The format it was read as.
        accepted: Records taken.
        rejected: Records left out, each with a reason.
        blank: Blank records.
        money_rule: How the paid amount was found in this file; empty if there was no choice.
    """

    name: str
    source: Label = attrs.field(converter=both)
    accepted: int = attrs.field(validator=_count)
    rejected: int = attrs.field(validator=_count)
    blank: int = attrs.field(validator=_count)
    money_rule: Label = attrs.field(default=Label(zh="", en=""), converter=both)


@attrs.frozen(kw_only=True)
class ProblemRow:
    """How often one kind of problem occurred.

    Attributes:
        code: The problem's stable word.
        count: Occurrences.
        example: One of them as a sentence, with file and line.
    """

    code: str
    count: int = attrs.field(validator=_count)
    example: str


class Strength(StrEnum):
    """How surely an order's buyer is known."""

    STABLE = "stable"
    """A key that stays with one person."""

    WEAK = "weak"
    """A key that two people may share."""

    NONE = "none"
    """Masked or missing: counted in shop totals, never as a customer."""


@attrs.frozen(kw_only=True)
class CoverageRow:
    """Orders and money at one identity strength.

    Attributes:
        strength: How surely the buyer is known.
        orders: Counted orders.
        net: Their net, minor units.
    """

    strength: Strength = attrs.field(converter=Strength)
    orders: int = attrs.field(validator=_count)
    net: int = attrs.field(validator=_minor)


@attrs.frozen(kw_only=True)
class Quality:
    """What the figures rest on.

    Attributes:
        files: The files read, in order.
        problems: Problems by code, most frequent first.
        coverage: Orders and money by identity strength.
        notes: What a reader must know, such as that activity is judged by orders only.
    """

    files: tuple[FileRow, ...] = ()
    problems: tuple[ProblemRow, ...] = ()
    coverage: tuple[CoverageRow, ...] = ()
    notes: tuple[Label, ...] = ()


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
    potential: int | None = attrs.field(default=None, validator=attrs.validators.optional(_count))
    value_classes: tuple[GroupRow, ...] = ()
    tiers: tuple[GroupRow, ...] = ()
    lorenz: LorenzCurve = attrs.field(factory=LorenzCurve)
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
