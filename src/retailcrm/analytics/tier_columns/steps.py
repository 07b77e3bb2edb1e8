"""Everything that happened, step by step for each customer, with running totals to add windows up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.tier_columns.spans import NEVER

if TYPE_CHECKING:
    from retailcrm.analytics.counting import Mask
    from retailcrm.analytics.tables import Ints
    from retailcrm.analytics.tier_columns.actions import Actions
    from retailcrm.analytics.tier_columns.spans import Spans


_SECOND: Final = 1_000_000


def first_at_least(values: Ints, low: Ints, high: Ints, wanted: Ints) -> Ints:
    """Search many sorted stretches of one column at once.

    Args:
        values: The column; rising within each stretch.
        low: Where each stretch begins.
        high: Where it ends, exclusive.
        wanted: What to look for in it.

    Returns:
        The first position in each stretch with at least that value; ``high`` if there is none.
    """
    low, high = low.copy(), high.copy()
    while (unsure := low < high).any():
        middle = (low + high) >> 1
        below = values[np.where(unsure, middle, 0)] < wanted
        low = np.where(unsure & below, middle + 1, low)
        high = np.where(unsure & ~below, middle, high)
    return low


def ranges(starts: Ints, counts: Ints) -> Ints:
    """Spell out the ranges that begin at ``starts`` and are ``counts`` long, one after the other."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(counts.sum())


@attrs.frozen(eq=False, kw_only=True)
class Refunds:
    """Refunds that act later than the order they belong to, sorted by customer.

    Attributes:
        first: Where each customer's begin, and the end; shape ``(n_customers + 1,)``.
        customer: Whose they are; shape ``(n_refunds,)``.
        acts: From when they act, microseconds.
        dated: When their order took effect.
        step: The step in which they act.
        counts: What they take back (negative), for each measure; shape ``(n_measures, n_refunds)``.
        in_time: Order step and step of those within the return window, as one number
            ``order_step * (n_steps + 1) + step``, rising; ``NEVER`` at the end.
    """

    first: Ints
    customer: Ints
    acts: Ints
    dated: Ints
    step: Ints
    counts: Ints
    in_time: Ints


@attrs.frozen(eq=False, kw_only=True)
class Steps:
    """What took effect at one instant for one customer is one step; sorted by customer and instant.

    Attributes:
        first: Where each customer's steps begin, and the end; shape ``(n_customers + 1,)``.
        customer: Whose they are; shape ``(n_steps,)``.
        at: When, microseconds.
        lifts: Whether something counted upwards.
        before: Totals of each measure before each step, and after the last, all customers added up;
            shape ``(n_measures, n_steps + 1)``.
        refunds: The refunds among them.
    """

    first: Ints
    customer: Ints
    at: Ints
    lifts: Mask
    before: Ints
    refunds: Refunds

    def __len__(self) -> int:
        """Count the steps."""
        return len(self.at)

    def find(self, customer: Ints, at: Ints) -> Ints:
        """Find customers' first steps at or after given instants; the end of theirs if there is none."""
        return first_at_least(self.at, self.first[customer], self.first[customer + 1], at)

    def totals(self, customer: Ints, start: Ints, end: Ints, known: Ints) -> Ints:
        """Add up what is dated in windows.

        Args:
            customer: Whose; shape ``(n,)``.
            start: First instants of the windows.
            end: First instants after them.
            known: Nothing that acts then or later is seen; not before ``end``.

        Returns:
            Values of each measure; ``int64``, shape ``(n_measures, n)``.
        """
        last = self.find(customer, end)
        first = np.minimum(last, self.find(customer, start))
        values = self.before[:, last] - self.before[:, first]
        refunds = self.refunds
        each = refunds.first[customer + 1] - refunds.first[customer]
        asked = np.repeat(np.arange(len(customer)), each)
        refund = ranges(refunds.first[customer], each)
        acts, dated, begins, ends = refunds.acts[refund], refunds.dated[refund], start[asked], end[asked]
        # Refunds that act in the window, of orders before it, are no part of it; those that act after
        # the window, of orders in it, are.
        strange = (dated < begins) & (begins <= acts) & (acts < ends)
        later = (begins <= dated) & (dated < ends) & (ends <= acts) & (acts < known[asked])
        for value, count in zip(values, refunds.counts, strict=True):
            np.subtract.at(value, asked[strange], count[refund[strange]])
            np.add.at(value, asked[later], count[refund[later]])
        return values

    def running(self, start: Ints) -> Ints:
        """Add up, for every step, what is dated from a start of its own up to it.

        Args:
            start: First instant of each step's window, not falling within a customer.

        Returns:
            Values of each measure; ``int64``, shape ``(n_measures, n_steps)``.
        """
        low, high = self.first[self.customer], np.arange(len(self)) + 1
        first = first_at_least(self.at, low, high, start)
        values = self.before[:, 1:] - self.before[:, first]
        values += self._strange(start)
        return values

    def _strange(self, start: Ints) -> Ints:
        """Undo, for every step, the refunds in its window whose orders lie before the window.

        Windows only move forward, so that the steps concerned by one refund follow each other.
        """
        refunds = self.refunds
        change = np.zeros((len(self.before), len(self) + 1), np.int64)
        low, high = self.first[refunds.customer], self.first[refunds.customer + 1]
        begin = np.maximum(refunds.step, first_at_least(start, low, high, refunds.dated + 1))
        end = np.maximum(begin, first_at_least(start, low, high, refunds.acts + 1))
        for row, count in zip(change, refunds.counts, strict=True):
            np.subtract.at(row, begin, count)
            np.add.at(row, end, count)
        return np.cumsum(change, axis=1, out=change)[:, :-1]


def steps_of(actions: Actions, n_customers: int, spans: Spans) -> Steps:
    """Sort rows into steps.

    Args:
        actions: The rows, in any order.
        n_customers: How many customers there are.
        spans: Tells which refunds come in time.

    Returns:
        The steps.
    """
    order = _by_customer_and_time(actions.customer, actions.acts)
    customer, acts = actions.customer[order], actions.acts[order]
    opens = np.ones(len(order), np.bool_)
    opens[1:] = (customer[1:] != customer[:-1]) | (acts[1:] != acts[:-1])
    begins = np.flatnonzero(opens)
    upward = (actions.counts.max(axis=0, initial=0) > 0) & ~actions.refund
    customer, at = customer[begins], acts[begins]
    first = np.searchsorted(customer, np.arange(n_customers + 1))
    return Steps(
        first=first,
        customer=customer,
        at=at,
        lifts=np.logical_or.reduceat(upward[order], begins),
        before=np.array([_totals(count[order], begins) for count in actions.counts]),
        refunds=_refunds(actions, first, at, spans),
    )


def _totals(counts: Ints, begins: Ints) -> Ints:
    """Add counts up to, not including, each beginning, and to the end."""
    totals = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=totals[1:])
    kept: Ints = totals[np.append(begins, len(counts))]
    return kept


def _by_customer_and_time(customer: Ints, acts: Ints) -> Ints:
    """Sort rows; those of one customer and instant come in any order.

    One number for both sorts ten times faster than two columns. It fits if instants are whole seconds,
    as most exports have them, or customers and years are not too many.
    """
    past = acts - acts.min(initial=NEVER)
    if not (past % _SECOND).any():
        past //= _SECOND
    span = int(past.max(initial=0)) + 1
    if (int(customer.max(initial=0)) + 1) * span > NEVER:
        return np.lexsort((past, customer))
    return np.argsort(customer * span + past)


def _refunds(actions: Actions, first: Ints, at: Ints, spans: Spans) -> Refunds:
    """Set the refunds apart."""
    back = np.flatnonzero(actions.refund)
    back = back[np.argsort(actions.customer[back], kind="stable")]
    customer, acts, dated = actions.customer[back], actions.acts[back], actions.dated[back]
    order, step = (first_at_least(at, first[customer], first[customer + 1], x) for x in (dated, acts))
    timely = spans.day_of(acts) - spans.day_of(dated) <= spans.ladder.return_window_days
    late = dated < acts
    return Refunds(
        first=np.searchsorted(customer[late], np.arange(len(first))),
        customer=customer[late],
        acts=acts[late],
        dated=dated[late],
        step=step[late],
        counts=actions.counts[:, back[late]],
        in_time=np.append(np.sort((order * (len(at) + 1) + step)[timely]), NEVER),
    )
