"""The column names and state texts of Taobao's reports, all generations in one table each.

Source: header rows of exports from 2012 to 2026 as seen in programs that read them; generations
differ in which of these columns they have and where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.adapters.sources.field import Field, Kind, header_name
from retailcrm.domain.orders import OrderState

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENCY: Final = "CNY"
SUCCEEDED: Final = "退款成功"
REFUNDED: Final = "退款"
_ZONE: Final = "Asia/Shanghai"

_STATE_TEXTS: Final = {
    OrderState.PLACED: (
        "没有创建支付宝交易",
        "没有创建外部交易",
        "等待买家付款",
        "等待买家确认货到付款订单信息",
        "外卡支付付款确认中",
        "余额宝0元购合约中",
        "买家已确认，等待卖家发货",
    ),
    OrderState.PAID: ("买家已付款，等待卖家发货", "等待卖家发货"),
    OrderState.SHIPPED: (
        "卖家部分发货",
        "卖家已发货，等待买家确认",
        "等待买家确认收货",
        "卖家已发货，等待买家确认收货并付款",
    ),
    OrderState.RECEIVED: ("买家已签收", "买家已签收，回款至卖家"),
    OrderState.COMPLETED: ("交易成功", "交易完成", "已完成", "待评价", "已结算"),
    # 交易关闭 is both: whether it was ever paid decides, see taobao.order_states.
    OrderState.CLOSED: ("交易关闭", "交易被淘宝关闭"),
    OrderState.REFUNDED: ("付款以后用户退款成功，交易自动关闭",),
}
STATES: Final[Mapping[str, int]] = {
    header_name(t): state for state, texts in _STATE_TEXTS.items() for t in texts
}
"""Order state texts, normalised, and what they mean."""


def _instant(*names: str) -> Field:
    return Field(names=names, kind=Kind.INSTANT, zone=_ZONE)


ORDER: Final[Mapping[str, Field]] = {
    "number": Field(names=("订单编号",), kind=Kind.KEY, required=True, never_round=True),
    "buyer": Field(names=("买家会员名", "买家会员昵称", "买家昵称"), kind=Kind.NAME),
    "state": Field(names=("订单状态",), kind=Kind.STATE, states=STATES),
    "placed_at": _instant("订单创建时间"),
    "paid_at": _instant("订单付款时间"),
    "shipped_at": _instant("发货时间"),
    "completed_at": _instant("确认收货时间"),
    "total": Field(names=("总金额",), kind=Kind.AMOUNT),
    "postage": Field(names=("买家应付邮费",), kind=Kind.AMOUNT, lenient=True),
    "paid": Field(names=("买家实际支付金额", "买家实付金额"), kind=Kind.AMOUNT),
    "refunded": Field(names=("退款金额",), kind=Kind.AMOUNT),
    "address": Field(names=("收货地址",), kind=Kind.PLACE),
    "close_reason": Field(names=("订单关闭原因",), kind=Kind.TEXT),
    "channel": Field(names=("是否手机订单",), kind=Kind.TEXT),
}
"""Order report: generations T1 (2012) to T8 (2026)."""

OTHER_BUYERS: Final[Mapping[str, Field]] = {
    "member_nick": Field(names=("买家会员昵称",), kind=Kind.NAME),
    "nick": Field(names=("买家昵称",), kind=Kind.NAME),
}
"""Columns beside the buyer's that may hold the nick in clear where the first one is masked."""

RECIPIENT: Final[Mapping[str, Field]] = {
    "name": Field(names=("收货人姓名",), kind=Kind.NAME),
    "mobile": Field(names=("联系手机",), kind=Kind.PHONE, lenient=True),
    "landline": Field(names=("联系电话",), kind=Kind.PHONE, lenient=True),
    "whole_address": Field(names=("收货地址",), kind=Kind.NAME),
    "account": Field(names=("买家支付宝账号",), kind=Kind.NAME),
}
"""Columns of an order report that are personal: read only where they are asked for."""

ITEM: Final[Mapping[str, Field]] = {
    # I2 and I3 name both numbers; in I1 the only number is the order's.
    "number": Field(
        names=("主订单编号", "订单编号"), kind=Kind.KEY, required=True, coded=True, never_round=True
    ),
    "line": Field(names=("子订单编号",), kind=Kind.KEY, never_round=True),
    "product": Field(names=("标题", "商品标题"), kind=Kind.TEXT),
    "code": Field(names=("商家编码", "外部系统编号"), kind=Kind.TEXT),
    "options": Field(names=("商品属性",), kind=Kind.TEXT),
    "price": Field(names=("价格", "商品价格"), kind=Kind.PRICE, required=True),
    "quantity": Field(names=("购买数量",), kind=Kind.COUNT, required=True),
    "state": Field(names=("订单状态",), kind=Kind.STATE, states=STATES),
    "paid": Field(names=("买家实际支付金额", "买家实付金额"), kind=Kind.AMOUNT),
    "refunded": Field(names=("退款金额",), kind=Kind.AMOUNT),
    "placed_at": _instant("订单创建时间"),
    "paid_at": _instant("订单付款时间"),
}
"""Item report: generations I1 (2012) to I3 (2026)."""

REFUND: Final[Mapping[str, Field]] = {
    "refund": Field(names=("退款编号",), kind=Kind.KEY, required=True, never_round=True),
    "number": Field(names=("订单编号",), kind=Kind.KEY, required=True, never_round=True),
    "amount": Field(names=("买家退款金额",), kind=Kind.AMOUNT, required=True),
    "status": Field(names=("退款状态",), kind=Kind.TEXT),
    "settled_at": _instant("退款完结时间"),
    "asked_at": _instant("退款的申请时间"),
    "reason": Field(names=("买家退款原因",), kind=Kind.TEXT),
    "product": Field(names=("宝贝标题",), kind=Kind.TEXT),
    "paid_at": _instant("订单付款时间"),
}
"""Refund report: generations R1 (2018) and R2 (2025)."""
