"""评价列表: one row a review, with its second review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.simulate.exports import phrases
from retailcrm.simulate.exports.sheet import ENCODING, body, header
from retailcrm.simulate.pages import digits, number
from retailcrm.simulate.randomness import Stream
from retailcrm.simulate.shop import chunks
from retailcrm.simulate.tables.reviews import review_texts, reviews_of
from retailcrm.simulate.words import SECOND_REVIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.simulate.exports.views import View
    from retailcrm.simulate.pages import Part
    from retailcrm.simulate.tables.reviews import Reviews

COLUMNS: Final = (
    *("评价ID", "订单编号", "买家昵称", "宝贝标题", "评分"),
    *("初评内容", "评价时间", "追评内容", "追评时间"),
)
_PAGE: Final = 1 << 13
_SERIAL_WIDTH: Final = 17


def review_list(view: View) -> Iterator[bytes | bytearray]:
    """Write reviews page by page, in the order of their orders; nicks are masked, as buyers see them.

    Args:
        view: Orders to look through, earliest first.

    Yields:
        Bytes: the header, then rows.
    """
    yield header(COLUMNS)
    for positions in chunks(np.arange(len(view)), _PAGE):
        reviews = reviews_of(view.shop, view.rows[positions], view.moment)
        place = np.searchsorted(view.rows, reviews.order)
        yield body(COLUMNS, _columns(view.take(place), reviews), len(reviews.order))


def _columns(view: View, reviews: Reviews) -> dict[str, list[Part]]:
    """Lay out all columns."""
    serial = view.draws.of(Stream.REVIEW_NUMBER, reviews.key) % np.uint64(10**_SERIAL_WIDTH)
    texts = phrases.pool((*review_texts(), ""), ENCODING)
    seconds = phrases.pool((*SECOND_REVIEWS, ""), ENCODING)
    return {
        "评价ID": [b"1", digits(serial, _SERIAL_WIDTH)],
        "订单编号": [view.number()],
        "买家昵称": phrases.masked_nick(view.draws, view.customer, ENCODING),
        "宝贝标题": [phrases.title(reviews.product, ENCODING)],
        "评分": [number(reviews.stars, 1)],
        "初评内容": [texts[reviews.text]],
        "评价时间": [view.stamp(reviews.at)],
        "追评内容": [seconds[reviews.second]],
        "追评时间": [view.stamp(reviews.second_at)],
    }
