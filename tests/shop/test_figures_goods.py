"""What the report says of goods, against pandas over the lines of a simulated shop."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from retailcrm import open_shop
from retailcrm.domain.orders import OrderState
from retailcrm.shop.festivals import FESTIVALS
from retailcrm.shop.figures.catalogue import catalogue_of, categories
from retailcrm.simulate import ShopSpec, simulate_shop, write_full_exports

pd = pytest.importorskip("pandas")

AS_OF = "2024-07-01"
TODAY = date(2024, 7, 1)
EPOCH = date(1970, 1, 1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Give a simulated shop with lines, a catalogue and what else it exports."""
    exported = write_full_exports(
        simulate_shop(ShopSpec(seed=23, customers=1200)), tmp_path_factory.mktemp("full")
    )
    opened = open_shop()
    opened.imports.files(exported.reports)
    if exported.buyers is not None:
        opened.imports.buyers(exported.buyers)
    for path, mapping in exported.mapped:
        opened.imports.files(path, mapping=mapping)
    return opened


@pytest.fixture(scope="module")
def data(shop):
    """Give its figures."""
    return shop.describe(AS_OF).data


def spread(frame, orders):
    """Share what went back on an order beyond its lines' refunds by their gross, the largest remainder."""
    found = frame["back"].copy()
    for order, of in frame.groupby("order"):
        left = int(orders.refunded[order]) - int(of["back"].sum())
        if left <= 0:
            continue
        assert not of["back"].any()  # the simulator tells of each refund on lines, or on the order
        shares = {
            row: Fraction(left * int(gross), int(of["gross"].sum())) for row, gross in of["gross"].items()
        }
        for row, share in shares.items():
            found[row] = int(share)
        short = left - sum(map(int, shares.values()))
        for row in sorted(shares, key=lambda row: (-(shares[row] % 1), row))[:short]:
            found[row] += 1
    return found


@pytest.fixture(scope="module")
def lines(shop):
    """Give its sold lines: product and category by the catalogue, the order's customer and local day."""
    (orders,) = shop.imports.kept.parts()
    beside = shop.imports.kept.beside()
    by_title = {
        title: key for key, title in zip(beside.products.keys, beside.products.title.tolist(), strict=True)
    }
    by_key = dict(zip(beside.products.keys, beside.products.category.tolist(), strict=True))
    table = beside.lines
    frame = pd.DataFrame(
        {
            "order": table.order,
            "product": [text if text in by_key else by_title[text] for text in table.product.tolist()],
            "pieces": table.quantity,
            "gross": table.gross,
            "back": table.refunded,
        }
    )
    frame["category"] = frame["product"].map(by_key)
    frame["who"] = orders.customer[frame["order"]]
    at = pd.Series(orders.paid_at[frame["order"]]).fillna(pd.Series(orders.placed_at[frame["order"]]))
    frame["day"] = at.dt.tz_localize("UTC").dt.tz_convert("Asia/Shanghai").dt.date
    state = orders.state[frame["order"]]
    gross, back = orders.gross[frame["order"]], orders.refunded[frame["order"]]
    counts = np.isin(state, [2, 3, 4, 5]) & ~((back > 0) & (back >= gross)) & ~orders.credit[frame["order"]]
    assert (frame["day"] < TODAY).all()
    assert (state == OrderState.REFUNDED).any()
    frame = frame[counts].copy()
    frame["back"] = spread(frame, orders)
    frame["net"] = frame["gross"] - frame["back"]
    returned = (frame["gross"] > 0) & (frame["back"] >= frame["gross"])
    frame.loc[returned, "pieces"] = 0
    frame["sale"] = ~returned & (frame["pieces"] > 0)
    return frame


def test_hot_sellers(data, lines):
    """The best of June by net, with pieces, orders, buyers and the days since their last sale."""
    june = lines[lines["day"] >= date(2024, 6, 1)]
    sold = june[june["sale"]]
    found = data.goods
    assert (found.start, found.end) == ("2024-06-01", AS_OF)
    assert found.products == sold["product"].nunique()
    totals = june.groupby("product").agg(pieces=("pieces", "sum"), net=("net", "sum"))
    totals["orders"] = sold.groupby("product")["order"].nunique()
    totals["buyers"] = sold[sold["who"] >= 0].groupby("product")["who"].nunique()
    best = totals[totals["orders"] > 0].sort_values("net", ascending=False, kind="stable")[:20]
    assert [row.net for row in found.hot] == best["net"].tolist()
    assert len(found.hot) == 20
    last = lines[lines["sale"]].groupby("product")["day"].max()
    for row in found.hot:
        wanted = totals.loc[row.key]
        assert (row.pieces, row.net) == (wanted["pieces"], wanted["net"])
        assert (row.orders, row.buyers) == (wanted["orders"], wanted["buyers"])
        assert row.days_since_sold == (TODAY - last[row.key]).days
        assert row.title != row.key


def test_slow_sellers(shop, data, lines):
    """On the shelf, in stock, and sixty days or more without a sale and on the shelf."""
    products = shop.imports.kept.beside().products
    last = lines[lines["sale"]].groupby("product")["day"].max()
    wanted, cost = {}, 0
    columns = (products.keys, products.stock.tolist(), products.on_shelf.tolist(), products.cost.tolist())
    for i, (key, stock, on_shelf, piece) in enumerate(zip(*columns, strict=True)):
        since = products.on_shelf_since[i].astype("datetime64[s]").item()
        since = since and (since + timedelta(hours=8)).date()
        lies = on_shelf == 1 or (on_shelf == -1 and since)
        if not lies or stock <= 0 or (since and (TODAY - since).days < 60):
            continue
        silent = (TODAY - last[key]).days if key in last.index else None
        if silent is None or silent >= 60:
            wanted[key] = silent
            cost += max(piece, 0) * stock
    found = data.goods
    assert wanted
    assert found.slow_count == len(wanted)
    assert {row.key: row.days_since_sold for row in found.slow} == wanted
    assert found.slow_stock_cost == cost
    assert found.catalogue == len(products)
    silences = [10**6 if row.days_since_sold is None else row.days_since_sold for row in found.slow]
    assert silences == sorted(silences, reverse=True)


def test_categories(data, lines):
    """Orders, buyers and net of every category; a full refund of a line leaves it in its order."""
    found = next(b for b in data.breakdowns if b.key == "category")
    totals = lines.groupby("category").agg(orders=("order", "nunique"), net=("net", "sum"))
    totals["buyers"] = lines[lines["who"] >= 0].groupby("category")["who"].nunique()
    assert {row.key: (row.orders, row.net, row.buyers) for row in found.rows} == {
        key: (row["orders"], row["net"], row["buyers"]) for key, row in totals.iterrows()
    }
    assert [row.net for row in found.rows] == sorted(totals["net"], reverse=True)


def test_festival_lifts(data, lines):
    """Every row is rates over rates of orders; the simulator's own truths are among the surest."""
    sold = lines[lines["sale"]]
    first, end = min(sold["day"]), max(sold["day"]) + timedelta(days=1)
    by_label = {festival.label: festival for festival in FESTIVALS.values()}
    for row in data.lifts:
        every = [by_label[row.festival].window(year) for year in range(2022, 2026)]
        spans = [tuple(EPOCH + timedelta(days=day) for day in window) for window in every]
        full = [s for s in spans if first <= s[0] and s[1] <= end]
        assert row.years == len(full)
        inside = sold["day"].map(lambda d, full=full: any(s <= d < e for s, e in full))
        outside = ~sold["day"].map(lambda d, spans=spans: any(s <= d < e for s, e in spans))
        mine = sold["category"] == row.category
        a, b, shop_a, shop_b = (
            sold[mask]["order"].nunique() for mask in (inside & mine, outside & mine, inside, outside)
        )
        assert min(a, b) >= 10
        lift = Fraction(a, shop_a) / Fraction(b, shop_b)
        assert row.lift == pytest.approx(float(lift))
        width = 1.959963984540054 * np.sqrt(1 / a - 1 / shop_a + 1 / b - 1 / shop_b)
        assert (row.low, row.high) == pytest.approx((lift / np.exp(width), lift * np.exp(width)))
        assert row.pieces == sold[inside & mine]["pieces"].sum()
    surest = {(row.category, row.festival.zh) for row in data.lifts if row.low > 1}
    assert {("食品/糕点饼干", "中秋节"), ("食品/年货礼盒", "春节（年货节）")} <= surest


def test_taste(data, lines):
    """Half the L1 distance of category shares between the last two half years, by dictionaries."""
    pairs, orders = defaultdict(set), defaultdict(set)
    for row in lines[lines["sale"] & (lines["who"] >= 0)].itertuples():
        age = (TODAY - row.day).days
        if 0 < age <= 360:
            pairs[row.who, age <= 180].add((row.category, row.order))
            orders[row.who, age <= 180].add(row.order)
    both = [who for who, late in orders if late and (who, False) in orders]
    enough = [who for who in both if min(len(orders[who, w]) for w in (True, False)) >= 3]
    distances = []
    for who in enough:
        shares = [Counter(category for category, _ in pairs[who, w]) for w in (True, False)]
        sizes = [sum(share.values()) for share in shares]
        names = set(shares[0]) | set(shares[1])
        apart = sum(abs(Fraction(shares[0][n], sizes[0]) - Fraction(shares[1][n], sizes[1])) for n in names)
        distances.append(apart / 2)
    found = data.taste
    assert (found.measured, found.withheld) == (len(enough), len(both) - len(enough))
    assert found.mean == pytest.approx(float(sum(distances) / len(distances)))
    assert found.changed == sum(distance > Fraction(1, 2) for distance in distances)


def test_a_product_is_found_by_code_or_title():
    """Lines name products either way; a code goes before an equal title, of one title the first."""
    from retailcrm.analytics.columns import MISSING, Coded, Texts
    from retailcrm.analytics.tables import LineTable, ProductTable

    size = 3
    table = ProductTable(
        keys=Texts.of(["A", "B", "C"]),
        title=Coded.of(["nuts", "nuts", "A"]),
        category=Coded.of(["food", None, "gifts"]),
        cost=np.full(size, MISSING),
        price=np.full(size, MISSING),
        stock=np.full(size, MISSING),
        on_shelf=np.full(size, -1, np.int8),
        on_shelf_since=np.full(size, np.datetime64("NaT", "us")),
        seen_at=np.full(size, np.datetime64("NaT", "us")),
    )
    found = catalogue_of(table, Texts.of(["A", "nuts", "tea", "B"]))
    assert found.place.tolist() == [0, 0, 5, 1, -1]
    assert (found.key(5), found.title(5), found.title(2), found.key(2)) == ("tea", "tea", "A", "C")
    bought = Coded.of(["A", "tea", "B", None])
    own = Coded.of([None, "drinks", None, "toys"])
    lines = LineTable(
        order=np.zeros(4, np.int32),
        product=bought,
        quantity=np.ones(4, np.int64),
        gross=np.ones(4, np.int64),
        refunded=np.zeros(4, np.int64),
        category=own,
    )
    listed = catalogue_of(table, bought.values)
    assert categories(lines, listed).tolist() == ["food", "drinks", None, "toys"]
    assert catalogue_of(None, bought.values).place.tolist() == [0, 1, 2, -1]


def test_without_lines_there_are_no_goods(small):
    """Orders alone tell of no product; lines without a catalogue tell of no slow one."""
    assert small().describe("2024-03-31").data.goods is None
    lines = pa.table(
        {
            "id": ["1", "1", "2"], "who": ["ann", "ann", "bob"], "what": ["tea", "nuts", "tea"],
            "n": ["1", "2", "1"], "amount": ["5.00", "9.00", "5.00"], "at": ["2024-03-01"] * 3,
        }
    )  # fmt: skip
    shop = open_shop()
    shop.imports.table(
        lines,
        {
            "grain": "line",
            "columns": {
                "number": "id", "buyer": "who", "product": "what", "quantity": "n", "amount": "amount",
                "paid_at": "at",
            },
            "buyer": {"kind": "id", "strength": "stable"},
            "constants": {"state": "completed"},
        },
    )  # fmt: skip
    data = shop.describe("2024-03-31").data
    assert [(row.key, row.pieces, row.net, row.buyers) for row in data.goods.hot] == [
        ("tea", 2, 1000, 2),
        ("nuts", 2, 900, 1),
    ]
    assert (data.goods.catalogue, data.goods.slow, data.goods.start) == (0, (), "2024-03-01")
    assert (data.lifts, data.taste) == ((), None)
    assert "category" not in {b.key for b in data.breakdowns}
