"""How often each field of the shop's people is known, and until when its records reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.columns import MISSING, Coded
from retailcrm.analytics.local_time import local_day

if TYPE_CHECKING:
    from numpy.typing import NDArray


@attrs.frozen(kw_only=True)
class FieldCount:
    """How often one field is known.

    Attributes:
        known: People whose field is known in clear.
        masked: People of whom only a masked value is known.
        people: All people.
    """

    known: int
    masked: int
    people: int

    @property
    def unknown(self) -> int:
        """People of whom nothing is known."""
        return self.people - self.known - self.masked


def completeness(column: Coded | NDArray[np.generic], hidden: NDArray[np.bool_] | None = None) -> FieldCount:
    """Count in how many rows a field is known.

    Args:
        column: Texts, instants, codes or amounts, one row a person; -1 in codes, NaT in instants and
            :data:`~retailcrm.analytics.columns.MISSING` in amounts is "not told".
        hidden: Of texts: in which of the column's values a platform has hidden a part, shape
            ``(n_values,)``; ``None`` in none.

    Returns:
        The counts.

    Example:
        >>> completeness(Coded.of(["ann", None, "b**", "ann"]), np.array([False, True]))
        FieldCount(known=2, masked=1, people=4)
    """
    masked = 0
    if isinstance(column, Coded):
        told = column.codes >= 0
        if hidden is not None:
            masked = int(np.count_nonzero(told & np.append(hidden, np.False_)[column.codes]))
    elif column.dtype.kind == "M":
        told = ~np.isnat(column)
    else:
        told = column != (MISSING if column.dtype == np.int64 else -1)
    return FieldCount(known=int(np.count_nonzero(told)) - masked, masked=masked, people=len(column))


def days_old(newest: np.datetime64, as_of: np.datetime64, zone: str) -> int | None:
    """Count the calendar days from the newest record to a moment, in the shop's zone.

    Args:
        newest: UTC; NaT unknown.
        as_of: UTC.
        zone: IANA zone.

    Returns:
        Days; below zero if the record is newer than the moment; ``None`` for NaT.

    Example:
        >>> newest, as_of = (np.datetime64(at, "us") for at in ("2024-03-30T17:00", "2024-04-01"))
        >>> days_old(newest, as_of, "Asia/Shanghai")
        1
    """
    if np.isnat(newest):
        return None
    return local_day(as_of, zone) - local_day(newest, zone)
