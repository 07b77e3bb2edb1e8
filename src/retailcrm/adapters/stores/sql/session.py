"""One thread's connection, and the transaction it is in; who holds it when threads end and processes fork."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from retailcrm.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from retailcrm.adapters.stores.sql.executor import Dialect, Executor, Row


class Session(ABC):
    """A connection that one thread uses: in a ``with`` a unit, outside one it runs single statements.

    Attributes:
        depth: How many units or snapshots are open, one in another.
        writing: Whether they are units.
        failed: Whether a unit that joined failed.
        inside: Runs the statements of what is open; ``None`` outside.
        settled: What was read in the transaction that is open, if nobody else can change it before that
            ends; ``None`` where others can, and outside. Whoever writes such a thing clears it.
        along: What came along with the answer to another question, for whoever asks it next: once.
    """

    dialect: Dialect

    def __init__(self) -> None:
        self.depth = 0
        self.writing = self.failed = False
        self.inside: Executor | None = None
        self.settled: dict[object, Any] | None = None
        self.along: dict[object, Any] = {}

    @property
    def executor(self) -> Executor:
        """What runs statements now: in what is open, else by themselves."""
        return self.inside or self

    @abstractmethod
    def begin(self) -> Executor:
        """Open a transaction that writes."""

    @abstractmethod
    def begin_reading(self) -> Executor:
        """Open a transaction that reads."""

    @abstractmethod
    def commit(self) -> None:
        """Commit what is open."""

    @abstractmethod
    def drop(self) -> None:
        """Roll back what is open, if anything is."""

    @abstractmethod
    def finish(self) -> None:
        """Give back what the transaction held, after its end."""

    @abstractmethod
    def alone(self, sql: str) -> AbstractContextManager[Executor]:
        """Give what runs a single statement: a query needs no unit, whatever may write has one of its own."""

    @abstractmethod
    def batches(self, sql: str, values: Sequence[object] = (), *, size: int = 65536) -> Iterator[list[Row]]:
        """Give the rows of a query some at a time; memory stays flat inside a unit or a snapshot."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    def rest(self) -> bool:
        """Before a fork: close the connection, if the child could not live with it.

        Returns:
            Whether it was closed; it is opened again when it is asked for.
        """
        return False

    @abstractmethod
    def abandon(self) -> None:
        """In a forked child: leave the connection to the parent, and do not even close it."""

    def __enter__(self) -> Executor:
        if self.depth:
            return self._join()
        try:
            self.inside = inside = self.begin()
            self.writing = True
            self.depth = 1
        except BaseException:
            # Also after Ctrl-C: what was begun must not stay open, or the next unit would join it.
            self._end()
            raise
        return inside

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.depth > 1:
            self.depth -= 1
            if kind is not None:
                self.failed = True
            return
        try:
            if kind is None:
                if self.failed:
                    raise StoreError("a part of the unit failed before, so nothing of it was written")
                self.commit()
        finally:
            self.depth = 0
            self._end()

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run a statement; give the number of rows that it changed."""
        with self.alone(sql) as executor:
            return executor.run(sql, values)

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row of a query; ``None`` if there is none."""
        with self.alone(sql) as executor:
            return executor.one(sql, values)

    def all(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows of a query."""
        with self.alone(sql) as executor:
            return executor.all(sql, values)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values, all in one transaction."""
        with self as executor:
            executor.many(sql, rows)

    def _join(self) -> Executor:
        if not self.writing:
            raise StoreError("a unit cannot be opened inside a snapshot")
        self.depth += 1
        return self.executor

    def _end(self) -> None:
        self.depth = 0
        self.writing = self.failed = False
        self.inside = self.settled = None
        self.along.clear()
        try:
            self.drop()
        finally:
            self.finish()

    def enter_snapshot(self) -> Executor:
        """Open a snapshot, or join what is open."""
        if not self.depth:
            try:
                self.inside = self.begin_reading()
            except BaseException:
                # As for a unit: what was begun, and a lock that it took, must not outlast Ctrl-C.
                self._end()
                raise
        self.depth += 1
        return self.executor

    def leave_snapshot(self) -> None:
        """Close a snapshot."""
        self.depth -= 1
        if not self.depth:
            self._end()


class Snapshot:
    """A transaction that reads."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> Executor:
        return self._session.enter_snapshot()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.leave_snapshot()


class Savepoint:
    """A part of a unit that is taken back alone."""

    __slots__ = ("_session", "_was_failed")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._was_failed = False

    def __enter__(self) -> Executor:
        session = self._session
        if not session.writing:
            raise StoreError("a savepoint is a part of a unit, and none is open")
        self._was_failed = session.failed
        session.executor.run("SAVEPOINT retailcrm_part")
        return session.executor

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session = self._session
        # Of several of one name the innermost is meant.
        if kind is not None:
            session.executor.run("ROLLBACK TO SAVEPOINT retailcrm_part")
            session.failed = self._was_failed
            session.along.clear()
            if session.settled:
                session.settled.clear()
        session.executor.run("RELEASE SAVEPOINT retailcrm_part")


def is_query(sql: str) -> bool:
    """Tell whether a statement surely writes nothing."""
    return sql.lstrip()[:7].upper().startswith(_QUERIES)


_QUERIES: Final = ("SELECT", "EXPLAIN", "VALUES")

_S = TypeVar("_S", bound=Session)


class PerThread(Generic[_S]):
    """A session for each thread that asks, none of which outlives its thread or goes through a fork.

    Args:
        make: Opens one.
    """

    def __init__(self, make: Callable[[], _S]) -> None:
        self.own: Any = threading.local()
        self._make = make
        self._all: weakref.WeakSet[_S] = weakref.WeakSet()
        self._closed = False
        _EVERY.add(self)

    def get(self) -> _S:
        """Give this thread's session.

        Raises:
            StoreError: The database was closed.
        """
        session: _S | None = getattr(self.own, "session", None)
        if session is None:
            if self._closed:
                raise StoreError("the database was closed")
            session = self.own.session = self._make()
            self._all.add(session)
        return session

    def close(self) -> None:
        """Close the sessions of all threads."""
        self._closed = True
        self.own = threading.local()
        for session in list(self._all):
            session.close()

    def rest(self) -> None:
        """Before a fork: close what the child could not live with, if it is this thread's and idle."""
        session: _S | None = getattr(self.own, "session", None)
        if session is not None and not session.depth and session.rest():
            del self.own.session
            self._all.discard(session)

    def forget(self) -> None:
        """In a forked child: use nothing of the parent's."""
        sessions, self._all = list(self._all), weakref.WeakSet()
        self.own = threading.local()
        for session in sessions:
            session.abandon()


_EVERY: Final[weakref.WeakSet[PerThread[Any]]] = weakref.WeakSet()


def _rest_all() -> None:
    for threads in list(_EVERY):
        threads.rest()


def _forget_all() -> None:
    for threads in list(_EVERY):
        threads.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_rest_all, after_in_child=_forget_all)


def keep_for_ever(connection: object) -> None:
    """See to it that a connection is never closed, not even when Python ends; the system takes it back."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
