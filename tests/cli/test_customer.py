"""``retailcrm customer``: one person's file in print and as JSON; further files with mappings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from click.testing import Result

from retailcrm.cli.exits import Exit

Run = Callable[..., Result]
Order = Callable[..., str]
Export = Callable[..., str]

MEMBERS: Final = """\
nick,name,phone,email,level
甲,张三,13800134821,ann@example.com,金卡
乙,李四,13900000001,,银卡
丁,李五,13900000001,,普通
"""
MEMBERS_MAPPING: Final = """
name = "members"
grain = "customer"
platform = "taobao"
[columns]
buyer = "nick"
name = "name"
phone = "phone"
email = "email"
level = "level"
[buyer]
kind = "nick"
strength = "stable"
"""
REVIEWS: Final = "number,stars,text,at\n1000000000000001,4,很香,2024-03-05 10:00:00\n"
REVIEWS_MAPPING: Final = """
name = "reviews"
grain = "review"
platform = "taobao"
[columns]
number = "number"
score = "stars"
text = "text"
at = "at"
[score]
full_marks = 5
"""


@pytest.fixture
def beside(three: str) -> list[str]:
    """Write a member list and reviews with their mappings; give the words that read all files."""
    files = {"members": (MEMBERS, MEMBERS_MAPPING), "reviews": (REVIEWS, REVIEWS_MAPPING)}
    words = [three]
    for name, (text, mapping) in files.items():
        Path(f"{name}.csv").write_text(text, "utf-8-sig")
        Path(f"{name}.toml").write_text(mapping, "utf-8")
        words += ["--with", f"{name}.csv", f"{name}.toml"]
    return words


@pytest.mark.parametrize(
    ("who", "found"),
    [
        ("甲", "by customer id 按顾客ID"),
        ("138 0013 4821", "by phone 按电话"),
        ("ANN@example.com", "by e-mail 按邮箱"),
        ("1000000000000001", "by order number 按订单号"),
    ],
)
def test_her_file_is_found_by_what_is_known(run: Run, beside: list[str], who: str, found: str) -> None:
    """Id, phone, address or order number lead to the same file, which says by what."""
    result = run("customer", who, *beside)
    assert result.exit_code == Exit.OK, result.output
    assert "customer 顾客 甲\n" in result.stdout
    assert found in result.stdout


def test_her_file_says_who_she_is_and_what_she_bought(run: Run, beside: list[str]) -> None:
    """Profile with sources, orders, sums, reviews: in both languages, personal texts masked."""
    said = run("customer", "甲", *beside, "--as-of", "2024-04-01").stdout
    plain = " ".join(said.split())
    for words in ("name 姓名 张** members.csv", "phone 电话 ***4821", "level 会员等级 金卡"):
        assert words in plain
    assert "1000000000000001  2024-03-01  completed  交易成功  ¥10.00" in said
    assert "¥10.00 paid 实付, ¥0.00 refunded 退款, ¥10.00 net 净额" in said
    assert "2024-03-05   80 %           2 characters 字" in said
    assert "--show-personal prints it" in said
    for secret in ("张三", "13800134821", "ann@example.com", "很香"):
        assert secret not in said
    wide = max(
        len(line) + sum("\u2e80" <= letter <= "\uffef" for letter in line) for line in said.splitlines()
    )
    assert wide <= 80


def test_personal_texts_are_shown_on_request(run: Run, beside: list[str]) -> None:
    """--show-personal prints them in clear, and nothing about masks."""
    said = run("customer", "甲", *beside, "--show-personal").stdout
    for words in ("张三", "13800134821", "ann@example.com", "很香"):
        assert words in said
    assert "masked" not in said


def test_json_has_the_same_and_keeps_secrets(run: Run, beside: list[str]) -> None:
    """One document: amounts as text, review texts and phones only on request."""
    words = ["customer", "甲", *beside, "--json", "--as-of", "2024-04-01"]
    plain = json.loads(run(*words).stdout)
    assert (plain["version"], plain["command"], plain["exit_code"], plain["found_by"]) == (
        1,
        "customer",
        0,
        "id",
    )
    customer = plain["customer"]
    assert (customer["id"], customer["ids"], customer["net"]) == ("甲", ["甲"], "10.00")
    assert customer["profile"]["phone"]["value"] == "***4821"
    assert customer["reviews"][0]["text"] is None
    assert customer["reviews"][0]["score"] == 80
    (order,) = customer["orders"]
    assert (order["number"], order["state"], order["gross"], order["counts"]) == (
        "1000000000000001", "completed", "10.00", True,
    )  # fmt: skip
    clear = json.loads(run(*words, "--show-personal").stdout)["customer"]
    assert clear["profile"]["phone"]["value"] == "13800134821"
    assert clear["reviews"][0]["text"] == "很香"


def test_the_tier_is_said_in_both_languages(run: Run, beside: list[str]) -> None:
    """With a ladder the file says her tier and what is missing for the next."""
    Path("shop.toml").write_text(
        """
        [ladder]
        currency = "CNY"
        window = "lifetime"
        hold = "forever"
        qualify_at = "paid"
        [[ladder.tiers]]
        name = "member"
        label_zh = "会员"
        label_en = "Member"
        [[ladder.tiers]]
        name = "gold"
        label_zh = "黄金"
        label_en = "Gold"
        enter = { spend = "25.00" }
        """,
        "utf-8",
    )
    said = run("customer", "乙", *beside, "--policy", "shop.toml").stdout
    assert "tier 等级: Member 会员" in said
    assert "¥5.00 more to reach Gold" in said
    assert "再消费 ¥5.00" in said


@pytest.mark.parametrize("who", ["戊", "13700000000", "1000000000000099", "x@example.com", ""])
def test_nobody_is_said_in_one_sentence(run: Run, beside: list[str], who: str) -> None:
    """An unknown person has an exit code of her own."""
    result = run("customer", who, *beside)
    assert result.exit_code == Exit.NOBODY
    assert result.stderr.startswith("retailcrm: nobody has the customer id, phone")
    assert result.stderr.count("\n") == 1


def test_a_guests_order_says_that_nobody_knows(run: Run, mostly_masked: str) -> None:
    """The order is there; its buyer is masked."""
    result = run("customer", "1000000000000002", mostly_masked)
    assert result.exit_code == Exit.NOBODY
    assert "nobody knows who bought order 1000000000000002" in result.stderr


def test_a_shared_phone_lists_its_people(run: Run, beside: list[str]) -> None:
    """Two people with one phone: the ids to choose from."""
    result = run("customer", "13900000001", *beside)
    assert result.exit_code == Exit.REFUSED
    assert "2 customers have this phone number: 丁, 乙; say which by id" in result.stderr


def test_a_later_day_is_not_in_it(run: Run, beside: list[str]) -> None:
    """As of the first of March nothing was bought or written yet."""
    said = run("customer", "甲", *beside, "--as-of", "2024-03-01").stdout
    assert "orders 订单 (0)" in said
    assert "reviews" not in said


def test_further_files_serve_every_command(run: Run, beside: list[str]) -> None:
    """The commands score and report take --with too; the files' account lists them."""
    result = run("score", *beside, "--as-of", "2024-04-01")
    assert result.exit_code == Exit.OK, result.output
    assert "members.csv" in result.stdout
    assert "reviews.csv" in result.stdout
    assert run("report", *beside, "--as-of", "2024-04-01").exit_code == Exit.OK


def test_a_wrong_further_file_is_named(run: Run, beside: list[str]) -> None:
    """A missing mapping stops the run before a file is read; a wrong file says what it lacks."""
    missing = run("customer", "甲", beside[0], "--with", "members.csv", "none.toml")
    assert missing.exit_code == Exit.USAGE
    assert "none.toml" in missing.stderr
    wrong = run("customer", "甲", beside[0], "--with", "reviews.csv", "members.toml")
    assert wrong.exit_code == Exit.REFUSED
    assert "reviews.csv: mapping members does not find: buyer = nick" in wrong.stderr


def test_results_never_go_over_further_files(run: Run, beside: list[str]) -> None:
    """A file that is read by --with is not overwritten."""
    result = run("score", *beside, "--as-of", "2024-04-01", "--out", "members.csv")
    assert result.exit_code == Exit.USAGE
    assert "a file that is read" in result.stderr


def test_problems_are_told_and_written(run: Run, export: Export, order: Order) -> None:
    """A bad record is mentioned on the error stream, written on request, and fails a strict run."""
    name = export([order(1000000000000001, "甲"), order(1000000000000002, "乙", paid="x")])
    said = run("customer", "甲", name)
    assert said.exit_code == Exit.OK
    assert "problems in the files; --problems FILE writes all of them" in said.stderr
    strict = run("customer", "甲", name, "--strict", "--problems", "problems.csv")
    assert strict.exit_code == Exit.PROBLEMS
    assert Path("problems.csv").is_file()
