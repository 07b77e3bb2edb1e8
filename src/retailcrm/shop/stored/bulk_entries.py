"""The journals of new accounts, in columns: what following each customer's orders one by one would write.

Nothing was spent, so all points of an award are in one bucket at any time. What is written follows from the
customer's steps (each order and each refund, by time) and from what falls due in between: a step first
writes what is due by then, oldest first, under its own key. What is due after the last step is written for
the moment up to which the files know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.ports.bulk import (
    ACTIVATE,
    AVAILABLE,
    BY_FOLLOWING,
    BY_ORDER,
    BY_REFUND,
    EARN,
    EXPIRE,
    EXPIRED,
    NOTHING,
    PENDING,
    REVERSE,
    REVERSED,
    FreshEntries,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints
    from retailcrm.domain.points.reversal import Shortfall

_FAR: Final = int(np.iinfo(np.int64).max)

_DUE, _OWN, _AFTER = range(3)
"""Within a step: what fell due before it, what it does, and what falls due by it."""

_LAPSES, _COMES = 1, 2
"""At one moment points lapse first, and come in then."""


@attrs.frozen(eq=False, kw_only=True)
class Lots:
    """What the journals are made of, an order a row, one customer after the other in the order of awards.

    Attributes:
        customer: ``int32``, rising.
        rank: Place of the reference among all.
        paid_at: When it was awarded, UTC.
        refunded_at: NaT without refund.
        points: The award.
        wanted: What its refund is to take back.
        activates_at: NaT where nobody knows yet.
        expires_at: NaT never, or not known yet.
    """

    customer: NDArray[np.int32]
    rank: Ints
    paid_at: Instants
    refunded_at: Instants
    points: Ints
    wanted: Ints
    activates_at: Instants
    expires_at: Instants


@attrs.frozen(eq=False, kw_only=True)
class Written:
    """What following comes to.

    Attributes:
        entries: The journals.
        taken: Points that refunds took back, an order a row.
        forgiven: Points that they did not ask for, an order a row.
    """

    entries: FreshEntries
    taken: Ints
    forgiven: Ints


def entries_of(lots: Lots, until: np.datetime64, shortfall: Shortfall) -> Written:
    """Write the journals of new accounts.

    Args:
        lots: What their orders earned.
        until: The moment up to which the files know, UTC: what falls due by then is written.
        shortfall: Whether a refund touches what was spendable.
    """
    steps = _Steps.of(lots)
    due = _Due.of(lots, steps, int(until.astype("datetime64[us]").astype(np.int64)))
    back = _Back.of(lots, steps, due, only_pending=shortfall == "only_pending")
    table = _Table()
    some = lots.points > 0
    n = len(lots.points)
    zeros = np.zeros(n, np.int64)
    table.add(some, EARN, steps.award, _OWN, zeros, zeros, _us(lots.paid_at), (NOTHING, PENDING), lots.points)
    left = lots.points - np.where(back.from_bucket == PENDING, back.taken, 0)
    table.add(
        some & due.comes & (left > 0), ACTIVATE, due.come_step, due.come_phase, due.come_at,
        np.full(n, _COMES), np.maximum(due.come_at, _us(lots.paid_at)), (PENDING, AVAILABLE), left,
    )  # fmt: skip
    rest = left - np.where(back.from_bucket == AVAILABLE, back.taken, 0)
    table.add(
        some & due.lapses & (rest > 0), EXPIRE, due.end_step, due.end_phase, due.end_at, due.end_kind,
        np.maximum(due.end_from, np.maximum(due.come_at, _us(lots.paid_at))), (AVAILABLE, EXPIRED), rest,
        at_once=due.at_once,
    )  # fmt: skip
    for bucket in (PENDING, AVAILABLE, EXPIRED, NOTHING):
        moves = (NOTHING, NOTHING) if bucket == NOTHING else (bucket, REVERSED)
        mine = some & (lots.wanted > 0) & (back.from_bucket == bucket)
        at = _us(lots.refunded_at) if bucket == NOTHING else back.at
        table.add(mine, REVERSE, steps.refund, _OWN, zeros, zeros, at, moves, back.taken, back.forgiven)
    entries = table.entries(lots, steps)
    return Written(entries=entries, taken=back.taken, forgiven=back.forgiven)


def _us(at: Instants) -> Ints:
    """Give instants in microseconds; what never happens is far away."""
    return np.where(np.isnat(at), _FAR, at.view(np.int64))


@attrs.frozen(eq=False, kw_only=True)
class _Steps:
    """What is done in each account: awards and refunds, in the order in which they are.

    Attributes:
        award: Number of each order's award among all steps; customers follow each other.
        refund: Number of its refund; far where there is none.
        customer: Of each step.
        at: When each is, microseconds.
        order: Row of the order that each is about.
        refunds: Which of them are refunds.
        last: For each order, one more than the number of its customer's last step.
    """

    award: Ints
    refund: Ints
    customer: Ints
    at: Ints
    order: Ints
    refunds: NDArray[np.bool_]
    last: Ints

    @classmethod
    def of(cls, lots: Lots) -> _Steps:
        n = len(lots.points)
        paid, back = _us(lots.paid_at), np.flatnonzero(~np.isnat(lots.refunded_at))
        order = np.concatenate([np.arange(n), back])
        at = np.concatenate([paid, np.maximum(_us(lots.refunded_at)[back], paid[back])])
        refunds = np.arange(len(order)) >= n
        rank = np.lexsort((refunds, lots.rank[order], at, lots.customer[order]))
        number = np.empty(len(order), np.int64)
        number[rank] = np.arange(len(order))
        refund = np.full(n, _FAR)
        refund[back] = number[n:]
        customer = lots.customer[order][rank].astype(np.int64)
        last = np.searchsorted(customer, lots.customer, side="right")
        return cls(
            award=number[:n], refund=refund, customer=customer, at=at[rank], order=order[rank],
            refunds=refunds[rank], last=last.astype(np.int64),
        )  # fmt: skip

    def first_by(self, lots: Lots, at: Ints) -> Ints:
        """Give the customer's first step at or after a moment that is later than the award; else past all."""
        # Customer and moment in one rising number: steps are few enough for their moments to be numbered.
        moments = np.unique(self.at)
        place = np.searchsorted(moments, self.at)
        asked = np.searchsorted(moments, at)
        keys = self.customer * (len(moments) + 1) + place
        found = np.searchsorted(keys, lots.customer.astype(np.int64) * (len(moments) + 1) + asked)
        return np.minimum(found, self.last)


@attrs.frozen(eq=False, kw_only=True)
class _Due:
    """When points come in and lapse by themselves, and under which step that is written.

    A step's number is that of its customer's steps; one past her last is what following itself writes.

    Attributes:
        comes: Whether they come in by the last that is known.
        come_step: Under which step.
        come_phase: Whether before what the step does, or after it.
        come_at: When they were due, microseconds; far if nobody knows.
        lapses: Whether they lapse.
        end_step: Under which step.
        end_phase: Likewise.
        end_at: What sorts the lapse among others: when it was due, or came in if it was due before.
        end_kind: What sorts it at one moment.
        end_from: When it was due.
        at_once: Whether they lapse as they come in.
    """

    comes: NDArray[np.bool_]
    come_step: Ints
    come_phase: Ints
    come_at: Ints
    lapses: NDArray[np.bool_]
    end_step: Ints
    end_phase: Ints
    end_at: Ints
    end_kind: Ints
    end_from: Ints
    at_once: NDArray[np.bool_]

    @classmethod
    def of(cls, lots: Lots, steps: _Steps, until: int) -> _Due:
        paid, come, end = _us(lots.paid_at), _us(lots.activates_at), _us(lots.expires_at)
        come_step, come_phase = _placed(lots, steps, come, paid)
        comes = (come_step < steps.last) | (come <= until)
        # What is due before it comes in lapses as it comes in.
        late = end <= come
        first = np.maximum(come, end)
        end_step, end_phase = _placed(lots, steps, np.where(late, come, end), paid)
        lapses = comes & (end < _FAR) & ((end_step < steps.last) | (first <= until))
        return cls(
            comes=comes & (come < _FAR), come_step=come_step, come_phase=come_phase, come_at=come,
            lapses=lapses & (come < _FAR), end_step=end_step, end_phase=end_phase,
            end_at=np.where(late, come, end), end_kind=np.where(late, _COMES, _LAPSES),
            end_from=end, at_once=late,
        )  # fmt: skip


def _placed(lots: Lots, steps: _Steps, at: Ints, paid: Ints) -> tuple[Ints, Ints]:
    """Find the step under which something due is written: the award's own if it was due by then."""
    own = at <= paid
    step = np.where(own, steps.award, np.where(at == _FAR, steps.last, steps.first_by(lots, at)))
    return step, np.where(own, _AFTER, _DUE)


@attrs.frozen(eq=False, kw_only=True)
class _Back:
    """What refunds take.

    Attributes:
        from_bucket: Where the points are then; :data:`NOTHING` where the refund touches none.
        taken: How many it takes.
        forgiven: How many it does not ask for.
        at: When it takes effect, microseconds.
    """

    from_bucket: NDArray[np.int8]
    taken: Ints
    forgiven: Ints
    at: Ints

    @classmethod
    def of(cls, lots: Lots, steps: _Steps, due: _Due, *, only_pending: bool) -> _Back:
        come = due.comes & _before(due.come_step, due.come_phase, steps)
        gone = due.lapses & _before(due.end_step, due.end_phase, steps)
        bucket = np.where(gone, EXPIRED, np.where(come, AVAILABLE, PENDING)).astype(np.int8)
        asks = lots.wanted > 0
        if only_pending:
            asks = asks & (bucket == PENDING)
        bucket = np.where(asks, bucket, NOTHING).astype(np.int8)
        taken = np.where(asks, lots.wanted, 0)
        return cls(
            from_bucket=bucket,
            taken=taken,
            forgiven=lots.wanted - taken,
            at=np.where(steps.refund < _FAR, np.maximum(_us(lots.refunded_at), _us(lots.paid_at)), _FAR),
        )


def _before(step: Ints, phase: Ints, steps: _Steps) -> NDArray[np.bool_]:
    """Tell whether something due is written before the refund takes anything."""
    before: NDArray[np.bool_] = (step < steps.refund) | ((step == steps.refund) & (phase == _DUE))
    return before


@attrs.define(eq=False)
class _Table:
    """Entries as they are found, kind by kind."""

    parts: list[dict[str, Any]] = attrs.field(factory=list)

    def add(
        self,
        where: NDArray[np.bool_],
        verb: int,
        step: Ints,
        phase: Ints | int,
        due: Ints,
        kind: Ints,
        effective: Ints,
        moves: tuple[int, int],
        points: Ints,
        forgiven: Ints | None = None,
        at_once: NDArray[np.bool_] | None = None,
    ) -> None:
        """Add the entries of one kind, an order a row."""
        row = np.flatnonzero(where)
        size = len(row)
        self.parts.append(
            {
                "award": row,
                "verb": np.full(size, verb, np.int8),
                "step": step[row],
                "phase": np.full(size, phase) if isinstance(phase, int) else phase[row],
                "due": due[row],
                "kind": kind[row],
                "at_once": np.zeros(size, np.bool_) if at_once is None else at_once[row],
                "effective_at": effective[row],
                "source": np.full(size, moves[0], np.int8),
                "target": np.full(size, moves[1], np.int8),
                "points": np.zeros(size, np.int64) if moves[1] == NOTHING else points[row],
                "forgiven": np.zeros(size, np.int64) if forgiven is None else forgiven[row],
            }
        )

    def entries(self, lots: Lots, steps: _Steps) -> FreshEntries:
        """Sort what was found into journals."""
        found = {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}
        award = found["award"]
        customer = lots.customer[award]
        place = found["step"] * 3 + found["phase"]
        order = np.lexsort((found["at_once"], lots.rank[award], found["kind"], found["due"], place, customer))
        found = {name: column[order] for name, column in found.items()}
        award, customer = found["award"], customer[order]
        opens = np.ones(len(award), np.bool_)
        opens[1:] = customer[1:] != customer[:-1]
        start = np.flatnonzero(opens)
        version = np.arange(len(award)) - np.repeat(start, np.diff(start, append=len(award))) + 1
        key, keyed = _keys(found["step"], award, steps)
        return FreshEntries(
            award=award, version=version, verb=found["verb"], key=key, keyed=keyed,
            effective_at=found["effective_at"].view("datetime64[us]"), source=found["source"],
            target=found["target"], points=found["points"], forgiven=found["forgiven"],
            buckets=_buckets(award, found),
        )  # fmt: skip


def _keys(step: Ints, award: Ints, steps: _Steps) -> tuple[NDArray[np.int8], Ints]:
    """Tell what each entry's key is made of."""
    last = step >= steps.last[award]
    at = np.where(last, 0, step)
    key = np.where(last, BY_FOLLOWING, np.where(steps.refunds[at], BY_REFUND, BY_ORDER)).astype(np.int8)
    return key, np.where(last, award, steps.order[at])


def _buckets(award: Ints, found: dict[str, Any]) -> tuple[Ints, ...]:
    """Give what the lot of each entry has in each bucket after it: a running sum of its movements."""
    order = np.argsort(award, kind="stable")
    first = np.ones(len(order), np.bool_)
    first[1:] = award[order][1:] != award[order][:-1]
    start = np.flatnonzero(first)
    size = np.diff(start, append=len(order))
    buckets = []
    for bucket in (PENDING, AVAILABLE, EXPIRED, REVERSED):
        net = found["points"] * ((found["target"] == bucket).astype(np.int64) - (found["source"] == bucket))
        total = np.cumsum(net[order])
        before = total[start] - net[order][start]
        sums = np.empty(len(order), np.int64)
        sums[order] = total - np.repeat(before, size)
        buckets.append(sums)
    return tuple(buckets)
