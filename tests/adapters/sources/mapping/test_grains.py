"""Mappings of members, products and refunds: every kind of cell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
import xlsxwriter

from retailcrm.domain.customers import Birthday
from retailcrm.errors import ImportRefusedError
from retailcrm.ports.batches import BuyerKey, Grain

Table = dict[str, Any]
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

MEMBERS: Final[Table] = {
    "name": "members",
    "grain": "customer",
    "columns": {
        "buyer": "card", "name": "name", "gender": "sex", "birthday": "born", "phone": "phone",
        "email": "mail", "joined_at": "joined", "level": "level", "points": "points", "consent_sms": "sms",
        "tags": "tags", "address": "address", "city": "city",
    },
    "buyer": {"strength": "stable"},
}  # fmt: skip
PRODUCTS: Final[Table] = {
    "grain": "product",
    "columns": {
        "product": "code", "title": "title", "category": "path", "cost": "cost", "price": "price",
        "stock": "stock", "on_shelf": "on", "on_shelf_since": "since",
    },
}  # fmt: skip
REFUNDS: Final[Table] = {
    "grain": "refund",
    "columns": {
        "refund": "id", "number": "no", "amount": "amount", "asked_at": "asked", "settled_at": "settled",
        "reason": "why",
    },
}  # fmt: skip
REVIEWS: Final[Table] = {
    "grain": "review",
    "columns": {
        "number": "no",
        "buyer": "who",
        "product": "what",
        "score": "stars",
        "text": "text",
        "at": "at",
    },
    "buyer": {"strength": "weak"},
    "score": {"full_marks": 5},
}
EVENTS: Final[Table] = {
    "grain": "parcel",
    "columns": {"number": "no", "parcel": "parcel", "carrier": "by", "event": "event", "at": "at"},
}
SHIPMENTS: Final[Table] = {
    "grain": "parcel",
    "columns": {"number": "no", "shipped_at": "sent", "signed_at": "signed"},
}
ALL: Final = {
    Grain.CUSTOMERS: MEMBERS, Grain.PRODUCTS: PRODUCTS, Grain.REFUNDS: REFUNDS, Grain.REVIEWS: REVIEWS,
    Grain.PARCELS: EVENTS,
}  # fmt: skip


def lines(*rows: str) -> bytes:
    """Write lines."""
    return "".join(row + "\n" for row in rows).encode()


def header(mapping: Table) -> str:
    """Write the column names of a mapping."""
    return ",".join(mapping["columns"].values())


def local(*parts: int) -> datetime:
    """Make a moment in China."""
    year, month, day, *clock = parts
    return datetime(year, month, day, clock[0] if clock else 0, tzinfo=SHANGHAI)


def test_a_member_is_read_cell_by_cell(take: Any) -> None:
    """Every kind of cell of a member list."""
    full = 'M1,张三,女,1990/5/1,+86 138-0013-8000,Ann@Example.com,2020-03-01 10:00:00,金卡,"1,200",是,老客；,'
    found = take(lines(header(MEMBERS), full + "西湖区 1 号,杭州", "M2,,,,,,,,,,,,"), MEMBERS)
    (batch,) = found.batches
    assert (batch.grain, batch.buyer_key) == (Grain.CUSTOMERS, BuyerKey(platform="members", kind="id"))
    assert found.rows[0] == {
        "buyer": "M1", "name": "张三", "gender": 0, "birthday": Birthday(5, 1, 1990).code,
        "phone": "13800138000", "email": "ann@example.com", "joined_at": local(2020, 3, 1, 10),
        "level": "金卡", "points": 1200, "consent_sms": 1, "tags": "老客；", "address": "西湖区 1 号",
        "city": "杭州",
    }  # fmt: skip
    nothing: Table = dict.fromkeys(MEMBERS["columns"])
    assert found.rows[1] == {**nothing, "buyer": "M2", "gender": -1, "birthday": -1, "consent_sms": -1}
    assert found.problems == []


def test_a_bad_cell_does_not_lose_the_member(take: Any) -> None:
    """Each is a warning with its own code; the phone and the address are kept, the rest is left out."""
    row = "M1,张三,?,2023-02-29,12,ann,someday,金卡,many,perhaps,,,"
    found = take(lines(header(MEMBERS), row), MEMBERS)
    assert [(p.code, p.column) for p in found.warnings] == [
        ("gender", "sex"), ("birthday", "born"), ("phone", "phone"), ("email", "mail"),
        ("instant", "joined"), ("count", "points"), ("answer", "sms"),
    ]  # fmt: skip
    assert {p.record for p in found.warnings} == {1}
    (member,) = found.rows
    assert (member["phone"], member["email"], member["level"]) == ("12", "ann", "金卡")
    assert [member[k] for k in ("gender", "birthday", "joined_at", "points", "consent_sms")] == [
        -1, -1, None, None, -1,
    ]  # fmt: skip


def test_problems_never_repeat_what_is_personal(take: Any) -> None:
    """Words that a mapping may name are shown; a birthday, a phone, an address are not."""
    found = take(lines(header(MEMBERS), "M1,张三,?,2023-02-29,12,ann,,,,perhaps,,,"), MEMBERS)
    assert {p.code: p.value for p in found.warnings} == {
        "gender": "?", "birthday": None, "phone": None, "email": None, "answer": "perhaps",
    }  # fmt: skip


def test_a_member_without_a_key_is_rejected(take: Any) -> None:
    """Nobody could be told what the row is about."""
    found = take(lines(header(MEMBERS), ",张三" + "," * 11, "," * 12, "M1" + "," * 12), MEMBERS)
    assert (found.rejected, found.blank, found.column("buyer")) == ({1: {"missing"}}, 1, ["M1"])
    assert found.accounts_for(3)


def test_times_of_zeros_are_none_to_members(take: Any) -> None:
    """A database writes them where it knows no time: no warning."""
    rows = [f"M{i},,,,,,{text}" + "," * 6 for i, text in enumerate(("0000-00-00 00:00:00", "0000-00-00", ""))]
    found = take(lines(header(MEMBERS), *rows), MEMBERS)
    assert (found.column("joined_at"), found.problems) == ([None] * 3, [])


def test_a_member_list_of_a_workbook_has_real_days(tmp_path: Any, take_file: Any) -> None:
    """Cells that are days in the workbook, and day numbers that have lost their form."""
    path = tmp_path / "members.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["card", "born"])
        sheet.write_string(1, 0, "M1")
        sheet.write_datetime(1, 1, datetime(1990, 5, 1), day)  # noqa: DTZ001 - a cell has no zone
        sheet.write_string(2, 0, "M2")
        sheet.write_number(2, 1, 32994)
    mapping = {**MEMBERS, "columns": {"buyer": "card", "birthday": "born"}}
    (found,) = take_file(path, mapping)
    assert (found.column("birthday"), found.problems) == ([19900501] * 2, [])


def test_a_table_in_memory_has_typed_cells(take_table: Any) -> None:
    """Days, true and false, numbers, as pandas or polars hold them."""
    table = pa.table(
        {
            "card": ["M1"],
            "born": [date(1990, 5, 1)],
            "sms": [True],
            "points": [12.0],
            "joined": [datetime(2020, 1, 1)],  # noqa: DTZ001 - a cell has no zone
        }
    )
    names = {
        "buyer": "card",
        "birthday": "born",
        "consent_sms": "sms",
        "points": "points",
        "joined_at": "joined",
    }
    (row,) = take_table(table, {**MEMBERS, "columns": names}).rows
    assert (row["birthday"], row["consent_sms"], row["points"], row["joined_at"]) == (
        19900501, 1, 12, local(2020, 1, 1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "want"),
    [("女 F female 女士 先生 M Male 其他 保密 unknown", [0, 0, 0, 0, 1, 1, 1, 2, -1, -1])],
)
def test_usual_genders_are_known(take: Any, texts: str, want: list[int]) -> None:
    """In Chinese and English; what tells nothing is none."""
    mapping = {**MEMBERS, "columns": {"buyer": "card", "gender": "sex"}}
    found = take(lines("card,sex", *(f"M{i},{t}" for i, t in enumerate(texts.split()))), mapping)
    assert (found.column("gender"), found.problems) == (want, [])


def test_usual_answers_are_known(take: Any) -> None:
    """Of consent and of shelves; Shopify's words among them."""
    texts = [
        "是", "yes", "TRUE", "1", "Subscribed", "同意",
        "否", "no", "false", "0", "unsubscribed", "not_subscribed", "拒绝", "pending",
    ]  # fmt: skip
    mapping = {**MEMBERS, "columns": {"buyer": "card", "consent": "ok"}}
    found = take(lines("card,ok", *(f"M{i},{t}" for i, t in enumerate(texts))), mapping)
    assert (found.column("consent"), found.problems) == ([1] * 6 + [0] * 7 + [-1], [])


def test_a_mapping_names_further_words_and_changes_known_ones(take: Any) -> None:
    """Its own words go before what is built in."""
    mapping = {
        **MEMBERS,
        "columns": {"buyer": "card", "gender": "sex", "consent": "ok"},
        "genders": {"female": ["2", "M"], "male": "1", "unknown": "0"},
        "answers": {"yes": ["好", "no"]},
    }
    found = take(lines("card,sex,ok", "a,2,好", "b,1,no", "c,0,是", "d,m,否"), mapping)
    assert (found.column("gender"), found.column("consent")) == ([0, 1, -1, 0], [1, 1, 1, 0])
    assert found.problems == []


def test_a_product_is_read_cell_by_cell(take: Any) -> None:
    """Money in minor units, a category from the top down, on the shelf or not."""
    rows = ["P1,连衣裙,女装/裙装,19.50,￥59,120,在售,2024-01-05", "P2,,,,,,下架,", "P3,,,x,,-,?,never"]
    found = take(lines(header(PRODUCTS), *rows), PRODUCTS)
    assert found.rows[0] == {
        "product": "P1", "title": "连衣裙", "category": "女装/裙装", "cost": 1950, "price": 5900,
        "stock": 120, "on_shelf": 1, "on_shelf_since": local(2024, 1, 5),
    }  # fmt: skip
    assert found.column("on_shelf") == [1, 0, -1]
    assert [p.code for p in found.warnings] == ["amount", "answer", "instant"]
    assert found.accounts_for(3)


@pytest.mark.parametrize(
    ("spec", "cells", "want"),
    [
        ({"column": "a", "separator": ">"}, ["女装 > 裙装", "A/B>C", ""], ["女装/裙装", "A／B/C", None]),
        (
            {"levels": ["a", "b", "c"]},
            ["女装,裙装,长裙", "女装,,长裙", ",,"],
            ["女装/裙装/长裙", "女装/长裙", None],
        ),
        ({"column": ["z", "b"]}, [",x", ",y/ z", ","], ["x", "y/z", None]),
    ],
)
def test_a_category_stands_in_one_column_or_in_several(
    take: Any, spec: Table, cells: list[str], want: list[str | None]
) -> None:
    """One path in any of several columns, or a column for each level."""
    rows = [f"P{i},{cell}" + "," * (2 - cell.count(",")) for i, cell in enumerate(cells)]
    mapping = {"grain": "product", "columns": {"product": "code", "category": spec}}
    assert take(lines("code,a,b,c", *rows), mapping).column("category") == want


def test_levels_may_be_absent_if_the_category_may(take: Any) -> None:
    """The levels that are there make the path; a file without any has no category."""
    spec = {"levels": ["a", "b"], "optional": True}
    mapping = {"grain": "product", "columns": {"product": "code", "category": spec}}
    assert take(lines("code,b", "P1,x"), mapping).column("category") == ["x"]
    assert "category" not in take(lines("code", "P1"), mapping).batches[0].columns
    with pytest.raises(ImportRefusedError, match=r"category\.2 = b"):
        take(
            lines("code,a", "P1,x"),
            {**mapping, "columns": {"product": "code", "category": {"levels": ["a", "b"]}}},
        )


def test_a_refund_is_read_cell_by_cell(take: Any) -> None:
    """Its money must be readable; its number and the order's must be there."""
    rows = ["R1,1,5.00,2024-01-01,2024-01-03,七天无理由", "R2,1,x,,,", "R3,,5,,,", ",1,5,,,", "R5,2,0,,,"]
    found = take(lines(header(REFUNDS), *rows), REFUNDS)
    assert found.rows[0] == {
        "refund": "R1", "number": "1", "amount": 500, "asked_at": local(2024, 1, 1),
        "settled_at": local(2024, 1, 3), "reason": "七天无理由",
    }  # fmt: skip
    assert (found.column("amount"), found.rejected) == (
        [500, 0],
        {2: {"amount"}, 3: {"missing"}, 4: {"missing"}},
    )
    assert found.accounts_for(5)


def test_refunds_without_numbers_are_numbered_by_their_content(take: Any) -> None:
    """The same rows have the same numbers on every import."""
    columns = {name: column for name, column in REFUNDS["columns"].items() if name != "refund"}
    mapping = {**REFUNDS, "columns": columns, "key": {"synthetic": True}}
    data = lines("no,amount,asked,settled,why", "1,5,,,", "1,5,,,", "2,5,,,")
    numbers = take(data, mapping).column("refund")
    assert len(set(numbers)) == 3
    assert take(data, mapping).column("refund") == numbers


def test_zone_of_members_is_the_mappings(take: Any) -> None:
    """A join date is local to the file."""
    found = take(lines(header(MEMBERS), "M1,,,,,,2024-07-01 12:00:00" + "," * 6), {**MEMBERS, "zone": "UTC"})
    assert found.column("joined_at") == [datetime(2024, 7, 1, 12, tzinfo=UTC)]
