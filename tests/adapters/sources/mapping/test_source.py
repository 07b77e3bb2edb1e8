"""Tables read by a mapping."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.mapping.keys import SyntheticKeys
from retailcrm.adapters.sources.mapping.reading import load_mapping, mapping_from_table
from retailcrm.adapters.sources.mapping.source import Mapped
from retailcrm.adapters.sources.taobao.source import Taobao
from retailcrm.analytics.columns import MISSING, Coded, Texts
from retailcrm.domain.orders import OrderState
from retailcrm.errors import ImportRefusedError
from retailcrm.ports.batches import Grain

if TYPE_CHECKING:
    from pathlib import Path

Take = Any

ORDER: Final[dict[str, Any]] = {
    "name": "shop",
    "columns": {"number": "no", "buyer": "who", "placed_at": "when", "paid": "paid"},
    "buyer": {"strength": "stable"},
    "constants": {"state": "completed"},
}
LINE: Final[dict[str, Any]] = {
    "name": "till",
    "grain": "line",
    "columns": {"number": "no", "placed_at": "when", "quantity": "pcs", "unit_price": "price"},
    "constants": {"state": "paid"},
}


def lines(*rows: str) -> bytes:
    """Write lines."""
    return "".join(row + "\n" for row in rows).encode()


# Finding the columns


def test_the_header_is_the_row_that_has_every_column(take: Take) -> None:
    """Whatever stands above it; alternatives are tried in their order."""
    mapping = {**ORDER, "columns": {**ORDER["columns"], "paid": ["net", "paid"]}}
    found = take(lines("who,when", "no,who,when,paid,net", "1,a,2024-01-01,1,2"), mapping)
    assert (found.match.header_row, found.column("paid")) == (1, [200])
    assert take(lines("no,who,when,paid", "1,a,2024-01-01,1"), mapping).column("paid") == [100]


def test_missing_columns_are_named_with_what_was_found_and_what_is_near(take: Take) -> None:
    """One message says everything a person needs to correct the mapping or the file."""
    with pytest.raises(ImportRefusedError) as caught:
        take(lines("number,Who ,when_,paid", "1,a,2024-01-01,1"), ORDER)
    assert caught.value.code == "mapping"
    assert "a.csv: mapping shop does not find: number = no, placed_at = when; did you mean 'when_'?" in str(
        caught.value
    )
    assert str(caught.value).endswith("Columns found: number, Who, when_, paid")
    several = {**ORDER, "columns": {**ORDER["columns"], "paid": ["zzz", "payed"]}}
    with pytest.raises(ImportRefusedError, match=r"paid = zzz / payed; did you mean 'paid'\?"):
        take(lines("no,who,when,paid", "1,a,2024-01-01,1"), several)


def test_an_optional_column_may_be_absent(take: Take) -> None:
    """The batch then lacks it, and erases nothing that another file told."""
    columns = {
        **ORDER["columns"],
        "buyer": {"column": "who", "optional": True},
        "city": {"column": "c", "optional": True},
    }
    mapping = {**ORDER, "columns": columns}
    (batch,) = take(lines("no,when,paid", "1,2024-01-01,1"), mapping).batches
    assert (batch.columns.keys() & {"buyer", "city"}, batch.buyer_key) == (set(), None)
    (batch,) = take(lines("no,when,paid,who,c", "1,2024-01-01,1,a,x"), mapping).batches
    assert batch.buyer_key is not None
    assert batch.columns["city"].tolist() == ["x"]


HEADERLESS: Final = {**ORDER, "file": {"columns": ["no", "who", "when", "paid"], "header": False}}


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_without_header_is_read_by_place(take: Take, mark: bytes) -> None:
    """The first line is a record; a byte-order mark is no part of it; problems count columns."""
    found = take(mark + lines('"1",a,2024-01-01,1', "2,b,never,1"), HEADERLESS)
    assert (found.column("number"), found.match.header_row) == (["1"], None)
    (problem,) = found.problems
    assert (problem.column, problem.first_line, problem.record) == ("column 3", 2, 2)


def test_a_file_without_header_must_have_as_many_columns(take: Take) -> None:
    """Else every value might stand in the wrong place."""
    with pytest.raises(ImportRefusedError, match="names 4 columns, the file has 3"):
        take(lines("1,a,2024-01-01", "2,b,2024-01-01"), HEADERLESS)


# Reading them


def test_zone_and_currency_are_the_mappings_before_the_shops(take: Take) -> None:
    """A time is local to the column's zone, else the mapping's, else the shop's; so with the currency."""
    data = lines("no,who,when,paid", "1,a,2024-07-01 12:00:00,100")
    for said, hour, minor in (({}, 4, 10000), ({"zone": "Europe/London", "currency": "JPY"}, 11, 100)):
        found = take(data, {**ORDER, **said})
        assert found.column("placed_at") == [datetime(2024, 7, 1, hour, tzinfo=UTC)]
        assert (found.column("paid"), found.batches[0].currency) == ([minor], said.get("currency", "CNY"))
    own = {**ORDER["columns"], "placed_at": {"column": "when", "zone": "America/New_York"}}
    found = take(data, {**ORDER, "zone": "Europe/London", "columns": own})
    assert found.column("placed_at") == [datetime(2024, 7, 1, 16, tzinfo=UTC)]


def test_ids_that_a_program_made_into_decimals_are_ids(take: Take) -> None:
    """17850.0 is 17850, and both are one buyer; other decimals are left alone."""
    for grain in ("order", "line"):
        columns = {"number": "no", "buyer": {"column": "who", "decimal_id": True}, "placed_at": "when"}
        money = {"order": "paid", "line": "amount"}[grain]
        mapping = {**ORDER, "grain": grain, "columns": {**columns, money: "paid"}}
        rows = [
            f"{i},{who},2024-01-01,1" for i, who in enumerate(("17850.0", "17850", "1.5", "", "17850.00"))
        ]
        (batch,) = take(lines("no,who,when,paid", *rows), mapping).batches
        buyer = batch.columns["buyer"]
        assert [who or None for who in buyer.tolist()] == ["17850", "17850", "1.5", None, "17850"]
        if isinstance(buyer, Coded):
            assert len(set(buyer.values.tolist())) == len(buyer.values)


def test_lines_cost_quantity_times_price(take: Take) -> None:
    """Rounded once a line, half away from zero; the number may repeat, the buyer may be absent."""
    rows = ["1,2024-01-01,3,0.335", "1,2024-01-01,-3,0.335", "2,2024-01-01,1000,0.0425"]
    found = take(lines("no,when,pcs,price", *rows), LINE)
    assert found.grain is Grain.LINES
    assert (found.column("amount"), found.column("quantity")) == ([101, -101, 4250], [3, -3, 1000])
    assert (found.column("credit"), found.column("state")) == ([False] * 3, [OrderState.PAID] * 3)


def test_orders_cost_quantity_times_price_too(take: Take) -> None:
    """At order grain the product is what was due."""
    mapping = {**LINE, "grain": "order"}
    found = take(lines("no,when,pcs,price", "1,2024-01-01,3,0.335"), mapping)
    assert found.column("total") == [101]


@pytest.mark.parametrize(
    "row", ["1,2024-01-01,3,abc", "1,2024-01-01,999999999999999,9999999", "1,2024-01-01,x,1"]
)
def test_a_line_whose_price_cannot_be_told_is_rejected(take: Take, row: str) -> None:
    """No order without its money: an unreadable price, a product beyond any money, no number of pieces."""
    found = take(lines("no,when,pcs,price", row, "2,2024-01-01,1,1"), LINE)
    (problem,) = found.problems
    assert (problem.record, problem.column) == (1, "pcs" if problem.code == "count" else "price")
    assert found.accounts_for(2)


def test_credit_notes_are_told_by_their_prefix(take: Take) -> None:
    """They take back, whether their amounts have a minus or not."""
    mapping = {**LINE, "cancel": {"number_prefix": "C"}}
    rows = ["1,2024-01-01,2,5", "C2,2024-01-01,-2,5", "C3,2024-01-01,2,5", "c4,2024-01-01,1,5"]
    found = take(lines("no,when,pcs,price", *rows), mapping)
    assert found.column("credit") == [False, True, True, False]
    assert found.column("amount") == [1000, -1000, -1000, 500]


def test_returns_are_told_by_negative_quantities(take: Take) -> None:
    """Only if the mapping says so."""
    rows = lines("no,when,pcs,price", "1,2024-01-01,2,5", "1,2024-01-02,-1,5")
    assert take(rows, LINE).column("credit") == [False, False]
    found = take(rows, {**LINE, "cancel": {"negative_quantity": True}})
    assert (found.column("credit"), found.column("amount")) == ([False, True], [1000, -500])


def test_paid_before_refunds_is_what_was_due(take: Take) -> None:
    """Where the mapping says that paid is gross, nothing is to be added back."""
    columns = {**ORDER["columns"], "refunded": "back"}
    data = lines("no,who,when,paid,back", "1,a,2024-01-01,10,4")
    (row,) = take(data, {**ORDER, "columns": columns, "money": {"paid_is": "gross"}}).rows
    assert (row["total"], row["refunded"], "paid" in row) == (1000, 400, False)
    (row,) = take(data, {**ORDER, "columns": columns, "money": {"paid_is": "net"}}).rows
    assert (row["paid"], row["refunded"], "total" in row) == (600 + 400, 400, False)


def test_a_record_without_what_every_record_needs_is_rejected(take: Take) -> None:
    """Number and time are asked for; a buyer, a city, an amount paid may be unknown."""
    rows = [",a,2024-01-01,1", "2,a,,1", "3,,2024-01-01,", ",,,"]
    found = take(lines("no,who,when,paid", *rows), ORDER)
    assert (found.column("number"), found.column("buyer"), found.column("paid")) == (["3"], [None], [None])
    assert found.rejected == {1: {"missing"}, 2: {"missing"}}
    assert [problem.column for problem in found.problems] == ["no", "when"]
    assert found.blank == 1


def test_a_record_that_is_empty_but_for_broken_bytes_is_rejected_once(take: Take) -> None:
    """It is not counted as blank too."""
    found = take(lines("no,who,when,paid", "1,a,2024-01-01,1", ",X,,").replace(b"X", b"\xff"), ORDER)
    assert (found.rejected, found.blank) == ({2: {"encoding"}}, 0)
    assert found.accounts_for(2)


def test_two_fields_may_read_one_column(take: Take) -> None:
    """A purchase paid when placed, a price that is also a product's name."""
    columns = {**LINE["columns"], "paid_at": "when", "product": "price", "city": "pcs"}
    found = take(
        lines("no,when,pcs,price", "1,2024-01-01,2,1.50", "2,2024/1/2,3.0,2"), {**LINE, "columns": columns}
    )
    assert found.column("placed_at") == found.column("paid_at")
    assert (found.column("product"), found.column("amount")) == (["1.50", "2"], [300, 600])
    assert (found.column("quantity"), found.column("city")) == ([2, 3], ["2", "3.0"])


def test_long_numbers_that_all_end_in_zeros_are_warned_of_once(take: Take) -> None:
    """A till may number so; a spreadsheet does so to other numbers: a person has to look."""
    rows = [f"5113000000{i:05}0000,a,2024-01-01,1" for i in range(5)]
    found = take(lines("no,who,when,paid", *rows), ORDER)
    (warning,) = found.warnings
    assert (warning.code, warning.column, warning.record) == ("rounded-numbers", "no", None)
    assert found.accounts_for(5)
    damaged = take(lines("no,who,when,paid", "5.113E+18,a,2024-01-01,1", "1e234567,a,2024-01-01,1"), ORDER)
    assert (damaged.column("number"), damaged.rejected) == (["1e234567"], {1: {"damaged-number"}})


# Numbers for records that have none

SYNTHETIC: Final = {
    **ORDER,
    "columns": {"buyer": "who", "placed_at": "when", "paid": "paid"},
    "key": {"synthetic": True},
}


def numbers(found: Any) -> list[str]:
    """Give the order numbers."""
    listed: list[str] = found.column("number")
    return listed


def test_made_up_numbers_are_the_same_on_every_import(take: Take) -> None:
    """They depend on the record's own content: not on its neighbours, its form or the mapping's order."""
    rows = ["a,2024-01-01,1", "b,2024-01-01,1", "a,2024-01-01,2"]
    first = numbers(take(lines("who,when,paid", *rows), SYNTHETIC))
    assert len(set(first)) == 3
    backwards = numbers(take(lines("who,when,paid", *reversed(rows)), SYNTHETIC))
    assert backwards == first[::-1]
    columns = dict(reversed(list(SYNTHETIC["columns"].items())))
    again = take(lines("paid;when;who", "1.00;2024/1/1;a"), {**SYNTHETIC, "columns": columns})
    assert numbers(again) == first[:1]


def test_equal_records_have_numbers_of_their_own(take: Take) -> None:
    """Two purchases alike are two purchases; a file with one more adds one number."""
    two = numbers(take(lines("who,when,paid", *["a,2024-01-01,1"] * 2), SYNTHETIC))
    three = numbers(take(lines("who,when,paid", *["a,2024-01-01,1"] * 3), SYNTHETIC))
    assert len(set(three)) == 3
    assert three[:2] == two


@given(st.lists(st.lists(st.integers(0, 5), max_size=8), max_size=8))
def test_the_blocks_of_a_file_do_not_show_in_its_numbers(blocks: list[list[int]]) -> None:
    """Counting equal records goes on over the blocks: each record has its digest and its ordinal."""
    keys = SyntheticKeys(("paid", "who"))
    found: list[str] = []
    for block in blocks:
        who = Coded.of([f"b{value % 3}" for value in block])
        found += keys.of({"paid": np.array(block, np.int64), "who": who}, len(block)).tolist()
    values = [value for block in blocks for value in block]
    seen: Counter[int] = Counter()
    for value, number in zip(values, found, strict=True):
        seen[value] += 1
        digest, ordinal = number.split("-")
        assert (len(digest), int(ordinal, 16)) == (16, seen[value])
        assert digest == found[values.index(value)].split("-")[0]
    assert len(set(found)) == len(values)


def test_missing_values_are_content_too() -> None:
    """No buyer, no time, no amount: three different records, in any kind of column."""
    columns = {
        "who": Coded.of(["a", None, "a", "a"]),
        "what": Texts.of(["x", "x", "", "x"]),
        "paid": np.array([1, 1, 1, MISSING], np.int64),
    }
    assert len(set(SyntheticKeys(("who", "what", "paid")).of(columns, 4).tolist())) == 4


# The real files


def mapping_of(repo_root: Path, name: str) -> Mapped:
    """Load a mapping that ships."""
    return Mapped(load_mapping(repo_root / "examples" / "mappings" / name))


@pytest.mark.data
def test_online_retail_gives_its_facts(take_file: Take, data_dir: Path, repo_root: Path) -> None:
    """Every line, invoice, customer, return and penny of the file, by the csv module and Decimal."""
    path = data_dir / "online_retail.csv.gz"
    (found,) = take_file(path, mapping_of(repo_root, "online_retail.toml"), currency="GBP")
    assert (len(found.rows), found.problems, found.blank) == (541_909, [], 0)
    number, buyer, quantity, amount, credit = (
        found.column(name) for name in ("number", "buyer", "quantity", "amount", "credit")
    )
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert number == [row["InvoiceNo"] for row in rows]
    assert buyer == [row["CustomerID"].removesuffix(".0") or None for row in rows]
    assert quantity == [int(row["Quantity"]) for row in rows]
    cent = Decimal("0.01")
    exact = [int(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in rows]
    pence = [int(value.quantize(cent, ROUND_HALF_UP) * 100) for value in exact]
    notes = [row["InvoiceNo"].startswith("C") for row in rows]
    assert credit == notes
    assert amount == [-abs(value) if back else value for value, back in zip(pence, notes, strict=True)]
    assert (len(set(number)), len(set(buyer) - {None}), buyer.count(None)) == (25_900, 4_372, 135_080)
    assert (sum(value < 0 for value in quantity), sum(credit)) == (10_624, 9_288)
    assert round(sum(exact), 2) == Decimal("9747747.93")
    at = found.column("placed_at")
    london = ZoneInfo("Europe/London")
    assert min(at) == datetime(2010, 12, 1, 8, 26, tzinfo=london)
    assert max(at) == datetime(2011, 12, 9, 12, 50, tzinfo=london)


@pytest.mark.data
def test_taobao_orders_give_their_facts(take_file: Take, data_dir: Path, repo_root: Path) -> None:
    """States, buyers, money and times of the workbook."""
    mapping = mapping_of(repo_root, "taobao_orders_2019h1.toml")
    (found,) = take_file(data_dir / "taobao_orders_2019h1.xlsx", mapping)
    assert (len(found.rows), found.problems, found.blank) == (28_833, [], 0)
    states = Counter(found.column("state"))
    assert states == {OrderState.COMPLETED: 27_793, OrderState.REFUNDED: 1_040}
    done = [row for row in found.rows if row["state"] == OrderState.COMPLETED]
    assert len(set(found.column("buyer"))) == 25_949
    assert len({row["buyer"] for row in done}) == 25_420
    assert sum(row["paid"] for row in done) == 3_511_305_00
    shanghai = ZoneInfo("Asia/Shanghai")
    at = found.column("paid_at")
    assert min(at) == datetime(2019, 1, 1, 0, 17, 59, tzinfo=shanghai)
    assert max(at) == datetime(2019, 6, 30, 22, 46, 22, 511_000, tzinfo=shanghai)
    assert found.column("city").count(None) == 1
    assert len(set(found.column("number"))) == 28_833


def cdnow_rows(path: Path) -> list[list[str]]:
    """Split a file of CDNOW at blanks."""
    return [line.split() for line in path.read_text("ascii").splitlines() if line.strip()]


@pytest.mark.data
def test_cdnow_gives_its_facts(take_file: Take, data_dir: Path, repo_root: Path) -> None:
    """Customers, dollars, purchases for nothing and dates of the blank-separated file."""
    path = data_dir / "cdnow_master.txt"
    (found,) = take_file(path, mapping_of(repo_root, "cdnow.toml"), currency="USD")
    assert (len(found.rows), found.problems) == (69_659, [])
    assert len(set(found.column("buyer"))) == 23_570
    assert (sum(found.column("paid")), found.column("paid").count(0)) == (2_500_315_63, 80)
    _, *rows = cdnow_rows(path)
    assert found.column("buyer") == [row[0] for row in rows]
    assert found.column("paid") == [int(Decimal(row[-1]) * 100) for row in rows]
    new_york = ZoneInfo("America/New_York")
    local = [at.astimezone(new_york).strftime("%Y%m%d%H%M") for at in found.column("placed_at")]
    assert local == [row[1] + "0000" for row in rows]
    assert len(set(found.column("number"))) == 69_659


@pytest.mark.data
def test_the_cdnow_sample_has_no_header(take_file: Take, data_dir: Path) -> None:
    """Five named places, blank-separated: 6,919 purchases of 2,357 customers."""
    mapping = {
        "name": "sample",
        "zone": "America/New_York",
        "currency": "USD",
        "file": {"delimiter": " ", "columns": ["master", "sample", "date", "cds", "dollars"]},
        "columns": {
            "buyer": "sample",
            "placed_at": {"column": "date", "format": "%Y%m%d"},
            "paid": "dollars",
        },
        "buyer": {"strength": "stable"},
        "constants": {"state": "completed"},
        "key": {"synthetic": True},
    }
    path = data_dir / "cdnow_sample.txt"
    (found,) = take_file(path, mapping, currency="USD")
    rows = cdnow_rows(path)
    assert (len(found.rows), found.problems) == (6_919, [])
    assert len(set(found.column("buyer"))) == 2_357
    assert found.column("buyer") == [row[1] for row in rows]
    assert found.column("paid") == [int(Decimal(row[4]) * 100) for row in rows]


@pytest.mark.data
def test_the_tmall_report_gives_its_facts(take_file: Take, data_dir: Path) -> None:
    """A real order report of seven columns, headers with trailing blanks, no buyer."""
    path = data_dir / "tmall_order_report_2020_02.csv"
    (found,) = take_file(path, Taobao())
    assert (len(found.rows), found.problems) == (28_010, [])
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [{key.strip(): value for key, value in row.items()} for row in csv.DictReader(file)]
    fen = {
        name: [int(Decimal(row[name]) * 100) for row in rows]
        for name in ("总金额", "买家实际支付金额", "退款金额")
    }
    assert found.column("total") == fen["总金额"]
    assert found.column("paid") == fen["买家实际支付金额"]
    assert found.column("refunded") == fen["退款金额"]
    paid = [row for row in found.rows if row["paid_at"] is not None]
    assert len(paid) == 24_087
    assert sum(row["refunded"] > 0 for row in paid) == 5_646
    assert all(row["paid"] == row["total"] - row["refunded"] for row in paid)
    assert len(set(found.column("province"))) == 31
    assert "buyer" not in found.rows[0]


def test_a_source_of_a_mapping_tells_no_moment() -> None:
    """Its names follow no rule."""
    source = Mapped(mapping_from_table(ORDER))
    assert (source.name, source.platform, source.exported_at("ExportOrderList202401010900", "UTC")) == (
        "shop",
        "shop",
        None,
    )
