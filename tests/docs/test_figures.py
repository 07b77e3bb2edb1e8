"""The pages show the figures that benchmarks stored, and no others."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def checked(script: Path) -> subprocess.CompletedProcess[str]:
    """Ask the writer of figures whether its pages are up to date."""
    asked = [sys.executable, str(script), "--check"]
    return subprocess.run(asked, capture_output=True, text=True, check=False)


def test_pages_show_what_benchmarks_stored(repo_root: Path) -> None:
    """If not: python docs/generate_figures.py."""
    script = repo_root / "docs" / "generate_figures.py"
    run = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_a_page_with_another_figure_is_noticed(repo_root: Path, tmp_path: Path) -> None:
    """A figure that somebody wrote by hand is none that was measured."""
    for name in ("docs/generate_figures.py", "docs/reliability.md", "docs/one-machine.md"):
        copy = tmp_path / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text((repo_root / name).read_text("utf-8").replace(" a second", " an hour"), "utf-8")
    results = tmp_path / "benchmarks" / "results"
    results.parent.mkdir()
    results.symlink_to(repo_root / "benchmarks" / "results")
    script = tmp_path / "docs" / "generate_figures.py"
    script.write_text((repo_root / "docs" / "generate_figures.py").read_text("utf-8"), "utf-8")
    run = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "reliability.md, one-machine.md" in run.stderr
