"""A figure: what is counted over what, exactly, for each group."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal

import attrs
import numpy as np

from retailcrm.analytics.intervals import wilson
from retailcrm.analytics.metrics.definitions import DEFINITIONS
from retailcrm.domain.labels import Label
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.metrics.sales import Groups
    from retailcrm.analytics.tables import Ints

Unit = Literal["count", "money", "share", "ratio", "hours"]

NO_NOTE: Final = Label("", "")
LEAST_PEOPLE: Final = 10
"""Groups of fewer people show no rates, so that nobody's behaviour can be read off a table."""


@attrs.frozen(eq=False, kw_only=True)
class Figure:
    """One figure of each group: whole sums, divided only when read.

    Attributes:
        key: Which figure; a key of :data:`~retailcrm.analytics.metrics.definitions.DEFINITIONS`.
        unit: What it is measured in: a count, minor units of money (as such, or for each order or
            buyer), a share of 1, a ratio, hours.
        groups: Keys of the groups; ``("all",)`` of a figure that is not split.
        numerator: ``int64``, shape ``(n_groups,)``.
        denominator: Same shape; ``None`` where nothing is divided.
        people: How many distinct people a group's figure rests on: the buyers, or who is divided by;
            not the orders; ``int64``, same shape.
        low: Lower ends of 95 % intervals, NaN without one; ``float64``, same shape; ``None`` if the
            figure has none.
        high: Upper ends.
        note: What a reader must know, such as why there is no figure; empty if nothing.
    """

    key: str
    unit: Unit
    groups: tuple[str, ...]
    numerator: Ints
    denominator: Ints | None = None
    people: Ints
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    note: Label = NO_NOTE

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.groups)

    def values(self) -> list[Fraction | None]:
        """Divide: exact, and ``None`` where the denominator is zero.

        Example:
            >>> two = np.array([3, 1]), np.array([4, 0])
            >>> aov = Figure(
            ...     key="aov", unit="money", groups=("a", "b"), numerator=two[0], denominator=two[1],
            ...     people=two[1],
            ... )
            >>> aov.values(), aov.value("a")
            ([Fraction(3, 4), None], Fraction(3, 4))
        """
        tops = self.numerator.tolist()
        if self.denominator is None:
            return [Fraction(top) for top in tops]
        bottoms = self.denominator.tolist()
        return [Fraction(t, b) if b else None for t, b in zip(tops, bottoms, strict=True)]

    def value(self, group: str | None = None) -> Fraction | None:
        """Divide for one group.

        Args:
            group: Its key; may be left out where there is but one.

        Returns:
            The figure; ``None`` where the denominator is zero.

        Raises:
            InputError: There is no such group, or several and none is named.
        """
        if group is None and len(self) != 1:
            raise InputError(f"{self.key} has {len(self)} groups: name one")
        if group is not None and group not in self.groups:
            raise InputError(f"{self.key} has no group {group!r}")
        place = 0 if group is None else self.groups.index(group)
        bottom = 1 if self.denominator is None else int(self.denominator[place])
        return Fraction(int(self.numerator[place]), bottom) if bottom else None

    def withheld(self, least: int = LEAST_PEOPLE) -> NDArray[np.bool_]:
        """Mark the groups of too few people to show what they do.

        Args:
            least: People that a group must have.

        Returns:
            ``bool``, shape ``(n_groups,)``; all False where nothing is divided, for counts and sums
            are what the shop's own books say.
        """
        if self.denominator is None:
            return np.zeros(len(self), np.bool_)
        return self.people < least


@attrs.frozen(eq=False, kw_only=True)
class Growth:
    """How much a figure grew, of what it was: a share for each group.

    Attributes:
        key: Which figure.
        groups: Keys of the groups.
        shares: (now - before) / before, exact; ``None`` where either is missing or before is not
            above zero, for of nothing no share can be taken.
        people: The fewer of the people that both figures rest on; ``int64``, shape ``(n_groups,)``.
    """

    key: str
    groups: tuple[str, ...]
    shares: tuple[Fraction | None, ...]
    people: Ints

    def values(self) -> list[Fraction | None]:
        """Give the shares as a list, as of any figure."""
        return list(self.shares)

    def withheld(self, least: int = LEAST_PEOPLE) -> NDArray[np.bool_]:
        """Mark the groups of too few people to show what they do; ``bool``, shape ``(n_groups,)``."""
        return self.people < least


def figure_of(key: str, groups: Groups, numerator: Ints, people: Ints, *, over: Ints | None = None) -> Figure:
    """Make the figure of a key: its unit stands in its definition.

    Args:
        key: Which figure.
        groups: What it is cut by.
        numerator: What is counted or added up, of each group.
        people: Whom it speaks of, of each group.
        over: What that is divided by; nothing if left out.
    """
    return Figure(
        key=key,
        unit=DEFINITIONS[key].unit,
        groups=groups.keys,
        numerator=numerator,
        denominator=over,
        people=people,
    )


def share_of(key: str, groups: Groups, part: Ints, whole: Ints) -> Figure:
    """Make a share of people, with its Wilson interval.

    Args:
        key: Which figure.
        groups: What it is cut by.
        part: Who did, of each group.
        whole: Of how many; the people it speaks of.
    """
    low, high = wilson(part, whole)
    return attrs.evolve(figure_of(key, groups, part, whole, over=whole), low=low, high=high)


def joined(parts: Sequence[Figure]) -> Figure:
    """Add up one figure of parts of a shop that have no customer in common.

    Args:
        parts: At least one. Of stretches of time all parts must hold the same ones, for who is known
            by a month that a part lacks would be missing.

    Returns:
        The figure of the whole: every group that a part has, and Wilson intervals if the parts had.

    Raises:
        InputError: There is no part, or they are different figures.

    Example:
        >>> def half(n):
        ...     people = np.array([n])
        ...     return Figure(key="buyers", unit="count", groups=("all",), numerator=people, people=people)
        >>> joined([half(2), half(3)]).value()
        Fraction(5, 1)
    """
    if len({part.key for part in parts}) != 1:
        raise InputError("only one figure, of at least one part, can be joined")
    first = parts[0]
    place = {key: i for i, key in enumerate(dict.fromkeys(key for part in parts for key in part.groups))}
    numerator, denominator, people = np.zeros((3, len(place)), np.int64)
    for part in parts:
        where = [place[key] for key in part.groups]
        numerator[where] += part.numerator
        people[where] += part.people
        denominator[where] += 0 if part.denominator is None else part.denominator
    low, high = (None, None) if first.low is None else wilson(numerator, denominator)
    return attrs.evolve(
        first,
        groups=tuple(place),
        numerator=numerator,
        denominator=None if first.denominator is None else denominator,
        people=people,
        low=low,
        high=high,
    )


def growth(now: Figure, before: Figure | None = None) -> Growth:
    """Compare a figure with what it was (增长率): (now - before) / before.

    Args:
        now: The figure.
        before: The same figure of the same groups of the period before; left out, each group of
            ``now`` is compared with the one before it, which makes sense of months.

    Returns:
        Exact shares; groups that ``before`` lacks have none.

    Raises:
        InputError: They are two different figures.

    Example:
        >>> sold = Figure(
        ...     key="net", unit="money", groups=("2024-01", "2024-02"), numerator=np.array([80, 100]),
        ...     people=np.array([4, 5]),
        ... )
        >>> growth(sold).values()
        [None, Fraction(1, 4)]
    """
    if before is not None and before.key != now.key:
        raise InputError(f"{now.key} cannot grow from {before.key}")
    values = now.values()
    if before is None:
        olds, people = [None, *values[:-1]], np.append(now.people[:1], now.people[:-1])
    else:
        place = {key: i for i, key in enumerate(before.groups)}
        told = [(*before.values(), None)[place.get(key, -1)] for key in now.groups]
        olds, people = told, np.append(before.people, 0)[[place.get(key, -1) for key in now.groups]]
    return Growth(
        key=now.key,
        groups=now.groups,
        shares=tuple(map(_grown, values, olds)),
        people=np.minimum(now.people, people),
    )


def _grown(now: Fraction | None, before: Fraction | None) -> Fraction | None:
    return None if now is None or before is None or before <= 0 else (now - before) / before
