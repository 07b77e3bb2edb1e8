"""All figures by month, province, region and tier, beside the same aggregates written in SQL.

Both start from the same columns in their own native form (orders: customer, instant, gross, refunded,
province; customers: tier), take calendar days and months in Asia/Shanghai, and end with numerator and
denominator of every figure of every group, which are compared. Months are of all time; provinces,
regions and tiers of the last year, with everything before it as their past.

The SQL is what a patient analyst would write: it sorts out each customer's first order and silences
once, then folds each grouping to one row a group and buyer. Ours is single-threaded, so the bar is
DuckDB with one thread; DuckDB with two is reported beside it.

Run ``python -m benchmarks figures --date 2024-07-01``.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import attrs
import numpy as np

from benchmarks.measure import Measured, measure, write_result

ZONE = "Asia/Shanghai"
AS_OF = np.datetime64("2024-12-31T16:00", "us")
FIRST = np.datetime64("2022-12-31T16:00", "us")
YEAR_START = np.datetime64("2023-12-31T16:00", "us")
CUT = np.datetime64("2024-09-30T16:00", "us")
LAPSED, ACTIVE, HORIZON = 180, 180, 90
TIERS = ("basic", "silver", "gold", "diamond")
BAR = 3.0
"""How many times as long as DuckDB our figures may take."""


def columns(n: int) -> dict[str, Any]:
    """Make n orders of n / 10 customers over two years: 3 % unknown, 5 % with a refund in part."""
    rng = np.random.default_rng(20240701)
    people = max(n // 10, 1)
    # Squaring makes some customers buy far more often, and some provinces buy far more.
    customer = (rng.random(n) ** 2 * people).astype(np.int32)
    home = (rng.random(people) ** 2 * 31).astype(np.int8)
    province = np.where(rng.random(n) < 0.05, (rng.random(n) * 31).astype(np.int8), home[customer])
    gross = rng.integers(100, 100_000, n)
    return {
        "customer": np.where(rng.random(n) < 0.03, -1, customer).astype(np.int32),
        "at": FIRST + rng.integers(0, 730 * 86_400, n).astype("timedelta64[s]"),
        "gross": gross,
        "refunded": np.where(rng.random(n) < 0.05, gross // 3, 0),
        "province": province,
        "tier": rng.integers(0, len(TIERS), people).astype(np.int8),
    }


def provinces() -> list[str]:
    from retailcrm.analytics.regions import PROVINCES

    return list(PROVINCES)[:31]


# ---- retailcrm ------------------------------------------------------------------------------


def our_setup(n: int) -> Any:
    from retailcrm.analytics.columns import Coded, Texts
    from retailcrm.analytics.tables import Customers, OrderTable

    given = columns(n)
    people = len(given["tier"])

    def blank(size: int) -> Texts:
        return Texts(np.empty(0, np.uint8), np.zeros(size + 1, np.int64))

    never = np.full(n, np.datetime64("NaT", "us"))
    orders = OrderTable(
        currency="CNY",
        zone=ZONE,
        customers=Customers(ids=blank(people), strength=np.full(people, 2, np.int8)),
        numbers=blank(n),
        customer=given["customer"],
        placed_at=given["at"],
        paid_at=given["at"],
        state=np.full(n, 5, np.int8),
        credit=np.zeros(n, np.bool_),
        gross=given["gross"],
        refunded=given["refunded"],
        refunded_at=never,
        first_seen=never,
        province=Coded(given["province"].astype(np.int32), Texts.of(provinces())),
    )
    return orders, Coded(given["tier"].astype(np.int32), Texts.of(TIERS))


def our_work(state: Any) -> dict[str, dict[str, list[int]]]:
    from retailcrm.analytics import metrics as m

    orders, tier = state
    sales = m.sales_of(orders, AS_OF)
    year, found = m.Period(YEAR_START, AS_OF), {}
    groupings = {
        "month": (m.by_month(sales), m.EVER),
        "province": (m.by_province(sales, orders), year),
        "region": (m.by_region(sales, orders), year),
        "tier": (m.by_tier(sales, tier), year),
    }
    plain = (
        m.customers, m.buyers, m.new_customers, m.returning_customers, m.new_customer_share,
        m.acquisition_rate, m.orders, m.net, m.aov, m.net_per_buyer, m.orders_per_buyer, m.repurchase_rate,
        m.refund_rate, m.refund_order_rate, m.returning_net, m.returning_net_share,
    )  # fmt: skip
    for name, (groups, period) in groupings.items():
        before = None if name == "month" else m.Period(FIRST, YEAR_START)
        figures = [figure(sales, groups, period) for figure in plain]
        figures += [
            m.reactivated_customers(sales, groups, period, lapsed_days=LAPSED),
            m.rebuy_rate(sales, groups, period, before=before),
            m.churn_rate(sales, groups, cut=CUT, active_days=ACTIVE, horizon=HORIZON),
        ]
        for place, key in enumerate(groups.keys):
            sides = [x[place] for f in figures for x in (f.numerator, f.denominator) if x is not None]
            found[f"{name} {key}"] = [int(x) for x in sides]
    return found


# ---- DuckDB ---------------------------------------------------------------------------------

SOLD = """
create or replace temp table sold as
with told as (
  select *, t + interval 8 hours as local_t from orders where t < $as_of
), firsts as (
  select c, min(t) as first_t from told where c is not null group by c
), days as (
  select c, day, day - lag(day) over (partition by c order by day) as silence
  from (select distinct c, local_t::date as day from told where c is not null)
), silences as (
  select c, day from days where silence >= $lapsed
)
select told.c, t, a, r, p as province, region, tier, first_t, local_t::date as day,
  date_trunc('month', local_t)::date as month, silences.c is not null as back
from told left join firsts on told.c = firsts.c left join places using (p)
left join tiers on told.c = tiers.c
left join silences on told.c = silences.c and silences.day = local_t::date
"""
PEOPLE = """
create or replace temp table people as
select {group} as g, c, count(*) as n, count(distinct day) as days, sum(a - r)::bigint as net,
  min(t) = min(first_t) as is_new, min(first_t) < {begins} as is_old, bool_or(back) as back
from sold where c is not null and {group} is not null and t >= $start group by all
"""
TALLY = """
with of_orders as (
  select {group} as g, count(*) as orders, sum(a)::bigint as gross, sum(r)::bigint as back,
    count(*) filter (r > 0) as backs
  from sold where {group} is not null and t >= $start group by all
), of_people as (
  select g, count(*) as buyers, sum(n)::bigint as n, count(*) filter (days >= 2) as repeats,
    count(*) filter (is_new) as new, count(*) filter (is_old) as old, count(*) filter (back) as reactivated,
    sum(net)::bigint as net, coalesce(sum(net) filter (is_old), 0)::bigint as old_net
  from people group by g
)
select * from of_orders left join of_people using (g)
"""
KNOWN = "select {group} as g, count(distinct c) from sold where c is not null and t < $t group by all"
FIRSTS = "select month as g, count(distinct c) from sold where t = first_t group by all"
REBUY = """
with past as (select distinct {group} as g, c from sold where c is not null and t < $start)
select past.g, count(people.c), count(*) from past left join people on past.g = people.g and past.c = people.c
where past.g is not null group by all
"""
MONTHLY_REBUY = """
select (b.g + interval 1 month)::date as g, count(n.c), count(*)
from people b left join people n on n.c = b.c and n.g = b.g + interval 1 month group by all
"""
CHURN = """
with cohort as (
  select distinct {group} as g, c from sold
  where c is not null and day < $cut and day >= $cut - $active
), stayed as (select distinct c from sold where day >= $cut and day < $cut + $horizon)
select g, count(*) filter (stayed.c is null), count(*)
from cohort left join stayed using (c) where g is not null group by g
"""


def duckdb_setup(n: int, *, threads: int) -> Any:
    import duckdb
    import pyarrow as pa

    from retailcrm.analytics.regions import PROVINCES

    given = columns(n)
    unknown = given["customer"] < 0
    connection = duckdb.connect(config={"threads": threads})
    connection.execute("set enable_progress_bar = false")
    tables = {
        "orders": {
            "c": pa.array(given["customer"], mask=unknown), "t": given["at"], "a": given["gross"],
            "r": given["refunded"], "p": given["province"],
        },
        "tiers": {"c": np.arange(len(given["tier"]), dtype=np.int32), "tier": given["tier"]},
        "places": {"p": np.arange(31, dtype=np.int8), "region": [PROVINCES[name] for name in provinces()]},
    }  # fmt: skip
    for name, table in tables.items():
        connection.register("given", pa.table(table))
        connection.execute(f"create table {name} as select * from given")  # noqa: S608 - constants
        connection.unregister("given")
    return connection


def duckdb_work(connection: Any) -> dict[str, dict[str, list[int]]]:
    import datetime as dt

    def by_key(query: str, **values: Any) -> dict[Any, tuple[int, ...]]:
        rows = connection.execute(query, values).fetchall()
        return {row[0]: tuple(int(x or 0) for x in row[1:]) for row in rows}

    as_of, year, cut = AS_OF.item(), YEAR_START.item(), dt.date(2024, 10, 1)
    connection.execute(SOLD, {"as_of": as_of, "lapsed": LAPSED})
    found = {}
    for name in ("month", "province", "region", "tier"):
        monthly, words = name == "month", {"group": name}
        start = FIRST.item() if monthly else year
        begins = "any_value(month) - interval 8 hours" if monthly else f"'{year}'::timestamp"
        connection.execute(PEOPLE.format(begins=begins, **words), {"start": start})
        tally = by_key(TALLY.format(**words), start=start)
        gone = by_key(CHURN.format(**words), cut=cut, active=ACTIVE, horizon=HORIZON)
        if monthly:
            again, first = by_key(MONTHLY_REBUY), by_key(FIRSTS)
            firsts = np.cumsum([first.get(key, (0,))[0] for key in sorted(tally)]).tolist()
            known = dict(zip(sorted(tally), firsts, strict=True))
            before = dict(zip(sorted(tally), [0, *firsts[:-1]], strict=True))
        else:
            again = by_key(REBUY.format(**words), start=start)
            known, before = (
                {key: n for key, (n,) in by_key(KNOWN.format(**words), t=t).items()} for t in (as_of, year)
            )
        for key, (
            orders,
            gross,
            back,
            backs,
            buyers,
            n,
            repeats,
            new,
            old,
            woken,
            net,
            old_net,
        ) in tally.items():
            found[f"{name} {shown(name, key)}"] = [
                known[key], buyers, new, old, new, buyers, new, before.get(key, 0), orders, gross - back,
                gross - back, orders, net, buyers, n, buyers, repeats, buyers, back, gross, backs, orders,
                old_net, old_net, net, woken, *again.get(key, (0, 0)), *gone.get(key, (0, 0)),
            ]  # fmt: skip
    return found


def shown(name: str, key: Any) -> str:
    """Write a group's key as our groups do."""
    if name == "month":
        return str(key)[:7]
    return {"province": provinces(), "tier": TIERS}[name][key] if name in ("province", "tier") else str(key)


# ---- the comparison -------------------------------------------------------------------------


def digest(found: dict[str, list[int]]) -> dict[str, list[int]]:
    """Give the figures of the groups that have orders."""
    return {key: row for key, row in sorted(found.items()) if row[8]}


def contenders() -> dict[str, tuple[Any, Any]]:
    """List set-up and work of everybody."""
    return {
        "retailcrm": (our_setup, our_work),
        "duckdb, 1 thread": (partial(duckdb_setup, threads=1), duckdb_work),
        "duckdb, 2 threads": (partial(duckdb_setup, threads=2), duckdb_work),
    }


def run(n: int, rounds: int) -> dict[str, Measured]:
    """Measure every contender on n orders, in turns, so that a busy minute of the machine hits all."""
    found: dict[str, Measured] = {}
    for _ in range(rounds):
        for title, (setup, work) in contenders().items():
            new = measure(title, setup, work, args=(n,), repeats=2, digest=digest)
            assert new.digest == found.get("retailcrm", new).digest, f"{title}: other figures than ours"
            old = found.get(title, new)
            seconds = new.seconds if old is new else old.seconds + new.seconds
            peak = max(old.peak_rss_mb, new.peak_rss_mb)
            found[title] = attrs.evolve(new, seconds=seconds, peak_rss_mb=peak)
    for title, one in found.items():
        print(f"{title:20} {one.median:8.3f} s  {one.peak_rss_mb:8.0f} MB")
    return found


def main(date: str, orders: int = 2_000_000, rounds: int = 3) -> None:
    """Compare, store the figures, and fail if the bar is missed."""
    found = run(orders, rounds)
    ours = found["retailcrm"].median
    ratios = {title: round(ours / one.median, 2) for title, one in found.items() if title != "retailcrm"}
    for title, ratio in ratios.items():
        print(f"ours takes {ratio:5.2f} times as long as {title}")
    held = ratios["duckdb, 1 thread"] <= BAR
    payload = {
        "work": "19 figures by month (ever), province, region and tier (last year), days of Asia/Shanghai",
        "orders": orders,
        "groups": len(found["retailcrm"].digest),
        "threads": {"retailcrm": 1, "duckdb, 1 thread": 1, "duckdb, 2 threads": 2},
        "contenders": {title: one.to_dict() for title, one in found.items()},
        "ours_to_peer": ratios,
        "bar": {"duckdb, 1 thread": BAR},
        "bar_held": held,
    }
    write_result("figures", date, payload, ("retailcrm-core", "numpy", "duckdb"))
    if not held:
        raise SystemExit("bar missed: figures take too long")
