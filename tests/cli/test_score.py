"""``retailcrm score`` on made-up exports: files written, figures printed, exit codes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet
import pytest
from click.testing import Result

from retailcrm.cli.exits import Exit

Run = Callable[..., Result]
Order = Callable[..., str]
Export = Callable[..., str]

AS_OF = ("--as-of", "2024-04-01")
COLUMNS = [
    "customer_id", "orders", "purchase_days", "first_order_at", "last_order_at", "days_since_last", "gross",
    "refunded", "net", "r_score", "f_score", "m_score", "segment", "activity", "value_class", "tier",
]  # fmt: skip


def rows_of(name: str = "scores.csv") -> list[dict[str, str]]:
    """Read a CSV file that was written."""
    with Path(name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_a_customer(run: Run, three: str) -> None:
    """Three customers with one, two and three orders of 10 yuan give three rows with those figures."""
    result = run("score", three, *AS_OF)
    assert result.exit_code == Exit.OK
    rows = rows_of()
    assert list(rows[0]) == COLUMNS
    found = {row["customer_id"]: (row["orders"], row["gross"], row["net"]) for row in rows}
    assert found == {
        "甲": ("1", "10.00", "10.00"),
        "乙": ("2", "20.00", "20.00"),
        "丙": ("3", "30.00", "30.00"),
    }
    assert {row["days_since_last"] for row in rows} == {"31"}
    assert {row["tier"] for row in rows} == {""}
    assert "3 customers scored as of 2024-04-01: scores.csv" in result.stdout
    assert result.stderr == ""


def test_output_is_plain_and_fits_80_columns(run: Run, three: str) -> None:
    """Where there is no terminal nothing is coloured, and no line is wider than 80 cells."""
    said = run("score", three, *AS_OF).stdout
    assert "\x1b" not in said
    wide = sum(2 for letter in said if "\u2e80" <= letter <= "\uffef")
    assert wide
    for line in said.splitlines():
        assert len(line) + sum("\u2e80" <= letter <= "\uffef" for letter in line) <= 80


def test_the_rules_in_force_are_printed(run: Run, three: str) -> None:
    """Each rule that no policy gave is printed with its default, and the cut points as a table."""
    said = run("score", three, *AS_OF).stdout
    assert "rules in force (" in said
    for line in ("Zone                     Asia/Shanghai", "Currency                 CNY"):
        assert line in said
    assert "cut points (fitted on these 3 customers)" in said
    assert "score  R: days since the last purchase" in said


def test_coverage_is_printed_by_strength(run: Run, mostly_masked: str) -> None:
    """One order of five with a known buyer is 20 % of orders and money; the run warns and exits with 5."""
    result = run("score", mostly_masked, *AS_OF)
    assert result.exit_code == Exit.COVERAGE
    assert "stable (id, full nick)       1  20.0 %  ¥10.00  20.0 %" in result.stdout
    assert "none (guest, masked)         4  80.0 %  ¥40.00  80.0 %" in result.stdout
    assert "buyers are known for 20.0% of the money only" in result.stderr
    assert "--buyers" in result.stderr
    assert [row["customer_id"] for row in rows_of()] == ["李四"]


def test_half_of_the_money_is_enough(run: Run, export: Export, order: Order) -> None:
    """Buyers of exactly half of the money are no reason to warn."""
    name = export([order(1000000000000001, "李四"), order(1000000000000002, "张**")])
    assert run("score", name, *AS_OF).exit_code == Exit.OK


def test_a_buyers_file_resolves_masked_nicks(run: Run, mostly_masked: str, buyers: str) -> None:
    """With --buyers every masked order has its customer, and the run ends well."""
    result = run("score", mostly_masked, "--buyers", buyers, *AS_OF)
    assert result.exit_code == Exit.OK
    assert "stable (id, full nick)       5  100.0 %" in result.stdout
    assert len(rows_of()) == 5


def test_labels_for_people(run: Run, three: str) -> None:
    """--lang writes Chinese labels instead of the keys."""
    run("score", three, *AS_OF, "--lang", "zh")
    assert {row["activity"] for row in rows_of()} == {"活跃"}


def test_parquet(run: Run, three: str) -> None:
    """A name that ends in .parquet gives the same columns and rows as Parquet."""
    assert run("score", three, *AS_OF, "--out", "scores.parquet").exit_code == Exit.OK
    table = pyarrow.parquet.read_table("scores.parquet")
    assert table.column_names == COLUMNS
    assert sorted(table.column("orders").to_pylist()) == [1, 2, 3]


def test_memory_partitions_and_changes_nothing(run: Run, three: str) -> None:
    """--memory 64MB gives the same customers with the same figures."""
    run("score", three, *AS_OF, "--out", "whole.csv")
    assert run("score", three, *AS_OF, "--out", "parts.csv", "--memory", "64MB").exit_code == Exit.OK
    by_id = [sorted(rows_of(name), key=lambda row: row["customer_id"]) for name in ("whole.csv", "parts.csv")]
    assert by_id[0] == by_id[1]


@pytest.mark.parametrize("given", [(), ("--as-of", "bad"), ("--as-of", "2020-01-01"), ("none.csv",)])
def test_memory_leaves_nothing_on_disk(
    run: Run, three: str, given: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However a partitioned run ends, its scratch files are gone."""
    (folder / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder / "scratch"))
    run("score", three, *AS_OF, "--memory", "64MB", *given)
    assert not list((folder / "scratch").iterdir())


@pytest.mark.parametrize("said", ["64mb", "1 GB", " 2GB "])
def test_sizes_may_be_written_in_several_ways(run: Run, three: str, said: str) -> None:
    """Small letters and a blank are fine in a size."""
    assert run("score", three, *AS_OF, "--memory", said).exit_code == Exit.OK


def test_the_same_file_twice_changes_nothing(run: Run, three: str) -> None:
    """A file given twice is named as read before, and the scores are those of one."""
    result = run("score", three, three, *AS_OF)
    assert "orders.csv: the same content was read before; nothing changed" in result.stdout
    assert sorted(row["orders"] for row in rows_of()) == ["1", "2", "3"]


@pytest.fixture
def damaged(order: Order) -> str:
    """Give a record whose number a spreadsheet program has rounded."""
    return order(0, "王五").replace('="0"', "1.93E+15")


def test_problems_are_shown_and_written(run: Run, export: Export, order: Order, damaged: str) -> None:
    """A rejected record is printed with its place, and --problems writes it to a file."""
    name = export([order(1000000000000001, "甲"), order(1000000000000002, "乙"), damaged])
    result = run("score", name, *AS_OF, "--problems", "problems.csv")
    assert result.exit_code == Exit.OK
    assert "problems: 1 rejected" in result.stdout
    assert "orders.csv, line 4, column 订单编号" in result.stdout
    (problem,) = rows_of("problems.csv")
    assert (problem["severity"], problem["code"], problem["first_line"]) == (
        "rejected",
        "damaged-number",
        "4",
    )


def test_strict_turns_problems_into_an_exit_code(
    run: Run, export: Export, order: Order, damaged: str
) -> None:
    """With --strict the same run exits with 4, and says so; without problems it ends well."""
    name = export([order(1000000000000001, "甲"), damaged])
    result = run("score", name, *AS_OF, "--strict")
    assert result.exit_code == Exit.PROBLEMS
    assert "1 problem in the files, and --strict was given" in result.stderr
    assert len(rows_of()) == 1
    good = export([order(1000000000000001, "甲")], "good.csv")
    assert run("score", good, *AS_OF, "--strict").exit_code == Exit.OK


def test_strict_comes_before_coverage(run: Run, export: Export, order: Order, damaged: str) -> None:
    """Where both would warn the code is 4, and both sentences are printed."""
    masked = [order(1000000000000002 + i, "张**") for i in range(3)]
    name = export([order(1000000000000001, "甲"), *masked, damaged])
    result = run("score", name, *AS_OF, "--strict")
    assert result.exit_code == Exit.PROBLEMS
    assert "--strict was given" in result.stderr
    assert "buyers are known for 25.0%" in result.stderr


def test_kept_cuts_score_the_next_day(run: Run, export: Export, three: str, order: Order) -> None:
    """Cut points kept from one run give the same customer the same scores among other customers."""
    run("score", three, *AS_OF, "--keep-cuts", "cuts.json")
    before = {row["customer_id"]: row["f_score"] for row in rows_of()}
    kept = json.loads(Path("cuts.json").read_text("utf-8"))
    assert (kept["version"], kept["customers"], kept["currency"]) == (1, 3, "CNY")
    many = [order(1000000000000101 + i, "丁") for i in range(40)]
    more = export([*many, order(1000000000000001, "甲")], "more.csv")
    result = run("score", more, *AS_OF, "--use-cuts", "cuts.json")
    assert "cut points (cuts.json: fitted on 3 customers as of 2024-04-01)" in result.stdout
    assert {row["customer_id"]: row["f_score"] for row in rows_of()}["甲"] == before["甲"]


def test_a_policy_with_a_ladder_fills_the_tier(run: Run, repo_root: Path, order: Order) -> None:
    """With the shipped ladder three completed orders in a year make 银卡, and the tiers are printed."""
    ladder = (repo_root / "examples" / "policies" / "tiers_metals.toml").read_text("utf-8")
    Path("shop.toml").write_text(f'[shop]\ncurrency = "CNY"\n{ladder}', "utf-8")
    names = ["订单编号", "买家会员名", "买家实际支付金额", "总金额", "退款金额", "订单状态", "订单创建时间"]
    header = ",".join([*names, "订单付款时间", "确认收货时间"]) + "\n"
    lines = [
        order(1000000000000001 + i, buyer).rstrip("\n") + ",2024-03-05 10:00:00\n"
        for i, buyer in enumerate(["甲", "丙", "丙", "丙"])
    ]
    Path("orders.csv").write_text(header + "".join(lines), "gb18030")
    result = run("score", "orders.csv", *AS_OF, "--policy", "shop.toml")
    assert result.exit_code == Exit.OK
    assert {row["customer_id"]: row["tier"] for row in rows_of()} == {"甲": "member", "丙": "silver"}
    assert "Silver    银卡              1  50.0 %  ¥30.00" in result.stdout


def test_zone_moves_the_day(run: Run, export: Export, order: Order) -> None:
    """An order of 00:30 in Shanghai is of the next day there, and of the day before in London."""
    late = order(1000000000000001, "甲", at="2024-03-31 23:00:00")
    later = order(1000000000000002, "乙", at="2024-04-01 00:30:00")
    name = export([late, later])
    run("score", name, *AS_OF)
    assert [row["customer_id"] for row in rows_of()] == ["甲"]
    assert run("score", name, *AS_OF, "--zone", "Europe/London").exit_code == Exit.OK
    assert sorted(row["customer_id"] for row in rows_of()) == ["乙", "甲"]


def test_zone_goes_with_a_ladder(run: Run, three: str, repo_root: Path) -> None:
    """--zone may be given beside a policy with a ladder: the ladder follows."""
    ladder = (repo_root / "examples" / "policies" / "tiers_metals.toml").read_text("utf-8")
    Path("shop.toml").write_text(f'[shop]\ncurrency = "CNY"\n{ladder}', "utf-8")
    result = run("score", three, *AS_OF, "--policy", "shop.toml", "--zone", "Asia/Tokyo")
    assert result.exit_code == Exit.OK
    assert "Asia/Tokyo" in result.stdout
