"""Races for the same points: every success is real, every total stays, every answer fits one order."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

import attrs

from retailcrm.ports.outcomes import Done, Refused
from retailcrm.torture.books import Books, journals_of
from retailcrm.torture.commands import Command, grant, run
from retailcrm.torture.nemesis import ending_connections
from retailcrm.torture.opening import OPENER, open_it
from retailcrm.torture.processes import PATIENCE, crew, start
from retailcrm.torture.racing import Seen, race, watch
from retailcrm.torture.witness import misfits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from retailcrm.shop.loyalty import Loyalty

_RUN_UP = 0.05  # seconds until all begin
_ENDED = ("StoreError", "Unknown")  # what whoever is cut off is told
_LATER = "retailcrm.torture.opening:open_later"


@attrs.frozen(kw_only=True)
class Race:
    """What came of a race.

    Attributes:
        name: Which.
        seed: It repeats what was drawn; who is first, the machine decides.
        processes: How many raced.
        done: Commands that were done.
        refused: Commands that were refused.
        errors: By name, how often which error reached a process, which then asked again.
        ended: Connections that were ended under them.
        reads: How often the total was read meanwhile.
        problems: Everything that was wrong, in words.
        seconds: How long it took.
    """

    name: str
    seed: int
    processes: int
    done: int
    refused: int
    errors: tuple[tuple[str, int], ...]
    ended: int = 0
    reads: int = 0
    problems: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.problems


def hot_account(
    url: str, *, seed: int, processes: int = 4, points: int = 1000, each: int = 7, every: float = 0.0,
    opener: str = OPENER, expected: Sequence[str] = (), say: Callable[[str], None] = print,
) -> Race:  # fmt: skip
    """Let processes spend one account's points until there are too few.

    Args:
        url: The store.
        seed: Names the account.
        processes: How many spend.
        points: How many points there are.
        each: How many are spent at a time: ``points // each`` times somebody succeeds.
        every: Seconds after which some connection is ended under them; 0: none is. PostgreSQL only.
        opener: Dotted name of what opens the shop for them.
        expected: Names of errors after which the callers know to ask again.
        say: Is told the seed, and what came of it.
    """
    who, began = f"hot{seed}", time.monotonic()
    first = [grant(who, points, f"hot{seed}:grant")]
    asked = [
        [Command("redeem", f"hot{seed}:{n}:{k}", (who, each)) for k in range(points // each + 1)]
        for n in range(processes)
    ]
    before = _prepared(url, first)
    with ending_connections(url, f"hot{seed}", every) as struck:
        seen = _raced(struck.url, opener, asked, "refused")
    problems = _told_errors(seen, (*expected, *(_ENDED if every else ())))
    with open_it(url) as shop:
        left = shop.loyalty.balance(who).available
        successes = sum(isinstance(one.outcome, Done) for one in seen)
        if (successes, left) != (points // each, points % each):
            problems.append(f"{successes} succeeded and {left} points are left of {points}, {each} at a time")
        problems += _looked(shop.loyalty, seen, before, [who], first)
    return _result("hot account", seed, processes, seen, problems, began, say, ended=struck.ended)


def bank(
    url: str, *, seed: int, processes: int = 4, accounts: int = 10, transfers: int = 200, every: float = 0.0,
    opener: str = OPENER, expected: Sequence[str] = (), say: Callable[[str], None] = print,
) -> Race:  # fmt: skip
    """Let processes move points to and fro while somebody reads the total, which never changes.

    Args:
        url: The store.
        seed: Draws the transfers.
        processes: How many transfer.
        accounts: Between how many; 2: all cross each other.
        transfers: How many each process asks for.
        every: Seconds after which some connection is ended under them; 0: none is. PostgreSQL only.
        opener: Dotted name of what opens the shop for them.
        expected: Names of errors after which the callers know to ask again.
        say: Is told the seed, and what came of it.
    """
    chance, began, each = Random(seed), time.monotonic(), 100  # noqa: S311 - a seed repeats it
    names = [f"bank{seed}-{accounts}-{n}" for n in range(accounts)]
    first = [grant(name, each, f"{name}:grant") for name in names]
    asked = [[_transfer(chance, names, f"{n}:{k}") for k in range(transfers)] for n in range(processes)]
    before = _prepared(url, first)
    with (
        ending_connections(url, f"bank{seed}", every) as struck,
        _watched(struck.url, f"points/bank{seed}-{accounts}-") as totals,
    ):
        seen = _raced(struck.url, opener, asked, "")
    problems = _told_errors(seen, (*expected, *(_ENDED if every else ())))
    problems += [
        f"{times} reads saw a total of {total} and a least of {least}, not {each * accounts}"
        for (total, least), times in totals.items()
        if total != each * accounts or least < 0
    ]
    with open_it(url) as shop:
        problems += _looked(shop.loyalty, seen, before, names, first)
    return _result(
        "bank" if accounts > 2 else "crossing transfers",  # noqa: PLR2004 - two cross each other
        seed, processes, seen, problems, began, say, ended=struck.ended, reads=totals.total(),
    )  # fmt: skip


def same_key(
    url: str, *, seed: int, processes: int = 16, rounds: int = 3, opener: str = OPENER,
    expected: Sequence[str] = (), say: Callable[[str], None] = print,
) -> Race:  # fmt: skip
    """Let processes send the very same command at one moment: it happens once, and all hear the same."""
    who, began = f"same{seed}", time.monotonic()
    # As many as are needed: whoever comes second to the last one meets an empty account.
    first = [grant(who, 7 * rounds, f"same{seed}:grant")]
    commands = [Command("redeem", f"same{seed}:{n}", (who, 7)) for n in range(rounds)]
    before = _prepared(url, first)
    seen = _raced(url, opener, [commands] * processes, "", apart=0.03)
    problems = _told_errors(seen, expected)
    for command in commands:
        heard = [one.outcome for one in seen if one.command == command]
        fresh = sum(isinstance(one, Done) and not one.repeated for one in heard)
        if fresh != 1 or any(one != heard[0] for one in heard):
            problems.append(f"{command.key}: {fresh} did it, and {len(set(map(repr, heard)))} answers differ")
    with open_it(url) as shop:
        problems += before.problems(shop.loyalty, [who]) if not before.done else []
        problems += _looked(shop.loyalty, _first_of_each(seen), before, [who], first)
    return _result("same key", seed, processes, seen, problems, began, say)


def one_end(
    url: str, *, seed: int, rounds: int = 10, opener: str = OPENER, expected: Sequence[str] = (),
    say: Callable[[str], None] = print,
) -> Race:  # fmt: skip
    """Let capture, void and the end of its time race for one reservation: exactly one of them ends it.

    The third spends a point of the same account by a clock that is ahead, which ends the reservation first.
    """
    began, names = time.monotonic(), [f"end{seed}-{n}" for n in range(rounds)]
    first = [grant(name, 100, f"{name}:grant") for name in names]
    first += [Command("reserve", f"{name}:hold", (name, 30)) for name in names]
    _prepared(url, first)
    asked = [
        [Command(verb, f"{name}:{verb}", (f"{name}:hold",)) for name in names] for verb in ("capture", "void")
    ]
    asked.append([Command("redeem", f"{name}:late", (name, 1)) for name in names])
    seen = _raced(url, opener, asked, "", apart=0.02, last=_LATER if opener == OPENER else opener)
    problems = _told_errors(seen, expected)
    with open_it(url) as shop:
        journals = journals_of(shop.loyalty, names)
    for name in names:
        ends = [entry for entry in journals[name] if entry.closes == f"{name}:hold"]
        won = [
            one.command.verb
            for one in seen
            if one.command.about == (f"{name}:hold",) and isinstance(one.outcome, Done)
        ]
        by_time = [entry.reason for entry in ends].count("timeout")
        if len(ends) != 1 or len(won) + by_time != 1:
            problems.append(f"{name}: ended by {[entry.verb.value for entry in ends]}, won by {won}")
    return _result("one end", seed, len(asked), seen, problems, began, say)


def _transfer(chance: Random, names: Sequence[str], number: str) -> Command:
    giver, taker = chance.sample(names, 2)
    return Command("transfer", f"{names[0]}:{number}", (giver, taker, chance.randint(1, 30)))


def _prepared(url: str, first: Sequence[Command]) -> Books:
    """Do what comes before a race."""
    books = Books()
    with open_it(url) as shop:
        for command in first:
            done = run(shop.loyalty, command)
            assert isinstance(done, Done)  # noqa: S101 - nobody stands in its way
            books.settle(command, done)
    return books


def _raced(
    url: str,
    opener: str,
    asked: Sequence[Sequence[Command]],
    stop: str,
    *,
    apart: float = 0.0,
    last: str | None = None,
) -> list[Seen]:
    """Let processes begin at one instant; give what all of them saw."""
    openers = [opener] * (len(asked) - 1) + [last or opener]
    givens = [(url, one, tuple(commands), stop, apart) for one, commands in zip(openers, asked, strict=True)]
    with crew(race, list(givens)) as workers:
        for worker in workers:
            worker.hear()
        instant = time.monotonic() + _RUN_UP
        for worker in workers:
            worker.tell(instant)
        return [one for worker in workers for one in worker.hear(PATIENCE * 10)]


@contextmanager
def _watched(url: str, prefix: str) -> Iterator[Counter[tuple[int, int]]]:
    """Have the total of some accounts read for as long as the block lasts."""
    found: Counter[tuple[int, int]] = Counter()
    worker = start(watch, url, prefix, prefix + "~")
    try:
        worker.hear()
        yield found
        worker.tell("stop")
        found.update(worker.hear())
    finally:
        worker.close()


def _told_errors(seen: Sequence[Seen], expected: Sequence[str] = ()) -> list[str]:
    """Name errors that reached a process and should not have, and questions left open."""
    found = [
        f"{one.command.key} came to nothing certain: {one.errors[-1]}" for one in seen if not one.outcome
    ]
    errors = Counter(error for one in seen for error in one.errors if error not in expected)
    return [*found, f"errors reached the caller: {dict(errors)}"] if errors else found


def _looked(
    loyalty: Loyalty, seen: Sequence[Seen], books: Books, names: Sequence[str], first: Sequence[Command]
) -> list[str]:
    """Look at sums, at the journals, and for an order of events that fits all answers."""
    for one in seen:
        if isinstance(one.outcome, Done):
            books.settle(one.command, one.outcome)
    return books.problems(loyalty, names) + misfits(seen, journals_of(loyalty, names), first)


def _first_of_each(seen: Sequence[Seen]) -> list[Seen]:
    """Leave out whoever only heard what another's command came to."""
    return [one for one in seen if isinstance(one.outcome, Done) and not one.outcome.repeated]


def _result(
    name: str, seed: int, processes: int, seen: Sequence[Seen], problems: Sequence[str], began: float,
    say: Callable[[str], None], *, ended: int = 0, reads: int = 0,
) -> Race:  # fmt: skip
    errors = Counter(error for one in seen for error in one.errors)
    found = Race(
        name=name, seed=seed, processes=processes, ended=ended, reads=reads, problems=tuple(problems),
        done=sum(isinstance(one.outcome, Done) for one in seen),
        refused=sum(isinstance(one.outcome, Refused) for one in seen),
        errors=tuple(sorted(errors.items())), seconds=time.monotonic() - began,
    )  # fmt: skip
    say(
        f"{name} seed={seed} processes={processes} done={found.done} refused={found.refused} "
        f"ended={ended} reads={reads} problems={len(problems)}"
    )
    return found
