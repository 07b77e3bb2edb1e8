"""Limits that never bind, or that nobody can meet."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import ceil
from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.domain.points.earning import rounded
from retailcrm.domain.points.linting.findings import Finding, number, span
from retailcrm.domain.points.linting.splitting import smallest
from retailcrm.domain.points.linting.yearly import most_a_year

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from retailcrm.domain.points.linting.findings import Case
    from retailcrm.domain.points.wallets import Cap, CapPeriod, EarnRule, Redemption, Wallet

_PER: Final[Mapping[CapPeriod, Label]] = {
    "day": Label("每天", "a day"),
    "month": Label("每月", "a month"),
    "year": Label("每年", "a year"),
    "ever": Label("总共", "ever"),
}
_WITHIN: Final[Mapping[tuple[CapPeriod, CapPeriod], int]] = {
    ("day", "month"): 31,
    ("day", "year"): 366,
    ("month", "year"): 12,
}
"""Most periods of the first kind in one of the second."""

_SHIPPING_DAYS: Final = 90
"""No shop takes longer to ship; how long it takes is not known here."""


def limits(case: Case) -> Iterator[Finding]:
    """Find limits that do nothing, or stop everything."""
    for wallet in case.programme.wallets:
        if wallet.earn is not None:
            yield from _earning(case, wallet, wallet.earn)
            yield from _caps(case, wallet, wallet.earn)
    for wallet in case.spendable:
        yield from _spending(case, wallet, wallet.redemption)
        yield from _reach(case, wallet)


def _earning(case: Case, wallet: Wallet, rule: EarnRule) -> Iterator[Finding]:
    if not rule.rate or not (rule.base.items or rule.base.shipping or rule.base.tax):
        yield Finding(
            code="earns-nothing", severity="error",
            where=case.path(wallet, "earn.base" if rule.rate else "earn.rate"),
            message=Label(
                "订单得不到任何积分；不发放请写 earn = false",
                "orders earn no points at all; say earn = false if that is meant",
            ),
        )  # fmt: skip
    if rule.base.before_discounts and not rule.base.items:
        yield Finding(
            code="before-discounts-dead", severity="warning",
            where=case.path(wallet, "earn.base.before_discounts"),
            message=Label(
                "商品不计入，折扣前后没有区别", "goods earn nothing, so their discounts change nothing"
            ),
        )  # fmt: skip


def _caps(case: Case, wallet: Wallet, rule: EarnRule) -> Iterator[Finding]:
    where = case.path(wallet, "earn.caps")
    for one, other in permutations(rule.caps, 2):
        if _never_binds(other, one):
            per = _PER[one.per], _PER[other.per]
            yield Finding(
                code="cap-dead", severity="warning", where=where, figures={"cap": other.points},
                message=Label(
                    f"{per[0].zh}最多 {one.points} 分时，{per[1].zh}最多 {other.points} 分永远不起作用",
                    f"at most {one.points} {per[0].en} makes at most {other.points} {per[1].en} idle",
                ),
            )  # fmt: skip
    for cap in rule.caps:
        least = rounded(Fraction(rule.least, case.unit) * rule.rate, rule.rounding)
        if cap.points < least or not cap.points:
            yield Finding(
                code="cap-below-order", severity="warning", where=where,
                figures={"cap": cap.points, "order": least},
                message=Label(
                    f"{_PER[cap.per].zh}最多 {cap.points} 分，低于最小订单所得的 {least} 分",
                    f"at most {cap.points} {_PER[cap.per].en} is less than the smallest order earns: {least}",
                ),
            )  # fmt: skip
        elif rule.rate:
            amount = cap.points / rule.rate
            yield Finding(
                code="cap-reached", severity="note", where=where,
                figures={"cap": cap.points, "amount": amount},
                message=Label(
                    f"{_PER[cap.per].zh}最多 {cap.points} 分：消费 {case.money(amount)} 即达上限",
                    f"at most {cap.points} {_PER[cap.per].en}: reached by spending {case.money(amount)}",
                ),
            )  # fmt: skip


def _never_binds(other: Cap, one: Cap) -> bool:
    """Tell whether one cap keeps another, over a longer time, from ever being reached."""
    times = _WITHIN.get((one.per, other.per))
    if times is not None:
        return one.points * times <= other.points
    # Whatever is allowed in a longer time is allowed in each part of it.
    return ((other.per, one.per) in _WITHIN or one.per == "ever") and one.points <= other.points


def _spending(case: Case, wallet: Wallet, rule: Redemption) -> Iterator[Finding]:
    first = wallet is case.programme.wallets[0]
    if not rule.share_of_order:
        goods = first and bool(case.programme.rewards)
        yield Finding(
            code="never-spent", severity="note" if goods else "error",
            where=case.path(wallet, "redemption.share_of_order"),
            message=Label(
                "积分不能抵扣订单" + ("，只能兑换" if goods else "，也没有可兑换的东西"),
                "points pay no part of an order, "
                + ("they only buy rewards" if goods else "and buy nothing else"),
            ),
        )  # fmt: skip
    if rule.least % rule.multiple and rule.least > 1:
        yield Finding(
            code="least-not-multiple", severity="warning", where=case.path(wallet, "redemption.least"),
            figures={"least": rule.least, "smallest": smallest(rule)},
            message=Label(
                f"每次至少 {rule.least} 分，但须为 {rule.multiple} 的整数倍：实际至少 {smallest(rule)} 分",
                f"at least {rule.least} at a time, in multiples of {rule.multiple}: that is at least "
                f"{smallest(rule)}",
            ),
        )  # fmt: skip
    yield from _coins(case, wallet, rule)


def _coins(case: Case, wallet: Wallet, rule: Redemption) -> Iterator[Finding]:
    """Find points that are worth less than the smallest coin."""
    each = case.unit / rule.points_per_unit
    if each >= 1:
        return
    fewest = ceil(1 / each)
    lost = rule.rounding == "down" and smallest(rule) < fewest
    yield Finding(
        code="worth-less-than-a-coin", severity="warning" if lost else "note",
        where=case.path(wallet, "redemption.points_per_unit"), figures={"coins": each, "fewest": fewest},
        message=Label(
            f"一分积分不足最小货币单位（{number(each)}），至少 {fewest} 分才能抵扣"
            + (f"，而每次可只用 {smallest(rule)} 分" if lost else ""),
            f"a point is worth {number(each)} of the smallest coin: it takes {fewest} to pay anything"
            + (f", and {smallest(rule)} may be spent at a time" if lost else ""),
        ),
    )  # fmt: skip


def _reach(case: Case, wallet: Wallet) -> Iterator[Finding]:
    """Find what takes more points than anybody can have at one time."""
    most = most_at_once(case, wallet)
    if most is None:
        return
    wanted = [(smallest(wallet.redemption), case.path(wallet, "redemption.least"), "")]
    if not wallet.redemption.share_of_order:
        wanted = []
    if wallet is case.programme.wallets[0]:
        wanted += [(one.points, f"points.reward.{one.id}.points", one.id) for one in case.programme.rewards]
    for points, where, _ in wanted:
        if points > most:
            yield Finding(
                code="out-of-reach", severity="error", where=where, figures={"wanted": points, "most": most},
                message=Label(
                    f"需要 {points} 分，但按上限和有效期最多只能攒 {most} 分",
                    f"it takes {points} points, and caps and expiry leave nobody more than {most}",
                ),
            )  # fmt: skip


def most_at_once(case: Case, wallet: Wallet) -> int | None:
    """Give a number of points that nobody can have more of at one time.

    Args:
        case: What is looked at.
        wallet: The wallet.

    Returns:
        What the caps let orders earn in the time that points last, and what activities give in it; ``None``
        where nothing bounds it.
    """
    programme = case.programme
    first = wallet is programme.wallets[0]
    referral = programme.referral
    if first and referral is not None and (referral.referrer or referral.referred):
        return None
    days = _days_kept(wallet)
    orders = _orders(wallet, days)
    if orders is None or not first or not programme.activities:
        return orders
    if days is None:
        return None
    return orders + (days // 365 + 2) * sum(most_a_year(activity) for activity in programme.activities)


def _days_kept(wallet: Wallet) -> int | None:
    """Give the days in which points that somebody has at one time were awarded, generously."""
    lasts = span(wallet.expiry)
    if lasts is None:
        return None
    if wallet.earn is None or wallet.waiting.until == "paid" or wallet.expiry_from == "award":
        return lasts.most
    return None if wallet.waiting.days is None else lasts.most + wallet.waiting.days + _SHIPPING_DAYS


def _orders(wallet: Wallet, days: int | None) -> int | None:
    if wallet.earn is None:
        return 0
    bounds = []
    for cap in wallet.earn.caps:
        if cap.per == "ever":
            bounds.append(cap.points)
        elif days is not None:
            periods = {"day": days + 1, "month": days // 28 + 2, "year": days // 365 + 2}[cap.per]
            bounds.append(cap.points * periods)
    return min(bounds, default=None)
