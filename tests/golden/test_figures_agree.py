"""Every figure against SQL: DuckDB over the raw rows of real files and of a simulated shop.

The SQL sees what a file says (or the simulated truth), never our tables of counted orders; times stand
on the shop's own clock, as a person would read them in the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import duckdb
import numpy as np
import pandas as pd
import pytest

from retailcrm import open_shop
from retailcrm.analytics import metrics as m
from retailcrm.analytics.columns import MISSING, Coded, Texts
from retailcrm.analytics.tables import ProfileTable
from retailcrm.domain.customers import GENDERS
from retailcrm.domain.orders import OrderState
from retailcrm.simulate import ShopSpec, simulate_shop

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.analytics.tables import OrderTable

LAPSED: Final = 90
"""Days of silence: the real files are too short for 180."""

# One row a group: everything that figures are made of. `begins` is where a group's part of the period
# begins, `ends` where it ends: those of the period, or of the month where months are the groups.
FIGURES: Final = """
with sold as (
  select *, t::date as day, {group} as g, {begins} as begins from {sold}
  where t >= $start and t < $end
), notes as (
  select *, {group} as g from {taken} where t >= $start and t < $end
), firsts as (
  select customer, min(t) as first_at from counted where customer is not null group by customer
), days as (
  select distinct customer, t::date as day from counted where customer is not null
), silences as (
  select customer, day, day - lag(day) over (partition by customer order by day) as silence from days
), people as (
  select g, customer, count(*) as n, count(distinct day) as days, sum(gross - back) as net,
    min(t) = any_value(first_at) as is_new, any_value(first_at) < any_value(begins) as is_old
  from sold join firsts using (customer) group by g, customer
), paid_back as (
  select g, customer, sum(back) as back from notes where customer is not null group by g, customer
), of_people as (
  select g, count(*) as buyers, sum(n) as known_orders, count(*) filter (days >= 2) as repeats,
    count(*) filter (is_new) as new, count(*) filter (is_old) as old,
    sum(net - coalesce(back, 0)) as known_net,
    coalesce(sum(net - coalesce(back, 0)) filter (is_old), 0) as old_net
  from people left join paid_back using (g, customer) group by g
), of_orders as (
  select g, count(*) as orders, sum(gross) as gross, sum(back) as back, count(*) filter (back > 0) as backs
  from sold group by g
), of_notes as (
  select g, sum(back) as noted from notes group by g
), of_silence as (
  select g, count(distinct sold.customer) as reactivated from sold
  join silences on silences.customer = sold.customer and silences.day = sold.day
  where silence >= $lapsed group by g
)
select coalesce(of_orders.g, of_notes.g) as g, orders, gross, coalesce(back, 0) + coalesce(noted, 0) as back,
  backs, buyers, known_orders, repeats, new, old, known_net, old_net, reactivated
from of_orders full join of_notes using (g) left join of_people using (g) left join of_silence using (g)
where coalesce(of_orders.g, of_notes.g) is not null
"""
KNOWN: Final = """
select {group} as g, count(distinct customer) as n from counted
where t < $moment and customer is not null group by g
"""
KNOWN_EVER: Final = "select count(distinct customer) as n from counted where t < $moment"
CHURN: Final = """
with cohort as (
  select distinct {group} as g, customer from counted
  where customer is not null and t < $cut and t >= $cut - to_days($active)
), stayed as (
  select distinct customer from counted where t >= $cut and t < $cut + to_days($horizon)
)
select g, count(*) filter (stayed.customer is null) as top, count(*) as bottom
from cohort left join stayed using (customer) where g is not null group by g
"""
REBUY: Final = """
with past as (
  select distinct {group} as g, customer from counted
  where customer is not null and t >= $start and t < $middle
), present as (
  select distinct {group} as g, customer from counted
  where customer is not null and t >= $middle and t < $end
)
select g, count(*) filter (present.customer is not null) as top, count(*) as bottom
from past left join present using (g, customer) where g is not null group by g
"""
MONTHLY_REBUY: Final = """
with bought as (
  select distinct date_trunc('month', t) as month, customer from counted where customer is not null
)
select strftime(b.month + interval 1 month, '%Y-%m') as g,
  count(*) filter (n.customer is not null) as top, count(*) as bottom
from bought b left join bought n on n.customer = b.customer and n.month = b.month + interval 1 month
group by b.month
"""
COAST: Final = "辽宁 河北 北京 天津 山东 江苏 上海 浙江 福建 广东 海南"
CENTRE: Final = "黑龙江 吉林 山西 河南 安徽 湖北 湖南 江西"
MONTH: Final = {"group": "strftime(t, '%Y-%m')", "begins": "date_trunc('month', t)"}
SPEC: Final = ShopSpec(seed=20240701, orders=50_000, customers=16_000)
EVER: Final = ("1900-01-01", "2100-01-01")
NAMES: Final = (
    "orders", "gross", "back", "backs", "buyers", "known_orders", "repeats", "new", "old", "known_net",
    "old_net", "reactivated",
)  # fmt: skip


@attrs.frozen
class Case:
    """A shop twice: our sales, and its raw rows in DuckDB.

    Attributes:
        orders: Our order table.
        sales: Our sales.
        sql: Tables ``counted`` and ``credits``: customer, t, gross, back and what groups need.
        zone: Where the clock of ``sql`` stands.
    """

    orders: OrderTable
    sales: m.Sales
    sql: duckdb.DuckDBPyConnection
    zone: str

    def ask(self, query: str, **values: Any) -> dict[str, dict[str, int]]:
        """Run a query and give its rows by group."""
        found = self.sql.execute(query, values)
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        return {row.pop("g"): {k: int(v or 0) for k, v in row.items()} for row in rows}

    def utc(self, moment: str) -> np.datetime64:
        """Give the instant of a reading of the shop's clock."""
        return np.datetime64(pd.Timestamp(moment, tz=self.zone).tz_convert("UTC").tz_localize(None), "us")

    def expected(
        self, group: str, start: str, end: str, *, begins: str = "$start::timestamp", sold: str = "counted"
    ) -> dict[str, dict[str, int]]:
        """Give what figures are made of by SQL, of the rows of one table; every group has every number."""
        # Only whole orders have credit notes beside them.
        taken = "credits" if sold == "counted" else f"(select * from {sold} limit 0)"  # noqa: S608 - our own
        query = FIGURES.format(group=group, begins=begins, sold=sold, taken=taken)
        found = self.ask(query, start=pd.Timestamp(start), end=pd.Timestamp(end), lapsed=LAPSED)
        return {g: {name: row.get(name) or 0 for name in NAMES} for g, row in found.items()}

    def period(self, start: str, end: str) -> m.Period:
        """Give the period of two readings of the shop's clock."""
        return m.Period(self.utc(start), self.utc(end))


def ours(sales: m.Sales, groups: m.Groups | None, period: m.Period) -> dict[str, dict[str, tuple[int, ...]]]:
    """Give every figure as numerator (and denominator), by group; groups without anything are left out."""
    figures = [
        figure(sales, groups, period)
        for figure in (
            m.orders, m.net, m.buyers, m.new_customers, m.returning_customers, m.new_customer_share, m.aov,
            m.net_per_buyer, m.orders_per_buyer, m.repurchase_rate, m.refund_rate, m.refund_order_rate,
            m.returning_net, m.returning_net_share,
        )
    ]  # fmt: skip
    figures.append(m.reactivated_customers(sales, groups, period, lapsed_days=LAPSED))
    by_group = {key: {f.key: pair(f, i) for f in figures} for i, key in enumerate(figures[0].groups)}
    return {key: row for key, row in by_group.items() if any(any(pair) for pair in row.values())}


def pair(figure: m.Figure, place: int) -> tuple[int, ...]:
    """Give a group's numerator and, if there is one, denominator."""
    columns = (figure.numerator, figure.denominator)
    return tuple(int(column[place]) for column in columns if column is not None)


def theirs(rows: dict[str, dict[str, int]]) -> dict[str, dict[str, tuple[int, ...]]]:
    """Write every figure's definition once more, on the numbers of the SQL."""
    return {
        g: {
            "orders": (r["orders"],),
            "net": (r["gross"] - r["back"],),
            "buyers": (r["buyers"],),
            "new_customers": (r["new"],),
            "returning_customers": (r["old"],),
            "new_customer_share": (r["new"], r["buyers"]),
            "aov": (r["gross"] - r["back"], r["orders"]),
            "net_per_buyer": (r["known_net"], r["buyers"]),
            "orders_per_buyer": (r["known_orders"], r["buyers"]),
            "repurchase_rate": (r["repeats"], r["buyers"]),
            "refund_rate": (r["back"], r["gross"]),
            "refund_order_rate": (r["backs"], r["orders"]),
            "returning_net": (r["old_net"],),
            "returning_net_share": (r["old_net"], r["known_net"]),
            "reactivated_customers": (r["reactivated"],),
        }
        for g, r in rows.items()
    }


def pairs(figure: m.Figure) -> dict[str, tuple[int, ...]]:
    """Give a figure's numerator and denominator by group, groups without anybody left out."""
    found = {key: pair(figure, i) for i, key in enumerate(figure.groups)}
    return {key: value for key, value in found.items() if value[-1]}


def shares(rows: dict[str, dict[str, int]]) -> dict[str, tuple[int, ...]]:
    """Give numerator and denominator of SQL that computes one rate."""
    return {g: (row["top"], row["bottom"]) for g, row in rows.items()}


def profiles_of(gender: np.ndarray[Any, np.dtype[np.int8]], born: pd.DatetimeIndex) -> ProfileTable:
    """Make a profile table of genders and birthdays."""
    size, blank = len(gender), Coded.of([None] * len(gender))
    return ProfileTable(
        ids=Texts.of(f"p{i}" for i in range(size)),
        strength=np.full(size, 2, np.int8),
        gender=gender,
        birthday=(born.year * 10_000 + born.month * 100 + born.day).to_numpy(np.int32),
        joined_at=np.full(size, np.datetime64("NaT", "us")),
        points=np.full(size, MISSING),
        consent=np.full(size, -1, np.int8),
        level=blank,
        province=blank,
        city=blank,
        source=blank,
    )


def database(counted: pd.DataFrame, credit: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    """Give a database of raw rows; an empty customer is an unknown one."""
    connection = duckdb.connect(config={"threads": 2})
    for name, frame in (("counted", counted), ("credits", credit)):
        connection.register("given", frame.assign(t=frame["t"].astype("datetime64[us]")))
        connection.execute(f"create table {name} as select * from given")  # noqa: S608 - our own names
        connection.unregister("given")
    return connection


def imported(path: Path, mapping: Path, zone: str, currency: str) -> OrderTable:
    """Import one file into a fresh shop."""
    shop = open_shop(zone=zone, currency=currency)
    shop.imports.files([path], mapping=mapping)
    (orders,) = shop.insight.parts()
    return orders


@pytest.fixture(scope="module")
def retail(data_dir: Path, repo_root: Path) -> Case:
    """Give Online Retail up to the day after its last one."""
    path, zone = data_dir / "online_retail.csv.gz", "Europe/London"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    mills = (rows["UnitPrice"].astype(float) * 1000).round().astype("int64")
    exact = mills * rows["Quantity"].astype("int64")
    rows["pence"] = np.sign(exact) * ((exact.abs() + 5) // 10)
    rows["t"] = pd.to_datetime(rows["InvoiceDate"])
    invoices = rows.groupby("InvoiceNo").agg(
        customer=("CustomerID", "first"),
        t=("t", "min"),
        pence=("pence", "sum"),
        country=("Country", "first"),
    )
    invoices["customer"] = invoices["customer"].replace("", None)
    taken = invoices.index.str.startswith("C")
    bought = invoices[~taken].assign(gross=invoices["pence"], back=0)
    given = invoices[taken].assign(back=-invoices["pence"])
    orders = imported(path, repo_root / "examples" / "mappings" / "online_retail.toml", zone, "GBP")
    sales = m.sales_of(orders, np.datetime64("2011-12-10", "us"))
    return Case(orders, sales, database(bought, given), zone)


@pytest.fixture(scope="module")
def taobao(data_dir: Path, repo_root: Path) -> Case:
    """Give the Taobao orders of 2019 up to 1 July; what was given back in full counts nowhere."""
    path, zone = data_dir / "taobao_orders_2019h1.xlsx", "Asia/Shanghai"
    rows = pd.read_excel(path, engine="calamine", dtype=object)
    rows = rows[rows["订单状态"] == "交易成功"]
    bought = pd.DataFrame(
        {
            "customer": rows["买家昵称"].astype(str).str.strip(),
            "t": pd.to_datetime(rows["付款日期"]),
            "gross": rows["实付金额"].astype("int64") * 100,
            "back": 0,
            "province": rows["省份"]
            .str.replace("省", "")
            .str.replace(r"(壮族|回族|维吾尔)?自治区", "", regex=True),
        }
    )
    orders = imported(path, repo_root / "examples" / "mappings" / "taobao_orders_2019h1.toml", zone, "CNY")
    sales = m.sales_of(orders, np.datetime64("2019-06-30T16:00", "us"))
    bought["region"] = "west"
    bought.loc[bought["province"].isin(list(CENTRE.split())), "region"] = "central"
    bought.loc[bought["province"].isin(list(COAST.split())), "region"] = "east"
    return Case(orders, sales, database(bought, bought[:0]), zone)


@pytest.fixture(scope="module")
def simulated() -> Case:
    """Give a simulated shop of 50,000 orders at a moment before its end, with refunds still to come."""
    table = simulate_shop(SPEC).order_table()
    as_of, zone = np.datetime64("2024-05-31T16:00", "us"), "Asia/Shanghai"
    assert table.province is not None
    rows = pd.DataFrame(
        {
            "place": np.arange(len(table)),
            "customer": table.customer,
            "t": table.paid_at + np.timedelta64(8, "h"),
            "state": [OrderState(state).name for state in table.state],
            "gross": table.gross,
            "refunded": table.refunded,
            "refunded_at": table.refunded_at + np.timedelta64(8, "h"),
            "province": table.province.tolist(),
        }
    )
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(
        "create table counted as with dated as (select *, case when refunded_at < timestamp '2024-06-01' "
        "then refunded else 0 end as back from rows where t < timestamp '2024-06-01') select * from dated "
        "where state in ('PAID', 'SHIPPED', 'RECEIVED', 'COMPLETED', 'REFUNDED') and "
        "not (back >= gross and gross > 0)"
    )
    connection.execute("create table credits as select * from counted limit 0")
    assert len(rows) == 50_000
    return Case(table, m.sales_of(table, as_of), connection, zone)


def known_and_coming_back(case: Case, group: str, groups: m.Groups, cut: str) -> None:
    """Hold customers known, acquisition, rebuy and churn against SQL around one cut."""
    sales, months = case.sales, m.by_month(case.sales)
    middle = pd.Timestamp(cut)
    start, end = (str((middle + pd.DateOffset(months=n)).date()) for n in (-2, 2))
    period, before = case.period(cut, end), case.period(start, cut)
    known = {
        key: case.sql.execute(KNOWN_EVER, {"moment": pd.Period(key).end_time}).fetchone()[0]
        for key in months.keys
    }
    assert dict(zip(months.keys, m.customers(sales, months).numerator.tolist(), strict=True)) == known
    assert m.acquisition_rate(sales, months).denominator.tolist() == [0, *list(known.values())[:-1]]
    monthly = shares(case.ask(MONTHLY_REBUY))
    assert pairs(m.rebuy_rate(sales, months)) == {k: v for k, v in monthly.items() if k in months.keys}
    for by, expression in ((None, "'all'"), (groups, group)):
        query = KNOWN.format(group=expression)
        by_cut, by_end = (
            {g: (row["n"],) for g, row in case.ask(query, moment=pd.Timestamp(moment)).items()}
            for moment in (cut, end)
        )
        assert pairs(m.customers(sales, by, period)) == by_end
        rate = m.acquisition_rate(sales, by, period)
        assert {key: (bottom,) for key, (_, bottom) in pairs(rate).items()} == by_cut
        assert rate.numerator.tolist() == m.new_customers(sales, by, period).numerator.tolist()
        moments = {"start": pd.Timestamp(start), "middle": middle, "end": pd.Timestamp(end)}
        found = pairs(m.rebuy_rate(sales, by, period, before=before))
        assert found == shares(case.ask(REBUY.format(group=expression), **moments))
        found = pairs(m.churn_rate(sales, by, cut=case.utc(cut), active_days=60, horizon=30))
        values = {"cut": middle, "active": 60, "horizon": 30}
        assert found == shares(case.ask(CHURN.format(group=expression), **values))
        assert len(found) >= (1 if by is None else 10)


@pytest.mark.data
@pytest.mark.parametrize("span", [EVER, ("2011-03-01", "2011-09-01"), ("2011-11-15", "2100-01-01")])
def test_online_retail_whole(retail: Case, span: tuple[str, str]) -> None:
    """All of Online Retail, half a year and its last weeks: guests, credit notes and all."""
    found = ours(retail.sales, None, retail.period(*span))
    expected = theirs(retail.expected("'all'", *span))
    assert found == expected
    assert found["all"]["orders"] > (1_000,)


@pytest.mark.data
def test_online_retail_by_month_and_country(retail: Case) -> None:
    """Online Retail month by month, and country by country in its summer."""
    months = m.by_month(retail.sales)
    found = ours(retail.sales, months, m.EVER)
    assert found == theirs(retail.expected(MONTH["group"], *EVER, begins=MONTH["begins"]))
    assert len(found) == 13
    countries = m.by_province(retail.sales, retail.orders, chinese=False)
    span = ("2011-05-01", "2011-08-01")
    found = ours(retail.sales, countries, retail.period(*span))
    assert found == theirs(retail.expected("country", *span))
    assert len(found) > 20


@pytest.mark.data
def test_online_retail_comes_back(retail: Case) -> None:
    """Customers known, rebuy and churn of Online Retail, whole, by month and by country."""
    known_and_coming_back(retail, "country", m.by_province(retail.sales, retail.orders), "2011-06-01")


@pytest.mark.data
@pytest.mark.parametrize("span", [EVER, ("2019-03-01", "2019-05-01")])
def test_taobao_by_month_and_province(taobao: Case, span: tuple[str, str]) -> None:
    """The Taobao half year whole, by month, by province and by region."""
    period = taobao.period(*span)
    assert ours(taobao.sales, None, period) == theirs(taobao.expected("'all'", *span))
    found = ours(taobao.sales, m.by_month(taobao.sales), period)
    assert found == theirs(taobao.expected(MONTH["group"], *span, begins=MONTH["begins"]))
    found = ours(taobao.sales, m.by_province(taobao.sales, taobao.orders), period)
    assert found == theirs(taobao.expected("province", *span))
    assert len(found) == 31
    found = ours(taobao.sales, m.by_region(taobao.sales, taobao.orders), period)
    assert found == theirs(taobao.expected("region", *span))
    assert set(found) == {"east", "central", "west"}


@pytest.mark.data
def test_taobao_comes_back(taobao: Case) -> None:
    """Customers known, rebuy and churn of the Taobao half year, whole, by month and by province."""
    known_and_coming_back(taobao, "province", m.by_province(taobao.sales, taobao.orders), "2019-04-01")


@pytest.mark.parametrize("span", [EVER, ("2023-10-01", "2024-02-01")])
def test_simulated_by_month_and_province(simulated: Case, span: tuple[str, str]) -> None:
    """The simulated shop whole, by month and by province, with refunds still to come."""
    period = simulated.period(*span)
    assert ours(simulated.sales, None, period) == theirs(simulated.expected("'all'", *span))
    found = ours(simulated.sales, m.by_month(simulated.sales), period)
    assert found == theirs(simulated.expected(MONTH["group"], *span, begins=MONTH["begins"]))
    found = ours(simulated.sales, m.by_province(simulated.sales, simulated.orders), period)
    short = r"regexp_replace(province, '(省|(壮族|回族|维吾尔)?自治区)$', '')"
    assert found == theirs(simulated.expected(short, *span))


def test_simulated_comes_back(simulated: Case) -> None:
    """Customers known, rebuy and churn of the simulated shop."""
    short = r"regexp_replace(province, '(省|(壮族|回族|维吾尔)?自治区)$', '')"
    groups = m.by_province(simulated.sales, simulated.orders)
    known_and_coming_back(simulated, short, groups, "2023-12-01")


def test_simulated_by_gender_and_age(simulated: Case) -> None:
    """People's own groups: gender and age of half the customers, drawn here, the others not told."""
    rng, people = np.random.default_rng(3), len(simulated.orders.customers)
    described = np.sort(rng.choice(people, people // 2, replace=False))
    gender = rng.integers(-1, len(GENDERS), len(described)).astype(np.int8)
    born = pd.Timestamp("1935-01-01") + pd.to_timedelta(rng.integers(0, 85 * 365, len(described)), "D")
    row_of_customer = np.full(people, -1)
    row_of_customer[described] = np.arange(len(described))
    profiles = profiles_of(gender, born)
    told = pd.DataFrame(
        {
            "customer": described,
            "gender": [None if code < 0 else str(GENDERS[code]) for code in gender],
            "born": born,
        }
    )
    assert len(told) == len(profiles)
    simulated.sql.execute("create or replace table people as select * from told")
    simulated.sql.execute(
        "create or replace table described as select customer, gender, "
        "date_sub('year', born, timestamp '2024-06-01') as age from people"
    )
    bands = " ".join(
        f"when age between {first} and {last} then '{key}'"
        for key, first, last in (
            ("<18", 0, 17), ("18-24", 18, 24), ("25-29", 25, 29), ("30-34", 30, 34), ("35-39", 35, 39),
            ("40-49", 40, 49), ("50-59", 50, 59), ("60+", 60, 120),
        )
    )  # fmt: skip
    span = ("2024-01-01", "2024-04-01")
    for groups, column in (
        (m.by_gender(simulated.sales, profiles, row_of_customer), "gender"),
        (m.by_age_band(simulated.sales, profiles, row_of_customer), f"case {bands} end"),
    ):
        simulated.sql.execute(
            f"create or replace view by_person as select counted.*, {column} as told "  # noqa: S608
            "from counted left join described using (customer)"
        )
        found = ours(simulated.sales, groups, simulated.period(*span))
        assert found == theirs(simulated.expected("told", *span, sold="by_person"))
        assert len(found) == len(groups)


def test_simulated_by_product(simulated: Case) -> None:
    """Each product's orders, buyers, new ones and sales against SQL over lines, of orders without refund.

    How an order's refund reaches its lines is tested where that is done.
    """
    every = simulate_shop(SPEC).line_table()
    kept = np.flatnonzero(simulated.orders.refunded[every.order] == 0)
    table = attrs.evolve(
        every,
        order=every.order[kept],
        product=every.product.take(kept),
        quantity=every.quantity[kept],
        gross=every.gross[kept],
        refunded=every.refunded[kept],
    )
    lines = pd.DataFrame({"place": table.order, "product": table.product.tolist(), "amount": table.gross})
    assert len(lines) > 50_000
    simulated.sql.execute(
        "create or replace table parts as select customer, t, product, sum(amount) as gross, 0 as back "
        "from lines join counted using (place) group by all"
    )
    split, groups = m.lines_by_product(simulated.sales, simulated.orders, table)
    span = ("2024-02-01", "2024-05-01")
    found = ours(split, groups, simulated.period(*span))
    assert found == theirs(simulated.expected("product", *span, sold="parts"))
    assert len(found) > 50


def test_a_wrong_number_is_noticed(simulated: Case) -> None:
    """One order of one customer less, and SQL no longer agrees."""
    fewer = m.sales_of(simulated.orders.part(0, len(simulated.orders) - 9_000), simulated.sales.as_of)
    assert ours(fewer, None, m.EVER) != theirs(simulated.expected("'all'", *EVER))
