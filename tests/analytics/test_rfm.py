"""Scores: ties tie, better never scores less, and every score agrees with a plain computation."""

from __future__ import annotations

import math
from fractions import Fraction

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.rfm import Cuts, RfmSpec, fit_cuts, score
from retailcrm.analytics.summary import summarise

PER_ORDER = RfmSpec(monetary="per_order")

customers = st.lists(
    st.fixed_dictionaries(
        {
            "days": st.integers(0, 40),
            "orders": st.integers(1, 9),
            "net": st.integers(-300, 3000),
            "gross": st.integers(0, 3000),
        }
    ),
    max_size=40,
)
specs = st.one_of(
    st.builds(
        RfmSpec,
        method=st.just("quantile"),
        bins=st.integers(2, 9),
        monetary=st.sampled_from(["total", "per_order"]),
        amount=st.sampled_from(["net", "gross"]),
    ),
    st.builds(
        RfmSpec,
        method=st.sampled_from(["mean", "median"]),
        monetary=st.sampled_from(["total", "per_order"]),
        frequency=st.sampled_from(["orders", "purchase_days"]),
    ),
    st.just(RfmSpec(method="bands", r_bands=(30, 10), f_bands=(2, 5), m_bands=(500, "1000"))),
)


def figures(row, spec):
    """Give the three figures of one customer so that high is good."""
    money = Fraction(row["net"] if spec.amount == "net" else row["gross"])
    return (
        -row["days"],
        Fraction(row["orders"]),
        money / (row["orders"] if spec.monetary == "per_order" else 1),
    )


def all_scores(scores):
    """Give (r, f, m) of each customer."""
    return list(zip(scores.r.tolist(), scores.f.tolist(), scores.m.tolist(), strict=True))


def test_quintiles_by_hand(make_summary):
    """Ten customers, all different: two in each level, the best with 5."""
    rows = [{"days": d, "orders": 11 - d, "net": 100 * (11 - d)} for d in range(1, 11)]
    scores = score(make_summary(rows), fit_cuts(make_summary(rows)))
    assert scores.r.tolist() == scores.f.tolist() == scores.m.tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert scores.code.tolist() == [111 * s for s in (5, 5, 4, 4, 3, 3, 2, 2, 1, 1)]
    assert scores.days_since_last.tolist() == list(range(1, 11))
    assert scores.notes == ()
    assert (scores.r.dtype, scores.levels, len(scores)) == (np.int8, 5, 10)


def test_cut_points_by_hand(make_summary):
    """Cut point k stands at place ceil(k n / bins) from the poor end; above it scores more."""
    rows = [{"orders": o} for o in (1, 1, 1, 1, 1, 2, 3)]
    cuts = fit_cuts(make_summary(rows))
    # places ceil(7k/5) = 2, 3, 5, 6 of 1 1 1 1 1 2 3
    assert cuts.f.edges == (1, 1, 1, 2)
    scores = score(make_summary(rows), cuts)
    assert scores.f.tolist() == [1, 1, 1, 1, 1, 4, 5]
    assert [note.en for note in scores.notes if note.en.startswith("F")] == ["F: nobody scores 2, 3"]
    assert [note.zh for note in scores.notes if note.en.startswith("F")] == ["F：没有客户得 2, 3 分"]


def test_recency_is_cut_from_the_far_end(make_summary):
    """With more customers on the best day, they share one score, and the far ones get 1."""
    rows = [{"days": d} for d in (9, 5, 1, 1, 1)]
    cuts = fit_cuts(make_summary(rows))
    assert cuts.r.edges == (9, 5, 1, 1)
    assert score(make_summary(rows), cuts).r.tolist() == [1, 2, 3, 3, 3]


def test_one_level_for_a_column_without_differences(make_summary):
    """Where all figures are equal there is nothing to cut: everybody gets 3 of 5, and it is said."""
    rows = [{"days": 3, "orders": 1, "net": n} for n in (1, 2, 3, 4, 5)]
    scores = score(make_summary(rows), fit_cuts(make_summary(rows)))
    assert scores.r.tolist() == scores.f.tolist() == [3] * 5
    assert scores.m.tolist() == [1, 2, 3, 4, 5]
    assert [note.en for note in scores.notes] == [
        "R: all customers have the same days since the last purchase, so all score 3",
        "F: all customers have the same orders, so all score 3",
    ]
    assert scores.notes[0].zh == "R：所有客户的距上次购买天数都相同，统一记 3 分"


@pytest.mark.parametrize(("bins", "neutral"), [(2, 1), (3, 2), (4, 2), (5, 3), (9, 5)])
def test_one_customer_is_neutral(make_summary, bins, neutral):
    """A shop with one customer scores the middle of any number of levels, the lower of two middles."""
    one = make_summary([{"days": 3, "net": 5}])
    assert score(one, fit_cuts(one, RfmSpec(bins=bins))).code.tolist() == [111 * neutral]


def test_fewer_customers_than_levels(make_summary):
    """Three customers in five levels are ordered, and a note says that levels stay empty."""
    rows = [{"net": n} for n in (10, 20, 30)]
    scores = score(make_summary(rows), fit_cuts(make_summary(rows)))
    # places ceil(3k/5) = 1, 2, 2, 3
    assert scores.m.tolist() == [1, 2, 4]
    assert "3 customers are fewer than the 5 score levels" in scores.notes[0].en


def test_no_customers(make_summary):
    """An empty shop has cut points that cut nothing, and empty scores."""
    empty = make_summary([])
    cuts = fit_cuts(empty)
    assert len(score(empty, cuts)) == 0
    assert Cuts.from_dict(cuts.to_dict()) == cuts
    assert score(make_summary([{"net": 5}]), cuts).code.tolist() == [333]


def test_customers_without_profit_are_kept_and_flagged(make_summary):
    """Net of zero or less stays in the scores, flagged and counted in a note."""
    rows = [{"net": n, "gross": 900} for n in (-5, 0, 1, 100)]
    scores = score(make_summary(rows), fit_cuts(make_summary(rows)))
    assert scores.not_positive.tolist() == [True, True, False, False]
    assert scores.m.tolist() == [1, 2, 3, 4]
    assert scores.notes[-1] == ("2 位客户的净消费额不为正", "2 customers have a net spend of zero or less")
    gross = fit_cuts(make_summary(rows), RfmSpec(amount="gross"))
    assert not score(make_summary(rows), gross).not_positive.any()


@pytest.mark.parametrize("method", ["mean", "median"])
def test_high_and_low_by_hand(make_summary, method):
    """High is strictly better than the mean (or median) customer."""
    rows = [{"days": d, "orders": o, "net": n} for d, o, n in ((1, 1, 10), (2, 1, 20), (9, 4, 60))]
    scores = score(make_summary(rows), fit_cuts(make_summary(rows), RfmSpec(method=method)))
    wanted = {
        "mean": ([2, 2, 1], [1, 1, 2], [1, 1, 2]),  # means 4, 2, 30
        "median": ([2, 1, 1], [1, 1, 2], [1, 1, 2]),  # medians 2, 1, 20
    }[method]
    assert (scores.r.tolist(), scores.f.tolist(), scores.m.tolist()) == wanted


def test_a_figure_equal_to_the_mean_is_low(make_summary):
    """The mean is exact, so a customer who meets it exactly is not above it."""
    rows = [{"net": n} for n in (0, 1, 2)]
    assert fit_cuts(make_summary(rows), RfmSpec(method="mean")).m.edges == (1,)
    assert score(make_summary(rows), fit_cuts(make_summary(rows), RfmSpec(method="mean"))).m.tolist() == [
        1,
        1,
        2,
    ]
    tight = [{"net": n} for n in (2**60, 2**60 + 1)]
    assert fit_cuts(make_summary(tight), RfmSpec(method="mean")).m.edges == (Fraction(2**61 + 1, 2),)
    scores = score(make_summary(tight), fit_cuts(make_summary(tight), RfmSpec(method="mean")))
    assert scores.m.tolist() == [1, 2]


def test_money_per_order_is_exact(make_summary):
    """10/3 and 20/6 tie; averages that differ beyond the precision of floats do not."""
    rows = [{"net": 10, "orders": 3}, {"net": 20, "orders": 6}, {"net": 11, "orders": 3}]
    cuts = fit_cuts(make_summary(rows), PER_ORDER)
    assert cuts.m.edges == (Fraction(10, 3), Fraction(10, 3), Fraction(10, 3), Fraction(11, 3))
    assert score(make_summary(rows), cuts).m.tolist() == [1, 1, 4]
    # k + 1/5 and k + 1/3 round to the same float
    k = 2**50
    assert (5 * k + 1) / 5 == (3 * k + 1) / 3
    near = [{"net": 5 * k + 1, "orders": 5}, {"net": 3 * k + 1, "orders": 3}, {"net": 1, "orders": 1}]
    cuts = fit_cuts(make_summary(near), PER_ORDER)
    assert score(make_summary(near), cuts).m.tolist() == [2, 4, 1]
    assert score(make_summary(near[::-1]), fit_cuts(make_summary(near[::-1]), PER_ORDER)).m.tolist() == [
        1,
        4,
        2,
    ]


def test_mean_per_order_is_the_mean_of_the_averages(make_summary):
    """Per order, the mean is over customers, each with her own average: (10 + 2 + 3) / 3 = 5."""
    rows = [{"net": 10, "orders": 1}, {"net": 4, "orders": 2}, {"net": 9, "orders": 3}]
    cuts = fit_cuts(make_summary(rows), RfmSpec(method="mean", monetary="per_order"))
    assert cuts.m.edges == (5,)


@given(customers, specs, st.randoms(use_true_random=False))
def test_scores_belong_to_customers_not_to_rows(make_summary, rows, spec, random):
    """Shuffled rows get the same scores, and equal figures equal scores."""
    shuffled = random.sample(rows, len(rows))
    first = all_scores(score(make_summary(rows), fit_cuts(make_summary(rows), spec)))
    second = all_scores(score(make_summary(shuffled), fit_cuts(make_summary(shuffled), spec)))
    by_figures = dict(zip([figures(row, spec) for row in shuffled], second, strict=True))
    assert [by_figures[figures(row, spec)] for row in rows] == first


@given(customers, specs)
def test_better_never_scores_less(make_summary, rows, spec):
    """In each dimension the scores rise with the figures, within 1 to the number of levels."""
    scores = all_scores(score(make_summary(rows), fit_cuts(make_summary(rows), spec)))
    for dimension in range(3):
        ranked = sorted(zip((figures(row, spec)[dimension] for row in rows), scores, strict=True))
        column = [s[dimension] for _, s in ranked]
        assert column == sorted(column)
        assert all(1 <= s <= spec.bins for s in column)


@given(customers, st.integers(2, 9), st.sampled_from(["total", "per_order"]))
def test_quantiles_agree_with_a_count(make_summary, rows, bins, monetary):
    """A score is 1 plus the number of cut points below, each found by counting customers in a loop."""
    spec = RfmSpec(bins=bins, monetary=monetary)
    scores = all_scores(score(make_summary(rows), fit_cuts(make_summary(rows), spec)))
    for dimension in range(3):
        column = [figures(row, spec)[dimension] for row in rows]
        if len(set(column)) < 2:
            assert {s[dimension] for s in scores} <= {(bins + 1) // 2}
            continue
        cut_points = [
            min(v for v in column if sum(w <= v for w in column) * bins >= k * len(column))
            for k in range(1, bins)
        ]
        assert [s[dimension] for s in scores] == [1 + sum(v > cut for cut in cut_points) for v in column]


@given(customers, st.sampled_from(["total", "per_order"]))
def test_means_and_medians_agree_with_fractions(make_summary, rows, monetary):
    """High is above the mean of exact fractions, or above the lower median."""
    for method in ("mean", "median"):
        spec = RfmSpec(method=method, monetary=monetary)
        scores = all_scores(score(make_summary(rows), fit_cuts(make_summary(rows), spec)))
        for dimension in range(3):
            column = [figures(row, spec)[dimension] for row in rows]
            if len(set(column)) > 1:
                middle = (
                    Fraction(sum(column), len(column))
                    if method == "mean"
                    else sorted(column)[(len(column) - 1) // 2]
                )
                assert [s[dimension] for s in scores] == [1 + (v > middle) for v in column]


def test_agrees_with_duckdb_and_pandas(make_orders):
    """From orders to scores, on random orders, DuckDB's and pandas' own quantiles give the same scores."""
    rng = np.random.default_rng(7)
    n = 4000
    frame = pd.DataFrame(
        {
            "c": rng.integers(0, 700, n),
            "t": pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 400 * 86400, n), "s"),
            "a": rng.integers(0, 50000, n),
        }
    )
    rows = [{"c": c, "at": t.isoformat(), "gross": a} for c, t, a in frame.itertuples(index=False)]
    summary = summarise(make_orders(rows), np.datetime64("2024-03-01", "us"))
    found = score(summary, fit_cuts(summary))

    with duckdb.connect() as connection:
        connection.register("orders", frame)
        connection.execute("""
            create table base as select c, (epoch_us(max(t)) + 28800000000) // 86400000000 as d,
            count(*) as n, sum(a)::bigint as m from orders group by c
        """)
        (edges,) = connection.execute("""
            select quantile_disc(d, [.2, .4, .6, .8]), quantile_disc(n, [.2, .4, .6, .8]),
            quantile_disc(m, [.2, .4, .6, .8]) from base
        """).fetchall()
        table = connection.execute("select * from base order by c").df()
    assert summary.customer.tolist() == table["c"].tolist()
    for ours, name, cuts in zip((found.r, found.f, found.m), ("d", "n", "m"), edges, strict=True):
        assert ours.tolist() == [1 + sum(v > cut for cut in cuts) for v in table[name].tolist()]
        quantiles = table[name].quantile([0.2, 0.4, 0.6, 0.8], interpolation="higher")
        places = [math.ceil(k * len(table) / 5) for k in range(1, 5)]
        if len(table) % 5 == 1:  # then pandas' "higher" means the same place
            assert [sorted(table[name])[p - 1] for p in places] == quantiles.tolist()


@pytest.mark.data
def test_cdnow_by_pandas(make_orders, data_dir):
    """CDNOW's 23,570 customers: totals as published, scores as pandas computes them."""
    frame = pd.read_csv(data_dir / "cdnow_master.txt", sep=r"\s+", header=0, names=["c", "day", "cds", "usd"])
    frame["t"] = pd.to_datetime(frame["day"].astype(str), format="%Y%m%d")
    frame["cents"] = (frame["usd"] * 100).round().astype("int64")
    codes, _ = pd.factorize(frame["c"], sort=True)
    rows = [
        {"c": c, "at": t.isoformat(), "gross": a}
        for c, t, a in zip(codes, frame["t"], frame["cents"], strict=True)
    ]
    summary = summarise(make_orders(rows, zone="UTC", currency="USD"), np.datetime64("1998-07-01", "us"))
    assert (len(summary), int(summary.net.sum())) == (23570, 250031563)
    assert int(summary.orders.sum()) == 69659
    found = score(summary, fit_cuts(summary))

    table = frame.groupby("c").agg(last=("t", "max"), n=("t", "size"), m=("cents", "sum"))
    for ours, name in ((found.r, "last"), (found.f, "n"), (found.m, "m")):
        ordered = table[name].sort_values().reset_index(drop=True)
        cut_points = [ordered[math.ceil(k * len(ordered) / 5) - 1] for k in range(1, 5)]
        wanted = 1 + sum((table[name] > cut).astype(int) for cut in cut_points)
        assert ours.tolist() == wanted.tolist()
