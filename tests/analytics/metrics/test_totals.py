"""The first figures: each with its numerator and denominator, in the shop's zone, without looking ahead."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.metrics import metrics, monthly
from retailcrm.domain.orders import OrderState as S
from retailcrm.errors import InputError

AS_OF = np.datetime64("2024-03-31T16:00", "us")  # 1 April, 00:00 in Shanghai
FEBRUARY = {"start": np.datetime64("2024-01-31T16:00", "us"), "end": np.datetime64("2024-02-29T16:00", "us")}


@pytest.fixture
def shop(make_orders):
    """Give a shop of a quarter: two known customers, one masked buyer, refunds and a credit note."""
    return make_orders(
        [
            {"c": 0, "at": "2024-01-10", "gross": 1000},
            {"c": 0, "at": "2024-02-05", "gross": 500, "refunded": 100, "refunded_at": "2024-03-03"},
            {"c": 0, "at": "2024-02-20", "gross": 300},
            {"c": 1, "at": "2024-01-31T16:00", "gross": 700},  # 1 February, 00:00 in Shanghai
            {"c": 1, "at": "2024-02-29T15:59:59", "gross": 200, "refunded": 200, "refunded_at": "2024-03-10"},
            {"c": -1, "at": "2024-02-15", "gross": 900},
            {"c": 0, "at": "2024-02-21", "refunded": 50, "credit": True},
            {"c": 1, "at": "2024-03-02", "gross": 400},
            {"c": 1, "at": "2024-02-02", "gross": 999, "state": S.CLOSED},
            {"c": 1, "at": "2024-03-31T16:00", "gross": 999},
        ]
    )


def test_a_month_by_hand(shop):
    """February as it stood on 1 April: its refunds are in, March's orders are not."""
    found = metrics(shop, AS_OF, **FEBRUARY)
    assert (found.orders, found.known_orders, found.customers) == (4, 3, 2)
    assert (found.gross, found.refunded, found.net) == (500 + 300 + 700 + 900, 150, 2250)
    assert found.refund_rate == Fraction(150, 2400)
    assert found.aov == Fraction(2250, 4)
    assert found.known_net == 500 + 300 + 700 - 150
    assert found.net_per_buyer == Fraction(1350, 2)
    assert found.orders_per_buyer == Fraction(3, 2)
    assert (found.repeat_customers, found.repurchase_rate) == (1, Fraction(1, 2))
    assert (found.new_customers, found.new_customer_share) == (1, Fraction(1, 2))


def test_a_month_seen_from_its_own_end(shop):
    """On 1 March no refund of March had happened: the later full refund still counted as an order."""
    found = metrics(shop, FEBRUARY["end"], **FEBRUARY)
    assert (found.orders, found.gross, found.refunded) == (5, 2600, 50)
    assert found.repeat_customers == 2


def test_everything_by_hand(shop):
    """Without a period the figures are those of all time up to the moment."""
    found = metrics(shop, AS_OF)
    assert (found.orders, found.customers, found.new_customers, found.repeat_customers) == (6, 2, 2, 2)
    assert (found.gross, found.refunded) == (3800, 150)
    kept = metrics(shop, AS_OF, CountingPolicy(full_refund="keep"))
    assert (kept.orders, kept.gross, kept.refunded) == (7, 4000, 350)


def test_no_rate_without_a_denominator(make_orders):
    """An empty shop has zeros, and no rates."""
    found = metrics(make_orders([]), AS_OF)
    assert (found.orders, found.net) == (0, 0)
    rates = (found.refund_rate, found.aov, found.net_per_buyer, found.orders_per_buyer)
    assert (*rates, found.repurchase_rate, found.new_customer_share) == (None,) * 6


def test_a_period_runs_forward(shop):
    """A period cannot end before it starts; one without length is empty."""
    with pytest.raises(InputError, match="before its start"):
        metrics(shop, AS_OF, start=FEBRUARY["end"], end=FEBRUARY["start"])
    assert metrics(shop, AS_OF, start=AS_OF, end=AS_OF).orders == 0


def test_months_by_hand(shop):
    """January to March in Shanghai: the first minute of February there is January in UTC."""
    found = monthly(shop, AS_OF)
    assert found.months.astype(str).tolist() == ["2024-01", "2024-02", "2024-03"]
    assert found.orders.tolist() == [1, 4, 1]
    assert found.gross.tolist() == [1000, 2400, 400]
    assert found.refunded.tolist() == [0, 150, 0]
    assert found.net.tolist() == [1000, 2250, 400]
    assert found.buyers.tolist() == [1, 2, 1]
    assert found.new_buyers.tolist() == [1, 1, 0]


def test_months_without_orders_are_there(make_orders):
    """Between two months with orders every month has its zero."""
    found = monthly(make_orders([{"c": 0, "at": "2023-11-05"}, {"c": 0, "at": "2024-02-05"}]), AS_OF)
    assert found.months.astype(str).tolist() == ["2023-11", "2023-12", "2024-01", "2024-02"]
    assert found.orders.tolist() == [1, 0, 0, 1]
    assert found.new_buyers.tolist() == [1, 0, 0, 0]


def test_months_of_credit_notes_alone(make_orders):
    """A dated credit note has its month even without orders; an undated one joins the first month."""
    dated = {"c": 0, "at": "2024-01-05", "refunded": 30, "credit": True}
    undated = {"c": 0, "refunded": 7, "credit": True}
    found = monthly(make_orders([dated, undated]), AS_OF)
    assert (found.months.astype(str).tolist(), found.refunded.tolist()) == (["2024-01"], [37])
    assert len(monthly(make_orders([undated]), AS_OF).months) == 0
    assert metrics(make_orders([undated]), AS_OF).refunded == 7


def test_an_empty_shop_has_no_months(make_orders):
    """No order, no month."""
    found = monthly(make_orders([]), AS_OF)
    assert (len(found.months), found.net.tolist(), found.new_buyers.tolist()) == (0, [], [])


instants = st.datetimes(pd.Timestamp("2023-10-01"), pd.Timestamp("2024-05-01")).map(lambda m: m.isoformat())
rows_of = st.lists(
    st.fixed_dictionaries(
        {
            "c": st.integers(-1, 4),
            "at": instants,
            "gross": st.integers(0, 1000),
            "refunded": st.integers(0, 300),
            "credit": st.sampled_from([False, False, False, True]),
        }
    ),
    max_size=25,
)


@given(rows_of, st.sampled_from(["Asia/Shanghai", "America/New_York"]))
def test_months_agree_with_pandas(make_orders, rows, zone):
    """On any orders the series equals an independent group-by of local months."""
    found = monthly(make_orders(rows, zone=zone, customers=5), AS_OF)
    frame = pd.DataFrame(rows, columns=["c", "at", "gross", "refunded", "credit"])
    frame["at"] = pd.to_datetime(frame["at"], format="ISO8601", utc=True)
    frame = frame[frame["at"] < pd.Timestamp(AS_OF, tz="UTC")]
    frame["month"] = frame["at"].dt.tz_convert(zone).dt.strftime("%Y-%m")
    frame = frame[~(frame["credit"].astype(bool) & (frame["refunded"] == 0))]  # says nothing
    credit = frame["credit"].astype(bool)
    orders = frame[~credit & ~((frame["gross"] > 0) & (frame["refunded"] >= frame["gross"]))]
    months = sorted({*orders["month"], *frame[credit]["month"]})
    every = pd.period_range(months[0], months[-1], freq="M").astype(str).tolist() if months else []
    assert found.months.astype(str).tolist() == every

    def series(grouped):
        return [int(grouped.get(month, 0)) for month in every]

    back = (
        orders.groupby("month")["refunded"]
        .sum()
        .add(frame[credit].groupby("month")["refunded"].sum(), fill_value=0)
    )
    known = orders[orders["c"] >= 0]
    assert found.orders.tolist() == series(orders.groupby("month").size())
    assert found.gross.tolist() == series(orders.groupby("month")["gross"].sum())
    assert found.refunded.tolist() == series(back)
    assert found.buyers.tolist() == series(known.groupby("month")["c"].nunique())
    assert found.new_buyers.tolist() == series(known.groupby("c")["month"].min().value_counts())


@given(rows_of, instants, instants)
def test_periods_add_up(make_orders, rows, a, b):
    """Cut in three at any two instants, orders, money and new customers add up to the whole."""
    table = make_orders(rows, customers=5)
    cut = sorted(np.datetime64(x, "us") for x in (a, b))
    periods = [{"end": cut[0]}, {"start": cut[0], "end": cut[1]}, {"start": cut[1]}]
    periods = [p for p in periods if p.get("start", AS_OF) <= AS_OF]
    parts, whole = [metrics(table, AS_OF, **p) for p in periods], metrics(table, AS_OF)
    for name in ("orders", "known_orders", "gross", "refunded", "new_customers"):
        assert sum(getattr(part, name) for part in parts) == getattr(whole, name)
    assert whole.new_customers == whole.customers
    assert sum(monthly(table, AS_OF).net) == whole.net
