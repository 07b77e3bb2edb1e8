"""The checkouts of the examples keep what they promise, as whoever copies them would run them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CHECKOUTS: Final = ("fastapi-checkout", "django-checkout")


def run_its_tests(example: Path, folder: Path, **settings: str) -> None:
    """Run a copy's own tests, in a process of its own: Django is set up once a process."""
    copy = folder / example.name
    shutil.copytree(example, copy, ignore=shutil.ignore_patterns("__pycache__", "*.db*"))
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **settings}
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, "--rootdir", str(copy), str(copy)],
        cwd=copy, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert " passed" in run.stdout


@pytest.mark.parametrize("name", CHECKOUTS)
def test_the_tests_of_a_checkout_pass(repo_root: Path, tmp_path: Path, name: str) -> None:
    """A copy of the folder passes its own tests on a file."""
    run_its_tests(repo_root / "examples" / name, tmp_path)


def test_the_same_checkout_runs_on_postgresql(repo_root: Path, tmp_path: Path, postgres_url: str) -> None:
    """Another address is all that changes."""
    run_its_tests(repo_root / "examples" / CHECKOUTS[0], tmp_path, CHECKOUT_DATABASE=postgres_url)


def test_both_checkouts_have_the_same_rules(repo_root: Path) -> None:
    """The policy beside each of them is one and the same."""
    first, second = ((repo_root / "examples" / name / "shop.toml").read_text("utf-8") for name in CHECKOUTS)
    assert first == second
