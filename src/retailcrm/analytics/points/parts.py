"""Whole numbers shared out to the parts of many orders at once, by largest remainder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.domain.money import split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Ints

LIMIT: Final = 2**61
"""Products up to here stay within ``int64`` however they are rounded; beyond it Python's integers count."""


@attrs.frozen(eq=False, kw_only=True)
class Parts:
    """Parts that weigh something, order by order; parts that weigh nothing never get anything.

    Attributes:
        place: What each part is called elsewhere.
        order: Which order it belongs to, rising; shape ``(n_parts,)``.
        weight: At least 1; same shape.
        owner: The orders that have parts, rising; shape ``(n_owners,)``.
        start: Where the parts of each begin; same shape.
        size: How many they are; same shape.
    """

    place: Ints
    order: Ints
    weight: Ints
    owner: Ints
    start: Ints
    size: Ints

    @classmethod
    def of(cls, place: Ints, order: NDArray[np.integer[Any]], weight: Ints) -> Parts:
        """Lay parts out.

        Args:
            place: What each is called; parts of one order stand in their sequence.
            order: Which order; in any order.
            weight: At least 1.
        """
        if (order[1:] < order[:-1]).any():
            rank = np.argsort(order, kind="stable")
            place, order, weight = place[rank], order[rank], weight[rank]
        opens = np.ones(len(order), np.bool_)
        np.not_equal(order[1:], order[:-1], out=opens[1:])
        start = np.flatnonzero(opens)
        return cls(
            place=place,
            order=order.astype(np.int64),
            weight=weight,
            owner=order[start].astype(np.int64),
            start=start,
            size=np.diff(start, append=len(order)),
        )

    def weighing(self, weight: Ints) -> Parts:
        """Give the same parts other weights; those of 0 are dropped."""
        left = weight > 0
        if left.all():
            return attrs.evolve(self, weight=weight)
        return Parts.of(self.place[left], self.order[left], weight[left])

    def sums(self, values: Ints, n_orders: int) -> Ints:
        """Add values of the parts up for each order.

        Args:
            values: One a part.
            n_orders: How many orders there are.
        """
        found = np.zeros(n_orders, np.int64)
        if len(self.start):
            found[self.owner] = np.add.reduceat(values, self.start)
        return found

    def shared(self, amount: Ints) -> tuple[Ints, Ints]:
        """Share an amount of each order out to its parts; equal to :func:`retailcrm.domain.money.split`.

        Args:
            amount: Of each order, 0 or more; shape ``(n_orders,)``.

        Returns:
            The share of each part; and the orders whose numbers are so large that they were shared out one
            by one.
        """
        if not len(self.start):
            return self.weight.copy(), self.owner
        given = amount[self.owner]
        large = self._large(given)
        weight = self.weight
        if large.any():
            given = np.where(large, 0, given)
            weight = np.where(np.repeat(large, self.size), 1, weight)
        shares = self._by_largest_remainder(given, weight)
        for run in np.flatnonzero(large).tolist():
            rows = slice(self.start[run], self.start[run] + self.size[run])
            shares[rows] = split(int(amount[self.owner[run]]), self.weight[rows].tolist())
        return shares, self.owner[large]

    def _large(self, given: Ints) -> NDArray[np.bool_]:
        """Find the orders whose weights, added up and times the amount, might not fit."""
        heaviest = np.maximum.reduceat(self.weight, self.start)
        heavy = heaviest > LIMIT // self.size
        most = np.where(heavy, 1, heaviest * np.where(heavy, 0, self.size))
        return np.asarray(heavy | (given > LIMIT // np.maximum(most, 1)))

    def _by_largest_remainder(self, given: Ints, weight: Ints) -> Ints:
        total = np.add.reduceat(weight, self.start)
        exact = np.repeat(given, self.size) * weight
        whole = np.repeat(total, self.size)
        shares: Ints = exact // whole
        remainder = exact - shares * whole
        left = given - np.add.reduceat(shares, self.start)
        short = np.flatnonzero(left)
        # Orders with as many parts stand under each other: a row each, and its remainders are ranked.
        for size in np.unique(self.size[short]).tolist():
            runs = short[self.size[short] == size]
            rows = self.start[runs][:, None] + np.arange(size)
            ranked = np.argsort(-remainder[rows], axis=1, kind="stable")
            gets_one = np.arange(size) < left[runs][:, None]
            shares[np.take_along_axis(rows, ranked, axis=1)[gets_one]] += 1
        return shares
