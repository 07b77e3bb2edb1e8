"""Reviews: of completed orders only, worse after late parcels."""

from collections import Counter

import numpy as np
import pytest

from retailcrm.domain.orders import OrderState
from retailcrm.simulate import ShopSpec, review_table, simulate_shop


@pytest.fixture(scope="module")
def shop():
    """A shop of some 20,000 orders."""
    return simulate_shop(ShopSpec.of_orders(9, 20_000))


@pytest.fixture(scope="module")
def reviews(shop):
    """What is said of its parcels."""
    return review_table(shop)


def test_only_completed_orders_are_reviewed(shop, reviews):
    """After receipt was confirmed, within fifteen days, before the end of the window."""
    assert (shop.state[reviews.order] == OrderState.COMPLETED).all()
    waited = reviews.at - shop.received_at[reviews.order]
    assert (waited > np.timedelta64(0)).all()
    assert (waited <= np.timedelta64(15 * 86_400 + 600, "s")).all()
    assert (reviews.at < shop.as_of).all()
    assert np.array_equal(reviews.customer, shop.customer[reviews.order])


def test_two_orders_in_five_are_reviewed(shop, reviews):
    """Forty percent of the orders completed a month before the end (five sigma of 18,000: 1.8 %)."""
    settled = shop.received_at < shop.as_of - np.timedelta64(30, "D")
    reviewed = np.zeros(len(shop), bool)
    reviewed[reviews.order] = True
    done = settled & (shop.state == OrderState.COMPLETED)
    assert abs(reviewed[done].mean() - 0.4) < 0.018


def test_each_product_of_an_order_is_reviewed_once_at_most(shop, reviews):
    """Products are those of the order, gifts have no review."""
    lines = shop.line_table()
    sent = set(zip(lines.order.tolist(), lines.product.tolist(), strict=True))
    said = list(zip(reviews.order.tolist(), reviews.product.tolist(), strict=True))
    assert len(set(said)) == len(said)
    assert set(said) <= sent
    assert not any(product.startswith("赠品") for _, product in said)
    several = Counter(reviews.order.tolist())
    assert set(several.values()) == {1, 2, 3, 4}


def test_late_parcels_bring_worse_reviews(shop, reviews):
    """Four and five stars: 95 of 100 within three days, 90 up to six, 58 later; five sigma, no refund."""
    orders = shop.order_table()
    days = ((orders.received_at - orders.paid_at) / np.timedelta64(1, "D"))[reviews.order]
    whole = shop.refunded[reviews.order] == 0
    for low, high, good in ((0, 3, 0.95), (3, 6, 0.90), (6, 99, 0.58)):
        chosen = whole & (days >= low) & (days < high)
        # One draw an order decides for all of its lines: count orders.
        scores = dict(zip(reviews.order[chosen].tolist(), reviews.score[chosen].tolist(), strict=True))
        share = np.mean([score >= 80 for score in scores.values()])
        assert abs(share - good) < 5 * (good * (1 - good) / len(scores)) ** 0.5
    assert set(reviews.score.tolist()) == {20, 40, 60, 80, 100}


def test_refunds_bring_worse_reviews(shop, reviews):
    """Whoever got money back gives two stars fewer: never five."""
    refunded = shop.refunded[reviews.order] > 0
    assert refunded.sum() > 50
    assert reviews.score[refunded].max() == 60


def test_some_say_nothing_and_some_write_twice(shop, reviews):
    """Fifteen percent without words, eight with a second review later on (five sigma)."""
    assert abs((~reviews.has_text).mean() - 0.15) < 5 * (0.15 * 0.85 / len(reviews)) ** 0.5
    early = reviews.at < shop.as_of - np.timedelta64(40, "D")
    spread = 5 * (0.08 * 0.92 / early.sum()) ** 0.5
    assert abs(reviews.has_second[early].mean() - 0.08) < spread
    later = reviews.second_at[reviews.has_second]
    assert (later - reviews.at[reviews.has_second] >= np.timedelta64(3, "D")).all()
    assert (later < shop.as_of).all()
    assert np.isnat(reviews.second_at[~reviews.has_second]).all()
