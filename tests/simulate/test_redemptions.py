"""Redemptions: believable, never more than a customer has, the same for the same seed."""

import csv
import io
from collections import Counter, defaultdict

import numpy as np
import pytest

from retailcrm.simulate import GIFTS, CustomerMix, ShopSpec, redemptions_of, simulate_shop
from retailcrm.simulate.exports.redemptions import COLUMNS, redemption_list
from retailcrm.simulate.exports.views import View, calendar_of

DAYS_150 = np.timedelta64(150 * 86_400, "s")


@pytest.fixture(scope="module")
def shop():
    """A shop of some 20,000 orders."""
    return simulate_shop(ShopSpec.of_orders(9, 20_000))


@pytest.fixture(scope="module")
def spent(shop):
    """What its customers spend."""
    return redemptions_of(shop)


def test_points_are_spent_with_orders_that_stand(shop, spent):
    """At the payment of an order that was not given back, by its buyer, earliest first."""
    assert np.array_equal(spent.customer, shop.customer[spent.order])
    assert np.array_equal(spent.at, shop.paid_at[spent.order])
    assert (shop.refunded[spent.order] == 0).all()
    assert (np.diff(spent.at) >= np.timedelta64(0)).all()
    assert (spent.at < shop.as_of).all()


def test_nobody_spends_more_than_she_surely_has(shop, spent):
    """Order by order: points of received, kept orders of 150 days, a point a yuan, less those spent since."""
    rows, history = defaultdict(list), defaultdict(list)
    for row, customer in enumerate(shop.customer.tolist()):
        rows[customer].append(row)
    for row, customer, points, at in zip(
        spent.order.tolist(), spent.customer.tolist(), spent.points.tolist(), spent.at, strict=True
    ):
        assert row in rows[customer]
        earned = sum(
            int(shop.total[one]) // 100
            for one in rows[customer]
            if at - DAYS_150 <= shop.received_at[one] < at and shop.refunded[one] == 0
        )
        gone = sum(many for when, many in history[customer] if when >= at - DAYS_150)
        assert points <= earned - gone
        history[customer].append((at, points))


def test_points_go_in_hundreds_or_for_a_gift(spent):
    """Money off goes in hundreds; a gift costs its price."""
    prices = np.array([price for _, price in GIFTS])
    off = spent.gift < 0
    assert (spent.points[off] % 100 == 0).all()
    assert (spent.points >= 100).all()
    assert np.array_equal(spent.points[~off], prices[spent.gift[~off]])
    assert set(np.unique(spent.gift)) == {-1, 0, 1, 2}


def test_few_customers_redeem_again_and_again(shop, spent):
    """An eighth know of points at most; who does comes back."""
    often = Counter(spent.customer.tolist())
    assert 0.005 < len(often) / shop.customers < 0.12
    assert max(often.values()) > 2


def test_the_same_seed_redeems_the_same(spent):
    """Nothing depends on the run."""
    again = redemptions_of(simulate_shop(ShopSpec.of_orders(9, 20_000)))
    for name in ("order", "points", "gift", "at"):
        assert np.array_equal(getattr(again, name), getattr(spent, name))


def test_who_orders_once_redeems_nothing():
    """Nobody has points before her first order."""
    once = CustomerMix(one_timers=1000, regulars=0, lapsed=0, big_spenders=0)
    assert len(redemptions_of(simulate_shop(ShopSpec(seed=1, customers=200, mix=once)))) == 0


def test_the_file_tells_the_truth(shop, spent):
    """One row a redemption: nick, order number, what for, points, and the shop's own time; ids differ."""
    view = View(shop, np.arange(len(shop)), shop.as_of, calendar_of(shop))
    raw = b"".join(bytes(page) for page in redemption_list(view))
    assert raw.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True))
    assert tuple(rows[0]) == COLUMNS
    assert len({row["流水号"] for row in rows}) == len(rows) == len(spent)
    nicks, numbers = shop.nicks().tolist(), shop.numbers().tolist()
    columns = [column.tolist() for column in (spent.order, spent.customer, spent.points, spent.gift)]
    for row, order, customer, points, gift, at in zip(rows, *columns, spent.at, strict=True):
        assert row["买家会员名"] == nicks[customer]
        assert row["订单编号"] == numbers[order]
        assert int(row["积分"]) == points
        assert row["兑换内容"] == ("订单抵扣" if gift < 0 else GIFTS[gift][0])
        assert np.datetime64(row["时间"].replace(" ", "T"), "us") - np.timedelta64(8, "h") == at
