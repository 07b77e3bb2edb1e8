"""Who says what about her parcel: the truth that review files are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.tables import ReviewTable
from retailcrm.domain.orders import OrderState
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.simulate.baskets import MOST_LINES
from retailcrm.simulate.foods import FOODS
from retailcrm.simulate.randomness import Choice, Stream, below
from retailcrm.simulate.shop import chunks
from retailcrm.simulate.tables.parcels import happenings
from retailcrm.simulate.words import REVIEWS, SECOND_REVIEWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.progress import Instants
    from retailcrm.simulate.randomness import Ints, Keys
    from retailcrm.simulate.shop import SimulatedShop

FULL_MARKS: Final = 5
REVIEWED_PERCENT: Final = 40
"""How many of 100 completed orders are reviewed."""

FAST, LATE = np.timedelta64(3 * 24, "h"), np.timedelta64(6 * 24, "h")
"""A parcel is fast if it is signed for within so long of payment, and late from so long on."""

STAR_WEIGHTS: Final = ((1, 1, 3, 15, 80), (2, 2, 6, 22, 68), (14, 10, 18, 25, 33))
"""How many of 100 give one to five stars: after a fast parcel, a usual one, a late one."""

_OTHER_LINES_PERCENT: Final = 50
_NO_TEXT_PERCENT: Final = 15
_SECOND_PERCENT: Final = 8
_SOONEST, _WITHIN = 600, 15 * 86_400
_SECOND_DAYS: Final = (3, 40)
_TEXTS: Final = tuple(text for texts in REVIEWS.values() for text in texts)


@attrs.frozen(eq=False, kw_only=True)
class Reviews:
    """Reviews of some orders, one row each.

    Attributes:
        order: Position in the shop's orders; ``int64``, shape ``(n_reviews,)``.
        key: What further draws about a review start from.
        product: Position in :data:`FOODS`.
        stars: 1 to 5; ``int64``.
        text: Position in what :func:`review_texts` lists, -1 for a review without words.
        at: When it was written, UTC.
        second: Position in ``words.SECOND_REVIEWS``, -1 for none.
        second_at: When the second review was written; NaT for none.
    """

    order: Ints
    key: Keys
    product: Ints
    stars: Ints
    text: Ints
    at: Instants
    second: Ints
    second_at: Instants


def review_texts() -> tuple[str, ...]:
    """List what first reviews say."""
    return _TEXTS


def reviews_of(shop: SimulatedShop, rows: NDArray[np.int64], moment: np.datetime64) -> Reviews:
    """Say how some orders were reviewed by a moment; only completed ones are.

    Args:
        shop: The shop.
        rows: Orders to look through; ``int64``.
        moment: UTC, exclusive, at most the end of the window.

    Returns:
        The reviews, order by order.
    """
    rows = _reviewed(shop, rows)
    product = shop.baskets(rows).product[:, :MOST_LINES]
    place, line, key = _lines(shop, rows, product)
    stars = _stars(shop, rows)[place]
    received = shop.received_at[rows][place]
    soon = shop.draws.of(Stream.REVIEW_TIME, key)
    # The product of two even draws: most write soon.
    wait = below(soon, _WITHIN) * below(soon, 1000, low=True) // 1000
    at = received + (_SOONEST + wait).astype("timedelta64[s]")
    second, second_at = _second(shop, key, at, moment)
    known = at < moment
    columns = {
        "order": rows[place], "key": key, "product": product[place, line], "stars": stars,
        "text": _text(shop, key, stars), "at": at, "second": second, "second_at": second_at,
    }  # fmt: skip
    return Reviews(**{name: column[known] for name, column in columns.items()})


def _reviewed(shop: SimulatedShop, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pick the completed orders that are reviewed."""
    chosen = below(shop.draws.of(Stream.REVIEWED, shop.key[rows]), 100) < REVIEWED_PERCENT
    picked: NDArray[np.int64] = rows[chosen & (shop.state[rows] == OrderState.COMPLETED)]
    return picked


def _lines(shop: SimulatedShop, rows: NDArray[np.int64], product: Ints) -> tuple[Ints, Ints, Keys]:
    """Pick the lines that are reviewed, each product of an order once: the first, and half of the others."""
    own: Keys = shop.key[rows]
    key: Keys = np.stack([own + np.uint64(line) for line in range(MOST_LINES)], axis=1)
    draws = shop.draws.of(Stream.REVIEWED, key.ravel()).reshape(key.shape)
    chosen = (product >= 0) & (below(draws, 100, low=True) < _OTHER_LINES_PERCENT)
    chosen[:, 0] = True
    for later in range(1, MOST_LINES):
        chosen[:, later] &= (product[:, :later] != product[:, later, None]).all(axis=1)
    place, line = np.nonzero(chosen)
    return place, line, key[place, line]


def _stars(shop: SimulatedShop, rows: NDArray[np.int64]) -> Ints:
    """Give the stars of each order, by how long its parcel took; two fewer where something was wrong."""
    signed = happenings(shop, rows, shop.as_of)[:, ParcelEvent.SIGNED]
    took = signed - shop.paid_at[rows]
    bits = shop.draws.of(Stream.SCORE, shop.key[rows])
    by_speed = [Choice.of(weights).pick(bits) for weights in STAR_WEIGHTS]
    stars = 1 + np.select([took < FAST, took < LATE], by_speed[:2], by_speed[2])
    return np.where(shop.refunded[rows] > 0, np.maximum(stars - 2, 1), stars).astype(np.int64)


def _text(shop: SimulatedShop, key: Keys, stars: Ints) -> Ints:
    """Choose what a review says: 好评 from four stars, 中评 with three, 差评 below."""
    bits = shop.draws.of(Stream.REVIEW_TEXT, key)
    sizes = [len(texts) for texts in REVIEWS.values()]
    group = np.select([stars < 3, stars == 3], [0, 1], 2)  # noqa: PLR2004 - stars
    start, size = np.cumsum([0, *sizes])[group], np.array(sizes)[group]
    silent = below(bits, 100, low=True) < _NO_TEXT_PERCENT
    return np.where(silent, -1, start + below(bits, size))


def _second(shop: SimulatedShop, key: Keys, at: Instants, moment: np.datetime64) -> tuple[Ints, Instants]:
    """Choose second reviews, and when."""
    bits = shop.draws.of(Stream.SECOND_REVIEW, key)
    least, most = _SECOND_DAYS
    wait = (least * 86_400 + below(bits, (most - least) * 86_400, low=True)).astype("timedelta64[s]")
    percent = below(bits, 100 * len(SECOND_REVIEWS))
    there = (percent < _SECOND_PERCENT * len(SECOND_REVIEWS)) & (at + wait < moment)
    when: Instants = np.where(there, at + wait, np.datetime64("NaT", "us"))
    return np.where(there, percent % len(SECOND_REVIEWS), -1), when


def review_table(shop: SimulatedShop) -> ReviewTable:
    """Give the truth about reviews at the end of the window.

    Args:
        shop: The shop.

    Returns:
        Reviews in the order of their orders; products by title.

    Example:
        >>> from retailcrm.simulate import ShopSpec, review_table, simulate_shop
        >>> reviews = review_table(simulate_shop(ShopSpec(seed=7, customers=100)))
        >>> sorted(set(reviews.score.tolist()))
        [20, 40, 60, 80, 100]
    """
    parts = [reviews_of(shop, rows, shop.as_of) for rows in chunks(np.arange(len(shop)))]
    order = np.concatenate([part.order for part in parts])
    second_at = np.concatenate([part.second_at for part in parts])
    product = np.concatenate([part.product for part in parts]).astype(np.int32)
    return ReviewTable(
        at=np.concatenate([part.at for part in parts]),
        score=np.concatenate([part.stars for part in parts]) * 100 // FULL_MARKS,
        order=order.astype(np.int32),
        customer=shop.customer[order],
        product=Coded(product, Texts.of(food.title for food in FOODS)),
        second_at=second_at,
        has_text=np.concatenate([part.text for part in parts]) >= 0,
        has_second=~np.isnat(second_at),
    )
