"""Refunds that leave the customer with points she should not have, or renew what lapsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.labels import Label
from retailcrm.domain.points.linting.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.domain.points.linting.findings import Case, Severity
    from retailcrm.domain.points.wallets import Wallet


def refunds(case: Case) -> Iterator[Finding]:
    """Find refunds by which a customer gains."""
    for wallet in case.programme.wallets:
        if wallet.earn is not None:
            yield from _kept(case, wallet)
        if not wallet.qualifying:
            yield from _renewed(case, wallet)


def _kept(case: Case, wallet: Wallet) -> Iterator[Finding]:
    if wallet.shortfall == "debt":
        return
    at_once = wallet.waiting.until == "paid" or wallet.waiting.days == 0
    severity: Severity = "warning"
    if wallet.shortfall == "within_balance":
        message = Label(
            "先用掉积分再退款，不足的部分不再收回",
            "who spends her points before she is refunded keeps what they bought",
        )
    elif at_once:
        severity = "error"
        message = Label(
            "积分付款即生效，而退款只收回未生效积分：退款永远收不回积分",
            "points can be spent at once, and refunds take back pending ones only: that is none",
        )
    else:
        message = Label(
            "积分生效后才退款的订单保留积分：下单、等待、退款可反复获利",
            "an order refunded after its points can be spent keeps them: buy, wait, return, and again",
        )
    where = case.path(wallet, "refunds.shortfall")
    yield Finding(code="refund-keeps-points", severity=severity, where=where, message=message)


def _renewed(case: Case, wallet: Wallet) -> Iterator[Finding]:
    if wallet.late.late != "expire":
        yield Finding(
            code="renewal-by-cancelling", severity="warning", where=case.path(wallet, "refunds.late"),
            message=Label(
                "顾客取消订单即可让已过期的积分重新可用",
                "a customer renews points that lapsed by cancelling an order paid with them",
            ),
        )  # fmt: skip
