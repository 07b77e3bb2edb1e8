"""Whatever a user gives: one sentence that she can act on, the right exit code, never a traceback."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import xlsxwriter
from click.testing import Result
from msoffcrypto.format.ooxml import OOXMLFile

from retailcrm.cli.exits import Exit

Run = Callable[..., Result]
Order = Callable[..., str]
Export = Callable[..., str]

AS_OF: Final = ("--as-of", "2024-04-01")
MAPPING: Final = """
name = "sales"
grain = "order"
[columns]
number = "id"
buyer = "who"
paid = "money"
placed_at = "when"
[buyer]
kind = "id"
strength = "stable"
[constants]
state = "completed"
"""


def sentence(result: Result, code: Exit) -> str:
    """Give the one sentence of a run that failed, having looked at everything else about it."""
    assert result.exit_code == code, result.output
    said = result.stderr
    assert said.startswith("retailcrm: ")
    assert said.count("\n") == 1
    assert said.isprintable() or said.removesuffix("\n").isprintable()
    return said


BYTES: Final = {
    "unknown.csv": (b"a,b,c\n1,2,3\n", "Columns found: a, b, c"),
    "empty.csv": (b"", "is empty"),
    "blank.csv": (b"\n\n  \n", "is empty"),
    "image.csv": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "is a picture"),
    "nul.csv": (b"\0" * 5000, "nul.csv"),
    "endless.csv": (b"a" * 3_000_000, "Columns found"),
}


@pytest.mark.parametrize("name", BYTES)
@pytest.mark.parametrize("command", ["score", "report"])
def test_a_file_of_no_use(run: Run, name: str, command: str) -> None:
    """A file that holds no table we know is refused with its name and what was found in it."""
    content, words = BYTES[name]
    Path(name).write_bytes(content)
    said = sentence(run(command, name, *AS_OF), Exit.REFUSED)
    assert name in said
    assert words in said
    assert len(said) < 800
    assert not Path("scores.csv").exists()
    assert not Path("report.html").exists()


def test_an_unknown_table_leads_to_the_mapping(run: Run) -> None:
    """The refusal of a table that no format knows names --map."""
    Path("unknown.csv").write_text("a,b,c\n1,2,3\n")
    assert "--map" in sentence(run("score", "unknown.csv", *AS_OF), Exit.REFUSED)


def test_a_directory(run: Run) -> None:
    """A directory is refused as one."""
    Path("exports").mkdir()
    assert "'exports' is a directory" in sentence(run("score", "exports", *AS_OF), Exit.REFUSED)


def test_a_missing_file(run: Run, three: str) -> None:
    """A file that is not there is refused, and the nearest name is offered."""
    assert f"did you mean '{three}'" in sentence(run("score", "order.csv", *AS_OF), Exit.REFUSED)


def test_one_bad_file_of_two(run: Run, three: str) -> None:
    """Where one of two files cannot be read, it is named, and nothing is written."""
    Path("unknown.csv").write_text("a,b,c\n1,2,3\n")
    assert "unknown.csv" in sentence(run("score", three, "unknown.csv", *AS_OF), Exit.REFUSED)
    assert not Path("scores.csv").exists()


def test_a_huge_line(run: Run, export: Export, order: Order) -> None:
    """A value of millions of characters ends in an answer, not in a crash."""
    name = export([order(1000000000000001, "甲"), order(1000000000000002, "乙" * 4_000_000)])
    assert run("score", name, *AS_OF).exit_code in (Exit.OK, Exit.REFUSED, Exit.COVERAGE)


@pytest.mark.parametrize("command", ["score", "report"])
def test_a_shop_without_orders(run: Run, export: Export, command: str) -> None:
    """An export with column names only: nothing is there to score or to report, and nothing is written."""
    said = sentence(run(command, export([]), *AS_OF), Exit.NOBODY)
    told = {
        "score": "nobody to score: the files hold no order",
        "report": "nothing to report: the files hold",
    }
    assert told[command] in said
    assert [path.name for path in Path().iterdir()] == ["orders.csv"]


def test_no_order_before_the_day(run: Run, three: str) -> None:
    """A day before the first order: the sentence tells the day of the first."""
    said = sentence(run("score", three, "--as-of", "2020-01-01"), Exit.NOBODY)
    assert "6 orders, the first of 2024-03-01, none before --as-of 2020-01-01" in said


def test_no_order_that_counts(run: Run, export: Export, order: Order) -> None:
    """An order that was never paid makes no customer."""
    name = export([order(1000000000000001, "甲", paid="0.00", state="交易关闭")])
    assert "none was paid and kept" in sentence(run("score", name, *AS_OF), Exit.NOBODY)


@pytest.mark.parametrize("buyer", ["", "张**"])
def test_nobody_can_be_told_from_others(run: Run, export: Export, order: Order, buyer: str) -> None:
    """Guests only, or masked nicks only: nobody can be scored, and --buyers is the way out."""
    name = export(order(1000000000000001 + i, buyer) for i in range(5))
    assert "--buyers" in sentence(run("score", name, *AS_OF), Exit.NOBODY)


@pytest.mark.parametrize("buyer", ["", "张**"])
def test_orders_of_nobody_are_reported_all_the_same(
    run: Run, export: Export, order: Order, buyer: str
) -> None:
    """The page shows the shop's orders; that it speaks of no customer is warned of."""
    name = export(order(1000000000000001 + i, buyer) for i in range(5))
    result = run("report", name, *AS_OF, "--out", "shop.html")
    assert result.exit_code == Exit.COVERAGE
    assert "--buyers" in result.stderr
    assert Path("shop.html").exists()


def test_one_customer_is_scored(run: Run, export: Export, order: Order) -> None:
    """A single customer is scored, and what that means is noted."""
    result = run("score", export([order(1000000000000001, "甲")]), *AS_OF)
    assert result.exit_code == Exit.OK
    assert "1 customer scored" in result.stdout
    assert "note:" in result.stdout


MAPPINGS: Final = {
    "column": (MAPPING.replace('"who"', '"whoo"'), Exit.REFUSED, "did you mean 'who'"),
    "setting": (MAPPING.replace("buyer =", "byuer ="), Exit.USAGE, "did you mean 'buyer'"),
    "toml": ("name =\n", Exit.USAGE, "not TOML"),
    "other": (MAPPING.replace('"id"', '"InvoiceNo"', 1), Exit.REFUSED, "Columns found: id, who, money, when"),
}


@pytest.mark.parametrize("kind", MAPPINGS)
def test_a_wrong_mapping(run: Run, kind: str) -> None:
    """A mapping that does not fit says what it does not find and what is near."""
    text, code, words = MAPPINGS[kind]
    Path("sales.csv").write_text("id,who,money,when\n1,a,2.00,2024-03-01\n")
    Path("map.toml").write_text(text)
    assert words in sentence(run("score", "sales.csv", "--map", "map.toml", *AS_OF), code)


def test_the_right_mapping(run: Run) -> None:
    """The same file with the right mapping is scored."""
    Path("sales.csv").write_text("id,who,money,when\n1,a,2.00,2024-03-01\n")
    Path("map.toml").write_text(MAPPING)
    assert run("score", "sales.csv", "--map", "map.toml", *AS_OF).exit_code == Exit.OK


OPTIONS: Final = {
    "as-of word": (("--as-of", "yesterday"), "--as-of: 'yesterday' is not a date; write it like"),
    "as-of month": (("--as-of", "2024-13-01"), "--as-of: '2024-13-01' is not a date"),
    "as-of too early": (("--as-of", "0001-01-01"), "--as-of: 0001-01-01 is outside the calendar"),
    "zone": (("--zone", "Mars/Base"), "Mars/Base"),
    "format": (("--format", "nonsense"), "no format 'nonsense'"),
    "near format": (("--format", "taobo"), "did you mean 'taobao'"),
    "map": (("--map", "none.toml"), "none.toml"),
    "policy": (("--policy", "none.toml"), "none.toml"),
    "policy folder": (("--policy", "."), "policy ."),
    "out folder": (("--out", "none/scores.csv"), "--out none/scores.csv: there is no folder 'none'"),
    "out is folder": (("--out", "there.csv"), "--out there.csv: this is a folder"),
    "out kind": (("--out", "scores.txt"), "the name must end in .csv or .parquet"),
    "out is input": (("--out", "orders.csv"), "--out orders.csv: this is a file that is read"),
    "out is input, unseen": (("--out", "there.csv/../orders.csv"), "this is a file that is read"),
    "problems folder": (("--problems", "none/p.csv"), "--problems none/p.csv: there is no folder"),
    "problems is out": (("--problems", "scores.csv"), "also the file of --out"),
    "keep-cuts folder": (("--keep-cuts", "none/c.json"), "--keep-cuts none/c.json: there is no folder"),
    "use-cuts missing": (("--use-cuts", "none.json"), "--use-cuts none.json"),
    "use-cuts folder": (("--use-cuts", "there.csv"), "--use-cuts there.csv"),
    "use-cuts no JSON": (("--use-cuts", "orders.csv"), "not a file that --keep-cuts wrote"),
    "use-cuts list": (("--use-cuts", "list.json"), "not a file that --keep-cuts wrote"),
    "use-cuts version": (("--use-cuts", "old.json"), "version 99"),
    "labels in parquet": (("--out", "s.parquet", "--lang", "zh"), "--lang zh: only a .csv file"),
}


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_wrong_option_is_told_before_anything_is_read(run: Run, three: str, kind: str) -> None:
    """A wrong option is a usage error that names it; nothing is printed and nothing written."""
    given, words = OPTIONS[kind]
    Path("there.csv").mkdir()
    Path("list.json").write_text("[]")
    Path("old.json").write_text('{"version": 99}')
    before = Path(three).read_bytes()
    result = run("score", three, *AS_OF, *given)
    assert words in sentence(result, Exit.USAGE)
    assert result.stdout == ""
    assert not Path("scores.csv").exists()
    assert Path(three).read_bytes() == before


@pytest.mark.parametrize("said", ["lots", "0MB", "-5MB", "1.5GB", "MB", "512"])
def test_a_wrong_size(run: Run, three: str, said: str) -> None:
    """A size that is none is a usage error that shows how to write one."""
    result = run("score", three, *AS_OF, "--memory", said)
    assert result.exit_code == Exit.USAGE
    assert "write it like 512MB or 2GB" in result.stderr


@pytest.mark.parametrize("arguments", [("score",), ("score", "orders.csv"), ("report", "orders.csv")])
def test_something_is_missing(run: Run, arguments: tuple[str, ...]) -> None:
    """Without files or without --as-of the usage is shown."""
    result = run(*arguments)
    assert result.exit_code == Exit.USAGE
    assert "Missing" in result.stderr


POLICIES: Final = {
    "unknown setting": ('[shop]\nzoen = "Asia/Shanghai"\n', "did you mean 'zone'"),
    "unknown section": ('[shpo]\nzone = "Asia/Shanghai"\n', "did you mean 'shop'"),
    "no TOML": ("shop =\n", "not TOML"),
}


@pytest.mark.parametrize("kind", POLICIES)
def test_a_wrong_policy(run: Run, three: str, kind: str) -> None:
    """A policy with a wrong field says which, and what is near."""
    text, words = POLICIES[kind]
    Path("shop.toml").write_text(text)
    said = sentence(run("score", three, *AS_OF, "--policy", "shop.toml"), Exit.USAGE)
    assert "shop.toml" in said
    assert words in said


def test_a_ladder_in_another_currency(run: Run, three: str, repo_root: Path) -> None:
    """A ladder in dollars for a shop in yuan is refused."""
    ladder = (repo_root / "examples" / "policies" / "tiers_metals.toml").read_text("utf-8")
    Path("shop.toml").write_text('[shop]\ncurrency = "CNY"\n' + ladder.replace('"CNY"', '"USD"'), "utf-8")
    said = sentence(run("score", three, *AS_OF, "--policy", "shop.toml"), Exit.USAGE)
    assert "the ladder is in USD" in said
    assert "CNY" in said


def test_cuts_in_another_currency(run: Run, three: str) -> None:
    """Cut points in yuan do not score customers in dollars."""
    run("score", three, *AS_OF, "--keep-cuts", "cuts.json")
    Path("sales.csv").write_text("id,who,money,when\n1,a,2.00,2024-03-01\n")
    Path("map.toml").write_text(f'currency = "USD"\n{MAPPING}')
    result = run("score", "sales.csv", "--map", "map.toml", *AS_OF, "--use-cuts", "cuts.json")
    assert "CNY" in sentence(result, Exit.USAGE)


@pytest.mark.parametrize("given", ["none.csv", "unknown.csv", "."])
def test_a_wrong_buyers_file(run: Run, mostly_masked: str, given: str) -> None:
    """A buyers file that is not there, or lacks its two columns, is refused by name."""
    Path("unknown.csv").write_text("a,b,c\n1,2,3\n")
    assert given in sentence(run("score", mostly_masked, *AS_OF, "--buyers", given), Exit.REFUSED)


def test_a_buyers_file_among_the_exports(run: Run, mostly_masked: str, buyers: str) -> None:
    """A buyers file given as an export is refused with the option that takes it."""
    assert "--buyers" in sentence(run("score", mostly_masked, buyers, *AS_OF), Exit.REFUSED)
    Path("unknown.csv").write_text("a,b,c\n1,2,3\n")
    assert "--buyers" not in sentence(run("score", "unknown.csv", *AS_OF), Exit.REFUSED)


def test_refunds_alone(run: Run) -> None:
    """A refund report holds records but no order, and the sentence says what is missing."""
    assert run("demo", "--customers", "50").exit_code == Exit.OK
    refunds = min(Path("retailcrm-demo/exports").glob("退款*.csv"))
    assert "add the order report" in sentence(
        run("score", str(refunds), "--as-of", "2024-07-01"), Exit.NOBODY
    )


@pytest.fixture
def locked() -> str:
    """Write a workbook of one order that opens with the password ``sesame``."""
    plain = io.BytesIO()
    with xlsxwriter.Workbook(plain, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        names = [
            "订单编号",
            "买家会员名",
            "买家实际支付金额",
            "总金额",
            "退款金额",
            "订单状态",
            "订单创建时间",
            "订单付款时间",
        ]
        sheet.write_row(0, 0, names)
        at = "2024-03-01 10:00:00"
        sheet.write_row(1, 0, ["1000000000000001", "甲", "10.00", "10.00", "0.00", "交易成功", at, at])
    with Path("locked.xlsx").open("wb") as file:
        OOXMLFile(plain).encrypt("sesame", file)
    return "locked.xlsx"


def test_an_encrypted_workbook(run: Run, locked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a password it asks for one, a wrong one is said, the right one opens it."""
    assert "--password" in sentence(run("score", locked, *AS_OF), Exit.REFUSED)
    wrong = run("score", locked, *AS_OF, "--password", "simsalabim")
    assert "password" in sentence(wrong, Exit.REFUSED)
    assert run("score", locked, *AS_OF, "--password", "sesame").exit_code == Exit.OK
    monkeypatch.setenv("RETAILCRM_PASSWORD", "sesame")
    assert run("score", locked, *AS_OF).exit_code == Exit.OK


def test_names_with_odd_letters(run: Run) -> None:
    """A file name with a line break or an escape is shown without sending either to the terminal."""
    said = sentence(run("score", "a\nb\x1b[31m.csv", *AS_OF), Exit.REFUSED)
    assert "a b\\x1b[31m.csv" in said


def test_no_right_to_write(run: Run, three: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place without the right to write is told before the run."""
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "no right to write there" in sentence(run("score", three, *AS_OF), Exit.USAGE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk(run: Run, three: str) -> None:
    """A disk that is full ends in a sentence too."""
    result = run("score", three, *AS_OF, "--problems", "/dev/full")
    assert "No space left" in sentence(result, Exit.REFUSED)
