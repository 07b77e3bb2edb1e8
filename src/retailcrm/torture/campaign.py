"""Every harness in turn, again and again with other seeds, for as long as there is time."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.adapters.stores.sql.location import database_at
from retailcrm.errors import SettingsError
from retailcrm.shop.stored.verifying import verify
from retailcrm.torture.clocks import turn_clocks
from retailcrm.torture.databases import expected_errors, is_postgres, sqlite_file
from retailcrm.torture.deliveries import kill_imports
from retailcrm.torture.faults import EARN, FAULTS, SOME_FAULTS, TRANSFER, cannot_trace, fault_everywhere
from retailcrm.torture.flips import flip_bits
from retailcrm.torture.kill import break_connections, kill_clients
from retailcrm.torture.opening import SHOP, open_it
from retailcrm.torture.races import bank, hot_account, one_end, same_key
from retailcrm.torture.simulated.simulation import simulate
from retailcrm.torture.workers import act_in_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    Harness = Callable[[int], Any]


@attrs.frozen(kw_only=True)
class Part:
    """What all runs of one harness came to.

    Attributes:
        name: Which.
        runs: How often it ran.
        counts: What it counted, added up.
        problems: Everything that was wrong, in words, with the seed that shows it again.
        seconds: How long it took.
    """

    name: str
    runs: int
    counts: dict[str, int]
    problems: tuple[str, ...]
    seconds: float


@attrs.frozen(kw_only=True)
class Sizes:
    """How much of everything a round has.

    Attributes:
        kills: Processes killed one at a time.
        crowds: Times that several are killed at once.
        blows: Times that connections to PostgreSQL are ended.
        points: Points of the hot account.
        transfers: How many each process of the bank asks for.
        schedules: Shops whose clocks are turned.
        flips: Bits.
        imports: Imports that are killed.
        simulations: Seeds of the simulation.
        faults: Which system calls of a redemption fail, and how.
    """

    kills: int = 10
    crowds: int = 5
    blows: int = 10
    points: int = 1000
    transfers: int = 200
    schedules: int = 10
    flips: int = 100
    imports: int = 5
    simulations: int = 10
    faults: Sequence[tuple[str, str]] = FAULTS


@attrs.frozen(kw_only=True)
class Verification:
    """What working everything through again came to.

    Attributes:
        rows: How many rows there are.
        problems: What cannot be right, in words.
        seconds: How long it took.
    """

    rows: int
    problems: tuple[str, ...]
    seconds: float


def campaign(
    url: str,
    *,
    seed: int,
    minutes: float,
    sizes: Sizes | None = None,
    say: Callable[[str], None] = print,
    doing: Callable[[str], None] = lambda _: None,
) -> tuple[Part, ...]:
    """Attack a store for some time.

    Args:
        url: The store; a shop called ``torture`` is left in it.
        seed: The first round's; each round takes the next.
        minutes: How long; at least one round is finished.
        sizes: How much of everything a round has; as much as is useful if left out.
        say: Is told the seeds, and what came of each run.
        doing: Is told the name of each harness as it begins.

    Raises:
        SettingsError: The seed was used in this store before.
    """
    _check_seed(url, seed)
    found: dict[str, Part] = {}
    end, this = time.monotonic() + 60 * minutes, seed
    while this == seed or time.monotonic() < end:
        for name, harness in _harnesses(url, say, sizes):
            if this > seed and time.monotonic() >= end:
                break
            doing(name)
            found[name] = _added(found.get(name), name, this, harness(this))
        this += 1
    return tuple(found.values())


def _harnesses(
    url: str, say: Callable[[str], None], sizes: Sizes | None = None
) -> Iterator[tuple[str, Harness]]:
    """Give the harnesses of a round, each to be called with a seed."""
    of = sizes or Sizes()
    yield from _blows(url, say, of)
    race: dict[str, Any] = {"url": url, "expected": expected_errors(url), "say": say}
    yield "hot account", lambda seed: hot_account(seed=seed, points=of.points, **race)
    yield "bank", lambda seed: bank(seed=seed, transfers=of.transfers, **race)
    yield (
        "crossing transfers",
        lambda seed: bank(seed=seed, accounts=2, transfers=-(-of.transfers // 8), **race),
    )
    yield "same key", lambda seed: same_key(seed=seed, **race)
    yield "ends of a reservation", lambda seed: one_end(seed=seed, **race)
    yield "turned clocks", lambda seed: turn_clocks(url, seed=seed, schedules=of.schedules, say=say)
    if (path := sqlite_file(url)) is not None:
        yield from _on_disk(path.absolute().parent, say, of)
    yield "verified", lambda _: _verified(url)


def _blows(url: str, say: Callable[[str], None], of: Sizes) -> Iterator[tuple[str, Harness]]:
    """Give the harnesses that strike processes and connections, each with customers of its own."""
    yield "killed processes", lambda seed: kill_clients(url, seed=seed, kills=of.kills, say=say)
    yield (
        "killed crowds",
        lambda seed: kill_clients(url, seed=seed + 500_000, kills=of.crowds, clients=3, say=say),
    )
    yield (
        "killed groups",
        lambda seed: kill_clients(
            url, seed=seed + 250_000, kills=of.crowds, clients=2, work=act_in_groups, say=say
        ),
    )
    if is_postgres(url):
        yield "ended connections", lambda seed: break_connections(url, seed=seed, blows=of.blows, say=say)
        yield (
            "ended groups",
            lambda seed: break_connections(
                url, seed=seed + 250_000, blows=of.blows, work=act_in_groups, say=say
            ),
        )


def _on_disk(disk: Path, say: Callable[[str], None], of: Sizes) -> Iterator[tuple[str, Harness]]:
    """Give the harnesses that make SQLite files of their own on a disk."""
    yield "flipped bits", lambda seed: flip_bits(seed=seed, flips=of.flips, folder=disk, say=say)
    yield (
        "killed imports",
        lambda seed: kill_imports(seed=seed, kills=of.imports, orders=100, folder=disk, say=say),
    )
    yield (
        "simulated shops",
        lambda seed: simulate(seed=seed * of.simulations, runs=of.simulations, folder=disk, say=say),
    )
    if cannot_trace():
        return
    yield (
        "failing system calls",
        lambda _: fault_everywhere(faults=of.faults, folder=disk, say=say),
    )
    yield (
        "failing system calls of a transfer",
        lambda _: fault_everywhere(command=TRANSFER, faults=SOME_FAULTS, folder=disk, say=say),
    )
    yield (
        "failing system calls of earning",
        lambda _: fault_everywhere(command=EARN, faults=SOME_FAULTS, folder=disk, say=say),
    )


def _verified(url: str) -> Verification:
    """Work everything in the store through again that all the others left there."""
    began = time.monotonic()
    with closing(database_at(url)) as database:
        found = verify(database, SHOP)
    return Verification(
        rows=sum(found.counts.values()),
        problems=tuple(f"{one.table} {one.key}: {one.message}" for one in found.findings),
        seconds=time.monotonic() - began,
    )


def _check_seed(url: str, seed: int) -> None:
    """Refuse a seed that was used before: its customers and keys are there already."""
    with open_it(url) as shop:
        if shop.loyalty.history(f"hot{seed}"):
            raise SettingsError(
                f"seed {seed} was used in this database before: take another seed or database"
            )


def _added(part: Part | None, name: str, seed: int, result: Any) -> Part:  # noqa: ANN401 - each harness has its own
    """Add what a run came to."""
    told = {
        field: value
        for field, value in attrs.asdict(result, recurse=False).items()
        if type(value) is int and field not in ("seed", "processes")
    }
    before = part or Part(name=name, runs=0, counts={}, problems=(), seconds=0.0)
    return attrs.evolve(
        before,
        runs=before.runs + 1,
        counts={field: before.counts.get(field, 0) + value for field, value in told.items()},
        problems=(*before.problems, *(f"seed {seed}: {problem}" for problem in result.problems)),
        seconds=before.seconds + result.seconds,
    )
