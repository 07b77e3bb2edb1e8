"""A points programme in words, Chinese beside English: every rule of it, defaults included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.analytics.labels import say
from retailcrm.domain.labels import Label
from retailcrm.domain.money import format_money
from retailcrm.domain.periods import local_date, start_of_day, zone_info
from retailcrm.domain.points.programme import KINDS

if TYPE_CHECKING:
    from datetime import datetime
    from fractions import Fraction

    from retailcrm.domain.points.expiry import Expiry
    from retailcrm.domain.points.programme import Activity, Campaign, Programme, Referral, Reward
    from retailcrm.domain.points.reversal import LatePolicy
    from retailcrm.domain.points.wallets import Cap, EarnRule, Redemption, Waiting, Wallet

Line = tuple[Label, Label]

_PARTS: Final = {
    "items": Label("商品", "goods"),
    "shipping": Label("运费", "postage"),
    "tax": Label("税费", "tax"),
}
_ALSO: Final = {
    "paid_by_points": Label("积分支付部分", "parts paid with points"),
    "paid_by_gift_card": Label("礼品卡支付部分", "parts paid with gift cards"),
}
_ROUNDING: Final = {
    "down": Label("舍去小数", "rounded down"),
    "half_up": Label("四舍五入", "rounded half up"),
    "up": Label("进一", "rounded up"),
}
_ROUND_AT: Final = {"order": Label("每单", "each order"), "line": Label("每行", "each line")}
_TOGETHER: Final = {
    "max": Label("多个倍数取最大", "the greatest of several multipliers"),
    "add": Label("多个倍数相加", "several multipliers added up"),
    "multiply": Label("多个倍数相乘", "several multipliers multiplied"),
}
_PER: Final = {
    "day": Label("每天", "a day"),
    "month": Label("每月", "a month"),
    "year": Label("每年", "a year"),
    "ever": Label("总共", "ever"),
}
_SINCE: Final = {"paid": Label("付款", "the payment"), "shipped": Label("发货", "the shipment")}
_FROM: Final = {"activation": Label("可用", "they can be spent"), "award": Label("发放", "the award")}
_SNAPS: Final = {
    "day": Label("当天", "day"),
    "month": Label("当月", "month"),
    "quarter": Label("当季", "quarter"),
    "half": Label("当半年", "half-year"),
    "year": Label("当年", "year"),
}
_SPARE: Final = {
    "down": Label("不足最小货币单位的部分归店铺", "parts of the smallest coin are the shop's"),
    "up": Label("不足最小货币单位的部分归顾客", "parts of the smallest coin are the customer's"),
}
_REFUND: Final = {
    "proportional": Label("部分退款按比例退", "partial refunds in proportion"),
    "cash_first": Label("部分退款先退现金", "partial refunds in money first"),
    "points_first": Label("部分退款先退积分", "partial refunds in points first"),
}
_SHORTFALL: Final = {
    "only_pending": Label("退款只收回未生效积分", "refunds take back pending points only"),
    "within_balance": Label("退款收回积分，余额不足则免", "refunds take back what the balance has"),
    "debt": Label("退款收回积分，余额不足记欠分", "refunds take back all, as a debt if need be"),
}
_LATE: Final = {
    "expire": Label("作废", "stay lapsed"),
    "reinstate": Label("重新计算有效期", "last as if awarded now"),
}
_TIER_AT: Final = {
    "before": Label("升级订单按升级前的倍数", "an order that lifts her earns by the tier before it"),
    "after": Label("升级订单按升级后的倍数", "an order that lifts her earns by the tier after it"),
}
_FLAGGED: Final = {
    "refuse": Label("可疑则不发", "refused if flagged"),
    "wait": Label("可疑则待人工审核", "waits for a person if flagged"),
}
_REWARDS: Final = {"goods": Label("商品", "goods"), "coupon": Label("优惠券", "coupon")}


def said_of_points(programme: Programme | None, currency: str, zone: str) -> tuple[Line, ...]:
    """Say each rule of a programme as a name and a value.

    Args:
        programme: The programme; ``None`` where the shop has no points.
        currency: ISO 4217 code of the amounts.
        zone: IANA zone of the days.
    """
    if programme is None:
        return ((Label("积分", "Points"), Label("无", "none")),)
    lines = [line for wallet in programme.wallets for line in _wallet(wallet, currency)]
    lines.append((Label("积分：计划", "Points: programme"), _programme(programme)))
    for what, values in (
        (Label("积分：活动", "Points: campaigns"), [_campaign(one, zone) for one in programme.campaigns]),
        (Label("积分：互动", "Points: activities"), [_activity(one) for one in programme.activities]),
        (Label("积分：推荐", "Points: referral"), _referral(programme.referral, currency)),
        (Label("积分：兑换品", "Points: rewards"), [_reward(one, currency) for one in programme.rewards]),
    ):
        lines.append((what, _joined(values, "；", "; ") if values else Label("无", "none")))
    return tuple(lines)


def rate_text(rate: Fraction) -> str:
    """Write an exact number as the policy file does: a decimal if it is one, else a fraction.

    Example:
        >>> from fractions import Fraction
        >>> rate_text(Fraction(7, 20)), rate_text(Fraction(1, 3)), rate_text(Fraction(100))
        ('0.35', '1/3', '100')
    """
    twos = fives = 0
    left = rate.denominator
    while left % 2 == 0:
        left, twos = left // 2, twos + 1
    while left % 5 == 0:
        left, fives = left // 5, fives + 1
    if left != 1 or rate.denominator == 1:
        return str(rate)
    places = max(twos, fives)
    digits = f"{int(rate * 10**places):0{places + 1}d}"
    return f"{digits[:-places]}.{digits[-places:]}"


def _joined(labels: list[Label], zh: str, en: str) -> Label:
    return Label(zh.join(one.zh for one in labels), en.join(one.en for one in labels))


def _wallet(wallet: Wallet, currency: str) -> list[Line]:
    """Say a wallet's rules; how it is spent only where it ever is."""
    rest: list[tuple[str, str, Label]] = [
        ("获取", "earning", _earning(wallet.earn, currency)),
        ("生效", "waiting", _waiting(wallet.waiting)),
        ("有效期", "expiry", _lapse(wallet)),
        ("用途", "use", _use(wallet.redemption, currency) if not wallet.qualifying else _ONLY_TIERS),
        ("退款", "refunds", _refunds(wallet)),
    ]
    return [
        (Label(f"积分 {wallet.name}：{zh}", f"Points {wallet.name}: {en}"), said) for zh, en, said in rest
    ]


_ONLY_TIERS: Final = Label("只用于会员等级，不可使用", "count for tiers only, never spent")


def _earning(rule: EarnRule | None, currency: str) -> Label:
    if rule is None:
        return Label("订单不发放", "orders earn none")
    counted = [label for name, label in _PARTS.items() if getattr(rule.base, name)] or [
        Label("无", "nothing")
    ]
    also = [
        say(
            "{what}计入" if getattr(rule.base, name) else "{what}不计",
            "{what} earn" if getattr(rule.base, name) else "{what} earn none",
            what=label,
        )
        for name, label in _ALSO.items()
    ]
    when = (
        Label("折扣前", "before discounts")
        if rule.base.before_discounts
        else Label("折扣后", "after discounts")
    )
    caps = [_cap(cap) for cap in rule.caps] or [Label("不设上限", "no caps")]
    return say(
        "每 1 {currency} 得 {rate} 分；计入{parts}，{when}，{also}；{round_at}{rounding}；{together}；"
        "订单满 {least} 起；{caps}",
        "{rate} for each {currency} of {parts}, {when}, {also}; {rounding} for {round_at}; {together}; "
        "orders from {least}; {caps}",
        currency=currency, rate=rate_text(rule.rate), parts=_joined(counted, "、", ", "), when=when,
        also=_joined(also, "，", ", "), round_at=_ROUND_AT[rule.round_at], rounding=_ROUNDING[rule.rounding],
        together=_TOGETHER[rule.together], least=format_money(rule.least, currency),
        caps=_joined(caps, "，", ", "),
    )  # fmt: skip


def _cap(cap: Cap) -> Label:
    return say("{per}最多 {n} 分", "at most {n} {per}", per=_PER[cap.per], n=cap.points)


def _waiting(rule: Waiting) -> Label:
    if rule.until == "paid":
        return Label("付款后即可用", "spendable from the payment")
    if rule.days is None:
        return Label("确认收货后可用", "spendable when receipt is confirmed")
    return say(
        "确认收货后可用，最迟{since}后 {n} 天",
        "spendable when receipt is confirmed, at the latest {n} days after {since}",
        since=_SINCE[rule.since], n=rule.days,
    )  # fmt: skip


def _span(rule: Expiry) -> Label:
    if rule.months is not None:
        return say("{n} 个月", "{n} months", n=rule.months)
    return say("{n} 天", "{n} days", n=rule.days or 0)


def _lapse(wallet: Wallet) -> Label:
    rule, idle = wallet.expiry, wallet.inactive
    if rule.on is not None:
        own = say("{day} 日终到期", "lapse at the end of {day}", day=rule.on.isoformat())
    elif rule.months is None and rule.days is None:
        own = Label("永不到期", "never lapse")
    else:
        own = say(
            "{since}后 {span}，{snap}末到期", "lapse {span} after {since}, at the end of that {snap}",
            since=_FROM[wallet.expiry_from], span=_span(rule), snap=_SNAPS[rule.snap],
        )  # fmt: skip
    if idle is None:
        return own
    return say(
        "{own}；{span}无获取或使用则到期",
        "{own}; {span} without earning or spending end them",
        own=own,
        span=_span(idle),
    )


def _use(rule: Redemption, currency: str) -> Label:
    return say(
        "{n} 分抵 1 {currency}；每次至少 {least} 分，为 {multiple} 的整数倍；最多抵订单的 {share}；"
        "{shipping}；{spare}；{refund}；预占 {minutes} 分钟",
        "{n} for 1 {currency}; at least {least} at a time, in multiples of {multiple}; "
        "at most {share} of an order; {shipping}; {spare}; {refund}; set aside for {minutes} minutes",
        n=rate_text(rule.points_per_unit), currency=currency, least=rule.least, multiple=rule.multiple,
        share=percent(rule.share_of_order),
        shipping=Label("可抵运费", "postage too") if rule.shipping else Label("不抵运费", "not postage"),
        spare=_SPARE[rule.rounding], refund=_REFUND[rule.refund], minutes=rule.hold_minutes,
    )  # fmt: skip


def percent(share: Fraction) -> str:
    """Write a share as percent, exactly.

    Example:
        >>> from fractions import Fraction
        >>> percent(Fraction(1, 2)), percent(Fraction(1, 3))
        ('50 %', '100/3 %')
    """
    return f"{rate_text(share * 100)} %"


def _refunds(wallet: Wallet) -> Label:
    if wallet.qualifying:
        return _SHORTFALL[wallet.shortfall]
    return say(
        "{shortfall}；退回的积分已过期时：顾客取消则{late}，店铺原因则{by_shop}",
        "{shortfall}; points given back after they lapsed {late}, or {by_shop} where the shop failed",
        shortfall=_SHORTFALL[wallet.shortfall], late=_late(wallet.late), by_shop=_late(wallet.late_by_shop),
    )  # fmt: skip


def _late(rule: LatePolicy) -> Label:
    if rule.late != "grace":
        return _LATE[rule.late]
    if rule.grace.months is None and rule.grace.days is None:
        return Label("永久有效", "never lapse")
    return say("宽限 {span}", "last {span} more", span=_span(rule.grace))


def _programme(programme: Programme) -> Label:
    margin = Label("未填", "not told") if programme.margin is None else percent(programme.margin)
    return say(
        "{tier_at}；毛利率 {margin}；时钟超前 {fuse} 天则停止到期处理",
        "{tier_at}; gross margin {margin}; a clock {fuse} days ahead stops points from lapsing",
        tier_at=_TIER_AT[programme.tier_at], margin=margin, fuse=programme.fuse,
    )  # fmt: skip


def _campaign(campaign: Campaign, zone: str) -> Label:
    moments = [_moment(at, zone) for at in (campaign.start, campaign.end)]
    return say(
        "{name}：{start} 起至 {end} 前，{n} 倍，{tiers}",
        "{name}: from {start} until before {end}, x {n}, {tiers}",
        name=campaign.name, start=moments[0], end=moments[1], n=rate_text(campaign.multiplier),
        tiers=_tiers(campaign.tiers),
    )  # fmt: skip


def _moment(at: datetime, zone: str) -> str:
    """Write a moment as the file would: a day where it is the beginning of one."""
    day = local_date(at, zone)
    if at == start_of_day(day, zone):
        return day.isoformat()
    return at.astimezone(zone_info(zone)).isoformat()


def _tiers(names: tuple[str, ...]) -> Label:
    return Label("、".join(names), ", ".join(names)) if names else Label("所有等级", "all tiers")


def _activity(activity: Activity) -> Label:
    streak = [
        say("连续第 {n} 天加 {p} 分", "{p} more on day {n} in a row", n=day, p=points)
        for day, points in activity.streak
    ]
    said = say(
        "{kind} {p} 分，{per}最多 {n} 次，{wait}", "{kind} {p}, at most {n} times {per}, {wait}",
        kind=KINDS[activity.kind], p=activity.points, per=_PER[activity.per], n=activity.times,
        wait=say("{n} 天后可用", "spendable after {n} days", n=activity.days),
    )  # fmt: skip
    return _joined([said, *streak], "，", ", ")


def _referral(rule: Referral | None, currency: str) -> list[Label]:
    if rule is None:
        return []
    return [
        say(
            "推荐人 {a} 分，被推荐人 {b} 分；{within} 天内首单满 {least}，完成 {days} 天后可用；{flagged}",
            "{a} for who brings, {b} for who comes; first order from {least} within {within} days, spendable "
            "{days} days after its completion; {flagged}",
            a=rule.referrer, b=rule.referred, within=rule.within, least=format_money(rule.least, currency),
            days=rule.days, flagged=_FLAGGED[rule.flagged],
        )
    ]  # fmt: skip


def _reward(reward: Reward, currency: str) -> Label:
    unlimited = Label("不限", "any number")
    return say(
        "{id}（{kind}）{p} 分，库存 {stock}，每人 {each}，成本 {cost}，{tiers}",
        "{id} ({kind}) for {p}, stock {stock}, each customer {each}, cost {cost}, {tiers}",
        id=reward.id, kind=_REWARDS[reward.kind], p=reward.points,
        stock=unlimited if reward.stock is None else reward.stock,
        each=unlimited if reward.each is None else reward.each,
        cost=Label("未填", "not told") if reward.cost is None else format_money(reward.cost, currency),
        tiers=_tiers(reward.tiers),
    )  # fmt: skip
