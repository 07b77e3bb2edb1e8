"""宝贝报表: one row an order line, gifts included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.simulate.baskets import prices
from retailcrm.simulate.exports import phrases
from retailcrm.simulate.exports.headers import ITEM_REPORT_I1, ITEM_REPORT_I2
from retailcrm.simulate.exports.orders import remarks
from retailcrm.simulate.exports.sheet import ENCODING, body, header
from retailcrm.simulate.foods import FOODS
from retailcrm.simulate.numbering import NUMBER_WIDTH
from retailcrm.simulate.pages import money, number
from retailcrm.simulate.randomness import Stream
from retailcrm.simulate.shop import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.simulate.baskets import Ints
    from retailcrm.simulate.exports.views import View
    from retailcrm.simulate.pages import Cells, Part

_PAGE: Final = 1 << 13
_REFUND_STATES: Final = ("没有申请退款", "退款成功")
_NULL_ODDS: Final = 12


def item_report(view: View, *, detailed: bool) -> Iterator[bytes | bytearray]:
    """Write an item report page by page.

    Args:
        view: Orders to write, earliest first; they are written newest first.
        detailed: The later form with sub-orders and amounts, instead of the early ten columns.

    Yields:
        Bytes: the header, then rows.
    """
    names = ITEM_REPORT_I2 if detailed else ITEM_REPORT_I1
    yield header(names)
    for positions in chunks(np.arange(len(view))[::-1], _PAGE):
        orders = view.take(positions)
        row, place = np.nonzero(orders.baskets.quantity)
        lines = orders.take(row)
        columns = _shared(orders, lines, row, place)
        if detailed:
            columns |= _detailed(orders, lines, row, place)
        yield body(names, columns, len(row))


def _shared(orders: View, lines: View, row: Ints, place: Ints) -> dict[str, list[Part]]:
    """Lay out what both forms have."""
    product, quantity = orders.baskets.product[row, place], orders.baskets.quantity[row, place]
    code = phrases.pool((*(food.code for food in FOODS), "null"), ENCODING)
    unknown = lines.chance(Stream.DOCUMENT, _NULL_ODDS) == 0
    properties = phrases.pool(tuple(food.properties for food in FOODS), ENCODING)
    return {
        "订单编号": [lines.number()],
        "标题": [phrases.title(product, ENCODING)],
        "价格": [money(prices()[product])],
        "购买数量": [number(quantity, 2)],
        "外部系统编号": [code[np.where(unknown, -1, product)]],
        "商家编码": [code[product]],
        "商品属性": [properties[product]],
        "备注": [remarks(lines)],
        "订单状态": [phrases.states(lines.state, ENCODING)],
    }


def _detailed(orders: View, lines: View, row: Ints, place: Ints) -> dict[str, list[Part]]:
    """Lay out sub-orders and their share of the money."""
    due, refund = orders.baskets.line_due[row, place], line_refunds(orders)[row, place]
    paid = np.where(lines.is_paid, np.maximum(due - refund, 0), 0)
    several = np.count_nonzero(orders.baskets.quantity, axis=1)[row] > 1
    # An order of one line is its own sub-order.
    sub_order = lines.numbers + np.where(several, place + 1, 0)
    states = phrases.pool(_REFUND_STATES, ENCODING)
    return {
        "子订单编号": [number(sub_order, NUMBER_WIDTH)],
        "主订单编号": [lines.number()],
        "支付单号": lines.payment_number(),
        "买家应付货款": [money(due)],
        "买家实际支付金额": [money(paid)],
        "退款状态": [states[(refund > 0).astype(np.int64)]],
        "退款金额": [_refund_cells(refund)],
        "订单创建时间": [lines.stamp(lines.known.placed_at)],
        "订单付款时间": [lines.stamp(lines.known.paid_at)],
    }


def line_refunds(orders: View) -> Ints:
    """Spread refunds over lines: a partial one on the first line, a full one on all; postage on the first."""
    refund, due = orders.known.refund, orders.baskets.line_due
    full = refund == orders.total
    lines = np.where(full[:, None], due, 0)
    lines[:, 0] += refund - lines.sum(axis=1)
    return lines


def _refund_cells(refund: Ints) -> Cells:
    """Spell refunds; none is said in words."""
    text = phrases.pool(("无退款申请", ""), ENCODING)[(refund > 0).astype(np.int64)]
    amounts = money(refund)
    amounts[refund == 0] = 0
    return np.concatenate((text, amounts), axis=1)
