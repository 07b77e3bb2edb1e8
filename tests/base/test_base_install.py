"""The base install is the pure core: it works alone, and says what to install for the rest."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from importlib import metadata
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BaseRun = Callable[[str], subprocess.CompletedProcess[str]]

PROMISED: Final = {"attrs", "numpy", "pluggy", "python-dateutil", "scipy", "tzdata"}
MAY_COME_ALONG: Final = {"six"}  # with python-dateutil before 3
CORE: Final = [
    "retailcrm.errors",
    "retailcrm.domain",
    "retailcrm.analytics",
    "retailcrm.ports",
    "retailcrm.plugins",
]

EVERY_MODULE: Final = """
import importlib, pkgutil
def walk(name):
    module = importlib.import_module(name)
    yield module
    for found in pkgutil.iter_modules(getattr(module, "__path__", []), name + "."):
        yield from walk(found.name)
"""


def extras() -> set[str]:
    """Give the distributions that the extras for users name."""
    requirements = map(Requirement, metadata.requires("retailcrm-core") or [])
    return {
        canonicalize_name(r.name)
        for r in requirements
        if r.marker and any(r.marker.evaluate({"extra": extra}) for extra in ("shop", "docs"))
    }


def test_the_base_install_is_small(base_distributions: set[str]) -> None:
    """The base install brings the promised distributions along and no other."""
    assert base_distributions - MAY_COME_ALONG == {"retailcrm-core"} | PROMISED


def test_no_extra_is_there(base_run: BaseRun) -> None:
    """Where only the base is installed, no distribution of an extra is."""
    run = base_run("import importlib.metadata as m\nprint(*{d.name for d in m.distributions()})")
    found = set(map(canonicalize_name, run.stdout.split()))
    assert found >= PROMISED, run.stderr
    assert not extras() & found


@pytest.mark.parametrize("name", CORE)
def test_the_core_can_be_imported(base_run: BaseRun, name: str) -> None:
    """Every module of the core can be imported with nothing but the base installed."""
    run = base_run(f"{EVERY_MODULE}\nprint(len(list(walk({name!r}))))")
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) >= 1


@pytest.mark.parametrize("name", CORE)
def test_the_core_works(base_run: BaseRun, name: str) -> None:
    """The examples in the core's docstrings are true with nothing but the base installed."""
    flags = "doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE"
    run = base_run(
        f"{EVERY_MODULE}\nimport doctest\n"
        f"print(sum(doctest.testmod(m, optionflags={flags}).failed for m in walk({name!r})))"
    )
    assert run.stdout.strip() == "0", run.stdout + run.stderr


def test_importing_the_package_works(base_run: BaseRun) -> None:
    """``import retailcrm`` works, and the version is there."""
    run = base_run("import retailcrm\nprint(retailcrm.__version__)")
    assert run.stdout.strip() == metadata.version("retailcrm-core"), run.stderr


def test_the_command_says_what_to_install(base_run: BaseRun) -> None:
    """``retailcrm`` without the extra prints the pip line and fails, without a traceback."""
    run = base_run("import sys\nfrom retailcrm.cli import main\nsys.exit(main())")
    assert run.returncode != 0
    assert "pip install 'retailcrm-core[shop]'" in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
