"""Clocks that go back, jump and change their hour."""

from pathlib import Path

import attrs
import pytest

from retailcrm.torture import clocks
from retailcrm.torture.clocks import turn_clocks

SEED = 20260722


def test_a_stored_shop_goes_through_any_time_as_one_in_memory(memory_disk: Path) -> None:
    """1,000 shops whose clocks are turned: the same answers and journals, and the fuse blows."""
    found = turn_clocks(f"sqlite:///{memory_disk / 'shop.db'}", seed=SEED, schedules=1000)
    assert not found.problems
    assert found.fused > 0


def test_postgresql_goes_through_any_time(postgres_url: str) -> None:
    """The same on PostgreSQL, with fewer shops."""
    assert not turn_clocks(postgres_url, seed=SEED, schedules=20).problems


def test_another_answer_is_noticed(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: a point that only one of the two shops gives shows in answers and journals."""
    real = clocks._answer

    def generous(shop: object, command: clocks.Command) -> object:
        if command.verb == "adjust" and shop._kept is not None and "memory" not in repr(type(shop._database)):
            command = attrs.evolve(command, about=(command.about[0], int(command.about[1]) + 1))
        return real(shop, command)

    monkeypatch.setattr(clocks, "_answer", generous)
    assert turn_clocks(sqlite_url, seed=SEED, schedules=2).problems
