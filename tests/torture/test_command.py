"""``retailcrm torture``: one round of everything, and what it says."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from click.testing import CliRunner

from retailcrm.cli.commands import retailcrm
from retailcrm.torture import campaign, processes
from retailcrm.torture.races import Race

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

PASSED = Race(name="hot", seed=0, processes=4, done=142, refused=4, errors=(), seconds=0.5)


SMALL = campaign.Sizes(
    kills=2, crowds=1, blows=2, points=140, transfers=20, schedules=2, flips=10, imports=1,
    simulations=1,
    faults=[("ftruncate", "error=EIO")],
)  # fmt: skip
EVERYWHERE = {
    "killed processes", "killed crowds", "killed groups", "hot account", "bank", "crossing transfers",
    "same key", "ends of a reservation", "turned clocks", "verified",
}  # fmt: skip


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


def test_a_real_round_on_sqlite(sqlite_url: str) -> None:
    """Every harness once, small: each found something to attack, and nothing was wrong."""
    parts = campaign.campaign(sqlite_url, seed=5, minutes=0.00001, sizes=SMALL, say=lambda _: None)
    names = {part.name for part in parts}
    assert not [problem for part in parts for problem in part.problems]
    assert names >= EVERYWHERE | {"flipped bits", "killed imports", "simulated shops"}
    assert all(any(part.counts.values()) for part in parts)
    assert next(part.counts["done"] for part in parts if part.name == "hot account") == 20


def test_a_real_round_in_strictest_transactions(postgres_url: str) -> None:
    """The URL asks for them: a conflict after all tries reaches a caller, and is no broken promise."""
    url = f"{postgres_url}{'&' if '?' in postgres_url else '?'}isolation=serializable"
    parts = campaign.campaign(url, seed=5, minutes=0.00001, sizes=SMALL, say=lambda _: None)
    assert not [problem for part in parts for problem in part.problems]
    assert {part.name for part in parts} == EVERYWHERE | {"ended connections", "ended groups"}
    assert next(part.counts["done"] for part in parts if part.name == "hot account") == 20


@pytest.mark.parametrize(("asks", "expected"), [("", ()), ("?isolation=serializable", ("ConflictError",))])
def test_races_know_what_the_isolation_lets_happen(
    monkeypatch: pytest.MonkeyPatch, asks: str, expected: tuple[str, ...]
) -> None:
    """All five races are told: with the strictest transactions somebody may hear of a conflict."""
    told: list[object] = []
    for race in ("hot_account", "bank", "same_key", "one_end"):
        monkeypatch.setattr(campaign, race, lambda *_, **given: told.append(given["expected"]))
    races = EVERYWHERE & {"hot account", "bank", "crossing transfers", "same key", "ends of a reservation"}
    for name, harness in campaign._harnesses(f"postgresql://db/shop{asks}", print):
        if name in races:
            harness(5)
    assert told == [expected] * 5


def levels(line: Connection) -> None:
    """Say which of the driver's messages a process would write."""
    line.send(logging.getLogger("psycopg").getEffectiveLevel())


def test_the_driver_is_silent_where_connections_are_ended() -> None:
    """What it says of a connection that was ended on purpose goes nowhere; here it still speaks."""
    before = logging.getLogger("psycopg").getEffectiveLevel()
    worker = processes.start(levels)
    assert worker.hear() == logging.CRITICAL
    worker.close()
    assert logging.getLogger("psycopg").getEffectiveLevel() == before < logging.CRITICAL
