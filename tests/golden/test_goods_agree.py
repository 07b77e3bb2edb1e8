"""Goods, festivals, tastes, times and reviews: against pandas over the exported files as a person reads them.

The frames are made of the raw CSV files of a simulated shop; only whether an order counts is the
simulator's truth. Festivals are written down here by hand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest  # type: ignore[import-untyped]  # SciPy has no stubs here

from retailcrm import open_shop
from retailcrm.analytics import metrics as m
from retailcrm.analytics.main_groups import main_groups
from retailcrm.analytics.metrics.delays import payment_delay
from retailcrm.analytics.sellers import hot_sellers, line_sales, product_sales
from retailcrm.domain.orders import OrderState
from retailcrm.simulate import ShopSpec, simulate_shop, write_full_exports

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from retailcrm.report.data import DelayRow, ReportData

AS_OF: Final = "2024-07-01"
TODAY: Final = pd.Timestamp(AS_OF)
# First day and the day after the last of each window that touches the shop's days, by a wall calendar.
WINDOWS: Final = {
    "春节（年货节）": (("2022-12-25", "2023-01-22"), ("2024-01-13", "2024-02-10")),
    "端午节": (("2023-06-08", "2023-06-23"), ("2024-05-27", "2024-06-11")),
    "中秋节": (("2023-09-08", "2023-09-30"),),
}


@attrs.frozen(eq=False)
class Told:
    """What the files of a shop say, and what our report says of them.

    Attributes:
        data: Our report's figures.
        orders: Orders of the order reports.
        sold: Lines of orders that count.
        products: The catalogue, by code.
        reviews: The reviews.
        parcels: Events of parcels.
    """

    data: ReportData
    orders: pd.DataFrame
    sold: pd.DataFrame
    products: pd.DataFrame
    reviews: pd.DataFrame
    parcels: pd.DataFrame


def read(files: Iterable[Path], encoding: str = "gb18030") -> pd.DataFrame:
    """Read exports as text, headers without blanks, Excel's guard off the numbers."""
    frames = [pd.read_csv(file, dtype=str, keep_default_na=False, encoding=encoding) for file in files]
    whole = pd.concat([frame.rename(columns=str.strip) for frame in frames], keys=range(len(frames)))
    whole = whole.reset_index(0, names="file").reset_index(drop=True).fillna("")
    return whole.map(lambda cell: cell[2:-1] if str(cell).startswith('="') else cell)


def fen(text: pd.Series[str]) -> pd.Series[int]:
    """Read amounts as minor units."""
    return (pd.to_numeric(text) * 100).round().astype("int64")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Export a simulated shop, import its files, and read them again with pandas."""
    simulated = simulate_shop(ShopSpec(seed=47, customers=1500))
    exported = write_full_exports(simulated, tmp_path_factory.mktemp("exports"))
    assert exported.buyers is not None
    shop = open_shop()
    shop.imports.files(exported.reports)
    for file, mapping in exported.mapped:
        shop.imports.files(file, mapping=mapping)
    shop.imports.buyers(exported.buyers)
    reports = {
        kind: read(file for file in exported.reports if file.name.startswith(kind))
        for kind in ("ExportOrderList", "ExportItemlList", "退款列表")
    }
    mapped = {file.stem: read([file]) for file, _ in exported.mapped}
    named = read([exported.buyers], "utf-8-sig").set_index("订单编号")["买家会员名"]
    orders = orders_of(reports["ExportOrderList"], named)
    truth = simulated.order_table()
    whole = (truth.refunded >= truth.gross) & (truth.gross > 0)
    paid = np.isin(truth.state, [2, 3, 4, 5]) & ~whole
    assert [OrderState(n).name for n in (2, 3, 4, 5)] == ["PAID", "SHIPPED", "RECEIVED", "COMPLETED"]
    counts = set(np.array(truth.numbers.tolist())[paid].tolist())
    products = mapped["商品列表"].set_index("商家编码")
    sold = sold_of(reports["ExportItemlList"], reports["退款列表"], orders, products)
    return Told(
        data=shop.describe(AS_OF).data,
        orders=orders,
        sold=sold[sold["number"].isin(counts)],
        products=products,
        reviews=mapped["评价列表"],
        parcels=mapped["物流轨迹"],
    )


def orders_of(reports: pd.DataFrame, named: pd.Series[str]) -> pd.DataFrame:
    """Give each order as its newest report has it, by number: buyer if known, times, state."""
    clear = reports[~reports["买家会员名"].str.contains("*", regex=False)]
    nick = clear.groupby("订单编号")["买家会员名"].last()  # a newer report can mask what an older one told
    reports = reports.drop_duplicates("订单编号", keep="last").set_index("订单编号")
    return pd.DataFrame(
        {
            "who": nick.reindex(reports.index).fillna(named),
            "placed": pd.to_datetime(reports["订单创建时间"]),
            "paid": pd.to_datetime(reports["订单付款时间"].replace("", None)),
            "shipped": pd.to_datetime(reports["发货时间"].replace("", None)),
            "state": reports["订单状态"],
        }
    )


def sold_of(
    items: pd.DataFrame, refunds: pd.DataFrame, orders: pd.DataFrame, products: pd.DataFrame
) -> pd.DataFrame:
    """Give lines: order, product, category, pieces, paid, local day, buyer, and whether it stayed sold."""
    new = items["主订单编号"] != ""  # only newer reports say what was paid on a line
    number = items["主订单编号"].where(new, items["订单编号"])
    # Reports overlap: an order's lines are those of its newest report.
    newest = items["file"] == items["file"].groupby(number).transform("max")
    code = pd.Series(products.index, products["宝贝标题"].to_numpy())
    lines = pd.DataFrame(
        {
            "number": number,
            "product": items["标题"].map(code),
            "pieces": items["购买数量"].astype(int),
            "paid": fen(items["买家实际支付金额"].replace("", None).fillna("0")),
        }
    )
    lines["category"] = lines["product"].map(products["类目"])
    lines["who"] = lines["number"].map(orders["who"])
    lines["day"] = lines["number"].map(orders["paid"]).dt.normalize()
    done = refunds[refunds["退款状态"] == "退款成功"].drop_duplicates("退款编号", keep="last")
    keys = ["number", "product"]
    back = done.assign(number=done["订单编号"], product=done["商品编码"], back=fen(done["买家退款金额"]))
    lines = lines.merge(back.groupby(keys, as_index=False)["back"].sum(), how="left", on=keys)
    lines["back"] = lines["back"].fillna(0).astype("int64")
    # Given back in full: nothing paid is left, and something went back.
    return lines.assign(sale=~((lines["back"] > 0) & (lines["paid"] == 0) & new))[newest]


def test_hot_sellers(told: Told) -> None:
    """The best of June by what was paid and not given back, with pieces, orders, buyers and stock."""
    june = told.sold[told.sold["day"] >= "2024-06-01"]
    kept = june[june["sale"]]
    best = june.groupby("product")["paid"].sum().sort_values(ascending=False, kind="stable")
    goods = told.data.goods
    assert goods is not None
    assert (goods.start, goods.end, goods.products) == ("2024-06-01", AS_OF, kept["product"].nunique())
    assert [row.net for row in goods.hot] == best[:20].tolist()
    assert len(goods.hot) == 20
    for row in goods.hot:
        mine = kept[kept["product"] == row.key]
        assert row.net == best[row.key]
        assert (row.pieces, row.orders, row.buyers) == (
            mine["pieces"].sum(), mine["number"].nunique(), mine["who"].nunique(),
        )  # fmt: skip
        assert row.stock == told.products["库存"].astype(int)[row.key]
        assert row.title == told.products.loc[row.key, "宝贝标题"]


def test_slow_sellers(told: Told) -> None:
    """On sale by the catalogue for sixty days, in stock, and not sold in the last sixty."""
    shelf = told.products
    silent = (TODAY - told.sold[told.sold["sale"]].groupby("product")["day"].max()).dt.days
    lies = (shelf["状态"] == "出售中") & (shelf["库存"].astype(int) > 0)
    lies &= (TODAY - pd.to_datetime(shelf["上架时间"]).dt.normalize()).dt.days >= 60
    slow = shelf[lies & ~(silent.reindex(shelf.index) < 60)]
    goods = told.data.goods
    assert goods is not None
    assert goods.slow_count == len(slow) > 0
    assert {row.key for row in goods.slow} == set(slow.index)
    assert {row.key: row.days_since_sold for row in goods.slow if row.days_since_sold is not None} == {
        key: days for key, days in silent.items() if key in slow.index
    }
    assert goods.slow_stock_cost == (fen(slow["成本价"]) * slow["库存"].astype(int)).sum()


def test_festival_lifts(told: Told) -> None:
    """Orders with the category in and out of the windows over all orders; pieces of the windows."""
    kept = told.sold[told.sold["sale"]]
    seen = 0
    for row in told.data.lifts:
        if row.festival.zh not in WINDOWS:
            continue
        spans = [tuple(map(pd.Timestamp, window)) for window in WINDOWS[row.festival.zh]]
        first = kept["day"].min()
        held = [span for span in spans if span[0] >= first]
        inside, touched = (
            pd.concat([(kept["day"] >= a) & (kept["day"] < b) for a, b in some], axis=1).any(axis=1)
            for some in (held, spans)
        )
        mine = kept["category"] == row.category
        a, b, whole_a, whole_b = (
            kept.loc[rows, "number"].nunique() for rows in (inside & mine, ~touched & mine, inside, ~touched)
        )
        assert row.years == len(held)
        assert row.pieces == kept.loc[inside & mine, "pieces"].sum()
        assert row.lift == pytest.approx(float(Fraction(a * whole_b, b * whole_a)), rel=1e-12)
        error = 1.959963984540054 * np.sqrt(1 / a - 1 / whole_a + 1 / b - 1 / whole_b)
        assert (row.low, row.high) == pytest.approx((row.lift * np.exp(-error), row.lift * np.exp(error)))
        seen += 1
    assert seen >= 5


def test_change_of_taste(told: Told) -> None:
    """Distances between known buyers' categories of the last 180 days and the 180 before."""
    kept = told.sold[told.sold["sale"] & told.sold["who"].notna()]
    pairs: dict[str, tuple[set[tuple[str, str]], set[tuple[str, str]]]] = defaultdict(lambda: (set(), set()))
    kept = kept[kept["category"].notna() & (kept["category"] != "")]
    columns = (kept[name].tolist() for name in ("who", "number", "category", "day"))
    for who, number, category, day in zip(*columns, strict=True):
        if 0 < (age := (TODAY - day).days) <= 360:
            pairs[who][age <= 180].add((category, number))
    both = [windows for windows in pairs.values() if all(windows)]
    enough = [w for w in both if all(len({number for _, number in window}) >= 3 for window in w)]
    distances = []
    for windows in enough:
        early, late = (Counter(category for category, _ in window) for window in windows)
        distances.append(
            sum(
                abs(Fraction(early[c], early.total()) - Fraction(late[c], late.total())) for c in early | late
            )
            / 2
        )
    found = told.data.taste
    assert found is not None
    assert (found.measured, found.withheld) == (len(enough), len(both) - len(enough))
    assert found.measured > 50
    assert found.mean == pytest.approx(float(sum(distances) / len(distances)))
    assert found.changed == sum(distance > Fraction(1, 2) for distance in distances)


def test_main_groups(told: Told) -> None:
    """No smaller set of segments brings the share wanted, and no set of that size brings more."""
    net = {row.key: row.net for row in told.data.segments}
    found, total = told.data.main_groups, sum(net.values())
    assert found is not None
    enough = [
        (-size, sum(net[key] for key in some))
        for size in range(1, len(net) + 1)
        for some in combinations(net, size)
        if sum(net[key] for key in some) >= Fraction(str(found.share_wanted)) * total
    ]
    size, brought = max(enough)
    assert len(found.main) == -size
    assert found.share == pytest.approx(brought / total)


def held(
    row: DelayRow, start: pd.Series[pd.Timestamp], end: pd.Series[pd.Timestamp], waits: pd.Series[bool]
) -> None:
    """Hold a step's quantiles (nearest rank, whole minutes) and its share in time against two columns."""
    minutes = sorted(((end - start).dropna() // pd.Timedelta("1min")).astype(int))
    assert row.count == len(minutes) > 1000
    assert row.reversed_count == 0
    assert row.median_hours == pytest.approx(minutes[-(-len(minutes) // 2) - 1] / 60)
    assert row.p90_hours == pytest.approx(minutes[-(-len(minutes) * 9 // 10) - 1] / 60)
    limit = pd.Timedelta(row.within_hours, "h")
    could = (start <= TODAY - limit) & (end.notna() | waits)
    assert row.within == pytest.approx(float((could & (end - start <= limit)).sum() / could.sum()))


def test_payment_delay(told: Told) -> None:
    """From placing to paying: median, P90, and paid within 24 hours of all orders placed a day ago."""
    row = next(row for row in told.data.delays if row.key == "payment")
    assert row.within_hours == 24
    held(row, told.orders["placed"], told.orders["paid"], told.orders["paid"].isna())


def test_hours_to_ship(told: Told) -> None:
    """From paying to the first parcel's leaving, by the carriers' events or else the order report."""
    row = next(row for row in told.data.delays if row.key == "shipping")
    left = told.parcels[told.parcels["状态"] == "已发货"].groupby("订单编号")["时间"].min()
    shipped = pd.to_datetime(left).reindex(told.orders.index).fillna(told.orders["shipped"])
    waits = told.orders["state"] == "买家已付款，等待卖家发货"
    held(row, told.orders["paid"], shipped, waits)


def test_good_reviews(told: Told) -> None:
    """Four stars and five of all with stars, whole, by month and by product, with SciPy's Wilson interval."""
    scored = told.reviews[told.reviews["评分"] != ""]
    good = scored["评分"].astype(int) >= 4
    found = told.data.reviews
    assert found is not None
    assert (found.reviews, found.scored, found.good) == (len(told.reviews), len(scored), good.sum())
    assert found.second == (told.reviews["追评时间"] != "").sum()
    interval = binomtest(int(good.sum()), len(scored)).proportion_ci(method="wilson")
    assert (found.rate, found.low, found.high) == pytest.approx((good.mean(), *interval))
    months = good.groupby(scored["评价时间"].str[:7]).agg(["size", "sum"])
    assert {row.month: (row.scored, row.good) for row in found.months if row.scored} == {
        month: (size, many) for month, size, many in months.itertuples()
    }
    products = good.groupby(scored["宝贝标题"]).agg(["size", "sum"])
    for row in found.worst:
        assert (row.scored, row.good) == tuple(products.loc[row.product])
        low, high = binomtest(row.good, row.scored).proportion_ci(method="wilson")
        assert (row.low, row.high) == pytest.approx((low, high))
    lows = [
        binomtest(int(k), int(n)).proportion_ci(method="wilson").low
        for n, k in products.to_numpy()
        if n >= 10
    ]
    assert [row.low for row in found.worst] == pytest.approx(sorted(lows)[:20])


@pytest.mark.data
def test_hot_sellers_of_online_retail(data_dir: Path, repo_root: Path) -> None:
    """Stock codes by net, by pieces and by buyers: November 2011, cancellations taken off."""
    file = data_dir / "online_retail.csv.gz"
    rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    mills = (rows["UnitPrice"].astype(float) * 1000).round().astype("int64")
    exact = mills * (pieces := rows["Quantity"].astype("int64"))
    rows = rows.assign(pence=np.sign(exact) * ((exact.abs() + 5) // 10), pieces=pieces)
    rows["t"] = pd.to_datetime(rows["InvoiceDate"])
    rows["t"] = rows.groupby("InvoiceNo")["t"].transform("min")
    rows = rows[(rows["t"] >= "2011-11-01") & (rows["t"] < "2011-12-01")]
    shop = open_shop(zone="Europe/London", currency="GBP")
    shop.imports.files([file], mapping=repo_root / "examples" / "mappings" / "online_retail.toml")
    (orders,), lines = shop.insight.parts(), shop.imports.kept.beside().lines
    assert lines is not None
    codes = lines.product.values  # noqa: PD011 - no pandas
    start, end = (int(np.datetime64(day, "D").astype(int)) for day in ("2011-11-01", "2011-12-01"))
    sold = line_sales(orders, lines, np.datetime64("2011-12-10", "us"))
    found = product_sales(sold, len(codes), start, end)
    names = codes.tolist()
    kept = rows[~rows["InvoiceNo"].str.startswith("C") & (rows["pieces"] > 0)]
    truth = {
        "net": rows.groupby("StockCode")["pence"].sum(),
        "pieces": rows.groupby("StockCode")["pieces"].sum(),
        "orders": kept.groupby("StockCode")["InvoiceNo"].nunique(),
        "buyers": kept[kept["CustomerID"] != ""].groupby("StockCode")["CustomerID"].nunique(),
    }
    for measure, wanted in truth.items():
        column = getattr(found, measure)
        assert {names[i]: int(column[i]) for i in np.flatnonzero(column)} == wanted[wanted != 0].to_dict()
    best = truth["net"].sort_values(ascending=False)[:20]
    assert [names[i] for i in hot_sellers(found)] == best.index.tolist()


@pytest.mark.data
def test_main_provinces_of_taobao(data_dir: Path, repo_root: Path) -> None:
    """The provinces that bring 70 % of the half year's sales, by pandas' running sum."""
    file = data_dir / "taobao_orders_2019h1.xlsx"
    rows = pd.read_excel(file, engine="calamine", dtype=object)
    rows = rows[rows["订单状态"] == "交易成功"]
    shop = open_shop(zone="Asia/Shanghai", currency="CNY")
    shop.imports.files([file], mapping=repo_root / "examples" / "mappings" / "taobao_orders_2019h1.toml")
    (orders,) = shop.insight.parts()
    sales = m.sales_of(orders, np.datetime64("2019-06-30T16:00", "us"))
    groups = m.by_province(sales, orders)
    found = main_groups(m.net(sales, groups).numerator, "0.7")
    net = rows.groupby("省份")["实付金额"].sum().astype(int).sort_values(ascending=False)
    size = int((net.cumsum() < net.sum() * 0.7).sum()) + 1
    assert [net.index[i].startswith(groups.keys[place]) for i, place in enumerate(found.main)] == [
        True
    ] * size
    assert (found.net, found.total) == (net[:size].sum() * 100, 351_130_500)


@pytest.mark.data
def test_payment_delay_of_tmall(data_dir: Path) -> None:
    """Of the Tmall report: median and P90 of whole minutes, and paid within a day of all 28,010 orders."""
    file = data_dir / "tmall_order_report_2020_02.csv"
    rows = pd.read_csv(file, dtype=str).rename(columns=str.strip)
    placed, paid = (pd.to_datetime(rows[name]) for name in ("订单创建时间", "订单付款时间"))
    shop = open_shop()
    shop.imports.files([file])
    (orders,) = shop.insight.parts()
    (found,) = payment_delay(orders, np.datetime64("2020-03-31T16:00", "us"))
    took = (paid - placed).dropna()
    minutes = sorted((took[took >= pd.Timedelta(0)] // pd.Timedelta("1min")).astype(int))
    assert (found.count, found.reversed) == (len(minutes), (took < pd.Timedelta(0)).sum())
    assert found.count + found.reversed == 24_087
    assert found.median_hours == Fraction(minutes[-(-len(minutes) // 2) - 1], 60)
    assert found.p90_hours == Fraction(minutes[-(-len(minutes) * 9 // 10) - 1], 60)
    assert found.within == Fraction(int((took <= pd.Timedelta("1D")).sum()), len(rows) - found.reversed)
