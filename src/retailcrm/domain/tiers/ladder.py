"""The ladder: its tiers with their benefits, what counts towards them, how long they hold."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal

import attrs

from retailcrm.domain.tiers.checks import advice, check_ladder, check_span
from retailcrm.domain.tiers.requirement import ORDERS, SPEND, Requirement
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.domain.labels import Label
    from retailcrm.domain.periods import PeriodUnit

WindowKind = Literal["lifetime", "rolling", "calendar", "since_join", "since_last_change"]
HoldKind = Literal["next_period", "period", "months", "forever"]
Drop = Literal["one_down", "to_balance"]
QualifyAt = Literal["completed", "paid"]

_NO_DISCOUNT: Final = Fraction(0)


def exact(value: Fraction | Decimal | int | str) -> Fraction:
    """Take a rate exactly.

    Args:
        value: Text such as ``"0.05"`` or ``"1/3"``, or an exact number.

    Returns:
        The same number as a fraction.

    Raises:
        SettingsError: It is a float, which no longer holds what was written, or no number.
    """
    if not isinstance(value, Fraction | Decimal | int | str) or isinstance(value, bool):
        raise SettingsError(f'a rate must be exact: write {value!r} in quotes, as "{value}"')
    try:
        return Fraction(value)
    except (ValueError, ZeroDivisionError, OverflowError, InvalidOperation):
        raise SettingsError(f'{value!r} is no rate; write it like "0.05"') from None


@attrs.frozen(kw_only=True)
class Benefits:
    """What a tier gives.

    Attributes:
        discount: Share taken off the price, 0 to below 1; 9.5折 is ``"0.05"``.
        points_multiplier: Points earned are multiplied by it, 0 or more.
        perks: Names of other benefits, such as ``"free_shipping"``.

    Raises:
        SettingsError: A rate is not exact or out of its range, or a perk is named twice.

    Example:
        >>> Benefits(discount="0.05").discount
        Fraction(1, 20)
    """

    discount: Fraction = attrs.field(default=_NO_DISCOUNT, converter=exact)
    points_multiplier: Fraction = attrs.field(default=Fraction(1), converter=exact)
    perks: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Refuse rates that cannot be meant."""
        if not 0 <= self.discount < 1:
            raise SettingsError(f"a discount of {self.discount} is not a share taken off (0 to below 1)")
        if self.points_multiplier < 0:
            raise SettingsError(f"points cannot be multiplied by {self.points_multiplier}")
        if len(set(self.perks)) < len(self.perks):
            raise SettingsError(f"a perk is named twice: {', '.join(self.perks)}")


@attrs.frozen(kw_only=True)
class Tier:
    """One step of the ladder.

    Attributes:
        name: Key in data and settings, such as ``"gold"``.
        label: What customers read.
        enter: What lifts a customer into it; nothing for the base tier.
        keep: What keeps her in it when its hold ends; ``None``: the same as ``enter``.
        benefits: What it gives.

    Example:
        >>> from retailcrm.domain.labels import Label
        >>> gold = Tier(name="gold", label=Label("金卡", "Gold"), enter=Requirement(spend=300000))
        >>> gold.to_keep.spend
        300000
    """

    name: str
    label: Label
    enter: Requirement = attrs.field(factory=Requirement)
    keep: Requirement | None = None
    benefits: Benefits = attrs.field(factory=Benefits)

    @property
    def to_keep(self) -> Requirement:
        """What keeps a customer in the tier when its hold ends."""
        return self.enter if self.keep is None else self.keep


@attrs.frozen
class Window:
    """Which orders count, seen from a moment.

    Attributes:
        kind: ``"lifetime"``: all. ``"rolling"``: those of the last ``months`` months, whole local
            days, today among them. ``"calendar"``: those of the running ``period``. ``"since_join"``:
            those since joining. ``"since_last_change"``: those after the last change of tier (since
            joining, before the first).
        months: Length of a rolling window, 1 to 600.
        period: The calendar period.

    Raises:
        SettingsError: The kind is unknown, or ``months`` or ``period`` is missing, out of range or
            would not be read.

    Example:
        >>> Window("rolling", months=12).months, Window("calendar", period="year").period
        (12, 'year')
    """

    kind: WindowKind
    months: int | None = attrs.field(default=None, kw_only=True)
    period: PeriodUnit | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse a window that lacks a length, or has one that nobody would read."""
        kinds = ("lifetime", "rolling", "calendar", "since_join", "since_last_change")
        check_span("window", self.kind, kinds, months=self.months, needs_months=self.kind == "rolling")
        if (self.period is not None) != (self.kind == "calendar"):
            raise SettingsError("a window has a period if it is a calendar window, and only then")
        if self.period not in (None, "month", "quarter", "half", "year"):
            raise SettingsError(
                f"a calendar window runs over a month, quarter, half or year, not {self.period!r}"
            )


@attrs.frozen
class Hold:
    """How long a tier is held before keeping it is tested.

    Attributes:
        kind: ``"next_period"``: to the end of the period after the one she rose in. ``"period"``: to
            the end of the one she rose in. ``"months"``: to the end of the day ``months`` months
            later. ``"forever"``: never tested.
        months: 1 to 600, for ``"months"``.

    Raises:
        SettingsError: The kind is unknown, or ``months`` is missing, out of range or would not be read.

    Example:
        >>> Hold("months", months=12).months, Hold("next_period").months
        (12, None)
    """

    kind: HoldKind
    months: int | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse a hold that lacks a length, or has one that nobody would read."""
        kinds = ("next_period", "period", "months", "forever")
        check_span("hold", self.kind, kinds, months=self.months, needs_months=self.kind == "months")


@attrs.frozen
class Metric:
    """A figure from a plug-in that requirements may ask for.

    Attributes:
        name: The plug-in's word for it, such as ``"active_days"``.
        label: What customers read.
    """

    name: str
    label: Label


@attrs.frozen(kw_only=True)
class Ladder:
    """Tiers from the base upwards, and the rules by which customers climb, keep and drop.

    Attributes:
        currency: ISO 4217 code of every amount.
        zone: IANA zone of all dates.
        tiers: From the base tier upwards.
        window: Which orders count.
        hold: How long a tier is held before keeping it is tested.
        drop: Where a customer lands who does not keep her tier: ``"one_down"``, or ``"to_balance"``
            (the highest lower tier that she does keep).
        grace_months: Months added before she drops, in which she can still make up what is missing.
        qualify_at: Which moment of an order the caller gives as its instant.
        return_window_days: A refund takes back the rise that its order caused until this many days
            after the order's day; a later one is felt when the hold ends.
        metrics: Figures from plug-ins that the requirements ask for.

    Raises:
        SettingsError: The rules contradict each other; the message names tier and value.

    Example:
        >>> from retailcrm.domain.labels import Label
        >>> ladder = Ladder(
        ...     currency="CNY", zone="Asia/Shanghai",
        ...     window=Window("calendar", period="year"), hold=Hold("next_period"),
        ...     tiers=(Tier(name="member", label=Label("普通会员", "Member")),
        ...            Tier(name="gold", label=Label("金卡", "Gold"), enter=Requirement(spend=300000))))
        >>> ladder.entered({"spend": 299999, "orders": 1}), ladder.entered({"spend": 300000, "orders": 1})
        (0, 1)
    """

    currency: str
    zone: str
    tiers: tuple[Tier, ...]
    window: Window
    hold: Hold
    drop: Drop = "one_down"
    grace_months: int = 0
    qualify_at: QualifyAt = "completed"
    return_window_days: int = 15
    metrics: tuple[Metric, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Refuse rules that contradict each other or that nobody would read."""
        check_ladder(self)

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of everything measured: spend, orders, then the metrics."""
        return (SPEND, ORDERS, *(metric.name for metric in self.metrics))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed but probably not meant, one sentence each."""
        return advice(self)

    def entered(self, values: Mapping[str, int]) -> int:
        """Find the highest tier whose entry requirement is met.

        Args:
            values: ``spend`` in minor units, ``orders``, and metrics by name.

        Returns:
            Its position in ``tiers``; 0 if no more than the base tier's is met.
        """
        reached = 0
        # Requirements rise strictly, so whoever misses one misses all above it.
        while reached + 1 < len(self.tiers) and self.tiers[reached + 1].enter.met_by(values):
            reached += 1
        return reached
