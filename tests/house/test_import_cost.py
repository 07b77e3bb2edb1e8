"""Importing the package is cheap, and loads nothing of what the extras install."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

HEAVY: Final = {
    "duckdb",
    "jinja2",
    "msoffcrypto",
    "pandas",
    "plotly",
    "polars",
    "pyarrow",
    "pyspark",
    "python_calamine",
    "rich",
    "sqlalchemy",
}
SECONDS: Final = 0.2
TRIES: Final = 9


def loaded_by(statement: str) -> set[str]:
    """Give the top-level modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in run.stdout.split()}


def seconds_for(statement: str) -> float:
    """Time a statement in a fresh interpreter: the best of several tries.

    Whatever else the machine does can only add to the time, so the least is the nearest to the truth.
    """
    code = f"import time\nt = time.perf_counter()\n{statement}\nprint(time.perf_counter() - t)"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(TRIES)
    ]
    return min(float(run.stdout) for run in runs)


def test_importing_the_package_loads_no_extra() -> None:
    """``import retailcrm`` leaves pyarrow, SQLAlchemy, pandas and the like unloaded."""
    assert not HEAVY & loaded_by("import retailcrm")


def test_importing_the_package_is_quick() -> None:
    """``import retailcrm`` takes less than a fifth of a second."""
    assert seconds_for("import retailcrm") < SECONDS


def test_a_heavy_or_slow_import_is_noticed() -> None:
    """Both checks see a planted fault."""
    assert HEAVY & loaded_by("import rich") == {"rich"}
    assert seconds_for(f"time.sleep({SECONDS})") >= SECONDS


@pytest.mark.parametrize("floor", ["retailcrm.domain", "retailcrm.errors"])
def test_the_nouns_load_no_numpy(floor: str) -> None:
    """The nouns of the shop work without the number libraries."""
    assert not {"numpy", "scipy"} & loaded_by(f"import {floor}")
