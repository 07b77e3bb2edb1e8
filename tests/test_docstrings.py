"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING, Final

import pytest

import retailcrm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULES: Final = [
    "retailcrm",
    *(
        m.name
        # A package that cannot be imported is listed, and fails below under its own name.
        for m in pkgutil.walk_packages(retailcrm.__path__, "retailcrm.", onerror=lambda _: None)
        if not m.name.endswith("__main__")
    ),
]


def examples(module: ModuleType) -> Iterator[doctest.DocTest]:
    """Yield a module's docstrings that hold an example."""
    yield from (test for test in doctest.DocTestFinder(exclude_empty=True).find(module) if test.examples)


def run(test: doctest.DocTest, flags: int) -> str:
    """Run one docstring's examples; give what went wrong, empty if nothing did."""
    said: list[str] = []
    doctest.DocTestRunner(optionflags=flags, verbose=False).run(test, out=said.append)
    return "".join(said)


@pytest.fixture
def flags(pytestconfig: pytest.Config) -> int:
    """Give the doctest options of pyproject.toml, so that ``pytest --doctest-modules`` agrees."""
    names: list[str] = pytestconfig.getini("doctest_optionflags")
    return sum(getattr(doctest, name) for name in names)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(
    name: str, flags: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each example in a module's docstrings gives the result that stands under it."""
    monkeypatch.chdir(tmp_path)
    if wrong := "".join(run(test, flags) for test in examples(importlib.import_module(name))):
        pytest.fail(wrong, pytrace=False)


def test_a_wrong_example_is_noticed() -> None:
    """A planted example whose result is wrong is reported."""
    module = ModuleType("planted", "Say.\n\n>>> 1 + 1\n3\n")
    assert ["Expected" in run(test, 0) for test in examples(module)] == [True]
