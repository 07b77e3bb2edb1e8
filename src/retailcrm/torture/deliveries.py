"""An import that is killed anywhere and run again: the store holds what one clean delivery leaves there."""

from __future__ import annotations

import csv
import hashlib
import os
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.adapters.stores.sql.location import database_at
from retailcrm.adapters.stores.sql.migrations.revisions import tables_in
from retailcrm.adapters.stores.sql.portable.catalogue import columns_of
from retailcrm.torture.audit import sound_file
from retailcrm.torture.opening import open_it
from retailcrm.torture.processes import Worker, start
from retailcrm.torture.workers import READY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

_BEGIN: Final = datetime(2024, 1, 1, tzinfo=UTC)
_NOW: Final = datetime(2024, 7, 1, tzinfo=UTC)
COLUMNS: Final = ("number", "who", "paid", "done", "amount", "back")
_SPENT: Final = ("id", "customer", "points", "time")
MAPPING: Final = {
    "name": "torture",
    "columns": {
        "number": "number", "buyer": "who", "paid_at": "paid", "completed_at": "done", "paid": "amount",
        "refunded": "back",
    },
    "money": {"paid_is": "gross"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "paid"},
}  # fmt: skip
_NUMBERED: Final = ("position", "transaction_id")  # by the database, with gaps where something was taken back


@attrs.frozen(kw_only=True)
class Deliveries:
    """What came of a run.

    Attributes:
        seed: It repeats what was drawn; when exactly a blow falls, the machine decides.
        kills: How many imports were killed, each of a new store, and run again.
        nothing: After how many kills nothing of the file was there.
        everything: After how many all of it was.
        problems: Everything that was wrong, in words.
        seconds: How long it took.
    """

    seed: int
    kills: int
    nothing: int
    everything: int
    problems: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.problems


def deliver(line: Connection, url: str, paths: Sequence[str]) -> None:
    """Import files, one after the other, once told to; the last tells of points that were spent."""
    with open_it(url, lambda: _NOW) as shop:
        line.send((READY,))
        line.recv()
        for path in paths[:-1]:
            shop.imports.files(path, mapping=MAPPING)
        shop.take_redemptions(paths[-1])
    line.send("done")


def kill_imports(
    *, seed: int, kills: int, orders: int = 300, deliver: Callable[..., None] = deliver,
    urls: Callable[[int], str] | None = None, folder: Path | None = None,
    say: Callable[[str], None] = print,
) -> Deliveries:  # fmt: skip
    """Kill imports into new stores, run them again, and compare with one that nobody killed.

    Args:
        seed: Draws the files and the moments.
        kills: How often.
        orders: How many each of two files has; half of the second's are those of the first, later on.
        deliver: What imports, in its own process.
        urls: Gives the URL of an empty database, by number; SQLite files if left out.
        folder: On which disk; in the system's folder for such things if left out.
        say: Is told the seed, and what came of it.
    """
    chance, began = Random(seed), time.monotonic()  # noqa: S311 - a seed repeats it
    problems: list[str] = []
    left = {"nothing": 0, "everything": 0}
    with TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        paths = _files(place, chance, orders)
        new = urls or (lambda n: f"sqlite:///{place / f'{n}.db'}")
        first = _opened(new(0))
        empty, lasts = state_of(first), _delivered(deliver, first, paths)
        clean = state_of(first)
        for url in map(new, range(1, kills + 1)):
            _delivered(deliver, _opened(url), paths, after=chance.uniform(0, lasts))
            state = state_of(url)
            left["nothing"] += state == empty
            left["everything"] += state == clean
            _delivered(deliver, url, paths)
            problems += [f"{url}: {problem}" for problem in sound_file(url)]
            if state_of(url) != clean:
                problems.append(f"{url}: not what one clean delivery leaves")
    result = Deliveries(
        seed=seed, kills=kills, problems=tuple(problems), seconds=time.monotonic() - began, **left
    )
    say(f"kill_imports seed={seed} kills={kills} {left} problems={len(problems)}")
    return result


def _opened(url: str) -> str:
    """Make a store's tables."""
    open_it(url, lambda: _NOW).close()
    return url


def _delivered(
    deliver: Callable[..., None], url: str, paths: Sequence[str], after: float | None = None
) -> float:
    """Let a process import files, and kill it after a time; give how long it took."""
    worker: Worker = start(deliver, url, paths)
    try:
        worker.hear()
        began = time.monotonic()
        worker.tell("go")
        if after is None:
            worker.hear()
        else:
            time.sleep(after)
            worker.kill()
    finally:
        worker.close()
    return time.monotonic() - began


def state_of(url: str) -> str:
    """Give a digest of every row of every table; numbers that the database gives by itself do not count."""
    found = hashlib.sha256()
    with closing(database_at(url)) as database, database.snapshot() as executor:
        for table in sorted(tables_in(executor)):
            columns = [name for name in columns_of(executor, table) if name not in _NUMBERED]
            rows = executor.all(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608 - names of its schema
            found.update(repr((table, sorted(map(repr, rows)))).encode())
    return found.hexdigest()


def _files(folder: Path, chance: Random, orders: int) -> tuple[str, ...]:
    """Write two exports and what a till spent after them.

    The second export tells of later orders, and again of half of the first's.
    """
    rows = [_row(chance, n) for n in range(orders + orders // 2)]
    again = [(*row[:5], "0.50") for row in rows[orders // 2 : orders]]
    return (
        write_export(folder / "first.csv", [COLUMNS, *rows[:orders]], _NOW - timedelta(days=20)),
        write_export(folder / "second.csv", [COLUMNS, *again, *rows[orders:]], _NOW - timedelta(days=1)),
        write_export(folder / "spent.csv", [_SPENT, *(_spent(chance, n) for n in range(orders // 2))], _NOW),
    )


def _row(chance: Random, number: int) -> tuple[str, ...]:
    paid = _BEGIN + timedelta(minutes=chance.randrange(200_000))
    done = (paid + timedelta(days=7)).isoformat(sep=" ")[:19] if chance.random() < 0.8 else ""  # noqa: PLR2004
    amount = f"{chance.randint(100, 90_000) / 100:.2f}"
    return (
        str(100_000 + number),
        f"c{chance.randrange(60)}",
        paid.isoformat(sep=" ")[:19],
        done,
        amount,
        "0.00",
    )


def _spent(chance: Random, number: int) -> tuple[str, ...]:
    at = _NOW - timedelta(hours=20) + timedelta(seconds=30 * number)
    return (f"till{number}", f"c{chance.randrange(60)}", str(chance.randint(1, 90)), at.isoformat())


def write_export(path: Path, rows: Sequence[tuple[str, ...]], exported: datetime) -> str:
    """Write a file as a platform exports it at some moment; the file's time says when that was."""
    with path.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows(rows)
    os.utime(path, (exported.timestamp(), exported.timestamp()))
    return str(path)
