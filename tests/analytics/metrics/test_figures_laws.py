"""Figures of any shop: equal to plain loops over orders, adding up, and blind to the order of rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retailcrm.analytics import metrics as m
from retailcrm.analytics.columns import Coded

AS_OF = "2024-05-01T00:00"
PLACES = ("广东", "Ohio", "四川", None)
WHOLE = (
    m.customers, m.buyers, m.new_customers, m.returning_customers, m.new_customer_share, m.acquisition_rate,
    m.orders, m.net, m.aov, m.net_per_buyer, m.orders_per_buyer, m.repurchase_rate, m.refund_rate,
    m.refund_order_rate, m.returning_net, m.returning_net_share,
)  # fmt: skip

# Few moments, so that instants, days and customers coincide often.
moments = st.integers(0, 60).map(lambda i: (datetime(2024, 1, 29) + timedelta(hours=i * 37)).isoformat())  # noqa: DTZ001
shops = st.lists(
    st.fixed_dictionaries(
        {
            "c": st.integers(-1, 3),
            "at": moments,
            "gross": st.integers(0, 90),
            "refunded": st.integers(0, 30),
            "refunded_at": st.one_of(st.none(), moments),
            "credit": st.sampled_from([False, False, False, True]),
            "place": st.sampled_from(PLACES),
        }
    ),
    max_size=14,
)
zones = st.sampled_from(["Asia/Shanghai", "America/New_York"])
periods = st.tuples(st.one_of(st.none(), moments), st.one_of(st.none(), moments)).map(
    lambda ends: ends if None in ends else tuple(sorted(ends))
)


def table_of(make_orders, rows, zone):
    """Make the order table of some rows."""
    table = make_orders(rows, zone=zone, customers=4)
    return attrs.evolve(table, province=Coded.of([row["place"] for row in rows]))


def period_of(ends):
    """Make a period of two texts."""
    return m.Period(*(None if end is None else np.datetime64(end) for end in ends))


class Loops:
    """The figures by plain loops over rows: the definitions, word by word."""

    def __init__(self, rows, zone):
        """Pick what counts: not after as_of, not given back in full by then."""
        self.zone = ZoneInfo(zone)
        self.orders, self.notes = [], []
        for row in rows:
            if row["credit"]:
                if row["at"] < AS_OF and row["refunded"]:
                    self.notes.append(row)
                continue
            back = row["refunded"] if (row["refunded_at"] or row["at"]) < AS_OF else 0
            if row["at"] < AS_OF and not (row["gross"] > 0 and back >= row["gross"]):
                self.orders.append({**row, "back": back})

    def day(self, row):
        """Give the local day of a row."""
        return datetime.fromisoformat(row["at"]).replace(tzinfo=UTC).astimezone(self.zone).date()

    def month(self, row):
        """Give the local month of a row."""
        return self.day(row).strftime("%Y-%m")

    def month_start(self, key):
        """Give the UTC text at which a month begins."""
        first = datetime(int(key[:4]), int(key[5:]), 1, tzinfo=self.zone)
        return first.astimezone(UTC).replace(tzinfo=None).isoformat()

    def next_month(self, key):
        """Give the UTC text at which a month ends."""
        after = (date(int(key[:4]), int(key[5:]), 1) + timedelta(days=31)).strftime("%Y-%m")
        return self.month_start(after)

    def bought_before(self, moment, place=None, orders=None):
        """Give everybody known with an order before a moment (in a place)."""
        return {
            r["c"]
            for r in (self.orders if orders is None else orders)
            if r["c"] >= 0 and r["at"] < moment and (place is None or r["place"] == place)
        }

    def figures(self, start, end, place=None, lapsed=9):
        """Give numerator and denominator of every figure of a period (in a place)."""
        start, end = start or "0", min(end or AS_OF, AS_OF)
        inside = [r for r in self.orders if start <= r["at"] < end and (place is None or r["place"] == place)]
        notes = [n for n in self.notes if start <= n["at"] < end and (place is None or n["place"] == place)]
        who = {r["c"] for r in inside if r["c"] >= 0}
        old = {c for c in who if c in self.bought_before(start)}
        first = {c: min(r["at"] for r in self.orders if r["c"] == c) for c in who}
        new = {r["c"] for r in inside if r["c"] in who and r["at"] == first[r["c"]]}
        back = set()
        for r in inside:
            before = [self.day(o) for o in self.orders if o["c"] == r["c"] and self.day(o) < self.day(r)]
            if r["c"] >= 0 and before and (self.day(r) - max(before)).days >= lapsed:
                back.add(r["c"])
        twice = {c for c in who if len({self.day(r) for r in inside if r["c"] == c}) >= 2}

        def money(people):
            paid = sum(r["gross"] - r["back"] for r in inside if r["c"] in people)
            return paid - sum(n["refunded"] for n in notes if n["c"] in people)

        gross = sum(r["gross"] for r in inside)
        refunded = sum(r["back"] for r in inside) + sum(n["refunded"] for n in notes)
        hers = sum(r["c"] in who for r in inside)
        return {
            "customers": (len(self.bought_before(end, place)), None),
            "buyers": (len(who), None),
            "new_customers": (len(new), None),
            "returning_customers": (len(old), None),
            "reactivated_customers": (len(back), None),
            "new_customer_share": (len(new), len(who)),
            "acquisition_rate": (len(new), len(self.bought_before(start, place))),
            "orders": (len(inside), None),
            "net": (gross - refunded, None),
            "aov": (gross - refunded, len(inside)),
            "net_per_buyer": (money(who), len(who)),
            "orders_per_buyer": (hers, len(who)),
            "repurchase_rate": (len(twice), len(who)),
            "refund_rate": (refunded, gross),
            "refund_order_rate": (sum(r["back"] > 0 for r in inside), len(inside)),
            "returning_net": (money(old), None),
            "returning_net_share": (money(old), money(who)),
        }


def ours(sales, groups, period, group):
    """Give numerator and denominator of every figure of one group."""
    found = [figure(sales, groups, period) for figure in WHOLE]
    found.append(m.reactivated_customers(sales, groups, period, lapsed_days=9))
    place = found[0].groups.index(group)
    return {
        f.key: (int(f.numerator[place]), None if f.denominator is None else int(f.denominator[place]))
        for f in found
    }


@given(shops, zones, periods)
def test_the_whole_is_what_loops_give(make_orders, rows, zone, ends):
    """Of any orders and any period, every figure equals the loops, as numerator and denominator."""
    sales = m.sales_of(table_of(make_orders, rows, zone), np.datetime64(AS_OF))
    assert ours(sales, None, period_of(ends), "all") == Loops(rows, zone).figures(*ends)


@given(shops, zones, periods)
def test_places_are_what_loops_give(make_orders, rows, zone, ends):
    """The same by province, a customer of two provinces in both."""
    table = table_of(make_orders, rows, zone)
    sales, loops = m.sales_of(table, np.datetime64(AS_OF)), Loops(rows, zone)
    groups = m.by_province(sales, table)
    assert set(groups.keys) == {r["place"] for r in (*loops.orders, *loops.notes)} - {None}
    for place in groups.keys:
        assert ours(sales, groups, period_of(ends), place) == loops.figures(*ends, place=place)


@given(shops, zones, periods)
def test_months_are_what_loops_give(make_orders, rows, zone, ends):
    """Each month is a period of its own, cut where the asked period cuts it."""
    sales = m.sales_of(table_of(make_orders, rows, zone), np.datetime64(AS_OF))
    groups, loops = m.by_month(sales), Loops(rows, zone)
    seen = {loops.month(r) for r in (*loops.orders, *loops.notes)}
    assert seen <= set(groups.keys)
    assert (not seen) == (not groups.keys)
    for key in groups.keys:
        start = max(loops.month_start(key), ends[0] or "0")
        end = min(loops.next_month(key), ends[1] or AS_OF)
        if start <= end:
            assert ours(sales, groups, period_of(ends), key) == loops.figures(start, end)


@given(shops, zones, st.integers(1, 40), st.integers(1, 30), moments)
def test_churn_is_what_loops_give(make_orders, rows, zone, active, horizon, cut):
    """The cohort before any cut and who of it stays away, by days of the shop's zone."""
    sales, loops = m.sales_of(table_of(make_orders, rows, zone), np.datetime64(AS_OF)), Loops(rows, zone)
    found = m.churn_rate(sales, cut=np.datetime64(cut, "us"), active_days=active, horizon=horizon)
    day, last = loops.day({"at": cut}), loops.day({"at": AS_OF})
    if day + timedelta(days=horizon) > last:
        assert (found.denominator.tolist(), bool(found.note.en)) == ([0], True)
        return
    known = [r for r in loops.orders if r["c"] >= 0]
    cohort = {r["c"] for r in known if r["at"] < cut and (day - loops.day(r)).days <= active}
    stayed = {r["c"] for r in known if r["at"] >= cut and (loops.day(r) - day).days < horizon}
    assert (found.numerator.tolist(), found.denominator.tolist()) == ([len(cohort - stayed)], [len(cohort)])


@given(shops, zones, moments, moments, moments)
def test_rebuy_is_what_loops_give(make_orders, rows, zone, a, b, c):
    """Who bought in one period and again in the next, whole, by place and from month to month."""
    table, (a, b, c) = table_of(make_orders, rows, zone), sorted((a, b, c))
    sales, loops = m.sales_of(table, np.datetime64(AS_OF)), Loops(rows, zone)

    def bought(start, end, place=None):
        inside = [r for r in loops.orders if start <= r["at"] < end]
        return loops.bought_before("9", place, inside)

    now, before = period_of((b, c)), period_of((a, b))
    found = m.rebuy_rate(sales, period=now, before=before)
    then, again = bought(a, b), bought(a, b) & bought(b, c)
    assert (found.numerator.tolist(), found.denominator.tolist()) == ([len(again)], [len(then)])
    places = m.by_province(sales, table)
    found = m.rebuy_rate(sales, places, now, before=before)
    assert found.denominator.tolist() == [len(bought(a, b, place)) for place in places.keys]
    assert found.numerator.tolist() == [
        len(bought(a, b, place) & bought(b, c, place)) for place in places.keys
    ]
    months = m.by_month(sales)
    found = m.rebuy_rate(sales, months)
    of_month = [{r["c"] for r in loops.orders if loops.month(r) == key} - {-1} for key in months.keys]
    assert found.denominator.tolist() == [len(x) for x in [set(), *of_month[:-1]]][: len(months)]
    assert found.numerator.tolist()[1:] == [len(x & y) for x, y in pairwise(of_month)]


@given(shops, zones, periods)
def test_groups_add_up_to_the_whole(make_orders, rows, zone, ends):
    """Orders and net of all months, and of all provinces with those untold, are the whole's."""
    table, period = table_of(make_orders, rows, zone), period_of(ends)
    sales = m.sales_of(table, np.datetime64(AS_OF))
    for groups in (m.by_month(sales), m.by_province(sales, table).with_untold()):
        for figure in (m.orders, m.net):
            whole = figure(sales, period=period).numerator.sum()
            assert figure(sales, groups, period).numerator.sum() == whole
    firsts = m.new_customers(sales, m.by_month(sales), period).numerator.sum()
    assert firsts == m.new_customers(sales, period=period).numerator.sum()


@given(shops, zones, periods, st.randoms())
def test_the_order_of_rows_changes_nothing(make_orders, rows, zone, ends, random):
    """Shuffled orders give the same figures, whole, by month and by province."""
    mixed = random.sample(rows, len(rows))
    found = []
    for some in (rows, mixed):
        table = table_of(make_orders, some, zone)
        sales = m.sales_of(table, np.datetime64(AS_OF))
        by = (None, m.by_month(sales), m.by_province(sales, table))
        found.append(
            [{k: ours(sales, g, period_of(ends), k) for k in (("all",) if g is None else g.keys)} for g in by]
        )
    assert found[0] == found[1]


@given(shops, zones, periods)
def test_the_whole_is_what_metrics_gives(make_orders, rows, zone, ends):
    """The first figures, computed another way, are the same."""
    table, period = table_of(make_orders, rows, zone), period_of(ends)
    assume(period.start is None or period.start <= np.datetime64(AS_OF))
    known = m.metrics(table, np.datetime64(AS_OF, "us"), start=period.start, end=period.end)
    sales = m.sales_of(table, np.datetime64(AS_OF))
    whole = {figure.__name__: figure(sales, period=period).value() for figure in WHOLE}
    for name in ("aov", "net_per_buyer", "orders_per_buyer", "repurchase_rate", "new_customer_share",
                 "refund_rate", "orders", "net", "new_customers"):  # fmt: skip
        assert whole[name] == getattr(known, name), name
    assert whole["buyers"] == known.customers
    months, series = m.monthly(table, np.datetime64(AS_OF, "us")), m.by_month(sales)
    assert series.keys == tuple(months.months.astype(str).tolist())
    assert m.net(sales, series).numerator.tolist() == months.net.tolist()
    assert m.new_customers(sales, series).numerator.tolist() == months.new_buyers.tolist()


@pytest.mark.parametrize("size", [1, 3])
def test_rates_stay_whole_numbers(make_orders, size):
    """Money beyond what a float can hold adds up exactly, and divides exactly."""
    big = 2**53 + 1
    sales = m.sales_of(make_orders([{"c": 0, "at": "2024-02-01", "gross": big}] * size), np.datetime64(AS_OF))
    assert m.net(sales).value() == big * size
    assert m.net_per_buyer(sales, m.by_month(sales)).values() == [Fraction(big * size)]
