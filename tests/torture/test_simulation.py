"""A simulation of everything at once, which a seed repeats bit for bit."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from retailcrm.torture.simulated.simulation import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SEED: Final = 20260722
RUNS: Final = 200


@pytest.fixture
def _only_new_garbage() -> Iterator[None]:
    """Let the collector look at what runs leave behind, not at all that the suite has loaded."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_only_new_garbage")
def test_nothing_that_meets_breaks_a_promise(memory_disk: Path) -> None:
    """Clients, clocks, faults, crashes and files in 200 orders of 200 steps: everything is true, and ends."""
    found = simulate(seed=SEED, runs=RUNS, folder=memory_disk)
    assert found.problems == ()
    assert found.faults > 20 * RUNS
    assert found.crashes > 5 * RUNS
    assert found.files > 2 * RUNS


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_a_seed_repeats_everything(seed: int, tmp_path: Path) -> None:
    """The command that a failure prints, in a process whose sets have another order: the same."""
    trace: list[str] = []
    found = simulate(seed=seed, steps=60, watch=trace.append, say=trace.append)
    other = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    again = subprocess.run(
        [sys.executable, "-m", "retailcrm.torture.simulated", str(seed), "--steps", "60"],
        check=True, capture_output=True, text=True, env=os.environ | {"PYTHONHASHSEED": other},
        cwd=tmp_path,
    )  # fmt: skip
    assert again.stdout.splitlines() == [*trace, found.digest]
    assert len(trace) > 50


def test_seeds_differ() -> None:
    """Another seed is another trace."""
    digests = {simulate(seed=seed, steps=5, say=len).digest for seed in range(3)}
    assert len(digests) == 3


BUGS: Final = {
    "KeyByItself": (6, "stands there 2 times"),
    "HidesLostCommits": (2, "stands there 0 times"),
    "Forgets": (1, "stands there 0 times"),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_noticed(name: str, bug: Callable[[str], str], memory_disk: Path) -> None:
    """Negative control: each seeded bug shows, and the command that is told shows it again."""
    assert bug(name)
    import seeded_bugs

    kind, (runs, shows) = getattr(seeded_bugs, name), BUGS[name]
    found = simulate(
        seed=SEED, runs=runs, folder=memory_disk, changed=lambda shop: seeded_bugs.around(shop, kind)
    )
    assert any(shows in problem for problem in found.problems), found.problems
    assert "python -m retailcrm.torture.simulated 2026072" in found.problems[0]
