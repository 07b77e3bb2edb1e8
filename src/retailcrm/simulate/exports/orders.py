"""订单报表: one row an order, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.domain.orders import OrderState
from retailcrm.simulate import words
from retailcrm.simulate.exports import phrases
from retailcrm.simulate.exports.headers import ORDER_REPORT, Generation
from retailcrm.simulate.exports.sheet import ENCODING, body, header
from retailcrm.simulate.foods import SHOP_NAME
from retailcrm.simulate.pages import digits, money, number
from retailcrm.simulate.parcels import carriers_of, serials_of
from retailcrm.simulate.randomness import Stream, below
from retailcrm.simulate.shop import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.simulate.baskets import Ints
    from retailcrm.simulate.exports.views import View
    from retailcrm.simulate.pages import Cells, Part

_PAGE: Final = 1 << 13
_REMARK_ODDS: Final = 30
_NOTE_ODDS: Final = 12
_VIRTUAL_DAYS: Final = np.timedelta64(30 * 24, "h")
_NO_REFUND: Final = "无退款申请".encode(ENCODING)

_CONSTANTS: Final = {
    "买家支付积分": "0",
    "返点积分": "0",
    "买家实际支付积分": "0",
    "运送方式": "快递",
    "店铺Id": "0",
    "店铺名称": SHOP_NAME,
    "卖家服务费": "0.00元",
    "买家服务费": "0元",
    "发票抬头": "null",
    "是否上传合同照片": "否",
    "是否上传小票": "否",
    "是否代付": "否",
    "天猫卡券抵扣": "0",
    "集分宝抵扣": "0",
    "是否是O2O交易": "否",
    "含应开票给个人的个人红包": "0.00元",
    "是否信用购": "否",
    "前N有礼": "null",
    "满返红包金额": "0.00",
    "返现金额": "0.00",
    "延迟发货自动赔付金额": "0.00",
    "预售订单": "否",
}


def order_report(view: View, generation: Generation) -> Iterator[bytes | bytearray]:
    """Write an order report page by page.

    Args:
        view: Orders to write, earliest first; they are written newest first.
        generation: Which header, and whether personal data are masked.

    Yields:
        Bytes: the header, then rows.
    """
    names = ORDER_REPORT[generation]
    yield header(names)
    for positions in chunks(np.arange(len(view))[::-1], _PAGE):
        part = view.take(positions)
        yield body(names, _columns(part, generation), len(part))


def _columns(view: View, generation: Generation) -> dict[str, list[Part]]:
    """Lay out the columns that are not empty."""
    columns: dict[str, list[Part]] = {name: [text.encode(ENCODING)] for name, text in _CONSTANTS.items()}
    return (
        columns
        | _of_order(view)
        | _of_buyer(view, generation)
        | _of_goods(view)
        | _of_money(view, generation)
    )


def _of_order(view: View) -> dict[str, list[Part]]:
    """Number, state and times."""
    remark: list[Part] = [remarks(view)]
    return {
        "订单编号": [view.number()],
        "主订单编号": [view.number()],
        "支付单号": view.payment_number(),
        "订单状态": [phrases.states(view.state, ENCODING)],
        "订单关闭原因": [_close_reasons(view)],
        "订单创建时间": [view.stamp(view.known.placed_at)],
        "订单付款时间": [view.stamp(view.known.paid_at)],
        "发货时间": [view.stamp(view.known.shipped_at)],
        "确认收货时间": [view.stamp(view.known.received_at)],
        "是否手机订单": [phrases.pool(("", "手机订单"), ENCODING)[view.channel]],
        "订单备注": remark,
        "商家备忘": remark,
    }


def _of_buyer(view: View, generation: Generation) -> dict[str, list[Part]]:
    """Nick, name, phone and address, plain or masked."""
    draws, customer, masked = view.draws, view.customer, generation.masked
    nick = (phrases.masked_nick if masked else phrases.nick)(draws, customer, ENCODING)
    mobile = phrases.phone(draws, customer, masked=masked)
    phone: list[Part] = [b"'", *mobile]
    if generation is Generation.T7:
        phone += [b"-", digits(view.chance(Stream.DOCUMENT, 10_000), 4)]
    return {
        "买家会员名": nick,
        "买家会员昵称": nick,
        "买家支付宝账号": mobile,
        "买家留言": [phrases.sparse(words.MESSAGES, view.chance(Stream.NOTE, _note_outcomes()), ENCODING)],
        "收货人姓名": phrases.name(draws, customer, ENCODING, masked=masked),
        "收货地址": phrases.address(draws, customer, ENCODING, masked=masked),
        "联系手机": phone,
        "虚拟号过期时间": [view.stamp(view.known.placed_at + _VIRTUAL_DAYS)],
    }


def _note_outcomes() -> int:
    """One order in twelve has a message."""
    return len(words.MESSAGES) * _NOTE_ODDS


def _of_goods(view: View) -> dict[str, list[Part]]:
    """Titles, pieces and parcel."""
    baskets = view.baskets
    kinds, pieces = np.count_nonzero(baskets.quantity, axis=1), baskets.quantity.sum(axis=1)
    carrier = np.where(view.is_shipped, carriers_of(view.draws, view.key), -1)
    companies = phrases.pool((*(company for company, _ in words.CARRIERS), "null"), ENCODING)
    codes = phrases.pool((*(f"No:{code}" for _, code in words.CARRIERS), ""), ENCODING)
    serial = digits(serials_of(view.draws, view.key), 13)
    return {
        "宝贝标题": phrases.titles(baskets.product, ENCODING),
        "宝贝种类": [number(kinds, 1)],
        "宝贝总数量": [number(pieces, 3)],
        "物流公司": [companies[carrier]],
        "物流单号": [codes[carrier], np.where(view.is_shipped[:, None], serial, np.uint8(0))],
    }


def _of_money(view: View, generation: Generation) -> dict[str, list[Part]]:
    """Amounts; what was paid is already net of refunds, as in the real reports."""
    baskets = view.baskets
    return {
        "买家应付货款": [money(baskets.goods - baskets.discount)],
        "买家应付邮费": [money(baskets.postage)],
        "总金额": [money(view.total)],
        "买家实际支付金额": [money(view.paid)],
        "退款金额": [_refunds(view, generation)],
        "打款商家金额": [money(view.settled), "元".encode(ENCODING)],
    }


def _refunds(view: View, generation: Generation) -> Cells:
    """Spell 退款金额; some rows of the later reports say in words that there is none."""
    cells = np.zeros((len(view), len(_NO_REFUND)), np.uint8)
    amounts = money(view.known.refund)
    cells[:, : amounts.shape[1]] = amounts
    in_words = generation.masked & (view.known.refund == 0) & (view.chance(Stream.NUMBER, 10) == 0)
    cells[in_words] = np.frombuffer(_NO_REFUND, np.uint8)
    return cells


def _close_reasons(view: View) -> Cells:
    """Spell 订单关闭原因."""
    reasons = (*words.CLOSE_REASONS, phrases.REFUND_CLOSED, phrases.NOT_CLOSED)
    chosen = view.chance(Stream.DOCUMENT, len(words.CLOSE_REASONS))
    refund, not_closed = len(reasons) - 2, len(reasons) - 1
    ends = [view.state == OrderState.CLOSED, view.state == OrderState.REFUNDED]
    position: Ints = np.select(ends, [chosen, np.int64(refund)], np.int64(not_closed))
    return phrases.pool(reasons, ENCODING)[position]


def remarks(view: View) -> Cells:
    """Spell 订单备注: the seller's, on one order in thirty."""
    outcomes = len(words.REMARKS) * _REMARK_ODDS
    chosen = below(view.draws.of(Stream.NOTE, view.key), outcomes, low=True)
    return phrases.sparse(words.REMARKS, chosen, ENCODING)
