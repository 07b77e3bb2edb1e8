"""The help: what a new user reads first, in a moment and on 80 columns."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

import pytest
from click.testing import Result

from retailcrm import __version__
from retailcrm.cli.commands import retailcrm
from retailcrm.cli.exits import Exit

Run = Callable[..., Result]

COMMANDS: Final = [
    "demo", "score", "report", "customer", "duplicates", "archive", "import", "points", "tick", "verify",
    "db", "doctor", "torture", "policy", "plugins",
]  # fmt: skip
SECONDS: Final = 0.3
TRIES: Final = 7


def test_no_argument_prints_the_help(run: Run) -> None:
    """``retailcrm`` alone prints the help and ends well."""
    result = run()
    assert result.exit_code == 0
    assert result.stdout == run("--help").stdout
    assert result.stdout.startswith("Usage: retailcrm")


def test_the_help_lists_every_command_in_full(run: Run) -> None:
    """Each command stands in the help with its short text, none of them cut off."""
    said = run("--help").stdout
    assert list(retailcrm.commands) == COMMANDS
    for name, command in retailcrm.commands.items():
        assert f"  {name:<10}  {command.short_help}\n" in said


def test_the_help_explains_the_exit_codes(run: Run) -> None:
    """Each exit code stands in the help with its meaning, and the codes are 0 to 11."""
    said = run("--help").stdout
    assert [int(code) for code in Exit] == list(range(12))
    for code in Exit:
        assert f"  {int(code)}  {code.meaning}\n" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained_on_80_columns(run: Run, command: str) -> None:
    """The help of a command explains each option, and no line is wider than a terminal."""
    said = run(command, "--help").stdout
    assert max(map(len, said.splitlines())) <= 80
    for parameter in retailcrm.commands[command].params:
        if parameter.param_type_name == "option":
            assert parameter.opts[0] in said
            assert getattr(parameter, "help", None)


@pytest.mark.parametrize("command", ["score", "report"])
def test_examples_stand_on_lines_of_their_own(run: Run, command: str) -> None:
    """The example commands in the help can be copied line by line."""
    said = run(command, "--help").stdout
    assert f"\n    retailcrm {command} ExportOrderList202403252230.csv --as-of 2024-04-01\n" in said


def test_the_version_is_the_packages(run: Run) -> None:
    """``retailcrm --version`` prints the version."""
    assert run("--version").stdout == f"retailcrm, version {__version__}\n"


def test_a_misspelt_command_is_recognised(run: Run) -> None:
    """A wrong command is a usage error."""
    result = run("scor")
    assert result.exit_code == Exit.USAGE
    assert "scor" in result.stderr


def test_the_help_loads_nothing_slow() -> None:
    """``retailcrm --help`` loads neither numpy nor Arrow, Rich or Plotly."""
    code = (
        "import sys\nfrom retailcrm.cli.commands import retailcrm\n"
        "retailcrm(['score', '--help'], standalone_mode=False)\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stderr.split()}
    assert not loaded & {"numpy", "scipy", "pyarrow", "rich", "plotly", "jinja2", "pluggy", "python_calamine"}


def test_the_help_is_there_in_a_moment() -> None:
    """``retailcrm --help`` takes less than 0.3 seconds from start to end: the best of several tries."""
    code = "import sys\nfrom retailcrm.cli import main\nsys.argv = ['retailcrm', '--help']\nmain()"
    best = 60.0
    for _ in range(TRIES):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        best = min(best, time.perf_counter() - started)
    assert best < SECONDS
