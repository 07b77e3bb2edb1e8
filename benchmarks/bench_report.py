"""The report's figures: everything between the order table and what the page shows.

Both contenders start from the same simulated shop in their own native form: orders, lines, members,
the catalogue and reviews. Ours computes the whole of ``ReportData``: scores, months, the comparison of
two months, breakdowns by region, province, city, channel, gender, age, level and category, sellers,
festival lifts, tastes, times, refunds and reviews. DuckDB computes the aggregates that these are made
of, written as one would write them in SQL; what is only presentation (labels, intervals, the joined
tail of the cities) is left out of its work. Key figures of both are compared. DuckDB gets two threads,
numpy one.

Also stored: the size of the page that the figures make, and the peak memory.

Run ``python -m benchmarks report --date 2024-07-01``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import attrs
import numpy as np

from benchmarks.measure import Measured, measure, write_result

AS_OF, ZONE = "2024-07-01", "Asia/Shanghai"
SHIFT_US, DAY_US = 8 * 3600 * 10**6, 86_400 * 10**6
THREADS = 2
BAR = 3.0
PAGE_BAR_MB = 6.0
ORDERS_A_CUSTOMER = 3.5
LATEST, PREVIOUS = "2024-06", "2024-05"


@cache
def tables(n: int) -> dict[str, Any]:
    """Simulate a shop of n orders as columns."""
    from retailcrm.simulate import ShopSpec, simulate_shop
    from retailcrm.simulate.tables.members import member_table
    from retailcrm.simulate.tables.products import product_table
    from retailcrm.simulate.tables.reviews import review_table

    shop = simulate_shop(ShopSpec(seed=7, customers=int(n / ORDERS_A_CUSTOMER), orders=n))
    return {
        "orders": shop.order_table(),
        "lines": shop.line_table(),
        "members": member_table(shop),
        "products": product_table(shop),
        "reviews": review_table(shop),
    }


# ---- retailcrm ------------------------------------------------------------------------------


def our_setup(n: int) -> Any:
    from retailcrm import Policy
    from retailcrm.analytics.columns import Coded, Texts
    from retailcrm.shop.beside import Beside
    from retailcrm.shop.insight import Insight
    from retailcrm.shop.people import People

    found = tables(n)
    members = found["members"]
    untold = Coded(np.full(len(members), -1, np.int32), Texts.of([]))
    contacts = dict.fromkeys(("name", "phone", "email", "address", "tags"), untold)
    people = People(profiles=members, contacts=contacts, newest={})
    beside = Beside(people=people, products=found["products"], lines=found["lines"], reviews=found["reviews"])
    return Insight(lambda: [found["orders"]], Policy(), {}), beside


def our_work(state: Any) -> Any:
    from retailcrm.shop.report_data import describe

    insight, beside = state
    return describe(insight, beside, (), AS_OF, name="benchmark").data


def our_digest(data: Any) -> dict[str, Any]:
    """Take the key figures, and the size of the page in both languages."""
    from retailcrm.report import render_page

    changes = {change.key: change.now for change in data.comparison.changes}
    rows = {b.key: b.rows for b in data.breakdowns}
    return {
        "headline": [data.headline.customers, data.headline.orders, data.headline.net],
        "months": [
            [m.month, m.orders, m.net, m.buyers, m.new_buyers, m.returning_net, m.reactivated]
            for m in data.months
        ],
        "comparison": [round(changes[k], 9) for k in ("net", "buyers", "rebuy_rate", "churn_rate")],
        **{
            key: sorted([r.key, r.orders, r.buyers, r.new_buyers, r.net] for r in rows[key] if r.key)
            for key in ("province", "channel", "gender", "category")
        },
        "hot": [[r.pieces, r.orders, r.buyers, r.net] for r in data.goods.hot],
        "delays": [[d.count, round(d.median_hours * 60), round(d.p90_hours * 60)] for d in data.delays],
        "taste": [data.taste.measured, data.taste.withheld, round(data.taste.mean, 9)],
        "reviews": [data.reviews.reviews, data.reviews.good],
        "page_mb": [len(render_page(data, lang=lang).encode()) / 1e6 for lang in ("zh", "en")],
    }


# ---- DuckDB ---------------------------------------------------------------------------------


def duckdb_setup(n: int) -> Any:
    import duckdb

    found = tables(n)
    db = duckdb.connect(config={"threads": THREADS})
    db.execute("set enable_progress_bar = false")
    for name, table in found.items():
        for column, values in _arrow_tables(name, table).items():
            db.from_arrow(values).create(column)
    return db


def _arrow_tables(name: str, table: Any) -> dict[str, Any]:
    """Give a table's columns to DuckDB: texts as texts of few values, instants as microseconds."""
    import pyarrow as pa

    from retailcrm.adapters.sources import arrow
    from retailcrm.analytics.columns import Coded, Texts

    def column(value: Any) -> Any:
        if isinstance(value, Coded):
            return arrow.arrow_coded(value)
        if isinstance(value, Texts):
            return arrow.arrow_texts(value)
        if value.dtype.kind == "M":
            return pa.array(value.view(np.int64), mask=np.isnat(value))
        return pa.array(value)

    kept = {k: v for k, v in attrs.asdict(table, recurse=False).items() if hasattr(v, "__len__")}
    columns = {
        k: column(v) for k, v in kept.items() if not isinstance(v, str) and k not in ("customers", "numbers")
    }
    plain = pa.table(columns)
    plain = plain.append_column("row", pa.array(np.arange(len(plain))))
    if name != "orders":
        return {name: plain}
    who = pa.table({"customer": pa.array(np.arange(len(table.customers))), "id": column(table.customers.ids)})
    return {name: plain, "customers": who}


# Which orders count, each with its day, its month and its customer's first purchase.
COUNTED = """
create or replace temp table c as
with k as (
  select row, customer, gross, refunded as back, gross - refunded as net, province, city, channel,
         coalesce(paid_at, placed_at) as bought,
         (coalesce(paid_at, placed_at) + {shift}) // {day_us} as day
  from orders
  where state in (2, 3, 4, 5) and not credit and not (gross > 0 and refunded >= gross)
)
select *, strftime(date '1970-01-01' + day::integer, '%Y-%m') as month,
       case when customer >= 0 then min(bought) over (partition by customer) end as first_at,
       lag(day) over (partition by customer order by bought, row) as before
from k
"""

SUMMARY = """
create or replace temp table s as
select customer, count(*) as orders, count(distinct day) as days, min(bought) as first_at,
       max(bought) as last_at, max(day) as last_day, sum(gross) as gross, sum(back) as back, sum(net) as net
from c where customer >= 0 group by customer
"""

SCORES = """
select count(*), sum(r * 25 + f * 5 + m) from (
  select ntile(5) over (order by last_day) as r, ntile(5) over (order by orders) as f,
         ntile(5) over (order by net) as m from s)
"""

GINI = """
select sum(net * (2 * i - n - 1)) / (any_value(n) * sum(net)) from (
  select greatest(net, 0)::double as net, row_number() over (order by net) as i, count(*) over () as n from s)
"""

MONTHS = """
select month, count(*), sum(net), count(distinct customer) filter (customer >= 0),
       count(distinct customer) filter (customer >= 0 and bought = first_at),
       coalesce(sum(net) filter (first_at < start), 0),
       count(distinct customer) filter (customer >= 0 and day - before >= 180)
from c join (
  select distinct month as m, min(epoch_us(strptime(month || '-01', '%Y-%m-%d'))) - {shift} as start
  from c group by month) on m = month
group by month order by month
"""

GROUPED = """
select {key}, sum(orders), count(*) filter (customer >= 0), count(*) filter (customer >= 0 and new),
       sum(net), sum(gross), sum(back), count(*) filter (customer >= 0 and days >= 2),
       sum(net) filter (customer >= 0), sum(latest), sum(previous)
from (select {key}, customer, count(*) as orders, count(distinct day) as days,
             bool_or(bought = first_at) as new, sum(net) as net, sum(gross) as gross, sum(back) as back,
             sum(net) filter (month = '2024-06') as latest, sum(net) filter (month = '2024-05') as previous
      from {source} group by {key}, customer)
group by {key}
"""

MEMBERS = """
create or replace temp table m as
select c.*, p.gender, p.level, case when b = 0 then null else (20240701 - b) // 10000 end as age
from c left join customers u using (customer)
left join (select ids as id, gender, level, case when birthday < 0 or birthday % 100000000 < 10000 then 0
                  else birthday % 100000000 end as b from members) p on p.id = u.id
"""

COMPARED = """
with now as (select distinct customer from c where month = '2024-06' and customer >= 0),
     past as (select distinct customer from c where month = '2024-05' and customer >= 0),
     cohort as (select distinct customer from c where customer >= 0 and day >= {cut} - 180 and day < {cut}),
     stayed as (select distinct customer from c where customer >= 0 and day >= {cut} and day < {cut} + 90)
select (select sum(net) from c where month = '2024-06'), (select count(*) from now),
       (select count(*) from past semi join now using (customer)) / (select count(*) from past),
       (select count(*) from cohort anti join stayed using (customer)) / (select count(*) from cohort)
"""

DELAYS = """
select count(*), quantile_disc((b - a) // 60000000, [0.5, 0.9]) from (
  select {start} as a, {end} as b from orders where not credit) where a is not null and b >= a
"""

LINES = """
create or replace temp table l as
select l.row, l."order", c.customer, c.day, c.bought, c.first_at, c.month, l.product, p.category,
       l.quantity, l.gross, l.refunded as back, l.gross - l.refunded as net,
       not (l.gross > 0 and l.refunded >= l.gross) and l.quantity > 0 as sale,
       l.gross > 0 and l.refunded >= l.gross as returned
from lines l join c on c.row = l."order" left join products p on p.title = l.product
"""

HOT = """
select sum(case when returned then 0 else quantity end) as pieces, count(distinct "order") filter (sale),
       count(distinct customer) filter (sale and customer >= 0), sum(net) as net
from l where month = '2024-06' group by product order by net desc, product limit 20
"""

LAST_SOLD = "select product, max(bought) from l where sale group by product"

CATEGORIES = """
create or replace temp table g as
select category, "order", any_value(customer) as customer, any_value(day) as day, any_value(bought) as bought,
       any_value(first_at) as first_at, any_value(month) as month, sum(net) as net, sum(gross) as gross,
       sum(back) as back
from l where category is not null group by category, "order"
"""

LIFTS = (
    'select category, day, count(distinct "order"), sum(quantity) from l where sale group by category, day'
)

TASTE = """
with w as (select distinct customer, category, "order", day >= {today} - 180 as late from l
           where sale and customer >= 0 and category is not null and day >= {today} - 360),
     o as (select customer, count(distinct "order") filter (late) as b,
                  count(distinct "order") filter (not late) as a from w group by customer),
     k as (select customer, category, count(*) filter (late) as q, count(*) filter (not late) as p
           from w group by customer, category),
     t as (select customer, sum(q) as sq, sum(p) as sp from k group by customer),
     d as (select k.customer, sum(abs(p / sp - q / sq)) / 2 as apart
           from k join t using (customer) where sp > 0 and sq > 0 group by k.customer)
select count(*) filter (a >= 3 and b >= 3), count(*) filter (a < 3 or b < 3),
       avg(apart) filter (a >= 3 and b >= 3)
from d join o using (customer)
"""

REVIEWS = 'select count(*), count(*) filter (score >= 80) from reviews where "at" < {end}'
REVIEW_MONTHS = """
select strftime(date '1970-01-01' + (("at" + {shift}) // {day})::integer, '%Y-%m') as month, count(*),
       count(*) filter (score >= 80) from reviews where "at" < {end} group by month
"""
REVIEW_PRODUCTS = "select product, count(*), count(*) filter (score >= 80) from reviews group by product"
REFUNDS = """
select count(*), count(*) filter (refunded > 0), sum(gross), sum(refunded)
from orders where state in (2, 3, 4, 5, 7) and not credit
"""


def duckdb_work(db: Any) -> dict[str, Any]:
    today = (np.datetime64(AS_OF) - np.datetime64("1970-01-01")).astype(int)
    end = today * DAY_US - SHIFT_US

    def rows(sql: str, **values: Any) -> list[list[Any]]:
        for name, value in values.items():
            sql = sql.replace("{" + name + "}", str(value))
        return [list(row) for row in db.execute(sql).fetchall()]

    for sql in (COUNTED, SUMMARY, MEMBERS, LINES, CATEGORIES):
        rows(sql, shift=SHIFT_US, day_us=DAY_US)
    found: dict[str, Any] = {
        key: rows(GROUPED, key=key, source=source)
        for source, keys in {
            "c": ("province", "city", "channel"),
            "m": ("gender", "age", "level"),
            "g": ("category",),
        }.items()
        for key in keys
    }
    found["headline"] = rows("select count(*), sum(orders), sum(net) from s")
    found["scores"], found["gini"], found["refunds"] = rows(SCORES), rows(GINI), rows(REFUNDS)
    found["months"] = rows(MONTHS, shift=SHIFT_US)
    found["comparison"] = rows(COMPARED, cut=today - 90)
    steps = (("placed_at", "paid_at"), ("paid_at", "shipped_at"), ("shipped_at", "received_at"))
    found["delays"] = [rows(DELAYS, start=a, end=b) for a, b in steps if _has(db, a) and _has(db, b)]
    found["hot"], found["last"], found["lifts"] = rows(HOT), rows(LAST_SOLD), rows(LIFTS)
    found["taste"] = rows(TASTE, today=today)
    found["reviews"] = rows(REVIEWS, end=end)
    found["review_months"] = rows(REVIEW_MONTHS, shift=SHIFT_US, day=DAY_US, end=end)
    found["review_products"] = rows(REVIEW_PRODUCTS)
    return found


def _has(db: Any, column: str) -> bool:
    return column in {row[0] for row in db.execute("describe orders").fetchall()}


def duckdb_digest(found: dict[str, Any]) -> dict[str, Any]:
    """Bring the key figures into the form of ours."""
    from retailcrm.analytics.regions import short_province

    genders = ("female", "male", "other")
    named = {
        "province": lambda key: short_province(key) or key,
        "channel": str,
        "gender": lambda key: genders[key],
        "category": str,
    }
    return {
        "headline": found["headline"][0],
        "months": found["months"],
        "comparison": [round(float(value), 9) for value in found["comparison"][0]],
        **{
            key: sorted([name(r[0]), *map(int, r[1:5])] for r in found[key] if r[0] not in (None, -1))
            for key, name in named.items()
        },
        "hot": [[int(v) for v in row] for row in found["hot"]],
        "delays": [[one[0][0], *one[0][1]] for one in found["delays"]],
        "taste": [*found["taste"][0][:2], round(found["taste"][0][2], 9)],
        "reviews": found["reviews"][0],
    }


# ---- the comparison -------------------------------------------------------------------------


def run(n: int, rounds: int) -> dict[str, Measured]:
    """Measure both on n orders, in turns, so that a busy minute of the machine hits both."""
    contenders = {
        "retailcrm": (our_setup, our_work, our_digest),
        "duckdb": (duckdb_setup, duckdb_work, duckdb_digest),
    }
    found: dict[str, Measured] = {}
    for _ in range(rounds):
        for title, (setup, work, digest) in contenders.items():
            new = measure(title, setup, work, args=(n,), repeats=3, digest=digest)
            old = found.get(title, new)
            seconds = new.seconds if old is new else old.seconds + new.seconds
            peak = max(old.peak_rss_mb, new.peak_rss_mb)
            found[title] = attrs.evolve(new, seconds=seconds, peak_rss_mb=peak)
    ours, theirs = found["retailcrm"].digest, found["duckdb"].digest
    for key in theirs:
        assert _plain(ours[key]) == _plain(theirs[key]), f"{key}: other figures than DuckDB's"
    for title, one in found.items():
        print(f"{title:12} {one.median:8.3f} s  {one.peak_rss_mb:8.0f} MB")
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str) else round(float(value), 6)


def main(date: str, orders: int = 2_000_000, rounds: int = 2) -> None:
    """Compare, store the figures, and fail if a bar is missed."""
    found = run(orders, rounds)
    ratio = found["retailcrm"].median / found["duckdb"].median
    page = max(found["retailcrm"].digest["page_mb"])
    print(f"our figures take {ratio:.2f} times as long as DuckDB's aggregates; the page has {page:.2f} MB")
    held = {"ratio": ratio <= BAR, "page": page < PAGE_BAR_MB}
    payload = {
        "work": "orders, lines, members, products, reviews to everything the report shows",
        "orders": orders,
        "threads": {"duckdb": THREADS, "retailcrm": 1},
        "contenders": {title: m.to_dict() for title, m in found.items()},
        "ratio_to_duckdb": round(ratio, 3),
        "page_mb": round(page, 3),
        "bars": {"ratio": BAR, "page_mb": PAGE_BAR_MB},
        "bars_held": held,
    }
    write_result("report", date, payload, ("retailcrm-core", "numpy", "duckdb", "plotly"))
    if not all(held.values()):
        raise SystemExit(f"bars missed: {[name for name, ok in held.items() if not ok]}")
