"""The contracts of .importlinter hold, and each of them catches a planted fault."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from retailcrm import plugins

LINT: Final = Path(sys.executable).with_name("lint-imports")
CONTRACT_TYPE: Final = Path("tests") / "house" / "floor_contracts.py"

# The contract that must break, the module that goes wrong, and the line that makes it wrong.
FAULTS: Final = [
    ("Each floor imports only from floors below it", "domain/money_again.py", "import retailcrm.analytics"),
    ("Each floor imports only from floors below it", "analytics/greedy.py", "import retailcrm.ports"),
    ("Each floor imports only from floors below it", "plugins.py", "import retailcrm.adapters.sources"),
    ("Each floor imports only from floors below it", "report/greedy.py", "import retailcrm.simulate"),
    ("Each floor imports only from floors below it", "attic.py", "import this"),
    (
        "No brand's adapter knows another's",
        "adapters/sources/taobao/source.py",
        "import retailcrm.adapters.sources.mapping.source",
    ),
    (
        "Only the plugin manager knows Taobao, and by its dotted name",
        "shop/greedy.py",
        "import retailcrm.adapters.sources.taobao.columns",
    ),
    (
        "Only the plugin manager knows Shopify, and by its dotted name",
        "shop/greedy.py",
        "import retailcrm.adapters.sources.shopify.columns",
    ),
    ("Nothing imports the kit for plugin authors", "shop/greedy.py", "import retailcrm.testing.golden"),
    ("testing imports attrs, hypothesis and numpy", "testing/greedy.py", "import pandas"),
    ("The pure floors touch no file, socket, process or clock", "analytics/greedy.py", "import pathlib"),
    ("The pure floors touch no file, socket, process or clock", "domain/late.py", "import time"),
    ("errors imports nothing", "errors.py", "import attrs"),
    ("domain imports attrs and dateutil", "domain/greedy.py", "import numpy"),
    ("analytics imports attrs, numpy and scipy", "analytics/greedy.py", "import pyarrow.compute"),
    ("ports imports attrs, numpy and pluggy", "ports/greedy.py", "from sqlalchemy import text"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts on the package under ``folder/src``."""
    env = {**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "200"}
    command = [str(LINT), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def broken(output: str) -> set[str]:
    """Give the names of the contracts that were broken."""
    return set(re.findall(r"^(.*) BROKEN", output, re.MULTILINE))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, repo_root: Path) -> Path:
    """Copy the package and its contracts, so that a fault can be planted."""
    folder = tmp_path_factory.mktemp("house")
    no_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repo_root / "src", folder / "src", ignore=no_caches)
    (folder / CONTRACT_TYPE).parent.mkdir(parents=True)
    for name in (Path(".importlinter"), CONTRACT_TYPE):
        shutil.copy(repo_root / name, folder / name)
    return folder


def test_every_contract_is_kept(house: Path) -> None:
    """The package as it stands breaks no contract."""
    run = lint(house)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("contract", "module", "line"), FAULTS, ids=[f"{module}: {line}" for _, module, line in FAULTS]
)
def test_a_planted_import_breaks_its_contract(house: Path, contract: str, module: str, line: str) -> None:
    """An import that the house forbids is named by the contract that forbids it."""
    path = house / "src" / "retailcrm" / module
    before = path.read_text("utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", "utf-8")
    try:
        run = lint(house)
    finally:
        path.write_text(before, "utf-8") if before is not None else path.unlink()
    assert run.returncode == 1, run.stdout + run.stderr
    assert contract in broken(run.stdout)


def test_every_built_in_plugin_is_held_apart_from_the_others(repo_root: Path) -> None:
    """Each adapter that is loaded by default is on the list of independent brands."""
    contracts = configparser.ConfigParser()
    contracts.read(repo_root / ".importlinter", "utf-8")
    apart = contracts["importlinter:contract:brands"]["modules"].split()
    assert set(plugins.BUILT_IN) <= set(apart)
