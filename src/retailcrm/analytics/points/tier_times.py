"""Which tier customers had at many moments: their standings replayed once, every change noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.tier_columns.actions import actions_of
from retailcrm.analytics.tier_columns.replay import Replay
from retailcrm.analytics.tier_columns.spans import ALWAYS, Spans
from retailcrm.analytics.tier_columns.steps import first_at_least, steps_of
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints
    from retailcrm.analytics.tier_columns import TierRows
    from retailcrm.analytics.tier_columns.actions import Actions
    from retailcrm.domain.tiers import Ladder


def tiers_at(
    ladder: Ladder,
    rows: TierRows,
    customer: NDArray[np.int32],
    at: Instants,
    *,
    n_customers: int,
    joined_at: Instants | None = None,
) -> NDArray[np.int8]:
    """Tell which tier customers had at moments of their own.

    Equal to :func:`retailcrm.domain.tiers.tier_as_of` at each of them: what took effect then or later is not
    looked at, and a hold that ends then has ended.

    Args:
        ladder: The rules.
        rows: What counts; rows of customer -1 or without an instant are left out.
        customer: Whose tier is asked for; ``int32``, shape ``(n,)``.
        at: When, UTC, not NaT; same shape.
        n_customers: How many customers there are.
        joined_at: When each customer joined, UTC, NaT unknown; only windows that begin with joining read it.

    Returns:
        Positions in the ladder's tiers, ``int8``, shape ``(n,)``.

    Raises:
        InputError: The window or a requirement needs something that is not given, or a refund takes back from
            another customer's order or from a refund.

    Example:
        >>> from retailcrm.analytics.tier_columns import NOT_A_REFUND, TierRows
        >>> from retailcrm.domain.labels import Label
        >>> from retailcrm.domain.tiers import Hold, Ladder, Requirement, Tier, Window
        >>> ladder = Ladder(
        ...     currency="CNY", zone="Asia/Shanghai", window=Window("lifetime"), hold=Hold("forever"),
        ...     tiers=(Tier(name="member", label=Label("普通会员", "Member")),
        ...            Tier(name="gold", label=Label("金卡", "Gold"), enter=Requirement(orders=2))))
        >>> paid = np.array(["2024-03-01", "2024-03-02", "2024-03-03"], "datetime64[us]")
        >>> rows = TierRows(
        ...     customer=np.zeros(3, np.int32), at=paid, spend=np.full(3, 100), orders=np.ones(3, np.int64),
        ...     refund_of=np.full(3, NOT_A_REFUND))
        >>> tiers_at(ladder, rows, rows.customer, paid, n_customers=1).tolist()
        [0, 0, 1]
    """
    found = np.zeros(len(at), np.int8)
    if not len(at):
        return found
    joined = np.full(n_customers, np.datetime64("NaT"), "datetime64[us]") if joined_at is None else joined_at
    end = at.max()
    who, actions, active = actions_of(ladder, rows, n_customers, end)
    if ladder.window.kind == "since_join" and np.isnat(joined[active]).any():
        raise InputError("the ladder counts since joining: it needs joined_at of every customer")
    if not len(who):
        return found
    replay = _replayed(ladder, actions, joined[who], end)
    place = np.full(n_customers, -1)
    place[who] = np.arange(len(who))
    asked = np.flatnonzero(place[customer] >= 0)
    found[asked] = replay.tier_of(place[customer[asked]], at[asked].view(np.int64))
    return found


def _replayed(ladder: Ladder, actions: Actions, since: Instants, end: np.datetime64) -> _NotedReplay:
    """Replay what customers did up to a moment."""
    moment = int(end.astype(np.int64))
    spans = Spans.of(ladder, int(actions.dated.min()), moment)
    steps = steps_of(actions, len(since), spans)
    replay = _NotedReplay.of(steps, spans, np.where(np.isnat(since), ALWAYS, since.view(np.int64)))
    assert isinstance(replay, _NotedReplay)  # noqa: S101 - tells the type checker
    replay.run(moment)
    return replay


@attrs.frozen(eq=False, kw_only=True)
class _NotedReplay(Replay):
    """A replay that notes whenever somebody's tier may have changed.

    Attributes:
        notes: Customers, the first moments whose answers know of it, and their tiers then; in the order
            of time for each customer.
    """

    notes: list[tuple[Ints, Ints, Ints]] = attrs.field(factory=list)

    def tier_of(self, who: Ints, at: Ints) -> Ints:
        """Look up which tiers customers had at moments."""
        found = np.zeros_like(who)
        if not self.notes:
            return found
        customer, seen, tier = (np.concatenate(column) for column in zip(*self.notes, strict=True))
        order = np.argsort(customer, kind="stable")
        customer, seen, tier = customer[order], seen[order], tier[order]
        first = np.searchsorted(customer, np.arange(len(self.tier) + 1))
        last = first_at_least(seen, first[who], first[who + 1], at + 1) - 1
        changed = last >= first[who]
        found[changed] = tier[last[changed]]
        return found

    def _note(self, who: Ints, seen: Ints) -> None:
        self.notes.append((who, seen, self.tier[who]))

    def _rise(self, who: Ints) -> None:
        # What takes effect at an instant is not seen by a question about that very instant.
        seen = self.steps.at[self.rise[who]] + 1
        super()._rise(who)
        self._note(who, seen)

    def _undo(self, who: Ints, step: Ints) -> None:
        super()._undo(who, step)
        self._note(who, self.steps.at[step] + 1)

    def _test(self, who: Ints) -> None:
        # A test counts from its own instant on; one that a refund brought about, from after the refund.
        seen = np.maximum(self.held[who], self._last_at(who) + 1)
        super()._test(who)
        self._note(who, seen)
