"""Every figure on a small shop, against arithmetic by hand."""

from __future__ import annotations

from fractions import Fraction

import attrs
import numpy as np
import pytest

from retailcrm.analytics import metrics as m
from retailcrm.analytics.columns import Coded
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.errors import InputError

AS_OF = np.datetime64("2024-06-30T16:00", "us")  # 1 July, 00:00 in Shanghai
MARCH = m.Period(np.datetime64("2024-02-29T16:00"), np.datetime64("2024-03-31T16:00"))
JANUARY = m.Period(np.datetime64("2023-12-31T16:00"), np.datetime64("2024-01-31T16:00"))
ANN, BEN, CAI, DAN = range(4)
ROWS = [
    ({"c": ANN, "at": "2024-01-10", "gross": 100}, "广东省"),
    ({"c": CAI, "at": "2024-03-31T16:30", "gross": 70}, "四川"),  # 1 April in Shanghai
    ({"c": ANN, "at": "2024-03-20", "gross": 30}, "浙江"),
    ({"c": ANN, "at": "2024-03-05", "gross": 50, "refunded": 10, "refunded_at": "2024-03-10"}, "广东"),
    ({"c": -1, "at": "2024-03-02", "gross": 200}, "广东"),
    ({"c": BEN, "at": "2023-06-01", "gross": 40}, "浙江"),
    ({"c": BEN, "at": "2024-03-15", "gross": 60}, "浙江省"),
    ({"c": DAN, "at": "2024-03-08", "gross": 90, "refunded": 90, "refunded_at": "2024-03-09"}, "广东"),
    ({"c": ANN, "at": "2024-03-25", "refunded": 5, "credit": True}, "广东"),
    ({"c": CAI, "at": "2024-03-26", "refunded": 7, "credit": True}, "四川"),
]


@pytest.fixture(scope="module")
def orders(make_orders):
    """Give the shop's orders with their provinces."""
    table = make_orders([row for row, _ in ROWS], customers=4)
    return attrs.evolve(table, province=Coded.of([province for _, province in ROWS]))


@pytest.fixture(scope="module")
def sales(orders):
    """Give the shop's sales."""
    return m.sales_of(orders, AS_OF)


def by_key(figure):
    """Give a figure's values by group."""
    return dict(zip(figure.groups, figure.values(), strict=True))


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (m.customers, 2),  # Ann, Ben; Cai came in April
        (m.buyers, 2),
        (m.new_customers, 0),
        (m.returning_customers, 2),
        (m.reactivated_customers, 1),  # Ben, after 288 days
        (m.new_customer_share, Fraction(0, 2)),
        (m.acquisition_rate, Fraction(0, 2)),
        (m.orders, 4),
        (m.net, 50 + 30 + 60 + 200 - 10 - 5 - 7),
        (m.aov, Fraction(318, 4)),
        (m.net_per_buyer, Fraction(50 + 30 + 60 - 10 - 5, 2)),  # Cai's credit note is no buyer's
        (m.orders_per_buyer, Fraction(3, 2)),
        (m.repurchase_rate, Fraction(1, 2)),
        (m.refund_rate, Fraction(10 + 5 + 7, 340)),
        (m.refund_order_rate, Fraction(1, 4)),
        (m.returning_net, 125),
        (m.returning_net_share, Fraction(125, 125)),
    ],
)
def test_march_by_hand(sales, figure, expected):
    """Each figure of March, as it stands on 1 July."""
    found = figure(sales, period=MARCH)
    assert found.key == figure.__name__
    assert found.unit == m.DEFINITIONS[found.key].unit
    assert found.groups == ("all",)
    assert found.value() == expected


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (m.customers, {"2023-06": 1, "2023-12": 1, "2024-01": 2, "2024-03": 2, "2024-04": 3}),
        (m.buyers, {"2023-06": 1, "2023-12": 0, "2024-01": 1, "2024-03": 2, "2024-04": 1}),
        (m.new_customers, {"2023-06": 1, "2024-01": 1, "2024-03": 0, "2024-04": 1}),
        (m.returning_customers, {"2023-06": 0, "2024-01": 0, "2024-03": 2, "2024-04": 0}),
        (m.reactivated_customers, {"2024-01": 0, "2024-03": 1, "2024-04": 0}),
        (
            m.acquisition_rate,
            {"2023-06": None, "2024-01": Fraction(1), "2024-03": Fraction(0), "2024-04": Fraction(1, 2)},
        ),
        (m.net, {"2023-06": 40, "2023-07": 0, "2024-03": 318, "2024-04": 70}),
        (m.aov, {"2023-07": None, "2024-03": Fraction(318, 4)}),
        (
            m.rebuy_rate,
            {
                "2023-06": None,
                "2023-07": Fraction(0),
                "2024-02": Fraction(0),
                "2024-03": None,
                "2024-04": Fraction(0),
            },
        ),
        (m.returning_net, {"2023-06": 0, "2024-01": 0, "2024-03": 125, "2024-04": 0}),
        (m.repurchase_rate, {"2024-01": Fraction(0), "2024-03": Fraction(1, 2), "2024-04": Fraction(0)}),
    ],
)
def test_months_by_hand(sales, figure, expected):
    """The same figures of every month from June 2023 to April 2024, each with its own past."""
    found = by_key(figure(sales, m.by_month(sales)))
    assert len(found) == 11
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (m.orders, {"广东": 2, "浙江": 2, "四川": 0}),
        (m.net, {"广东": 50 - 10 + 200 - 5, "浙江": 90, "四川": -7}),
        (m.buyers, {"广东": 1, "浙江": 2, "四川": 0}),
        (m.returning_customers, {"广东": 1, "浙江": 2, "四川": 0}),
        (m.net_per_buyer, {"广东": Fraction(35), "浙江": Fraction(45), "四川": None}),
        (m.repurchase_rate, {"广东": Fraction(0), "浙江": Fraction(0), "四川": None}),
        (m.acquisition_rate, {"广东": Fraction(0), "浙江": Fraction(0), "四川": None}),
        (m.refund_rate, {"广东": Fraction(15, 250), "浙江": Fraction(0), "四川": None}),
        (m.refund_order_rate, {"广东": Fraction(1, 2), "浙江": Fraction(0), "四川": None}),
        (m.returning_net_share, {"广东": Fraction(1), "浙江": Fraction(1), "四川": None}),
        (m.customers, {"广东": 1, "浙江": 2, "四川": 0}),
    ],
)
def test_provinces_by_hand(sales, orders, figure, expected):
    """March by province: the long and the short name are one, a credit note stays in its own."""
    assert by_key(figure(sales, m.by_province(sales, orders), MARCH)) == expected


def test_a_customer_is_new_where_her_first_order_was(sales, orders):
    """Of all time, each of three people is new in one province, though Ann bought in two."""
    groups = m.by_province(sales, orders)
    assert by_key(m.new_customers(sales, groups)) == {"广东": 1, "浙江": 1, "四川": 1}
    assert by_key(m.buyers(sales, groups)) == {"广东": 1, "浙江": 2, "四川": 1}
    assert by_key(m.net(sales, groups)) == {"广东": 335, "浙江": 130, "四川": 63}


def test_reactivated_after_so_many_days(sales):
    """Ann was silent for 55 days before 5 March: at 55 she is back, at 56 she had not gone."""
    for days, expected in ((55, 2), (56, 1), (288, 1), (289, 0)):
        assert m.reactivated_customers(sales, period=MARCH, lapsed_days=days).value() == expected
    with pytest.raises(InputError, match="at least 1 day"):
        m.reactivated_customers(sales, lapsed_days=0)


def test_rebuy_looks_at_the_period_before(sales, orders):
    """Of January's one buyer one bought in March; March's own period before, February, had nobody."""
    found = m.rebuy_rate(sales, period=MARCH, before=JANUARY)
    assert (found.value(), found.people.tolist()) == (Fraction(1, 1), [1])
    assert m.rebuy_rate(sales, period=MARCH).value() is None
    # From 30 January on 31 days back is from 30 December: Ann again.
    forty = m.Period(JANUARY.end, JANUARY.end + np.timedelta64(40, "D"))
    assert forty.before().start == np.datetime64("2023-12-22T16:00")
    assert m.rebuy_rate(sales, period=forty).value() == Fraction(1, 1)
    provinces = m.by_province(sales, orders)
    by_province = by_key(m.rebuy_rate(sales, provinces, MARCH, before=JANUARY))
    assert by_province == {"广东": Fraction(1), "浙江": None, "四川": None}


def test_rebuy_needs_two_periods(sales):
    """Without a period before there is no rebuy rate; months bring their own."""
    with pytest.raises(InputError, match="open period"):
        m.rebuy_rate(sales)
    with pytest.raises(InputError, match="leave `before` out"):
        m.rebuy_rate(sales, m.by_month(sales), before=JANUARY)
    # In April the two buyers of March count, though March is outside; before April there is no figure.
    april = by_key(m.rebuy_rate(sales, m.by_month(sales), m.Period(MARCH.end)))
    assert {key: value for key, value in april.items() if value is not None} == {"2024-04": Fraction(0, 2)}
    spring = by_key(m.rebuy_rate(sales, m.by_month(sales), m.Period(JANUARY.end, MARCH.end)))
    assert {key: value for key, value in spring.items() if value is not None} == {"2024-02": Fraction(0)}


def test_a_period_within_a_month_has_its_own_past(sales):
    """From 18 March on Ann and Cai buy; Ann, who bought on the 5th, had bought before in that month too."""
    months, late = m.by_month(sales), m.Period(np.datetime64("2024-03-17T16:00"))
    assert by_key(m.returning_customers(sales, months, late))["2024-03"] == 1
    assert by_key(m.returning_net(sales, months, late))["2024-03"] == 30 - 5
    new = m.Period(np.datetime64("2023-05-31T16:00"), np.datetime64("2023-06-30T16:00"))
    by_month = m.acquisition_rate(sales, months, m.Period(np.datetime64("2023-06-15")))
    assert by_key(by_month)["2023-06"] == Fraction(0, 1)  # Ben was known by then, and nobody came after
    assert by_key(m.acquisition_rate(sales, months, new))["2023-06"] is None


def test_churn_by_hand(sales):
    """Ann, the one buyer of 10 January, came back on 5 March: 54 days later she is lost, 55 she is not."""
    cut = np.datetime64("2024-01-10T16:00")
    for horizon, expected in ((50, Fraction(1)), (54, Fraction(1)), (55, Fraction(0)), (172, Fraction(0))):
        found = m.churn_rate(sales, cut=cut, active_days=1, horizon=horizon)
        assert (found.value(), found.people.tolist(), found.note.en) == (expected, [1], "")
    assert m.churn_rate(sales, cut=cut, active_days=223, horizon=54).value() == Fraction(1)
    # 224 days before 11 January is 1 June 2023: Ben is in the cohort, and stays away too.
    assert m.churn_rate(sales, cut=cut, active_days=224, horizon=54).numerator.tolist() == [2]
    assert m.churn_rate(sales, cut=cut, active_days=224, horizon=65).values() == [Fraction(0, 2)]


def test_churn_waits_for_its_horizon(sales):
    """Before the horizon has passed there is no figure, and the note says so."""
    early = m.churn_rate(sales, cut=np.datetime64("2024-01-10T16:00"), active_days=1, horizon=173)
    assert (early.value(), early.numerator.tolist(), early.denominator.tolist()) == (None, [0], [0])
    assert "fewer than 173 days" in early.note.en
    assert "173" in early.note.zh
    assert early.withheld().tolist() == [True]
    for wrong in ({"active_days": 0}, {"horizon": 0}):
        with pytest.raises(InputError, match="at least 1 day"):
            m.churn_rate(sales, cut=AS_OF, **wrong)


def test_churn_of_a_group_is_about_the_shop(sales, orders):
    """Ann bought in Guangdong before the cut and in Zhejiang after it: she has not left the shop."""
    cut = np.datetime64("2024-03-09T16:00")
    found = m.churn_rate(sales, m.by_province(sales, orders), cut=cut, active_days=30, horizon=30)
    assert by_key(found) == {"广东": Fraction(0, 1), "浙江": None, "四川": None}


def test_intervals_are_wilsons(sales):
    """1 of 2: centre 0.5, half width z sqrt(0.125 + z^2/16)/(...) by hand: 0.0945 to 0.9055."""
    found = m.repurchase_rate(sales, period=MARCH)
    assert (found.low.round(4).tolist(), found.high.round(4).tolist()) == ([0.0945], [0.9055])
    assert np.isnan(m.repurchase_rate(sales, period=m.Period(AS_OF, AS_OF)).low).all()


def test_full_refunds_show_where_they_are_kept(orders):
    """With orders given back in full kept, Dan's counts: 2 of 5 orders, and 90 more of the money."""
    kept = m.sales_of(orders, AS_OF, CountingPolicy(full_refund="keep"))
    assert m.refund_order_rate(kept, period=MARCH).value() == Fraction(2, 5)
    assert m.refund_rate(kept, period=MARCH).value() == Fraction(22 + 90, 340 + 90)


def test_an_empty_shop_has_no_rates(make_orders):
    """No order: zeros, no months, no rates, no error."""
    empty = m.sales_of(make_orders([]), AS_OF)
    assert (len(empty), len(m.by_month(empty))) == (0, 0)
    rates = (m.aov, m.net_per_buyer, m.orders_per_buyer, m.repurchase_rate, m.refund_rate)
    assert [rate(empty).value() for rate in rates] == [None] * 5
    assert m.net(empty).value() == 0
    assert m.churn_rate(empty, cut=MARCH.start).value() is None
    assert m.net(empty, m.by_month(empty)).values() == []


def test_the_same_question_is_answered_from_memory(sales, orders):
    """A tally is made once for the same groups and period, and goes when the groups go."""
    groups = m.by_province(sales, orders)
    first = m.tally(sales, groups, MARCH)
    assert m.tally(sales, groups, m.Period(MARCH.start, MARCH.end)) is first
    assert m.tally(sales, groups) is not first
    known = len(sales.tallies)
    del groups
    assert len(sales.tallies) == known - 1


def test_groups_of_other_sales_are_refused(sales, orders, make_orders):
    """Groups hold a code for each row, so they fit one shop at one moment only."""
    other = m.sales_of(make_orders([]), AS_OF)
    with pytest.raises(InputError, match="made for other sales"):
        m.net(other, m.by_province(sales, orders))
