"""Which of several statements about one person is in force, column by column.

The columnar twin of :class:`retailcrm.domain.customers.CustomerFile`; the tests hold the two equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pyarrow as pa

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.observations import Runs
from retailcrm.shop.forms import combined
from retailcrm.shop.stacked import Stacked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded
    from retailcrm.shop.said import Said

    Rows = NDArray[np.int64]
    Flags = NDArray[np.bool_]


@attrs.define(eq=False)
class Statements:
    """Rows of several files about people; a later rank goes before an earlier one.

    Attributes:
        parts: The files' rows, lowest rank first.
        person: Who each row is about, -1 nobody; ``int64``.
        rank: Rank of each row: by moment, and at equal moments the source whose name sorts first is highest.
        moments: Export moment of each rank; ``datetime64[us]``.
        people: How many people there are.
    """

    parts: list[pa.Table]
    person: Rows
    rank: NDArray[np.int32]
    moments: NDArray[np.datetime64]
    people: int
    _runs: Runs | None = attrs.field(default=None, init=False)
    _simple: bool | None = attrs.field(default=None, init=False)

    @classmethod
    def of(cls, said: Sequence[Said], codes: Sequence[Rows], people: int) -> Statements:
        """Stack statements.

        Args:
            said: The statements, in any order.
            codes: Who each row of each is about.
            people: How many people there are.
        """
        micros = [int(s.exported_at.timestamp() * 1_000_000) for s in said]
        names = {name: -i for i, name in enumerate(sorted({s.source for s in said}))}
        keys = [(at, names[s.source]) for at, s in zip(micros, said, strict=True)]
        ranked = sorted(set(keys))
        order = sorted(range(len(said)), key=lambda i: keys[i])
        rank = [np.full(len(said[i].table), ranked.index(keys[i]), np.int32) for i in order]
        return cls(
            parts=[said[i].table for i in order],
            person=np.concatenate([*(codes[i] for i in order), np.empty(0, np.int64)]),
            rank=np.concatenate([*rank, np.empty(0, np.int32)]),
            moments=np.asarray([at for at, _ in ranked], np.int64).view(INSTANT),
            people=people,
        )

    def number(self, name: str, dtype: str, missing: int) -> NDArray[Any] | None:
        """Give a column of numbers, ``missing`` where a file lacks it; ``None`` if all do."""
        rows = self._rows
        if not rows.has(name):
            return None
        return rows.whole(name) if dtype == "int64" else rows.small(name, np.dtype(dtype), missing)

    def texts(self, name: str) -> Any:  # noqa: ANN401 - Arrow has no types
        """Give a column of texts, null where a file lacks it; ``None`` if all do."""
        if not self._rows.has(name):
            return None
        columns = [
            combined(table.column(name))
            if name in table.column_names
            else pa.nulls(len(table), pa.large_string())
            for table in self.parts
        ]
        return columns[0] if len(columns) == 1 else pa.concat_arrays(columns)

    def coded(self, name: str) -> Coded | None:
        """Give a column of texts that repeat under one dictionary; ``None`` if all files lack it."""
        return self._rows.coded(name)

    @property
    def _rows(self) -> Stacked:
        return Stacked(self.parts, [0] * len(self.parts), self.person, self.rank)

    @property
    def runs(self) -> Runs:
        """Rows by person, lowest rank first."""
        if self._runs is None:
            self._runs = Runs.of(self.person)
        return self._runs

    @property
    def simple(self) -> bool:
        """Whether no person stands on two rows."""
        if self._simple is None:
            known = self.person[self.person >= 0]
            self._simple = not len(known) or int(np.bincount(known).max()) == 1
        return self._simple

    def newest_moment(self, told: Flags) -> np.datetime64 | None:
        """Give the moment of the newest export with a row that tells."""
        ranks = self.rank[told & (self.person >= 0)]
        return np.datetime64(self.moments[ranks.max()], "us") if len(ranks) else None

    def in_force(
        self,
        told: Flags,
        clear: Callable[[Rows], Flags] | None,
        written: Callable[[Rows], list[Any]],
    ) -> Rows:
        """Give the row whose value is in force for each person.

        Args:
            told: Which rows tell something.
            clear: Says of rows whether no part of the value is hidden; ``None``: no value of the field is.
            written: Gives values of rows in the form that settles ties within one rank: the least wins.

        Returns:
            Row of each person, -1 where none tells; ``int64``, shape ``(people,)``.
        """
        told = told & (self.person >= 0)
        found = np.full(self.people + 1, -1, np.int64)
        if self.simple:
            rows = np.flatnonzero(told)
            found[self.person[rows]] = rows
            return found[:-1]
        if clear is not None:
            told = self._best(told, clear)
        runs = self.runs
        found[runs.groups] = runs.newest(told)
        self._settle_ties(found, told, written)
        return found[:-1]

    def _best(self, told: Flags, clear: Callable[[Rows], Flags]) -> Flags:
        """Leave out hidden values of people of whom one in clear is told; few need to be looked at."""
        times = np.bincount(self.person[told], minlength=self.people)
        rows = np.flatnonzero(told & np.append(times > 1, np.False_)[self.person])
        if not len(rows):
            return told
        plain = clear(rows)
        any_plain = np.zeros(self.people, np.bool_)
        any_plain[self.person[rows[plain]]] = True
        best = told.copy()
        best[rows] = plain | ~any_plain[self.person[rows]]
        return best

    def _settle_ties(self, found: Rows, told: Flags, written: Callable[[Rows], list[Any]]) -> None:
        """Of several values of one rank take the least."""
        winner = found[self.person]
        rows = np.flatnonzero(told & (winner >= 0) & (self.rank == self.rank[winner]))
        times = np.bincount(self.person[rows], minlength=self.people)
        rows = rows[times[self.person[rows]] > 1]
        if not len(rows):
            return
        settled: dict[int, tuple[Any, int]] = {}
        for person, value, row in zip(self.person[rows].tolist(), written(rows), rows.tolist(), strict=True):
            if person not in settled or (value, row) < settled[person]:
                settled[person] = value, row
        for person, (_, row) in settled.items():
            found[person] = row
