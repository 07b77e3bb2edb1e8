"""The customer archive table (客户档案表): ten columns, one row an order that counts, read back."""

import csv
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook

from retailcrm import open_shop
from retailcrm.errors import SettingsError
from retailcrm.shop.archive import COLUMNS, Archive, table
from retailcrm.shop.policy import policy_from_table

NOW = datetime(2024, 4, 10, tzinfo=UTC)
AS_OF = "2024-03-31"
HEADER = [
    "交易日期", "顾客ID", "真实姓名", "电子邮箱", "联系电话",
    "收货地址", "购买商品", "成交金额", "购物赠品", "会员级别",
]  # fmt: skip
BUYER = {"kind": "nick", "strength": "stable"}
STATES = {"closed": "交易关闭", "completed": "交易成功", "refunded": "已退款"}

ORDERS = {
    "name": "web",
    "columns": {
        "number": "id", "buyer": "who", "state": "state", "placed_at": "at", "paid_at": "at",
        "total": "total",
        "paid": "paid", "refunded": "back", "name": "name", "phone": "phone", "address": "address",
        "gifts": {"column": "gift", "optional": True},
    },
    "buyer": BUYER,
    "states": STATES,
}  # fmt: skip
LINES = {
    "name": "web",
    "grain": "line",
    "columns": {
        "number": "id", "product": "what", "quantity": "n", "amount": "amount", "state": "state",
        "paid_at": "at",
    },
    "states": STATES,
}  # fmt: skip
MEMBERS = {
    "name": "web",
    "grain": "customer",
    "columns": {"buyer": "who", "name": "name", "email": "email", "level": "level"},
    "buyer": BUYER,
}


def frame(names, *rows):
    """Make a table of texts; None is an empty cell."""
    return pa.table(
        {name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(names.split())}
    )


def orders(*rows):
    """Make an order report."""
    return frame("id who state at total paid back name phone address gift", *rows)


def lines(*rows):
    """Make an item report."""
    return frame("id what n amount state at", *((*row, "2024-01-05 08:00:00") for row in rows))


def at(month, day):
    """Write a moment of 2024 on the shop's clock."""
    return f"2024-{month:02}-{day:02} {'23:30:15' if day == 31 else '08:00:00'}"


@pytest.fixture
def opened():
    """Give an opener of a shop of six orders, their lines and a member list, a day newer."""
    shops = []

    def opener(*, personal=True, now=None, **settings):
        now = [NOW] if now is None else now
        shop = open_shop(clock=lambda: now[0], **settings)
        shops.append(shop)
        shut, done, given_back = STATES.values()
        shop.imports.table(
            orders(
                ("1", "ann", done, at(1, 31), "50", "50", "0", "张三", "13800134821", "杭州 文三路1号", None),
                ("2", "ann", done, at(1, 5), "30", "20", "10", "张三", "138****4821", "杭州 ****", "茶杯"),
                ("3", "bob", shut, at(2, 1), "9", "0", "0", "李四", None, None, None),
                ("4", "t**1", done, at(2, 2), "7", "7", "0", "王五", None, "上海", None),
                ("5", "bob", given_back, at(2, 3), "8", "0", "8", "李四", None, None, None),
                ("6", "bob", done, "2024-03-31 00:00:00", "6", "6", "0", "李四", None, None, None),
            ),
            ORDERS,
            personal=personal,
        )  # fmt: skip
        shop.imports.table(
            lines(
                ("1", "龙井茶", "2", "40", done),
                ("1", "=SUM(A1)", "1", "10", done),
                ("1", "茶样", "1", "0", done),
                ("1", "运费险", "1", "0", done),
                ("1", "瓜子", "1", "12", shut),
                ("2", "红茶", "1", "20", done),
                ("2", "茶样", "1", "0", done),
                ("4", "花茶", "1", "7", done),
            ),
            LINES,
        )
        now[0] += timedelta(days=1)
        members = frame("who name email level", ("ann", "张小三", "ann@example.com", "金卡"))
        shop.imports.table(members, MEMBERS)
        return shop

    yield opener
    for shop in shops:
        shop.close()


ANN = ["ann", "张小三", "ann@example.com", "13800134821"]
EXPECTED = [
    ["2024-01-05 08:00:00", *ANN, "杭州 ****", "红茶", 20.0, "茶杯", "金卡"],
    ["2024-01-31 23:30:15", *ANN, "杭州 文三路1号", "龙井茶×2、=SUM(A1)", 50.0, "茶样", "金卡"],
    ["2024-02-02 08:00:00", "", "王五", "", "", "上海", "花茶", 7.0, "", ""],
]
"""Order 3 was never paid, 5 was given back in full, 6 was paid at as_of itself: none of them counts.
Of order 1 the closed line is neither bought nor given, and the insurance at nothing is no gift; order 2
names its gift itself."""


def cells_of(path):
    """Read a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def sheet_of(path, number=0):
    """Read a sheet of a workbook."""
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(number).to_python()


def test_the_workbook_holds_the_ten_columns(opened, tmp_path):
    """Real dates and numbers, texts as texts, oldest first, a guest's row with what her order tells."""
    path = tmp_path / "客户档案表.xlsx"
    assert opened().customers.archive(AS_OF).to_xlsx(path) == 3
    head, *rows = sheet_of(path)
    assert head == HEADER
    assert all(isinstance(row[0], datetime) for row in rows)
    assert [[str(row[0]), *row[1:]] for row in rows] == EXPECTED


def test_the_workbook_opens_as_a_table(opened, tmp_path):
    """The header stays in sight and filters; no cell is a formula; dates and money have a format."""
    path = tmp_path / "a.xlsx"
    opened().customers.archive(AS_OF).to_xlsx(path, lang="en")
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
    assert '<autoFilter ref="A1:J4"/>' in sheet
    assert 'state="frozen"' in sheet
    assert "<f>" not in sheet
    assert "=SUM(A1)" in sheet
    assert 'formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"' in styles or 'formatCode="yyyy-mm-dd hh:mm:ss"' in styles
    assert sheet_of(path)[0] == [label.en for label in COLUMNS.values()]


def test_the_csv_file_is_safe_for_spreadsheets(opened, tmp_path):
    """The same rows; a byte-order mark, and an apostrophe before what could be a formula."""
    path = tmp_path / "a.csv"
    shop = opened()
    assert shop.customers.archive(AS_OF).to_csv(path) == 3
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = cells_of(path)
    assert rows[0] == HEADER
    assert rows[1] == [
        "2024-01-05 08:00:00", "ann", "张小三", "ann@example.com", "13800134821", "杭州 ****", "红茶",
        "20.00", "茶杯", "金卡",
    ]  # fmt: skip
    assert [row[0] for row in rows[1:]] == [
        "2024-01-05 08:00:00",
        "2024-01-31 23:30:15",
        "2024-02-02 08:00:00",
    ]


def test_formulas_in_texts_get_an_apostrophe(tmp_path):
    """Every text column is safe, customer ids included."""
    shop = open_shop(clock=lambda: NOW)
    row = ("1", "=1+1", STATES["completed"], "2024-01-05 08:00:00", "5", "5", "0", "+cmd", None, "@x", "-1")
    shop.imports.table(orders(row), ORDERS, personal=True)
    shop.customers.archive(AS_OF).to_csv(tmp_path / "a.csv")
    _, cells = cells_of(tmp_path / "a.csv")
    assert [cells[i] for i in (1, 2, 5, 8)] == ["'=1+1", "'+cmd", "'@x", "'-1"]


def test_amounts_add_up_to_the_scores(opened):
    """What known buyers paid is what the scores say, to the cent."""
    shop = opened()
    rows = shop.customers.archive(AS_OF).to_arrow().to_pylist()
    paid = sum(row["amount"] for row in rows if row["customer_id"])
    scores = shop.insight.score(AS_OF).to_arrow().to_pylist()
    assert paid == sum(row["net"] for row in scores) == Decimal("70.00")


def test_recipients_stay_unread_unless_asked_for(opened):
    """Without personal=True only the member list tells who somebody is."""
    rows = opened(personal=False).customers.archive(AS_OF).to_arrow().to_pylist()
    assert [(row["name"], row["phone"], row["address"]) for row in rows] == [
        ("张小三", None, None), ("张小三", None, None), (None, None, None),
    ]  # fmt: skip


def test_the_level_is_the_ladders_where_there_is_one(opened):
    """Ann's 70 yuan make her Gold by the rules, whatever the list says; a guest has no tier."""
    gold = {"name": "gold", "label_zh": "黄金会员", "label_en": "Gold", "enter": {"spend": "60.00"}}
    base = {"name": "member", "label_zh": "普通会员", "label_en": "Member"}
    ladder = {
        "currency": "CNY",
        "window": "lifetime",
        "hold": "forever",
        "qualify_at": "paid",
        "tiers": [base, gold],
    }
    shop = opened(policy=policy_from_table({"ladder": ladder}))
    rows = shop.customers.archive(AS_OF).to_arrow().to_pylist()
    assert [row["level"] for row in rows] == ["黄金会员", "黄金会员", None]
    early = shop.customers.archive("2024-01-31").to_arrow().to_pylist()
    assert [row["level"] for row in early] == ["普通会员"]


def test_products_go_by_their_titles(opened):
    """A catalogue turns codes into titles."""
    shop = opened()
    mapping = {"name": "goods", "grain": "product", "columns": {"product": "code", "title": "title"}}
    shop.imports.table(frame("code title", ("红茶", "正山小种 红茶"), ("none", "x")), mapping)
    rows = shop.customers.archive(AS_OF).to_arrow().to_pylist()
    assert [row["products"] for row in rows] == ["正山小种 红茶", "龙井茶×2、=SUM(A1)", "花茶"]


def test_merged_customers_have_one_id(opened):
    """After a merge her rows stand under the present id, with her joined profile."""
    shop = opened()
    extra = ("7", "an2", STATES["completed"], "2024-02-20 08:00:00", "5", "5", "0", "张三", None, None, None)
    shop.imports.table(orders(extra), ORDERS, name="later", personal=True)
    shop.customers.merge("an2", "ann", by="mei", note="same")
    rows = shop.customers.archive(AS_OF).to_arrow().to_pylist()
    assert [row["customer_id"] for row in rows] == ["an2", "an2", None, "an2"]
    assert {row["email"] for row in rows if row["customer_id"]} == {"ann@example.com"}


def test_partitions_hold_the_same_rows(opened):
    """On disk the same orders come out, only sorted part by part."""
    rows = opened().customers.archive(AS_OF).to_arrow().to_pylist()
    on_disk = opened(memory_budget=1 << 20).customers.archive(AS_OF).to_arrow().to_pylist()
    assert sorted(on_disk, key=lambda row: row["date"]) == rows


def test_newer_exports_mask_but_do_not_erase(opened):
    """A later export with a masked address leaves the one in clear; its newer phone in clear wins."""
    now = [NOW]
    shop = opened(now=now)
    now[0] = datetime(2024, 5, 1, tzinfo=UTC)
    done = STATES["completed"]
    again = ("1", "ann", done, at(1, 31), "50", "50", "0", "张*", "13900000001", "杭州 ****", None)
    shop.imports.table(orders(again), ORDERS, personal=True)
    rows = shop.customers.archive(AS_OF).to_arrow().to_pylist()
    assert rows[1]["address"] == "杭州 文三路1号"
    assert {row["phone"] for row in rows if row["customer_id"]} == {"13900000001"}


def test_a_shop_without_orders_has_an_empty_table(tmp_path):
    """A header, and no row."""
    shop = open_shop()
    path = tmp_path / "a.xlsx"
    assert shop.customers.archive(AS_OF).to_xlsx(path) == 0
    assert sheet_of(path) == [HEADER]
    assert shop.customers.archive(AS_OF).to_csv(tmp_path / "a.csv") == 0


def rows_of(count):
    """Make an archive of plain rows."""
    columns = {
        "date": pa.array([0] * count, pa.timestamp("s")),
        "customer_id": pa.array([f"c{i}" for i in range(count)], pa.large_string()),
        **{
            name: pa.nulls(count, pa.large_string())
            for name in ("name", "email", "phone", "address", "products")
        },
        "amount": pa.array([Decimal("1.50")] * count, pa.decimal128(19, 2)),
        **{name: pa.nulls(count, pa.large_string()) for name in ("gifts", "level")},
    }
    return Archive("CNY", lambda: iter([pa.table(columns)]))


def test_more_orders_than_a_sheet_holds_begin_another(tmp_path, monkeypatch):
    """With sheets of four rows ten orders make three, each with its header."""
    monkeypatch.setattr(table, "SHEET_ROWS", 4)
    path = tmp_path / "a.xlsx"
    assert rows_of(10).to_xlsx(path) == 10
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["客户档案", "客户档案 2", "客户档案 3"]
    assert [len(sheet_of(path, i)) for i in range(3)] == [5, 5, 3]
    assert [sheet_of(path, i)[0] for i in range(3)] == [HEADER] * 3
    assert sheet_of(path, 2)[2][1] == "c9"


def test_a_text_too_long_for_a_cell_is_cut(tmp_path):
    """Excel takes 32,767 characters; the rest is left out, and the workbook stays whole."""
    long = rows_of(1).to_arrow().set_column(6, "products", pa.array(["茶" * 40_000], pa.large_string()))
    path = tmp_path / "a.xlsx"
    Archive("CNY", lambda: iter([long])).to_xlsx(path)
    assert len(sheet_of(path)[1][6]) == 32_767


def test_an_unknown_language_is_a_setting_error(opened, tmp_path):
    """Only Chinese and English headers."""
    with pytest.raises(SettingsError, match="no language 'fr'"):
        opened().customers.archive(AS_OF).to_csv(tmp_path / "a.csv", lang="fr")
