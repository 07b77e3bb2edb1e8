"""Chinese for what commands with ``--lang`` refuse, and for errors that have a sentence of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retailcrm.domain.labels import Label
from retailcrm.errors import (
    ClockJumpError,
    ConflictError,
    IdempotencyConflictError,
    NotFoundError,
    UnknownOutcomeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retailcrm.domain.points.outcomes import Limit
    from retailcrm.ports.outcomes import Refused

_LIMITS: Final[Mapping[Limit, Callable[[Refused], str]]] = {
    "balance": lambda no: f"可用积分只有 {no.allowed:,} 分",
    "debt": lambda no: f"欠分尚未还清，可用 {no.allowed:,} 分",
    "minimum": lambda no: f"每次至少使用 {no.allowed:,} 分",
    "multiple": lambda no: f"积分须按规定的倍数使用，少一些可用 {no.allowed:,} 分",
    "share_of_order": lambda no: f"超过订单可抵比例，最多可用 {no.allowed:,} 分",
    "order_total": lambda no: f"超过应付金额，最多可用 {no.allowed:,} 分",
    "unknown_hold": lambda _: "这笔预占已经结束",
    "hold_total": lambda no: f"超过可动用的数目，最多 {no.allowed:,} 分",
    "refunded_share": lambda _: "退款只能越来越多，不能变少",
    "unknown_lot": lambda _: "找不到这批积分",
    "cap": lambda no: f"已达上限，还可 {no.allowed:,}",
    "stock": lambda no: f"库存不足，还可 {no.allowed:,}",
    "each": lambda no: f"已达每人限量，还可 {no.allowed:,}",
    "tier": lambda _: "会员等级不符",
    "referral": lambda _: "不符合推荐规则",
    "nothing": lambda _: "没有可以执行的积分",
}


def refusal(no: Refused) -> Label:
    """Say what stood in the way of a command.

    Args:
        no: What it came to.

    Example:
        >>> from retailcrm.ports.outcomes import Refused
        >>> refusal(Refused(key="k", limit="balance", asked=9, allowed=3, message="3 are available")).zh
        '未执行（balance）：可用积分只有 3 分'
    """
    told = {str(limit): word for limit, word in _LIMITS.items()}.get(no.limit)
    return Label(
        f"未执行（{no.limit}）：{no.message if told is None else told(no)}",
        f"refused ({no.limit}): {no.message}",
    )


_ERRORS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (IdempotencyConflictError, "这个 --key 已用于另一条命令，请换一个新的"),
    (ClockJumpError, "时钟比已知的一切都晚得多，未执行；时间确实无误时请加 --confirm-clock"),
    (UnknownOutcomeError, "无法确定是否已执行；请用同一个 --key 重新运行"),
    (ConflictError, "其他程序一直在写入，未执行；请重新运行"),
)
"""Sentences by the kind of error; of two that fit, the first."""


def chinese(error: Exception, options: Mapping[str, Any]) -> str | None:
    """Give the sentence of an error, ``None`` where there is none.

    Args:
        error: What went wrong.
        options: What the command was given.

    Example:
        >>> chinese(NotFoundError("nothing was reserved with key 'k'"), {"reservation": "k"})
        "没有以 'k' 为键的预占"
    """
    if said := getattr(error, "zh", ""):
        return str(said)
    if isinstance(error, NotFoundError):
        named = {"reservation": "预占", "redemption": "核销"}
        return next(
            (f"没有以 {options[name]!r} 为键的{word}" for name, word in named.items() if name in options),
            None,
        )
    return next((text for kind, text in _ERRORS if isinstance(error, kind)), None)
