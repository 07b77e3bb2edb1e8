"""The store's database over APSW, an SQLite library of its own, so that a test can write down what it writes.

Never on a file that the standard library's SQLite has open: see ``test_power_loss_libraries``.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import apsw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class ApswDatabase:
    """A database on one connection, for one thread; it is its own executor.

    Args:
        path: An existing file of a store.
        settings: What is set with PRAGMA.
        vfs: Through which files are written.
    """

    dialect = "sqlite"
    borrowed = False
    settled = None

    def __init__(self, path: str, settings: dict[str, object], vfs: str) -> None:
        self.connection = apsw.Connection(path, vfs=vfs, flags=apsw.SQLITE_OPEN_READWRITE)
        for name, value in settings.items():
            list(self.connection.execute(f"PRAGMA {name} = {value}"))
        self.depth = 0

    @property
    def executor(self) -> Any:
        return self

    @property
    def in_unit(self) -> bool:
        return self.depth > 0

    @contextmanager
    def unit(self) -> Iterator[Any]:
        if self.depth:
            yield self
            return
        self.connection.execute("BEGIN IMMEDIATE")
        self.depth = 1
        try:
            yield self
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        else:
            self.connection.execute("COMMIT")
        finally:
            self.depth = 0

    @contextmanager
    def snapshot(self) -> Iterator[Any]:
        yield self

    @contextmanager
    def savepoint(self) -> Iterator[Any]:
        with self.connection:
            yield self

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        list(self.connection.execute(sql, tuple(values)))
        return self.connection.changes()

    def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        return next(iter(self.all(sql, values)), None)

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        return list(self.connection.execute(sql, tuple(values)))

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self.connection.executemany(sql, (tuple(row) for row in rows))

    def batches(self, sql: str, values: Sequence[Any] = (), *, size: int = 65536) -> Iterator[list[Any]]:
        rows = self.all(sql, values)
        yield from (rows[n : n + size] for n in range(0, len(rows), size))

    def close(self) -> None:
        self.connection.close()
