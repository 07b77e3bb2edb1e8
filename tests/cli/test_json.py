"""``--json``: one document on standard output, stable keys, nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import Result

from retailcrm.cli.documents import KEYS
from retailcrm.cli.exits import Exit

Run = Callable[..., Result]
Order = Callable[..., str]
Export = Callable[..., str]

AS_OF: Final = ("--as-of", "2024-04-01", "--json")


def document(result: Result) -> dict[str, Any]:
    """Read standard output, all of it, as one JSON object."""
    plain: dict[str, Any] = json.loads(result.stdout)
    assert plain["exit_code"] == result.exit_code
    return plain


@pytest.mark.parametrize("command", ["score", "report"])
def test_the_document_describes_the_run(run: Run, three: str, command: str) -> None:
    """The keys are the documented ones, amounts are text, and the moment has the shop's offset."""
    result = run(command, three, *AS_OF)
    said = document(result)
    assert list(said) == list(KEYS)
    assert (said["version"], said["command"], said["customers"]) == (1, command, 3)
    assert (said["currency"], said["zone"]) == ("CNY", "Asia/Shanghai")
    assert said["as_of"] == "2024-04-01T00:00:00+08:00"
    assert Path(said["out"]).is_file()
    assert result.stderr == ""


def test_counts_agree(run: Run, three: str) -> None:
    """Customers and money of the groups add up to the three customers' 60 yuan."""
    said = document(run("score", three, *AS_OF))
    for groups in ("segments", "activity", "value_classes"):
        assert sum(group["customers"] for group in said[groups].values()) == 3
        assert sum(float(group["net"]) for group in said[groups].values()) == 60
    assert said["tiers"] == {}
    stable = {"orders": 6, "gross": "60.00", "refunded": "0.00"}
    assert said["coverage"]["stable"] == stable
    assert said["coverage"]["known_share_of_gross"] == 1
    (file,) = said["files"]
    assert file["records"] == file["accepted"] + file["rejected"] + file["blank"] == 6


def test_problems_are_counted_and_listed(run: Run, export: Export, order: Order) -> None:
    """A rejected record is counted by its code, and listed with its place."""
    damaged = order(0, "王五").replace('="0"', "1.93E+15")
    said = document(run("score", export([order(1000000000000001, "甲"), damaged]), *AS_OF, "--strict"))
    assert said["exit_code"] == Exit.PROBLEMS
    assert said["problem_count"] == 1
    assert said["files"][0]["rejected_by_code"] == {"damaged-number": 1}
    assert said["problems"][0]["first_line"] == 3


def test_a_warning_leaves_the_document_alone(run: Run, mostly_masked: str) -> None:
    """Little coverage warns on the error stream; the document stays whole and has the code."""
    result = run("score", mostly_masked, *AS_OF)
    assert document(result)["exit_code"] == Exit.COVERAGE
    assert "--buyers" in result.stderr


FAILURES: Final = {
    "unreadable": (("a,b\n1,2\n",), Exit.REFUSED, "unrecognised"),
    "wrong option": (("a,b\n1,2\n", "--zone", "Mars/Base"), Exit.USAGE, None),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failure_is_a_document_too(run: Run, kind: str) -> None:
    """A run that fails prints its sentence as JSON on standard output and as text on the error stream."""
    (content, *given), code, word = FAILURES[kind]
    Path("file.csv").write_text(content)
    result = run("score", "file.csv", *AS_OF, *given)
    said = document(result)
    assert list(said) == ["version", "command", "exit_code", "error"]
    assert said["exit_code"] == code
    assert said["error"]["code"] == word
    assert result.stderr == f"retailcrm: {said['error']['message']}\n"


def test_nobody_to_score_is_a_document_too(run: Run, export: Export) -> None:
    """A shop without orders prints a document with exit code 6."""
    assert document(run("score", export([]), *AS_OF))["exit_code"] == Exit.NOBODY


def test_plugins(run: Run) -> None:
    """The list of plugins is a document of the same kind."""
    said = document(run("plugins", "--json"))
    assert said["version"] == 1
    assert "taobao" in said["formats"]
    assert "active_days" in said["tier_metrics"]
    built_in = next(p for p in said["plugins"] if p["name"] == "retailcrm.adapters.sources.taobao")
    assert built_in["distribution"] == "retailcrm-core"
    assert built_in["hooks"] == ["register_sources"]


def test_a_terminal_without_chinese(three: str) -> None:
    """Where standard output is ASCII only, text and JSON still come out whole, as escapes."""
    base = [
        sys.executable,
        "-c",
        "from retailcrm.cli import main; main()",
        "score",
        three,
        "--as-of",
        "2024-04-01",
    ]
    env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PATH": "", "COLUMNS": "80"}
    text = subprocess.run(base, capture_output=True, env=env, check=True)
    assert b"\\u6d3b\\u8dc3" in text.stdout
    plain = subprocess.run([*base, "--json"], capture_output=True, env=env, check=True)
    assert json.loads(plain.stdout.decode("ascii"))["customers"] == 3
