"""Putting the rows of a unit into their tables: one after the other, or all sent before the first answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from retailcrm.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.adapters.stores.sql.executor import Executor, Row


class Step(NamedTuple):
    """A statement with the values of one row.

    Attributes:
        sql: With ``?`` for each value.
        values: Of the row.
        guard: What to say if it changes no row; empty if it need not change any.
    """

    sql: str
    values: Sequence[object]
    guard: str = ""


class Sends(ABC):
    """What an executor is beside, if it can send statements without waiting for the one before."""

    @abstractmethod
    def first_rows(self, questions: Sequence[Step]) -> list[Row | None]:
        """Ask several questions, each after the one before; give the first row of each answer."""

    @abstractmethod
    def send(self, steps: Sequence[Step]) -> None:
        """Run statements in their order; what is wrong with the first of those that fail is told.

        Raises:
            ConflictError: A guarded one changed no row.
        """


class Put:
    """Puts rows, each at once.

    Args:
        run: Runs the statements.
    """

    def __init__(self, run: Executor) -> None:
        self.run = run

    def rows(self, sql: str, rows: Sequence[Sequence[object]], guard: str = "") -> None:
        """Run a statement for each row.

        Args:
            sql: With ``?`` for each value.
            rows: Their values; with a guard not more than one.
            guard: What to say if it changes no row; empty if it need not change any.

        Raises:
            ConflictError: It was guarded and changed none.
        """
        if len(rows) == 1:
            if not self.run.run(sql, rows[0]) and guard:
                raise ConflictError(guard)
        elif rows:
            self.run.many(sql, rows)

    def end(self) -> None:
        """Put what was kept back."""


class PutTogether(Put):
    """Keeps rows back and sends all of them at the end.

    Args:
        run: Runs what is asked meanwhile: it does not see the rows.
        sends: Sends them.
    """

    def __init__(self, run: Executor, sends: Sends) -> None:
        super().__init__(run)
        self._sends = sends
        self._steps: list[Step] = []

    def rows(self, sql: str, rows: Sequence[Sequence[object]], guard: str = "") -> None:
        """Keep rows back."""
        self._steps += [Step(sql, row, guard) for row in rows]

    def end(self) -> None:
        """Put what was kept back.

        Raises:
            ConflictError: What was guarded changed no row.
        """
        self._sends.send(self._steps)


def putting(run: Executor) -> Put:
    """Give what puts rows the way that is best where a unit is open."""
    return PutTogether(run, run) if isinstance(run, Sends) else Put(run)
