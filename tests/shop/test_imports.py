"""Import verbs on real text: sequence of delivery, repeats, accounts, platforms, the simulator's truth."""

import random
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm import open_shop
from retailcrm.domain.orders import OrderState
from retailcrm.errors import CurrencyMismatchError, ImportRefusedError, InputError, SettingsError
from retailcrm.shop.money_rule import PaidIs

S = OrderState
STATES = {
    "等待买家付款": S.PLACED,
    "买家已付款，等待卖家发货": S.PAID,
    "卖家已发货，等待买家确认": S.SHIPPED,
    "交易成功": S.COMPLETED,
    "付款以后用户退款成功，交易自动关闭": S.REFUNDED,
    "": None,
}
HEADERS = {
    "buyer": "买家会员名",
    "state": "订单状态",
    "total": "总金额",
    "paid": "买家实际支付金额",
    "refunded": "退款金额 ",
    "placed_at": "订单创建时间",
    "paid_at": "订单付款时间 ",
}
NOON = datetime(2024, 2, 1, 4, tzinfo=UTC)
ORDERS = {
    "grain": "order",
    "currency": "CNY",
    "zone": "Asia/Shanghai",
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
}


def write_report(folder, month_day, rows, columns):
    """Write an order report as the platform names and encodes it."""
    names = ["订单编号", *(HEADERS[c] for c in columns)]
    lines = [",".join(names)]
    lines += [",".join([f'"=""{row["number"]}"""', *(f'"{row[c]}"' for c in columns)]) for row in rows]
    path = folder / f"ExportOrderList2024{month_day}0000.csv"
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("gb18030"))
    return path


_cells = {
    "state": st.sampled_from(sorted(STATES)),
    "buyer": st.sampled_from(["小明", "𠮷祥", "t**1", "null", "-"]),
    **{name: st.sampled_from(["0.00", "30.00", "70.00", "100.00元", ""]) for name in ("total", "paid")},
    "refunded": st.sampled_from(["0.00", "30.00", "70.00", "无退款申请", ""]),
    **{name: st.sampled_from(["2024-01-02 08:00:00", ""]) for name in ("placed_at", "paid_at")},
}
_USUAL = ["buyer", "state", "total", "paid", "placed_at", "paid_at"]


@st.composite
def _report(draw):
    columns = [c for c in _USUAL if draw(st.booleans())]
    while len(columns) < 4:
        columns = list(dict.fromkeys([*columns, *_USUAL]))[: len(columns) + 1]
    columns += ["refunded"] if draw(st.booleans()) else []
    numbers = draw(st.lists(st.sampled_from(["193001", "193002", "193003"]), min_size=1, unique=True))
    return columns, [{"number": n, **{c: draw(_cells[c]) for c in columns}} for n in numbers]


@settings(max_examples=25)
@given(st.lists(_report(), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_sequence_of_imports_does_not_matter(kit, tmp_path_factory, reports, random):
    """Exports in any sequence, and again, end in the same orders; the repeats say that they are."""
    folder = tmp_path_factory.mktemp("reports")
    paths = [write_report(folder, f"030{i + 1}", rows, cols) for i, (cols, rows) in enumerate(reports)]
    shuffled = random.sample(paths, len(paths))
    with open_shop() as one, open_shop() as other:
        first = one.imports.files(paths)
        other.imports.files(shuffled)
        orders = kit.shop_rows(one)
        assert kit.shop_rows(other) == orders
        again = one.imports.files(shuffled)
        assert all(file.repeated for file in again.files)
        assert kit.shop_rows(one) == orders
    assert not any(file.repeated for file in first.files)
    assert first.accepted == sum(len(rows) for _, rows in reports)


def test_a_report_is_read_to_the_same_orders_as_its_values(kit, tmp_path):
    """Text in GB18030 with protected numbers, units and blanks comes to the values it stands for."""
    rows = [
        {
            "number": "1930000000000000647",
            "buyer": "𠮷祥",
            "state": "交易成功",
            "total": "1,234.50",
            "paid": "1200.00元",
            "refunded": "34.50",
            "placed_at": "2024-01-31 23:59:59",
            "paid_at": "2024-02-01 00:00:10",
        },
        {
            "number": "1930000000000000648",
            "buyer": "小**",
            "state": "买家已付款,等待卖家发货",
            "total": "10.00",
            "paid": "10.00",
            "refunded": "无退款申请",
            "placed_at": "2024-02-01 12:00:00",
            "paid_at": "2024-02-01 12:00:00",
        },
    ]
    path = write_report(tmp_path, "0301", rows, list(HEADERS))
    with open_shop() as shop:
        (file,) = shop.imports.files(path).files
        found = kit.shop_rows(shop)
    first, second = found["1930000000000000647"], found["1930000000000000648"]
    assert (first["gross"], first["refunded"], first["state"]) == (123450, 3450, S.COMPLETED)
    assert first["placed_at"] == datetime(2024, 1, 31, 15, 59, 59, tzinfo=UTC)
    assert (first["buyer"], second["buyer"]) == ("𠮷祥", None)
    assert (second["gross"], second["refunded"], second["state"]) == (1000, 0, S.PAID)
    assert (file.source, file.records, file.accepted, file.rejected, file.blank) == ("taobao", 2, 2, 0, 0)
    assert file.exported_at == datetime(2024, 2, 29, 16, tzinfo=UTC)
    assert file.money_rule.paid_is is PaidIs.NET


def test_every_record_is_accounted_for(tmp_path):
    """Accepted, rejected and blank records add up, and each rejection has its problem."""
    path = tmp_path / "orders.csv"
    path.write_text("id,who,at,amount\n1,a,2024-01-01,5\n,,,\n2,b,not a day,5\n3,c,2024-01-01,x\n", "utf-8")
    with open_shop() as shop:
        result = shop.imports.files([path], mapping=ORDERS)
        (file,) = result.files
        assert (file.records, file.accepted, file.rejected, file.blank) == (4, 1, 2, 1)
        assert (result.accepted, result.rejected) == (1, 2)
        assert [(p.record, p.column) for p in result.problems] == [(3, "at"), (4, "amount")]
        assert shop.imports.accounts() == (file,)
    assert file.name.endswith("orders.csv")


def test_a_file_with_a_header_alone_is_no_error(tmp_path):
    """An export of a time without orders leaves the shop as it was."""
    path = tmp_path / "orders.csv"
    path.write_text("id,who,at,amount\n", "utf-8")
    with open_shop() as shop:
        (file,) = shop.imports.files([path], mapping=ORDERS).files
        assert (file.records, file.accepted) == (0, 0)
        assert len(shop.insight.score("2024-01-01")) == 0


def test_one_path_alone_will_do(tmp_path):
    """A path, or its text, is one file and not many letters."""
    path = tmp_path / "orders.csv"
    path.write_text("id,who,at,amount\n1,a,2024-01-01,5\n", "utf-8")
    with open_shop() as shop:
        assert shop.imports.files(path, mapping=ORDERS).accepted == 1
        assert shop.imports.files(str(path), mapping=ORDERS).files[0].repeated


def test_a_mapping_may_be_a_table_a_file_or_an_object(tmp_path):
    """The three ways to say a mapping read the same."""
    from retailcrm.adapters.sources.mapping.reading import mapping_from_table

    path = tmp_path / "orders.csv"
    path.write_text("id,who,at,amount\n1,a,2024-01-01,5\n", "utf-8")
    toml = tmp_path / "m.toml"
    toml.write_text(
        'currency = "CNY"\ngrain = "order"\n[columns]\nnumber = "id"\nbuyer = "who"\npaid_at = "at"\n'
        'paid = "amount"\n[buyer]\nkind = "id"\nstrength = "stable"\n[constants]\nstate = "completed"\n',
        "utf-8",
    )
    for mapping in (ORDERS, toml, str(toml), mapping_from_table(ORDERS)):
        with open_shop() as shop:
            assert shop.imports.files([path], mapping=mapping).accepted == 1


def test_progress_tells_bytes_and_records(tmp_path):
    """The callback is given every byte and every accepted record once."""
    path = write_report(
        tmp_path,
        "0301",
        [{"number": str(i), **dict.fromkeys(HEADERS, "")} for i in range(300)],
        list(HEADERS),
    )
    told = []
    with open_shop() as shop:
        shop.imports.files([path], progress=lambda size, records: told.append((size, records)))
    assert sum(size for size, _ in told) == path.stat().st_size
    assert sum(records for _, records in told) == 300


@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"format": "taobo"}, SettingsError, "did you mean 'taobao'?"),
        ({"format": "taobao", "mapping": ORDERS}, SettingsError, "would not be read"),
        ({"mapping": {**ORDERS, "colums": {}}}, SettingsError, "did you mean 'columns'?"),
        ({"mapping": "no-such.toml"}, SettingsError, "no-such.toml"),
        ({"mapping": {**ORDERS, "currency": "USD"}}, CurrencyMismatchError, "this file is in USD"),
        ({}, ImportRefusedError, "orders.csv"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path, settings, error, text):
    """A wrong format, mapping or currency is refused with what to do, and nothing is kept."""
    path = tmp_path / "orders.csv"
    path.write_text("id,who,at,amount\n1,a,2024-01-01,5\n", "utf-8")
    with open_shop() as shop:
        with pytest.raises(error, match=text.replace("?", r"\?")):
            shop.imports.files([path], **settings)
        assert shop.imports.accounts() == ()
        assert len(next(shop.insight.parts())) == 0


def test_two_platforms_with_the_same_numbers_stay_apart(kit, tmp_path):
    """Equal rows of two mappings are two files, two orders and two customers."""
    path = tmp_path / "orders.csv"
    path.write_text("id,who,at,amount\n1,ann,2024-01-01,5\n", "utf-8")
    with open_shop() as shop:
        for platform in ("north", "south"):
            (file,) = shop.imports.files([path], mapping={**ORDERS, "platform": platform}).files
            assert not file.repeated
        rows = kit.shop_rows(shop)
        assert set(rows) == {("north", "1"), ("south", "1")}
        assert rows[("north", "1")]["buyer"] == "north:id:ann"
        assert len(shop.insight.score("2024-02-01")) == 2


def test_rows_without_buyers_on_two_platforms_are_two_files(tmp_path):
    """Nothing in the rows says which platform they are of; the files still differ."""
    path = tmp_path / "orders.csv"
    path.write_text("id,at,amount\n1,2024-01-01,5\n", "utf-8")
    table = {**ORDERS, "columns": {"number": "id", "paid_at": "at", "paid": "amount"}}
    del table["buyer"]
    with open_shop() as shop:
        for platform in ("north", "south"):
            shop.imports.files([path], mapping={**table, "platform": platform})
        assert len(next(shop.insight.parts())) == 2


def _frame():
    return {"id": ["1", "2"], "who": ["ann", None], "at": ["2024-01-01 10:00:00"] * 2, "amount": ["5", "7.5"]}


def _as_pandas(table):
    return pytest.importorskip("pandas").DataFrame(table)


def _as_polars(table):
    return pytest.importorskip("polars").DataFrame(table)


@pytest.mark.parametrize("make", [pa.table, _as_pandas, _as_polars])
def test_any_table_with_an_arrow_stream(kit, make):
    """pyarrow, pandas and polars tables are read through the same mapping as files."""
    with open_shop(clock=lambda: NOON) as shop:
        (file,) = shop.imports.table(make(_frame()), ORDERS, name="frame").files
        rows = kit.shop_rows(shop)
        assert shop.imports.table(make(_frame()), ORDERS).files[0].repeated
    assert (file.name, file.accepted, file.exported_at) == ("frame", 2, NOON)
    assert [(r["gross"], r["buyer"]) for r in rows.values()] == [(500, "ann"), (750, None)]
    assert rows["1"]["paid_at"] == datetime(2024, 1, 1, 2, tzinfo=UTC)


def test_a_later_table_is_a_newer_observation(kit):
    """The clock dates tables, so that the later one wins."""
    clock = {"now": NOON}
    with open_shop(clock=lambda: clock["now"]) as shop:
        shop.imports.table(pa.table({**_frame(), "amount": ["5", "7"]}), ORDERS)
        clock["now"] = NOON.replace(day=2)
        shop.imports.table(pa.table({**_frame(), "amount": ["6", "7"]}), ORDERS)
        assert kit.shop_rows(shop)["1"]["gross"] == 600


def test_what_is_no_table_is_refused():
    """A list of dictionaries has no Arrow stream; the message says what has one."""
    with open_shop() as shop, pytest.raises(InputError, match="no Arrow stream"):
        shop.imports.table([{"id": 1}], ORDERS)


def test_a_buyers_file_resolves_masked_nicks(kit, tmp_path):
    """Masked orders get their customer; a number nobody else has creates no order."""
    row = dict.fromkeys(HEADERS, "")
    rows = [
        {**row, "number": "11", "buyer": "小**", "state": "交易成功", "paid_at": "2024-01-02 08:00:00"},
        {**row, "number": "12", "buyer": "老王", "state": "交易成功", "paid_at": "2024-01-02 08:00:00"},
    ]
    report = write_report(tmp_path, "0301", rows, list(HEADERS))
    buyers = tmp_path / "who.csv"
    buyers.write_text("订单编号,买家会员名\n11,小明\n99,nobody\n", "utf-8")
    for first in (True, False):
        with open_shop() as shop:
            if first:
                shop.imports.buyers(buyers)
            shop.imports.files([report])
            if not first:
                shop.imports.buyers(buyers)
            found = kit.shop_rows(shop)
            assert shop.imports.buyers(buyers).files[0].repeated
        assert {n: r["buyer"] for n, r in found.items()} == {"11": "小明", "12": "老王"}


def test_a_buyers_file_without_the_two_columns_is_refused(tmp_path):
    """The message names what is needed and what was found."""
    path = tmp_path / "who.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with open_shop() as shop, pytest.raises(ImportRefusedError, match="Columns found: a, b"):
        shop.imports.buyers(path)


def _truth(demo):
    table = demo.order_table()
    ids = table.customers.ids.tolist()
    names = ("placed_at", "paid_at", "completed_at", "gross", "refunded", "state")
    columns = {name: getattr(table, name).tolist() for name in names}
    rows = {}
    for i, number in enumerate(table.numbers):
        row = {name: column[i] for name, column in columns.items()}
        for name in ("placed_at", "paid_at", "completed_at"):
            row[name] = None if row[name] is None else row[name].replace(tzinfo=UTC)
        rows[number] = {**row, "buyer": ids[table.customer[i]], "province": table.province.tolist()[i]}
    return rows


def _check_truth(found, truth, demo):
    """Every order equals the truth; its customer too, or is unknown where the nick was masked."""
    assert found.keys() == truth.keys()
    masked = 0
    for number, row in found.items():
        true = truth[number]
        for name in ("state", "gross", "refunded", "placed_at", "paid_at", "completed_at", "province"):
            assert row[name] == true[name], (number, name)
        assert row["buyer"] in (true["buyer"], None)
        masked += row["buyer"] is None
    # Three of six quarters are masked, and the buyers file resolves 85 % of their orders.
    assert 0 < masked < 0.15 * len(demo)


def test_imports_give_back_the_simulators_truth(kit, demo, open_demo):
    """States, money, times, province and customer of every order, out of 14 overlapping files."""
    truth = _truth(demo)
    rows = kit.shop_rows(open_demo())
    _check_truth(rows, truth, demo)
    refunds = demo.order_table()
    dated = dict(zip(refunds.numbers, refunds.refunded_at.tolist(), strict=True))
    for number, row in rows.items():
        if row["refunded_at"] is not None:
            assert row["refunded_at"] == dated[number].replace(tzinfo=UTC)
        if row["refunded"]:
            assert row["first_seen"] > dated[number].replace(tzinfo=UTC)


@pytest.mark.parametrize("seed", range(3))
def test_the_truth_comes_back_whatever_the_sequence_of_files(kit, demo, demo_files, open_demo, seed):
    """Shuffled, and with the buyers file first, the same truth."""
    files, buyers = demo_files
    shuffled = random.Random(seed).sample(files, len(files))  # noqa: S311 - nobody guesses it
    with open_shop() as shop:
        shop.imports.buyers(buyers)
        shop.imports.files(shuffled)
        again = shop.imports.files(files[:2])
        assert all(file.repeated for file in again.files)
        rows = kit.shop_rows(shop)
    _check_truth(rows, _truth(demo), demo)
    assert rows == kit.shop_rows(open_demo())


def test_a_single_report_of_all_orders_gives_the_truth(kit, demo, tmp_path):
    """One big file in plain nicks: every order and every customer."""
    from retailcrm.simulate import write_order_report

    path = write_order_report(demo, tmp_path / "ExportOrderList202407010000.csv", "T5")
    with open_shop() as shop:
        shop.imports.files([path])
        rows = kit.shop_rows(shop)
    truth = _truth(demo)
    assert {n: (r["buyer"], r["gross"], r["refunded"], r["state"]) for n, r in rows.items()} == {
        n: (r["buyer"], r["gross"], r["refunded"], r["state"]) for n, r in truth.items()
    }
