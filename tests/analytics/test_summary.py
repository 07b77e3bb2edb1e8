"""One row a customer: exact, order-free, mergeable over disjoint customers, never looking ahead."""

from __future__ import annotations

from fractions import Fraction

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics import summary as summary_module
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.summary import Volume, coverage, days_since_last, merge_summaries, summarise
from retailcrm.domain.orders import OrderState as S
from retailcrm.errors import CurrencyMismatchError, InputError

AS_OF = np.datetime64("2024-03-01T00:00", "us")
COLUMNS = ("customer", "orders", "purchase_days", "first_at", "last_at", "gross", "refunded")


def as_lists(summary):
    """Give a summary's columns as plain lists."""
    return {name: getattr(summary, name).tolist() for name in COLUMNS}


def test_by_hand(make_orders):
    """Two customers, one of them with two orders on one Shanghai day that UTC would split."""
    table = make_orders(
        [
            {"c": 1, "at": "2024-01-05T15:30", "gross": 1000},  # 23:30 in Shanghai
            {
                "c": 1,
                "at": "2024-01-05T15:59:59.999999",
                "gross": 500,
                "refunded": 200,
                "refunded_at": "2024-01-09",
            },
            {"c": 1, "at": "2024-01-05T16:00", "gross": 300},  # the next day there
            {"c": 0, "at": "2024-02-10", "gross": 0},
            {"c": 0, "at": "2024-02-29T23:59:59.999999", "gross": 700},
            {"c": 0, "at": "2024-03-01", "gross": 999},
            {"c": -1, "at": "2024-01-01", "gross": 5000},
            {"c": 2, "at": "2024-01-01", "gross": 800, "state": S.CLOSED},
        ]
    )
    summary = summarise(table, AS_OF)
    assert as_lists(summary) == {
        "customer": [0, 1],
        "orders": [2, 3],
        "purchase_days": [2, 2],
        "first_at": np.array(["2024-02-10", "2024-01-05T15:30"], "M8[us]").tolist(),
        "last_at": np.array(["2024-02-29T23:59:59.999999", "2024-01-05T16:00"], "M8[us]").tolist(),
        "gross": [700, 1800],
        "refunded": [0, 200],
    }
    assert (summary.as_of, summary.currency, summary.zone) == (AS_OF, "CNY", "Asia/Shanghai")


def test_days_since_last_counts_calendar_days_of_the_zone(make_orders):
    """Yesterday is 1 whatever the hour; the moment's own day is 0."""
    table = make_orders(
        [
            {"c": 0, "at": "2024-02-28T15:59"},  # 28 February, 23:59 in Shanghai
            {"c": 1, "at": "2024-02-28T16:00"},  # 29 February, 00:00 in Shanghai
        ]
    )
    midnight = np.datetime64("2024-02-29T16:00", "us")  # 1 March, 00:00 in Shanghai
    assert days_since_last(summarise(table, midnight)).tolist() == [2, 1]
    assert days_since_last(summarise(table, midnight - np.timedelta64(1, "us"))).tolist() == [1, 0]


def test_credit_notes_lower_the_net_of_customers_with_orders(make_orders):
    """A credit note is paid back money, no order; a customer with nothing else has no row."""
    table = make_orders(
        [
            {"c": 0, "at": "2024-01-05", "gross": 1000},
            {"c": 0, "at": "2024-02-05", "refunded": 1500, "credit": True},
            {"c": 0, "at": "2024-03-05", "refunded": 9, "credit": True},
            {"c": 1, "at": "2024-02-05", "refunded": 400, "credit": True},
            {"c": -1, "at": "2024-02-05", "refunded": 50, "credit": True},
        ]
    )
    summary = summarise(table, AS_OF)
    assert summary.customer.tolist() == [0]
    assert summary.orders.tolist() == [1]
    assert summary.net.tolist() == [-500]
    assert coverage(table, AS_OF).credit_only == 1


def test_a_dropped_order_leaves_no_trace(make_orders):
    """An order given back in full leaves days, dates and money; kept, it leaves only its net."""
    table = make_orders(
        [
            {"c": 0, "at": "2024-01-05", "gross": 1000},
            {"c": 0, "at": "2024-02-05", "gross": 600, "refunded": 600},
            {"c": 1, "at": "2024-02-06", "gross": 600, "refunded": 600},
        ]
    )
    dropped, kept = summarise(table, AS_OF), summarise(table, AS_OF, CountingPolicy(full_refund="keep"))
    assert as_lists(dropped)["customer"] == [0]
    assert (dropped.orders.tolist(), dropped.gross.tolist(), dropped.refunded.tolist()) == ([1], [1000], [0])
    assert dropped.last_at.tolist() == np.array(["2024-01-05"], "M8[us]").tolist()
    assert (kept.orders.tolist(), kept.net.tolist()) == ([2, 1], [1000, 0])


def test_money_is_exact_beyond_floats(make_orders):
    """Sums past 2**53 keep their last fen, which sums of floats would lose."""
    big = 2**53
    table = make_orders([{"at": "2024-01-01", "gross": big}, {"at": "2024-01-02", "gross": 1, "refunded": 0}])
    assert summarise(table, AS_OF).gross.tolist() == [big + 1]


def test_no_orders_no_rows(make_orders):
    """An empty shop, and one with only unknown buyers, have empty summaries of the right kind."""
    for rows in ([], [{"c": -1, "at": "2024-01-01", "gross": 5}]):
        summary = summarise(make_orders(rows), AS_OF)
        assert len(summary) == 0
        assert days_since_last(summary).tolist() == []


instants = st.datetimes(min_value=pd.Timestamp("2023-06-01"), max_value=pd.Timestamp("2024-04-01")).map(
    lambda moment: moment.isoformat()
)
rows_of = st.lists(
    st.fixed_dictionaries(
        {
            "c": st.integers(-1, 4),
            "at": instants,
            "gross": st.integers(0, 10**9),
            "refunded": st.one_of(st.just(0), st.integers(0, 10**9)),
            "refunded_at": st.one_of(st.none(), instants),
            "credit": st.sampled_from([False, False, False, True]),
        }
    ),
    max_size=30,
)
zones = st.sampled_from(["Asia/Shanghai", "Europe/London", "America/New_York"])


def by_pandas(rows, zone):
    """Compute the summary with pandas, from the rows."""
    frame = pd.DataFrame(rows, columns=["c", "at", "gross", "refunded", "refunded_at", "credit"])
    utc = "datetime64[us, UTC]"
    frame["at"] = pd.to_datetime(frame["at"], format="ISO8601", utc=True).astype(utc)
    settled = pd.to_datetime(frame["refunded_at"], format="ISO8601", utc=True).astype(utc).fillna(frame["at"])
    settled = settled.where(~frame["credit"].astype(bool), frame["at"])
    end = pd.Timestamp(AS_OF, tz="UTC")
    frame["back"] = frame["refunded"].where(settled < end, 0)
    credit = frame["credit"].astype(bool)
    whole = (frame["gross"] > 0) & (frame["back"] >= frame["gross"])
    orders = frame[~credit & (frame["at"] < end) & ~whole & (frame["c"] >= 0)].copy()
    orders["day"] = orders["at"].dt.tz_convert(zone).dt.date
    found = orders.groupby("c").agg(
        orders=("at", "size"),
        purchase_days=("day", "nunique"),
        first_at=("at", "min"),
        last_at=("at", "max"),
        gross=("gross", "sum"),
        refunded=("back", "sum"),
    )
    notes = frame[credit].groupby("c")["back"].sum()
    found["refunded"] += notes.reindex(found.index).fillna(0).astype("int64")
    return found


@given(rows_of, zones)
def test_agrees_with_pandas(make_orders, rows, zone):
    """On any orders the columns equal an independent group-by, in a zone with or without summer time."""
    found = summarise(make_orders(rows, zone=zone, customers=5), AS_OF)
    wanted = by_pandas(rows, zone)
    assert found.customer.tolist() == wanted.index.tolist()
    for name in ("orders", "purchase_days", "gross", "refunded"):
        assert getattr(found, name).tolist() == wanted[name].tolist()
    for name in ("first_at", "last_at"):
        assert getattr(found, name).tolist() == [t.tz_localize(None).to_pydatetime() for t in wanted[name]]


def test_large_tables_are_counted_in_parts(make_orders, monkeypatch):
    """How many rows are counted together does not show in the summary."""
    rng = np.random.default_rng(3)
    rows = [
        {"c": c, "at": f"2024-01-{d:02}", "gross": g, "refunded": g % 7, "credit": g % 11 == 0}
        for c, d, g in rng.integers((-1, 1, 0), (9, 32, 900), (400, 3)).tolist()
    ]
    table = make_orders(rows)
    whole = as_lists(summarise(table, AS_OF))
    for block in (1, 13, 399, 400, 401):
        monkeypatch.setattr(summary_module, "_BLOCK", block)
        assert as_lists(summarise(table, AS_OF)) == whole


@given(rows_of, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(make_orders, rows, random):
    """Shuffled orders give the same summary."""
    shuffled = random.sample(rows, len(rows))
    first, second = (summarise(make_orders(r, customers=5), AS_OF) for r in (rows, shuffled))
    assert as_lists(first) == as_lists(second)


@given(rows_of, st.lists(instants, max_size=5))
def test_later_orders_and_refunds_do_not_exist_yet(make_orders, rows, later):
    """Removing what happens at the moment or after it changes nothing."""
    past = [row for row in rows if np.datetime64(row["at"]) < AS_OF]
    past = [
        {**row, "refunded": 0} if row["refunded_at"] and np.datetime64(row["refunded_at"]) >= AS_OF else row
        for row in past
        if not row["credit"]
    ]
    future = [{"c": 0, "at": at, "gross": 7} for at in later if np.datetime64(at) >= AS_OF]
    orders = [row for row in rows if not row["credit"]]
    first = summarise(make_orders(past, customers=5), AS_OF)
    second = summarise(make_orders([*orders, *future], customers=5), AS_OF)
    assert as_lists(first) == as_lists(second)


@given(rows_of, st.lists(st.integers(0, 2), min_size=5, max_size=5), st.permutations([0, 1, 2]))
def test_summaries_of_disjoint_customers_merge(make_orders, rows, part_of, order):
    """Split by customer into parts, summed apart and merged in any order, the whole comes back."""
    whole = summarise(make_orders(rows, customers=5), AS_OF)
    parts = [
        summarise(make_orders([r for r in rows if r["c"] >= 0 and part_of[r["c"]] == p], customers=5), AS_OF)
        for p in order
    ]
    assert as_lists(merge_summaries(parts)) == as_lists(whole)
    nested = merge_summaries([merge_summaries(parts[:2]), parts[2]])
    assert as_lists(nested) == as_lists(whole)


def test_a_summary_merges_with_itself_alone(make_orders):
    """Merging one part gives it back; an empty part adds nothing."""
    whole = summarise(make_orders([{"at": "2024-01-01", "gross": 5}]), AS_OF)
    empty = summarise(make_orders([]), AS_OF)
    assert as_lists(merge_summaries([whole])) == as_lists(merge_summaries([empty, whole])) == as_lists(whole)


def test_what_cannot_be_merged(make_orders):
    """The same customer twice, other moments, zones or currencies, and nothing at all are refused."""
    rows = [{"at": "2024-01-01", "gross": 5}]
    whole = summarise(make_orders(rows), AS_OF)
    with pytest.raises(InputError, match="customer 0 is in more than one"):
        merge_summaries([whole, whole])
    with pytest.raises(InputError, match="moments or zones"):
        merge_summaries([whole, attrs.evolve(whole, as_of=np.datetime64("2024-03-02", "us"))])
    with pytest.raises(InputError, match="moments or zones"):
        merge_summaries([whole, attrs.evolve(whole, zone="UTC")])
    with pytest.raises(CurrencyMismatchError, match="CNY, USD"):
        merge_summaries([whole, attrs.evolve(whole, currency="USD")])
    with pytest.raises(InputError, match="no summary"):
        merge_summaries([])


def test_coverage_by_strength(make_orders):
    """Orders and money are split by how surely the buyer is known, credit notes among the money."""
    table = make_orders(
        [
            {"c": 0, "at": "2024-01-01", "gross": 600, "refunded": 100},
            {"c": 0, "at": "2024-01-02", "gross": 200},
            {"c": 1, "at": "2024-01-03", "gross": 400},
            {"c": 1, "at": "2024-01-03", "refunded": 30, "credit": True},
            {"c": -1, "at": "2024-01-04", "gross": 800},
            {"c": -1, "at": "2024-01-04", "refunded": 50, "credit": True},
        ],
        strength=[2, 1],
    )
    found = coverage(table, AS_OF)
    assert found.stable == Volume(orders=2, gross=800, refunded=100)
    assert found.weak == Volume(orders=1, gross=400, refunded=30)
    assert found.none == Volume(orders=1, gross=800, refunded=50)
    assert [v.net for v in (found.stable, found.weak, found.none)] == [700, 370, 750]
    assert found.known_orders == Fraction(3, 4)
    assert found.known_money == Fraction(1200, 2000)
    assert found.credit_only == 0


def test_coverage_of_an_empty_shop(make_orders):
    """Without orders there is no share to state."""
    found = coverage(make_orders([]), AS_OF)
    assert (found.known_orders, found.known_money, found.credit_only) == (None, None, 0)


@given(rows_of)
def test_coverage_adds_up_to_the_shop(make_orders, rows):
    """Orders of known buyers are the summary's; customers with nothing but credit notes are counted."""
    table = make_orders(rows, customers=5, strength=[2, 1, 2, 1, 2])
    found, summary = coverage(table, AS_OF), summarise(table, AS_OF)
    assert found.stable.orders + found.weak.orders == summary.orders.sum()
    assert found.stable.gross + found.weak.gross == summary.gross.sum()
    credited = {r["c"] for r in rows if r["credit"] and np.datetime64(r["at"]) < AS_OF and r["refunded"]} - {
        -1
    }
    assert found.credit_only == len(credited - set(summary.customer.tolist()))
