"""Moments that do not fit: points that lapse before they can be spent, clocks that stop too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.labels import Label
from retailcrm.domain.points.expiry import NEVER
from retailcrm.domain.points.linting.findings import Finding, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.domain.points.expiry import Expiry
    from retailcrm.domain.points.linting.findings import Case
    from retailcrm.domain.points.wallets import Wallet


def moments(case: Case) -> Iterator[Finding]:
    """Find rules about time that work against each other."""
    for wallet in case.programme.wallets:
        if wallet.earn is not None:
            yield from _waiting(case, wallet)
        yield from _inactive(case, wallet)
        yield from _fixed(case, wallet)
        yield from _fuse(case, wallet)


def _waiting(case: Case, wallet: Wallet) -> Iterator[Finding]:
    waiting, lasts = wallet.waiting, span(wallet.expiry)
    if waiting.until == "paid":
        return
    if waiting.days is None:
        yield Finding(
            code="waits-for-ever", severity="note", where=case.path(wallet, "waiting.days"),
            message=Label(
                "没有确认收货记录的订单，其积分永远不生效",
                "points of an order whose receipt nobody reports are never to be spent",
            ),
        )  # fmt: skip
    elif wallet.expiry_from == "award" and lasts is not None and lasts.least <= waiting.days:
        every = lasts.most <= waiting.days
        days = lasts.most if every else lasts.least
        yield Finding(
            code="lapses-before-spendable", severity="error" if every else "warning",
            where=case.path(wallet, "expiry"), figures={"lasts": days, "waits": waiting.days},
            message=Label(
                f"积分自发放起{'最多' if every else '最少'}有效 {days} 天，而最长等待 {waiting.days} 天",
                f"points last {'at most' if every else 'sometimes only'} {days} days from the award, "
                f"and wait up to {waiting.days} days before they can be spent",
            ),
        )  # fmt: skip


def _inactive(case: Case, wallet: Wallet) -> Iterator[Finding]:
    if wallet.inactive is None:
        return
    idle, own, waiting = span(wallet.inactive), span(wallet.expiry), wallet.waiting
    if idle is None:
        return
    days = 0 if wallet.earn is None or waiting.until == "paid" else waiting.days or 0
    if idle.least <= days:
        yield Finding(
            code="inactive-before-spendable", severity="warning", where=case.path(wallet, "inactive"),
            figures={"idle": idle.least, "waits": days},
            message=Label(
                f"{idle.least} 天无活动积分即到期，而新订单的积分要等 {days} 天才生效",
                f"points lapse after {idle.least} idle days, and those of the next order wait for {days}",
            ),
        )  # fmt: skip
    if own is not None and wallet.expiry_from == "activation" and idle.least >= own.most:
        yield Finding(
            code="inactive-dead", severity="warning", where=case.path(wallet, "inactive"),
            figures={"idle": idle.least, "lasts": own.most},
            message=Label(
                f"积分生效后最多有效 {own.most} 天，{idle.least} 天的不活跃期永远不起作用",
                f"points last at most {own.most} days anyway: {idle.least} idle days never end them first",
            ),
        )  # fmt: skip


def _fixed(case: Case, wallet: Wallet) -> Iterator[Finding]:
    """Find a last day for all points: whatever becomes spendable later lapses at once."""
    if wallet.expiry.on is None:
        return
    past = case.as_of is not None and _ended(wallet.expiry, case)
    day = wallet.expiry.on.isoformat()
    yield Finding(
        code="fixed-day", severity="error" if past else "note", where=case.path(wallet, "expiry.on"),
        message=Label(
            f"{day} 之后生效的积分立即到期" + ("，而这一天已过" if past else ""),
            f"points that can be spent after {day} lapse at once" + (", and it is past" if past else ""),
        ),
    )  # fmt: skip


def _ended(rule: Expiry, case: Case) -> bool:
    if case.as_of is None:
        return False
    end = rule.after(case.as_of)
    return end is not None and end <= case.as_of


def _fuse(case: Case, wallet: Wallet) -> Iterator[Finding]:
    """Find points that a wrong clock could end before the fuse stops it."""
    rules = (("expiry", wallet.expiry), ("inactive", wallet.inactive or NEVER))
    for name, rule in rules:
        lasts, fuse = span(rule), case.programme.fuse
        if lasts is not None and lasts.least <= fuse:
            yield Finding(
                code="fuse-too-long", severity="warning", where="points.fuse_days",
                figures={"fuse": fuse, "lasts": lasts.least},
                message=Label(
                    f"时钟超前 {fuse} 天才停止到期处理，而积分最短 {lasts.least} 天就到期"
                    f"（{case.path(wallet, name)}）",
                    f"a clock may run {fuse} days ahead before points stop lapsing, and some last only "
                    f"{lasts.least} days ({case.path(wallet, name)})",
                ),
            )  # fmt: skip
