"""The prepared sales: order, past of each row, what counts, periods."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics import metrics as m
from retailcrm.analytics.columns import MISSING
from retailcrm.analytics.counting import DEFAULT_COUNTING, count
from retailcrm.analytics.metrics import sales as module
from retailcrm.errors import InputError

AS_OF = np.datetime64("2024-06-30T16:00", "us")

hours = st.integers(0, 24 * 40)
rows_of = st.lists(
    st.fixed_dictionaries(
        {
            "c": st.integers(-1, 3),
            "at": hours.map(lambda h: str(np.datetime64("2024-05-30", "us") + np.timedelta64(h, "h"))),
            "gross": st.integers(0, 100),
            "refunded": st.integers(0, 30),
            "credit": st.sampled_from([False, False, True]),
        }
    ),
    max_size=20,
)


def local(instant, zone):
    """Give the local day of a naive UTC text as a day number, by the standard library."""
    moment = datetime.fromisoformat(instant).replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    return (moment.date() - datetime(1970, 1, 1).date()).days  # noqa: DTZ001 - a day, not a moment


@given(rows_of, st.sampled_from(["Asia/Shanghai", "Europe/London"]))
def test_rows_and_their_past(make_orders, rows, zone):
    """Rows stand by customer and time, unknown last; each knows its first order and its day before."""
    table = make_orders(rows, zone=zone, customers=4)
    sales = m.sales_of(table, AS_OF)
    picked = [rows[i] for i in sales.row.tolist()]
    order = [(r["c"] if r["c"] >= 0 else 9, np.datetime64(r["at"]), i)
             for r, i in zip(picked, sales.row.tolist(), strict=True)]  # fmt: skip
    assert order == sorted(order)
    assert sales.customer.tolist() == [r["c"] for r in picked]
    assert sales.gross.tolist() == [r["gross"] for r in picked]
    assert sales.refunded.tolist() == [r["refunded"] for r in picked]
    assert sales.known == sum(r["c"] >= 0 for r in picked)
    for i, row in enumerate(picked):
        hers = [r for r in picked if r["c"] == row["c"]]
        day = local(row["at"], zone)
        assert sales.day[i] == day
        if row["c"] < 0:
            assert np.isnat(sales.first_at[i])
            assert (sales.previous_day[i], sales.first[i]) == (MISSING, False)
            continue
        first = min(np.datetime64(r["at"]) for r in hers)
        earlier = [d for r in hers if (d := local(r["at"], zone)) < day]
        assert sales.first_at[i] == first
        assert sales.first[i] == (np.datetime64(row["at"]) == first)
        assert sales.previous_day[i] == (max(earlier) if earlier else MISSING)


@given(rows_of)
def test_what_counts_is_decided_elsewhere(make_orders, rows):
    """Rows and credit notes are those of ``counting.count``, moved but not changed."""
    table = make_orders(rows, customers=4)
    sales, rows_in_order = m.sales_of(table, AS_OF), count(table, DEFAULT_COUNTING, AS_OF)
    back = np.argsort(sales.row)
    assert (sales.gross[back] == rows_in_order.gross).all()
    assert (sales.refunded[back] == rows_in_order.refunded).all()
    assert (sales.at[back] == rows_in_order.at).all()
    assert (sales.credit == rows_in_order.credit).all()
    assert (table.refunded[sales.credit_row] == sales.credit).all()
    assert (table.customer[sales.credit_row] == sales.credit_customer).all()


@given(rows_of)
def test_both_ways_to_sort_agree(make_orders, rows):
    """Where customer, day and position do not fit one number, the long way gives the same rows."""
    table = make_orders(rows, customers=4)
    short = m.sales_of(table, AS_OF)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_KEY_BITS", 0)
        long = m.sales_of(table, AS_OF)
    assert short.row.tolist() == long.row.tolist()
    assert short.previous_day.tolist() == long.previous_day.tolist()


def test_a_day_that_begins_twice(make_orders):
    """In São Paulo the clock went from 24:00 back to 23:00: instants, not wall clocks, make the order."""
    change = np.datetime64("2018-02-18T02:00", "us")
    moments = [change + np.timedelta64(minutes, "m") for minutes in (30, -30, 90, -90)]
    rows = [{"c": 0, "at": str(moment)} for moment in moments]
    sales = m.sales_of(make_orders(rows, zone="America/Sao_Paulo"), AS_OF)
    assert sales.row.tolist() == [3, 1, 0, 2]
    assert sales.first.tolist() == [True, False, False, False]


def test_whoever_buys_twice_at_one_instant_has_two_first_orders(make_orders):
    """Two orders at the first instant are both first, and she is one new customer."""
    sales = m.sales_of(make_orders([{"c": 0, "at": "2024-06-01"}] * 2), AS_OF)
    assert sales.first.tolist() == [True, True]
    assert m.new_customers(sales).value() == 1


def test_a_period_runs_forward():
    """A period has known ends in their order; an open one has none of the same length before it."""
    june, july = np.datetime64("2024-06-01"), np.datetime64("2024-07-01")
    with pytest.raises(InputError, match="before its start"):
        m.Period(july, june)
    with pytest.raises(InputError, match="known instant"):
        m.Period(np.datetime64("NaT"))
    with pytest.raises(InputError, match="open period"):
        m.Period(june).before()
    assert m.Period(june, july) == m.Period(june.astype("datetime64[us]"), july.astype("datetime64[s]"))
    assert m.Period(june, june).before() == m.Period(june, june)


def test_untold_rows_can_have_a_group(make_orders):
    """What is in no group gets one of its own, last; groups of time and a taken key are refused."""
    rows = [{"c": 0, "at": "2024-06-01", "gross": 5}, {"c": 1, "at": "2024-06-02", "gross": 7}]
    sales = m.sales_of(make_orders(rows), AS_OF)
    code = np.array([0, -1], np.int32)
    groups = m.Groups(name="x", keys=("a",), code=code, credit_code=np.empty(0, np.int32))
    assert m.net(sales, groups).numerator.tolist() == [5]
    full = groups.with_untold()
    assert (full.keys, m.net(sales, full).numerator.tolist()) == (("a", ""), [5, 7])
    for wrong, key in ((m.by_month(sales), ""), (groups, "a")):
        with pytest.raises(InputError, match="cannot take a group"):
            wrong.with_untold(key)


def test_sales_are_values(make_orders):
    """Sales cannot be changed, and carry the table's currency and zone."""
    sales = m.sales_of(make_orders([], zone="Europe/London", currency="GBP"), AS_OF)
    assert (sales.currency, sales.zone, sales.as_of) == ("GBP", "Europe/London", AS_OF)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        sales.known = 1
