"""``kill -9`` at any moment: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from retailcrm.torture.kill import break_connections, kill_clients
from retailcrm.torture.nemesis import kill_backend
from retailcrm.torture.workers import act_in_groups

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 20260722


def test_processes_on_sqlite_may_be_killed(sqlite_url: str) -> None:
    """25 kills on one file: every acknowledged command is there, every other one once at most."""
    found = kill_clients(sqlite_url, seed=SEED, kills=20)
    crowd = kill_clients(sqlite_url, seed=SEED + 1, kills=5, clients=2)
    assert not (*found.problems, *crowd.problems)
    assert found.acknowledged > 20
    assert crowd.unacknowledged > 0


def test_groups_on_sqlite_may_be_killed(sqlite_url: str) -> None:
    """10 kills of who sends groups: what was given back is there, all of it, and nothing twice."""
    found = kill_clients(sqlite_url, seed=SEED, kills=10, milliseconds=(5, 150), work=act_in_groups)
    assert not found.problems
    assert found.acknowledged > 20
    assert found.unacknowledged > 0


def test_groups_on_postgresql_may_be_ended(postgres_url: str) -> None:
    """Clients are killed, and connections ended under two of them: no group is lost, none happens twice."""
    killed = kill_clients(postgres_url, seed=SEED, kills=3, clients=2, work=act_in_groups)
    assert not killed.problems
    assert killed.acknowledged > 0
    # A blow between two groups ends nothing: until one has met a group.
    rounds = [break_connections(postgres_url, seed=SEED, blows=4, work=act_in_groups)]
    while not rounds[-1].failed + rounds[-1].unacknowledged and len(rounds) < 4:
        rounds.append(break_connections(postgres_url, seed=SEED + len(rounds), blows=4, work=act_in_groups))
    assert not [problem for one in rounds for problem in one.problems]
    assert sum(one.acknowledged for one in rounds) > 0
    assert rounds[-1].failed + rounds[-1].unacknowledged > 0


def test_processes_on_postgresql_may_be_killed(postgres_url: str) -> None:
    """8 kills of the client in the middle of what it does."""
    found = kill_clients(postgres_url, seed=SEED, kills=8)
    assert not found.problems
    assert found.acknowledged > 0


def test_connections_to_postgresql_may_be_ended(postgres_url: str) -> None:
    """6 times the server ends the connections under two processes: whoever asks again is right."""
    found = break_connections(postgres_url, seed=SEED, blows=6)
    assert not found.problems
    assert found.acknowledged > 0
    assert found.failed + found.unacknowledged > 0


@pytest.mark.skipif(
    "RETAILCRM_TEST_POSTGRES" in os.environ,
    reason="kills a process of the server, so it needs one of its own",
)
def test_postgresql_itself_may_crash(postgres_url: str) -> None:
    """A process of the server is killed, all of it recovers, and nothing is missing."""
    found = break_connections(postgres_url, seed=SEED, blows=1, blow=kill_backend, milliseconds=(100, 200))
    assert not found.problems
    assert found.acknowledged > 0


def test_acknowledging_before_the_commit_is_noticed(sqlite_url: str, bug: Callable[[str], str]) -> None:
    """Negative control: a shop that commits every fifth command loses up to four, and the harness says so."""
    found = kill_clients(
        sqlite_url, seed=SEED, kills=3, milliseconds=(60, 120), opener=bug("acknowledges_first")
    )
    assert found.lost > 0


def test_a_group_given_back_before_its_commit_is_noticed(sqlite_url: str, bug: Callable[[str], str]) -> None:
    """Negative control: groups of a shop that commits every fifth are lost, and the harness says so."""
    found = kill_clients(
        sqlite_url, seed=SEED, kills=3, milliseconds=(60, 120), opener=bug("acknowledges_first"),
        work=act_in_groups,
    )  # fmt: skip
    assert found.lost > 0


def test_a_key_in_a_transaction_of_its_own_is_noticed(sqlite_url: str, bug: Callable[[str], str]) -> None:
    """Negative control: killed between the two, the command happens again, and the harness says so."""
    for attempt in range(10):
        found = kill_clients(
            sqlite_url, seed=SEED + attempt, kills=4, milliseconds=(30, 80), opener=bug("key_by_itself")
        )
        if found.doubled:
            return
    pytest.fail("no kill fell between the two transactions, or the harness missed it")
