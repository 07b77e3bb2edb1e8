"""What is being done right now, with rows a second: a line on the error stream, on terminals only."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from rich.console import Console


class Watch:
    """A progress line that goes away when its work is done.

    Attributes:
        current: The file that is being read, or was read last.

    Args:
        out: Where to; nothing is shown unless it is a terminal.
        clock: Tells seconds.
    """

    def __init__(self, out: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            console=out,
            transient=True,
            disable=not out.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=None, rate="")
        self._clock, self._started = clock, clock()
        self.current = ""
        self._records, self._read = 0, 0
        self._before, self._size, self._total = 0, 0, 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def doing(self, what: str) -> None:
        """Say what comes next, of which nobody knows how long it takes."""
        self._begin(what, None)

    def _begin(self, what: str, total: int | None) -> None:
        """Show another line: Rich cannot take the end of one back."""
        self._bar.remove_task(self._task)
        self._task = self._bar.add_task(what, total=total, completed=self._before, rate="")

    def reading(self, names: Iterable[str]) -> Iterator[str]:
        """Pass the names of files on, one by one, and show where we are."""
        listed = list(names)
        sizes = [_size(name) for name in listed]
        self._total = sum(sizes)
        self._started = self._clock()
        for number, (name, size) in enumerate(zip(listed, sizes, strict=True), 1):
            self._before, self._size, self._read = sum(sizes[: number - 1]), size, 0
            self.current = name
            what = "reading" if len(listed) == 1 else f"reading file {number} of {len(listed)}"
            self._begin(what, self._total or None)
            yield name

    def advance(self, size: int, records: int) -> None:
        """Note the bytes and the records read since the last call."""
        self._read += size
        self._records += records
        task = self._bar.tasks[-1]
        if self._read > self._size and task.total is not None:
            # More bytes than the file has: it is packed, and nobody knows how much is to come.
            self._begin(task.description, None)
        rate = self._records / max(self._clock() - self._started, 1e-3)
        self._bar.update(
            self._task,
            completed=self._before + min(self._read, self._size),
            rate=f"{self._records:,} rows, {rate:,.0f} rows/s" if self._records else "",
        )


def _size(name: str) -> int:
    try:
        return Path(name).stat().st_size
    except OSError:
        return 0
