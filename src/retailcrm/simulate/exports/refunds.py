"""退款报表: one row a refund, done or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.domain.orders import OrderState
from retailcrm.simulate import words
from retailcrm.simulate.exports import phrases
from retailcrm.simulate.exports.headers import REFUND_REPORT_R1
from retailcrm.simulate.exports.sheet import ENCODING, body, header
from retailcrm.simulate.foods import FOODS
from retailcrm.simulate.pages import digits, money
from retailcrm.simulate.randomness import Stream
from retailcrm.simulate.refunds import asked_at, reasons_of
from retailcrm.simulate.shop import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from retailcrm.simulate.exports.views import View
    from retailcrm.simulate.pages import Part

_PAGE: Final = 1 << 13
_REFUSED_ODDS: Final = 80
_SERIAL_WIDTH: Final = 17
_CONSTANTS: Final = {
    "手工退款/系统退款": "手工退款",
    "客服介入状态": "客服未介入",
    "责任方": "null",
    "举证超时": "否",
    "是否零秒响应": "否",
    "退款操作人": "null",
}


def refund_report(view: View, *, masked: bool = False) -> Iterator[bytes | bytearray]:
    """Write a refund report page by page.

    Args:
        view: Orders to look through, earliest first; refunds are written newest order first.
        masked: Whether the nicks of buyers are masked.

    Yields:
        Bytes: the header, then one row for each refund done, and some that were refused.
    """
    yield header(REFUND_REPORT_R1)
    for positions in chunks(np.arange(len(view))[::-1], _PAGE):
        orders = view.take(positions)
        refused = _refused(orders)
        part = orders.take(np.flatnonzero((orders.known.refund > 0) | refused))
        yield body(REFUND_REPORT_R1, _columns(part, masked=masked), len(part))


def _refused(view: View) -> NDArray[np.bool_]:
    """Mark completed orders of which a refund was asked in vain; no money moved."""
    completed = (view.state == OrderState.COMPLETED) & (view.known.refund == 0)
    refused: NDArray[np.bool_] = completed & (view.chance(Stream.REFUND_REPORT, _REFUSED_ODDS) == 0)
    return refused


def _columns(view: View, *, masked: bool) -> dict[str, list[Part]]:
    """Lay out the columns that are not empty."""
    constants: dict[str, list[Part]] = {n: [text.encode(ENCODING)] for n, text in _CONSTANTS.items()}
    first = view.baskets.product[:, 0]
    nick = phrases.masked_nick if masked else phrases.nick
    reason = reasons_of(view.draws, view.key, view.is_shipped)
    order: dict[str, list[Part]] = {
        "订单编号": [view.number()],
        "支付宝交易号": view.payment_number(),
        "订单付款时间": [view.stamp(view.known.paid_at)],
        "商品编码": [phrases.pool(tuple(food.code for food in FOODS), ENCODING)[first]],
        "买家会员名称": nick(view.draws, view.customer, ENCODING),
        "买家实际支付金额": [money(view.total)],
        "宝贝标题": [phrases.title(first, ENCODING)],
        "买家退款原因": [phrases.pool(words.REFUND_REASONS, ENCODING)[reason]],
    }
    return constants | order | _of_refund(view)


def _of_refund(view: View) -> dict[str, list[Part]]:
    """What was asked, when, and what came of it."""
    known, refused = view.known, view.known.refund == 0
    asked = np.where(refused, view.total, known.refund)
    settled = np.where(refused, known.received_at, known.refunded_at)
    full, has_goods = asked == view.total, ~np.isnat(known.received_at)
    serial = view.draws.of(Stream.REFUND_REPORT, view.key) % np.uint64(10**_SERIAL_WIDTH)
    return {
        "退款编号": [b"1", digits(serial, _SERIAL_WIDTH)],
        "退款的申请时间": [view.stamp(asked_at(view.draws, view.key, known, settled))],
        "退款完结时间": [view.stamp(settled)],
        "完结时间": [view.stamp(settled)],
        "买家退款金额": [money(asked)],
        "退款状态": _either(refused, "退款关闭", "退款成功"),
        "是否需要退货": _either(full & view.is_shipped, "需要退货", "不需要退货"),
        "货物状态": _either(has_goods, "买家已收到货", "买家未收到货"),
        "售中或售后": _either(has_goods, "售后", "售中"),
        "部分退款/全部退款": _either(full, "全部退款", "部分退款"),
    }


def _either(flag: NDArray[np.bool_], yes: str, no: str) -> list[Part]:
    """Spell a flag."""
    return [phrases.pool((no, yes), ENCODING)[flag.astype(np.int64)]]
