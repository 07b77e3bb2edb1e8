"""Every figure has one definition, in the glossary."""

from __future__ import annotations

import importlib
import inspect
from pkgutil import iter_modules
from typing import Any

import attrs

from retailcrm.analytics import concentration
from retailcrm.analytics import metrics as package
from retailcrm.analytics.metrics import DEFINITIONS, Metrics, MonthlyMetrics
from retailcrm.analytics.metrics.delays import Delays
from retailcrm.analytics.summary import Coverage
from retailcrm.domain.labels import Label


def figures(kind: type[Any]) -> set[str]:
    """Name the counts and the rates of a class of figures."""
    rates = {name for name, value in vars(kind).items() if isinstance(value, property)}
    return rates | {field.name for field in attrs.fields(kind)}


def test_every_figure_is_defined_as_in_the_code(page: Any, words: Any) -> None:
    """The table has each definition of the code, in both languages, and no other."""
    rows = page("glossary").rows("key", "指标", "figure")
    printed = [
        (words(r["key"])[0], r["指标"], r["figure"], r["numerator"], r["分子"], r["denominator"], r["分母"])
        for r in rows
    ]
    nothing = Label("", "")
    coded = [
        (key, d.zh, d.en, d.numerator.en, d.numerator.zh, over.en, over.zh)
        for key, d in DEFINITIONS.items()
        for over in (d.denominator or nothing,)
    ]
    assert printed == coded


def public_functions() -> dict[str, Any]:
    """Give the functions of the figures' modules by name."""
    modules = [
        importlib.import_module(f"{package.__name__}.{m.name}") for m in iter_modules(package.__path__)
    ]
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


def test_definitions_are_of_functions() -> None:
    """Each key is a function's name (or what a delay tells beside its hours), and each figure has a key."""
    functions = public_functions()
    assert set(DEFINITIONS) - set(functions) == {"within"}
    assert isinstance(vars(Delays)["within"], property)
    figures_of = {
        name
        for name, function in functions.items()
        if str(function.__annotations__.get("return")) == "Figure"
        and not {"parts", "key"} & set(function.__annotations__)  # these build any figure
    }
    assert figures_of - set(DEFINITIONS) == set()


def test_docstrings_use_the_chinese_names() -> None:
    """The docstring of each figure begins with a line that has its Chinese name."""
    functions = public_functions()
    for key in set(DEFINITIONS) & set(functions):
        first_line = (inspect.getdoc(functions[key]) or "").partition("\n")[0]
        assert DEFINITIONS[key].zh.partition("（")[0] in first_line, key


def test_every_count_of_a_period_is_defined(page: Any, words: Any) -> None:
    """What a period's totals count is either a figure or stands in a table of its own."""
    counts = {words(row["count"])[0] for row in page("glossary").rows("count", "计数")}
    assert figures(Metrics) - set(DEFINITIONS) <= counts <= figures(Metrics)


def test_every_rate_has_a_denominator() -> None:
    """A figure has a denominator if, and only if, it can be missing for want of one."""
    rates = {name for name, value in vars(Metrics).items() if isinstance(value, property)} - {"net"}
    assert {key for key in figures(Metrics) & set(DEFINITIONS) if DEFINITIONS[key].denominator} == rates


def test_every_figure_of_a_month_is_defined(page: Any, words: Any) -> None:
    """What a month has beside a period's figures stands in a table of its own."""
    monthly = {words(row["figure"])[0] for row in page("glossary").rows("figure", "指标", "meaning")}
    assert figures(MonthlyMetrics) - figures(Metrics) <= monthly


def test_the_chinese_name_of_each_rate_is_the_codes() -> None:
    """The Chinese name in the docstring of a total's rate is the figure's."""
    for name, value in vars(Metrics).items():
        if isinstance(value, property) and "(" in (text := inspect.getdoc(value) or ""):
            chinese = text.rpartition("(")[2].rstrip(").").partition(",")[0]
            assert chinese in DEFINITIONS[name].zh


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
