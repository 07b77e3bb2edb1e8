"""What goes wrong inside a unit of a store: errors before, at and after its commit, or its end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from retailcrm.adapters.stores.memory_steps import Steps
from retailcrm.adapters.stores.sql.session import Savepoint, Snapshot, is_query
from retailcrm.errors import ConflictError, StoreError, UnknownOutcomeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from retailcrm.adapters.stores.sql.executor import Executor
    from retailcrm.adapters.stores.sql.session import Session

_K = TypeVar("_K")
_V = TypeVar("_V")

FAULTS: Final = {
    "": 70, "error": 7, "conflict": 5, "lost": 5, "kept": 5, "crash": 3, "crash after": 2,
}  # fmt: skip
"""What may happen in the next unit, and how often each is drawn.

``error``: a statement or the commit fails, and all is rolled back. ``conflict``: somebody else was first.
``lost`` and ``kept``: the answer to the commit never came, and it was not, or was, kept. ``crash``: the
process ends in the middle of the unit; ``crash after``: just after its commit.
"""

_EARLY: Final = ("error", "crash")
_AT_COMMIT: Final = ("error", "conflict", "lost", "crash")
_AFTERWARDS: Final = ("kept", "crash after")


class CrashError(BaseException):
    """The process ends here: nobody catches this but who plays the next process."""


@attrs.define
class Fuse:
    """What goes wrong in the next unit that is committed.

    Attributes:
        crash: Called as the process ends, before anything is rolled back or closed.
        fault: One of :data:`FAULTS`; empty if nothing will.
        statements: How many writing statements go well before; if the unit has fewer, its commit is met.
        blown: What has gone wrong since it was set; empty if nothing has.
    """

    crash: Callable[[], None]
    fault: str = ""
    statements: int = 0
    blown: str = ""

    def set(self, fault: str, statements: int = 0) -> None:
        """Let something go wrong in the next unit; empty: let all go well."""
        self.fault, self.statements, self.blown = fault, statements, ""

    def writes(self) -> None:
        """A statement is about to write."""
        if self.fault in _EARLY:
            self.statements -= 1
            if self.statements < 0:
                self._blow()

    def commits(self) -> None:
        """A unit is about to be committed."""
        if self.fault in _AT_COMMIT:
            self._blow()

    def committed(self) -> None:
        """A unit was committed."""
        if self.fault in _AFTERWARDS:
            self._blow()

    def _blow(self) -> None:
        self.blown, self.fault = self.fault, ""
        if self.blown.startswith("crash"):
            self.crash()
            raise CrashError
        if self.blown == "error":
            raise StoreError("simulated: the disk failed")
        if self.blown == "conflict":
            raise ConflictError("simulated: somebody else was first")
        raise UnknownOutcomeError("simulated: the answer to the commit was lost")


class FusedExecutor:
    """Runs a unit's statements; one that writes may meet its fault.

    Args:
        executor: The unit's own.
        fuse: What goes wrong.
    """

    def __init__(self, executor: Executor, fuse: Fuse) -> None:
        self._executor = executor
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever an executor has beside
        return getattr(self._executor, name)

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run a statement."""
        if not is_query(sql):
            self._fuse.writes()
        return self._executor.run(sql, values)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values."""
        self._fuse.writes()
        self._executor.many(sql, rows)


class FusedSession:
    """A connection whose units meet what the fuse says; all else it leaves to the session.

    Args:
        session: The thread's own.
        fuse: What goes wrong.
    """

    def __init__(self, session: Session, fuse: Fuse) -> None:
        self._session = session
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a session has beside
        return getattr(self._session, name)

    @property
    def executor(self) -> Any:  # noqa: ANN401 - an executor, or one around it
        """What runs statements now; those of a unit may meet a fault."""
        found = self._session.executor
        return FusedExecutor(found, self._fuse) if self._session.writing else found

    def __enter__(self) -> Any:  # noqa: ANN401 - an executor
        self._session.__enter__()
        return self.executor

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        commits = self._session.depth == 1 and kind is None
        if commits:
            try:
                self._fuse.commits()
            except BaseException as blown:
                # What fails at the commit fails inside the unit: it is rolled back.
                self._session.__exit__(type(blown), blown, blown.__traceback__)
                raise
        self._session.__exit__(kind, error, trace)
        if commits:
            self._fuse.committed()


def fused(database: Any, fuse: Fuse) -> None:  # noqa: ANN401 - its parts are replaced, which no port allows
    """Let the units of an open database meet what a fuse says."""
    sessions = database._session  # noqa: SLF001 - faults are put in from outside: the product has no hook for them
    database._session = lambda: FusedSession(sessions(), fuse)  # noqa: SLF001 - as above
    # These two look into the session itself, and neither commits.
    database.snapshot = lambda: Snapshot(sessions())
    database.savepoint = lambda: Savepoint(sessions())


@attrs.define(eq=False)
class FusedSteps(Steps):
    """Units in memory that meet what the fuse says.

    Attributes:
        fuse: What goes wrong.
    """

    fuse: Fuse = attrs.field(kw_only=True)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Open a unit; the outermost may meet a fault where a database would commit."""
        outermost = not self.is_open
        with super().unit():
            yield
            if outermost:
                self.fuse.commits()
        if outermost:
            self.fuse.committed()

    def put(self, table: dict[_K, _V], key: _K, value: _V) -> None:
        """Set what a table has under a key."""
        self.fuse.writes()
        super().put(table, key, value)

    def add(self, rows: list[_V], row: _V) -> None:
        """Add a row to a list."""
        self.fuse.writes()
        super().add(rows, row)
