"""The documentation's page of the command line is made from the commands, and up to date."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from retailcrm.cli.commands import retailcrm
from retailcrm.cli.documents import KEYS
from retailcrm.cli.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


@pytest.fixture
def generator(repo_root: Path) -> ModuleType:
    """Load the generator."""
    spec = importlib.util.spec_from_file_location("generate_cli", repo_root / "docs" / "generate_cli.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(generator: ModuleType) -> None:
    """docs/cli.md is what the commands say; if not: python docs/generate_cli.py."""
    assert generator.PAGE.read_text("utf-8") == generator.page()


def test_the_page_is_complete_and_narrow(generator: ModuleType) -> None:
    """Every command, option, exit code and JSON key is on the page, on at most 80 columns."""
    page = generator.page()
    assert {name.partition(" ")[0] for name, _ in generator.commands()} == set(retailcrm.commands)
    for name, command in generator.commands():
        assert f"## retailcrm {name}\n" in page
        for option in (p for p in command.params if isinstance(p, click.Option)):
            assert f"\n`{option.opts[0]}" in page
    for code in Exit:
        assert f"| {int(code):<4} | " in page
    for key in KEYS:
        assert f"- `{key}`: " in page
    assert max(map(len, page.splitlines())) <= 80
    assert "\b" not in page


def test_check_tells_a_stale_page(generator: ModuleType, repo_root: Path, tmp_path: Path) -> None:
    """--check passes on the page as it is; a stale or missing page fails with what to run."""
    script = repo_root / "docs" / "generate_cli.py"
    subprocess.run([sys.executable, script, "--check"], check=True)
    copy = tmp_path / "generate_cli.py"
    copy.write_text(script.read_text("utf-8"), "utf-8")
    stale = subprocess.run([sys.executable, copy, "--check"], capture_output=True, text=True, check=False)
    assert stale.returncode == 1
    assert "python docs/generate_cli.py" in stale.stderr
    subprocess.run([sys.executable, copy], check=True)
    assert (tmp_path / "cli.md").read_text("utf-8") == generator.page()
