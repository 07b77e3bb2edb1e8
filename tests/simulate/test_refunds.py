"""Refunds: asked for between the last step of the order and the settlement, for a reason that fits."""

from collections import Counter

import numpy as np
import pytest

from retailcrm.simulate import ShopSpec, refund_table, simulate_shop
from retailcrm.simulate.words import REFUND_REASONS


@pytest.fixture(scope="module")
def shop():
    """A shop with some hundred refunds."""
    return simulate_shop(ShopSpec(seed=7))


@pytest.fixture(scope="module")
def refunds(shop):
    """Its refunds."""
    return refund_table(shop)


def test_every_refund_is_there_once(shop, refunds):
    """Orders, amounts and times of settlement are those of the orders."""
    assert refunds.order.tolist() == np.flatnonzero(shop.refunded).tolist()
    assert refunds.amount.sum() == shop.refunded.sum()
    assert np.array_equal(refunds.settled_at, shop.refunded_at[refunds.order])


def test_a_refund_is_asked_for_after_the_last_step_and_before_it_is_paid(shop, refunds):
    """After payment, and after shipping where the parcel had left; in whole seconds."""
    shipped = shop.shipped_at[refunds.order]
    last = np.where(np.isnat(shipped), shop.paid_at[refunds.order], shipped)
    assert (last <= refunds.asked_at).all()
    assert (refunds.asked_at < refunds.settled_at).all()
    assert not (refunds.asked_at.astype(np.int64) % 1_000_000).any()


def test_reasons_fit(shop, refunds):
    """Nobody finds the goods broken before they left, and nobody mistakes an order after that."""
    left = ~np.isnat(shop.shipped_at[refunds.order])
    reasons = np.array(refunds.reason.tolist())
    before, after = Counter(reasons[~left].tolist()), Counter(reasons[left].tolist())
    assert set(before) == {"不喜欢/不想要", "拍错/多拍", "未按约定时间发货"}
    assert set(after) == {"商品破损/少件", "口味不合适", "不喜欢/不想要", "生产日期/保质期不符"}
    assert set(before) | set(after) == set(REFUND_REASONS)
    # 36 of 100 (five sigma of some 800: 8.5 %).
    assert abs(after["商品破损/少件"] / after.total() - 0.36) < 0.085
