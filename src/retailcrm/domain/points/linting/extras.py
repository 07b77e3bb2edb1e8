"""What is earned and bought beside orders: rewards, activities, referrals."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from retailcrm.domain.labels import Label
from retailcrm.domain.points.linting.findings import Finding, percent, span
from retailcrm.domain.points.linting.worth import offers
from retailcrm.domain.points.linting.yearly import most_a_year
from retailcrm.domain.points.programme import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.domain.points.linting.findings import Case
    from retailcrm.domain.points.programme import Activity, Referral, Reward


def beside_orders(case: Case) -> Iterator[Finding]:
    """Find rewards, activities and referrals that cost more than they seem to."""
    programme = case.programme
    for reward in programme.rewards:
        yield from _reward(case, reward)
    for activity in programme.activities:
        yield from _activity(case, activity)
    if programme.activities:
        yield _yearly(case)
    if programme.referral is not None:
        yield from _referral(case, programme.referral)


def _reward(case: Case, reward: Reward) -> Iterator[Finding]:
    wallet, path = case.programme.wallets[0], f"points.reward.{reward.id}"
    if wallet.qualifying:
        yield Finding(
            code="reward-of-status-points", severity="error", where=path,
            message=Label(
                "第一个钱包的积分不可使用，无法兑换",
                "points of the first wallet are never spent, so they buy nothing",
            ),
        )  # fmt: skip
        return
    if reward.stock is not None and (not reward.stock or (reward.each or 0) >= max(reward.stock, 1)):
        setting, zh, en = ("each", "每人限量不起作用", "the limit for each never binds")
        if not reward.stock:
            setting, zh, en = ("stock", "无法兑换", "nobody gets it")
        yield Finding(
            code="reward-limit-dead", severity="warning", where=f"{path}.{setting}",
            figures={"stock": reward.stock},
            message=Label(f"库存 {reward.stock} 件，{zh}", f"a stock of {reward.stock}: {en}"),
        )  # fmt: skip
    if reward.cost is not None:
        yield from _price(case, reward, Fraction(reward.cost, case.unit))


def _price(case: Case, reward: Reward, cost: Fraction) -> Iterator[Finding]:
    """Hold a reward's cost against what its points are worth, and against the orders that earn them."""
    wallet, where = case.programme.wallets[0], f"points.reward.{reward.id}.points"
    worth = reward.points / wallet.redemption.points_per_unit
    rule = wallet.earn
    most = Fraction(0) if rule is None else max(rule.rate * one.multiplier for one in offers(case, rule))
    back = most * cost / reward.points
    figures = {"cost": cost, "worth": worth, "back": back}
    if back >= 1:
        yield Finding(
            code="reward-pump", severity="error", where=where, figures=figures,
            message=Label(
                f"攒够 {reward.points} 分所需的消费不高于成本 {case.money(cost)}（返还 {percent(back)}）",
                f"the orders that earn {reward.points} points bring no more than the reward costs, "
                f"{case.money(cost)} ({percent(back)} comes back)",
            ),
        )  # fmt: skip
    elif cost > worth:
        yield Finding(
            code="reward-above-worth", severity="warning", where=where, figures=figures,
            message=Label(
                f"成本 {case.money(cost)}，高于 {reward.points} 分抵现的 {case.money(worth)}",
                f"it costs {case.money(cost)}, more than the {case.money(worth)} "
                f"that {reward.points} points are worth",
            ),
        )  # fmt: skip
    elif cost < worth:
        yield Finding(
            code="reward-below-worth", severity="note", where=where, figures=figures,
            message=Label(
                f"成本 {case.money(cost)}，低于 {reward.points} 分抵现的 {case.money(worth)}",
                f"it costs {case.money(cost)}, less than the {case.money(worth)} "
                f"that {reward.points} points are worth",
            ),
        )  # fmt: skip


def _activity(case: Case, activity: Activity) -> Iterator[Finding]:
    where = f"points.activity.{activity.kind}"
    name = KINDS[activity.kind]
    for zh, en in _unread(activity):
        yield Finding(
            code="activity-limit-dead", severity="warning", where=f"{where}.times",
            message=Label(f"{name.zh}{zh}，times 不起作用", f"{name.en} {en}: times changes nothing"),
        )  # fmt: skip
    yield from _in_time(case, where, activity.days)


def _unread(activity: Activity) -> Iterator[tuple[str, str]]:
    """Give limits that the kind's own limit makes idle."""
    if activity.kind == "signin" and activity.times > 1 and activity.per == "day":
        yield "每天只计一次", "counts once a day"
    if activity.kind == "birthday" and activity.times > 1 and activity.per != "ever":
        yield "每年只计一次", "counts once a year"


def _in_time(case: Case, where: str, days: int) -> Iterator[Finding]:
    """Find waiting days that outlast an expiry that counts from the award."""
    wallet = case.programme.wallets[0]
    lasts = span(wallet.expiry)
    if wallet.expiry_from == "award" and lasts is not None and lasts.least <= days:
        yield Finding(
            code="lapses-before-spendable", severity="error" if lasts.most <= days else "warning",
            where=where, figures={"lasts": lasts.least, "waits": days},
            message=Label(
                f"积分自发放起最短有效 {lasts.least} 天，而要等 {days} 天才生效",
                f"points last as little as {lasts.least} days from the award, and wait for {days}",
            ),
        )  # fmt: skip


def _yearly(case: Case) -> Finding:
    wallet = case.programme.wallets[0]
    points = sum(most_a_year(activity) for activity in case.programme.activities)
    worth = Fraction(0) if wallet.qualifying else points / wallet.redemption.points_per_unit
    return Finding(
        code="free-points", severity="note", where="points.activity",
        figures={"points": points, "worth": worth},
        message=Label(
            f"不消费的顾客一年最多得 {points} 分，价值 {case.money(worth)}",
            f"a customer who buys nothing earns up to {points} points in a year, worth {case.money(worth)}",
        ),
    )  # fmt: skip


def _referral(case: Case, rule: Referral) -> Iterator[Finding]:
    wallet, points = case.programme.wallets[0], rule.referrer + rule.referred
    if not points:
        yield Finding(
            code="referral-earns-nothing", severity="warning", where="points.referral",
            message=Label("推荐双方都得 0 分", "both sides of a referral earn 0 points"),
        )  # fmt: skip
        return
    yield from _in_time(case, "points.referral.waiting_days", rule.days)
    if wallet.qualifying:
        return
    worth, least = points / wallet.redemption.points_per_unit, Fraction(max(rule.least, 1), case.unit)
    margin = case.programme.margin
    profit = least if margin is None else least * margin
    if worth > profit:
        yield Finding(
            code="referral-farmed", severity="warning", where="points.referral.least",
            figures={"worth": worth, "profit": profit},
            message=Label(
                f"推荐双方共得 {points} 分，价值 {case.money(worth)}，高于最低首单 {case.money(least)} 的"
                + ("金额" if margin is None else f"毛利 {case.money(profit)}"),
                f"a referral earns both sides {points} points worth {case.money(worth)}, more than the "
                f"smallest first order of {case.money(least)} brings"
                + ("" if margin is None else f": {case.money(profit)}"),
            ),
        )  # fmt: skip
