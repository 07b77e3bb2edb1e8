"""The rules of a points programme, as settings: each has a default that is said aloud, and none is unread."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import attrs

from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.reversal import LatePolicy, Shortfall
from retailcrm.errors import SettingsError

Rounding = Literal["down", "half_up", "up"]
RoundAt = Literal["order", "line"]
Together = Literal["max", "add", "multiply"]
ClockFrom = Literal["activation", "award"]
CapPeriod = Literal["day", "month", "year", "ever"]


def _one_of(*words: str) -> Any:  # noqa: ANN401 - attrs validators have no public type
    """Refuse a word that is not on the list, naming the list."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if value not in words:
            raise SettingsError(f"{field.name} must be one of {', '.join(words)}; got {value!r}")

    return check


def _at_least(least: int) -> Any:  # noqa: ANN401 - likewise
    """Refuse what is no whole number from ``least`` on; ``None`` passes."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SettingsError(f"{field.name} must be a whole number from {least}; got {value!r}")

    return check


def _rate(_: object, field: attrs.Attribute[Fraction], value: Fraction) -> None:
    if not isinstance(value, Fraction):
        raise SettingsError(f"{field.name} is exact: a Fraction, not {value!r}")
    if value < 0:
        raise SettingsError(f"{field.name} is not below 0: {value}")


@attrs.frozen(kw_only=True)
class EarnBase:
    """Which parts of an order earn.

    Attributes:
        items: Goods.
        shipping: Postage.
        tax: Tax, where it is told apart.
        before_discounts: Goods count before coupons and discounts; else after.
        paid_by_points: The part that was paid with points earns too.
        paid_by_gift_card: The part that was paid with gift cards or store credit earns too.
    """

    items: bool = True
    shipping: bool = False
    tax: bool = True
    before_discounts: bool = False
    paid_by_points: bool = False
    paid_by_gift_card: bool = False


@attrs.frozen(kw_only=True)
class Cap:
    """At most so many points.

    Attributes:
        points: The limit.
        per: In each day, month or year of the wallet's zone, or ever, for each customer.
    """

    points: int = attrs.field(validator=_at_least(0))
    per: CapPeriod = attrs.field(default="day", validator=_one_of("day", "month", "year", "ever"))


@attrs.frozen(kw_only=True)
class EarnRule:
    """What an order earns.

    Attributes:
        rate: Points for each whole unit of money (one yuan, one dollar), exact.
        base: Which parts of the order count.
        rounding: Of the sum, once an order (or a line): down, half up, up.
        round_at: Whether the order or each line is rounded.
        together: What several multipliers come to: the greatest, their sum, their product.
        least: Orders whose base is below it (minor units) earn nothing.
        caps: Limits for each customer.
    """

    rate: Fraction = attrs.field(default=Fraction(1), validator=_rate)
    base: EarnBase = EarnBase()
    rounding: Rounding = attrs.field(default="down", validator=_one_of("down", "half_up", "up"))
    round_at: RoundAt = attrs.field(default="order", validator=_one_of("order", "line"))
    together: Together = attrs.field(default="max", validator=_one_of("max", "add", "multiply"))
    least: int = attrs.field(default=0, validator=_at_least(0))
    caps: tuple[Cap, ...] = ()


@attrs.frozen(kw_only=True)
class Waiting:
    """When awarded points can be spent.

    Attributes:
        until: The event that sets them free: receipt confirmed, or the payment itself.
        days: They are set free so many days after payment if the event never comes; ``None``: never.
    """

    until: Literal["received", "paid"] = attrs.field(
        default="received", validator=_one_of("received", "paid")
    )
    days: int | None = attrs.field(default=15, validator=_at_least(0))


@attrs.frozen(kw_only=True)
class Redemption:
    """What points are worth, and how many may be spent at a time.

    Attributes:
        points_per_unit: Points for one whole unit of money.
        least: Fewest points at a time.
        multiple: Points are spent in multiples of it.
        share_of_order: Greatest share of an order that points may pay, 0 to 1.
        shipping: Whether they may pay postage.
    """

    points_per_unit: Fraction = attrs.field(default=Fraction(100), validator=_rate)
    least: int = attrs.field(default=1, validator=_at_least(1))
    multiple: int = attrs.field(default=1, validator=_at_least(1))
    share_of_order: Fraction = attrs.field(default=Fraction(1), validator=_rate)
    shipping: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse what would give points away, or never let one be spent."""
        if self.points_per_unit == 0 or self.share_of_order > 1:
            raise SettingsError("points are worth something finite, and pay at most the whole order")


@attrs.frozen(kw_only=True)
class Wallet:
    """One currency of points.

    Attributes:
        name: Word for it: ``points``, ``status``.
        qualifying: Whether it counts for tiers and is never spent.
        earn: What orders earn in it.
        waiting: When awards can be spent.
        expiry: When they lapse.
        expiry_from: Whether that counts from the activation or from the award.
        inactive: Every lot lapses at the latest so long after the customer's last earning or spending.
        redemption: What they are worth; ``None``: they cannot be spent.
        shortfall: What to do where points of a refunded order are spent.
        late: What becomes of points that are given back to a lot that lapsed.
    """

    name: str = attrs.field(default="points", validator=attrs.validators.matches_re(r"[a-z][a-z0-9_]*"))
    qualifying: bool = False
    earn: EarnRule = EarnRule()
    waiting: Waiting = Waiting()
    expiry: Expiry = Expiry(months=12, snap="year")
    expiry_from: ClockFrom = attrs.field(default="activation", validator=_one_of("activation", "award"))
    inactive: Expiry | None = None
    redemption: Redemption | None = Redemption()
    shortfall: Shortfall = attrs.field(
        default="debt", validator=_one_of("only_pending", "within_balance", "debt")
    )
    late: LatePolicy = LatePolicy()
