"""RFM from coded columns: orders (customer code, instant, amount) to R, F and M quintile scores.

Every contender starts from the same columns in its own native form, takes calendar days in
Asia/Shanghai, cuts at the same ordered figures and gives equal figures equal scores; the scores
are compared. DuckDB and Polars get two threads each, pandas and numpy are single-threaded.

Two comparisons:

* ``same columns``: everybody also computes what our customer summary holds beside R, F and M:
  distinct purchase days, first and last instant, gross and net. This is the bar.
* ``scores only``: the peers compute nothing but what the scores need (orders, last day, net); ours
  still computes the whole summary. Reported for honesty.

Run ``python -m benchmarks rfm --date 2024-07-01``.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import attrs
import numpy as np

from benchmarks.measure import Measured, measure, write_result

ZONE, SHIFT_US, DAY_US = "Asia/Shanghai", 8 * 3600 * 10**6, 86_400 * 10**6
AS_OF = np.datetime64("2024-12-31T16:00", "us")
FIRST = np.datetime64("2023-01-01", "us")
PLACES = (1, 2, 3, 4)
BINS = 5
THREADS = 2
BARS = {"duckdb": 2.0, "polars": 2.0, "pandas": 3.0}
GROWTH_BAR = 1.3


def columns(n: int) -> tuple[Any, Any, Any, int]:
    """Make n orders of n / 10 customers over 730 days, in no order, amounts in fen."""
    rng = np.random.default_rng(20240701)
    customers = max(n // 10, 1)
    # Squaring makes some customers buy far more often than others.
    customer = (rng.random(n) ** 2 * customers).astype(np.int32)
    at = FIRST + rng.integers(0, 730 * 86_400, n).astype("timedelta64[s]")
    return customer, at, rng.integers(100, 100_000, n), customers


def digest(scores: dict[str, Any]) -> list[list[int]]:
    """Reduce scores by customer to sums that differ if one score does (weights without symmetry)."""
    order = np.argsort(scores["customer"], kind="stable")
    weight = np.random.default_rng(1).integers(1, 2**31, len(order))
    found = [np.asarray(scores[x], np.int64)[order] for x in ("r", "f", "m")]
    return [[int((x * weight).sum()), *np.bincount(x, minlength=BINS + 1).tolist()] for x in found]


# ---- retailcrm ------------------------------------------------------------------------------


def our_setup(n: int) -> Any:
    from retailcrm.analytics.columns import Texts
    from retailcrm.analytics.tables import Customers, OrderTable

    customer, at, amount, customers = columns(n)

    def blank(size: int) -> Texts:
        return Texts(np.empty(0, np.uint8), np.zeros(size + 1, np.int64))

    never = np.full(n, np.datetime64("NaT", "us"))
    return OrderTable(
        currency="CNY",
        zone=ZONE,
        customers=Customers(ids=blank(customers), strength=np.full(customers, 2, np.int8)),
        numbers=blank(n),
        customer=customer,
        placed_at=at,
        paid_at=at,
        state=np.full(n, 5, np.int8),
        credit=np.zeros(n, np.bool_),
        gross=amount,
        refunded=np.zeros(n, np.int64),
        refunded_at=never,
        first_seen=never,
    )


def our_work(orders: Any) -> dict[str, Any]:
    from retailcrm.analytics.rfm import fit_cuts, score
    from retailcrm.analytics.summary import summarise

    summary = summarise(orders, AS_OF)
    scores = score(summary, fit_cuts(summary))
    return {"customer": summary.customer, "r": scores.r, "f": scores.f, "m": scores.m}


# ---- DuckDB ---------------------------------------------------------------------------------


def duckdb_setup(n: int) -> Any:
    import duckdb
    import pyarrow as pa

    customer, at, amount, _ = columns(n)
    connection = duckdb.connect(config={"threads": THREADS})
    connection.execute("set enable_progress_bar = false")
    connection.register("given", pa.table({"c": customer, "t": at, "a": amount}))
    connection.execute("create table orders as select * from given")
    connection.unregister("given")
    return connection


def duckdb_work(connection: Any, *, everything: bool) -> dict[str, Any]:
    day = f"(epoch_us({{}}) + {SHIFT_US}) // {DAY_US}"
    extra = f", min(t) as first, count(distinct {day.format('t')}) as days" if everything else ""
    connection.execute(
        f"create or replace temp table per as select c, count(*) as n, max(t) as last,"  # noqa: S608 - constants
        f" {day.format('max(t)')} as d, sum(a)::bigint as m{extra}"
        f" from orders where t < '{AS_OF}'::timestamp group by c"
    )
    quantiles = ", ".join(f"quantile_disc({x}, [0.2, 0.4, 0.6, 0.8])" for x in ("d", "n", "m"))
    edges = connection.execute(f"select {quantiles} from per").fetchall()[0]  # noqa: S608
    levels = ", ".join(
        f"(1 + {' + '.join(f'({x} > {cut})::tinyint' for cut in cuts)})::tinyint as {name}"
        for name, x, cuts in zip(("r", "f", "m"), ("d", "n", "m"), edges, strict=True)
    )
    found = connection.execute(f"select c as customer, {levels} from per").fetchnumpy()  # noqa: S608
    return dict(found)


# ---- Polars ---------------------------------------------------------------------------------


def polars_setup(n: int) -> Any:
    import polars as pl

    customer, at, amount, _ = columns(n)
    return pl.DataFrame({"c": customer, "t": at, "a": amount})


def polars_work(frame: Any, *, everything: bool) -> dict[str, Any]:
    import polars as pl

    def day(t: Any) -> Any:
        return (t.to_physical() + SHIFT_US) // DAY_US

    aggregates = [pl.len().alias("n"), pl.col("t").max().alias("last"), pl.col("a").sum().alias("m")]
    orders = frame.lazy().filter(pl.col("t") < AS_OF.item())
    if everything:
        orders = orders.with_columns(day=day(pl.col("t")))
        aggregates += [pl.col("t").min().alias("first"), pl.col("day").n_unique().alias("days")]
    per = orders.group_by("c").agg(aggregates).with_columns(d=day(pl.col("last"))).collect()
    names = {"r": "d", "f": "n", "m": "m"}
    places = [-(-k * per.height // BINS) - 1 for k in PLACES]
    levels = []
    for name, x in names.items():
        rising = per[x].sort()
        passed = [(pl.col(x) > rising[place]).cast(pl.Int8) for place in places]
        levels.append((1 + sum(passed[1:], passed[0])).cast(pl.Int8).alias(name))
    found = per.select(pl.col("c").alias("customer"), *levels)
    return {name: found[name].to_numpy() for name in ("customer", *names)}


# ---- pandas ---------------------------------------------------------------------------------


def pandas_setup(n: int) -> Any:
    import pandas as pd

    customer, at, amount, _ = columns(n)
    return pd.DataFrame({"c": customer, "t": at, "a": amount})


def pandas_work(frame: Any, *, everything: bool) -> dict[str, Any]:
    import pandas as pd

    orders = frame[frame["t"] < AS_OF]
    groups = orders.groupby("c")
    per = pd.DataFrame({"n": groups.size(), "last": groups["t"].max(), "m": groups["a"].sum()})
    if everything:
        day = (orders["t"].astype("int64") + SHIFT_US) // DAY_US
        pairs = pd.DataFrame({"c": orders["c"], "day": day}).drop_duplicates()
        per["first"], per["days"] = groups["t"].min(), pairs.groupby("c").size()
    per["d"] = (per["last"].astype("int64") + SHIFT_US) // DAY_US
    places = [-(-k * len(per) // BINS) - 1 for k in PLACES]
    found = {"customer": per.index.to_numpy()}
    for name, x in {"r": "d", "f": "n", "m": "m"}.items():
        figures = per[x].to_numpy()
        rising = np.sort(figures)
        found[name] = 1 + sum((figures > rising[place]).astype(np.int8) for place in places)
    return found


# ---- the comparison -------------------------------------------------------------------------


def contenders() -> dict[str, tuple[Any, Any, dict[str, str]]]:
    """List set-up, work and environment of everybody."""
    polars_env = {"POLARS_MAX_THREADS": str(THREADS)}
    found: dict[str, tuple[Any, Any, dict[str, str]]] = {"retailcrm": (our_setup, our_work, {})}
    for kind, everything in (("same columns", True), ("scores only", False)):
        found[f"duckdb, {kind}"] = (duckdb_setup, partial(duckdb_work, everything=everything), {})
        found[f"polars, {kind}"] = (polars_setup, partial(polars_work, everything=everything), polars_env)
        found[f"pandas, {kind}"] = (pandas_setup, partial(pandas_work, everything=everything), {})
    return found


def run(n: int, rounds: int) -> dict[str, Measured]:
    """Measure every contender on n orders, in turns, so that a busy minute of the machine hits all."""
    found: dict[str, Measured] = {}
    for _ in range(rounds):
        for title, (setup, work, env) in contenders().items():
            new = measure(title, setup, work, args=(n,), repeats=2, env=env, digest=digest)
            assert new.digest == found.get("retailcrm", new).digest, f"{title}: other scores than ours"
            old = found.get(title, new)
            seconds = new.seconds if old is new else old.seconds + new.seconds
            peak = max(old.peak_rss_mb, new.peak_rss_mb)
            found[title] = attrs.evolve(new, seconds=seconds, peak_rss_mb=peak)
    for title, one in found.items():
        print(f"{title:24} {one.median:8.3f} s  {one.peak_rss_mb:8.0f} MB")
    return found


def main(date: str, orders: int = 10_000_000, rounds: int = 3) -> None:
    """Compare, store the figures, and fail if a bar is missed."""
    found = run(orders, rounds)
    ours = found["retailcrm"]
    small = measure("a tenth", our_setup, our_work, args=(orders // 10,), repeats=4 * rounds)
    growth = ours.median / 10 / small.median
    ratios = {title: round(m.median / ours.median, 2) for title, m in found.items() if title != "retailcrm"}
    for title, ratio in ratios.items():
        print(f"{title:24} takes {ratio:5.2f} times as long")
    print(f"time per order grows {growth:.2f} times from {orders // 10:,} to {orders:,} orders")

    held = {name: ratios[f"{name}, same columns"] >= bar for name, bar in BARS.items()}
    held["growth"] = growth <= GROWTH_BAR
    payload = {
        "work": "orders to r, f, m quintile scores, unsorted, calendar days of Asia/Shanghai",
        "orders": orders,
        "customers": sum(ours.digest[0][1:]),
        "threads": {"duckdb": THREADS, "polars": THREADS, "pandas": 1, "retailcrm": 1},
        "contenders": {title: m.to_dict() for title, m in found.items()},
        "ratio_to_retailcrm": ratios,
        "growth": {"orders": [orders // 10, orders], "seconds_per_order_ratio": round(growth, 3)},
        "bars": {**BARS, "growth": GROWTH_BAR},
        "bars_held": held,
    }
    write_result("rfm", date, payload, ("retailcrm-core", "numpy", "duckdb", "polars", "pandas"))
    if not all(held.values()):
        raise SystemExit(f"bars missed: {[name for name, ok in held.items() if not ok]}")
