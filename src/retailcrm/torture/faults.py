"""A fault at the Nth system call of one command, for every N, until the command ends without one.

This is SQLite's own method. ``strace`` makes the calls fail: it is attached to a process that has opened
nothing yet, so that opening, the command and closing are all under fire.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.ports.outcomes import Done, Unknown
from retailcrm.torture.audit import Tally, ask_again, sound_file
from retailcrm.torture.books import Books
from retailcrm.torture.commands import Command, grant, run
from retailcrm.torture.opening import OPENER, open_it
from retailcrm.torture.processes import PATIENCE, Worker, start
from retailcrm.torture.workers import ANSWER, FAILED, READY, once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SYNC: Final = "fdatasync,fsync"
FAULTS: Final = (
    ("pwrite64", "signal=KILL"),
    ("pwrite64", "error=EIO"),
    ("pwrite64", "error=ENOSPC"),
    ("pwrite64", "error=EINTR"),
    (SYNC, "signal=KILL"),
    (SYNC, "error=EIO"),
    (SYNC, "error=EINTR"),
    ("ftruncate", "error=EIO"),
    ("unlink", "error=EIO"),
)
"""Which calls fail, and how; each alone."""

SOME_FAULTS: Final = ((SYNC, "signal=KILL"), (SYNC, "error=EIO"), ("ftruncate", "error=EIO"))
"""Those with few calls to fail, for a command that is attacked beside another."""

REDEEM: Final = Command("redeem", "fault:redeem", ("ann", 7))
TRANSFER: Final = Command("transfer", "fault:transfer", ("ann", "bob", 7))
EARN: Final = Command("earn", "fault:earn", ("fault", "bob", 1000))
_NAMES: Final = ("ann", "bob")
_MOST: Final = 1000


@attrs.frozen(kw_only=True)
class Faults:
    """What came of a run.

    Attributes:
        runs: How often the command was run under fire.
        injected: Of these, with a fault; the others showed that there is no call left.
        killed: Of these, killed by it.
        errors: By name, how often which error reached the caller.
        acknowledged: Commands done for their caller; all of them were asked for again.
        after_all: Commands done only when their process asked a second time.
        problems: Everything that was wrong, in words.
        seconds: How long it took.
    """

    runs: int
    injected: int
    killed: int
    errors: tuple[tuple[str, int], ...]
    acknowledged: int
    after_all: int
    problems: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.problems


def cannot_trace() -> str:
    """Say why no system call can be made to fail here; empty if it can."""
    if sys.platform != "linux" or (strace := shutil.which("strace")) is None:
        return "no strace found"
    command = [strace, "-qq", "-o", "/dev/null", "-e", "trace=sync", "true"]
    tried = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - fixed words
    return "this machine does not let strace trace" if tried.returncode else ""


def fault_everywhere(
    *,
    command: Command = REDEEM,
    faults: Sequence[tuple[str, str]] = FAULTS,
    opener: str = OPENER,
    lanes: int = 2,
    folder: Path | None = None,
    say: Callable[[str], None] = print,
) -> Faults:
    """Make every system call of one command on SQLite fail, one after the other.

    Args:
        command: What is done; of ann, who has 1,000 points, or bob, who has none.
        faults: Which calls fail, and how, as ``strace`` writes it.
        opener: Dotted name of what opens the shop under fire.
        lanes: How many runs at a time, each on a copy of its own.
        folder: On which disk; in the system's folder for such things if left out.
        say: Is told what came of it.
    """
    tally, began = Tally(), time.monotonic()
    with TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        books = _first(place / "first.db")
        with ThreadPoolExecutor(lanes) as pool:

            def shoot(lane: int, fault: str) -> Tally:
                return _under_fire(place, lane, books, command, fault, opener)

            for calls, fault in faults:
                _until_none_is_left(pool, lanes, f"{calls}:{fault}", shoot, tally)
    found = _result(tally, time.monotonic() - began)
    say(f"fault_everywhere {command.verb} runs={found.runs} injected={found.injected} {dict(found.errors)}")
    return found


def _first(path: Path) -> Books:
    """Make the database that every run starts from."""
    books, command = Books(), grant("ann", 1000, "fault:grant")
    with open_it(f"sqlite:///{path}") as shop:
        done = run(shop.loyalty, command)
        assert isinstance(done, Done)  # noqa: S101 - nobody stands in its way
        books.settle(command, done)
    return books


def _until_none_is_left(
    pool: ThreadPoolExecutor, lanes: int, fault: str, shoot: Callable[[int, str], Tally], tally: Tally
) -> None:
    """Make the first call fail, then the second, and so on, until there is none that could."""
    for n in range(1, _MOST, lanes):
        some = [f"{fault}:when={n + lane}" for lane in range(lanes)]
        for one in pool.map(shoot, range(lanes), some):
            tally.counts.update(one.counts)
            tally.problems += one.problems
        if not one.counts["injected"]:
            return


def _under_fire(folder: Path, lane: int, first: Books, command: Command, fault: str, opener: str) -> Tally:
    """Do the command on a fresh copy, with one fault; count ``injected`` if there was any."""
    path = folder / f"shop{lane}.db"
    for old in folder.glob(f"shop{lane}.db*"):
        old.unlink()
    shutil.copyfile(folder / "first.db", path)
    worker = start(once, f"sqlite:///{path}", opener, command)
    try:
        said, traced = _shot(worker, fault)
    finally:
        worker.close()
    killed, tally = "killed by SIGKILL" in traced, Tally()
    tally.counts.update(runs=1, injected=killed or "(INJECTED)" in traced, killed=killed)
    if not killed:
        _count(said, command, tally)
    _look(f"sqlite:///{path}", said, Books(first.has.copy(), first.done.copy()), tally)
    return Tally(tally.counts, [f"{fault}: {problem}" for problem in tally.problems])


def _look(url: str, said: Sequence[Any], books: Books, tally: Tally) -> None:
    """Open the shop again where nothing fails, and look at everything."""
    with open_it(url) as shop:
        ask_again(shop.loyalty, said, books, _NAMES, tally)
        for problem in books.problems(shop.loyalty, _NAMES):
            tally.wrong("broken", problem)
    for problem in sound_file(url):
        tally.wrong("broken", problem)


def _shot(worker: Worker, fault: str) -> tuple[list[Any], str]:
    """Let a process go on with its system calls under fire; give what it said, and what was traced."""
    assert worker.hear() == (READY,)  # noqa: S101 - it says nothing else at first
    calls = fault.partition(":")[0]
    command = ["strace", "-p", str(worker.pid), "-e", f"trace={calls}", "-e", f"inject={fault}"]
    with subprocess.Popen(  # noqa: S603 - fixed words
        command, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as tracer:
        assert tracer.stderr is not None  # noqa: S101 - asked for
        attached = tracer.stderr.readline()
        if "attached" not in attached:
            worker.kill()
            raise RuntimeError(f"strace does not attach: {attached.strip()}")
        worker.tell("go")
        said = list(worker.rest())
        traced = tracer.stderr.read()
        tracer.wait(PATIENCE)
    return said, traced


def _count(said: Sequence[Any], command: Command, tally: Tally) -> None:
    """Count what the process was told: a clean error at most, and the right answer when it asked again."""
    answers = list(_answers(said))
    tally.counts.update(f"error:{one}" for one in answers if isinstance(one, str))
    tally.counts["error:Unknown"] += sum(isinstance(one, Unknown) for one in answers)
    if not any(isinstance(one, Done) for one in answers):
        tally.wrong("unanswered", f"{command.verb} came to {answers[-1:]} although it was asked three times")
    elif not isinstance(answers[0], Done):
        tally.counts["after_all"] += 1


def _answers(said: Sequence[Any]) -> Iterator[object]:
    """Give what a process heard of its command: outcomes, and names of errors."""
    for word, *what in said:
        if word in (ANSWER, FAILED):
            yield what[1]


def _result(tally: Tally, seconds: float) -> Faults:
    errors = {name[6:]: count for name, count in tally.counts.items() if name.startswith("error:")}
    return Faults(
        runs=tally.counts["runs"],
        injected=tally.counts["injected"],
        killed=tally.counts["killed"],
        errors=tuple(sorted(errors.items())),
        acknowledged=tally.counts["acknowledged"],
        after_all=tally.counts["after_all"],
        problems=tuple(tally.problems),
        seconds=seconds,
    )
