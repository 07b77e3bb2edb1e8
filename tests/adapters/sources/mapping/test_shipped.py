"""The mappings that ship: on the real files, and on files such as they are meant for."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from python_calamine import CalamineWorkbook

from retailcrm import open_shop
from retailcrm.adapters.sources.mapping.reading import load_mapping
from retailcrm.adapters.sources.mapping.source import Mapped
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.ports.batches import Grain

if TYPE_CHECKING:
    from pathlib import Path


def mapping_of(repo_root: Path, name: str) -> Mapped:
    """Load a mapping that ships."""
    return Mapped(load_mapping(repo_root / "examples" / "mappings" / f"{name}.toml"))


@pytest.mark.data
def test_product_reviews_are_read_whole(take_file: Any, data_dir: Path, repo_root: Path) -> None:
    """Every nick, text, day and second review, by another reader of workbooks."""
    path = data_dir / "product_reviews.xlsx"
    (found,) = take_file(path, mapping_of(repo_root, "product_reviews"))
    _, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert (found.grain, len(found.rows), found.problems, found.blank) == (Grain.REVIEWS, 1_706, [], 0)
    rows = [[str(int(c)) if isinstance(c, float) else str(c).strip() for c in row] for row in rows]
    assert found.column("buyer") == [row[0] for row in rows]
    empty = "此用户没有填写评价。"
    assert found.column("text") == [None if row[1] == empty else row[1] for row in rows]
    assert found.column("text").count(None) == 17
    china = timezone(timedelta(hours=8))
    days = [datetime.fromisoformat(str(row[2])).replace(tzinfo=china) for row in rows]
    assert found.column("at") == days
    assert found.column("second_text") == [None if row[3] == "-" else row[3] for row in rows]
    assert sum(text is not None for text in found.column("second_text")) == 237


@pytest.mark.data
def test_purchases_are_picked_out_of_user_behavior(take_file: Any, data_dir: Path, repo_root: Path) -> None:
    """The 77 purchases of the sample, each an order of one piece; all other rows are counted as left out."""
    path = data_dir / "user_behavior_sample.csv"
    (found,) = take_file(path, mapping_of(repo_root, "user_behavior"))
    with path.open(encoding="ascii", newline="") as file:
        rows = list(csv.reader(file))
    bought = [row for row in rows if row[3] == "buy"]
    assert (len(rows), len(bought)) == (4_321, 77)
    assert (found.problems, found.blank) == ([], 0)
    for column, place in (("buyer", 0), ("product", 1), ("category", 2)):
        assert found.column(column) == [row[place] for row in bought]
    assert found.column("paid_at") == [datetime.fromtimestamp(int(row[4]), UTC) for row in bought]
    assert (set(found.column("amount")), set(found.column("quantity"))) == ({0}, {1})
    assert len(set(found.column("number"))) == 77
    assert sum(batch.passed for batch in found.batches) == 4_321 - 77


@pytest.mark.data
def test_purchases_make_orders_of_the_shop(data_dir: Path, repo_root: Path) -> None:
    """Buyers and orders by a plain count; a second import changes nothing."""
    path = data_dir / "user_behavior_sample.csv"
    shop = open_shop("memory:")
    for repeated in (False, True):
        toml = repo_root / "examples" / "mappings" / "user_behavior.toml"
        (account,) = shop.imports.files([path], mapping=toml).files
        assert (account.accepted, account.passed, account.records) == (77, 4_244, 4_321)
        assert account.repeated is repeated
    scores = shop.insight.score(as_of="2017-12-10").to_pandas()
    with path.open(encoding="ascii", newline="") as file:
        orders = Counter(row[0] for row in csv.reader(file) if row[3] == "buy")
    assert dict(zip(scores["customer_id"], scores["orders"], strict=True)) == orders


def test_member_lists_need_no_more_than_their_key(take: Any, repo_root: Path) -> None:
    """All other columns may be absent; those that are there are read under any of their usual names."""
    members = mapping_of(repo_root, "members")
    found = take("会员名\n小明\n".encode(), members)
    assert found.rows == [{"buyer": "小明"}]
    names = "昵称,性别,出生日期,手机号,注册时间,会员级别,积分,接收短信\n"
    member = "小明,男,1990-05-01,13800138000,2020-01-01,VIP,5,是\n"
    (row,) = take((names + member).encode("gb18030"), members).rows
    assert (row["gender"], row["birthday"], row["phone"], row["level"]) == (1, 19900501, "13800138000", "VIP")
    assert (row["points"], row["consent_sms"]) == (5, 1)


def test_product_lists_have_levels_in_columns(take: Any, repo_root: Path) -> None:
    """The category is put together from the top down."""
    names = "商品编码,标题,一级类目,二级类目,成本价,价格,库存,状态,上架时间\n"
    product = "P1,裙,女装,连衣裙,10,59.9,3,出售中,2024-01-01\n"
    (row,) = take((names + product).encode(), mapping_of(repo_root, "products")).rows
    assert (row["category"], row["cost"], row["price"], row["stock"], row["on_shelf"]) == (
        "女装/连衣裙", 1000, 5990, 3, 1,
    )  # fmt: skip


def test_refund_lists_keep_what_was_paid_back(take: Any, repo_root: Path) -> None:
    """Refunds that came to nothing are left out and counted."""
    rows = "R1,1,5,退款成功,2024-01-01\nR2,1,9,退款关闭,\nR3,2,7,已退款,2024-01-02\n"
    found = take(
        f"退款编号,订单编号,退款金额,退款状态,完结时间\n{rows}".encode(), mapping_of(repo_root, "refunds")
    )
    assert (found.column("refund"), found.column("amount")) == (["R1", "R3"], [500, 700])
    assert sum(batch.passed for batch in found.batches) == 1


def test_parcel_events_and_shipments_tell_the_same(take: Any, repo_root: Path) -> None:
    """One row an event, or one row a parcel."""
    events = ("已发货,2024-01-01", "收件人电话打不通,2024-01-02", "订单已打包,2024-01-01")
    rows = "".join(f"1,SF1,{event}\n" for event in events)
    found = take(f"订单号,快递单号,事件,时间\n{rows}".encode(), mapping_of(repo_root, "parcel_events"))
    assert found.column("event") == [ParcelEvent.SHIPPED, ParcelEvent.UNREACHABLE]
    assert sum(batch.passed for batch in found.batches) == 1
    wide = take(
        "订单号,运单号,发货时间,签收时间\n1,SF1,2024-01-01,\n".encode(), mapping_of(repo_root, "shipments")
    )
    (row,) = wide.rows
    assert (row["shipped_at"], row["signed_at"], row["parcel"]) == (found.column("at")[0], None, "SF1")
