"""Runs of the simulation: a seed and a number of steps are all that one needs to happen again."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.shop.open import open_shop
from retailcrm.shop.policy import policy_from_table
from retailcrm.torture.simulated.exports import Platform
from retailcrm.torture.simulated.places import InFile, InMemory
from retailcrm.torture.simulated.scheduler import HOLD, Scheduler
from retailcrm.torture.simulated.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.shop.open import Shop
    from retailcrm.shop.policy import Policy
    from retailcrm.torture.simulated.places import Place

_BEGIN: Final = datetime(2024, 3, 9, 20, tzinfo=UTC)
_SHOWN: Final = 5  # problems of a run: the others follow from the first
_PROGRAMMES: Final = (
    {"waiting": {"until": "paid"}, "expiry": {"never": True}},
    {"waiting": {"until": "paid"}, "expiry": {"days": 3}},
    {"waiting": {"days": 1}, "expiry": {"days": 6}},
    {"waiting": {"until": "paid"}, "expiry": {"days": 2}, "refunds": {"late": "reinstate"}},
)


@attrs.frozen(kw_only=True)
class Simulated:
    """What came of some runs.

    Attributes:
        seed: Of the first run; each takes the next.
        runs: How many.
        digest: Of their traces: every command, fault, answer and state.
        commands: How many commands arrived, those that were sent again each time.
        files: How many files did.
        faults: How often a unit failed, or its process ended in it.
        crashes: How often a process ended, in a unit or beside.
        checks: How often everything was compared with the books.
        problems: Everything that was wrong, in words, with the command that shows it again.
        seconds: How long it took.
    """

    seed: int
    runs: int
    digest: str
    commands: int
    files: int
    faults: int
    crashes: int
    checks: int
    problems: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.problems


def as_opened(shop: Shop) -> Shop:
    """Change nothing."""
    return shop


def simulate(
    *, seed: int, runs: int = 1, steps: int = 200, folder: Path | None = None,
    changed: Callable[[Shop], Shop] = as_opened, watch: Callable[[str], None] = lambda _: None,
    say: Callable[[str], None] = print,
) -> Simulated:  # fmt: skip
    """Let clients, clocks, files and faults meet in one thread, in an order that a seed draws.

    Even seeds keep the shop in an SQLite file and let files of orders arrive. Odd ones know no files; they
    happen in SQLite and in memory, which must come to the same, answer by answer.

    Args:
        seed: Of the first run.
        runs: How many, each with the next seed.
        steps: How many each has before everything comes to rest.
        folder: Where the files lie; in the system's folder for such things if left out.
        changed: Changes every shop that is opened: tests put bugs in.
        watch: Is told every line of the trace.
        say: Is told the seed, and what came of it.
    """
    began, counts, problems = time.monotonic(), Counter[str](), list[str]()
    digest = hashlib.sha256()
    with TemporaryDirectory(dir=folder) as name:
        empty = Path(name) / "empty.db"
        open_shop(f"sqlite:///{empty}", shop="another").close()
        for this in range(seed, seed + runs):
            with TemporaryDirectory(dir=name) as place:
                worlds = _run(this, steps, Path(place), empty, changed, watch)
            again = f"python -m retailcrm.torture.simulated {this} --steps {steps}"
            found = [problem for world in worlds for problem in world.problems][:_SHOWN]
            if len({world.digest for world in worlds}) > 1 and not found:
                found = ["memory and SQLite came to different answers"]
            problems += [f"{problem} ({again} shows it again)" for problem in found]
            counts.update(sum((world.counts for world in worlds), Counter()))
            digest.update("".join(world.digest for world in worlds).encode())
    result = Simulated(
        seed=seed, runs=runs, digest=digest.hexdigest(), problems=tuple(problems),
        seconds=time.monotonic() - began,
        **{name: counts[name] for name in ("commands", "files", "faults", "crashes", "checks")},
    )  # fmt: skip
    say(f"simulate seed={seed} runs={runs} steps={steps} {dict(counts)} problems={len(problems)}")
    return result


def _run(
    seed: int, steps: int, folder: Path, empty: Path,
    changed: Callable[[Shop], Shop], watch: Callable[[str], None],
) -> list[World]:  # fmt: skip
    """Run a seed wherever it happens."""
    with_files = seed % 2 == 0
    places: list[Place] = [InFile(folder, empty)] if with_files else [InFile(folder, empty), InMemory()]
    worlds = []
    for place in places:
        chance = Random(seed)  # noqa: S311 - a seed repeats it
        platform = Platform(folder, chance) if with_files else None
        world = World(
            place=place, rules=_rules(chance), changed=changed, platform=platform, now=_BEGIN, watch=watch
        )
        try:
            Scheduler(world, chance).run(steps)
        finally:
            world.shop.close()
        worlds.append(world)
    return worlds


def _rules(chance: Random) -> Policy:
    redemption = {
        "points_per_unit": "100", "share_of_order": "1", "hold_minutes": HOLD // timedelta(minutes=1),
    }  # fmt: skip
    return policy_from_table(
        {
            "shop": {"zone": "UTC", "currency": "CNY"},
            "points": {**chance.choice(_PROGRAMMES), "redemption": redemption},
        }
    )
