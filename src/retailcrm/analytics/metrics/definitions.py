"""What every figure is called, and what is counted over what, in both languages."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.analytics.metrics.figure import Unit


@attrs.frozen
class Definition:
    """One figure in words; the glossary prints the same.

    Attributes:
        key: Its function's name.
        label: What it is called.
        unit: What it is measured in.
        numerator: What is counted or added up.
        denominator: What that is divided by; ``None`` where nothing is divided.
    """

    key: str
    label: Label
    unit: Unit
    numerator: Label
    denominator: Label | None = None

    @property
    def zh(self) -> str:
        """The Chinese name."""
        return self.label.zh

    @property
    def en(self) -> str:
        """The English name."""
        return self.label.en

    @property
    def sentence(self) -> Label:
        """What is counted over what, in one line of each language."""
        if self.denominator is None:
            return self.numerator
        return Label(
            f"{self.numerator.zh} ÷ {self.denominator.zh}", f"{self.numerator.en} / {self.denominator.en}"
        )


_BUYERS: Final = Label("购买人数", "buyers")
_ORDERS: Final = Label("订单数", "orders")
_NET: Final = Label("净销售额", "net sales")
_KNOWN_NET: Final = Label(
    "购买者的净额，减其期内红冲", "net of the buyers, their credit notes of the period taken off"
)
_RETURNING_NET: Final = Label(
    "期初之前已购买过者的期内净额，减其期内红冲",
    "net of the buyers who had bought before the period, their credit notes of the period taken off",
)
_NEW: Final = Label("新客数", "new customers")


def _hours(start_zh: str, end_zh: str, start: str, end: str) -> Label:
    return Label(
        f"自{start_zh}至{end_zh}的小时数：中位数与 P90",
        f"hours from {start} to {end} that half (median), and nine of ten (P90), did not exceed",
    )


_ALL: Final = (
    Definition(
        "customers",
        Label("客户数", "customers"),
        "count",
        Label(
            "截至期末有有效订单的身份可辨的不同客户",
            "distinct known people with a counted order up to the end of the period",
        ),
    ),
    Definition(
        "buyers",
        Label("购买人数", "buyers"),
        "count",
        Label(
            "期内有有效订单的身份可辨的不同客户",
            "distinct known customers with a counted order in the period",
        ),
    ),
    Definition(
        "new_customers",
        Label("新客数", "new customers"),
        "count",
        Label(
            "首笔有效订单落在期内（该组）订单中的购买者",
            "buyers whose first counted order ever is among the orders of the period (and group)",
        ),
    ),
    Definition(
        "returning_customers",
        Label("老客数", "returning customers"),
        "count",
        Label("期初之前已购买过的购买者", "buyers who had bought before the period began"),
    ),
    Definition(
        "reactivated_customers",
        Label("唤回客户数", "reactivated customers"),
        "count",
        Label(
            "沉默不少于规定天数（默认 180 天）后在期内再次购买者",
            "buyers who bought in the period after so many days of silence or more (180 if not said)",
        ),
    ),
    Definition("new_customer_share", Label("新客占比", "new-customer share"), "share", _NEW, _BUYERS),
    Definition(
        "acquisition_rate",
        Label("新客增长率", "acquisition rate"),
        "ratio",
        _NEW,
        Label("期初已有客户数", "customers known at the start of the period"),
    ),
    Definition(
        "orders",
        _ORDERS,
        "count",
        Label("期内有效订单（含身份不明者）", "counted orders of the period, unknown buyers included"),
    ),
    Definition(
        "net",
        _NET,
        "money",
        Label(
            "期内有效订单实付减其退款，减期内红冲",
            "paid on the period's counted orders less refunds of them, less the period's credit notes",
        ),
    ),
    Definition("aov", Label("笔单价", "average order value (AOV)"), "money", _NET, _ORDERS),
    Definition("net_per_buyer", Label("客单价", "net per buyer"), "money", _KNOWN_NET, _BUYERS),
    Definition(
        "orders_per_buyer",
        Label("人均订单数", "orders per buyer"),
        "ratio",
        Label("购买者的订单", "orders of the buyers"),
        _BUYERS,
    ),
    Definition(
        "repurchase_rate",
        Label("复购率", "repurchase rate"),
        "share",
        Label("期内购买日不少于两天的购买者", "buyers with two or more purchase days in the period"),
        _BUYERS,
    ),
    Definition(
        "rebuy_rate",
        Label("回购率", "rebuy rate"),
        "share",
        Label("上期购买者中本期又购买者", "buyers of the period before who buy in this one"),
        Label("上期购买者", "buyers of the period before"),
    ),
    Definition(
        "churn_rate",
        Label("流失率", "churn rate"),
        "share",
        Label(
            "这些客户中自切点起规定天数内（默认 90 天）未再购买者",
            "of these customers, those without a purchase in so many days (90 if not said) from the cut on",
        ),
        Label(
            "切点前规定天数内（默认 180 天）购买过的客户",
            "customers with a purchase in so many days (180 if not said) before the cut",
        ),
    ),
    Definition(
        "refund_rate",
        Label("退款率（按金额）", "refund rate, by money"),
        "share",
        Label(
            "期内有效订单的退款，加期内红冲",
            "paid back on the period's counted orders, and by its credit notes",
        ),
        Label("这些订单退款前实付", "paid on those orders, before refunds"),
    ),
    Definition(
        "refund_order_rate",
        Label("退款率（按订单）", "refund rate, by orders"),
        "share",
        Label("期内有退款的有效订单", "counted orders of the period on which something was paid back"),
        Label("期内有效订单", "counted orders of the period"),
    ),
    Definition("returning_net", Label("老客销售额", "sales of returning customers"), "money", _RETURNING_NET),
    Definition(
        "returning_net_share",
        Label("老客销售占比", "share of sales of returning customers"),
        "share",
        _RETURNING_NET,
        _KNOWN_NET,
    ),
    Definition(
        "growth",
        Label("增长率", "growth"),
        "share",
        Label("本期指标减上期指标", "a figure of the period less that of the period before"),
        Label("上期指标", "the figure of the period before"),
    ),
    Definition(
        "payment_delay",
        Label("付款时长", "hours to pay"),
        "hours",
        _hours("下单", "付款", "placing", "paying"),
    ),
    Definition(
        "hours_to_ship",
        Label("发货时长", "hours to ship"),
        "hours",
        _hours("付款", "发货", "payment", "the first parcel's leaving"),
    ),
    Definition(
        "delivery_delay",
        Label("配送时长", "hours to deliver"),
        "hours",
        _hours("发货", "签收", "shipping", "signing for the parcel"),
    ),
    Definition(
        "refund_delay",
        Label("退款时长", "hours to refund"),
        "hours",
        _hours("申请退款", "退款成功", "asking for a refund", "its settlement"),
    ),
    Definition(
        "within",
        Label("及时率", "done in time"),
        "share",
        Label(
            "在时限内完成的订单（付款 24 小时、发货 48 小时、配送与退款 72 小时）",
            "orders done within the limit (24 hours to pay, 48 to ship, 72 to deliver or refund)",
        ),
        Label(
            "开始时间距截止时点不短于时限的全部订单",
            "all orders that began to wait at least the limit before the moment",
        ),
    ),
    Definition(
        "good_review_rate",
        Label("好评率", "good-review rate"),
        "share",
        Label(
            "期内得分不低于规定的评价（默认满分的 80%）",
            "reviews of the period with so much of full marks or more (80 % if not said)",
        ),
        Label("期内有评分的评价", "reviews of the period that have a score"),
    ),
)

DEFINITIONS: Final[Mapping[str, Definition]] = MappingProxyType({one.key: one for one in _ALL})
"""Every figure by its key."""
