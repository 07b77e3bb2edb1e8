"""A points programme: its wallets, and what is earned and bought in them beside money."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import attrs

from retailcrm.domain.labels import Label
from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.checks import MOST_SET, at_least, not_negative, one_of
from retailcrm.domain.points.wallets import CapPeriod, Wallet
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from fractions import Fraction

TierAt = Literal["before", "after"]
Kind = Literal["signin", "share", "review", "registration", "profile", "birthday"]
RewardKind = Literal["goods", "coupon"]

KINDS: Final[Mapping[Kind, Label]] = MappingProxyType(
    {
        "signin": Label("签到", "Sign-in"),
        "share": Label("分享", "Share"),
        "review": Label("评价", "Review"),
        "registration": Label("注册", "Registration"),
        "profile": Label("完善资料", "Profile completed"),
        "birthday": Label("生日", "Birthday"),
    }
)
"""What earns points without a purchase."""

_LEAST_STREAK: Final = 2
_ONCE: Final = ("registration", "profile")


@attrs.frozen(kw_only=True)
class Campaign:
    """Some time in which orders earn more.

    Attributes:
        name: Word for it.
        start: First moment; aware, kept in UTC.
        end: First moment after it.
        multiplier: What the rate is multiplied by, exact.
        tiers: Tiers that it is for; empty for all.
    """

    name: str
    start: datetime = attrs.field(converter=in_utc)
    end: datetime = attrs.field(converter=in_utc)
    multiplier: Fraction = attrs.field(validator=not_negative)
    tiers: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Refuse a campaign that never is."""
        if self.end <= self.start:
            raise SettingsError(f"campaign {self.name} ends before it begins")


@attrs.frozen(kw_only=True)
class Activity:
    """What is earned without a purchase.

    Attributes:
        kind: A word of :data:`KINDS`.
        points: For each time; at least 1.
        times: At most so many times in each period; a sign-in counts once a day at most, a birthday once a
            year, registration and a filled-in profile so many times ever.
        per: The period, in days, months or years of the wallet's zone; of registration and profile, whose
            period is for ever, it is left out.
        streak: For sign-ins: points on top on the nth day in a row, as pairs of n and points. After the
            greatest n the count begins again.
        days: Days until they can be spent.
    """

    kind: Kind = attrs.field(validator=one_of(*KINDS))
    points: int = attrs.field(validator=at_least(1, MOST_SET))
    times: int = attrs.field(default=1, validator=at_least(1))
    per: CapPeriod = attrs.field(default="day", validator=one_of("day", "month", "year", "ever"))
    streak: tuple[tuple[int, int], ...] = ()
    days: int = attrs.field(default=0, validator=at_least(0))

    def __attrs_post_init__(self) -> None:
        """Refuse what can never apply."""
        if self.streak and self.kind != "signin":
            raise SettingsError(f"only sign-ins have streaks, not {self.kind}")
        days = [day for day, _ in self.streak]
        extras = [points for _, points in self.streak]
        if days != sorted(set(days)) or min((*days, _LEAST_STREAK)) < _LEAST_STREAK or min((*extras, 1)) < 1:
            raise SettingsError("a streak's days rise from 2, and each adds at least a point")
        if max((*extras, 0)) > MOST_SET:
            raise SettingsError(f"streak adds at most {MOST_SET} points on a day; got {max(extras)}")
        if self.kind in _ONCE and self.per != attrs.fields(Activity).per.default:
            raise SettingsError(f"per is not read for {self.kind}: it counts {self.times} times ever")


@attrs.frozen(kw_only=True)
class Referral:
    """What both sides earn when a customer brings another.

    Attributes:
        referrer: Points for the one who brought her.
        referred: Points for the one who came.
        within: The first completed order counts so many days after the referral.
        least: It comes to at least so much, minor units, refunds taken off.
        days: Both sides' points wait so many days from the order's completion: the return window.
        flagged: What to do where a check raises a flag: ``refuse``, or ``wait`` for a person.
    """

    referrer: int = attrs.field(default=100, validator=at_least(0, MOST_SET))
    referred: int = attrs.field(default=100, validator=at_least(0, MOST_SET))
    within: int = attrs.field(default=30, validator=at_least(1))
    least: int = attrs.field(default=0, validator=at_least(0))
    days: int = attrs.field(default=15, validator=at_least(0))
    flagged: Literal["refuse", "wait"] = attrs.field(default="refuse", validator=one_of("refuse", "wait"))


@attrs.frozen(kw_only=True)
class Reward:
    """Something that points buy.

    Attributes:
        id: Word for it.
        kind: Goods, or a coupon.
        points: Its price.
        stock: Pieces at first; ``None``: as many as are asked for.
        each: At most so many for each customer; ``None``: any number.
        cost: What a piece costs the shop, minor units; ``None``: not told.
        tiers: Tiers that it is for; empty for all.
    """

    id: str = attrs.field(validator=attrs.validators.min_len(1))
    kind: RewardKind = attrs.field(default="goods", validator=one_of("goods", "coupon"))
    points: int = attrs.field(validator=at_least(1, MOST_SET))
    stock: int | None = attrs.field(default=None, validator=at_least(0))
    each: int | None = attrs.field(default=None, validator=at_least(1))
    cost: int | None = attrs.field(default=None, validator=at_least(0))
    tiers: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Programme:
    """All rules of a shop's points.

    Attributes:
        wallets: Its currencies of points, each name once; the first is the one that activities,
            referrals and rewards mean.
        tier_at: Whether an order that lifts her earns by the multiplier of the tier before it or after it;
            the multiplier is a benefit of the ladder's tiers.
        campaigns: Times in which orders earn more.
        activities: What is earned without a purchase, each kind once.
        referral: What bringing another customer earns; ``None``: nothing.
        rewards: What points buy beside money off.
        margin: The shop's gross margin as a share of its sales, for the check of the policy; ``None``: not
            told.
        fuse: A clock so many days ahead of everything that was seen stops points from lapsing.

    Raises:
        SettingsError: No wallet, a name twice, or a margin above 1.
    """

    wallets: tuple[Wallet, ...] = (Wallet(),)
    tier_at: TierAt = attrs.field(default="before", validator=one_of("before", "after"))
    campaigns: tuple[Campaign, ...] = ()
    activities: tuple[Activity, ...] = ()
    referral: Referral | None = None
    rewards: tuple[Reward, ...] = ()
    margin: Fraction | None = attrs.field(default=None, validator=attrs.validators.optional(not_negative))
    fuse: int = attrs.field(default=7, validator=at_least(1))

    def __attrs_post_init__(self) -> None:
        """Refuse what would be ambiguous."""
        named: tuple[tuple[str, list[str]], ...] = (
            ("wallet", [wallet.name for wallet in self.wallets]),
            ("activity", [str(activity.kind) for activity in self.activities]),
            ("campaign", [campaign.name for campaign in self.campaigns]),
            ("reward", [reward.id for reward in self.rewards]),
        )
        for what, names in named:
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise SettingsError(f"{what} {twice[0]!r} stands there twice")
        if self.margin is not None and self.margin > 1:
            raise SettingsError(f"margin is a share of the sales, from 0 to 1, not {self.margin}")
        if not self.wallets:
            raise SettingsError("a programme has at least one wallet")

    def wallet(self, name: str = "") -> Wallet:
        """Give a wallet by its name; the first without one.

        Raises:
            SettingsError: There is none of that name.
        """
        for wallet in self.wallets:
            if name in ("", wallet.name):
                return wallet
        raise SettingsError(f"no wallet {name!r}; there are {', '.join(w.name for w in self.wallets)}")
