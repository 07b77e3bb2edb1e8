"""The rules of one currency of points: each has a default that is said aloud, and none is unread."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import attrs

from retailcrm.domain.points.checks import MOST_SET, at_least, not_negative, one_of
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.reversal import LatePolicy, Shortfall
from retailcrm.errors import SettingsError

Rounding = Literal["down", "half_up", "up"]
RoundAt = Literal["order", "line"]
Together = Literal["max", "add", "multiply"]
ClockFrom = Literal["activation", "award"]
CapPeriod = Literal["day", "month", "year", "ever"]
WaitingFrom = Literal["paid", "shipped"]
RefundSplit = Literal["proportional", "cash_first", "points_first"]


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

    points: int = attrs.field(validator=at_least(0, MOST_SET))
    per: CapPeriod = attrs.field(default="day", validator=one_of("day", "month", "year", "ever"))


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

    rate: Fraction = attrs.field(default=Fraction(1), validator=not_negative)
    base: EarnBase = EarnBase()
    rounding: Rounding = attrs.field(default="down", validator=one_of("down", "half_up", "up"))
    round_at: RoundAt = attrs.field(default="order", validator=one_of("order", "line"))
    together: Together = attrs.field(default="max", validator=one_of("max", "add", "multiply"))
    least: int = attrs.field(default=0, validator=at_least(0))
    caps: tuple[Cap, ...] = ()


@attrs.frozen(kw_only=True)
class Waiting:
    """When awarded points can be spent.

    Attributes:
        until: The event that sets them free: receipt confirmed, or the payment itself.
        days: They are set free so many days later if the event is never told; ``None``: never.
        since: What those days count from: the payment, or the shipment (an order that no file shows as
            shipped then waits for ever).
    """

    until: Literal["received", "paid"] = attrs.field(default="received", validator=one_of("received", "paid"))
    days: int | None = attrs.field(default=15, validator=at_least(0))
    since: WaitingFrom = attrs.field(default="shipped", validator=one_of("paid", "shipped"))


@attrs.frozen(kw_only=True)
class Redemption:
    """What points are worth, and how many may be spent at a time.

    Attributes:
        points_per_unit: Points for one whole unit of money.
        least: Fewest points at a time.
        multiple: Points are spent in multiples of it.
        share_of_order: Greatest share of an order that points may pay, 0 to 1.
        shipping: Whether they may pay postage.
        rounding: What becomes of a part of the smallest coin: ``down``, the shop keeps it; ``up``, the
            customer does.
        refund: How a partial refund of an order paid partly with points is divided: in proportion, money
            first, or points first.
        hold_minutes: How long a checkout may keep points set aside.
    """

    points_per_unit: Fraction = attrs.field(default=Fraction(100), validator=not_negative)
    least: int = attrs.field(default=1, validator=at_least(1))
    multiple: int = attrs.field(default=1, validator=at_least(1))
    share_of_order: Fraction = attrs.field(default=Fraction(1), validator=not_negative)
    shipping: bool = False
    rounding: Literal["down", "up"] = attrs.field(default="down", validator=one_of("down", "up"))
    refund: RefundSplit = attrs.field(
        default="proportional", validator=one_of("proportional", "cash_first", "points_first")
    )
    hold_minutes: int = attrs.field(default=30, validator=at_least(1))

    def __attrs_post_init__(self) -> None:
        """Refuse what would give points away, or never let one be spent."""
        if self.points_per_unit == 0:
            raise SettingsError("points_per_unit is above 0: points are worth something finite")
        if self.share_of_order > 1:
            raise SettingsError(f"share_of_order is a share from 0 to 1, not {self.share_of_order}")


@attrs.frozen(kw_only=True)
class Wallet:
    """One currency of points.

    Attributes:
        name: Word for it: ``points``, ``status``.
        qualifying: Whether it only counts for tiers, and is never spent.
        earn: What orders earn in it; ``None``: nothing.
        waiting: When awards can be spent.
        expiry: When they lapse.
        expiry_from: Whether that counts from the activation or from the award.
        inactive: Every lot lapses at the latest so long after the customer's last earning or spending.
        redemption: What they are worth, and how they are spent; never asked where :attr:`qualifying`.
        shortfall: What to do where points of a refunded order are spent.
        late: What becomes of points that are given back to a lot that lapsed, where the customer cancelled.
        late_by_shop: The same where the shop or the payment failed.
    """

    name: str = attrs.field(default="points", validator=attrs.validators.matches_re(r"[a-z][a-z0-9_]*"))
    qualifying: bool = False
    earn: EarnRule | None = EarnRule()
    waiting: Waiting = Waiting()
    expiry: Expiry = Expiry(months=12, snap="year")
    expiry_from: ClockFrom = attrs.field(default="activation", validator=one_of("activation", "award"))
    inactive: Expiry | None = None
    redemption: Redemption = Redemption()
    shortfall: Shortfall = attrs.field(
        default="debt", validator=one_of("only_pending", "within_balance", "debt")
    )
    late: LatePolicy = LatePolicy()
    late_by_shop: LatePolicy = LatePolicy(late="grace", grace=Expiry(days=30))
