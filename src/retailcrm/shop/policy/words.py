"""A policy's rules in words, Chinese beside English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.analytics.activity import FixedDays, OwnInterval
from retailcrm.analytics.labels import FIGURES, say
from retailcrm.domain.labels import Label
from retailcrm.domain.money import format_money
from retailcrm.domain.orders import STATE_LABELS

if TYPE_CHECKING:
    from fractions import Fraction

    from retailcrm.analytics.counting import CountingPolicy
    from retailcrm.analytics.rfm import RfmSpec
    from retailcrm.domain.tiers import Ladder

Line = tuple[Label, Label]

_CLOCKS: Final = {
    "paid": Label("付款时间（缺失时用下单时间）", "payment (placing the order where unknown)"),
    "placed": Label("下单时间（缺失时用付款时间）", "placing the order (payment where unknown)"),
}
_FULL_REFUNDS: Final = {
    "drop": Label("不计为购买", "do not count as purchases"),
    "keep": Label("计为净额为零的购买", "count as purchases of net zero"),
}
_UNDATED: Final = {
    "order_date": Label("计入订单日期", "take effect with their order"),
    "first_seen": Label("计入首次出现该退款的导出时间", "take effect when an export first showed them"),
}
_METHODS: Final = {
    "quantile": Label("分位数", "quantiles"),
    "bands": Label("固定区间", "fixed bands"),
    "mean": Label("与均值比较", "against the mean"),
    "median": Label("与中位数比较", "against the median"),
}


def said_of(
    counting: CountingPolicy,
    scoring: RfmSpec,
    activity: FixedDays | OwnInterval,
    value_cuts: tuple[int | None, int | None],
    ladder: Ladder | None,
    currency: str,
) -> tuple[Line, ...]:
    """Say each rule as a name and a value.

    Args:
        counting: Which orders and refunds count, and when.
        scoring: How R, F and M are scored.
        activity: When a customer is active.
        value_cuts: Least orders, and least minor units per order; ``None`` for the median customer.
        ladder: The tiers, if there are any.
        currency: ISO 4217 code of the amounts.
    """
    return (
        *_counting(counting),
        (Label("RFM 评分", "RFM scoring"), _scoring(scoring)),
        (Label("活跃度", "Activity"), _activity(activity)),
        (Label("价值分级", "Value classes"), _value_classes(*value_cuts, currency)),
        (Label("会员等级", "Tiers"), _tiers(ladder)),
    )


def _counting(counting: CountingPolicy) -> tuple[Line, ...]:
    states = [STATE_LABELS[state] for state in sorted(counting.states)]
    listed = Label("、".join(s.zh for s in states), ", ".join(s.en for s in states))
    return (
        (Label("计入的订单状态", "States that count"), listed),
        (Label("购买时间", "Purchase time"), _CLOCKS[counting.clock]),
        (Label("全额退款订单", "Orders refunded in full"), _FULL_REFUNDS[counting.full_refund]),
        (Label("未注明日期的退款", "Refunds without a date"), _UNDATED[counting.undated_refund]),
    )


def _scoring(spec: RfmSpec) -> Label:
    return say(
        "{method}，{bins} 档，F = {f}，M = {m}", "{method}, {bins} levels, F = {f}, M = {m}",
        method=_METHODS[spec.method], bins=spec.bins, f=FIGURES[spec.frequency], m=FIGURES[spec.money],
    )  # fmt: skip


def _activity(rule: FixedDays | OwnInterval) -> Label:
    if isinstance(rule, FixedDays):
        return say(
            "{a} 天起沉睡，{b} 天起流失", "sleeping from {a} days, lost from {b} days",
            a=rule.sleeping_from, b=rule.lost_from,
        )  # fmt: skip
    return say(
        "个人购买间隔（全店中位数权重 {k}）的 {a} 倍起沉睡，{b} 倍起流失",
        "sleeping from {a}, lost from {b} times the own interval (shop median weighs {k})",
        a=_short(rule.sleeping_from), b=_short(rule.lost_from), k=rule.weight,
    )  # fmt: skip


def _short(multiple: Fraction) -> str:
    return f"{float(multiple):g}"


def _value_classes(least_orders: int | None, least_per_order: int | None, currency: str) -> Label:
    if least_orders is None or least_per_order is None:
        return Label("高于中位数客户为常购、大单", "frequent and large are above the median customer")
    return say(
        "{n} 单起为常购，单均 {money} 起为大单", "frequent from {n} orders, large from {money} per order",
        n=least_orders, money=format_money(least_per_order, currency),
    )  # fmt: skip


def _tiers(ladder: Ladder | None) -> Label:
    if ladder is None:
        return Label("无", "none")
    labels = [tier.label for tier in ladder.tiers]
    return Label("、".join(label.zh for label in labels), ", ".join(label.en for label in labels))
