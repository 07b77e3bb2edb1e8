"""积分兑换: the shop's own record of points that were spent, one row each, with plain nicks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.simulate.exports import phrases
from retailcrm.simulate.pages import digits, number, squeeze
from retailcrm.simulate.randomness import Stream
from retailcrm.simulate.redemptions import GIFTS, redemptions_of
from retailcrm.simulate.shop import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from retailcrm.simulate.exports.views import View
    from retailcrm.simulate.redemptions import Redemptions

COLUMNS: Final = ("流水号", "买家会员名", "订单编号", "兑换内容", "积分", "时间")
MONEY_OFF: Final = "订单抵扣"
_PAGE: Final = 1 << 13
_SERIAL_WIDTH: Final = 8
_POINTS_WIDTH: Final = 9


def redemption_list(view: View) -> Iterator[bytes | bytearray]:
    """Write the redemptions page by page, earliest first: UTF-8 with a byte-order mark.

    Args:
        view: All of a shop's orders.

    Yields:
        Bytes: the header, then rows.
    """
    spent = redemptions_of(view.shop)
    yield b"\xef\xbb\xbf" + (",".join(COLUMNS) + "\r\n").encode()
    for rows in chunks(np.arange(len(spent)), _PAGE):
        yield _body(view.take(spent.order[rows]), spent, rows)


def _body(view: View, spent: Redemptions, rows: NDArray[np.int64]) -> bytearray:
    """Write some rows; nicks are quoted, for they may hold commas."""
    serial = view.draws.of(Stream.REDEMPTION, view.key) % np.uint64(10**_SERIAL_WIDTH)
    things = phrases.pool((*(name for name, _ in GIFTS), MONEY_OFF), "utf-8")
    nick = phrases.nick(view.draws, view.customer, "utf-8")
    return squeeze(
        [
            b"JF", number(rows + 1, _SERIAL_WIDTH), digits(serial, _SERIAL_WIDTH), b',"', *nick, b'",',
            view.number(), b",", things[spent.gift[rows]], b",",
            number(spent.points[rows], _POINTS_WIDTH), b",", view.stamp(spent.at[rows]), b"\r\n",
        ],
        len(rows),
    )  # fmt: skip
