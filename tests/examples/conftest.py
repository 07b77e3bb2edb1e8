"""The example plugin, installed into a folder of its own, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import attrs
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLUGIN: Final = "retailcrm-plugin-yuelan"
Run = subprocess.CompletedProcess[str]


@attrs.frozen
class Installed:
    """Where the plugin was installed, and a folder to work in.

    Attributes:
        source: A copy of the example's folder.
        site: The folder it was installed into, and nothing else.
        work: Where commands run.
    """

    source: Path
    site: Path
    work: Path

    def python(self, *arguments: str, site: Path | None = None) -> Run:
        """Run an interpreter that sees the plugin beside everything that is installed here."""
        env = {**os.environ, "PYTHONPATH": str(site or self.site), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-W", "error", *arguments]
        return subprocess.run(command, cwd=self.work, env=env, capture_output=True, text=True, check=False)

    def retailcrm(self, *arguments: str, site: Path | None = None) -> Run:
        """Run the command line."""
        code = "from retailcrm.cli import main; main()"
        return self.python("-c", code, *arguments, site=site)

    @property
    def export(self) -> Path:
        """The sample file."""
        return self.source / "sample" / "yuelan-20240701.csv"


@pytest.fixture(scope="session")
def installed(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the example as pip would for anybody, but from this machine alone."""
    folder = tmp_path_factory.mktemp("plugin")
    source, site, work = (folder / name for name in ("source", "site", "work"))
    shutil.copytree(repo_root / "examples" / PLUGIN, source)
    work.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    command = [*pip, "--no-build-isolation", "--target", str(site), str(source)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return Installed(source, site, work)


@pytest.fixture
def changed(installed: Installed, tmp_path: Path) -> Callable[[str, str], Path]:
    """Give a function that installs the plugin elsewhere with one word of its hooks replaced."""

    def change(before: str, after: str) -> Path:
        site = tmp_path / "site"
        shutil.copytree(installed.site, site)
        hooks = site / "retailcrm_plugin_yuelan" / "__init__.py"
        text = hooks.read_text("utf-8")
        assert before in text
        hooks.write_text(text.replace(before, after), "utf-8")
        return site

    return change
