"""What is bought more before festivals: windows, true shares, and baskets that follow them."""

from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest
from lunardate import LunarDate

from retailcrm.simulate import FOODS, Occasion, ShopSpec, line_share, sales_share, simulate_shop
from retailcrm.simulate.foods import RETIRED, category_path
from retailcrm.simulate.lunar import LUNAR_NEW_YEARS, MID_AUTUMNS
from retailcrm.simulate.occasions import LIFT_PERCENT, occasion_of


@pytest.fixture(scope="module")
def sold():
    """The lines of a shop of 60,000 orders that are paid for: food, quantity, and the day's occasion."""
    shop = simulate_shop(ShopSpec.of_orders(12, 60_000))
    lines = shop.line_table()
    day = (shop.placed_at + np.timedelta64(8, "h")).astype("M8[D]")
    occasions = np.array([occasion_of(d) for d in day.tolist()])
    late = (day - np.datetime64(shop.spec.start)) >= np.timedelta64(547 - 547 // 3, "D")
    bought = lines.gross > 0
    order, food = lines.order[bought], lines.product.codes[bought]
    return occasions[order], late[order], food, lines.gross[bought]


def test_lunar_days_are_true():
    """Both tables agree with a library of the lunar calendar, also the new year after the last one."""
    years = range(2019, 2031)
    assert [LunarDate(y, 1, 1).to_solar_date() for y in years] == list(LUNAR_NEW_YEARS)
    assert [LunarDate(y, 8, 15).to_solar_date() for y in years] == list(MID_AUTUMNS)
    assert occasion_of(LunarDate(2031, 1, 1).to_solar_date() - timedelta(28)) is Occasion.SPRING_FESTIVAL


@pytest.mark.parametrize(
    ("day", "occasion"),
    [
        (date(2024, 1, 12), Occasion.ORDINARY),
        (date(2024, 1, 13), Occasion.SPRING_FESTIVAL),  # 28 days before 2024-02-10
        (date(2024, 2, 9), Occasion.SPRING_FESTIVAL),
        (date(2024, 2, 10), Occasion.ORDINARY),
        (date(2023, 9, 7), Occasion.ORDINARY),
        (date(2023, 9, 8), Occasion.MID_AUTUMN),  # 21 days before 2023-09-29
        (date(2023, 9, 29), Occasion.MID_AUTUMN),
        (date(2023, 9, 30), Occasion.ORDINARY),
        (date(2030, 12, 26), Occasion.SPRING_FESTIVAL),  # 28 days before 2031-01-23
    ],
)
def test_an_occasion_is_a_window_before_its_festival(day, occasion):
    """Windows end with the eve of the lunar new year, and with Mid-Autumn day."""
    assert occasion_of(day) is occasion


@pytest.mark.parametrize("occasion", Occasion)
def test_true_shares_are_weights_times_lift(occasion):
    """Shares of lines and of sales, added up here food by food, and summing to 1."""
    lines, sales = {}, {}
    for food in FOODS:
        weight = Fraction(food.weight * LIFT_PERCENT[occasion].get(food.code[:2], 100), 100)
        if food.price:
            path = category_path(food)
            lines[path] = lines.get(path, 0) + weight
            sales[path] = sales.get(path, 0) + weight * food.price
    for ours, theirs in ((line_share(occasion), lines), (sales_share(occasion), sales)):
        assert ours == {path: weight / sum(theirs.values()) for path, weight in theirs.items()}
        assert sum(ours.values()) == 1


@pytest.mark.parametrize("occasion", Occasion)
def test_baskets_follow_the_true_shares(sold, occasion):
    """Each category's share of the lines of an occasion's days is the true one, within five sigma."""
    occasions, _, food, _ = sold
    chosen = food[occasions == occasion]
    assert len(chosen) > 4000
    paths = np.array([category_path(f) for f in FOODS])[chosen]
    for path, share in line_share(occasion).items():
        spread = float(share * (1 - share) / len(chosen)) ** 0.5
        # A customer's favourite returns: lines are not quite independent, hence twice the spread.
        assert abs((paths == path).mean() - float(share)) < 2 * 5 * spread, path


def test_sales_follow_the_true_shares(sold):
    """Gift boxes bring, before the lunar new year, the share of sales that the truth says, within a tenth."""
    occasions, late, food, gross = sold
    paths = np.array([category_path(f) for f in FOODS])[food]
    for occasion in Occasion:
        day = (occasions == occasion) & ~late
        share = gross[day & (paths == "食品/年货礼盒")].sum() / gross[day].sum()
        assert abs(share / float(sales_share(occasion)["食品/年货礼盒"]) - 1) < 0.1


def test_retired_foods_give_way_to_their_successors(sold):
    """They are sold before the last third of the window and not in it; shares of categories stay."""
    _, late, food, _ = sold
    codes = np.array([f.code for f in FOODS])[food]
    for code, successor in RETIRED.items():
        assert (codes[~late] == code).sum() > 100
        assert not (codes[late] == code).any()
        assert (codes[late] == successor).mean() > (codes[~late] == successor).mean()
        assert code[:2] == successor[:2]
    assert sales_share(Occasion.ORDINARY, late=True).keys() == sales_share(Occasion.ORDINARY).keys()
