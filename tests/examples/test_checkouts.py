"""The checkouts of the examples keep what they promise, as whoever copies them would run them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

CHECKOUTS: Final = ("fastapi-checkout", "django-checkout")


def copied(example: Path, folder: Path) -> Path:
    """Copy an example, as whoever begins with it would."""
    ignored = shutil.ignore_patterns("__pycache__", ".*", "*.db*")
    return Path(shutil.copytree(example, folder / example.name, ignore=ignored))


def run_its_tests(copy: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a copy's own tests, in a process of its own: Django is set up once a process."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **settings}
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "--rootdir", str(copy), *options, str(copy)],
        cwd=copy, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", CHECKOUTS)
def test_the_tests_of_a_checkout_pass(repo_root: Path, tmp_path: Path, name: str) -> None:
    """A copy of the folder passes its own tests on a file."""
    run = run_its_tests(copied(repo_root / "examples" / name, tmp_path))
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_same_checkout_runs_on_postgresql(repo_root: Path, tmp_path: Path, postgres_url: str) -> None:
    """Another address is all that changes."""
    copy = copied(repo_root / "examples" / CHECKOUTS[0], tmp_path)
    run = run_its_tests(copy, CHECKOUT_DATABASE=postgres_url)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_checkout_with_two_transactions_is_found_out(
    repo_root: Path, tmp_path: Path, postgres_url: str
) -> None:
    """Negative control: with points in a transaction of their own, the order goes and her points are gone."""
    copy = copied(repo_root / "examples" / CHECKOUTS[0], tmp_path)
    code = copy / "checkout.py"
    code.write_text(code.read_text("utf-8").replace(".loyalty.using(session)", ".loyalty"), "utf-8")
    run = run_its_tests(copy, "-k", "fails_late", CHECKOUT_DATABASE=postgres_url)
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    assert "assert 200 == 500" in run.stdout


@pytest.mark.parametrize(
    ("name", "file"), [(CHECKOUTS[0], "database.py"), (CHECKOUTS[1], "checkout/views.py")], ids=CHECKOUTS
)
def test_a_checkout_whose_commits_may_coincide_is_found_out(
    repo_root: Path, tmp_path: Path, name: str, file: str
) -> None:
    """Negative control: without ``alone()`` others may write while a request commits."""
    code = copied(repo_root / "examples" / name, tmp_path) / file
    text = re.sub(r"\w+(\.the_shop\(\))?\.alone\(\), ", "", code.read_text("utf-8"))
    code.write_text(text, "utf-8")
    run = run_its_tests(tmp_path / name, "-k", "nobody_else_writes")
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    assert "[True, True, True, True]" in run.stdout


def test_both_checkouts_have_the_same_rules(repo_root: Path) -> None:
    """The policy beside each of them is one and the same."""
    first, second = ((repo_root / "examples" / name / "shop.toml").read_text("utf-8") for name in CHECKOUTS)
    assert first == second
