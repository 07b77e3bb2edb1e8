"""Where each customer rises next: requirements measured on columns."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Protocol

import attrs
import numpy as np

from retailcrm.analytics.tier_columns.spans import NEVER
from retailcrm.analytics.tier_columns.steps import ranges

if TYPE_CHECKING:
    from retailcrm.analytics.counting import Mask
    from retailcrm.analytics.tables import Ints
    from retailcrm.analytics.tier_columns.spans import Spans
    from retailcrm.analytics.tier_columns.steps import Steps
    from retailcrm.domain.tiers import Ladder, Requirement


def met(rule: Requirement, measures: tuple[str, ...], values: Ints) -> Mask:
    """Tell where measured values meet a requirement.

    Args:
        rule: The requirement.
        measures: Names of the values, in the order of their rows.
        values: Shape ``(n_measures, n)``.

    Returns:
        ``bool``, shape ``(n,)``.
    """
    reached = [values[measures.index(name)] >= bound for name, bound in rule.bounds]
    if not reached:
        return np.ones(values.shape[1], np.bool_)
    return reduce(np.logical_or if rule.combine == "any" else np.logical_and, reached)


def entered(ladder: Ladder, values: Ints) -> Ints:
    """Find the highest tier that measured values enter; requirements rise, so it is their number."""
    reached = np.zeros(values.shape[1], np.int64)
    for tier in ladder.tiers[1:]:
        reached += met(tier.enter, ladder.measures, values)
    return reached


@attrs.frozen(eq=False, kw_only=True)
class Rises:
    """The next rise of some customers.

    Attributes:
        step: The step that lifts each of them; the number of steps if none does.
        reached: The tier that it lifts her to.
        start: First instant of the window that it was counted in.
    """

    step: Ints
    reached: Ints
    start: Ints


class Climbs(Protocol):
    """Tells where customers rise next."""

    def next_rises(self, customer: Ints, tier: Ints, changed: Ints, begin: Ints) -> Rises:
        """Find the first step from ``begin`` on that lifts each customer above her tier.

        Args:
            customer: Whose; shape ``(n,)``.
            tier: The tier that she has.
            changed: First instant after her last change.
            begin: First of her steps to look at.
        """
        ...


@attrs.frozen(eq=False, kw_only=True)
class FixedClimbs:
    """For windows that do not depend on what tier she had: each step reaches one tier, known at once.

    Attributes:
        steps: The steps.
        start: First instant of the window of each.
        reached: The tier that each lifts to, 0 where nothing counts upwards.
        lifting: Steps that lift above each tier, as ``tier * (n_steps + 1) + step``, rising; ``NEVER``
            at the end.
    """

    steps: Steps
    start: Ints
    reached: Ints
    lifting: Ints

    @classmethod
    def of(cls, steps: Steps, spans: Spans, joined: Ints) -> FixedClimbs:
        """Measure every step."""
        ladder, size = spans.ladder, len(steps)
        start = spans.counts_from(steps.at, joined[steps.customer], joined[steps.customer])
        reached = entered(ladder, steps.running(start)) * steps.lifts
        above = [np.flatnonzero(reached > tier) + tier * (size + 1) for tier in range(len(ladder.tiers))]
        return cls(steps=steps, start=start, reached=reached, lifting=np.concatenate([*above, [NEVER]]))

    def next_rises(self, customer: Ints, tier: Ints, changed: Ints, begin: Ints) -> Rises:  # noqa: ARG002 - the port has it
        """Look the next lifting step up."""
        size = len(self.steps)
        place = np.searchsorted(self.lifting, tier * (size + 1) + begin)
        step = self.lifting[place] - tier * (size + 1)
        step = np.where(step < self.steps.first[customer + 1], step, size)
        last = np.minimum(step, size - 1)
        return Rises(step=step, reached=self.reached[last], start=self.start[last])


@attrs.frozen(eq=False, kw_only=True)
class MovingClimbs:
    """For windows that begin with her last change: what is left of her steps is measured again.

    Attributes:
        steps: The steps.
        ladder: The ladder.
    """

    steps: Steps
    ladder: Ladder

    def next_rises(self, customer: Ints, tier: Ints, changed: Ints, begin: Ints) -> Rises:
        """Measure the steps from ``begin`` on in the window that is hers now."""
        steps, size = self.steps, len(self.steps)
        opens = steps.find(customer, changed)
        begin = np.maximum(begin, opens)
        each = steps.first[customer + 1] - begin
        asked, step = np.repeat(np.arange(len(customer)), each), ranges(begin, each)
        values = steps.before[:, step + 1] - steps.before[:, opens[asked]]
        values -= self._strange(customer, changed, begin, each)
        reached = entered(self.ladder, values)
        lifting = np.flatnonzero(steps.lifts[step] & (reached > tier[asked]))
        first = lifting[np.unique(asked[lifting], return_index=True)[1]]
        found = Rises(step=np.full(len(customer), size), reached=np.zeros_like(tier), start=changed)
        found.step[asked[first]] = step[first]
        found.reached[asked[first]] = reached[first]
        return found

    def _strange(self, customer: Ints, changed: Ints, begin: Ints, each: Ints) -> Ints:
        """Add up, for every step asked about, refunds in her window of orders that lie before it."""
        refunds = self.steps.refunds
        count = refunds.first[customer + 1] - refunds.first[customer]
        asked, refund = np.repeat(np.arange(len(customer)), count), ranges(refunds.first[customer], count)
        keep = (refunds.dated[refund] < changed[asked]) & (changed[asked] <= refunds.acts[refund])
        asked, refund = asked[keep], refund[keep]
        ends = np.cumsum(each)
        change = np.zeros((len(self.steps.before), each.sum() + 1), np.int64)
        into = (ends - each)[asked] + np.clip(refunds.step[refund] - begin[asked], 0, each[asked])
        for row, count in zip(change, refunds.counts, strict=True):
            np.add.at(row, into, count[refund])
            np.subtract.at(row, ends[asked], count[refund])
        return np.cumsum(change, axis=1)[:, :-1]


def climbs_of(steps: Steps, spans: Spans, joined: Ints) -> Climbs:
    """Pick the way to find rises that a ladder's window needs."""
    if spans.ladder.window.kind == "since_last_change":
        return MovingClimbs(steps=steps, ladder=spans.ladder)
    return FixedClimbs.of(steps, spans, joined)
