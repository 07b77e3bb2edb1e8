"""Settings that look alive and do nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.labels import Label
from retailcrm.domain.points.linting.findings import Finding, number
from retailcrm.domain.points.linting.worth import offers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.domain.points.linting.findings import Case
    from retailcrm.domain.points.programme import Campaign


def dead(case: Case) -> Iterator[Finding]:
    """Find settings that change nothing."""
    yield from _tier_at(case)
    yield from _together(case)
    for campaign in case.programme.campaigns:
        yield from _campaign(case, campaign)
    for wallet in case.programme.wallets[1:]:
        if wallet.earn is None:
            yield Finding(
                code="wallet-idle", severity="note", where=case.path(wallet, "earn"),
                message=Label(
                    "除人工调整和导入外，没有积分进入这个钱包",
                    "nothing comes into this wallet but corrections and opening balances",
                ),
            )  # fmt: skip


def _tier_at(case: Case) -> Iterator[Finding]:
    tiers = () if case.ladder is None else case.ladder.tiers
    if case.programme.tier_at == "after" and len({tier.benefits.points_multiplier for tier in tiers}) <= 1:
        yield Finding(
            code="tier-at-dead", severity="warning", where="points.tier_at",
            message=Label(
                "各等级的积分倍数相同（或没有等级），升级前后没有区别",
                "no two tiers multiply points differently: the tier before or after is all the same",
            ),
        )  # fmt: skip


def _together(case: Case) -> Iterator[Finding]:
    """Find a rule for several multipliers where there are never several that matter."""
    for wallet in case.programme.wallets:
        if wallet.earn is None or wallet.earn.together == "max":
            continue
        with_tier = case.ladder is not None and any(
            t.benefits.points_multiplier != 1 for t in case.ladder.tiers
        )
        if all(len(one.campaigns) + with_tier <= 1 for one in offers(case, wallet.earn)):
            yield Finding(
                code="together-dead", severity="warning", where=case.path(wallet, "earn.together"),
                message=Label("不会同时有多个倍数", "there are never several multipliers at one time"),
            )  # fmt: skip


def _campaign(case: Case, campaign: Campaign) -> Iterator[Finding]:
    where = f"points.campaign.{campaign.name}"
    if case.as_of is not None and campaign.end <= case.as_of:
        yield Finding(
            code="campaign-past", severity="note", where=where,
            message=Label(f"活动 {campaign.name} 已结束", f"campaign {campaign.name} is over"),
        )  # fmt: skip
    joined = [wallet.earn.together for wallet in case.programme.wallets if wallet.earn is not None]
    own = [
        tier.benefits.points_multiplier
        for tier in (() if case.ladder is None else case.ladder.tiers)
        if not campaign.tiers or tier.name in campaign.tiers
    ]
    greatest = set(joined) == {"max"}
    below = greatest and bool(own) and all(one != 1 and campaign.multiplier <= one for one in own)
    if campaign.multiplier == 1 or below:
        yield Finding(
            code="campaign-dead", severity="warning", where=f"{where}.multiplier",
            figures={"multiplier": campaign.multiplier},
            message=Label(
                f"活动 {campaign.name} 的 {number(campaign.multiplier)} 倍从不高于顾客已有的倍数",
                f"campaign {campaign.name} multiplies by {number(campaign.multiplier)}, "
                "never more than customers have anyway",
            ),
        )  # fmt: skip
