"""``retailcrm report``: the page, and the same options and exit codes as ``score``."""

from __future__ import annotations

import json
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


def test_no_order_makes_no_page(run: Run, three: str) -> None:
    """Before the first order there is nothing to describe, and why is said."""
    result = run("report", three, "--as-of", "2001-01-01")
    assert result.exit_code == Exit.NOBODY
    assert not Path("report.html").exists()
