"""On CI a skip that nobody agreed to fails the run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SKIPPING: Final = """
import pytest

def test_fine(): ...

def test_skipped():
    pytest.skip("{reason}")
"""


@pytest.fixture
def project(tmp_path: Path, repo_root: Path) -> Path:
    """Make a project that has nothing but this one's gate and list."""
    (tmp_path / "tests").mkdir()
    for name in ("conftest.py", "tests/allowed_skips.txt"):
        shutil.copy(repo_root / name, tmp_path / name)
    return tmp_path


def run_pytest(project: Path, *, ci: str) -> subprocess.CompletedProcess[str]:
    """Run a project's tests."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(project), "tests"]
    env = {**os.environ, "CI": ci}
    return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)


def test_an_unknown_skip_fails_the_run_on_ci(project: Path) -> None:
    """A skip whose reason is not on the list makes the run fail and is named."""
    (project / "tests" / "test_a.py").write_text(SKIPPING.format(reason="no time today"))
    run = run_pytest(project, ci="true")
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "tests/test_a.py::test_skipped: no time today" in run.stdout


def test_a_module_skipped_as_a_whole_fails_the_run_on_ci(project: Path) -> None:
    """A module that skips itself while it is collected does not slip through."""
    code = "import pytest\npytest.importorskip('no_such_module')\n" + SKIPPING.format(reason="x")
    (project / "tests" / "test_a.py").write_text(code)
    (project / "tests" / "test_b.py").write_text("def test_fine(): ...\n")
    run = run_pytest(project, ci="true")
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "no_such_module" in run.stdout


def test_an_agreed_skip_passes_on_ci(project: Path) -> None:
    """A skip whose reason is on the list leaves the run green."""
    (project / "tests" / "test_a.py").write_text(SKIPPING.format(reason="RETAILCRM_DATA is not set"))
    assert run_pytest(project, ci="true").returncode == pytest.ExitCode.OK


def test_a_developer_may_skip(project: Path) -> None:
    """Off CI, any skip leaves the run green."""
    (project / "tests" / "test_a.py").write_text(SKIPPING.format(reason="no time today"))
    assert run_pytest(project, ci="").returncode == pytest.ExitCode.OK
