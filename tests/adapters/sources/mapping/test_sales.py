"""What else mappings of orders and lines may say: credit notes, refunds, recipients, constants."""

from __future__ import annotations

from typing import Any, Final

import pytest

from retailcrm import open_shop
from retailcrm.adapters.sources.mapping.reading import mapping_from_table
from retailcrm.domain.orders import OrderState
from retailcrm.errors import SettingsError
from retailcrm.ports.batches import Grain

ORDER: Final[dict[str, Any]] = {
    "name": "shop",
    "columns": {"number": "no", "buyer": "who", "paid_at": "at", "paid": "paid"},
    "buyer": {"strength": "stable"},
    "constants": {"state": "completed"},
}
LINE: Final[dict[str, Any]] = {
    "name": "till",
    "grain": "line",
    "columns": {"number": "no", "buyer": "who", "paid_at": "at", "amount": "paid", "refunded": "back"},
    "buyer": {"strength": "stable"},
    "constants": {"state": "completed"},
}


def lines(*rows: str) -> bytes:
    """Write lines."""
    return "".join(row + "\n" for row in rows).encode()


def with_columns(mapping: dict[str, Any], **columns: Any) -> dict[str, Any]:
    """Add columns to a mapping."""
    return {**mapping, "columns": {**mapping["columns"], **columns}}


def test_orders_that_begin_with_the_prefix_take_back(take: Any) -> None:
    """They come as lines that take back, with or without a minus; every record is accounted for once."""
    mapping = {**with_columns(ORDER, city="city"), "cancel": {"number_prefix": "C"}}
    rows = ["1,a,2024-01-01,10,x", "C2,a,2024-01-02,4,y", "C3,b,2024-01-03,-5,", "c4,b,2024-01-04,6,"]
    found = take(lines("no,who,at,paid,city", *rows), mapping)
    orders, credits_ = found.batches
    assert (orders.grain, orders.columns["number"].tolist()) == (Grain.ORDERS, ["1", "c4"])
    assert (credits_.grain, credits_.columns["number"].tolist()) == (Grain.LINES, ["C2", "C3"])
    assert credits_.columns["amount"].tolist() == [-400, -500]
    assert credits_.columns["credit"].tolist() == [True, True]
    assert credits_.columns["city"].tolist() == ["y", None]
    assert credits_.buyer_key == orders.buyer_key
    assert found.records == [1, 4, 2, 3]
    assert [batch.passed for batch in found.batches] == [0, 0]


def scores(tmp_path: Any, text: str, mapping: dict[str, Any]) -> dict[str, tuple[int, str, str]]:
    """Import a file and give orders, gross and refunded of each customer."""
    path = tmp_path / "a.csv"
    path.write_text(text, "utf-8")
    shop = open_shop("memory:")
    result = shop.imports.files([path], mapping=mapping)
    assert result.rejected == 0
    table = shop.insight.score(as_of="2024-06-01").to_pandas()
    return {
        row.customer_id: (int(row.orders), str(row.gross), str(row.refunded)) for row in table.itertuples()
    }


def test_credit_notes_at_order_grain_count_as_those_at_line_grain(tmp_path: Any) -> None:
    """The same file read both ways gives the same customers, orders and money."""
    text = "no,who,at,paid\n1,a,2024-01-01,10\nC2,a,2024-01-02,-4\n3,b,2024-01-03,6\n"
    cancel = {"cancel": {"number_prefix": "C"}}
    by_orders = scores(tmp_path, text, {**ORDER, **cancel})
    columns = {"number": "no", "buyer": "who", "paid_at": "at", "amount": "paid"}
    by_lines = scores(tmp_path, text, {**LINE, "columns": columns, **cancel})
    assert by_orders == by_lines == {"a": (1, "10.00", "4.00"), "b": (1, "6.00", "0.00")}


@pytest.mark.parametrize(
    ("said", "gross"), [({}, "14.00"), ({"paid_is": "net"}, "14.00"), ({"paid_is": "gross"}, "10.00")]
)
def test_amounts_of_lines_are_net_unless_told_otherwise(
    tmp_path: Any, said: dict[str, str], gross: str
) -> None:
    """Of 10 with 4 given back, 14 or 10 were paid."""
    mapping = {**LINE, "money": said} if said else LINE
    text = "no,who,at,paid,back\n1,a,2024-01-01,10,4\n"
    assert scores(tmp_path, text, mapping) == {"a": (1, gross, "4.00")}


def test_gross_lines_given_back_in_full_are_gross(take: Any) -> None:
    """A credit note has no refund of its own; of a refunded line all went back, whatever its column says."""
    mapping = {
        **with_columns(LINE, state="state"), "constants": {}, "money": {"paid_is": "gross"},
        "states": {"completed": "ok", "refunded": "back"}, "cancel": {"number_prefix": "C"},
    }  # fmt: skip
    rows = [
        "1,a,2024-01-01,10,4,ok",
        "2,a,2024-01-01,10,4,back",
        "C3,a,2024-01-01,10,4,ok",
        "4,a,2024-01-01,10,,ok",
    ]
    found = take(lines("no,who,at,paid,back,state", *rows), mapping)
    assert found.column("amount") == [600, 1000, -1000, 1000]


PERSONAL: Final = with_columns(
    ORDER, name="name", phone="phone", email="mail", address="address", channel="channel", gifts="gift"
)


def test_recipients_are_read_only_where_they_are_asked_for(take: Any) -> None:
    """Names, phones, addresses stay in the file; channel and gifts are nobody's."""
    data = lines(
        "no,who,at,paid,name,phone,mail,address,channel,gift",
        "1,a,2024-01-01,10,张三,138 0013 8000,A@B.cn,西湖区,直播,杯子",
        "2,b,2024-01-01,10,李四,12,x,,,",
    )
    (row, _) = take(data, PERSONAL).rows
    assert not row.keys() & {"name", "phone", "email", "address"}
    assert (row["channel"], row["gifts"]) == ("直播", "杯子")
    found = take(data, PERSONAL, personal=True)
    assert {k: found.rows[0][k] for k in ("name", "phone", "email", "address")} == {
        "name": "张三", "phone": "13800138000", "email": "a@b.cn", "address": "西湖区",
    }  # fmt: skip
    assert [(p.code, p.record) for p in found.warnings] == [("phone", 2), ("email", 2)]
    assert take(data, PERSONAL).problems == []


def test_made_up_numbers_do_not_depend_on_who_may_read(take: Any) -> None:
    """A file read again with its recipients gives the same orders."""
    columns = {name: column for name, column in PERSONAL["columns"].items() if name != "number"}
    mapping = {**PERSONAL, "columns": columns, "key": {"synthetic": True}}
    data = lines("who,at,paid,name,phone,mail,address,channel,gift", "a,2024-01-01,10,张三,13800138000,,,,")
    assert take(data, mapping).column("number") == take(data, mapping, personal=True).column("number")


def test_lines_may_tell_a_category(take: Any) -> None:
    """In one column or in several."""
    data = lines("no,who,at,paid,back,a,b", "1,x,2024-01-01,1,,女装,裙 / 装")
    assert take(data, with_columns(LINE, category="b")).column("category") == ["裙/装"]
    assert take(data, with_columns(LINE, category={"levels": ["a", "b"]})).column("category") == [
        "女装/裙 ／ 装"
    ]


def test_what_no_column_tells_may_be_the_same_in_every_row(take: Any) -> None:
    """Amounts and pieces of files that have none."""
    columns = {"number": "no", "paid_at": "at"}
    constants = {"state": "paid", "amount": "9.90"}
    line = {"grain": "line", "columns": columns, "constants": {**constants, "quantity": 2}}
    found = take(lines("no,at", "1,2024-01-01", "1,2024-01-01"), line)
    assert (found.column("amount"), found.column("quantity")) == ([990, 990], [2, 2])
    assert found.column("state") == [OrderState.PAID] * 2
    order = {"columns": columns, "constants": {**constants, "amount": 0}}
    assert take(lines("no,at", "1,2024-01-01"), order).column("paid") == [0]


def test_an_amount_that_the_currency_cannot_have_is_a_mistake(take: Any) -> None:
    """Told when the mapping is made if it names the currency, else when the file is read."""
    mapping = {"columns": {"number": "no", "paid_at": "at"}, "constants": {"state": "paid", "amount": "9.90"}}
    with pytest.raises(SettingsError, match=r"constants\.amount"):
        mapping_from_table({**mapping, "currency": "JPY"})
    with pytest.raises(SettingsError, match=r"constants\.amount"):
        take(lines("no,at", "1,2024-01-01"), mapping, currency="JPY")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"money": {"paid_is": "gross"}}, "[money] paid_is is about a column for refunded"),
        ({"constants": {"state": "paid", "amount": "1"}}, "constants.amount goes without columns for amount"),
        ({"constants": {"state": "paid", "amount": True}}, "amount must be text such as"),
        ({"constants": {"state": "paid", "quantity": "1"}}, "quantity must be a whole number"),
    ],
)
def test_mistakes_about_money_of_lines(change: dict[str, Any], said: str) -> None:
    """What would be read twice or never is refused."""
    columns = {name: column for name, column in LINE["columns"].items() if name != "refunded"}
    with pytest.raises(SettingsError) as caught:
        mapping_from_table({**LINE, "columns": columns, **change})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"constants": {"state": "paid", "quantity": 1}}, "constants.quantity needs grain line"),
        ({"constants": {"state": "paid", "amount": "1"}}, "constants.amount goes without columns for paid"),
        ({"cancel": {"negative_quantity": True}}, "cancel.negative_quantity needs grain line"),
    ],
)
def test_mistakes_about_money_of_orders(change: dict[str, Any], said: str) -> None:
    """The same for orders."""
    with pytest.raises(SettingsError) as caught:
        mapping_from_table({**ORDER, **change})
    assert said in str(caught.value)


def test_a_prefix_needs_numbers_of_the_file() -> None:
    """Numbers that are made up begin with nothing."""
    columns = {name: column for name, column in ORDER["columns"].items() if name != "number"}
    table = {**ORDER, "columns": columns, "key": {"synthetic": True}, "cancel": {"number_prefix": "C"}}
    with pytest.raises(SettingsError, match=r"cancel\.number_prefix needs a column for number"):
        mapping_from_table(table)


def test_unix_times_are_instants_in_every_zone(take: Any) -> None:
    """Seconds from 1970 mean the same moment wherever the file was made; negative ones are refused."""
    at = {"column": "at", "format": "unix"}
    data = lines("no,who,at,paid", "1,a,1511544070,1", "2,a,-5,1")
    found = take(data, with_columns(ORDER, paid_at=at), zone="America/New_York")
    assert [str(when) for when in found.column("paid_at")] == ["2017-11-24 17:21:10+00:00"]
    assert found.rejected == {2: {"instant"}}
