"""``retailcrm points``: a tiny shop worked out by hand, in print, as a file and as JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs
import pyarrow.parquet
import pytest
from click.testing import Result

from retailcrm import open_shop
from retailcrm.cli.exits import Exit
from retailcrm.cli.points_documents import points_document
from retailcrm.cli.points_figures import print_standing
from retailcrm.cli.printing import console
from retailcrm.report.data import BackTested, Breakage
from retailcrm.shop.policy import load_policy

Run = Callable[..., Result]
Order = Callable[..., str]
Export = Callable[..., str]

NAME: Final = "ExportOrderList202403252230.csv"
"""Exported on 25 March 2024 at 22:30 in Shanghai."""

POLICY: Final = """
[points]
earn.rate = "1"
expiry.months = 1
expiry.snap = "month"
redemption.points_per_unit = "100"
"""
HEADER: Final = (
    "订单编号,买家会员名,买家实际支付金额,总金额,退款金额,订单状态,订单创建时间,订单付款时间,确认收货时间\n"
)
ORDERS: Final = (
    # 100 points, spendable on 15 January, for a month: to the end of February.
    "1001,甲,100.00,100.00,0.00,交易成功,2024-01-10 09:00:00,2024-01-10 09:00:00,2024-01-15 12:00:00\n",
    # 59.90 yuan are 59 points, spendable on 25 February, to the end of March.
    "1002,乙,59.90,59.90,0.00,交易成功,2024-02-20 09:00:00,2024-02-20 09:00:00,2024-02-25 12:00:00\n",
    # 200 points that wait: no receipt, and nobody knows when it was shipped.
    "1003,乙,200.00,200.00,0.00,卖家已发货，等待买家确认,2024-03-10 09:00:00,2024-03-10 09:00:00,\n",
    # 80 points, a quarter of which went back with 20 yuan of 80; to the end of March.
    "1004,丙,60.00,80.00,20.00,交易成功,2024-02-01 09:00:00,2024-02-01 09:00:00,2024-02-05 12:00:00\n",
    # 50 yuan of somebody whose nick is masked.
    "1005,张**,50.00,50.00,0.00,交易成功,2024-03-01 09:00:00,2024-03-01 09:00:00,2024-03-05 12:00:00\n",
)
COLUMNS: Final = [
    "customer_id", "pending", "available", "held", "debt", "next_expiry", "next_expiry_points", "value",
]  # fmt: skip
AS_OF: Final = ("--policy", "shop.toml", "--as-of", "2024-03-26")


@pytest.fixture
def shop() -> str:
    """Write the policy and the export of the tiny shop."""
    Path("shop.toml").write_text(POLICY, "utf-8")
    Path(NAME).write_text(HEADER + "".join(ORDERS), "gb18030")
    return NAME


def rows_of(name: str = "balances.csv") -> dict[str, list[str]]:
    """Read a CSV file of balances: a customer's cells without the id."""
    with Path(name).open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == COLUMNS
    return {row[0]: row[1:] for row in rows}


def document(result: Result) -> dict[str, Any]:
    """Read standard output, all of it, as one JSON object."""
    plain: dict[str, Any] = json.loads(result.stdout)
    assert plain["exit_code"] == result.exit_code
    return plain


def plain_lines(result: Result) -> str:
    """Give what is printed, without blanks at the ends of lines."""
    return "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())


def said_after_the_files(result: Result) -> str:
    """Give what is printed below the account of the files, without blanks at the ends of lines."""
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    return "\n".join(lines[lines.index("") + 1 :])


ENGLISH: Final = """\
points (2024-03-26)
  Issued                  439
  Expired                -100
  Reversed by refunds     -20
  Outstanding             319
    Pending               200
    Available             119
  Customers with points     2

last day in    points  customers  expected cost
2024-03           119          2          ¥1.19
Not known yet     200          1          ¥2.00

liability: ¥3.19
  100 points are worth ¥1.00
  taken to be spent, all of them: The 3 oldest months with points still have
  more than 5 % of them outstanding: nobody has seen yet how it ends

- no buyer can be told from others in 1 of 5 orders that were paid, refunded
  ones among them (20.0 %, ¥50.00): nobody earns points with them
- 200 points (62.7 %) wait for a shipment or receipt that no file tells:
  waiting.since = "paid" in [points] counts the days from the payment
- exports do not tell which points customers spent: --redemptions FILE takes
  them off

rules in force ({digest}): those of shop.toml and the defaults; 'retailcrm
score' with the same --policy prints each

3 customers with any history of points, as of 2024-03-26: balances.csv"""

CHINESE: Final = """\
积分 (2024-03-26)
  发放           439
  过期          -100
  退款收回       -20
  未使用余额     319
    待生效       200
    可用         119
  有积分的顾客     2
"""


def test_every_figure_by_hand(run: Run, shop: str) -> None:
    """439 issued, 100 lapsed with February, 20 taken back: 319 left, worth 3.19 yuan, of two customers."""
    result = run("points", shop, *AS_OF, "--lang", "en")
    assert result.exit_code == Exit.OK, result.stderr
    assert said_after_the_files(result) == ENGLISH.format(digest=load_policy("shop.toml").digest)
    assert result.stderr == ""


def test_in_chinese_and_in_both_languages(run: Run, shop: str) -> None:
    """--lang zh prints Chinese alone; without it each word stands beside the other, on 80 columns."""
    said = said_after_the_files(run("points", shop, *AS_OF, "--lang", "zh"))
    assert said.startswith(CHINESE)
    assert "付过款的 5 笔订单（含后来退款的）中 1 笔" in said
    assert f"规则指纹 {load_policy('shop.toml').digest}：shop.toml 及默认值" in said
    assert said.endswith("3 位有过积分的顾客（2024-03-26）：balances.csv")
    both = run("points", shop, *AS_OF).stdout
    assert "Outstanding 未使用余额" in both
    assert "no buyer can be told from others in 1 of 5 orders that were paid" in both
    assert "付过款的 5 笔订单（含后来退款的）中 1 笔" in both
    for line in both.splitlines():
        assert len(line) + sum("\u2e80" <= letter <= "\uffef" for letter in line) <= 80


def test_one_row_a_customer(run: Run, shop: str) -> None:
    """Each customer who ever had points: hers, the last day of the next to lapse, what they pay."""
    run("points", shop, *AS_OF)
    assert Path("balances.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert rows_of() == {
        "甲": ["0", "0", "0", "0", "", "0", "0.00"],
        "乙": ["200", "59", "0", "0", "2024-03-31", "59", "2.59"],
        "丙": ["0", "60", "0", "0", "2024-03-31", "60", "0.60"],
    }


def test_on_the_day_after_the_last_day(run: Run, shop: str) -> None:
    """On 1 March, before anything of that day, February's points have a line of their own, in no balance."""
    at = ("--policy", "shop.toml", "--as-of", "2024-03-01")
    result = run("points", shop, *at, "--lang", "en")
    assert "  Past its expiry        -100\n  Outstanding             119\n" in plain_lines(result)
    assert "  Customers with points     2\n" in plain_lines(result)
    assert "100 points had their last day before 2024-03-01" in result.stdout
    assert "liability: ¥1.19" in result.stdout
    assert rows_of()["甲"] == ["0", "0", "0", "0", "", "0", "0.00"]
    said = document(run("points", shop, *at, "--json"))
    assert [said[name] for name in ("outstanding", "available", "lapsed", "holders")] == [119, 119, 100, 2]
    assert [(group["key"], group["points"]) for group in said["expiring"]] == [("2024-03", 119)]


@pytest.mark.parametrize("as_of", ["2024-03-01", "2024-03-26", "2024-04-01"])
def test_the_report_gives_the_same_two_numbers(run: Run, shop: str, as_of: str) -> None:
    """Customers who have points, and how many, in print, in the file and on the page: also at midnight."""
    at = ("--policy", "shop.toml", "--as-of", as_of)
    said = document(run("points", shop, *at, "--json"))
    rows = [sum(map(int, row[:3])) for row in rows_of().values()]
    assert (said["holders"], said["outstanding"]) == (sum(points > 0 for points in rows), sum(rows))
    assert run("report", shop, *at, "--lang", "en").exit_code == Exit.OK
    customers = f"{said['holders']} customer" + ("s hold" if said["holders"] > 1 else " hold")
    assert f"{customers} {said['outstanding']} unused points." in Path("report.html").read_text("utf-8")


def test_the_forecast_says_how_far_off_it_would_have_been(
    run: Run, shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside a liability that rests on a forecast stands its back-test, in print and in the document."""
    opened = open_shop(policy="shop.toml")
    opened.imports.files(shop)
    tested = BackTested(months=6, forecast=41_200, actual=40_000)
    found = attrs.evolve(
        opened.points("2024-03-26"),
        assumed=None,
        breakage=Breakage(matured=None, months=0, forecast=0.4, tested=tested),
    )
    print_standing(console(), found, "2024-03-26", None, newest=None, spent_known=True)
    said = " ".join(capsys.readouterr().out.split())
    assert "Back-test: with the last 6 months hidden, 41,200 points were forecast to be redeemed" in said
    assert "and 40,000 were: 3.0 % too many." in said
    assert "藏起最后 6 个月再预测，预计兑换 41,200 分，实际 40,000 分：多估了 3.0 %。" in said
    told = points_document(opened, found, as_of="2024-03-26", out="b.csv", code=Exit.OK)["liability"]
    assert told["back_test"] == {"months": 6, "forecast": 41_200, "actual": 40_000, "error": 0.03}
    assert document(run("points", shop, *AS_OF, "--json"))["liability"]["back_test"] is None


def test_no_terminal_no_wrapping(run: Run, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pipe every sentence is one line, and no line ends with blanks; a terminal keeps its width."""
    monkeypatch.delenv("COLUMNS")
    lines = said_lines(run("points", shop, *AS_OF, "--lang", "en"))
    assert (
        "- no buyer can be told from others in 1 of 5 orders that were paid, refunded ones among them "
        "(20.0 %, ¥50.00): nobody earns points with them"
    ) in lines
    assert [line for line in lines if line != line.rstrip()] == []
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert (console().is_terminal, console().width) == (True, 80)


def said_lines(result: Result) -> list[str]:
    """Give the lines below the account of the files, as they are."""
    lines = result.stdout.splitlines()
    return lines[lines.index("") + 1 :]


def test_parquet(run: Run, shop: str) -> None:
    """A name that ends in .parquet gives the same columns with their types."""
    assert run("points", shop, *AS_OF, "--out", "b.parquet").exit_code == Exit.OK
    table = pyarrow.parquet.read_table("b.parquet")
    assert table.column_names == COLUMNS
    assert [str(table.schema.field(name).type) for name in ("next_expiry", "value")] == [
        "date32[day]",
        "decimal128(19, 2)",
    ]
    assert sorted(table.column("available").to_pylist()) == [0, 59, 60]
    assert table.schema.metadata[b"retailcrm.wallet"] == b"points"


def test_the_document(run: Run, shop: str) -> None:
    """--json has the same figures: points whole, money as text, the moment with its offset."""
    said = document(run("points", shop, *AS_OF, "--json"))
    assert (said["version"], said["command"], said["as_of"]) == (1, "points", "2024-03-26T00:00:00+08:00")
    assert {name: points for name, points in said["flows"].items() if points} == {
        "issued": 439,
        "expired": 100,
        "reversed": 20,
    }
    assert [said[name] for name in ("outstanding", "pending", "available", "held", "lapsed")] == [
        319, 200, 119, 0, 0,
    ]  # fmt: skip
    assert (said["customers"], said["holders"]) == (3, 2)
    assert said["expiring"] == [
        {"key": "2024-03", "points": 119, "customers": 2, "amount": "1.19"},
        {"key": "waiting", "points": 200, "customers": 1, "amount": "2.00"},
    ]
    assert said["liability"]["amount"] == said["liability"]["at_most"] == "3.19"
    assert said["liability"]["assumed"]["zh"].startswith("最早 3 个有发放的月份")
    assert said["orders"] == {
        "paid": 5, "gross": "489.90", "nobody": 1, "nobody_gross": "50.00", "credit_notes": 0,
        "earning": 4, "one_by_one": 0,
    }  # fmt: skip


def test_one_customers_journal(run: Run, shop: str) -> None:
    """Hers, line by line with the balance after each; no file is written."""
    result = run("points", shop, *AS_OF, "--customer", "甲", "--lang", "en")
    assert result.exit_code == Exit.OK
    assert (
        said_after_the_files(result)
        == """\
points (2024-03-26): 甲
date        what       points  pending  available  order
2024-01-10  awarded      +100      100          0  1001
2024-01-15  spendable     100        0        100  1001
2024-03-01  lapsed       -100        0          0  1001

  pending    0
  available  0
  worth      ¥0.00"""
    )
    assert not Path("balances.csv").exists()


def test_a_journal_found_by_an_order(run: Run, shop: str) -> None:
    """An order number leads to its buyer; what went back, what waits and what lapses next are told."""
    said = document(run("points", shop, *AS_OF, "--customer", "1004", "--json"))
    assert said["customer"] == "丙"
    assert [(line["verb"], line["change"]) for line in said["journal"] if line["change"]] == [
        ("earn", 80),
        ("reverse", -20),
    ]
    assert {line["about"] for line in said["journal"]} == {"order:taobao/main/1004"}
    assert [said[name] for name in ("pending", "available", "debt", "value")] == [0, 60, 0, "0.60"]
    assert (said["next_expiry"], said["next_expiry_points"]) == ("2024-03-31", 60)
    both = run("points", shop, *AS_OF, "--customer", "乙").stdout
    assert "lapse next 最近到期  59 (2024-03-31)" in both


def test_nobody_has_that_id(run: Run, shop: str) -> None:
    """A customer whom no file knows is said so, and the code is 6; one without points has no journal."""
    result = run("points", shop, *AS_OF, "--customer", "戊")
    assert result.exit_code == Exit.NOBODY
    before = ("--policy", "shop.toml", "--as-of", "2024-02-01")
    said = run("points", shop, *before, "--customer", "乙", "--lang", "zh").stdout
    assert "没有积分流水" in said


def test_spent_points_are_taken_off(run: Run, shop: str) -> None:
    """A till's file that says that 丙 spent 25 points on 1 March leaves her 35."""
    Path("spent.csv").write_text("买家会员名,积分,时间\n丙,25,2024-03-01 10:00:00\n", "utf-8-sig")
    result = run("points", shop, *AS_OF, "--redemptions", "spent.csv", "--lang", "en")
    assert result.exit_code == Exit.OK, result.stderr
    assert "  Redeemed                -25" in result.stdout
    assert "--redemptions FILE" not in result.stdout
    assert rows_of()["丙"] == ["0", "35", "0", "0", "2024-03-31", "35", "0.35"]
    said = document(run("points", shop, *AS_OF, "--redemptions", "spent.csv", "--customer", "丙", "--json"))
    assert [line["verb"] for line in said["journal"]].count("redeem") == 1
    assert said["available"] == 35


def test_memory_partitions_and_changes_nothing(run: Run, shop: str) -> None:
    """--memory gives the same figures and the same rows."""
    whole = document(run("points", shop, *AS_OF, "--json", "--out", "whole.csv"))
    parts = document(run("points", shop, *AS_OF, "--json", "--out", "parts.csv", "--memory", "64MB"))
    assert rows_of("whole.csv") == rows_of("parts.csv")
    assert whole | {"out": ""} == parts | {"out": ""}


@pytest.mark.parametrize("policy", ["", "[shop]\n", None])
def test_a_policy_without_points_shows_what_to_add(run: Run, shop: str, policy: str | None) -> None:
    """The three lines are on the error stream, and a policy made of them is one."""
    given: tuple[str, ...] = ()
    if policy is not None:
        Path("bare.toml").write_text(policy, "utf-8")
        given = ("--policy", "bare.toml")
    result = run("points", shop, *given, "--as-of", "2024-03-26")
    assert result.exit_code == Exit.USAGE
    assert ("bare.toml has no [points]" if given else "no --policy says") in result.stderr
    lines = [line.strip() for line in result.stderr.splitlines() if line.startswith("  ")]
    assert (len(lines), lines[0]) == (3, "[points]")
    Path("made.toml").write_text("\n".join(((policy or ""), *lines)), "utf-8")
    assert load_policy("made.toml").points is not None
    assert run("points", shop, "--policy", "made.toml", "--as-of", "2024-03-26").exit_code == Exit.OK
    said = document(run("points", shop, *given, "--as-of", "2024-03-26", "--json"))
    assert said["error"]["code"] == "no-points"
    assert len(said["error"]["lines"]) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--out", "b.xlsx"), "--out b.xlsx: the name must end in .csv or .parquet"),
        (("--out", "b.csv", "--customer", "甲"), "--customer prints one journal and writes no file"),
        (("--out", NAME), "this is a file that is read"),
        (("--wallet", "status"), "no wallet 'status'; there are points"),
        (("--as-of", "soon"), "--as-of: 'soon' is not a date"),
    ],
)
def test_what_cannot_be_is_a_usage_error(run: Run, shop: str, options: tuple[str, ...], message: str) -> None:
    """A wrong option is refused with one sentence before any file is read."""
    result = run("points", shop, *AS_OF, *options)
    assert result.exit_code == Exit.USAGE
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("records", "as_of", "why"),
    [
        (ORDERS[4:], "2024-03-26", "of 1 paid order none has a buyer who can be told from others"),
        (ORDERS[:1], "2024-01-01", "1 order, the first of 2024-01-10, none before --as-of 2024-01-01"),
        ((), "2024-03-26", "the files hold no order"),
        (
            ("1006,甲,0.50,0.50,0.00,交易成功,2024-01-10 09:00:00,2024-01-10 09:00:00,\n",),
            "2024-03-26",
            "by these rules none of 1 paid order earned a point",
        ),
    ],
)
def test_nobody_has_points(run: Run, shop: str, records: tuple[str, ...], as_of: str, why: str) -> None:
    """Whatever the reason is that nobody has points, it is said, and the code is 6."""
    Path(shop).write_text(HEADER + "".join(records), "gb18030")
    result = run("points", shop, "--policy", "shop.toml", "--as-of", as_of)
    assert result.exit_code == Exit.NOBODY
    assert f"nobody has points: {why}" in result.stderr
    assert not Path("balances.csv").exists()


def test_little_coverage_warns(run: Run, shop: str) -> None:
    """Where most of the money is of masked buyers the balances are written, and the code is 5."""
    many = [ORDERS[4].replace("1005", str(2000 + i)) for i in range(10)]
    Path(shop).write_text(HEADER + "".join((*ORDERS, *many)), "gb18030")
    result = run("points", shop, *AS_OF)
    assert result.exit_code == Exit.COVERAGE
    assert "nobody earns points with the rest" in result.stderr
    assert len(rows_of()) == 3


def test_strict_comes_before_coverage(run: Run, shop: str) -> None:
    """With --strict a rejected record gives 4; without it the run ends well."""
    damaged = ORDERS[0].replace("1001", "1.93E+15")
    Path(shop).write_text(HEADER + "".join((*ORDERS, damaged)), "gb18030")
    assert run("points", shop, *AS_OF).exit_code == Exit.OK
    assert run("points", shop, *AS_OF, "--strict").exit_code == Exit.PROBLEMS


def test_a_moment_long_after_the_newest_file(run: Run, shop: str) -> None:
    """What lapses is worked out, and that nothing newer is known is said."""
    result = run("points", shop, "--policy", "shop.toml", "--as-of", "2024-06-01", "--lang", "en")
    assert "the newest file is of 2024-03-25" in result.stdout
    assert rows_of()["乙"] == ["200", "0", "0", "0", "", "0", "2.00"]


def test_a_wallet_that_is_never_spent(run: Run, shop: str) -> None:
    """Qualifying points have neither a value nor a liability; --wallet chooses them."""
    more = '[[points.wallet]]\nname = "status"\nqualifying = true\nearn.rate = "2"\nexpiry.never = true\n'
    Path("shop.toml").write_text(f"{POLICY}{more}", "utf-8")
    result = run("points", shop, *AS_OF, "--wallet", "status", "--lang", "en")
    assert result.exit_code == Exit.OK, result.stderr
    # 200 + 119 (of 59.90 yuan) + 400 + 160, less a quarter of the last.
    assert "  Issued                 879\n" in result.stdout
    assert "  Outstanding            839\n" in result.stdout
    assert "liability" not in result.stdout
    assert "--redemptions" not in result.stdout
    assert rows_of()["甲"] == ["0", "200", "0", "0", "", "0", ""]
    assert document(run("points", shop, *AS_OF, "--wallet", "status", "--json"))["liability"] is None


@pytest.mark.data
def test_taobao_2019h1(run: Run, data_dir: Path, repo_root: Path) -> None:
    """A point a yuan: 25,420 buyers hold as many points as the shop kept yuan: 3,511,305."""
    Path("shop.toml").write_text('[points]\nwaiting.until = "paid"\n', "utf-8")
    mapping = repo_root / "examples" / "mappings" / "taobao_orders_2019h1.toml"
    given = ("--map", str(mapping), "--policy", "shop.toml", "--as-of", "2019-07-01")
    said = document(run("points", str(data_dir / "taobao_orders_2019h1.xlsx"), *given, "--json"))
    assert (said["outstanding"], said["available"], said["holders"]) == (3511305, 3511305, 25420)
    assert said["flows"]["issued"] - said["flows"]["reversed"] == 3511305
    assert said["expiring"] == [
        {"key": "2020-12", "points": 3511305, "customers": 25420, "amount": "35113.05"}
    ]


@pytest.mark.data
def test_online_retail(run: Run, data_dir: Path, repo_root: Path) -> None:
    """A point a pound for every invoice of a known customer that is no cancellation, by pandas."""
    pandas = pytest.importorskip("pandas")
    file = data_dir / "online_retail.csv.gz"
    rows = pandas.read_csv(file, dtype=str)
    rows = rows[~rows["InvoiceNo"].str.startswith("C") & rows["CustomerID"].notna()]
    pence = (rows["UnitPrice"].astype(float) * 100).round().astype(int) * rows["Quantity"].astype(int)
    invoices = pence.groupby([rows["CustomerID"], rows["InvoiceNo"]]).sum()
    Path("shop.toml").write_text('[points]\nwaiting.until = "paid"\n', "utf-8")
    mapping = repo_root / "examples" / "mappings" / "online_retail.toml"
    given = ("--map", str(mapping), "--policy", "shop.toml", "--as-of", "2011-12-10", "--currency", "GBP")
    said = document(run("points", str(file), *given, "--json"))
    assert said["flows"]["issued"] == int((invoices // 100).sum())
    assert said["holders"] == (invoices // 100 > 0).groupby(level=0).any().sum()
