"""Imports that are killed and run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.torture.deliveries import kill_imports

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 20260722


def test_a_killed_import_is_run_again_and_nothing_is_different() -> None:
    """3 imports of two files are killed anywhere; run again, the store is that of one clean delivery."""
    found = kill_imports(seed=SEED, kills=3, orders=60)
    assert not found.problems
    assert found.everything < 3


def test_another_state_is_noticed(bug: Callable[[str], str]) -> None:
    """Negative control: an import that gives points whenever it runs leaves another state when run again."""
    assert bug("")
    from seeded_bugs import generous_delivery

    found = kill_imports(seed=SEED, kills=1, orders=20, deliver=generous_delivery)
    assert found.problems
