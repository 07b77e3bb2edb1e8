"""Work on the blocks of a file ahead of whoever takes the results, on threads, in the file's order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AHEAD: Final = 1
"""Blocks being worked on beside the one that is waited for: more would only take memory."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def worked_ahead(items: Iterator[Item], work: Callable[[Item], Result]) -> Iterator[tuple[Item, Result]]:
    """Do the work on each item on a thread of its own, and give the results in order.

    Whoever stops taking them leaves no thread behind: closing this ends what is not begun, and waits
    for what is.

    Args:
        items: Taken on the caller's thread; closed at the end if it can be.
        work: Done on another one; what it raises is raised here.

    Example:
        >>> list(worked_ahead(iter("ab"), str.upper))
        [('a', 'A'), ('b', 'B')]
    """
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    pool = ThreadPoolExecutor(AHEAD + 1, "retailcrm-fields")
    try:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) > AHEAD:
                first, done = waiting.popleft()
                yield first, done.result()
        while waiting:
            first, done = waiting.popleft()
            yield first, done.result()
    finally:
        pool.shutdown(cancel_futures=True)
        if isinstance(items, Generator):
            items.close()
