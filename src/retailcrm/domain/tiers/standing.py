"""One customer's standing, and the three things that change it: a rise, a refund, a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from retailcrm.domain.tiers.events import TICK, Moment, Tally
from retailcrm.domain.tiers.windows import (
    counts_from,
    held_after_rise,
    held_after_test,
    months_later,
    tested_from,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from retailcrm.domain.tiers.ladder import Ladder
    from retailcrm.domain.tiers.requirement import Requirement

Rule = Literal["base", "entered", "kept", "grace", "dropped", "refunded", "to_keep", "to_reach"]


@attrs.frozen(kw_only=True)
class Reason:
    """One step of the answer to "why this tier?".

    Attributes:
        rule: ``"base"``: nothing has happened yet. ``"entered"``, ``"kept"``, ``"dropped"``,
            ``"refunded"`` (the order that had lifted her was given back): the last decision.
            ``"grace"``: the test failed, she has until ``held_until`` to catch up. ``"to_keep"``,
            ``"to_reach"``: what decides next.
        tier: Name of the tier that the requirement belongs to.
        at: When it was decided; ``None`` for what has not been yet.
        inputs: What was measured; spend in minor units.
        needed: What was asked for; ``None`` for the base.
        distance: What is or was missing, by measure; empty if nothing.
        orders: Keys of the orders that decided it, sorted.
    """

    rule: Rule
    tier: str
    at: datetime | None
    inputs: Mapping[str, int]
    needed: Requirement | None
    distance: tuple[tuple[str, int], ...] = ()
    orders: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Lift:
    """How a customer came up to her tier, so that a refund can undo it.

    Attributes:
        at: The instant of the orders that lifted her.
        start: Start of the window that they were counted in.
        below: Her standing before.
    """

    at: datetime
    start: datetime | None
    below: Standing


@attrs.frozen(kw_only=True)
class Standing:
    """Where a customer stands.

    Attributes:
        tier: Position in the ladder's tiers.
        since: When she came to it; ``None`` in the base tier from the start.
        changed_at: First instant after the change, for windows that begin there.
        held_until: When keeping it is tested next; ``None``: never.
        due: When that test was due before a grace was added; ``None`` outside a grace.
        lift: What lifted her; ``None`` if nothing did.
        reason: The last decision.
    """

    tier: int
    since: datetime | None
    changed_at: datetime | None
    held_until: datetime | None
    due: datetime | None = None
    lift: Lift | None = None
    reason: Reason


@attrs.frozen(kw_only=True)
class Rules:
    """A ladder at work on one customer's tally.

    Attributes:
        ladder: The ladder.
        tally: What she did.
        joined_at: When she joined.
    """

    ladder: Ladder
    tally: Tally
    joined_at: datetime | None

    def first(self) -> Standing:
        """Give the standing that everybody begins with."""
        reason = Reason(rule="base", tier=self.ladder.tiers[0].name, at=None, inputs={}, needed=None)
        return Standing(tier=0, since=None, changed_at=self.joined_at, held_until=None, reason=reason)

    def window_start(self, standing: Standing, at: datetime) -> datetime | None:
        """Find from when things count at a moment."""
        return counts_from(self.ladder, at, joined_at=self.joined_at, changed_at=standing.changed_at)

    def test_start(self, standing: Standing, test: datetime) -> datetime | None:
        """Find from when things count in the test at the end of a hold."""
        return tested_from(
            self.ladder,
            test,
            due=standing.due or test,
            joined_at=self.joined_at,
            changed_at=standing.changed_at,
        )

    def rise(self, standing: Standing, moment: Moment) -> Standing:
        """Lift her at once if what just happened reaches a higher tier."""
        if not moment.lifts or standing.tier + 1 == len(self.ladder.tiers):
            return standing
        start = self.window_start(standing, moment.at)
        values = self.tally.totals(start, moment.at + TICK)
        reached = self.ladder.entered(values)
        if reached <= standing.tier:
            return standing
        return Standing(
            tier=reached,
            since=moment.at,
            changed_at=moment.at + TICK,
            held_until=held_after_rise(self.ladder, moment.at),
            lift=Lift(at=moment.at, start=start, below=standing),
            reason=self._reason("entered", reached, moment.at, values, orders=moment.orders),
        )

    def undo(self, standing: Standing, moment: Moment, given_back: frozenset[datetime]) -> Standing:
        """Take a rise back if the orders that caused it were given back in time.

        She returns to her standing before the rise or, if what is left of the orders reaches a tier
        in between, to that one as if they had lifted her there.

        Args:
            standing: Hers.
            moment: What just happened.
            given_back: Instants of the orders that something was taken back from in time.
        """
        lift = standing.lift
        if lift is None or lift.at not in given_back:
            return standing
        values = self.tally.totals(lift.start, moment.at + TICK)
        reached = self.ladder.entered(values)
        if reached >= standing.tier:
            return standing
        reason = self._reason("refunded", standing.tier, moment.at, values, orders=moment.refunded)
        if reached <= lift.below.tier:
            return attrs.evolve(lift.below, since=moment.at, reason=reason)
        held_until = held_after_rise(self.ladder, lift.at)
        return attrs.evolve(
            standing, tier=reached, since=moment.at, held_until=held_until, due=None, reason=reason
        )

    def test(self, standing: Standing, test: datetime, not_before: datetime | None) -> Standing:
        """Decide, when a hold has ended, whether she keeps her tier.

        Args:
            standing: Hers, with a hold that ends at ``test``.
            test: The end of the hold.
            not_before: When it is tested, if later: a hold that ended while she stood higher is
                tested only when a refund brings her back, on what is known by then.
        """
        due = standing.due or test
        known = None if not_before is None else not_before + TICK
        values = self.tally.totals(self.test_start(standing, test), test, known)
        held_until = held_after_test(self.ladder, due)
        if self.ladder.tiers[standing.tier].to_keep.met_by(values):
            reason = self._reason("kept", standing.tier, test, values)
            return attrs.evolve(standing, held_until=held_until, due=None, reason=reason)
        if self.ladder.grace_months and standing.due is None:
            end = months_later(self.ladder, test, self.ladder.grace_months)
            reason = self._reason("grace", standing.tier, test, values)
            return attrs.evolve(standing, held_until=end, due=test, reason=reason)
        at = test if not_before is None else max(test, not_before)
        tier = self._landing(standing.tier, values)
        reason = self._reason("dropped", standing.tier, at, values)
        held = held_until if tier else None
        return Standing(tier=tier, since=at, changed_at=at, held_until=held, reason=reason)

    def _landing(self, tier: int, values: Mapping[str, int]) -> int:
        """Find where a customer lands who does not keep her tier."""
        if self.ladder.drop == "one_down":
            return tier - 1
        lower = range(tier - 1, 0, -1)
        return next((low for low in lower if self.ladder.tiers[low].to_keep.met_by(values)), 0)

    def _reason(
        self, rule: Rule, tier: int, at: datetime, values: Mapping[str, int], orders: tuple[str, ...] = ()
    ) -> Reason:
        step = self.ladder.tiers[tier]
        needed = step.enter if rule in ("entered", "refunded") else step.to_keep
        distance = needed.missing(values)
        return Reason(
            rule=rule, tier=step.name, at=at, inputs=values, needed=needed, distance=distance, orders=orders
        )
