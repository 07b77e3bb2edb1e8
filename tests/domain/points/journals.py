"""Journals to test with: whatever customers, shops and clocks do, done by the real verbs."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import attrs
from hypothesis import strategies as st

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.adjusting import adjust
from retailcrm.domain.points.awarding import earn, extend, reschedule, set_free
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.holds import Allocation
from retailcrm.domain.points.moving import Moved, merge, split, transfer
from retailcrm.domain.points.outcomes import Accepted, Refusal
from retailcrm.domain.points.reversal import LatePolicy, Reversed, give_back, reverse
from retailcrm.domain.points.spending import capture, redeem, reserve, void
from retailcrm.errors import InputError

BEGIN = datetime(2024, 1, 30, 12, 0, 0, 250, tzinfo=UTC)
HOUR = timedelta(hours=1)
EXPIRIES = (
    Expiry(),
    Expiry(days=1),
    Expiry(days=3, zone="Asia/Shanghai"),
    Expiry(months=1, zone="America/New_York"),
    Expiry(months=1, snap="quarter", zone="Europe/London"),
    Expiry(on=date(2024, 2, 29)),
)
LATE = (
    LatePolicy(),
    LatePolicy(late="grace", grace=Expiry(days=2)),
    LatePolicy(late="reinstate"),
)
VERBS = (
    *["wait"] * 2, *["earn"] * 4, "free", "reschedule", "extend", *["redeem"] * 2, *["reserve"] * 2,
    "capture", "void", *["refund"] * 2, *["give_back"] * 2, "adjust", "transfer", "merge", "split",
)  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(VERBS), *[st.integers(0, 11)] * 3), min_size=10, max_size=40)
"""What happens: a verb and three numbers that say how."""


@attrs.frozen
class Refused:
    """A refusal with what led to it."""

    refusal: Refusal
    entries: tuple[Any, ...]
    at: datetime
    about: str


class World:
    """Two accounts, their journals, and what was seen on the way."""

    def __init__(self, steps: Any = ()) -> None:
        self.now, self.step = BEGIN, 0
        self.accounts = {name: Account(id=name) for name in ("ann", "bob")}
        self.journals: dict[str, list[Any]] = {"ann": [], "bob": []}
        self.lots: dict[str, dict[str, Any]] = {"ann": {}, "bob": {}}
        self.awards: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.spends: dict[str, list[tuple[Allocation, ...]]] = defaultdict(list)
        self.seen: list[tuple[str, datetime, datetime, Account]] = []
        self.refused: list[Refused] = []
        for step in steps:
            self.do(*step)

    def do(self, verb: str, a: int, b: int, c: int) -> None:
        """Do one thing; numbers choose among what there is."""
        self.step += 1
        name = "bob" if c % 4 == 3 else "ann"
        getattr(self, f"_{verb}")(name, a, b, c)
        for one, account in self.accounts.items():
            if account.recorded_at is not None:
                self.seen.append((one, self.now, account.recorded_at, account))

    def take(self, name: str, outcome: Any, about: str = "") -> Any:
        """Write what a decision came to."""
        if isinstance(outcome, Refusal):
            self.refused.append(Refused(outcome, tuple(self.journals[name]), self.now, about))
        self.journals[name] += outcome.entries
        self.accounts[name] = outcome.account
        for entry in outcome.entries:
            self.lots[name] |= {lot.id: lot for lot in entry.lots}
        return outcome

    @property
    def how(self) -> dict[str, Any]:
        return {"key": f"k{self.step}", "now": self.now}

    def _wait(self, _: str, a: int, b: int, c: int) -> None:
        self.now += (0, 1, 2, 5, 12, 20, 24, 36, 24 * 9, 24 * 30)[(a + b + c) % 10] * HOUR

    def _earn(self, name: str, a: int, b: int, c: int) -> None:
        late = (0, 0, 0, 7, 60)[c % 5] * HOUR  # known long after it happened
        activates = (None, 0, 48, -12, 700)[b % 5]
        begun = self.now - late
        outcome = earn(
            self.accounts[name], a + 1, lot=f"l{self.step}", source=f"order:{self.step}",
            effective_at=begun if late else None,
            activates_at=None if activates is None else begun + activates * HOUR,
            expiry=EXPIRIES[(a + c) % 6],
            limit_at=begun + 50 * HOUR if (a + b) % 7 == 0 else None,
            idle=Expiry(days=2) if (b + c) % 4 == 1 else None,
            **self.how,
        )  # fmt: skip
        self.take(name, outcome)
        self.awards[name].append({"lot": f"l{self.step}", "taken": 0, "forgiven": 0, "share": Fraction(0)})

    def _free(self, name: str, a: int, b: int, _: int) -> None:
        if self.awards[name]:
            lot = self.awards[name][a % len(self.awards[name])]["lot"]
            back = self.now - 10 * HOUR if b % 3 == 0 else None
            self.take(name, set_free(self.accounts[name], lot, effective_at=back, **self.how), lot)

    def _reschedule(self, name: str, a: int, b: int, _: int) -> None:
        if self.awards[name]:
            lot = self.awards[name][a % len(self.awards[name])]["lot"]
            at = self.now + (b - 4) * 12 * HOUR
            self.take(name, reschedule(self.accounts[name], lot, at, **self.how), lot)

    def _extend(self, name: str, a: int, _: int, __: int) -> None:
        self.take(name, extend(self.accounts[name], active_at=self.now - a % 3 * HOUR, **self.how))

    def _redeem(self, name: str, a: int, b: int, _: int) -> None:
        outcome = self.take(name, redeem(self.accounts[name], self._some(name, a, b), **self.how))
        if isinstance(outcome, Accepted):
            self.spends[name].append(_allocations(outcome.entries[-1]))

    def _reserve(self, name: str, a: int, b: int, _: int) -> None:
        ends = self.now + (1, 30, 100)[b % 3] * HOUR
        points = self._some(name, a, b)
        self.take(name, reserve(self.accounts[name], points, hold=f"h{self.step}", ends_at=ends, **self.how))

    def _some(self, name: str, a: int, b: int) -> int:
        """Give a number of points that is mostly there."""
        there = self.accounts[name].usable(self.now)
        return a + 1 if b % 6 == 5 else 1 + a * there // 12

    def _capture(self, name: str, a: int, b: int, _: int) -> None:
        hold = self._hold(name, a, b)
        if not hold:
            return
        outcome = self.take(name, capture(self.accounts[name], hold, b or None, **self.how), hold)
        if isinstance(outcome, Accepted):
            taken = next(entry for entry in outcome.entries[::-1] if entry.verb == "capture")
            self.spends[name].append(_allocations(taken))

    def _void(self, name: str, a: int, b: int, _: int) -> None:
        if hold := self._hold(name, a, b):
            self.take(name, void(self.accounts[name], hold, **self.how), hold)

    def _hold(self, name: str, a: int, b: int) -> str:
        holds = [hold.id for hold in self.accounts[name].holds]
        return holds[a % len(holds)] if holds else "none" * (b == 0)

    def _refund(self, name: str, a: int, b: int, c: int) -> None:
        if not self.awards[name]:
            return
        award = self.awards[name][a % len(self.awards[name])]
        if b == 11 and award["share"]:
            share = award["share"] / 2  # less than before: refused
        else:
            share = award["share"] + (1 - award["share"]) * Fraction(b % 5, 4 if b % 5 < 4 else 5)
        lot = self.lots[name][award["lot"]]
        told = Reversed(awarded=lot.points, lots=(lot,), points=award["taken"], forgiven=award["forgiven"])
        outcome = self.take(
            name,
            reverse(
                self.accounts[name], told, share, effective_at=self.now - 20 * HOUR if c % 3 == 0 else None,
                shortfall=("debt", "within_balance", "only_pending")[(0, 0, 1, 2)[c % 4]],
                reference=f"r{self.step}",
                **self.how,
            ),
        )  # fmt: skip
        if isinstance(outcome, Accepted):
            award["share"] = share
            award["taken"] += outcome.points
            award["forgiven"] += sum(entry.forgiven for entry in outcome.entries)

    def _give_back(self, name: str, a: int, b: int, c: int) -> None:
        if not self.spends[name]:
            return
        n = a % len(self.spends[name])
        spent = self.spends[name][n]
        outcome = self.take(
            name,
            give_back(self.accounts[name], spent, b + 1, self.lots[name], policy=LATE[c % 3], **self.how),
        )
        if isinstance(outcome, Accepted):
            self.spends[name][n] = _less(spent, b + 1)

    def _adjust(self, name: str, a: int, b: int, _: int) -> None:
        points = (a or 1) if b % 2 else -(a or 1)
        self.take(
            name,
            adjust(
                self.accounts[name],
                points,
                reason="goodwill",
                actor="eve",
                expiry=EXPIRIES[b % 6],
                **self.how,
            ),
        )

    def _transfer(self, name: str, a: int, _: int, __: int) -> None:
        self._move(name, lambda here, there: transfer(here, there, a + 1, **self.how))

    def _merge(self, name: str, a: int, _: int, __: int) -> None:
        if a % 3 == 0:
            with suppress(InputError):  # a reservation of both has one id
                self._move(name, lambda here, there: merge(here, there, **self.how))

    def _split(self, name: str, _: int, __: int, ___: int) -> None:
        self._move(name, lambda here, there: split(here, there, **self.how))

    def _move(self, name: str, verb: Any) -> None:
        other = "ann" if name == "bob" else "bob"
        outcome = verb(self.accounts[name], self.accounts[other])
        if isinstance(outcome, Moved):
            self.take(name, outcome.giver)
            self.take(other, outcome.taker)
        else:
            self.take(name, outcome)


def _allocations(entry: Any) -> tuple[Allocation, ...]:
    return tuple(Allocation(one.lot, one.points) for one in entry.movements)


def _less(spent: tuple[Allocation, ...], points: int) -> tuple[Allocation, ...]:
    """Give what is left of a redemption once its first points went back."""
    left = []
    for one in spent:
        part = min(points, one.points)
        points -= part
        if one.points > part:
            left.append(Allocation(one.lot, one.points - part))
    return tuple(left)


WORLDS = st.builds(World, STEPS)
