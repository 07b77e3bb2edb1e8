"""``kill -9`` at any moment, again and again on the same store: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import time
from multiprocessing.connection import wait
from random import Random
from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.errors import RetailCRMError
from retailcrm.torture.audit import Tally, ask_again, sound_file
from retailcrm.torture.books import Books
from retailcrm.torture.databases import is_postgres, named
from retailcrm.torture.nemesis import end_connections, wait_for_the_end
from retailcrm.torture.opening import OPENER, open_again
from retailcrm.torture.processes import Worker, crew
from retailcrm.torture.workers import act

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CHAPTER = 5  # kills after which other customers come, so that looking through journals stays quick


@attrs.frozen(kw_only=True)
class Blows:
    """What came of a run.

    Attributes:
        seed: It repeats what was drawn; when exactly a blow falls, the machine decides.
        blows: How often a process or connection was killed.
        commands: Commands that were begun.
        acknowledged: Of these, done for whoever asked; all of them were asked for again.
        refused: Of these, refused.
        failed: Of these, ended by an error of the store that the caller was told.
        unacknowledged: Of these, begun before a blow and never answered, or with an error.
        unacknowledged_there: Of the unacknowledged, those that had happened.
        lost: Acknowledged and not there.
        doubled: Happened twice.
        changed: Came to something else when asked again.
        untrue: Was said not to have happened and had, or the other way round.
        problems: Everything that was wrong, in words.
        seconds: How long it took.
    """

    seed: int
    blows: int
    commands: int = 0
    acknowledged: int = 0
    refused: int = 0
    failed: int = 0
    unacknowledged: int = 0
    unacknowledged_there: int = 0
    lost: int = 0
    doubled: int = 0
    changed: int = 0
    untrue: int = 0
    problems: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.problems


def kill_clients(
    url: str,
    *,
    seed: int,
    kills: int,
    clients: int = 1,
    customers: int = 6,
    milliseconds: tuple[int, int] = (5, 250),
    work: Callable[..., None] = act,
    opener: str = OPENER,
    say: Callable[[str], None] = print,
) -> Blows:
    """Kill processes in the middle of commands, open the store again, and ask for everything again.

    Args:
        url: The store; it is carried on with after every kill.
        seed: Draws the commands and the moments.
        kills: How often.
        clients: Processes at a time, on the same customers; all are killed at once.
        customers: Of how many customers at a time.
        milliseconds: The shortest and the longest life of a process after it is ready.
        work: What they do; :func:`act_in_groups` sends groups of commands.
        opener: Dotted name of what opens the shop for them; what is checked with is never another.
        say: Is told the seed, and what came of it.
    """
    say(f"kill_clients seed={seed} kills={kills} clients={clients} {work.__name__}")
    chance, tally, books, began = Random(seed), Tally(), Books(), time.monotonic()  # noqa: S311 - repeatable
    name = f"killed{seed}"
    for life in range(kills):
        names = _names(name, life // _CHAPTER, customers)
        if life % _CHAPTER == 0:
            books = Books()
        givens: list[tuple[object, ...]] = [
            (named(url, name), opener, seed, f"{name}:{life}:{client}", names) for client in range(clients)
        ]
        lasting = chance.uniform(*milliseconds) / 1000
        said = _lives(work, givens, lasting)
        if is_postgres(url):
            wait_for_the_end(url, name)
        _look(url, said, books, names, tally)
    return _result(seed, kills, tally, began, say)


def break_connections(
    url: str,
    *,
    seed: int,
    blows: int,
    clients: int = 2,
    customers: int = 6,
    milliseconds: tuple[int, int] = (5, 150),
    blow: Callable[[str, str], int] = end_connections,
    work: Callable[..., None] = act,
    opener: str = OPENER,
    say: Callable[[str], None] = print,
) -> Blows:
    """End the connections of processes in the middle of commands; they go on, and so does the store.

    Args:
        url: The store; a PostgreSQL one.
        seed: Draws the commands and the moments.
        blows: How often.
        clients: Processes at a time, on the same customers.
        customers: Of how many customers at a time.
        milliseconds: The shortest and the longest time between two blows.
        blow: What is done to the connections of a name; :func:`kill_backend` kills the server's process.
        work: What they do; :func:`act_in_groups` sends groups of commands.
        opener: Dotted name of what opens the shop for them.
        say: Is told the seed, and what came of it.
    """
    say(f"break_connections seed={seed} blows={blows} clients={clients} {work.__name__} {blow.__name__}")
    chance, tally, began = Random(seed), Tally(), time.monotonic()  # noqa: S311 - a seed repeats it
    name = f"torture{seed}"
    for chapter in range(-(-blows // _CHAPTER)):
        names = _names(f"ended{seed}", chapter, customers)
        givens: list[tuple[object, ...]] = [
            (named(url, name), opener, seed, f"ended{seed}:{chapter}:{client}", names)
            for client in range(clients)
        ]
        rounds = min(_CHAPTER, blows - chapter * _CHAPTER)
        pauses = [chance.uniform(*milliseconds) / 1000 for _ in range(rounds)]
        _look(url, _struck(work, givens, pauses, lambda: blow(url, name)), Books(), names, tally)
    return _result(seed, blows, tally, began, say)


def _struck(
    work: Callable[..., None],
    givens: list[tuple[object, ...]],
    pauses: Sequence[float],
    blow: Callable[[], int],
) -> list[Any]:
    """Let processes work while blows fall, and stop them; give what they said."""
    said: list[Any] = []
    with crew(work, givens) as workers:
        for worker in workers:
            worker.hear()
        for pause in pauses:
            said += _heard_for(workers, pause)
            while not _fell(blow):
                said += _heard_for(workers, 0.02)
        for worker in workers:
            worker.tell("stop")
        for worker in workers:
            said += worker.rest()
    return said


def _fell(blow: Callable[[], int]) -> bool:
    """Strike; tell whether anything was hit: they may be connecting again, the server recovering."""
    try:
        return blow() > 0
    except RetailCRMError:
        return False


def _heard_for(workers: Sequence[Worker], seconds: float) -> list[Any]:
    """Hear workers for a time."""
    said, end = [], time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        said += listen(workers, left)
    return said


def _names(run: str, chapter: int, customers: int) -> tuple[str, ...]:
    return tuple(f"{run}-{chapter}-{n}" for n in range(customers))


def _lives(work: Callable[..., None], givens: list[tuple[object, ...]], lasting: float) -> list[Any]:
    """Let processes work for a while, and kill them; give what they said."""
    said: list[Any] = []
    with crew(work, givens) as workers:
        for worker in workers:
            worker.hear()
        said += _heard_for(workers, lasting)
        for worker in workers:
            worker.kill()
        for worker in workers:
            said += worker.rest()
    return said


def listen(workers: Sequence[Worker], seconds: float) -> list[Any]:
    """Hear a word of each worker that says something within some time."""
    by_line = {worker.line: worker for worker in workers}
    return [by_line[line].hear() for line in wait(list(by_line), seconds)]  # type: ignore[index]  # it gives what it got


def _look(url: str, said: list[Any], books: Books, names: Sequence[str], tally: Tally) -> None:
    """Open the store again, and look at everything."""
    with open_again(url) as shop:
        ask_again(shop.loyalty, said, books, names, tally)
        for problem in books.problems(shop.loyalty, names):
            tally.wrong("broken", problem)
    for problem in sound_file(url):
        tally.wrong("broken", problem)


def _result(seed: int, blows: int, tally: Tally, began: float, say: Callable[[str], None]) -> Blows:
    names = {field.name for field in attrs.fields(Blows)} - {"seed", "blows", "problems", "seconds"}
    found = Blows(
        seed=seed, blows=blows, problems=tuple(tally.problems), seconds=time.monotonic() - began,
        **{name: tally.counts[name] for name in names},
    )  # fmt: skip
    say(
        f"seed={seed} blows={blows} acknowledged={found.acknowledged} unacknowledged={found.unacknowledged} "
        f"lost={found.lost} doubled={found.doubled} problems={len(found.problems)}"
    )
    return found
