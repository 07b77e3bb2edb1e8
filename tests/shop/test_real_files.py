"""The real files against a computation of their own in pandas, customer by customer."""

import numpy as np
import pytest

from retailcrm import Policy, open_shop
from retailcrm.adapters.sources.mapping.reading import load_mapping
from retailcrm.analytics.rfm_map import MAPS
from retailcrm.shop.insight import NoIdentityError
from retailcrm.shop.money_rule import PaidIs

pd = pytest.importorskip("pandas")
pytestmark = pytest.mark.data

# Champions where R is 4 or 5 and the average of F and M is 4 or 5, and so on: row R, column FM.
ELEVEN = {
    5: ["new", "potential_loyalist", "loyal", "champions", "champions"],
    4: ["promising", "potential_loyalist", "loyal", "champions", "champions"],
    3: ["about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"],
    2: ["hibernating", "hibernating", "at_risk", "at_risk", "at_risk"],
    1: ["lost", "lost", "at_risk", "cant_lose", "cant_lose"],
}
EIGHT = {
    "HHH": "important_value",
    "HLH": "important_develop",
    "LHH": "important_keep",
    "LLH": "important_win_back",
    "HHL": "general_value",
    "HLL": "general_develop",
    "LHL": "general_keep",
    "LLL": "general_win_back",
}


@pytest.fixture(scope="module")
def scored(data_dir, repo_root):
    """Give a scorer of a real file by the mapping that ships; each file is imported once."""
    shops = {}

    def score(name, mapping_name, as_of, **rules):
        mapping = load_mapping(repo_root / "examples/mappings" / mapping_name)
        policy = Policy(zone=mapping.zone, currency=mapping.currency, **rules)
        key = (name, policy.digest)
        if key not in shops:
            shops[key] = open_shop(policy=policy)
            result = shops[key].imports.files([data_dir / name], mapping=mapping)
            assert result.rejected == 0
        return shops[key].insight.score(as_of)

    return score


def quintiles(figures, *, lower_is_better=False):
    """Score 1 plus the number of cut points that a figure is strictly better than.

    Cut point k of four is the figure at place ceil(k n / 5), counted from the poor end.
    """
    goodness = -figures if lower_is_better else figures
    rising = np.sort(goodness.to_numpy())
    n = len(rising)
    cuts = [rising[-(-k * n // 5) - 1] for k in range(1, 5)]
    return sum((goodness > cut).astype(int) for cut in cuts) + 1


def expected(orders, as_of, notes=None):
    """Make one row a customer of orders with ``who``, ``at`` (local), ``net`` in minor units."""
    orders = orders[orders["at"] < as_of].assign(day=orders["at"].dt.normalize())
    rows = orders.groupby("who").agg(
        orders=("at", "size"),
        purchase_days=("day", "nunique"),
        first=("at", "min"),
        last=("at", "max"),
        gross=("net", "sum"),
    )
    rows["refunded"] = 0
    if notes is not None:
        notes = notes[notes["at"] < as_of]
        rows["refunded"] = notes.groupby("who")["back"].sum().reindex(rows.index).fillna(0).astype("int64")
    rows["net"] = rows["gross"] - rows["refunded"]
    rows["days"] = (pd.Timestamp(as_of) - rows["last"].dt.normalize()).dt.days
    rows["r"] = quintiles(rows["days"], lower_is_better=True)
    rows["f"] = quintiles(rows["orders"])
    rows["m"] = quintiles(rows["net"])
    average = (rows["f"] + rows["m"] + 1) // 2
    rows["segment"] = [ELEVEN[r][fm - 1] for r, fm in zip(rows["r"], average, strict=True)]
    return rows.sort_index()


def assert_equal(scores, rows, zone):
    """Compare every customer's every column."""
    found = scores.to_pandas().set_index("customer_id").sort_index()
    assert found.index.tolist() == rows.index.tolist()
    for name in ("orders", "purchase_days"):
        assert found[name].tolist() == rows[name].tolist(), name
    for name in ("gross", "refunded", "net"):
        assert [int(value * 100) for value in found[name]] == rows[name].tolist(), name
    pairs = {"days_since_last": "days", "r_score": "r", "f_score": "f", "m_score": "m", "segment": "segment"}
    for ours, theirs in pairs.items():
        assert found[ours].tolist() == rows[theirs].tolist(), ours
    for ours, theirs in {"first_order_at": "first", "last_order_at": "last"}.items():
        local = found[ours].dt.tz_convert(zone).dt.tz_localize(None)
        assert local.astype("datetime64[us]").tolist() == rows[theirs].astype("datetime64[us]").tolist(), ours


@pytest.fixture(scope="module")
def online_retail(data_dir):
    """Read Online Retail by pandas: orders of known customers, and their credit notes."""
    frame = pd.read_csv(data_dir / "online_retail.csv.gz", dtype=str)
    price = (frame["UnitPrice"].astype(float) * 10**6).round().astype("int64")
    exact = frame["Quantity"].astype("int64") * price
    # Half a penny away from zero.
    pence = np.sign(exact) * ((exact.abs() + 5000) // 10**4)
    frame = frame.assign(pence=pence, at=pd.to_datetime(frame["InvoiceDate"]))
    back = frame["InvoiceNo"].str.startswith("C")
    known = frame["CustomerID"].notna()
    who = frame["CustomerID"].str.removesuffix(".0")
    frame = frame.assign(who=who)

    def folded(rows, name, sign):
        by = rows.groupby("InvoiceNo")
        assert (by["who"].nunique() == 1).all()
        return pd.DataFrame({"who": by["who"].first(), "at": by["at"].min(), name: sign * by["pence"].sum()})

    return folded(frame[known & ~back], "net", 1), folded(frame[known & back], "back", -1)


@pytest.mark.parametrize("as_of", ["2011-12-10", "2011-06-01"])
def test_online_retail(scored, online_retail, as_of):
    """4,339 customers with an order by the end: orders, days, net of credit notes, RFM, segment."""
    orders, notes = online_retail
    scores = scored("online_retail.csv.gz", "online_retail.toml", as_of)
    rows = expected(orders, as_of, notes)
    assert_equal(scores, rows, "Europe/London")
    if as_of == "2011-12-10":
        assert len(scores) == 4339
        counts = rows["segment"].value_counts().to_dict()
        found = scores.to_pandas()["segment"].value_counts().to_dict()
        assert {k: v for k, v in found.items() if v} == counts


def test_online_retail_as_a_whole(data_dir, repo_root, online_retail):
    """Guests count in orders and money, not as customers; sums are those of the file."""
    orders, notes = online_retail
    mapping = load_mapping(repo_root / "examples/mappings/online_retail.toml")
    with open_shop(policy=Policy(zone="Europe/London", currency="GBP")) as shop:
        (file,) = shop.imports.files([data_dir / "online_retail.csv.gz"], mapping=mapping).files
        reduced = shop.insight.reduced("2011-12-10")
        table = next(shop.insight.parts())
    assert (file.records, file.accepted) == (541_909, 541_909)
    assert len(table) == 25_900
    # All customers of the file, 33 of whom have credit notes alone.
    assert len(table.customers) == 4372
    assert reduced.coverage.credit_only == 33
    # sum(quantity x price) of the file, every line rounded to the penny: within half a pound.
    assert abs(int(table.net.sum()) - 974_774_793) < 50
    known = reduced.coverage.stable
    with_orders = notes[notes["who"].isin(set(orders["who"]))]
    assert known.orders == len(orders)
    assert known.gross == int(orders["net"].sum())
    assert reduced.summary.refunded.sum() == int(with_orders["back"].sum())
    assert known.refunded == int(notes["back"].sum())


def test_online_retail_high_and_low(scored, online_retail):
    """The Chinese eight: each of R, F and M against the mean customer."""
    orders, notes = online_retail
    scores = scored("online_retail.csv.gz", "online_retail.toml", "2011-12-10", segment_map=MAPS["chinese-8"])
    rows = expected(orders, "2011-12-10", notes)
    high = {
        "R": rows["days"] * len(rows) < rows["days"].sum(),
        "F": rows["orders"] * len(rows) > rows["orders"].sum(),
        "M": rows["net"] * len(rows) > rows["net"].sum(),
    }
    codes = ["".join("H" if high[x][who] else "L" for x in "RFM") for who in rows.index]
    found = scores.to_pandas().set_index("customer_id").sort_index()
    assert found["segment"].tolist() == [EIGHT[code] for code in codes]


@pytest.fixture(scope="module")
def taobao(data_dir):
    """Read the successes of the Taobao workbook by pandas."""
    frame = pd.read_excel(data_dir / "taobao_orders_2019h1.xlsx", dtype={"买家昵称": str}, engine="calamine")
    good = frame[frame["订单状态"] == "交易成功"]
    return pd.DataFrame(
        {
            "who": good["买家昵称"].str.strip(),
            "at": pd.to_datetime(good["付款日期"]).dt.round("us"),
            "net": (good["实付金额"].astype(float) * 100).round().astype("int64"),
        }
    )


@pytest.mark.parametrize("as_of", ["2019-07-01", "2019-04-01"])
def test_taobao_2019h1(scored, taobao, as_of):
    """25,420 buyers with a success, out of a workbook; refunded orders count for nobody."""
    scores = scored("taobao_orders_2019h1.xlsx", "taobao_orders_2019h1.toml", as_of)
    assert_equal(scores, expected(taobao, as_of), "Asia/Shanghai")
    if as_of == "2019-07-01":
        assert len(scores) == 25_420
        assert int(scores.summary.net.sum()) == 351_130_500


@pytest.mark.parametrize("as_of", ["1998-07-01", "1997-04-01"])
def test_cdnow(scored, data_dir, as_of):
    """23,570 customers of a blank-separated file without order numbers, to the cent."""
    frame = pd.read_csv(data_dir / "cdnow_master.txt", sep=r"\s+", dtype=str)
    rows = pd.DataFrame(
        {
            "who": frame["customer_id"],
            "at": pd.to_datetime(frame["date"], format="%Y%m%d"),
            "net": (frame["dollar_value"].astype(float) * 100).round().astype("int64"),
        }
    )
    scores = scored("cdnow_master.txt", "cdnow.toml", as_of)
    assert_equal(scores, expected(rows, as_of), "America/New_York")
    if as_of == "1998-07-01":
        assert len(scores) == 23_570
        assert int(scores.summary.net.sum()) == 250_031_563


@pytest.fixture(scope="module")
def tmall(data_dir):
    """Import the Tmall order report: seven columns, no buyer."""
    with open_shop() as shop:
        result = shop.imports.files([data_dir / "tmall_order_report_2020_02.csv"])
        yield shop, result.files[0]


def test_tmall_money_is_net_of_refunds(tmall, data_dir):
    """Paid equals total less refund on every paid row; each of 5,646 refunds says so."""
    _, file = tmall
    assert (file.source, file.records, file.accepted) == ("taobao", 28_010, 28_010)
    rule = file.money_rule
    assert (rule.paid_is, rule.net_rows, rule.gross_rows, rule.other_rows) == (PaidIs.NET, 5646, 0, 0)
    frame = pd.read_csv(data_dir / "tmall_order_report_2020_02.csv").rename(columns=str.strip)
    paid = frame[frame["订单付款时间"].notna()]
    gap = paid["总金额"] - paid["退款金额"] - paid["买家实际支付金额"]
    assert len(paid) == 24_087
    assert gap.abs().max() < 0.005


def test_tmall_orders_one_by_one(tmall, data_dir):
    """Paid before and after refunds, of every order, is what pandas makes of the same file."""
    shop, _ = tmall
    table = next(shop.insight.parts())
    frame = pd.read_csv(data_dir / "tmall_order_report_2020_02.csv").rename(columns=str.strip)
    frame = frame.set_index(frame["订单编号"].astype(str)).loc[table.numbers.tolist()]
    fen = {
        name: (frame[name] * 100).round().astype("int64").to_numpy()
        for name in ("总金额", "退款金额", "买家实际支付金额")
    }
    was_paid = frame["订单付款时间"].notna().to_numpy()
    assert (table.gross == fen["总金额"]).all()
    assert (table.refunded[was_paid] == fen["退款金额"][was_paid]).all()
    assert (table.net[was_paid] == fen["买家实际支付金额"][was_paid]).all()
    assert (~np.isnat(table.paid_at) == was_paid).all()
    assert int(was_paid.sum()) == 24_087
    assert int((table.refunded > 0).sum()) == 5646
    # Refunded in full: 5,132 paid orders of which nothing is left.
    assert int(((table.state == 7) & was_paid).sum()) == 5132
    assert int((was_paid & (table.net == 0) & (table.refunded > 0)).sum()) == 5132
    assert len(set(table.province.values)) == 31


def test_tmall_nobody_can_be_scored(tmall):
    """Without a buyer column scoring is refused, with the way out; the shop's totals are still told."""
    shop, _ = tmall
    reduced = shop.insight.reduced("2020-04-01")
    assert reduced.coverage.none.orders == 24_087 - 5132
    assert (reduced.coverage.stable.orders, reduced.coverage.weak.orders) == (0, 0)
    with pytest.raises(NoIdentityError, match="--buyers") as refusal:
        shop.insight.score("2020-04-01")
    assert "none of 18,955 orders" in str(refusal.value)
