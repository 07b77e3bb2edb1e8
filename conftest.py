"""What every test run shares: documentation blocks as tests, and the gate on skipped tests."""

from __future__ import annotations

import doctest
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from sybil import Example, Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parent
ALLOWED_SKIPS: Final = ROOT / "tests" / "allowed_skips.txt"
OUTPUT_FLAGS: Final = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


# -- documentation blocks ----------------------------------------------------------------------------


def enter_scratch_folder(namespace: dict[str, Any]) -> None:
    """Run a page's blocks in a folder of its own: what they write must not land in the checkout."""
    namespace["_left"], namespace["_scratch"] = Path.cwd(), tempfile.mkdtemp()
    os.chdir(namespace["_scratch"])


def leave_scratch_folder(namespace: dict[str, Any]) -> None:
    """Go back to where the run was, and drop what the page wrote."""
    os.chdir(namespace["_left"])
    shutil.rmtree(namespace["_scratch"])


def dialogue(text: str) -> Iterator[tuple[str, str]]:
    """Yield each ``$ command`` of a console block with the output shown under it."""
    for part in f"\n{text}".replace("\\\n", "").split("\n$ ")[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def run_console(example: Example) -> str | None:
    """Run the ``$ retailcrm`` commands of a block; output that the page shows must be what came out.

    Other commands (``pip``, ``git`` ...) change the machine, so they stay unrun here; `.ci/run` runs
    those of the README in an empty environment.
    """
    here = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100", "NO_COLOR": "1"}
    for command, shown in dialogue(example.parsed):
        if command.split()[0] != "retailcrm":
            return None
        run = subprocess.run(  # noqa: S602 - the project's own pages; the shell expands their file patterns
            command, shell=True, env=env, capture_output=True, text=True, encoding="utf-8", check=False
        )
        if run.returncode:
            return f"$ {command}\nended with {run.returncode}\n{run.stdout}{run.stderr}"
        if shown.strip() and not doctest.OutputChecker().check_output(shown, run.stdout, OUTPUT_FLAGS):
            return f"$ {command}\nthe page shows\n{shown}\nbut it printed\n{run.stdout}"
    return None


def parse_toml(example: Example) -> None:
    """Take a TOML block only if it is TOML."""
    tomllib.loads(example.parsed)


def parse_json(example: Example) -> None:
    """Take a JSON block only if it is JSON."""
    json.loads(example.parsed)


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=OUTPUT_FLAGS),
        CodeBlockParser("console", run_console),
        CodeBlockParser("toml", parse_toml),
        CodeBlockParser("json", parse_json),
        SkipParser(),
    ],
    patterns=["README*.md", "docs/*.md", "docs/*/*.md", "docs/*/*/*.md"],
    setup=enter_scratch_folder,
    teardown=leave_scratch_folder,
).pytest()


# -- names of tests ---------------------------------------------------------------------------------


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case after its argument where the value is a packed file.

    The bytes of such a file hold the time at which it was packed, so that the workers of one run would
    know the same test by different names.
    """
    return argname if isinstance(val, bytes) and not val.isascii() else None


# -- the gate on skips -------------------------------------------------------------------------------


class SkipGate:
    """Fail a run in which a test was skipped for a reason that nobody has agreed to.

    Attributes:
        allowed: Patterns of agreed reasons, from ``tests/allowed_skips.txt``.
        refused: ``test: reason`` of every other skip so far.
    """

    def __init__(self, allowed: list[str]) -> None:
        self.allowed = allowed
        self.refused: list[str] = []

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Remember a skip unless its reason is on the list."""
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not any(fnmatchcase(reason, pattern) for pattern in self.allowed):
            self.refused.append(f"{report.nodeid}: {reason}")

    pytest_runtest_logreport = note
    pytest_collectreport = note

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a green run red if a skip was refused."""
        if self.refused and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which skips were refused."""
        if self.refused:
            terminalreporter.section("skips that tests/allowed_skips.txt does not allow")
            for line in self.refused:
                terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Put up the gate where nobody watches: on CI."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        lines = ALLOWED_SKIPS.read_text("utf-8").splitlines()
        allowed = [line for line in lines if line.strip() and not line.startswith("#")]
        config.pluginmanager.register(SkipGate(allowed), "skip-gate")
