"""Every figure has one definition, in the glossary."""

from __future__ import annotations

import inspect
from typing import Any

import attrs

from retailcrm.analytics import concentration
from retailcrm.analytics.metrics import Metrics, MonthlyMetrics
from retailcrm.analytics.summary import Coverage


def figures(kind: type[Any]) -> set[str]:
    """Name the counts and the rates of a class of figures."""
    rates = {name for name, value in vars(kind).items() if isinstance(value, property)}
    return rates | {field.name for field in attrs.fields(kind)}


def test_every_figure_of_a_period_is_defined(page: Any, words: Any) -> None:
    """The table has each count and rate of the code, and no other."""
    rows = page("glossary").rows("figure", "指标", "numerator 分子")
    defined = [words(row["figure"])[0] for row in rows]
    assert len(defined) == len(set(defined))
    assert set(defined) == figures(Metrics)


def test_every_rate_has_a_denominator(page: Any, words: Any) -> None:
    """A figure has a denominator if, and only if, it can be missing for want of one."""
    rows = page("glossary").rows("figure", "指标", "numerator 分子")
    divided = {words(row["figure"])[0] for row in rows if row["denominator 分母"]}
    rates = {name for name, value in vars(Metrics).items() if isinstance(value, property)} - {"net"}
    assert divided == rates


def test_every_figure_of_a_month_is_defined(page: Any, words: Any) -> None:
    """What a month has beside a period's figures stands in a table of its own."""
    monthly = {words(row["figure"])[0] for row in page("glossary").rows("figure", "指标", "meaning")}
    assert figures(MonthlyMetrics) - figures(Metrics) <= monthly


def test_the_chinese_name_of_each_rate_is_the_codes(page: Any, words: Any) -> None:
    """The Chinese name in a rate's docstring is the one in the glossary."""
    rows = {
        words(r["figure"])[0]: r["指标"] for r in page("glossary").rows("figure", "指标", "numerator 分子")
    }
    for name, value in vars(Metrics).items():
        if isinstance(value, property) and "(" in (text := inspect.getdoc(value) or ""):
            chinese = text.rpartition("(")[2].rstrip(").").partition(",")[0]
            assert chinese in rows[name]


def test_every_score_column_is_defined(page: Any, words: Any) -> None:
    """The table of the score file has its columns, in their order, here and on the first page."""
    from retailcrm import open_shop

    columns = open_shop("memory:").insight.score("2024-01-01").to_arrow().column_names
    for name in ("glossary", "start"):
        rows = page(name).rows("column")
        assert [words(row["column"])[0] for row in rows] == columns


def test_coverage_and_concentration_are_defined(page: Any) -> None:
    """The shares that the report prints are defined too."""
    text = page("glossary").text
    rates = {name for name, value in vars(Coverage).items() if isinstance(value, property)}
    public = {
        name
        for name, value in vars(concentration).items()
        if inspect.isfunction(value)
        and value.__module__ == concentration.__name__
        and not name.startswith("_")
    }
    assert not [name for name in {*rates, *public, "credit_only", "gini"} if f"`{name}`" not in text]
