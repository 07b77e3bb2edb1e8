"""The check of a points programme: money pumps, dead settings, rules that work against each other.

It looks at the rules alone, never at data: what it finds holds for any shop that runs them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.domain.points.linting.dead import dead
from retailcrm.domain.points.linting.extras import beside_orders
from retailcrm.domain.points.linting.findings import SEVERITIES, Case, Finding, Severity
from retailcrm.domain.points.linting.limits import limits
from retailcrm.domain.points.linting.returns import refunds
from retailcrm.domain.points.linting.splitting import splits
from retailcrm.domain.points.linting.timing import moments
from retailcrm.domain.points.linting.worth import pumps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from retailcrm.domain.points.programme import Programme
    from retailcrm.domain.tiers import Ladder

__all__ = ["CODES", "SEVERITIES", "Finding", "Severity", "check"]

CODES: Final[Mapping[str, Label]] = MappingProxyType(
    {
        "cashback": Label("返还不低于订单", "orders give back all that they cost"),
        "stacking": Label(
            "等级与活动叠加后返还不低于订单", "tier and campaigns together give back all that an order costs"
        ),
        "above-margin": Label("返还高于毛利", "every order gives back more than the margin"),
        "stacking-above-margin": Label(
            "叠加后返还高于毛利", "tier and campaigns together give back more than the margin"
        ),
        "margin-not-told": Label("未填毛利率", "no margin to compare with"),
        "self-feeding": Label("积分支付又得积分", "what points pay earns points again"),
        "splitting": Label("拆单多得积分", "split orders earn more"),
        "splitting-redemptions": Label("分次使用多抵金额", "split redemptions are worth more"),
        "lapses-before-spendable": Label("生效前已到期", "points lapse before they can be spent"),
        "waits-for-ever": Label("可能永不生效", "points may wait for ever"),
        "inactive-before-spendable": Label("不活跃期短于等待期", "idle days are shorter than the waiting"),
        "inactive-dead": Label("不活跃期不起作用", "idle days never end points first"),
        "fixed-day": Label("固定到期日", "all points lapse on one day"),
        "fuse-too-long": Label("时钟保护过长", "a wrong clock ends points before the fuse"),
        "refund-keeps-points": Label("退款后保留积分", "a refund leaves points"),
        "renewal-by-cancelling": Label("取消订单可续期", "cancelling renews points"),
        "earns-nothing": Label("订单不得积分", "orders earn nothing"),
        "before-discounts-dead": Label("折扣前后无区别", "before or after discounts is all the same"),
        "cap-dead": Label("上限不起作用", "a cap that is never reached"),
        "cap-below-order": Label("上限低于最小订单", "a cap below what the smallest order earns"),
        "cap-reached": Label("达到上限的消费", "spending that reaches a cap"),
        "never-spent": Label("积分不能抵扣", "points pay no order"),
        "least-not-multiple": Label("最少与倍数不符", "the least is no multiple"),
        "worth-less-than-a-coin": Label("一分不足最小货币单位", "a point is worth less than a coin"),
        "out-of-reach": Label("攒不到", "nobody can have so many points"),
        "reward-of-status-points": Label("等级积分不能兑换", "status points buy nothing"),
        "reward-limit-dead": Label("兑换限制不起作用", "a reward's limit does nothing"),
        "reward-pump": Label("兑换品贵于所需消费", "a reward costs more than its orders bring"),
        "reward-above-worth": Label("兑换品贵于积分价值", "a reward costs more than its points"),
        "reward-below-worth": Label("兑换品低于积分价值", "a reward costs less than its points"),
        "activity-limit-dead": Label("互动限制不起作用", "an activity's limit does nothing"),
        "free-points": Label("不消费所得积分", "points without a purchase"),
        "referral-earns-nothing": Label("推荐得 0 分", "a referral earns nothing"),
        "referral-farmed": Label("推荐可被套利", "referrals can be farmed"),
        "tier-at-dead": Label("升级前后无区别", "tier_at changes nothing"),
        "together-dead": Label("倍数合并不起作用", "together changes nothing"),
        "campaign-dead": Label("活动不起作用", "a campaign changes nothing"),
        "campaign-past": Label("活动已结束", "a campaign is over"),
        "wallet-idle": Label("钱包没有来源", "nothing comes into a wallet"),
    }
)
"""Every code that a finding can have, and what it means."""

_CHECKS: Final = (pumps, splits, moments, refunds, limits, beside_orders, dead)
_RANK: Final = tuple(SEVERITIES)


def check(
    programme: Programme, *, ladder: Ladder | None = None, currency: str, as_of: datetime | None = None
) -> tuple[Finding, ...]:
    """Check a points programme.

    Args:
        programme: The rules.
        ladder: The shop's tiers: their discounts and multipliers are part of what points cost.
        currency: ISO 4217 code of the shop's amounts.
        as_of: The moment from which on it is judged: campaigns that are over by then cost nothing any more;
            ``None`` takes them all.

    Returns:
        Findings, errors first, then in the order of :data:`CODES`.

    Example:
        >>> from fractions import Fraction
        >>> from retailcrm.domain.points.programme import Programme
        >>> from retailcrm.domain.points.wallets import Redemption, Wallet
        >>> pump = Programme(wallets=(Wallet(redemption=Redemption(points_per_unit=Fraction(1))),))
        >>> finding = check(pump, currency="CNY")[0]
        >>> finding.severity, finding.code, finding.where
        ('error', 'cashback', 'points.earn.rate')
    """
    case = Case(programme=programme, ladder=ladder, currency=currency, as_of=as_of)
    found = [finding for one in _CHECKS for finding in one(case)]
    codes = list(CODES)
    return tuple(sorted(found, key=lambda one: (_RANK.index(one.severity), codes.index(one.code))))
