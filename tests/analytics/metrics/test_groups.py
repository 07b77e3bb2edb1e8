"""Groups: months, places, people, lines."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from retailcrm.analytics import metrics as m
from retailcrm.analytics.columns import MISSING, Coded, Texts
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.tables import LineTable, ProfileTable
from retailcrm.domain.customers import GENDERS, Birthday
from retailcrm.errors import InputError

AS_OF = np.datetime64("2024-06-30T16:00", "us")


def profiles(*rows):
    """Make a profile table of dicts with gender, birthday and level."""
    size, blank = len(rows), Coded.of([None] * len(rows))
    return ProfileTable(
        ids=Texts.of(f"p{i}" for i in range(size)),
        strength=np.full(size, 2, np.int8),
        gender=np.array([GENDERS.index(r["gender"]) if r.get("gender") else -1 for r in rows], np.int8),
        birthday=np.array([r["born"].code if r.get("born") else -1 for r in rows], np.int32),
        joined_at=np.full(size, np.datetime64("NaT", "us")),
        points=np.full(size, MISSING),
        consent=np.full(size, -1, np.int8),
        level=Coded.of([r.get("level") for r in rows]),
        province=blank,
        city=blank,
        source=blank,
    )


@pytest.fixture
def five(make_orders):
    """Give five customers with an order of 1, 10, 100 ... each, an unknown one, and a credit note."""
    rows = [{"c": c, "at": f"2024-05-0{c + 1}", "gross": 10**c} for c in range(5)]
    rows += [{"c": -1, "at": "2024-05-09", "gross": 7 * 10**5}]
    rows += [{"c": 2, "at": "2024-05-09", "refunded": 30, "credit": True}]
    return m.sales_of(make_orders(rows), AS_OF)


def nets(sales, groups):
    """Give the net of each group."""
    return dict(zip(groups.keys, m.net(sales, groups).numerator.tolist(), strict=True))


def test_months_between_are_there(make_orders):
    """Months run from the first to the last, of the shop's zone, with their edges in UTC."""
    sales = m.sales_of(make_orders([{"at": "2023-11-30T16:00"}, {"at": "2024-02-01"}]), AS_OF)
    groups = m.by_month(sales)
    assert groups.keys == ("2023-12", "2024-01", "2024-02")
    assert [str(edge)[:13] for edge in groups.edges] == [
        "2023-11-30T16", "2023-12-31T16", "2024-01-31T16", "2024-02-29T16",
    ]  # fmt: skip


def test_given_months(make_orders):
    """Only the months asked for, also such without an order; customers known are still all."""
    sales = m.sales_of(make_orders([{"at": "2023-11-05"}, {"at": "2024-02-02"}]), AS_OF)
    months = np.arange(np.datetime64("2024-01"), np.datetime64("2024-04"))
    groups = m.by_month(sales, months)
    assert groups.keys == ("2024-01", "2024-02", "2024-03")
    assert m.orders(sales, groups).numerator.tolist() == [0, 1, 0]
    assert m.customers(sales, groups).numerator.tolist() == [1, 1, 1]
    for wrong in (months[:0], months[[0, 2]]):
        with pytest.raises(InputError, match="without gaps"):
            m.by_month(sales, wrong)


def test_undated_credit_notes_join_the_first_month(make_orders):
    """As in the monthly series; of given months they are in none."""
    rows = [{"c": 0, "at": "2024-02-01", "gross": 10}, {"c": 0, "refunded": 3, "credit": True}]
    sales = m.sales_of(make_orders(rows), AS_OF)
    assert nets(sales, m.by_month(sales)) == {"2024-02": 7}
    assert nets(sales, m.by_month(sales, np.array(["2024-02"], "datetime64[M]"))) == {"2024-02": 10}
    alone = m.sales_of(make_orders(rows[1:]), AS_OF)
    assert m.by_month(alone).keys == ()
    assert m.net(alone).value() == -3


def test_places_and_channels(make_orders):
    """Ways to write a province are one; other countries keep their text; cities are as exported."""
    rows = [{"c": 0, "at": "2024-05-01", "gross": 10**i} for i in range(6)]
    table = attrs.evolve(
        make_orders(rows),
        province=Coded.of(["广东", "广东省", "Ohio", None, "西藏自治区", "臺灣"]),
        city=Coded.of(["广州市", "广州", None, "Lima", "拉萨", "x"]),
        channel=Coded.of(["app", "web", "app", None, None, "web"]),
    )
    sales = m.sales_of(table, AS_OF)
    assert nets(sales, m.by_province(sales, table)) == {"广东": 11, "Ohio": 100, "西藏": 10**4, "台湾": 10**5}
    region = {"east": 11, "central": 0, "west": 10**4, "hmt": 10**5, "other": 100}
    assert nets(sales, m.by_region(sales, table)) == region
    assert nets(sales, m.by_channel(sales, table)) == {"app": 101, "web": 10**5 + 10}
    assert nets(sales, m.by_city(sales, table))["广州"] == 10


def test_a_shop_without_places(make_orders):
    """Where no file tells, nothing is in any group."""
    table = make_orders([{"c": 0, "at": "2024-05-01", "gross": 9}])
    sales = m.sales_of(table, AS_OF)
    assert m.by_city(sales, table).keys == ()
    assert set(nets(sales, m.by_region(sales, table)).values()) == {0}
    assert nets(sales, m.by_province(sales, table).with_untold()) == {"": 9}


def test_genders_and_levels(five):
    """Customers find their row; without one, or without an answer, nothing is told."""
    table = profiles({"gender": "male", "level": "银"}, {}, {"gender": "female", "level": "金"})
    rows = np.array([2, 0, 2, 1, -1])
    assert nets(five, m.by_gender(five, table, rows)) == {"female": 1 + 100 - 30, "male": 10, "other": 0}
    assert nets(five, m.by_level(five, table, rows)) == {"银": 10, "金": 71}


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (Birthday(7, 1, 2006), "18-24"),  # her birthday is the day of as_of
        (Birthday(7, 2, 2006), "<18"),
        (Birthday(6, 30, 1999), "25-29"),
        (Birthday(7, 2, 1999), "18-24"),
        (Birthday(1, 1, 1994), "30-34"),
        (Birthday(1, 1, 1989), "35-39"),
        (Birthday(12, 31, 1983), "40-49"),
        (Birthday(1, 1, 1974), "50-59"),
        (Birthday(1, 1, 1964), "60+"),
        (Birthday(7, 1, 1904), "60+"),
        (Birthday(2, 29, 2004), "18-24"),
        (Birthday(8, 15, 1990, lunar=True), "30-34"),
        (Birthday(8, 15), None),
        (Birthday(1, 1, 1900), None),  # 124: a default, not an age
        (Birthday(7, 2, 2024), None),  # not born yet
        (None, None),
    ],
)
def test_ages(make_orders, born, band):
    """Whole years on 1 July 2024, by bands; no year of birth, or an absurd one, is not told."""
    sales = m.sales_of(make_orders([{"c": 0, "at": "2024-05-01", "gross": 1}]), AS_OF)
    found = nets(sales, m.by_age_band(sales, profiles({"born": born}), np.array([0])))
    assert tuple(found) == m.AGE_BANDS
    assert [key for key, net in found.items() if net] == ([] if band is None else [band])


def test_tiers_and_segments(five):
    """Every tier has its place, in the ladder's order; a column of too few customers is refused."""
    tier = Coded(np.array([2, 0, -1, 2, 0], np.int32), Texts.of(["普通", "银", "金"]))
    assert nets(five, m.by_tier(five, tier)) == {"普通": 10_010, "银": 0, "金": 1_001}
    assert m.by_segment(five, tier).name == "segment"
    assert m.by_customer(five, "class", tier).keys == ("普通", "银", "金")
    with pytest.raises(InputError, match="told of 4 customers"):
        m.by_tier(five, tier.take(np.arange(4)))


# ---- lines ----------------------------------------------------------------------------------


@pytest.fixture
def basket(make_orders):
    """Give a shop whose lines are known: Ann buys tea and a cup, tea again; Ben a cup; one note."""
    table = make_orders(
        [
            {"c": 1, "at": "2024-05-03", "gross": 40, "refunded": 40, "refunded_at": "2024-05-04"},
            {"c": 0, "at": "2024-05-02", "gross": 60},
            {"c": 0, "at": "2024-02-01", "gross": 90, "refunded": 10, "refunded_at": "2024-02-03"},
            {"c": 0, "at": "2024-05-05", "refunded": 15, "credit": True},
            {"c": 1, "at": "2024-05-06", "gross": 25},
            {"c": 1, "at": "2024-07-06", "gross": 25},
        ]
    )
    rows = [
        (0, "cup", 40, 0, "ware"), (1, "tea", 30, 0, "food"), (1, "tea", 30, 0, "food"),
        (2, "tea", 60, 10, "food"), (2, "cup", 30, 0, "ware"), (3, "tea", 0, 15, "food"),
        (4, "cup", 25, 0, None), (5, "cup", 25, 0, "ware"), (-1, "cup", 99, 0, "ware"),
    ]  # fmt: skip
    order, product, gross, refunded, category = zip(*rows, strict=True)
    lines = LineTable(
        order=np.array(order, np.int32),
        product=Coded.of(product),
        quantity=np.ones(len(rows), np.int64),
        gross=np.array(gross, np.int64),
        refunded=np.array(refunded, np.int64),
        category=Coded.of(category),
    )
    return table, lines


def test_products_by_hand(basket):
    """Orders, buyers and money of a product are those of its lines; two lines of it are one order."""
    table, lines = basket
    sales = m.sales_of(table, AS_OF)
    split, groups = m.lines_by_product(sales, table, lines)
    assert groups.keys == ("cup", "tea")
    assert m.orders(split, groups).numerator.tolist() == [2, 2]
    assert m.buyers(split, groups).numerator.tolist() == [2, 1]
    assert m.net(split, groups).numerator.tolist() == [30 + 25, 50 + 60 - 15]
    assert m.new_customers(split, groups).numerator.tolist() == [2, 1]
    assert m.repurchase_rate(split, groups).numerator.tolist() == [0, 1]
    may = m.Period(np.datetime64("2024-04-30T16:00"))
    assert m.returning_customers(split, groups, may).numerator.tolist() == [0, 1]
    assert m.reactivated_customers(split, groups, may, lapsed_days=91).numerator.tolist() == [0, 1]
    assert m.net(split, period=may).value() == 60 + 25 - 15


def test_categories_by_hand(basket):
    """The category of the line, or one given for each; lines without one are left out."""
    table, lines = basket
    sales = m.sales_of(table, AS_OF)
    split, groups = m.lines_by_category(sales, table, lines)
    assert nets(split, groups) == {"food": 95, "ware": 30}
    given = Coded(lines.product.codes, Texts.of(["器", "茶"]))
    split, groups = m.lines_by_category(sales, table, lines, given)
    assert nets(split, groups) == {"器": 55, "茶": 95}
    split, groups = m.lines_by_category(sales, table, attrs.evolve(lines, category=None))
    assert (len(split), groups.keys, m.net(split, groups).values()) == (0, (), [])


def test_lines_know_only_refunds_of_their_time(basket):
    """On 3 February the refund of 3 February had not happened; an order given back whole has no net."""
    table, lines = basket
    early = m.sales_of(table, np.datetime64("2024-02-03", "us"))
    split, groups = m.lines_by_product(early, table, lines)
    assert nets(split, groups) == {"tea": 60, "cup": 30}
    kept = m.sales_of(table, AS_OF, CountingPolicy(full_refund="keep"))
    split, groups = m.lines_by_product(kept, table, lines)
    assert nets(split, groups)["cup"] == 40 - 40 + 30 + 25
    assert m.orders(split, groups).numerator.tolist() == [3, 2]


def test_lines_and_months_together(basket):
    """Lines have months of their own, whatever group they are split by."""
    table, lines = basket
    split, _ = m.lines_by_product(m.sales_of(table, AS_OF), table, lines)
    assert nets(split, m.by_month(split)) == {"2024-02": 80, "2024-03": 0, "2024-04": 0, "2024-05": 70}


def test_refunds_told_of_the_order_alone_reach_its_categories(make_orders):
    """30 of 100 back: 18 of food's 60, 12 of the 40 that no category is told of; 5 more than the line's."""
    table = make_orders(
        [
            {"c": 0, "at": "2024-02-01", "gross": 100, "refunded": 30, "refunded_at": "2024-02-03"},
            {"c": 1, "at": "2024-02-01", "gross": 50, "refunded": 15, "refunded_at": "2024-02-03"},
        ]
    )
    lines = LineTable(
        order=np.array([0, 0, 1, 1], np.int32),
        product=Coded.of(["tea", "cup", "tea", "cup"]),
        quantity=np.ones(4, np.int64),
        gross=np.array([60, 40, 30, 20]),
        refunded=np.array([0, 0, 10, 0]),
        category=Coded.of(["food", None, "food", "ware"]),
    )
    sales = m.sales_of(table, AS_OF)
    split, groups = m.lines_by_category(sales, table, lines)
    assert nets(split, groups) == {"food": 60 - 18 + 30 - 13, "ware": 20 - 2}
    assert m.refund_rate(split, groups).numerator.tolist() == [31, 2]
    early = m.sales_of(table, np.datetime64("2024-02-03", "us"))
    assert nets(*m.lines_by_category(early, table, lines)) == {"food": 90, "ware": 20}
