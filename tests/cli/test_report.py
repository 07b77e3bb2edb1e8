"""``retailcrm report``: the page, and the same options and exit codes as ``score``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from retailcrm.cli.commands import retailcrm
from retailcrm.cli.exits import Exit

Run = Callable[..., Result]
Order = Callable[..., str]
Export = Callable[..., str]

AS_OF = ("--as-of", "2024-04-01")


def options_of(command: str) -> dict[str, str | None]:
    """Give the names and help texts of a command's options."""
    found = [p for p in retailcrm.commands[command].params if isinstance(p, click.Option)]
    return {option.opts[0]: option.help for option in found}


def test_the_options_are_those_of_score() -> None:
    """Report has every option of score but the three about RFM cuts and labels, with the same words."""
    score, report = options_of("score"), options_of("report")
    assert set(score) - set(report) == {"--keep-cuts", "--use-cuts"}
    assert set(report) - set(score) == {"--xlsx"}
    shared = set(report) - {"--as-of", "--out", "--lang", "--xlsx"}
    assert {name: score[name] for name in shared} == {name: report[name] for name in shared}


@pytest.mark.parametrize(("lang", "word"), [("zh", "客户"), ("en", "Customers")])
def test_a_page_is_written(run: Run, three: str, lang: str, word: str) -> None:
    """One page in the wanted language is written, and where it lies is said."""
    result = run("report", three, *AS_OF, "--lang", lang, "--out", "shop.html")
    assert result.exit_code == Exit.OK
    assert "3 customers scored as of 2024-04-01: shop.html" in result.stdout
    page = Path("shop.html").read_text("utf-8")
    assert f'lang="{lang}' in page
    assert word in page


def test_the_exit_codes_are_those_of_score(
    run: Run, export: Export, order: Order, mostly_masked: str
) -> None:
    """Little coverage is 5, problems under --strict are 4, with the same sentences as score."""
    for given, code in ((mostly_masked, Exit.COVERAGE), (mostly_masked, Exit.COVERAGE)):
        score, report = run("score", given, *AS_OF), run("report", given, *AS_OF)
        assert score.exit_code == report.exit_code == code
        assert score.stderr == report.stderr
    damaged = order(0, "王五").replace('="0"', "1.93E+15")
    name = export([order(1000000000000001, "甲"), damaged], "damaged.csv")
    assert run("report", name, *AS_OF).exit_code == Exit.OK
    assert run("report", name, *AS_OF, "--strict").exit_code == Exit.PROBLEMS


def test_problems_are_written(run: Run, export: Export, order: Order) -> None:
    """--problems writes the same file as with score."""
    damaged = order(0, "王五").replace('="0"', "1.93E+15")
    name = export([order(1000000000000001, "甲"), damaged])
    run("score", name, *AS_OF, "--problems", "score.csv")
    run("report", name, *AS_OF, "--problems", "report.csv")
    assert Path("score.csv").read_bytes() == Path("report.csv").read_bytes()


def test_the_page_has_a_name_of_its_own_kind(run: Run, three: str) -> None:
    """A page must be called .html, and may not replace what is read."""
    assert run("report", three, *AS_OF, "--out", "page.csv").exit_code == Exit.USAGE
    Path("orders.html").write_bytes(Path(three).read_bytes())
    result = run("report", "orders.html", *AS_OF, "--out", "orders.html")
    assert result.exit_code == Exit.USAGE
    assert "a file that is read" in result.stderr


def test_the_tables_are_written_too(run: Run, three: str) -> None:
    """--xlsx writes a workbook beside the page, and says where; another kind of name is refused."""
    result = run("report", three, *AS_OF, "--xlsx", "shop.xlsx")
    assert result.exit_code == Exit.OK
    assert "its tables: shop.xlsx" in result.stdout
    assert Path("shop.xlsx").read_bytes()[:2] == b"PK"
    assert run("report", three, *AS_OF, "--xlsx", "shop.csv").exit_code == Exit.USAGE
    result = run("report", three, *AS_OF, "--out", "a.html", "--xlsx", "b.xlsx", "--problems", "b.xlsx")
    assert result.exit_code == Exit.USAGE


def test_orders_of_unknown_buyers_make_a_page(run: Run, export: Export, order: Order) -> None:
    """No buyer is known: score refuses, report describes the orders and says that little is known."""
    name = export([order(1000000000000001, "甲**"), order(1000000000000002, "乙**")])
    assert run("score", name, *AS_OF).exit_code == Exit.NOBODY
    result = run("report", name, *AS_OF, "--lang", "en", "--json")
    assert result.exit_code == Exit.COVERAGE
    assert json.loads(result.stdout)["customers"] == 0
    assert "buyers are known for 0.0%" in result.stderr
    assert "no order has a buyer who can be told from others" in Path("report.html").read_text("utf-8")


def test_a_page_without_orders_says_why(run: Run, three: str) -> None:
    """Before the first order the page shows what there is, which is little, and why is said."""
    result = run("report", three, "--as-of", "2001-01-01")
    assert result.exit_code == Exit.OK
    assert "the shop as of 2001-01-01, no customer scored: report.html" in result.stdout
    assert "6 orders, the first of 2024-03-01, none before --as-of 2001-01-01" in result.stderr
    assert Path("report.html").exists()


def test_members_alone_make_a_page(run: Run, repo_root: Path) -> None:
    """A member list without any order: the page counts its members; score still refuses."""
    Path("members.csv").write_text("会员卡号,姓名,等级\n1,甲,金\n2,乙,银\n", "utf-8")
    given = ("members.csv", "--map", repo_root / "examples" / "mappings" / "members.toml", *AS_OF)
    result = run("report", *given, "--lang", "en", "--xlsx", "shop.xlsx")
    assert (result.exit_code, result.stderr) == (Exit.OK, "")
    assert "members.csv" in Path("report.html").read_text("utf-8")
    result = run("report", *given, "--json")
    assert (result.exit_code, json.loads(result.stdout)["customers"]) == (Exit.OK, 0)
    result = run("score", *given)
    assert result.exit_code == Exit.NOBODY
    assert "nobody to score: 2 records read, but no order" in result.stderr


SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Total,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Id\n"
    "#1001,ann@example.com,paid,2024-03-01 10:00:00 +0000,fulfilled,{currency},12.50,"
    "2024-03-01 10:00:00 +0000,1,Cup,12.50,7001\n"
)


def shopify(name: str, currency: str) -> str:
    """Write an orders export of Shopify of one order."""
    Path(name).write_text(SHOPIFY.format(currency=currency), "utf-8")
    return name


@pytest.mark.parametrize("command", ["score", "report"])
def test_the_currency_is_that_of_the_files(run: Run, command: str) -> None:
    """Where neither option nor policy names one, the currency of the export is taken, and printed."""
    result = run(command, shopify("orders_export_1.csv", "USD"), *AS_OF)
    assert (result.exit_code, result.stderr) == (Exit.OK, "")
    assert re.search(r"Currency +USD\b", result.stdout)
    assert "US$12.50" in result.stdout


def test_the_currency_of_a_customers_export_is_that_of_the_orders(run: Run) -> None:
    """A list of customers names no currency, whichever file comes first."""
    Path("customers.csv").write_text(
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Total Spent,Total Orders\n"
        "1,Ann,Lee,ann@example.com,yes,12.50,1\n",
        "utf-8",
    )
    orders = shopify("orders_export_1.csv", "EUR")
    for files in (("customers.csv", orders), (orders, "customers.csv")):
        result = run("score", *files, *AS_OF, "--json")
        assert (result.exit_code, json.loads(result.stdout)["currency"]) == (Exit.OK, "EUR")


def test_a_currency_that_was_given_is_not_overruled(run: Run) -> None:
    """Option and policy stand above the files, and the refusal says what to write."""
    name = shopify("orders_export_1.csv", "USD")
    assert run("report", name, *AS_OF, "--currency", "USD").exit_code == Exit.OK
    Path("shop.toml").write_text('[shop]\ncurrency = "EUR"\n', "utf-8")
    for rules in (("--currency", "EUR"), ("--policy", "shop.toml")):
        result = run("report", name, *AS_OF, *rules)
        assert result.exit_code == Exit.USAGE
        assert "--currency USD" in result.stderr
    assert run("report", name, *AS_OF, "--policy", "shop.toml", "--currency", "USD").exit_code == Exit.OK
    assert run("report", name, *AS_OF, "--currency", "dollars").exit_code == Exit.USAGE


def test_files_of_several_currencies_are_refused(run: Run, three: str) -> None:
    """Dollars are not taken for the yuan of another file, in whatever order they come."""
    dollars = shopify("orders_export_1.csv", "USD")
    for files in ((three, dollars), (dollars, three), (dollars, shopify("more.csv", "EUR"))):
        result = run("score", *files, *AS_OF)
        assert result.exit_code == Exit.USAGE
        assert "a shop has one currency" in result.stderr


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_nobody_reads_the_output(three: str, more: tuple[str, ...]) -> None:
    """A reader that goes, as ``head`` does, ends the run as in any shell, without a word."""
    ours, theirs = os.pipe()
    os.close(ours)
    command = (sys.executable, "-W", "error", "-c", "from retailcrm.cli import main; main()")
    with os.fdopen(theirs, "wb") as nobody:
        run = subprocess.run(
            [*command, "score", three, *AS_OF, *more], stdout=nobody, stderr=subprocess.PIPE, check=False
        )
    assert (run.returncode, run.stderr) == (141, b"")
