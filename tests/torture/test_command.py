"""``retailcrm torture``: one round of everything, and what it says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
from click.testing import CliRunner

from retailcrm.cli.commands import retailcrm
from retailcrm.torture import campaign
from retailcrm.torture.races import Race

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PASSED = Race(name="hot", seed=0, processes=4, done=142, refused=4, errors=(), seconds=0.5)


def only(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let a campaign consist of one harness that has its result ready."""
    result = attrs.evolve(PASSED, **changes)
    monkeypatch.setattr(campaign, "_harnesses", lambda *_: [("hot account", lambda _: result)])


def test_a_round_is_counted(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    """Rounds are repeated while there is time, their counts added; nothing wrong ends with 0."""
    only(monkeypatch)
    run = CliRunner().invoke(
        retailcrm, ["torture", "--db", sqlite_url, "--minutes", "0.001", "--seed", "5", "--json"]
    )
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    (part,) = told["parts"]
    assert (told["seed"], part["name"]) == (5, "hot account")
    assert part["counts"]["done"] == 142 * part["runs"]


def test_a_broken_promise_is_said(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    """What was wrong is printed with its seed, and the command ends with 7."""
    only(monkeypatch, problems=("143 succeeded",))
    run = CliRunner().invoke(
        retailcrm, ["torture", "--db", sqlite_url, "--minutes", "0.00001", "--seed", "5"]
    )
    assert run.exit_code == 7
    assert "seed 5: 143 succeeded" in run.stdout
    assert "hot account" in run.stdout


def test_a_store_in_memory_cannot_be_attacked(tmp_path: Path) -> None:
    """A store that dies with its process is no URL of a database."""
    assert CliRunner().invoke(retailcrm, ["torture", "--db", "memory:"]).exit_code == 2
    assert not list(tmp_path.iterdir())
