"""Where packages are missing every command says what to install, and never shows a traceback."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest

from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import OF_THE_EXTRA

WITHOUT: Final = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
sys.argv = ["retailcrm", *{arguments!r}]
from retailcrm.cli import main
main()
"""


def run_without(missing: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as if a package were not installed."""
    code = WITHOUT.format(missing=missing, arguments=list(arguments))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        ("click", "--help"),
        ("rich", "plugins"),
        ("rich", "score"),
        ("pyarrow", "score"),
        ("pyarrow", "report"),
        ("pyarrow", "demo"),
        ("plotly", "report"),
        ("jinja2", "report"),
    ],
)
def test_a_missing_package_is_named(three: str, missing: str, command: str) -> None:
    """Without a package of the extra the command prints the pip line and exits with 2."""
    given = [three, "--as-of", "2024-04-01"] if command in ("score", "report") else []
    run = run_without(missing, command, *given)
    assert run.returncode == Exit.USAGE, run.stdout
    assert "pip install 'retailcrm-core[shop]'" in run.stderr
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("missing", ["python_calamine", "msoffcrypto"])
def test_text_files_need_no_workbook_reader(three: str, missing: str) -> None:
    """Without the packages that read workbooks a CSV file is scored all the same."""
    assert run_without(missing, "score", three, "--as-of", "2024-04-01").returncode == Exit.OK


def test_the_help_needs_click_alone(three: str) -> None:
    """Without Rich and Arrow the help is still there."""
    for missing in ("rich", "pyarrow"):
        assert run_without(missing, "score", "--help").returncode == Exit.OK
    assert Path(three).is_file()


def test_the_list_of_packages_is_the_extras() -> None:
    """What we say the extra installs is what the distribution says."""
    requires = metadata.requires("retailcrm-core") or []
    named = {
        re.split(r"[ >=<!;\[]", line)[0] for line in requires if "extra == 'shop'" in line.replace('"', "'")
    }
    by_distribution = {"python-calamine": "python_calamine", "msoffcrypto-tool": "msoffcrypto"}
    assert {by_distribution.get(name, name) for name in named} == OF_THE_EXTRA
