"""Processes to attack with, and to kill: each opens the shop for itself."""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

_PRELOADED: Final = ("retailcrm.torture.workers", "retailcrm.torture.warm")
_PR_SET_PTRACER: Final = 0x59616D61
_ANYBODY: Final = -1
PATIENCE: Final = 60.0
"""Seconds after which a process that says nothing is a failure."""


@attrs.frozen
class Worker:
    """A process, and the line to it.

    Attributes:
        process: The process.
        line: What it says comes out here, and what it is told goes in.
    """

    process: BaseProcess
    line: Connection

    @property
    def pid(self) -> int:
        """Its number."""
        assert self.process.pid is not None  # noqa: S101 - it was started
        return self.process.pid

    def hear(self, seconds: float = PATIENCE) -> Any:  # noqa: ANN401 - whatever was said
        """Give what it says next.

        Raises:
            EOFError: It has ended.
            TimeoutError: It says nothing.
        """
        if not self.line.poll(max(seconds, 0)):
            raise TimeoutError(f"process {self.pid} said nothing for {seconds:.0f} s")
        try:
            return self.line.recv()
        except (OSError, ConnectionError) as error:  # killed in the middle of a word
            raise EOFError from error

    def tell(self, word: object) -> None:
        """Tell it something."""
        self.line.send(word)

    def rest(self) -> Iterator[Any]:
        """Give everything that it has still to say, to its end."""
        while True:
            try:
                yield self.hear()
            except EOFError:
                return

    def kill(self) -> None:
        """Kill it, as ``kill -9`` does."""
        self.process.kill()

    def close(self) -> None:
        """See that it has ended."""
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.line.close()
        self.process.close()


def _context() -> BaseContext:
    """Give what starts processes: a server that forks and has opened nothing, where there is one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    return context


def start(task: Callable[..., None], *given: object) -> Worker:
    """Start a process.

    Args:
        task: A function of a module; it gets its end of the line first.
        given: What else it gets.
    """
    context = _context()
    ours, theirs = context.Pipe(duplex=True)
    process = context.Process(target=_work, args=(task, theirs, *given), daemon=True)  # type: ignore[attr-defined]  # every context has one
    process.start()
    theirs.close()
    return Worker(process, ours)


def _work(task: Callable[..., None], line: Connection, *given: object) -> None:
    """Do the task of a process, in that process."""
    # A connection that is ended under it is meant to be; the driver logs each as an error that it ignores.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    task(line, *given)


@contextmanager
def crew(task: Callable[..., None], givens: list[tuple[object, ...]]) -> Iterator[list[Worker]]:
    """Start several processes; none is left when the block ends, however it ends."""
    workers: list[Worker] = []
    try:
        workers += (start(task, *given) for given in givens)
        yield workers
    except BaseException:
        # Whatever ended the block, Ctrl-C too: workers that go on would be waited for below.
        for worker in workers:
            worker.kill()
        raise
    finally:
        for worker in workers:
            worker.close()


def may_be_traced() -> None:
    """Let any process trace this one, where the system asks for that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(_ANYBODY), 0, 0, 0)


def wait_until(instant: float) -> None:
    """Wait for an instant of the monotonic clock, which all processes of a machine share; the end awake."""
    left = instant - time.monotonic()
    if left > 0.002:  # noqa: PLR2004 - sleeping wakes up about a millisecond late
        time.sleep(left - 0.002)
    while time.monotonic() < instant:
        pass
