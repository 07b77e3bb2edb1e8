"""Header rows of the Taobao reports, in their order, trailing blanks included."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Generation(StrEnum):
    """Generations of the order report (订单报表) that can be written."""

    T5 = "T5"
    """2019-20, 61 columns, plain nicks."""
    T6 = "T6"
    """2020-21, 67 columns, masked nicks."""
    T7 = "T7"
    """2022, 71 columns, masked nicks, virtual phone numbers."""

    @property
    def masked(self) -> bool:
        """Whether nicks, names, phones and addresses are masked."""
        return self is not Generation.T5


_HEAD: Final = "订单编号,买家会员名"
_PAYMENT: Final = (
    "支付单号,支付详情,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,"
    "订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机"
)
_MIDDLE: Final = (
    "订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,"
    "订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,特权订金订单id,是否上传合同照片,"
    "是否上传小票,是否代付,定金排名,修改后的sku,修改后的收货地址,异常信息,天猫卡券抵扣,集分宝抵扣,是否是O2O交易"
)
_STORES: Final = (
    "新零售交易类型,新零售导购门店名称,新零售导购门店id,新零售发货门店名称,新零售发货门店id,退款金额,预约门店,"
    "确认收货时间,打款商家金额,含应开票给个人的个人红包,是否信用购,体验期结束时间,前N有礼,配送类型"
)
_CASHBACK: Final = "直播返现状态,返现金额"
_DEALERS: Final = "新零售成交门店昵称,新零售成交门店id,新零售成交经销商id"


def _columns(*runs: str) -> tuple[str, ...]:
    """Split runs of names."""
    return tuple(",".join(runs).split(","))


ORDER_REPORT: Final = {
    Generation.T5: _columns(_HEAD, "买家支付宝账号", _PAYMENT, _MIDDLE, _STORES, "主订单编号"),
    Generation.T6: _columns(
        *(_HEAD, "买家支付宝账号", _PAYMENT, _MIDDLE, "满返红包金额", _STORES),
        *(_CASHBACK, _DEALERS, "主订单编号"),
    ),
    Generation.T7: _columns(
        *(_HEAD, "买家会员昵称", _PAYMENT, "虚拟号过期时间", _MIDDLE, _STORES, _CASHBACK),
        *("延迟发货自动赔付金额", _DEALERS, "预售订单,发货时间,商家备忘,主订单编号"),
    ),
}

_ITEM: Final = "标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码"

ITEM_REPORT_I1: Final = _columns("订单编号", _ITEM)
"""宝贝报表 of 2012-20."""

ITEM_REPORT_I2: Final = _columns(
    "子订单编号,主订单编号",
    _ITEM,
    "支付单号,买家应付货款,买家实际支付金额,退款状态,退款金额,订单创建时间,订单付款时间",
)
"""宝贝报表 of 2021-23."""

REFUND_REPORT_R1: Final = _columns(
    "退款编号,订单编号,支付宝交易号,订单付款时间,商品编码,退款完结时间,买家会员名称,买家实际支付金额,宝贝标题,"
    "买家退款金额,手工退款/系统退款,是否需要退货,退款的申请时间,超时时间,退款状态,货物状态,退货物流信息,"
    "发货物流信息,客服介入状态,卖家真实姓名,卖家退货地址,卖家邮编,卖家电话,卖家手机,退货物流单号,退货物流公司,"
    "买家退款原因,买家退款说明,买家退货时间,责任方,售中或售后,商家备注,完结时间,部分退款/全部退款,审核操作人,"
    "举证超时,是否零秒响应,退款操作人,退款原因标签"
)
"""退款报表 of 2018-20."""

BUYERS: Final = ("订单编号", "买家会员名")
"""The buyers file, which is the shop's own and not the platform's."""
