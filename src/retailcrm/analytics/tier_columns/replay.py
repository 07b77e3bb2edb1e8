"""All customers' standings replayed side by side: each round takes every customer one change further.

The one-object rule is :mod:`retailcrm.domain.tiers.standing`; names and order of things are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.tier_columns.climbs import climbs_of, entered, met
from retailcrm.analytics.tier_columns.spans import ALWAYS, NEVER

if TYPE_CHECKING:
    from retailcrm.analytics.counting import Mask
    from retailcrm.analytics.tables import Ints
    from retailcrm.analytics.tier_columns.climbs import Climbs
    from retailcrm.analytics.tier_columns.spans import Spans
    from retailcrm.analytics.tier_columns.steps import Steps

_NO_STEP = -1


@attrs.frozen(eq=False, kw_only=True)
class Lifts:
    """What lifted each customer to each tier, and her standing below; shape ``(n_tiers, n_customers)``.

    Attributes:
        step: The step that lifted her; -1 if none did.
        start: Start of the window that it was counted in.
        tier: The tier that she had before, ...
        changed: ... the first instant after the change to it, ...
        held: ... the end of its hold, ...
        due: ... and the test that its grace followed.
    """

    step: Ints
    start: Ints
    tier: Ints
    changed: Ints
    held: Ints
    due: Ints


@attrs.frozen(eq=False, kw_only=True)
class Replay:
    """Where every customer stands; the columns change in place as the replay goes on.

    Attributes:
        spans: The ladder's calendar.
        steps: What happened.
        climbs: Finds rises.
        joined: When each customer joined.
        tier: Her tier.
        since: When she came to it; :data:`~retailcrm.analytics.tier_columns.spans.ALWAYS` if from the start.
        changed: First instant after that.
        held: When keeping it is tested next.
        due: When that test was due before a grace was added; ``NEVER`` outside a grace.
        last: Her last step that changed anything.
        undo_from: First step to look at for refunds.
        rise_from: First step to look at for a rise.
        rise: The step of her next rise.
        rise_to: The tier that it lifts her to.
        rise_start: Start of the window that it is counted in.
        lifts: What lifted her to the tiers she had.
    """

    spans: Spans
    steps: Steps
    climbs: Climbs
    joined: Ints
    tier: Ints
    since: Ints
    changed: Ints
    held: Ints
    due: Ints
    last: Ints
    undo_from: Ints
    rise_from: Ints
    rise: Ints
    rise_to: Ints
    rise_start: Ints
    lifts: Lifts

    @classmethod
    def of(cls, steps: Steps, spans: Spans, joined: Ints) -> Replay:
        """Put everybody at the start, in the base tier."""
        n, first = len(joined), steps.first[:-1]
        stack = {field.name: np.full((len(spans.ladder.tiers), n), _NO_STEP) for field in attrs.fields(Lifts)}
        replay = cls(
            spans=spans,
            steps=steps,
            climbs=climbs_of(steps, spans, joined),
            joined=joined,
            tier=np.zeros(n, np.int64),
            since=np.full(n, ALWAYS),
            changed=joined.copy(),
            held=np.full(n, NEVER),
            due=np.full(n, NEVER),
            last=np.full(n, _NO_STEP),
            undo_from=first.copy(),
            rise_from=first.copy(),
            rise=np.zeros(n, np.int64),
            rise_to=np.zeros(n, np.int64),
            rise_start=np.zeros(n, np.int64),
            lifts=Lifts(**stack),
        )
        replay._look_ahead(np.arange(n))
        return replay

    def run(self, as_of: int) -> None:
        """Replay up to a moment: for each customer first tests that are due, then refunds, then rises."""
        active = np.arange(len(self.tier))
        at = np.append(self.steps.at, NEVER)
        while len(active):
            undo, rise = self._next_undo(active), self.rise[active]
            step = np.minimum(undo, rise)
            tested = self.held[active] <= np.minimum(at[step], as_of)
            moved = ~tested & (step < len(self.steps))
            undone = moved & (undo <= rise)
            self._test(active[tested])
            self._undo(active[undone], undo[undone])
            self._rise(active[moved & ~undone])
            active = active[tested | moved]

    def _look_ahead(self, who: Ints) -> None:
        """Find the next rise of customers whose tier has changed."""
        found = self.climbs.next_rises(who, self.tier[who], self.changed[who], self.rise_from[who])
        self.rise[who], self.rise_to[who], self.rise_start[who] = found.step, found.reached, found.start

    def _next_undo(self, who: Ints) -> Ints:
        """Find the next step that takes back from the orders which lifted each customer to her tier."""
        size, in_time = len(self.steps), self.steps.refunds.in_time
        lift = self.lifts.step[self.tier[who], who]
        place = np.searchsorted(in_time, lift * (size + 1) + self.undo_from[who])
        order, step = np.divmod(in_time[place], size + 1)
        # Back on a lower tier, its orders may have been given back meanwhile: that is felt now.
        return np.where((lift != _NO_STEP) & (order == lift), np.maximum(step, self.last[who]), size)

    def _rise(self, who: Ints) -> None:
        """Lift customers at once."""
        step, to, lifts = self.rise[who], self.rise_to[who], self.lifts
        at = self.steps.at[step]
        lifts.step[to, who], lifts.start[to, who] = step, self.rise_start[who]
        lifts.tier[to, who], lifts.changed[to, who] = self.tier[who], self.changed[who]
        lifts.held[to, who], lifts.due[to, who] = self.held[who], self.due[who]
        self.tier[who], self.since[who], self.changed[who] = to, at, at + 1
        self.held[who], self.due[who] = self.spans.held_after_rise(at), NEVER
        self.last[who], self.undo_from[who], self.rise_from[who] = step, step + 1, step + 1
        self._look_ahead(who)

    def _undo(self, who: Ints, step: Ints) -> None:
        """Take rises back whose orders were given back in time."""
        tier = self.tier[who]
        at = self.steps.at[step]
        values = self.steps.totals(who, self.lifts.start[tier, who], at + 1, at + 1)
        reached = entered(self.spans.ladder, values)
        falls = reached < tier
        self.undo_from[who] = np.where(falls, 0, step + 1)
        who, step, tier, reached = who[falls], step[falls], tier[falls], reached[falls]
        self.since[who], self.last[who], self.rise_from[who] = at[falls], step, step
        between = reached > self.lifts.tier[tier, who]
        self._restore(who[~between], tier[~between])
        self._settle_between(who[between], tier[between], reached[between])
        self._look_ahead(who)

    def _restore(self, who: Ints, tier: Ints) -> None:
        """Put customers back to where they stood before they rose."""
        lifts = self.lifts
        self.changed[who], self.held[who] = lifts.changed[tier, who], lifts.held[tier, who]
        self.due[who], self.tier[who] = lifts.due[tier, who], lifts.tier[tier, who]

    def _settle_between(self, who: Ints, tier: Ints, reached: Ints) -> None:
        """Put customers where what is left of the orders would have lifted them."""
        for column in attrs.astuple(self.lifts, recurse=False):
            column[reached, who] = column[tier, who]
        self.tier[who], self.due[who] = reached, NEVER
        self.held[who] = self.spans.held_after_rise(self.steps.at[self.lifts.step[tier, who]])

    def _test(self, who: Ints) -> None:
        """Decide, where a hold has ended, who keeps her tier."""
        ladder, test, tier = self.spans.ladder, self.held[who], self.tier[who]
        again = self.due[who] != NEVER
        due = np.where(again, self.due[who], test)
        start = self.spans.tested_from(test, due, self.joined[who], self.changed[who])
        last = self._last_at(who)
        values = self.steps.totals(who, start, test, np.maximum(test, last + 1))
        keeps = np.array([met(t.to_keep, ladder.measures, values) for t in ladder.tiers])
        kept = keeps[tier, np.arange(len(who))]
        waits = ~kept & ~again & (ladder.grace_months > 0)
        drops = ~kept & ~waits
        self.held[who] = self.spans.held_after_test(due)
        self.due[who] = np.where(waits, test, NEVER)
        self.held[who[waits]] = self.spans.months_later(test[waits], ladder.grace_months)
        at = np.maximum(test, last)[drops]
        self._drop(who[drops], at, self._landing(tier[drops], keeps[:, drops]))

    def _last_at(self, who: Ints) -> Ints:
        """Tell when something last changed: a hold that ended before is tested then."""
        return np.where(self.last[who] == _NO_STEP, ALWAYS, self.steps.at[self.last[who]])

    def _landing(self, tier: Ints, keeps: Mask) -> Ints:
        """Find where customers land who do not keep their tier."""
        if self.spans.ladder.drop == "one_down":
            return tier - 1
        landing = np.zeros_like(tier)
        for low in range(1, len(keeps)):
            landing[keeps[low] & (low < tier)] = low
        return landing

    def _drop(self, who: Ints, at: Ints, landing: Ints) -> None:
        """Let customers down."""
        self.tier[who], self.since[who], self.changed[who] = landing, at, at
        self.held[who[landing == 0]] = NEVER
        self.lifts.step[landing, who] = _NO_STEP
        self.rise_from[who] = np.maximum(self.rise_from[who], self.steps.find(who, at))
        self._look_ahead(who)
