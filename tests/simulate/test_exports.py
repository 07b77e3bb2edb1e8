"""The export files, read back with nothing but the standard library."""

import csv
import hashlib
import re
from collections import Counter, defaultdict
from datetime import datetime

import numpy as np
import pytest

from retailcrm.domain.orders import OrderState
from retailcrm.errors import SettingsError
from retailcrm.simulate import (
    BUYERS_FILE,
    ShopSpec,
    simulate_shop,
    write_order_report,
    write_orders_csv,
    write_taobao_exports,
)
from retailcrm.simulate.exports import headers

PROTECTED = re.compile(r'="(\d+)"')
EXPORTS_DIGEST = "3eeeeac4a51bdffd72d8554e3c6c445b4d79ad4ded1533ee04bf6fca36a4de90"
STATE_TEXT = {
    OrderState.PLACED: "等待买家付款",
    OrderState.PAID: "买家已付款，等待卖家发货",
    OrderState.SHIPPED: "卖家已发货，等待买家确认",
    OrderState.COMPLETED: "交易成功",
    OrderState.CLOSED: "交易关闭",
    OrderState.REFUNDED: "交易关闭",
}


@pytest.fixture(scope="module")
def shop():
    """A small shop over eighteen months."""
    return simulate_shop(ShopSpec(seed=2023, customers=1200))


@pytest.fixture(scope="module")
def files(shop, tmp_path_factory):
    """Its exports."""
    return write_taobao_exports(shop, tmp_path_factory.mktemp("exports") / "new")


def read(path, encoding="gb18030"):
    """Read a CSV strictly; headers without the blanks at their ends."""
    with path.open(encoding=encoding, newline="") as file:
        header, *rows = csv.reader(file)
    assert {len(row) for row in rows} <= {len(header)}
    return [dict(zip([name.strip() for name in header], row, strict=True)) for row in rows]


def named(files, beginning):
    """Pick files by name."""
    return [file for file in files if file.name.startswith(beginning)]


def plain(cell):
    """Take a number out of its protection."""
    return PROTECTED.fullmatch(cell)[1]


def fen(cell):
    """Read yuan as fen."""
    yuan, decimals = cell.removesuffix("元").split(".")
    return int(yuan) * 100 + int(decimals)


def amount(cell):
    """Read a refund, which may say in words that there is none."""
    return 0 if cell == "无退款申请" else fen(cell)


def moment(cell):
    """Read a time of the shop's clock as UTC; empty is NaT."""
    return np.datetime64(cell.replace(" ", "T"), "us") - np.timedelta64(8, "h") if cell else None


def test_headers_have_the_platforms_names_and_blanks():
    """61, 67, 71, 10, 18 and 39 columns; spot checks against the published positions."""
    t5, t6, t7 = (headers.ORDER_REPORT[generation] for generation in headers.Generation)
    rest = (headers.ITEM_REPORT_I1, headers.ITEM_REPORT_I2, headers.REFUND_REPORT_R1)
    assert [len(names) for names in (t5, t6, t7, *rest)] == [61, 67, 71, 10, 18, 39]
    # Positions that a reader of 2019 relies on.
    assert (t5[8], t5[19], t5[21], t5[26], t5[29]) == (
        *("总金额", "订单创建时间", "宝贝标题 ", "宝贝总数量", "订单关闭原因"),
    )
    blanks = {"收货地址 ", "联系电话 ", "订单付款时间 ", "宝贝标题 ", "宝贝种类 ", "物流单号 "}
    for names in (t5, t6, t7):
        assert {name for name in names if name.endswith(" ")} == blanks
        assert len(set(names)) == len(names)
        assert (names[0], names[-1]) == ("订单编号", "主订单编号")
    assert [n for n in t6 if n not in t5] == [
        *("满返红包金额", "直播返现状态", "返现金额"),
        *("新零售成交门店昵称", "新零售成交门店id", "新零售成交经销商id"),
    ]
    assert t6.index("满返红包金额") == t6.index("是否是O2O交易") + 1
    assert t7[2] == "买家会员昵称"
    assert t7[19] == "虚拟号过期时间"
    assert t7[-4:] == ("预售订单", "发货时间", "商家备忘", "主订单编号")
    assert headers.ITEM_REPORT_I2[:2] == ("子订单编号", "主订单编号")
    assert (rest[2][0], rest[2][9], rest[2][38]) == ("退款编号", "买家退款金额", "退款原因标签")


def test_a_folder_holds_six_quarters(files):
    """Names carry the export moment; nothing is written that is not reported."""
    stamps = ["202304", "202307", "202310", "202401", "202404", "202407"]
    assert [f"ExportOrderList{s}010000.csv" for s in stamps] == [f.name for f in files[:6]]
    assert [f"ExportItemlList{s}010000.csv" for s in stamps] == [f.name for f in files[6:12]]
    assert [f.name for f in files[12:]] == ["退款列表202310010000.csv", BUYERS_FILE]
    assert set(files[0].parent.iterdir()) == set(files)


def test_files_are_gbk_with_crlf_and_every_cell_quoted(files):
    """Strict GB18030 (plain GBK fails on a rare character somewhere), CRLF, no bare cell but ="..."."""
    whole = b"".join(file.read_bytes() for file in files[:13])
    text = whole.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        whole.decode("gbk")
    assert "\0" not in text
    for file in files[:13]:
        assert file.read_bytes().endswith(b'"\r\n')
        for record in file.read_bytes().decode("gb18030").split('"\r\n')[:-1]:
            assert record.startswith(('"', '="'))
    # A line break inside a cell is a bare line feed; a record ends in CRLF.
    assert re.search(r"[^\r]\n", text)


def test_each_report_has_its_columns(files):
    """Three order reports of 61 columns, then 67 and twice 71; items of 10, then 18; refunds of 39."""
    widths = [len(read(file)[0]) for file in files[:13]]
    assert widths == [61, 61, 61, 67, 71, 71, 10, 10, 10, 18, 18, 18, 39]


def test_the_same_seed_gives_the_same_files(shop, files, tmp_path):
    """A second export is equal byte for byte, and equal to the pinned digest."""
    again = write_taobao_exports(shop, tmp_path)
    assert [a.read_bytes() == b.read_bytes() for a, b in zip(files, again, strict=True)] == [True] * 14
    assert hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest() == EXPORTS_DIGEST


def test_newest_snapshots_add_up_to_the_truth(shop, files):
    """Folding the six overlapping order reports, newest last, gives every order as it really stands."""
    seen = {}
    for file in named(files, "ExportOrderList"):
        for row in read(file):
            seen[plain(row["订单编号"])] = row
    numbers = shop.numbers().tolist()
    assert set(seen) == set(numbers)
    for i, number in enumerate(numbers):
        row = seen[number]
        assert row["订单状态"] == STATE_TEXT[OrderState(shop.state[i])]
        assert fen(row["总金额"]) == shop.total[i]
        assert fen(row["买家实际支付金额"]) == shop.paid[i]
        assert amount(row["退款金额"]) == shop.refunded[i]
        assert moment(row["订单创建时间"]) == shop.placed_at[i]
        for name, truth in (("订单付款时间", shop.paid_at), ("确认收货时间", shop.received_at)):
            assert (moment(row[name]) or "none") == ("none" if np.isnat(truth[i]) else truth[i])


def test_snapshots_overlap_by_two_weeks(files):
    """Consecutive files share orders, some of which stand further on in the later one."""
    reports = [{r["订单编号"]: r for r in read(f)} for f in named(files, "ExportOrderList")]
    for file, earlier, later in zip(files, reports, reports[1:], strict=False):
        end = datetime.strptime(file.stem[-12:], "%Y%m%d%H%M")  # noqa: DTZ007 - both on the shop's clock
        both = earlier.keys() & later.keys()
        ages = [end - datetime.fromisoformat(later[n]["订单创建时间"]) for n in both]
        assert 13 <= max(ages).days <= 14
        moved = {(earlier[n]["订单状态"], later[n]["订单状态"]) for n in both}
        assert ("买家已付款，等待卖家发货", "交易成功") in moved


def test_money_is_told_as_in_real_reports(files):
    """Paid is net of refunds, the total is goods plus postage, payout only when complete and with a unit."""
    words = Counter()
    for file in named(files, "ExportOrderList"):
        for row in read(file):
            total, refund = fen(row["总金额"]), amount(row["退款金额"])
            assert total == fen(row["买家应付货款"]) + fen(row["买家应付邮费"])
            assert fen(row["买家实际支付金额"]) == (total - refund if row["订单付款时间"] else 0)
            payout = fen(row["买家实际支付金额"]) if row["订单状态"] == "交易成功" else 0
            assert row["打款商家金额"].endswith("元")
            assert fen(row["打款商家金额"]) == payout
            words[row["退款金额"] == "无退款申请"] += 1
            words[row["物流公司"]] += 1
            words[row["订单关闭原因"]] += 1
            if row["订单状态"] != "交易关闭":
                assert row["订单关闭原因"] == "订单未关闭"
            elif row["订单付款时间"]:
                assert row["订单关闭原因"] == "退款"
    assert all(words[word] for word in (True, "null", "圆通速递", "买家未付款", "退款", "订单未关闭"))


def test_early_files_are_plain_and_late_ones_masked(shop, files):
    """Nicks as they are, then two stars between first and last character; names, addresses likewise."""
    nick = dict(zip(shop.numbers().tolist(), shop.nicks().take(shop.customer).tolist(), strict=True))
    for file in named(files, "ExportOrderList"):
        masked = file.name > "ExportOrderList202311"
        for row in read(file):
            true = nick[plain(row["订单编号"])]
            assert row["买家会员名"] == (f"{true[0]}**{true[-1]}" if masked else true)
            assert row["收货人姓名"].endswith("**") == masked
            assert row["收货地址"].endswith(" ****") == masked
            assert bool(re.search(r"\(\d{6}\)$", row["收货地址"])) != masked
            assert re.match(r"'1\d\d\*{4}\d{4}" if masked else r"'1\d\d0000\d{4}$", row["联系手机"])
    virtual = read(named(files, "ExportOrderList202407")[0])[0]
    assert re.fullmatch(r"'1\d\d\*{4}\d{4}-\d{4}", virtual["联系手机"])
    assert virtual["虚拟号过期时间"] > virtual["订单创建时间"]


def test_many_customers_share_a_mask(files):
    """A masked nick is no customer key: far fewer masks than buyers."""
    rows = [row for file in named(files, "ExportOrderList")[3:] for row in read(file)]
    masks = Counter(row["买家会员名"] for row in rows)
    assert masks.most_common(1)[0][1] > 20
    assert len(masks) < 700


def test_the_buyers_file_resolves_most_masked_orders(shop, files):
    """Eighty-five percent of them, truly; UTF-8 with a byte-order mark."""
    assert files[-1].read_bytes().startswith(b"\xef\xbb\xbf")
    rows = read(files[-1], "utf-8-sig")
    assert list(rows[0]) == ["订单编号", "买家会员名"]
    nick = dict(zip(shop.numbers().tolist(), shop.nicks().take(shop.customer).tolist(), strict=True))
    assert all(nick[row["订单编号"]] == row["买家会员名"] for row in rows)
    resolved = {row["订单编号"] for row in rows}
    assert len(resolved) == len(rows)
    masked = {plain(r["订单编号"]) for f in named(files, "ExportOrderList")[3:] for r in read(f)}
    assert resolved < masked
    assert abs(len(resolved) / len(masked) - 0.85) < 0.04


def test_item_reports_list_every_line(shop, files):
    """Quantities and amounts agree with the truth; gifts cost nothing; sub-orders are all different."""
    lines = shop.line_table()
    truth = defaultdict(Counter)
    for order, title, quantity in zip(
        lines.order.tolist(), lines.product.tolist(), lines.quantity.tolist(), strict=True
    ):
        truth[order][title] += quantity
    place = {number: i for i, number in enumerate(shop.numbers().tolist())}
    for file in named(files, "ExportItemlList"):
        found, subs = defaultdict(Counter), []
        for row in read(file):
            order = place[plain(row.get("主订单编号") or row["订单编号"])]
            found[order][row["标题"]] += int(row["购买数量"])
            assert (row["价格"] == "0.00") == row["标题"].startswith("赠品")
            if "子订单编号" in row:
                subs.append(plain(row["子订单编号"]))
        assert all(found[order] == truth[order] for order in found)
        assert len(set(subs)) == len(subs)
    assert set(found) == set(range(min(found), len(shop)))


def test_late_item_reports_split_money_to_the_last_fen(shop, files):
    """Amounts due of an order's lines sum to the total less postage, refunds to the order's refund."""
    due, refund, paid = Counter(), Counter(), Counter()
    place = {number: i for i, number in enumerate(shop.numbers().tolist())}
    for row in read(named(files, "ExportItemlList202407")[0]):
        order = place[plain(row["主订单编号"])]
        due[order] += fen(row["买家应付货款"])
        paid[order] += fen(row["买家实际支付金额"])
        refund[order] += amount(row["退款金额"])
        assert (row["退款状态"] == "退款成功") == (row["退款金额"] != "无退款申请")
    for order, goods in due.items():
        assert goods == shop.total[order] - shop.postage[order]
        assert refund[order] == shop.refunded[order]
        untouched = not np.isnat(shop.paid_at[order]) and not refund[order]
        assert paid[order] == goods or not untouched


def test_the_refund_report_tells_the_refunds_of_the_plain_months(shop, files):
    """Done refunds sum to the truth before 2023-10-01; refused ones moved no money."""
    rows = read(named(files, "退款列表")[0])
    place = {number: i for i, number in enumerate(shop.numbers().tolist())}
    done = {place[plain(r["订单编号"])]: r for r in rows if r["退款状态"] == "退款成功"}
    end = np.datetime64("2023-09-30T16:00:00")
    expected = np.flatnonzero(shop.refunded_at < end).tolist()
    assert sorted(done) == expected
    for i, row in done.items():
        assert fen(row["买家退款金额"]) == shop.refunded[i]
        assert moment(row["退款完结时间"]) == shop.refunded_at[i]
        assert row["部分退款/全部退款"] == ("全部退款" if shop.refunded[i] == shop.total[i] else "部分退款")
        assert row["订单付款时间"] <= row["退款的申请时间"] <= row["退款完结时间"]
    refused = [place[plain(r["订单编号"])] for r in rows if r["退款状态"] == "退款关闭"]
    assert refused
    assert not (shop.refunded_at[refused] < end).any()
    assert len({row["退款编号"] for row in rows}) == len(rows)


def test_messages_hold_what_breaks_readers(files):
    """Line breaks, commas, doubled quotes and an emoji come back from one cell in twelve."""
    rows = [row for file in named(files, "ExportOrderList") for row in read(file)]
    messages = [row["买家留言"] for row in rows if row["买家留言"]]
    assert abs(len(messages) / len(rows) - 1 / 12) < 0.02
    for sign in ("\n", ",", '"', "😊", "𠮷"):
        assert any(sign in message for message in messages)
    assert any(row["订单备注"] for row in rows)


def test_a_short_shop_has_nothing_masked(tmp_path):
    """One quarter makes one plain file of each kind and no buyers file."""
    files = write_taobao_exports(simulate_shop(ShopSpec(seed=1, customers=3, months=2)), tmp_path)
    assert [f.name for f in files] == [
        *("ExportOrderList202303010000.csv", "ExportItemlList202303010000.csv", "退款列表202303010000.csv"),
    ]


def test_quarters_without_orders_are_headers_only(tmp_path):
    """Two customers in five years leave some files empty, and every file readable."""
    files = write_taobao_exports(simulate_shop(ShopSpec(seed=2, customers=2, months=60)), tmp_path)
    assert len(files) == 20 + 20 + 2
    assert 0 in [len(read(file)) for file in files[:-1]]


@pytest.mark.parametrize(("generation", "columns"), [("T5", 61), ("T6", 67), ("T7", 71)])
def test_one_report_can_hold_the_whole_shop(shop, tmp_path, generation, columns):
    """Every order once, newest first, as it stands at the end."""
    rows = read(write_order_report(shop, tmp_path / "all.csv", generation))
    assert len(rows[0]) == columns
    assert [plain(row["订单编号"]) for row in rows] == shop.numbers().tolist()[::-1]
    assert [row["订单状态"] for row in rows] == [STATE_TEXT[OrderState(s)] for s in shop.state[::-1]]


def test_an_unknown_generation_is_refused(shop, tmp_path):
    """The message lists the known ones."""
    with pytest.raises(SettingsError, match="one of T5, T6, T7, got 'T9'"):
        write_order_report(shop, tmp_path / "all.csv", "T9")


def test_the_clean_file_is_the_truth_in_utf8(shop, tmp_path):
    """Nine plain columns in order of time."""
    rows = read(write_orders_csv(shop, tmp_path / "orders.csv"), "utf-8")
    table = shop.order_table()
    assert [row["order_id"] for row in rows] == shop.numbers().tolist()
    assert [int(row["customer_id"].removeprefix("C")) for row in rows] == shop.customer.tolist()
    assert [fen(row["amount"]) for row in rows] == shop.total.tolist()
    assert [fen(row["refunded"]) for row in rows] == shop.refunded.tolist()
    assert [row["state"] for row in rows] == [OrderState(s).name.lower() for s in shop.state]
    assert [moment(row["ordered_at"]) for row in rows] == list(shop.placed_at)
    assert [row["paid_at"] == "" for row in rows] == np.isnat(shop.paid_at).tolist()
    assert [row["province"] for row in rows] == table.province.tolist()
    assert [row["city"] for row in rows] == table.city.tolist()
