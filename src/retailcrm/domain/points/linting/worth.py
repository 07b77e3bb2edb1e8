"""Money pumps: what an order brings back in points, by tier and campaign, against what it costs."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.labels import Label
from retailcrm.domain.points.earning import together
from retailcrm.domain.points.linting.findings import Finding, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.domain.points.linting.findings import Case, Severity
    from retailcrm.domain.points.programme import Campaign
    from retailcrm.domain.points.wallets import EarnRule, Wallet

_WITHOUT_END: Final = Fraction(10**9)


@attrs.frozen
class Offer:
    """What one customer meets at one time.

    Attributes:
        tier: Her tier; empty without a ladder.
        campaigns: What is on.
        discount: Her tier's discount.
        multiplier: What the multipliers come to.
    """

    tier: str
    campaigns: tuple[str, ...]
    discount: Fraction
    multiplier: Fraction

    def said(self) -> Label:
        """Name tier and campaigns."""
        tier = (Label(f"等级 {self.tier}", f"tier {self.tier}"),) if self.tier else ()
        on = tuple(Label(f"活动 {name}", f"campaign {name}") for name in self.campaigns)
        parts = (*tier, *on) or (Label("普通订单", "any order"),)
        return Label("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))


def offers(case: Case, rule: EarnRule) -> tuple[Offer, ...]:
    """List what customers of each tier can meet: no campaign, and every set of campaigns on at one time."""
    tiers: list[tuple[str, Fraction, Fraction | None]] = [("", Fraction(0), None)]
    if case.ladder is not None:
        tiers = [(t.name, t.benefits.discount, t.benefits.points_multiplier) for t in case.ladder.tiers]
    found = []
    for name, discount, own in tiers:
        for on in _together(case, name):
            # A multiplier of 1 is none: an order leaves it out too.
            said = [*([] if own is None else [own]), *(campaign.multiplier for campaign in on)]
            factors = [factor for factor in said if factor != 1]
            names = tuple(campaign.name for campaign in on)
            found.append(Offer(name, names, discount, together(factors, rule.together)))
    return tuple(found)


def _together(case: Case, tier: str) -> Iterator[tuple[Campaign, ...]]:
    """Give the sets of campaigns that a tier can meet at one time, none first."""
    mine = [
        campaign
        for campaign in case.programme.campaigns
        if (not campaign.tiers or tier in campaign.tiers)
        and (case.as_of is None or campaign.end > case.as_of)
    ]
    yield ()
    # A set of campaigns that are on together is first complete when its last one starts.
    yield from dict.fromkeys(tuple(one for one in mine if one.start <= last.start < one.end) for last in mine)


def returned(wallet: Wallet, offer: Offer) -> Fraction | None:
    """Give the worth of points that one unit of money brings, what those points earn again included.

    Args:
        wallet: The wallet.
        offer: The tier and the campaigns.

    Returns:
        Units of money for each unit paid; ``None``: without end, since every point brings another.
    """
    rule = wallet.earn
    if rule is None or not (rule.base.items and wallet.redemption.share_of_order):
        return Fraction(0)
    back = rule.rate * offer.multiplier / wallet.redemption.points_per_unit
    if rule.base.before_discounts:
        back /= 1 - offer.discount
    if not rule.base.paid_by_points:
        return back
    return None if back >= 1 else back / (1 - back)


def pumps(case: Case) -> Iterator[Finding]:
    """Find wallets that give back more than an order brings."""
    for wallet in case.spendable:
        if wallet.earn is None or not wallet.redemption.share_of_order:
            continue
        listed = offers(case, wallet.earn)
        plain = min(listed, key=lambda offer: (len(offer.campaigns), offer.multiplier, offer.discount))
        worst = max(listed, key=lambda offer: _given(wallet, offer))
        yield from _against(case, wallet, plain, worst)
        yield from _feeding(case, wallet, worst)


def _given(wallet: Wallet, offer: Offer) -> Fraction:
    """Give the share of the list price that discount and points give away; above 1 where it has no end."""
    back = returned(wallet, offer)
    return _WITHOUT_END if back is None else 1 - (1 - offer.discount) * (1 - back)


def _against(case: Case, wallet: Wallet, plain: Offer, worst: Offer) -> Iterator[Finding]:
    """Hold what is given away against the whole price, and against the margin."""
    where, margin = case.path(wallet, "earn.rate"), case.programme.margin
    for code, offer in (("cashback", plain), ("stacking", worst)):
        given = _given(wallet, offer)
        if given < 1:
            continue
        said = offer.said()
        yield Finding(
            code=code, severity="error", where=where,
            figures={"given": given, "multiplier": offer.multiplier},
            message=Label(
                f"{said.zh}：折扣与积分合计返还 {_share(given)}，不低于订单本身，买得越多赚得越多",
                f"{said.en}: discount and points give back {_share(given)}, no less than the whole price",
            ),
        )  # fmt: skip
        return
    if margin is None:
        given = _given(wallet, worst)
        yield Finding(
            code="margin-not-told", severity="note", where="points.margin", figures={"given": given},
            message=Label(
                f"未填毛利率，无法判断是否亏损；折扣与积分最多返还 {percent(given)}（{worst.said().zh}）",
                f"no margin is told, so losses cannot be seen; discount and points give back at most "
                f"{percent(given)} ({worst.said().en})",
            ),
        )  # fmt: skip
        return
    yield from _against_margin(case, wallet, plain, worst, margin)


def _against_margin(
    case: Case, wallet: Wallet, plain: Offer, worst: Offer, margin: Fraction
) -> Iterator[Finding]:
    where = case.path(wallet, "earn.rate")
    judged: tuple[tuple[str, Severity, Offer], ...] = (
        ("above-margin", "error", plain),
        ("stacking-above-margin", "warning", worst),
    )
    for code, severity, offer in judged:
        given = _given(wallet, offer)
        if given <= margin:
            continue
        said = offer.said()
        yield Finding(
            code=code, severity=severity, where=where,
            figures={"given": given, "margin": margin, "multiplier": offer.multiplier},
            message=Label(
                f"{said.zh}：折扣与积分合计返还 {percent(given)}，高于毛利率 {percent(margin)}",
                f"{said.en}: discount and points give back {percent(given)}, "
                f"above the margin of {percent(margin)}",
            ),
        )  # fmt: skip
        return


def _share(given: Fraction) -> str:
    return percent(given) if given < _WITHOUT_END else "∞"


def _feeding(case: Case, wallet: Wallet, worst: Offer) -> Iterator[Finding]:
    """Find points that earn points: a geometric series."""
    rule = wallet.earn
    if rule is None or not rule.base.paid_by_points or not rule.rate:
        return
    back = rule.rate * worst.multiplier / wallet.redemption.points_per_unit
    total = returned(wallet, worst)
    ends = "∞" if total is None else percent(total)
    yield Finding(
        code="self-feeding", severity="warning", where=case.path(wallet, "earn.base.paid_by_points"),
        figures={"back": back, **({} if total is None else {"total": total})},
        message=Label(
            f"积分支付的部分又得积分：每单返还 {percent(back)}，循环累计 {ends}",
            f"what points pay earns points again: {percent(back)} of each order comes back, "
            f"{ends} in the end",
        ),
    )  # fmt: skip
