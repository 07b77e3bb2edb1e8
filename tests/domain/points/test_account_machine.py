"""The account and a naive one, point by point, do the same whatever happens to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from retailcrm.domain.points import (
    Accepted,
    Account,
    Allocation,
    Bucket,
    Expiry,
    LatePolicy,
    Refusal,
    Reversed,
    capture,
    give_back,
    redeem,
    replay,
    reserve,
    reverse,
    void,
)
from retailcrm.domain.points.awarding import earn, set_free
from tests.domain.points.naive import NaiveAccount

BEGIN = datetime(2024, 1, 30, 12, tzinfo=UTC)
EXPIRIES = (Expiry(), Expiry(days=1), Expiry(days=3), Expiry(months=1), Expiry(months=1, snap="quarter"))
FEW = st.integers(1, 12)


class Machine(RuleBasedStateMachine):
    """Two accounts side by side, and the journal of the one under test."""

    @initialize(shortfall=st.sampled_from(("only_pending", "within_balance", "debt")))
    def begin(self, shortfall: Any) -> None:
        self.account, self.naive = Account(id="ann"), NaiveAccount()
        self.journal: list[Any] = []
        self.lots: dict[str, Any] = {}
        self.now, self.step, self.shortfall = BEGIN, 0, shortfall
        self.awards: dict[str, dict[str, Any]] = {}
        self.spends: dict[str, list[Allocation]] = {}

    def take(self, outcome: Any) -> Any:
        """Write what a decision came to."""
        self.journal += outcome.entries
        for entry in outcome.entries:
            self.lots |= {lot.id: lot for lot in entry.lots}
        self.account = outcome.account
        return outcome

    def key(self) -> str:
        self.step += 1
        return f"k{self.step}"

    @rule(hours=st.sampled_from((0, 1, 12, 36, 24 * 20)))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(points=FEW, days=st.sampled_from((None, 0, 2)), expiry=st.sampled_from(EXPIRIES))
    def earns(self, points: int, days: int | None, expiry: Expiry) -> None:
        key = self.key()
        self.naive.advance(self.now)
        at = None if days is None else self.now + timedelta(days=days)
        self.take(
            earn(
                self.account,
                points,
                lot=key,
                source="order",
                key=key,
                now=self.now,
                activates_at=at,
                expiry=expiry,
            )
        )
        self.naive.earn(key, points, at, expiry)
        self.naive.advance(self.now)
        self.awards[key] = {"taken": 0, "forgiven": 0, "share": Fraction(0)}

    @precondition(lambda self: self.awards)
    @rule(data=st.data())
    def receives(self, data: st.DataObject) -> None:
        lot = data.draw(st.sampled_from(sorted(self.awards)))
        self.naive.advance(self.now)
        waiting = [p for p in self.naive.awards[lot]["points"] if p["state"] == "pending"]
        outcome = self.take(set_free(self.account, lot, key=self.key(), now=self.now))
        assert isinstance(outcome, Accepted) == bool(waiting)
        if waiting:
            self.naive.receive(lot, self.now)
            self.naive.advance(self.now)

    @rule(points=FEW)
    def redeems(self, points: int) -> None:
        key = self.key()
        self.naive.advance(self.now)
        outcome = self.take(redeem(self.account, points, key=key, now=self.now))
        assert isinstance(outcome, Accepted) == self.naive.redeem(key, points)
        if isinstance(outcome, Accepted):
            self.spends[key] = [Allocation(m.lot, m.points) for m in outcome.entries[-1].movements]

    @rule(points=FEW, hours=st.sampled_from((1, 30)))
    def reserves(self, points: int, hours: int) -> None:
        key = self.key()
        self.naive.advance(self.now)
        ends = self.now + timedelta(hours=hours)
        outcome = self.take(reserve(self.account, points, hold=key, ends_at=ends, key=key, now=self.now))
        assert isinstance(outcome, Accepted) == self.naive.reserve(key, points, ends)

    @precondition(lambda self: self.naive.holds)
    @rule(data=st.data(), points=FEW)
    def captures(self, data: st.DataObject, points: int) -> None:
        hold = data.draw(st.sampled_from(sorted(self.naive.holds)))
        self.naive.advance(self.now)
        outcome = self.take(capture(self.account, hold, points, key=self.key(), now=self.now))
        assert isinstance(outcome, Accepted) == self.naive.capture(hold, points, self.now)
        if isinstance(outcome, Accepted):
            taken = next(e for e in reversed(outcome.entries) if e.verb == "capture")
            self.spends[hold] = [Allocation(m.lot, m.points) for m in taken.movements]

    @precondition(lambda self: self.naive.holds)
    @rule(data=st.data())
    def voids(self, data: st.DataObject) -> None:
        hold = data.draw(st.sampled_from(sorted(self.naive.holds)))
        self.naive.advance(self.now)
        outcome = self.take(void(self.account, hold, key=self.key(), now=self.now))
        assert isinstance(outcome, Accepted) == self.naive.void(hold, self.now)

    @precondition(lambda self: self.awards)
    @rule(data=st.data(), part=st.fractions(0, 1, max_denominator=4))
    def refunds(self, data: st.DataObject, part: Fraction) -> None:
        lot = data.draw(st.sampled_from(sorted(self.awards)))
        award = self.awards[lot]
        award["share"] += (1 - award["share"]) * part
        self.naive.advance(self.now)
        told = Reversed(awarded=sum(l.points for l in (self.lots[lot],)), lots=(self.lots[lot],), points=award["taken"], forgiven=award["forgiven"])
        outcome = self.take(
            reverse(
                self.account, told, award["share"], key=self.key(), now=self.now, shortfall=self.shortfall
            )
        )
        assert isinstance(outcome, Accepted)
        award["taken"] += outcome.points
        award["forgiven"] += sum(entry.forgiven for entry in outcome.entries)
        self.naive.reverse(lot, award["share"], self.shortfall)
        assert (award["taken"], award["forgiven"]) == tuple(
            self.naive.awards[lot][n] for n in ("taken", "forgiven")
        )

    @precondition(lambda self: self.spends)
    @rule(data=st.data(), points=FEW)
    def undoes(self, data: st.DataObject, points: int) -> None:
        spend = data.draw(st.sampled_from(sorted(self.spends)))
        left = self.spends[spend]
        self.naive.advance(self.now)
        outcome = self.take(
            give_back(
                self.account, left, points, self.lots, key=self.key(), now=self.now, policy=LatePolicy()
            )
        )
        whole = sum(a.points for a in left)
        assert isinstance(outcome, Refusal) == (points > whole)
        if isinstance(outcome, Accepted):
            self.naive.give_back(spend, points, self.now)
            rest = points
            kept = []
            for a in left:
                part = min(rest, a.points)
                rest -= part
                if a.points > part:
                    kept.append(Allocation(a.lot, a.points - part))
            self.spends[spend] = kept

    @invariant()
    def both_say_the_same(self) -> None:
        if not hasattr(self, "account"):
            return
        self.naive.advance(self.now)
        assert self.account.usable(self.now) == self.naive.count("available")
        for bucket in Bucket:
            there = sum(getattr(lot, bucket) for lot in self.lots.values())
            if bucket in (Bucket.SPENT,):
                assert there == self.naive.count(bucket)
        assert sum(lot.points for lot in self.lots.values()) == len(self.naive.points)

    @invariant()
    def replay_is_the_state(self) -> None:
        if hasattr(self, "account"):
            assert replay("ann", self.journal) == self.account


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
