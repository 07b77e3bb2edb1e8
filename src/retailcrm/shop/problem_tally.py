"""The problems of one file: all counted, and as many kept as a person can read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.domain.problems import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

MOST_KEPT: Final = 10_000
"""Problems of one file that are kept, beside the first few of every code."""

_FIRST: Final = 10
_MORE: Final = "more-problems"
_COMPACT: Final = 1 << 16


@attrs.define(kw_only=True)
class ProblemTally:
    """Counts the problems of a file while it is read, and keeps the first ones.

    A wrong mapping makes a problem of every record of a file of ten million; the counts stay exact.

    Attributes:
        kept: The problems kept, in the sequence they came.
        counts: How many there were of each code.
    """

    kept: list[Problem] = attrs.field(factory=list)
    counts: Counter[str] = attrs.field(factory=Counter)
    _numbers: list[int] = attrs.field(factory=list, init=False)
    _distinct: NDArray[np.int64] = attrs.field(factory=lambda: np.empty(0, np.int64), init=False)
    _whole_file: bool = attrs.field(default=False, init=False)

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it if there is room."""
        self.counts[problem.code] += 1
        if len(self.kept) < MOST_KEPT or self.counts[problem.code] <= _FIRST:
            self.kept.append(problem)
        if problem.severity is Severity.REJECTED:
            self._reject(problem.record)

    def _reject(self, record: int | None) -> None:
        if record is None:
            self._whole_file = True
            return
        self._numbers.append(record)
        if len(self._numbers) >= max(_COMPACT, len(self._distinct)):
            self._compact()

    def _compact(self) -> None:
        """Keep each record's number once: a record can be wrong in several columns."""
        self._distinct = np.union1d(self._distinct, np.asarray(self._numbers, np.int64))
        self._numbers.clear()

    @property
    def rejected(self) -> int:
        """Records that were left out."""
        self._compact()
        return len(self._distinct) + self._whole_file

    def shown(self, source: str, notes: Iterable[Problem] = ()) -> tuple[Problem, ...]:
        """Give what is to be shown: notes about the file, the problems kept, and how many more there are.

        Args:
            source: The file's name.
            notes: Warnings about the file as a whole.
        """
        more = self.counts.total() - len(self.kept)
        if not more:
            return (*notes, *self.kept)
        message = f"and {more:,} more problems, which are counted but not listed"
        last = Problem(source=source, code=_MORE, message=message, severity=Severity.WARNING)
        return (*notes, *self.kept, last)
