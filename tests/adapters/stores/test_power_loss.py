"""What a power failure leaves: every acknowledged command, with the settings that the store uses."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.torture.crash_states import Trace, crashed, traced, verdict

from retailcrm.adapters.stores.sqlite.opening import journal_mode

if TYPE_CHECKING:
    from pathlib import Path

SEED: Final = 20260722
COMMANDS: Final = 40
CHECKPOINT: Final = 150
"""Pages after which the log is brought into the file: several times in a trace."""


def settings_of(*, locks: bool) -> dict[str, object]:
    """Give what the store sets, where the system can lock files and where it cannot."""
    journal, synchronous, _ = journal_mode(locks=locks, old=True)
    return {"journal_mode": journal, "synchronous": synchronous}


def crash(tmp_path: Path, settings: dict[str, object], states: int) -> Counter[str]:
    """Trace a store, crash it at random moments, and count what came of it."""
    work, after = tmp_path / "work", tmp_path / "after"
    work.mkdir()
    after.mkdir()
    chance = Random(SEED)  # noqa: S311 - a seed repeats it
    trace = traced(work, {**settings, "wal_autocheckpoint": CHECKPOINT}, chance, COMMANDS)
    assert len(trace.states) > COMMANDS / 2
    found: Counter[str] = Counter()
    for _ in range(states):
        files, acks = crashed(trace, chance.randint(0, len(trace.events)), chance)
        found[verdict(trace, after, files, acks).partition(":")[0] or "right"] += 1
    print(f"seed={SEED} {settings} events={len(trace.events)} {dict(found)}")  # noqa: T201 - said where it fails
    return found


@pytest.mark.parametrize(("locks", "states"), [(True, 380), (False, 120)])
def test_no_acknowledged_command_is_lost(tmp_path: Path, *, locks: bool, states: int) -> None:
    """500 crash states under the store's own settings: what was acknowledged is there, nothing is half."""
    assert crash(tmp_path, settings_of(locks=locks), states) == {"right": states}


@pytest.mark.parametrize(("synchronous", "expected"), [("NORMAL", "lost"), ("OFF", "broken")])
def test_weaker_settings_are_noticed(tmp_path: Path, synchronous: str, expected: str) -> None:
    """Negative control: with synchronous = NORMAL commands are lost, with OFF the file breaks too."""
    found = crash(tmp_path, {"journal_mode": "wal", "synchronous": synchronous}, 60)
    assert found[expected] > 0


def test_the_log_is_what_the_store_uses() -> None:
    """On a system that locks files the store keeps a log and syncs it at every commit."""
    assert settings_of(locks=True) == {"journal_mode": "wal", "synchronous": "FULL"}


def test_a_state_without_the_last_commit_is_noticed(tmp_path: Path) -> None:
    """The oracle itself: the files as they were before the last command lack one acknowledged command."""
    work, after = tmp_path / "work", tmp_path / "after"
    work.mkdir()
    after.mkdir()
    chance = Random(SEED)  # noqa: S311 - a seed repeats it
    trace: Any = traced(work, settings_of(locks=True), chance, 5)
    acks = [n for n, event in enumerate(trace.events) if event.what == "ack"]
    shorter = Trace(trace.first, trace.events[: acks[-2] + 1], trace.states)
    files, told = crashed(shorter, len(shorter.events), chance)
    assert verdict(trace, after, files, told) == ""
    assert verdict(trace, after, files, told + 1) == "lost: 1 commands"
