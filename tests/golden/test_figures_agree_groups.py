"""Every figure by city, channel, tier, level, category and product: against SQL over raw rows.

As in ``test_figures_agree.py`` the SQL sees what a file says, or the simulated truth, on the shop's own
clock; here it is written as one pass over rows that carry their group.
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
from retailcrm.domain.orders import OrderState
from retailcrm.simulate import ShopSpec, simulate_shop

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.analytics.tables import LineTable, OrderTable

LAPSED: Final = 90

# A row is a sale, or a credit note (not sale). Customers are new, old or silent by all rows of `counted`.
FIGURES: Final = """
with firsts as (select customer, min(t) as first_at from counted group by customer),
gaps as (
  select customer, day, day - lag(day) over (partition by customer order by day) as gap
  from (select distinct customer, t::date as day from counted where customer is not null)
), facts as (
  select r.*, gap, t = first_at as first, first_at < {begins} as old,
    r.customer is not null and count(*) filter (sale) over (partition by g, r.customer) > 0 as named
  from (select *, {group} as g, t::date as day from {rows}) r
  left join firsts on firsts.customer = r.customer
  left join gaps on gaps.customer = r.customer and gaps.day = r.day
  where t >= $start and t < $end and g is not null
), repeats as (
  select g, count(*) as repeats from (
    select g, customer from facts where sale and named group by all having count(distinct day) >= 2
  ) group by g
)
select g, count(*) filter (sale) as orders, sum(gross) as gross, sum(back) as back,
  count(*) filter (sale and back > 0) as backs, count(distinct customer) filter (sale) as buyers,
  count(*) filter (sale and named) as known_orders, any_value(repeats) as repeats,
  count(distinct customer) filter (sale and first) as new,
  count(distinct customer) filter (sale and old) as old,
  sum(gross - back) filter (named) as known_net, sum(gross - back) filter (named and old) as old_net,
  count(distinct customer) filter (sale and gap >= $lapsed) as reactivated
from facts left join repeats using (g) group by g
"""
KNOWN: Final = (
    "select {group} as g, count(distinct customer) as n from {rows} where sale and t < $moment group by 1"
)
CHURN: Final = """
select g, count(*) filter (customer not in (
    select customer from counted where customer is not null and t >= $cut and t < $cut + to_days($horizon)
  )) as top, count(*) as bottom
from (
  select distinct {group} as g, customer from {rows}
  where sale and customer is not null and t < $cut and t >= $cut - to_days($active)
) where g is not null group by g
"""
REBUY: Final = """
select g, count(*) filter (now) as top, count(*) as bottom from (
  select {group} as g, customer, bool_or(t >= $middle) as now from {rows}
  where sale and customer is not null and t >= $start and t < $end
  group by all having bool_or(t < $middle)
) where g is not null group by g
"""
MONTH: Final = ("strftime(t, '%Y-%m')", "date_trunc('month', t)")
EVER: Final = ("1900-01-01", "2100-01-01")
PAID: Final = [OrderState[name].value for name in ("PAID", "SHIPPED", "RECEIVED", "COMPLETED", "REFUNDED")]
SPEC: Final = ShopSpec(seed=20240702, orders=25_000, customers=8_000)
TIERS: Final = ("普通会员", "银卡", "金卡")
ZONE: Final = "Asia/Shanghai"


@attrs.frozen(eq=False)
class Case:
    """A shop twice: our sales, and its raw rows in DuckDB.

    Attributes:
        orders: Our order table.
        sales: Our sales.
        sql: Table ``counted``: customer, t, gross, back, sale, and what groups need.
        lines: Our line table, where the case has one.
    """

    orders: OrderTable
    sales: m.Sales
    sql: duckdb.DuckDBPyConnection
    lines: LineTable | None = None

    def ask(self, query: str, **values: Any) -> dict[str, dict[str, int]]:
        """Run a query and give its rows by group."""
        found = self.sql.execute(query, values)
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        return {row.pop("g"): {k: int(v or 0) for k, v in row.items()} for row in rows}

    def instant(self, moment: str) -> np.datetime64:
        """Give the instant of a reading of the shop's clock."""
        there = pd.Timestamp(moment, tz=self.orders.zone)
        return np.datetime64(there.tz_convert("UTC").tz_localize(None), "us")


def database(counted: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    """Give a database of raw rows; an empty customer is an unknown one."""
    connection = duckdb.connect(config={"threads": 2})
    rows = counted.assign(t=counted["t"].astype("datetime64[us]"))
    assert len(rows)
    connection.execute("create table counted as select * from rows")
    return connection


@pytest.fixture(scope="module")
def taobao(data_dir: Path, repo_root: Path) -> Case:
    """Give the Taobao orders of 2019 up to 1 July; what was given back in full counts nowhere."""
    path = data_dir / "taobao_orders_2019h1.xlsx"
    rows = pd.read_excel(path, engine="calamine", dtype=object)
    rows = rows[rows["订单状态"] == "交易成功"]
    city = rows["城市"].where(rows["城市"].notna(), None)
    bought = pd.DataFrame(
        {
            "customer": rows["买家昵称"].astype(str).str.strip(),
            "t": pd.to_datetime(rows["付款日期"]),
            "gross": rows["实付金额"].astype("int64") * 100,
            "back": 0,
            "sale": True,
            "city": city.str.strip().replace("", None),
        }
    )
    shop = open_shop(zone=ZONE, currency="CNY")
    shop.imports.files([path], mapping=repo_root / "examples" / "mappings" / "taobao_orders_2019h1.toml")
    (orders,) = shop.insight.parts()
    return Case(orders, m.sales_of(orders, np.datetime64("2019-06-30T16:00", "us")), database(bought))


@pytest.fixture(scope="module")
def retail(data_dir: Path, repo_root: Path) -> Case:
    """Give Online Retail's invoices, and in ``parts`` what each has of each product."""
    path = data_dir / "online_retail.csv.gz"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    mills = (rows["UnitPrice"].astype(float) * 1000).round().astype("int64")
    exact = mills * rows["Quantity"].astype("int64")
    rows["pence"] = np.sign(exact) * ((exact.abs() + 5) // 10)
    rows["dated"] = pd.to_datetime(rows["InvoiceDate"])
    assert len(rows) == 541_909
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(
        "create table entries as select InvoiceNo as number, nullif(CustomerID, '') as customer, "
        "StockCode as product, pence, min(dated) over (partition by InvoiceNo) as t, "
        "InvoiceNo not like 'C%' as sale from rows"
    )
    added = "sum(pence) filter (sale) as sold, -sum(pence) filter (not sale) as taken"
    for table, by in (("counted", ""), ("parts", ", product")):
        connection.execute(
            f"create table {table} as select * exclude (sold, taken), coalesce(sold, 0) as gross, "  # noqa: S608 - our own names
            f"coalesce(taken, 0) as back from (select number, sale, t, any_value(customer) as customer {by}, "
            f"{added} from entries group by number, sale, t {by})"
        )
    connection.execute("delete from counted where not sale")
    shop = open_shop(zone="Europe/London", currency="GBP")
    shop.imports.files([path], mapping=repo_root / "examples" / "mappings" / "online_retail.toml")
    (orders,) = shop.insight.parts()
    sales = m.sales_of(orders, np.datetime64("2011-12-10", "us"))
    return Case(orders, sales, connection, shop.imports.kept.beside().lines)


def simulated_case(*, refunds: bool) -> Case:
    """Give a simulated shop as of 1 June 2024, with its refunds, or without any order that has one."""
    shop = simulate_shop(SPEC)
    table, lines = shop.order_table(), shop.line_table()
    if not refunds:
        told = table.refunded > 0
        state = np.where(told, OrderState.CLOSED, table.state).astype(table.state.dtype)
        never = np.full(len(table), np.datetime64("NaT", "us"))
        table = attrs.evolve(table, state=state, refunded=np.zeros_like(table.refunded), refunded_at=never)
    assert table.channel is not None
    assert table.city is not None
    back = np.where(
        table.refunded_at < np.datetime64("2024-05-31T16:00", "us"), table.refunded, 0
    )  # NaT is not before
    rows = pd.DataFrame(
        {
            "place": np.arange(len(table)),
            "customer": table.customer,
            "t": table.paid_at + np.timedelta64(8, "h"),
            "gross": table.gross,
            "back": back,
            "sale": True,
            "channel": table.channel.tolist(),
            "city": table.city.tolist(),
        }
    )
    whole = (back >= table.gross) & (table.gross > 0)
    rows = rows[np.isin(table.state, PAID) & ~whole & (rows["t"] < "2024-06-01")]
    assert len(rows) > 15_000
    return Case(table, m.sales_of(table, np.datetime64("2024-05-31T16:00", "us")), database(rows), lines)


@pytest.fixture(scope="module")
def simulated() -> Case:
    """Give the simulated shop with refunds, some still to come."""
    return simulated_case(refunds=True)


def pair(figure: m.Figure, place: int) -> tuple[int, ...]:
    """Give a group's numerator and, if there is one, denominator."""
    columns = (figure.numerator, figure.denominator)
    return tuple(int(column[place]) for column in columns if column is not None)


def ours(sales: m.Sales, groups: m.Groups, period: m.Period) -> dict[str, dict[str, tuple[int, ...]]]:
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
    by_group = {key: {f.key: pair(f, i) for f in figures} for i, key in enumerate(groups.keys)}
    return {key: row for key, row in by_group.items() if any(any(numbers) for numbers in row.values())}


def theirs(rows: dict[str, dict[str, int]]) -> dict[str, dict[str, tuple[int, ...]]]:
    """Write every figure's definition once more, on the numbers of the SQL; empty groups are left out."""
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
        if any(r.values())
    }


def agree(
    case: Case,
    groups: m.Groups,
    group: str,
    span: tuple[str, str],
    *,
    sales: m.Sales | None = None,
    rows: str = "counted",
    begins: str = "$start::timestamp",
) -> dict[str, dict[str, tuple[int, ...]]]:
    """Hold every figure of a period against SQL and give them."""
    start, end = map(pd.Timestamp, span)
    query = FIGURES.format(group=group, rows=rows, begins=begins)
    period = m.Period(*map(case.instant, span))
    found = ours(case.sales if sales is None else sales, groups, period)
    assert found == theirs(case.ask(query, start=start, end=end, lapsed=LAPSED))
    return found


def pairs(figure: m.Figure) -> dict[str, tuple[int, ...]]:
    """Give numerator and denominator by group, groups without anybody left out."""
    found = {key: pair(figure, i) for i, key in enumerate(figure.groups)}
    return {key: value for key, value in found.items() if value[-1]}


def shares(rows: dict[str, dict[str, int]]) -> dict[str, tuple[int, ...]]:
    """Give numerator and denominator of SQL that computes one rate."""
    return {g: (row["top"], row["bottom"]) for g, row in rows.items()}


def come_back(
    case: Case, groups: m.Groups, group: str, cut: str, *, sales: m.Sales | None = None, rows: str = "counted"
) -> None:
    """Hold customers known, acquisition, rebuy and churn against SQL, two months around a cut."""
    sales = case.sales if sales is None else sales
    middle = pd.Timestamp(cut)
    start, end = (middle + pd.DateOffset(months=n) for n in (-2, 2))
    period = m.Period(case.instant(cut), case.instant(str(end)))
    before = m.Period(case.instant(str(start)), period.start)
    form = {"group": group, "rows": rows}
    at_cut, at_end = (
        {g: (row["n"],) for g, row in case.ask(KNOWN.format(**form), moment=when).items() if g and row["n"]}
        for when in (middle, end)
    )
    assert pairs(m.customers(sales, groups, period)) == at_end
    rate = m.acquisition_rate(sales, groups, period)
    assert {key: (bottom,) for key, (_, bottom) in pairs(rate).items()} == at_cut
    assert rate.numerator.tolist() == m.new_customers(sales, groups, period).numerator.tolist()
    found = pairs(m.rebuy_rate(sales, groups, period, before=before))
    assert found == shares(case.ask(REBUY.format(**form), start=start, middle=middle, end=end))
    found = pairs(m.churn_rate(sales, groups, cut=case.instant(cut), active_days=60, horizon=30))
    assert found == shares(case.ask(CHURN.format(**form), cut=middle, active=60, horizon=30))
    assert len(found) > 1


@pytest.mark.data
@pytest.mark.parametrize("span", [EVER, ("2019-03-01", "2019-05-01")])
def test_taobao_by_city_and_month(taobao: Case, span: tuple[str, str]) -> None:
    """The Taobao half year by city as exported, one order without, and by month."""
    found = agree(taobao, m.by_city(taobao.sales, taobao.orders), "city", span)
    assert len(found) > 300
    found = agree(taobao, m.by_month(taobao.sales), MONTH[0], span, begins=MONTH[1])
    assert len(found) == (6 if span == EVER else 2)


@pytest.mark.data
def test_taobao_comes_back_by_city(taobao: Case) -> None:
    """Customers known, acquisition, rebuy and churn of the Taobao half year, by city."""
    come_back(taobao, m.by_city(taobao.sales, taobao.orders), "city", "2019-04-01")


@pytest.mark.data
@pytest.mark.parametrize("span", [EVER, ("2011-09-01", "2011-12-01")])
def test_online_retail_by_product(retail: Case, span: tuple[str, str]) -> None:
    """Online Retail by stock code, credit notes taken back in the products that they name."""
    assert retail.lines is not None
    sales, groups = m.lines_by_product(retail.sales, retail.orders, retail.lines)
    found = agree(retail, groups, "product", span, sales=sales, rows="parts")
    assert len(found) > 2_500


@pytest.mark.data
def test_online_retail_comes_back_by_product(retail: Case) -> None:
    """Customers known, acquisition, rebuy and churn of Online Retail, by stock code."""
    assert retail.lines is not None
    sales, groups = m.lines_by_product(retail.sales, retail.orders, retail.lines)
    come_back(retail, groups, "product", "2011-06-01", sales=sales, rows="parts")


@pytest.mark.parametrize("span", [EVER, ("2023-10-01", "2024-02-01")])
@pytest.mark.parametrize("by", ["channel", "city"])
def test_simulated_by_channel_and_city(simulated: Case, by: str, span: tuple[str, str]) -> None:
    """The simulated shop by where orders were made and where they went."""
    groups = {"channel": m.by_channel, "city": m.by_city}[by](simulated.sales, simulated.orders)
    found = agree(simulated, groups, by, span)
    assert len(found) > (1 if by == "channel" else 50)
    come_back(simulated, groups, by, "2023-12-01")


def drawn(simulated: Case, names: tuple[str, ...], seed: int) -> Coded:
    """Draw one of some names for each customer, for a quarter of them none, and tell the SQL in ``drawn``."""
    size = len(simulated.orders.customers)
    codes = np.random.default_rng(seed).integers(-1, len(names), size).astype(np.int32)
    people = pd.DataFrame(
        {"customer": np.arange(size), "told": [None if code < 0 else names[code] for code in codes]}
    )
    assert len(people) == size
    simulated.sql.execute(
        "create or replace table drawn as select counted.*, told from counted "
        "left join people using (customer)"
    )
    return Coded(codes, Texts.of(names))


def test_simulated_by_tier(simulated: Case) -> None:
    """A tier drawn for each customer: every tier's figures, and nobody's of those without one."""
    tier = drawn(simulated, TIERS, 5)
    groups = m.by_tier(simulated.sales, tier)
    for span in (EVER, ("2024-01-01", "2024-04-01")):
        assert set(agree(simulated, groups, "told", span, rows="drawn")) == set(TIERS)
    come_back(simulated, groups, "told", "2024-02-01", rows="drawn")


def test_simulated_by_level(simulated: Case) -> None:
    """A member level drawn for each customer, on profile rows in another order than the customers."""
    level = drawn(simulated, ("VIP1", "VIP2", "VIP3"), 6)
    row_of_customer = np.random.default_rng(7).permutation(len(level))
    shuffled = np.empty(len(level), np.int32)
    shuffled[row_of_customer] = level.codes
    profiles = levels(Coded(shuffled, level.values))
    groups = m.by_level(simulated.sales, profiles, row_of_customer)
    for span in (EVER, ("2023-11-01", "2024-02-01")):
        assert set(agree(simulated, groups, "told", span, rows="drawn")) == {"VIP1", "VIP2", "VIP3"}
    come_back(simulated, groups, "told", "2024-02-01", rows="drawn")


def levels(level: Coded) -> ProfileTable:
    """Make a profile table that tells levels only."""
    size, blank = len(level), Coded.of([None] * len(level))
    return ProfileTable(
        ids=Texts.of(f"p{i}" for i in range(size)),
        strength=np.full(size, 2, np.int8),
        gender=np.full(size, -1, np.int8),
        birthday=np.full(size, -1, np.int32),
        joined_at=np.full(size, np.datetime64("NaT", "us")),
        points=np.full(size, MISSING),
        consent=np.full(size, -1, np.int8),
        level=level,
        province=blank,
        city=blank,
        source=blank,
    )


@pytest.mark.parametrize("untold", [0, 9])
def test_simulated_by_category(untold: int) -> None:
    """What was in the orders: each category's figures; orders with a refund are kept out on both sides."""
    case = simulated_case(refunds=False)
    assert case.lines is not None
    # Every ninth product has no category: lines of it belong nowhere.
    codes = case.lines.product.codes.tolist()
    names = [f"类目{code % 7}" if not untold or code % untold else None for code in codes]
    lines = pd.DataFrame({"place": case.lines.order, "category": names, "amount": case.lines.gross})
    assert len(lines) > 20_000
    case.sql.execute(
        "create table parts as select place, customer, t, category, sum(amount) as gross, 0 as back, "
        "true as sale from lines join counted using (place) where category is not null group by all"
    )
    sales, groups = m.lines_by_category(case.sales, case.orders, case.lines, Coded.of(names))
    for span in (EVER, ("2024-02-01", "2024-05-01")):
        assert len(agree(case, groups, "category", span, sales=sales, rows="parts")) == 7
    # Who comes back only for what has no category has come back all the same.
    come_back(case, groups, "category", "2024-02-01", sales=sales, rows="parts")


def test_a_wrong_group_is_noticed(simulated: Case) -> None:
    """One customer told to be of another tier, and SQL no longer agrees."""
    tier = drawn(simulated, TIERS, 8)
    buyer = int(simulated.sales.customer[0])
    codes = tier.codes.copy()
    codes[buyer] = (codes[buyer] + 1) % 3
    with pytest.raises(AssertionError):
        agree(simulated, m.by_tier(simulated.sales, Coded(codes, tier.values)), "told", EVER, rows="drawn")
