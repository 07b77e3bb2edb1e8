"""The facts of the real files, and every customer's scores against a computation of the tests' own."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pandas as pd
import pytest

from retailcrm import open_shop
from retailcrm.analytics.rfm_map import MAPS
from retailcrm.domain.orders import OrderState
from retailcrm.shop.insight import NoIdentityError

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.shop.imports import ImportResult
    from retailcrm.shop.open import Shop

pytestmark = pytest.mark.data

SCORED: Final = (
    "orders", "purchase_days", "gross", "refunded", "net", "days_since_last",
    "r_score", "f_score", "m_score", "segment",
)  # fmt: skip
CDNOW_SAMPLE: Final = {
    "name": "cdnow-sample",
    "zone": "America/New_York",
    "currency": "USD",
    "file": {"delimiter": " ", "columns": ["master_id", "sample_id", "date", "cds", "dollars"]},
    "columns": {
        "buyer": "sample_id",
        "placed_at": {"column": "date", "format": "%Y%m%d"},
        "paid": "dollars",
    },
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
    "key": {"synthetic": True},
}


@attrs.frozen
class Imported:
    """A real file in a shop of its own: the shop, what the import said, the order table."""

    shop: Shop
    result: ImportResult
    orders: OrderTable

    def counts(self) -> tuple[int, int, int, int]:
        """Give records, accepted, rejected and blank of the one file."""
        (account,) = self.result.files
        return account.records, account.accepted, account.rejected, account.blank


def imported(path: Path, mapping: Any, zone: str, currency: str) -> Imported:
    """Import one file into a fresh shop."""
    shop = open_shop(zone=zone, currency=currency)
    result = shop.imports.files([path], mapping=mapping)
    (orders,) = shop.insight.parts()
    return Imported(shop, result, orders)


@pytest.fixture(scope="module")
def mappings(repo_root: Path) -> Path:
    """Give the folder of the shipped mappings."""
    return repo_root / "examples" / "mappings"


@pytest.fixture(scope="module")
def online_retail(data_dir: Path, mappings: Path) -> Imported:
    """Import Online Retail."""
    path, mapping = data_dir / "online_retail.csv.gz", mappings / "online_retail.toml"
    return imported(path, mapping, "Europe/London", "GBP")


@pytest.fixture(scope="module")
def cdnow(data_dir: Path, mappings: Path) -> Imported:
    """Import the CDNOW master file."""
    return imported(data_dir / "cdnow_master.txt", mappings / "cdnow.toml", "America/New_York", "USD")


@pytest.fixture(scope="module")
def taobao(data_dir: Path, mappings: Path) -> Imported:
    """Import the Taobao workbook of 2019."""
    path, mapping = data_dir / "taobao_orders_2019h1.xlsx", mappings / "taobao_orders_2019h1.toml"
    return imported(path, mapping, "Asia/Shanghai", "CNY")


@pytest.fixture(scope="module")
def tmall(data_dir: Path) -> Imported:
    """Import the Tmall report, which no mapping describes: it is recognised."""
    return imported(data_dir / "tmall_order_report_2020_02.csv", None, "Asia/Shanghai", "CNY")


@pytest.fixture(scope="module")
def retail_rows(data_dir: Path) -> Any:
    """Read Online Retail's rows with pandas: amounts in pence, half a penny rounded away from zero."""
    rows = pd.read_csv(data_dir / "online_retail.csv.gz", dtype=str, keep_default_na=False)
    mills = (rows["UnitPrice"].astype(float) * 1000).round().astype("int64")
    assert np.allclose(mills / 1000, rows["UnitPrice"].astype(float), rtol=0, atol=1e-9)
    exact = mills * rows["Quantity"].astype("int64")
    rows["pence"] = np.sign(exact) * ((exact.abs() + 5) // 10)
    rows["exact"] = exact
    rows["at"] = pd.to_datetime(rows["InvoiceDate"])
    rows["customer"] = rows["CustomerID"].str.removesuffix(".0")
    return rows


@pytest.fixture(scope="module")
def retail_trade(retail_rows: Any) -> Any:
    """Fold Online Retail's rows into invoices; a C invoice gives back and is no order."""
    invoices = retail_rows.groupby("InvoiceNo").agg(
        customer=("customer", "first"), at=("at", "min"), pence=("pence", "sum")
    )
    invoices["credit"] = invoices.index.str.startswith("C")
    invoices["gross"] = invoices["pence"].where(~invoices["credit"], 0)
    invoices["refunded"] = -invoices["pence"].where(invoices["credit"], 0)
    return invoices


@pytest.fixture(scope="module")
def cdnow_trade(data_dir: Path) -> Any:
    """Read CDNOW's purchases with pandas: each row is an order."""
    rows = pd.read_csv(data_dir / "cdnow_master.txt", sep=r"\s+", dtype=str)
    cents = (rows["dollar_value"].astype(float) * 100).round().astype("int64")
    at = pd.to_datetime(rows["date"], format="%Y%m%d")
    return pd.DataFrame(
        {"customer": rows["customer_id"], "at": at, "gross": cents, "refunded": 0, "credit": False}
    )


@pytest.fixture(scope="module")
def taobao_trade(data_dir: Path) -> Any:
    """Read the Taobao workbook with pandas; an order given back in full is dropped (the default)."""
    rows = pd.read_excel(data_dir / "taobao_orders_2019h1.xlsx", engine="calamine", dtype=object)
    kept = rows[rows["订单状态"] == "交易成功"]
    return pd.DataFrame(
        {
            "customer": kept["买家昵称"].astype(str).str.strip(),
            "at": pd.to_datetime(kept["付款日期"]),
            "gross": kept["实付金额"].astype("int64") * 100,
            "refunded": 0,
            "credit": False,
        }
    )


def quintiles(figures: list[int], *, high_is_good: bool) -> list[int]:
    """Score by the definition: 1 plus the number of figures at places ceil(k n / 5) that one beats.

    Places count from the poor end, so days since the last purchase are negated first.
    """
    goodness = figures if high_is_good else [-figure for figure in figures]
    ordered, n = sorted(goodness), len(figures)
    if ordered[0] == ordered[-1]:
        return [3] * n
    cuts = [ordered[-(-k * n // 5) - 1] for k in (1, 2, 3, 4)]
    return [1 + sum(figure > cut for cut in cuts) for figure in goodness]


def expected_scores(trade: Any, as_of: str, moved: Any = None) -> dict[str, tuple[Any, ...]]:
    """Score every customer with an order before a day, by plain pandas and plain loops.

    ``trade`` has one row an order or credit note, times on the shop's own clock; ``moved`` shows
    those times on another shop's clock instead.
    """
    moment = pd.Timestamp(as_of)
    trade = trade.assign(at=trade["at"] if moved is None else moved)
    trade = trade[(trade["at"] < moment) & (trade["customer"] != "")]
    bought, given = trade[~trade["credit"]], trade[trade["credit"]]
    days = bought["at"].dt.normalize()
    table = bought.assign(day=days).groupby("customer").agg(
        orders=("gross", "size"), purchase_days=("day", "nunique"), gross=("gross", "sum"),
        refunded=("refunded", "sum"), last=("day", "max"),
    )  # fmt: skip
    notes = given.groupby("customer")["refunded"].sum().reindex(table.index, fill_value=0)
    table["refunded"] += notes
    table["net"] = table["gross"] - table["refunded"]
    table["days_since_last"] = (moment - table["last"]).dt.days
    table["r_score"] = quintiles(table["days_since_last"].tolist(), high_is_good=False)
    table["f_score"] = quintiles(table["orders"].tolist(), high_is_good=True)
    table["m_score"] = quintiles(table["net"].tolist(), high_is_good=True)
    eleven = MAPS["eleven"]
    table["segment"] = [
        eleven.segments[int(eleven.cells[r - 1, f - 1, m - 1])].key
        for r, f, m in zip(table["r_score"], table["f_score"], table["m_score"], strict=True)
    ]
    rows = table[list(SCORED)].itertuples(name=None)
    return {str(row[0]): tuple(row[1:]) for row in rows}


def scored(shop: Shop, as_of: str) -> dict[str, tuple[Any, ...]]:
    """Give the library's scores, amounts in minor units, by customer."""
    frame = shop.insight.score(as_of).to_pandas()
    for name in ("gross", "refunded", "net"):
        frame[name] = [int(amount * 100) for amount in frame[name]]
    frame["segment"] = frame["segment"].astype(str)
    rows = frame[["customer_id", *SCORED]].itertuples(index=False, name=None)
    return {row[0]: tuple(row[1:]) for row in rows}


def differing(ours: dict[str, Any], theirs: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """List customers whose scores differ, or whom one side lacks."""
    people = sorted(ours.keys() | theirs.keys())
    return [(who, ours.get(who), theirs.get(who)) for who in people if ours.get(who) != theirs.get(who)]


def local(instants: Any, zone: str) -> list[str]:
    """Give the first and the last of some UTC instants, on a shop's clock."""
    clock = pd.Series(instants).dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    return [str(clock.min()), str(clock.max())]


def test_online_retail_gives_its_facts(online_retail: Imported, retail_rows: Any) -> None:
    """541,909 lines accepted; 25,900 invoices, 4,372 customers; gross less refunds is 9,747,747.93."""
    orders = online_retail.orders
    assert online_retail.counts() == (541_909, 541_909, 0, 0)
    assert online_retail.result.problems == ()
    assert len(orders) == 25_900
    assert len(set(orders.numbers.tolist())) == 25_900
    assert len(orders.customers) == 4_372
    assert int(orders.gross.sum() - orders.refunded.sum()) == 974_774_793
    assert int(Fraction(int(retail_rows["exact"].sum()), 10)) == 974_774_793
    assert local(orders.placed_at, "Europe/London") == ["2010-12-01 08:26:00", "2011-12-09 12:50:00"]


def test_online_retail_invoice_by_invoice(online_retail: Imported, retail_trade: Any) -> None:
    """Each invoice has its customer, instant, gross and refund; the C invoices are the credit notes."""
    orders = online_retail.orders
    ids = [*orders.customers.ids.tolist(), ""]
    clock = pd.Series(orders.placed_at).dt.tz_localize("UTC").dt.tz_convert("Europe/London")
    columns = (
        [ids[code] for code in orders.customer.tolist()], clock.dt.tz_localize(None).tolist(),
        orders.gross.tolist(), orders.refunded.tolist(), orders.credit.tolist(),
    )  # fmt: skip
    ours = dict(zip(orders.numbers.tolist(), zip(*columns, strict=True), strict=True))
    names = ["customer", "at", "gross", "refunded", "credit"]
    theirs = {row[0]: tuple(row[1:]) for row in retail_trade[names].itertuples(name=None)}
    assert not differing(ours, theirs)
    assert sum(orders.credit.tolist()) == sum(number.startswith("C") for number in ours) > 3_000


def test_online_retail_coverage_says_who_was_left_out(online_retail: Imported, retail_trade: Any) -> None:
    """4,339 customers are scored, 33 have credit notes only, and guests' money is told apart."""
    scores = online_retail.shop.insight.score("2011-12-10")
    bought, given = retail_trade[~retail_trade["credit"]], retail_trade[retail_trade["credit"]]
    guests, guest_notes = bought[bought["customer"] == ""], given[given["customer"] == ""]
    assert len(scores) == 4_339
    assert scores.coverage.credit_only == len(set(given["customer"]) - set(bought["customer"]) - {""}) == 33
    assert scores.coverage.none.orders == len(guests)
    assert scores.coverage.none.gross == guests["gross"].sum()
    assert scores.coverage.none.refunded == guest_notes["refunded"].sum()
    assert scores.coverage.stable.gross == bought["gross"].sum() - guests["gross"].sum()
    assert scores.coverage.stable.orders + scores.coverage.none.orders == len(bought)


def test_cdnow_gives_its_facts(cdnow: Imported) -> None:
    """69,659 purchases of 23,570 customers for $2,500,315.63, of which 80 cost nothing; none is lost."""
    orders = cdnow.orders
    assert cdnow.counts() == (69_659, 69_659, 0, 0)
    assert len(orders) == len(set(orders.numbers.tolist())) == 69_659
    assert len(orders.customers) == 23_570
    assert int(orders.gross.sum()) == 250_031_563
    assert int(np.count_nonzero(orders.gross == 0)) == 80
    assert not orders.refunded.any()
    scores = cdnow.shop.insight.score("1998-07-01")
    assert len(scores) == 23_570
    assert int(scores.summary.gross.sum()) == 250_031_563


def test_cdnow_sample_without_header(data_dir: Path) -> None:
    """A mapping that names the columns reads the headerless sample: 6,919 rows, 2,357 customers."""
    sample = imported(data_dir / "cdnow_sample.txt", CDNOW_SAMPLE, "America/New_York", "USD")
    lines = (data_dir / "cdnow_sample.txt").read_text("ascii").split("\n")
    cells = [line.split() for line in lines if line.strip()]
    cents = sum(int(row[4].replace(".", "")) for row in cells)
    assert sample.counts() == (6_919, 6_919, 0, 0)
    assert len(sample.orders) == len(cells) == 6_919
    assert len(sample.orders.customers) == 2_357
    assert int(sample.orders.gross.sum()) == cents
    assert len(sample.shop.insight.score("1998-07-01")) == 2_357


def test_taobao_gives_its_facts(taobao: Imported) -> None:
    """27,793 successes and 1,040 refunds of 25,949 buyers; times to the millisecond; one empty city."""
    orders = taobao.orders
    assert taobao.counts() == (28_833, 28_833, 0, 0)
    assert len(orders) == 28_833
    assert int(np.count_nonzero(orders.state == OrderState.COMPLETED)) == 27_793
    assert int(np.count_nonzero(orders.state == OrderState.REFUNDED)) == 1_040
    assert len(orders.customers) == 25_949
    successes = orders.state == OrderState.COMPLETED
    assert len(set(orders.customer[successes].tolist())) == 25_420
    assert int(orders.gross[successes].sum()) == 351_130_500
    assert local(orders.paid_at, "Asia/Shanghai") == ["2019-01-01 00:17:59", "2019-06-30 22:46:22.511000"]
    assert orders.city is not None
    assert int(np.count_nonzero(orders.city.codes < 0)) == 1


def test_taobao_refunds_are_whole(taobao: Imported) -> None:
    """Every refunded order gave back all that was paid, and counts for nobody."""
    orders = taobao.orders
    refunded = orders.state == OrderState.REFUNDED
    assert (orders.refunded[refunded] == orders.gross[refunded]).all()
    assert not orders.refunded[~refunded].any()
    scores = taobao.shop.insight.score("2019-07-01")
    assert len(scores) == 25_420
    assert int(scores.summary.net.sum()) == 351_130_500


def test_tmall_gives_its_facts(tmall: Imported, data_dir: Path) -> None:
    """24,087 paid, 5,646 with a refund, 5,132 in full, 31 provinces; paid is net on 5,646 of 5,646 rows."""
    orders = tmall.orders
    rows = pd.read_csv(data_dir / "tmall_order_report_2020_02.csv", dtype=str)
    rows.columns = rows.columns.str.strip()
    fen = {name: (rows[name].astype(float) * 100).round().astype("int64") for name in ("总金额", "退款金额")}
    paid = rows["订单付款时间"].notna()
    assert tmall.counts() == (28_010, 28_010, 0, 0)
    assert len(orders) == 28_010
    assert int(np.count_nonzero(~np.isnat(orders.paid_at))) == int(paid.sum()) == 24_087
    assert int(np.count_nonzero(orders.refunded > 0)) == 5_646
    assert int(np.count_nonzero(orders.state == OrderState.REFUNDED)) == 5_132
    assert orders.province is not None
    assert len({text for text in orders.province.tolist() if text is not None}) == 31
    # What was paid before refunds is 总金额 again, and nothing is taken off twice.
    by_number = dict(
        zip(orders.numbers.tolist(), zip(orders.gross, orders.refunded, strict=True), strict=True)
    )
    expected = zip(rows["订单编号"], zip(fen["总金额"], fen["退款金额"], strict=True), strict=True)
    assert not differing(by_number, dict(expected))


def test_tmall_money_rule_is_told(tmall: Imported) -> None:
    """The account says that paid is already net of refunds, and on how many rows that shows."""
    (account,) = tmall.result.files
    assert account.money_rule is not None
    assert account.money_rule.paid_is == "net"
    assert (account.money_rule.net_rows, account.money_rule.other_rows) == (5_646, 0)
    assert "5,646 of 5,646" in account.money_rule.describe("en")


def test_tmall_cannot_be_scored(tmall: Imported) -> None:
    """Without a buyer column nobody can be scored, and the refusal says what would help."""
    assert len(tmall.orders.customers) == 0
    with pytest.raises(NoIdentityError, match=r"no buyer column.*--buyers"):
        tmall.shop.insight.score("2020-03-01")


@pytest.mark.parametrize("as_of", ["2011-12-10", "2011-12-09", "2011-06-01"])
def test_online_retail_scores(online_retail: Imported, retail_trade: Any, as_of: str) -> None:
    """At the end of the data, on its last day and in its middle every customer is as pandas says."""
    assert not differing(scored(online_retail.shop, as_of), expected_scores(retail_trade, as_of))


@pytest.mark.parametrize("as_of", ["1998-07-01", "1997-10-01"])
def test_cdnow_scores(cdnow: Imported, cdnow_trade: Any, as_of: str) -> None:
    """At the end of the data and in its middle every CDNOW customer is as pandas says."""
    assert not differing(scored(cdnow.shop, as_of), expected_scores(cdnow_trade, as_of))


@pytest.mark.parametrize("as_of", ["2019-07-01", "2019-04-01"])
def test_taobao_scores(taobao: Imported, taobao_trade: Any, as_of: str) -> None:
    """At the end of the data and in its middle every Taobao buyer is as pandas says."""
    assert not differing(scored(taobao.shop, as_of), expected_scores(taobao_trade, as_of))


def test_before_the_first_order_nobody_is_scored(online_retail: Imported, taobao: Imported) -> None:
    """``as_of`` is exclusive: on the day of the first order, and before, there is nobody, and no error."""
    assert len(online_retail.shop.insight.score("2010-12-01")) == 0
    assert len(taobao.shop.insight.score("2019-01-01")) == 0
    assert len(taobao.shop.insight.score("2019-01-02")) > 0


def test_days_are_the_shops(data_dir: Path, mappings: Path, retail_trade: Any) -> None:
    """The file's times are London's, but days and ``as_of`` are those of the shop's own zone."""
    path, mapping = data_dir / "online_retail.csv.gz", mappings / "online_retail.toml"
    shop = imported(path, mapping, "Asia/Shanghai", "GBP").shop
    london = retail_trade["at"].dt.tz_localize("Europe/London")
    moved = london.dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
    expected = expected_scores(retail_trade, "2011-06-01", moved)
    assert not differing(scored(shop, "2011-06-01"), expected)
    assert differing(expected, expected_scores(retail_trade, "2011-06-01"))


def test_a_wrong_score_is_noticed(cdnow: Imported, cdnow_trade: Any) -> None:
    """The comparison names a customer of whom one purchase, or one cent, is missing, and no other order."""
    found = scored(cdnow.shop, "1998-07-01")
    last = cdnow_trade.index[-1]
    assert differing(found, expected_scores(cdnow_trade.drop(last), "1998-07-01"))
    cheaper = cdnow_trade.copy()
    cheaper.loc[last, "gross"] -= 1
    names = {who for who, _, _ in differing(found, expected_scores(cheaper, "1998-07-01"))}
    assert cheaper.loc[last, "customer"] in names
