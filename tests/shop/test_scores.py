"""Scores as columns: the 16 of the contract, exact, labelled, and safe in a spreadsheet."""

import csv
import io
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retailcrm import Policy, open_shop
from retailcrm.errors import MissingPackageError
from retailcrm.shop.policy import policy_from_table
from retailcrm.shop.scores import VERSION, safe_texts

AS_OF = "2024-03-31"
COLUMNS = [
    "customer_id", "orders", "purchase_days", "first_order_at", "last_order_at", "days_since_last", "gross",
    "refunded", "net", "r_score", "f_score", "m_score", "segment", "activity", "value_class", "tier",
]  # fmt: skip
LADDER = {
    "currency": "CNY",
    "window": "lifetime",
    "hold": "forever",
    "qualify_at": "paid",
    "tiers": [
        {"name": "member", "label_zh": "普通会员", "label_en": "Member"},
        {"name": "gold", "label_zh": "金卡", "label_en": "=Gold", "enter": {"spend": "200.00"}},
    ],
}


@pytest.fixture
def scores(small):
    """Give the scores of the small shop, with a ladder."""
    return small(policy=policy_from_table({"ladder": LADDER})).insight.score(AS_OF)


def read_csv(path):
    """Read a CSV as a spreadsheet would."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_columns_of_the_contract(scores):
    """Sixteen columns, in this order, with these types."""
    table = scores.to_arrow()
    assert table.column_names == COLUMNS
    types = {name: str(table.schema.field(name).type) for name in COLUMNS}
    whole = ["orders", "purchase_days", "days_since_last"]
    assert {types[name] for name in whole} == {"int64"}
    assert {types[name] for name in ("r_score", "f_score", "m_score")} == {"int8"}
    assert {types[name] for name in ("gross", "refunded", "net")} == {"decimal128(19, 2)"}
    assert {types[name] for name in ("first_order_at", "last_order_at")} == {
        "timestamp[us, tz=Asia/Shanghai]"
    }
    assert types["customer_id"] == "string"
    for name in ("segment", "activity", "value_class", "tier"):
        assert pa.types.is_dictionary(table.schema.field(name).type)


def test_the_rows_by_hand(scores):
    """Ann, bob, cat and eve; dan never paid and has no row."""
    rows = {row["customer_id"]: row for row in scores.to_arrow().to_pylist()}
    assert set(rows) == {"ann", "bob", "cat", "eve"}
    assert len(scores) == 4
    shanghai = rows["cat"]["first_order_at"].tzinfo
    assert rows["cat"] == {
        "customer_id": "cat",
        "orders": 2,
        "purchase_days": 1,
        "first_order_at": datetime(2024, 2, 20, 12, tzinfo=shanghai),
        "last_order_at": datetime(2024, 2, 20, 20, tzinfo=shanghai),
        "days_since_last": 40,
        "gross": Decimal("240.00"),
        "refunded": Decimal("50.00"),
        "net": Decimal("190.00"),
        "r_score": 2,
        "f_score": 2,
        "m_score": 3,
        "segment": "at_risk",
        "activity": "active",
        "value_class": "rare_large",
        "tier": "member",
    }
    assert (rows["ann"]["orders"], rows["ann"]["net"], rows["ann"]["tier"]) == (3, Decimal("230.00"), "gold")
    assert (rows["bob"]["orders"], rows["bob"]["net"], rows["bob"]["days_since_last"]) == (1, Decimal(30), 86)


def test_metadata_says_version_and_policy(scores, tmp_path):
    """Arrow and Parquet carry the columns' version, the policy's digest, currency, moment and zone."""
    scores.to_parquet(tmp_path / "scores.parquet")
    written = pq.read_table(tmp_path / "scores.parquet")
    assert written.column_names == COLUMNS
    for table in (scores.to_arrow(), written):
        about = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
        assert about["retailcrm.scores"] == str(VERSION) == "1"
        assert about["retailcrm.policy"] == policy_from_table({"ladder": LADDER}).digest
        assert about["retailcrm.currency"] == "CNY"
        assert about["retailcrm.as_of"] == "2024-03-30T16:00:00.000000"
        assert about["retailcrm.zone"] == "Asia/Shanghai"
    assert written.to_pylist() == scores.to_arrow().to_pylist()


def test_any_dataframe_library_can_read_them(scores):
    """pandas, polars, and whatever speaks the Arrow stream protocol."""
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    frame, polars = scores.to_pandas(), scores.to_polars()
    assert isinstance(frame, pd.DataFrame)
    assert isinstance(polars, pl.DataFrame)
    assert frame.columns.tolist() == polars.columns == COLUMNS
    assert frame["net"].tolist() == polars["net"].to_list()
    assert frame["segment"].tolist() == polars["segment"].cast(pl.String).to_list()
    assert pa.RecordBatchReader.from_stream(scores).read_all().column_names == COLUMNS
    assert pl.DataFrame(scores).height == 4


@pytest.mark.parametrize(("package", "method"), [("pandas", "to_pandas"), ("polars", "to_polars")])
def test_a_missing_library_is_named(scores, monkeypatch, package, method):
    """Without pandas or polars the message says what to install."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=f"pip install {package}"):
        getattr(scores, method)()


def test_the_csv_of_stable_keys(scores, tmp_path):
    """Decimals, local times to the second and keys, after a byte-order mark."""
    path = tmp_path / "scores.csv"
    scores.to_csv(path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = {row["customer_id"]: row for row in read_csv(path)}
    assert list(rows["cat"]) == COLUMNS
    assert (
        rows["cat"] | {"first_order_at": "2024-02-20 12:00:00", "gross": "240.00", "r_score": "2"}
        == rows["cat"]
    )
    assert (rows["cat"]["segment"], rows["cat"]["tier"]) == ("at_risk", "member")


@pytest.mark.parametrize(
    ("lang", "segment", "activity", "value_class", "tier"),
    [
        ("zh", "忠诚客户", "活跃", "高价值客户", "金卡"),
        # A label that looks like a formula is guarded as well.
        ("en", "Loyal", "Active", "High value", "'=Gold"),
    ],
)
def test_labels_for_people(scores, tmp_path, lang, segment, activity, value_class, tier):
    """Segments, states, classes and tiers by their names in the language asked for."""
    scores.to_csv(tmp_path / "scores.csv", lang=lang)
    ann = next(row for row in read_csv(tmp_path / "scores.csv") if row["customer_id"] == "ann")
    assert (ann["segment"], ann["activity"], ann["value_class"], ann["tier"]) == (
        segment,
        activity,
        value_class,
        tier,
    )


def test_without_a_ladder_the_tier_is_empty(small, tmp_path):
    """Null in columns, nothing in the file, in every form."""
    scores = small().insight.score(AS_OF)
    scores.to_csv(tmp_path / "scores.csv", lang="zh")
    assert {row["tier"] for row in read_csv(tmp_path / "scores.csv")} == {""}
    assert set(scores.to_arrow().column("tier").to_pylist()) == {None}
    assert scores.to_pandas()["tier"].isna().all()
    assert scores.to_polars()["tier"].null_count() == 4
    scores.to_parquet(tmp_path / "scores.parquet")
    assert pq.read_table(tmp_path / "scores.parquet").column("tier").null_count == 4


@pytest.mark.parametrize(("currency", "gross"), [("JPY", "240"), ("KWD", "240.000"), ("CNY", "240.00")])
def test_amounts_have_the_currencys_decimals(small, tmp_path, currency, gross):
    """None for yen, three for dinar."""
    scores = small(currency=currency).insight.score(AS_OF)
    scores.to_csv(tmp_path / "scores.csv")
    cat = next(row for row in read_csv(tmp_path / "scores.csv") if row["customer_id"] == "cat")
    assert cat["gross"] == gross


def test_amounts_stay_exact_beyond_a_float(small):
    """Sixteen digits and more, negative too."""
    text = "id,who,state,placed,paid_at,total,paid,refunded\n"
    text += "1,a,completed,2024-01-01,2024-01-01,90071992547409.93,90071992547409.93,0\n"
    (row,) = small(text).insight.score(AS_OF).to_arrow().to_pylist()
    assert row["net"] == Decimal("90071992547409.93")


def orders_csv(ids):
    """Write an order file of these buyers, one order each."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "who", "at", "amount"])
    writer.writerows([[f"n{i}", who, "2024-01-01", "5.00"] for i, who in enumerate(ids)])
    return out.getvalue()


ORDERS = {
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
}
BACK = {
    "columns": {
        "number": "customer_id",
        "buyer": {"column": "customer_id"},
        "paid_at": "last_order_at",
        "paid": "net",
    },
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
    "key": {"synthetic": True},
}
del BACK["columns"]["number"]


def round_trip(folder, ids):
    """Import ids, write the scores, import those: give the ids before, as written, and after."""
    (folder / "orders.csv").write_text(orders_csv(ids), "utf-8", newline="")
    with open_shop() as shop:
        shop.imports.files([folder / "orders.csv"], mapping=ORDERS)
        scores = shop.insight.score("2024-02-01")
    before = scores.customer_ids.tolist()
    scores.to_csv(folder / "scores.csv")
    written = [row["customer_id"] for row in read_csv(folder / "scores.csv")]
    with open_shop() as shop:
        result = shop.imports.files([folder / "scores.csv"], mapping=BACK)
        assert result.rejected == 0
        after = shop.insight.score("2024-02-01").customer_ids.tolist()
    return before, written, after


STARTS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "\r=", "\n=", " =", "  +", "\t", "=\t"]
BODIES = [
    "1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x","y")', "SUM(A1:A9)", "2+5+cmd|' /C calc'!A0", "A1",
    "IMPORTXML(1)", "DDE(1;2)", "x,y", '"quoted"', "中文", "1e5", "'=2", "a\nb",
]  # fmt: skip
PAYLOADS = [start + body for start in STARTS for body in BODIES]


def test_formulas_never_reach_a_spreadsheet(tmp_path):
    """Of 200 payloads none begins with what a spreadsheet runs; all come back as they were."""
    assert len(PAYLOADS) >= 200
    before, written, after = round_trip(tmp_path, PAYLOADS)
    assert len(before) > 100
    for text in written:
        assert not text.lstrip(" \t\r\n").startswith(tuple("=+-@＝＋－＠")), text
        assert not text.startswith(("\t", "\r", "\n", "\0")), text
    assert sorted(after) == sorted(before)


@pytest.mark.parametrize("text", PAYLOADS)
def test_one_apostrophe_guards_a_text(text):
    """Exactly one is put before a dangerous text, and none before others."""
    guarded, plain = safe_texts(pa.array([text, f"x{text}"])).to_pylist()
    assert guarded == f"'{text}"
    assert plain == f"x{text}"


@settings(max_examples=40)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=1, max_size=8, unique=True))
@example(["'=1", "''=1", "'", "'a", "-", "=", "1.0", "\f=1", "\v=1", "\x1c=", '="x"', "null", "\u3000=1"])
@example(["1e5", "1E+5", "007", "+86", "\u200b=1", "a\rb", "a\r\nb", "'0"])
def test_ids_survive_our_own_file(tmp_path_factory, ids):
    """Whatever ids an import gave come back from the scores' file, letter for letter."""
    before, _, after = round_trip(tmp_path_factory.mktemp("trip"), [*ids, "somebody"])
    assert sorted(after) == sorted(before)


def test_an_empty_shop(tmp_path):
    """No orders: no rows, the same columns, in every form."""
    with open_shop() as shop:
        scores = shop.insight.score(AS_OF)
    assert len(scores) == 0
    assert scores.to_arrow().column_names == COLUMNS
    assert scores.to_pandas().columns.tolist() == scores.to_polars().columns == COLUMNS
    scores.to_csv(tmp_path / "scores.csv", lang="en")
    assert (tmp_path / "scores.csv").read_text("utf-8-sig").replace('"', "").strip().split(",") == COLUMNS
    scores.to_parquet(tmp_path / "scores.parquet")
    assert pq.read_table(tmp_path / "scores.parquet").num_rows == 0


def test_first_orders_in_the_shops_zone(tmp_path):
    """The file shows the shop's clock, summer time included."""
    with open_shop(policy=Policy(zone="Europe/London", currency="GBP")) as shop:
        data = pa.table({"id": ["1"], "who": ["a"], "at": ["2024-07-01T11:00:00+00:00"], "amount": ["5"]})
        shop.imports.table(data, {**ORDERS, "currency": "GBP"})
        scores = shop.insight.score("2024-08-01")
    scores.to_csv(tmp_path / "scores.csv")
    assert read_csv(tmp_path / "scores.csv")[0]["first_order_at"] == "2024-07-01 12:00:00"
    moment = scores.to_arrow().column("first_order_at").to_pylist()[0]
    assert moment == datetime(2024, 7, 1, 11, tzinfo=UTC)
