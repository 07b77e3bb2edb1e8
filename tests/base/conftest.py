"""An interpreter that sees the base install and nothing else, whatever is installed around it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import retailcrm

OURS: Final = "retailcrm-core"
BaseRun = Callable[[str], subprocess.CompletedProcess[str]]


def needed_by(name: str) -> set[str]:
    """Give the distributions that a plain ``pip install`` of one brings along, itself included."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        if (current := canonicalize_name(waiting.pop())) in found:
            continue
        found.add(current)
        requirements = map(Requirement, metadata.requires(current) or [])
        waiting += [r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    return found


def top_level_paths(name: str) -> Iterator[Path]:
    """Yield the files and folders that a distribution puts into site-packages."""
    distribution = metadata.distribution(name)
    first_parts = {file.parts[0] for file in distribution.files or []}
    for part in sorted(first_parts - {"..", "__pycache__"}):
        yield Path(str(distribution.locate_file(part)))


@pytest.fixture(scope="session")
def base_distributions() -> set[str]:
    """Give the distributions of the base install."""
    return needed_by(OURS)


@pytest.fixture(scope="session")
def base_site(tmp_path_factory: pytest.TempPathFactory, base_distributions: set[str]) -> Path:
    """Make a folder that holds the base install alone, by links."""
    site = tmp_path_factory.mktemp("base-site")
    (site / "retailcrm").symlink_to(Path(retailcrm.__file__).parent)
    for name in base_distributions:
        for path in top_level_paths(name):
            if path.suffix != ".pth" and not (site / path.name).exists():
                (site / path.name).symlink_to(path)
    return site


@pytest.fixture(scope="session")
def base_run(base_site: Path, tmp_path_factory: pytest.TempPathFactory) -> BaseRun:
    """Give a function that runs code where only the base install is there."""
    folder = tmp_path_factory.mktemp("base-run")
    env = {**os.environ, "PYTHONPATH": str(base_site), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(code: str) -> subprocess.CompletedProcess[str]:
        # -S leaves out the site-packages of this interpreter.
        command = [sys.executable, "-S", "-W", "error", "-c", code]
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)

    return run
