"""The simulated shop as a whole: determinism, laws of money and time, and its believable shape."""

import hashlib
import subprocess
import sys
from itertools import pairwise

import attrs
import numpy as np
import pytest

from retailcrm.domain.orders import OrderState
from retailcrm.simulate import FOODS, ShopSpec, simulate_shop
from retailcrm.simulate.progress import Progress, states_of

TINY = ShopSpec(seed=2023, customers=300)
TINY_DIGEST = "b0de86170393972748255e21c203cd6baa21e9b029277d386528d4cf7233c64f"
MOMENTS = ("placed_at", "paid_at", "shipped_at", "received_at", "refunded_at")


@pytest.fixture(scope="module")
def shop():
    """A shop of the demo's size."""
    return simulate_shop(ShopSpec(seed=7))


def digest(shop):
    """Fingerprint every column and every text."""
    columns = [v for v in attrs.asdict(shop, recurse=False).values() if isinstance(v, np.ndarray)]
    table = shop.line_table()
    columns += [table.order, table.product.codes, table.quantity, table.gross]
    columns += [shop.nicks().data, shop.numbers().data]
    return hashlib.sha256(b"".join(np.ascontiguousarray(c).tobytes() for c in columns)).hexdigest()


def local(instants):
    """Move UTC instants to the shop's clock."""
    return instants + np.timedelta64(8, "h")


def test_the_same_seed_gives_the_same_bytes():
    """Two runs agree, and both agree with the digest that was pinned when this was written."""
    assert digest(simulate_shop(TINY)) == digest(simulate_shop(TINY)) == TINY_DIGEST


def test_another_seed_gives_another_shop():
    """Only the seed differs."""
    assert digest(simulate_shop(attrs.evolve(TINY, seed=2024))) != TINY_DIGEST


def test_lines_postage_and_discount_make_the_total(shop):
    """For each order: sum of lines + postage - discount == total, and paid == total - refunded."""
    lines = shop.line_table()
    goods = [0] * len(shop)
    for order, amount in zip(lines.order.tolist(), lines.gross.tolist(), strict=True):
        goods[order] += amount
    assert shop.total.tolist() == [
        g + p - d for g, p, d in zip(goods, shop.postage.tolist(), shop.discount.tolist(), strict=True)
    ]
    has_paid = ~np.isnat(shop.paid_at)
    assert np.array_equal(shop.paid[has_paid], (shop.total - shop.refunded)[has_paid])
    assert not shop.paid[~has_paid].any()
    assert not shop.refunded[~has_paid].any()
    assert (shop.total > 0).all()
    assert ((shop.refunded >= 0) & (shop.refunded <= shop.total)).all()


def test_lines_are_priced_from_the_catalogue(shop):
    """One to four lines, price x quantity; a gift at 0 may come on top."""
    lines = shop.line_table()
    price = {food.title: food.price for food in FOODS}
    for title, quantity, amount in list(
        zip(lines.product.tolist(), lines.quantity.tolist(), lines.gross.tolist(), strict=True)
    )[:5000]:
        assert amount == price[title] * quantity
        assert quantity >= 1
    bought = lines.order[lines.gross > 0]
    assert set(np.bincount(bought).tolist()) == {1, 2, 3, 4}
    assert set(np.bincount(lines.order[lines.gross == 0]).tolist()) == {0, 1}


def test_the_shop_sells_about_sixty_foods(shop):
    """Sixty foods in ten categories and three gifts, all of them sold."""
    assert len(FOODS) == 63
    assert len({food.category for food in FOODS if food.price}) == 10
    assert len(set(shop.line_table().product.codes.tolist())) == 63


def test_moments_come_in_order_and_inside_the_window(shop):
    """Placed, paid, shipped, received; refunds after payment; nothing at or after the end."""
    placed, paid, shipped, received, refunded = (getattr(shop, name) for name in MOMENTS)
    assert (placed >= np.datetime64("2022-12-31T16:00:00")).all()
    for times in (placed, paid, shipped, received, refunded):
        assert (times[~np.isnat(times)] < shop.as_of).all()
    for earlier, later in ((placed, paid), (paid, shipped), (shipped, received), (paid, refunded)):
        known = ~np.isnat(later)
        assert (earlier[known] < later[known]).all()
    assert (np.diff(placed) >= np.timedelta64(0)).all()


def test_an_order_is_settled_in_two_weeks(shop):
    """No moment is more than fourteen days after placing."""
    for name in MOMENTS[1:]:
        times = getattr(shop, name)
        known = ~np.isnat(times)
        assert (times[known] - shop.placed_at[known] < np.timedelta64(14, "D")).all()


def test_states_follow_from_what_has_happened():
    """One order in each state, built by hand, at noon of 2024-05-03."""
    day = [np.datetime64(f"2024-05-{d:02d}", "us") for d in range(1, 6)]
    none = np.datetime64("NaT", "us")
    rows = [  # placed, paid, shipped, received, refunded, refund
        (OrderState.PLACED, day[2], none, none, none, none, 0),
        (OrderState.CLOSED, day[0], none, none, none, none, 0),
        (OrderState.PAID, day[0], day[0], none, none, none, 0),
        (OrderState.SHIPPED, day[0], day[0], day[1], none, none, 0),
        (OrderState.COMPLETED, day[0], day[0], day[1], day[2], none, 0),
        (OrderState.COMPLETED, day[0], day[0], day[1], day[2], day[2], 40),
        (OrderState.REFUNDED, day[0], day[0], day[1], none, day[2], 100),
        (OrderState.SHIPPED, day[0], day[0], day[1], day[4], day[3], 0),  # the rest lies ahead
    ]
    columns = list(zip(*rows, strict=True))
    progress = Progress(
        **{name: np.array(columns[i + 1]) for i, name in enumerate(MOMENTS)},
        refund=np.array(columns[6]),
    )
    moment = np.datetime64("2024-05-03T12:00:00", "us")
    states = states_of(progress.seen_at(moment), np.full(len(rows), 100), moment)
    assert [int(state) for state in columns[0]] == states.tolist()


def test_about_six_percent_are_never_paid_and_six_percent_refunded():
    """94 % x 6 % unpaid, 3 % refunded in full, 3 % in part (five sigma of 100,000 orders: 0.4 %)."""
    shop = simulate_shop(ShopSpec.of_orders(5, 100_000))
    settled = shop.placed_at < shop.as_of - np.timedelta64(14, "D")
    states, refunded = shop.state[settled], shop.refunded[settled]
    part = (refunded > 0) & (refunded < shop.total[settled])
    assert abs((states == OrderState.CLOSED).mean() - 0.94 * 0.06) < 0.004
    assert abs((states == OrderState.REFUNDED).mean() - 0.03) < 0.003
    assert abs(part.mean() - 0.03) < 0.003
    before = (states == OrderState.REFUNDED) & np.isnat(shop.shipped_at[settled])
    assert abs(before.mean() - 0.015) < 0.002


def test_the_last_days_leave_open_orders(shop):
    """At the end of the window some orders wait for payment, for shipping, and for receipt."""
    count = np.bincount(shop.state, minlength=8)
    assert min(count[state] for state in (OrderState.PLACED, OrderState.PAID, OrderState.SHIPPED)) > 0
    open_ = np.isin(shop.state, (OrderState.PLACED, OrderState.PAID, OrderState.SHIPPED))
    assert (shop.placed_at[open_] > shop.as_of - np.timedelta64(14, "D")).all()


def test_festivals_stand_out(shop):
    """双11 has at least four times the orders of a median day, its eve and 618 twice, 年货节 is high."""
    days, orders = np.unique(local(shop.placed_at).astype("M8[D]"), return_counts=True)
    count = dict(zip(days.astype(str).tolist(), orders.tolist(), strict=True))
    median = np.median(orders)
    assert count["2023-11-11"] >= 4 * median
    assert count["2023-11-10"] >= 2 * median
    assert count["2023-06-18"] >= 2 * median
    goods_for_new_year = [count[f"2024-01-{d}"] for d in range(27, 32)]
    holidays = [count[f"2024-02-{d}"] for d in range(10, 15)]
    assert sum(goods_for_new_year) > 3 * sum(holidays)


def test_the_shop_grows(shop):
    """April to June of the second year bring more orders than of the first."""
    months = local(shop.placed_at).astype("M8[M]").astype(str)
    first, second = (np.isin(months, [f"{y}-0{m}" for m in (4, 5, 6)]).sum() for y in (2023, 2024))
    assert second > 1.4 * first


def test_few_order_at_four_in_the_morning(shop):
    """Nine in the evening brings more than ten times as many orders as four in the morning."""
    hours = np.bincount(local(shop.placed_at).astype("M8[h]").astype(int) % 24, minlength=24)
    assert hours[21] > 10 * hours[4]


def test_order_numbers_look_like_the_platforms(shop):
    """Eighteen or nineteen digits starting with 1 to 4, all different, rising, with gaps for sub-orders."""
    numbers = shop.numbers().tolist()
    assert {len(number) for number in numbers} == {18, 19}
    assert {number[0] for number in numbers} <= set("1234")
    assert all(int(b) - int(a) > 10 for a, b in pairwise(numbers))


def test_the_truth_is_an_order_table(shop):
    """Customers are known by nick; amounts, states and times are the shop's own."""
    table = shop.order_table()
    assert (table.currency, table.zone) == ("CNY", "Asia/Shanghai")
    assert len(table) == len(shop)
    assert len(table.customers) == 5000 == len(set(table.customers.ids.tolist()))
    assert set(table.customer.tolist()) == set(range(5000))
    assert np.array_equal(table.net, shop.total - shop.refunded)
    assert len(set(table.province.tolist())) > 25
    assert set(zip(table.province.tolist(), table.city.tolist(), strict=True)) >= {("广东省", "深圳市")}


def test_a_shop_of_one_order_works():
    """The smallest shop has every table."""
    shop = simulate_shop(ShopSpec(seed=1, customers=1, months=1))
    assert len(shop.order_table()) >= 1
    assert len(shop.line_table()) >= 1


def test_simulating_loads_no_file_library():
    """Importing the simulator pulls in neither pyarrow nor pandas."""
    code = "import sys, retailcrm.simulate; print({'pyarrow', 'pandas', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
