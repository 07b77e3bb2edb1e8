"""Writes very many rows in a thread of its own, while whoever makes them makes the next ones.

One statement takes many rows, and SQLite works on it without holding Python's lock: that is what lets two
processors take part in an import.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter, deque
from contextlib import contextmanager, nullcontext
from functools import lru_cache, partial
from operator import add
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from retailcrm.adapters.stores.sql.executor import Database, Dialect, Executor, Row

_AT_ONCE: Final = 400
"""Rows in a statement: some milliseconds of SQLite's work for one of Python's."""

_AHEAD: Final = 1
"""Pieces of work that are kept for the thread, beside those that it may do later: they take memory."""

_SOON: Final = 0.0005
"""Seconds after which a thread gets Python's lock from another; it is ten times as long by itself."""

_NAME_A_TABLE: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")


@attrs.frozen(eq=False)
class RowsInColumns:
    """Rows of a table.

    Attributes:
        insert: The statement that writes one of them, with ``?`` for each column.
        columns: A list of values for each, all of one length.
        more: What follows the statement, such as what to do with rows that are there.
    """

    insert: str
    columns: Sequence[list[Any]]
    more: str = ""


@attrs.frozen(eq=False)
class Work:
    """Rows to be written.

    Attributes:
        tables: Names of the tables in which they are.
        rows: Makes them, in the thread that writes.
    """

    tables: frozenset[str]
    rows: Callable[[], Iterable[RowsInColumns]]


class _Switching:
    """Lets threads take turns more often while any of them writes rows: after each statement it needs one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before = 0.0

    def begin(self) -> None:
        """Count one more who writes."""
        with self._lock:
            if not self._users:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(min(self._before, _SOON))
            self._users += 1

    def end(self) -> None:
        """Count one less; the last puts back what was set before the first."""
        with self._lock:
            self._users -= 1
            if not self._users:
                sys.setswitchinterval(self._before)


_switching: Final = _Switching()


class Behind:
    """What runs the statements of a unit while rows are written behind its back.

    A statement that names a table whose rows wait, or might mean any, is run when these are written. Others
    take turns with the thread. What went wrong in the thread is raised by whatever is asked next.

    Args:
        run: Runs the statements of the unit that is open, whatever the thread.
        most: How many values a statement takes.
    """

    dialect: Dialect = "sqlite"

    def __init__(self, run: Executor, most: int) -> None:
        self._run = run
        self._most = most
        # SQLite keeps the last error with the connection: it is read before another statement runs.
        self._turn = threading.Lock()
        self._change = threading.Condition()
        self._soon: deque[Work] = deque()
        self._later: deque[Work] = deque()
        self._waiting: Counter[str] = Counter()
        self._error: BaseException | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._write_all, name="retailcrm-rows")
        _switching.begin()
        self._thread.start()

    # ---- what the thread is given ----------------------------------------------------------------

    def put(self, work: Work, *, later: bool = False) -> None:
        """Let rows be written.

        Args:
            work: What to write.
            later: It takes no memory until then, and can wait for what does.
        """
        with self._change:
            self._change.wait_for(lambda: later or self._error or len(self._soon) < _AHEAD)
            self._raise()
            self._waiting.update(work.tables)
            (self._later if later else self._soon).append(work)
            self._change.notify_all()

    def drain(self) -> None:
        """Wait until all rows are written."""
        with self._change:
            self._change.wait_for(lambda: self._error or not self._waiting)
            self._raise()

    def end(self) -> None:
        """End the thread; rows that wait are not written any more."""
        with self._change:
            if not self._ended:
                _switching.end()
            self._ended = True
            self._change.notify_all()
        interrupt = None
        while self._thread.is_alive():
            try:
                self._thread.join()
            except KeyboardInterrupt as error:
                # Whatever it wrote after the unit was rolled back would stay.
                interrupt = error
        if interrupt is not None:
            raise interrupt

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    # ---- in the thread ---------------------------------------------------------------------------

    def _write_all(self) -> None:
        try:
            while (work := self._next()) is not None:
                for rows in work.rows():
                    self._write(rows)
                with self._change:
                    self._waiting -= Counter(work.tables)
                    self._change.notify_all()
        except BaseException as error:  # noqa: BLE001 - raised again where the unit is
            with self._change:
                self._error = error
                self._change.notify_all()

    def _next(self) -> Work | None:
        with self._change:
            self._change.wait_for(lambda: self._ended or self._soon or self._later)
            if self._ended:
                return None
            work = (self._soon or self._later).popleft()
            self._change.notify_all()
            return work

    def _write(self, rows: RowsInColumns) -> None:
        many = len(rows.columns[0])
        same = tuple(_literal(column) for column in rows.columns)
        columns = [column for column, literal in zip(rows.columns, same, strict=True) if literal == "?"]
        width = len(columns)
        at_once = min(_AT_ONCE, self._most // max(width, 1))
        whole = many - many % at_once
        for start in range(0, whole, at_once):
            values: list[Any] = [None] * (width * at_once)
            for place, column in enumerate(columns):
                values[place::width] = column[start : start + at_once]
            self._rows(partial(self._run.run, _several(rows.insert, same, at_once, rows.more), values))
        rest = zip(*(column[whole:] for column in rows.columns), strict=True)
        self._rows(partial(self._run.many, rows.insert + rows.more, rest))

    def _rows(self, write: Callable[[], object]) -> None:
        """Write some rows, unless the thread has ended; nobody's turn comes before an error is known."""
        with self._turn:
            if self._ended:
                return
            try:
                write()
            except BaseException as error:
                self._error = error
                raise

    # ---- an executor -----------------------------------------------------------------------------

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run a statement; give the number of rows that it changed."""
        with self._turn_for(sql):
            return self._run.run(sql, values)

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row of a query; ``None`` if there is none."""
        with self._turn_for(sql):
            return self._run.one(sql, values)

    def all(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows of a query."""
        with self._turn_for(sql):
            return self._run.all(sql, values)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values."""
        # Making the rows may ask for something in turn.
        made = list(rows)
        with self._turn_for(sql):
            self._run.many(sql, made)

    def batches(self, sql: str, values: Sequence[object] = (), *, size: int = 65536) -> Iterator[list[Row]]:
        """Give the rows of a query some at a time."""
        found = self._run.batches(sql, values, size=size)
        while True:
            with self._turn_for(sql):
                rows = next(found, None)
            if rows is None:
                return
            yield rows

    @contextmanager
    def _turn_for(self, sql: str) -> Iterator[None]:
        """Wait for the rows that a statement may mean, and then for one's turn."""
        with self._change:
            self._raise()
            of_others = sql.startswith(_NAME_A_TABLE) and not any(one in sql for one in self._waiting)
        if not of_others and not sql.startswith("PRAGMA cache_size"):
            self.drain()
        with self._turn:
            # What failed in the thread meanwhile may have ended the transaction.
            self._raise()
            yield


def _literal(column: list[Any]) -> str:
    """Write what all rows have in a column, which is quicker than a value for each; ``?`` if they differ."""
    if not column or column[0] != column[-1] or column.count(column[0]) < len(column):
        return "?"
    value = column[0]
    if not isinstance(value, str):
        return "NULL" if value is None else str(value)
    # A statement has no NUL character, and no half of one.
    return "'" + value.replace("'", "''") + "'" if value.isprintable() else "?"


@lru_cache(maxsize=64)
def _several(insert: str, literals: tuple[str, ...], rows: int, more: str) -> str:
    """Write a statement for so many rows.

    It fails as that many statements would: those before the wrong row stay, for the unit to take back.
    SQLite would copy every page that it changes otherwise, to take back the statement alone.
    """
    front, _, marks = insert.partition(" VALUES ")
    pieces = marks.split("?")
    one = pieces[0] + "".join(map(add, literals, pieces[1:]))
    several = ", ".join([one] * rows)
    return f"{front.replace('INSERT', 'INSERT OR FAIL', 1)} VALUES {several}{more}"  # noqa: S608 - fixed words


def behind(database: Database) -> AbstractContextManager[Behind | None]:
    """Inside a unit: give what writes rows in a thread of its own; ``None`` where the database has no such.

    Args:
        database: Where the unit is open.
    """
    found: Any = getattr(database, "behind", None)  # of SQLite, where the transaction is ours
    return nullcontext() if found is None else found()
