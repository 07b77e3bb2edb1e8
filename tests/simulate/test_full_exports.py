"""Everything a shop can export, read back with nothing but the standard library."""

import csv
import hashlib
import re
import tomllib
import tracemalloc
from collections import Counter

import numpy as np
import pytest

from retailcrm.domain.customers import GENDERS, Birthday, Gender
from retailcrm.domain.orders import OrderState
from retailcrm.domain.parcels import PARCEL_EVENT_LABELS, ParcelEvent
from retailcrm.simulate import (
    ShopSpec,
    contact_table,
    member_table,
    parcel_table,
    product_table,
    refund_table,
    review_table,
    simulate_shop,
    write_full_exports,
    write_taobao_exports,
)
from retailcrm.simulate.exports.full import MAPPINGS, REDEMPTIONS_FILE
from retailcrm.simulate.exports.members import member_list
from retailcrm.simulate.exports.parcels import parcel_events
from retailcrm.simulate.exports.reviews import review_list
from retailcrm.simulate.exports.views import View, calendar_of

DIGEST = "b9f84d37ced0ad151daf6298d8f878b31f0032f926032a6267a673cfefa2100f"
PROTECTED = re.compile(r'="(\d+)"')
LUNAR = re.compile(r"农历(?:(\d{4})-)?(\d\d)-(\d\d)")
SOLAR = re.compile(r"(?:(\d{4})-)?(\d\d)-(\d\d)")


@pytest.fixture(scope="module")
def shop():
    """A small shop over eighteen months."""
    return simulate_shop(ShopSpec(seed=2023, customers=1200))


@pytest.fixture(scope="module")
def exports(shop, tmp_path_factory):
    """All of its files, some birthdays impossible."""
    return write_full_exports(shop, tmp_path_factory.mktemp("full") / "new", dirty=True)


def rows_of(exports, name):
    """Read one of the files strictly."""
    path = next(file for file in exports.files if file.name == name)
    with path.open(encoding="gb18030", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def plain(cell):
    """Take a number out of its protection."""
    return PROTECTED.fullmatch(cell)[1]


def moment(cell):
    """Read a time of the shop's clock as UTC; empty is NaT."""
    if not cell:
        return np.datetime64("NaT", "us")
    return np.datetime64(cell.replace(" ", "T"), "us") - np.timedelta64(8, "h")


def birthday(cell):
    """Read a birthday into its code; -1 for none, or for a day that no calendar has."""
    found = LUNAR.fullmatch(cell) or SOLAR.fullmatch(cell)
    if found is None:
        assert not cell
        return -1
    year, month, day = (int(part or 0) for part in found.groups())
    try:
        return Birthday(month, day, year or None, lunar=cell.startswith("农历")).code
    except ValueError:
        return -1


def same_times(ours, theirs):
    """Say whether two columns of instants agree, NaT with NaT."""
    return np.array_equal(np.array(ours, "M8[us]"), np.array(theirs, "M8[us]"), equal_nan=True)


def test_the_folder_holds_the_taobao_exports_and_the_rest(shop, exports, tmp_path):
    """The Taobao files are those written alone; five more, a refund report, and the mappings."""
    alone = write_taobao_exports(shop, tmp_path)
    full = {path.name: path.read_bytes() for path in exports.files}
    assert all(full[path.name] == path.read_bytes() for path in alone)
    assert set(full) - {path.name for path in alone} == {
        *MAPPINGS,
        "退款列表202407010000.csv",
        REDEMPTIONS_FILE,
    }
    assert exports.buyers.name == "买家对照表.csv"
    for path, mapping in exports.mapped:
        assert mapping.parent == path.parent / "mappings"
        assert tomllib.loads(mapping.read_text("utf-8"))["platform"] == "taobao"


def test_the_same_seed_gives_the_same_files(shop, exports, tmp_path):
    """A second export is equal byte for byte, and to the pinned digest; another seed's is not."""
    again = write_full_exports(shop, tmp_path / "again", dirty=True)
    content = [path.read_bytes() for path in exports.files]
    assert content == [path.read_bytes() for path in again.files]
    assert hashlib.sha256(b"".join(content)).hexdigest() == DIGEST
    other = write_full_exports(simulate_shop(ShopSpec(seed=2024, customers=300)), tmp_path / "other")
    assert not {path.read_bytes() for path, _ in other.mapped} & set(content)


def test_files_have_the_time_of_their_export(exports):
    """The older member list is of 1 January 2024, everything else of 1 July, on the shop's clock."""
    times = {path.name: path.stat().st_mtime for path, _ in exports.mapped}
    end = np.datetime64("2024-06-30T16:00", "s").astype(int)
    assert times.pop("会员列表（旧）.csv") == np.datetime64("2023-12-31T16:00", "s").astype(int)
    assert set(times.values()) == {end} == {exports.buyers.stat().st_mtime}


def test_member_lists_add_up_to_the_truth(shop, exports):
    """Newest value that is not empty, a phone in clear before a masked one: folded here row by row."""
    new, old = (rows_of(exports, name) for name in ("会员列表.csv", "会员列表（旧）.csv"))
    assert len(new[0]) == 12
    assert set(new[0]) - set(old[0]) == {"电子邮箱", "城市", "接受短信"}
    before = {row["会员昵称"]: row for row in old}
    assert before.keys() < {row["会员昵称"] for row in new}
    folded = []
    for row in new:
        values = {name: row[name] or before.get(row["会员昵称"], {}).get(name, "") for name in row}
        earlier = before.get(row["会员昵称"], {}).get("手机号码", "")
        if "*" in values["手机号码"] and earlier:
            values["手机号码"] = earlier
        values["生日"] = birthday(row["生日"])
        if values["生日"] < 0 and row["会员昵称"] in before:
            values["生日"] = birthday(before[row["会员昵称"]]["生日"])
        gender = (
            row["性别"] if row["性别"] in ("女", "男") else before.get(row["会员昵称"], {}).get("性别", "")
        )
        values["性别"] = {"女": GENDERS.index(Gender.FEMALE), "男": GENDERS.index(Gender.MALE)}.get(
            gender, -1
        )
        folded.append(values)
    columns = {name: [row[name] for row in folded] for name in new[0]}
    truth, contacts = member_table(shop, dirty=True), contact_table(shop)
    assert columns["会员昵称"] == truth.ids.tolist() == contacts.ids.tolist()
    assert columns["性别"] == truth.gender.tolist()
    assert columns["生日"] == truth.birthday.tolist()
    assert columns["会员等级"] == truth.level.tolist()
    assert [int(cell) for cell in columns["积分余额"]] == truth.points.tolist()
    assert [{"是": 1, "否": 0, "": -1}[cell] for cell in columns["接受短信"]] == truth.consent.tolist()
    assert [cell or None for cell in columns["省份"]] == truth.province.tolist()
    assert [cell or None for cell in columns["城市"]] == truth.city.tolist()
    assert same_times([moment(cell) for cell in columns["入会时间"]], truth.joined_at)
    assert columns["真实姓名"] == contacts.name.tolist()
    assert columns["手机号码"] == contacts.phone.tolist()
    assert columns["电子邮箱"] == contacts.email.tolist()


def test_member_lists_exercise_the_rules(exports):
    """Empty cells, masked phones, words for "not told", and every form of a birthday occur."""
    rows = rows_of(exports, "会员列表.csv")
    assert {row["性别"] for row in rows} == {"女", "男", "保密", ""}
    assert any(re.fullmatch(r"1\d\d\*{4}\d{4}", row["手机号码"]) for row in rows)
    cells = [row["生日"] for row in rows]
    for form in (r"\d{4}-\d\d-\d\d", r"\d\d-\d\d", r"农历\d{4}-\d\d-\d\d", r"农历\d\d-\d\d", ""):
        assert any(re.fullmatch(form, cell) for cell in cells), form
    assert any(cell and birthday(cell) < 0 for cell in cells)


def test_a_clean_list_has_no_impossible_birthday(shop, tmp_path):
    """Unless asked for, every birthday is a day."""
    exports = write_full_exports(shop, tmp_path)
    rows = rows_of(exports, "会员列表.csv")
    assert not any(row["生日"] and birthday(row["生日"]) < 0 for row in rows)


def test_order_names_and_phones_are_the_members(shop, exports):
    """Who orders under a plain nick has the name of the list, and the last digits of its phone."""
    contacts = contact_table(shop)
    known = dict(zip(contacts.ids, zip(contacts.name, contacts.phone, strict=True), strict=True))
    agree = Counter()
    for row in rows_of(exports, "ExportOrderList202307010000.csv"):
        if row["买家会员名"] in known:
            name, phone = known[row["买家会员名"]]
            assert name in ("", row["收货人姓名"])
            if phone:
                agree[phone[-4:] == row["联系手机"][-4:]] += 1
    assert agree[True] > 300
    assert not agree[False]


def test_the_catalogue_is_the_truth(shop, exports):
    """Eight columns, 67 products."""
    rows, truth = rows_of(exports, "商品列表.csv"), product_table(shop)
    assert [row["商家编码"] for row in rows] == truth.keys.tolist()
    assert [row["宝贝标题"] for row in rows] == truth.title.tolist()
    assert [row["类目"] for row in rows] == truth.category.tolist()
    assert [round(float(row["成本价"]) * 100) for row in rows] == truth.cost.tolist()
    assert [round(float(row["售价"]) * 100) for row in rows] == truth.price.tolist()
    assert [int(row["库存"]) for row in rows] == truth.stock.tolist()
    assert [row["状态"] == "出售中" for row in rows] == truth.on_shelf.astype(bool).tolist()
    assert same_times([moment(row["上架时间"]) for row in rows], truth.on_shelf_since)
    titles = {row["标题"] for row in rows_of(exports, "ExportItemlList202407010000.csv")}
    assert titles < {row["宝贝标题"] for row in rows}


def test_parcel_events_are_the_truth(shop, exports):
    """One row an event, in the words of the labels."""
    rows, truth = rows_of(exports, "物流轨迹.csv"), parcel_table(shop)
    numbers = shop.numbers().tolist()
    assert [plain(row["订单编号"]) for row in rows] == [numbers[i] for i in truth.order]
    assert [row["运单号"] for row in rows] == truth.parcel.tolist()
    assert [row["快递公司"] for row in rows] == truth.carrier.tolist()
    assert [row["状态"] for row in rows] == [PARCEL_EVENT_LABELS[ParcelEvent(e)].zh for e in truth.event]
    assert same_times([moment(row["时间"]) for row in rows], truth.at)
    waybills = {
        row["物流单号 "].removeprefix("No:") for row in rows_of(exports, "ExportOrderList202407010000.csv")
    }
    assert waybills - {""} <= {row["运单号"] for row in rows}


def test_reviews_are_the_truth(shop, exports):
    """One row a review; nicks are masked, numbers tell the order."""
    rows, truth = rows_of(exports, "评价列表.csv"), review_table(shop)
    numbers, nicks = shop.numbers().tolist(), shop.nicks().tolist()
    assert [plain(row["订单编号"]) for row in rows] == [numbers[i] for i in truth.order]
    masks = [f"{nicks[c][0]}**{nicks[c][-1]}" for c in truth.customer]
    assert [row["买家昵称"] for row in rows] == masks
    assert [row["宝贝标题"] for row in rows] == truth.product.tolist()
    assert [int(row["评分"]) * 20 for row in rows] == truth.score.tolist()
    assert [row["初评内容"] != "" for row in rows] == truth.has_text.tolist()
    assert [row["追评内容"] != "" for row in rows] == truth.has_second.tolist()
    assert same_times([moment(row["评价时间"]) for row in rows], truth.at)
    assert same_times([moment(row["追评时间"]) for row in rows], truth.second_at)
    assert len({row["评价ID"] for row in rows}) == len(rows)
    text = "".join(row["初评内容"] for row in rows)
    assert all(sign in text for sign in ("\n", ",", '"', "😊"))


def test_refund_reports_tell_reasons_and_times(shop, exports):
    """The later report holds every refund of the window, the earlier one the same for its time."""
    truth = refund_table(shop)
    place = {number: i for i, number in enumerate(shop.numbers().tolist())}
    late, early = (rows_of(exports, f"退款列表{day}0000.csv") for day in ("20240701", "20231001"))
    done = sorted((place[plain(r["订单编号"])], r) for r in late if r["退款状态"] == "退款成功")
    assert [i for i, _ in done] == truth.order.tolist()
    assert [row["买家退款原因"] for _, row in done] == truth.reason.tolist()
    assert [round(float(row["买家退款金额"]) * 100) for _, row in done] == truth.amount.tolist()
    assert same_times([moment(row["退款的申请时间"]) for _, row in done], truth.asked_at)
    assert same_times([moment(row["退款完结时间"]) for _, row in done], truth.settled_at)
    assert all(re.fullmatch(r".\*\*.", row["买家会员名称"], re.DOTALL) for row in late)
    again = {row["退款编号"]: row for row in late}
    for row in early:
        shared = ("订单编号", "买家退款原因", "退款的申请时间", "退款完结时间", "退款状态")
        assert [row[name] for name in shared] == [again[row["退款编号"]][name] for name in shared]


def test_channels_and_shipping_times_stand_in_the_order_reports(shop, exports):
    """是否手机订单 holds 手机订单 or nothing; 发货时间 is there in the last generation."""
    table = shop.order_table()
    place = {number: i for i, number in enumerate(shop.numbers().tolist())}
    channel, words = table.channel.tolist(), {"手机订单": "手机", "": "电脑"}
    for quarter in ("202304", "202401", "202407"):
        for row in rows_of(exports, f"ExportOrderList{quarter}010000.csv"):
            i = place[plain(row["订单编号"])]
            assert words[row["是否手机订单"]] == channel[i]
            if quarter == "202407":
                assert same_times([moment(row["发货时间"])], [table.shipped_at[i]])


def test_a_shop_of_one_works(tmp_path):
    """The smallest shop has every file, and no buyers file where nothing is masked."""
    exports = write_full_exports(simulate_shop(ShopSpec(seed=1, customers=1, months=1)), tmp_path)
    assert exports.buyers is None
    assert all(path.stat().st_size for path in exports.files)
    assert len(rows_of(exports, "商品列表.csv")) == 67


def test_writing_takes_no_more_memory_for_longer_files():
    """Pages of parcels, reviews and members stay small; 60,000 orders take no more than 15,000 do."""
    peaks = []
    for orders in (15_000, 60_000):
        shop = simulate_shop(ShopSpec.of_orders(3, orders))
        view = View(shop, np.arange(len(shop)), shop.as_of, calendar_of(shop))
        for writer in (parcel_events, review_list):
            list(writer(view.take(np.arange(10))))  # fills the pools of texts
        tracemalloc.start()
        sizes = [len(page) for writer in (parcel_events, review_list) for page in writer(view)]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        sizes += [len(page) for page in member_list(shop)]
        assert max(sizes) < 3_000_000
    assert sum(sizes) > 3 * peaks[1]
    assert peaks[1] < 1.2 * peaks[0]


def test_states_that_ask_for_no_parcel_have_none(shop, exports):
    """Orders that were closed unpaid, or wait to be shipped, are in no parcel file."""
    numbers = np.array(shop.numbers().tolist())
    told = {plain(row["订单编号"]) for row in rows_of(exports, "物流轨迹.csv")}
    for state in (OrderState.CLOSED, OrderState.PLACED, OrderState.PAID):
        assert not told & set(numbers[shop.state == state].tolist())
