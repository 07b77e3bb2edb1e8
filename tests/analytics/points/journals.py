"""Journals that the real rules wrote, whatever happened to two accounts; and movements as plain dicts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from retailcrm.domain.points import (
    Accepted,
    Account,
    Allocation,
    Entry,
    Expiry,
    LatePolicy,
    Lot,
    Reversed,
    Verb,
    capture,
    give_back,
    redeem,
    reserve,
    reverse,
    void,
)
from retailcrm.domain.points.adjusting import adjust
from retailcrm.domain.points.awarding import earn, set_free
from retailcrm.domain.points.moving import merge, transfer

BEGIN = datetime(2024, 1, 30, 12, tzinfo=UTC)
ZONE = "Asia/Shanghai"
NAMES = ("ann", "bob")
EXPIRIES = (
    Expiry(),
    Expiry(days=3, zone=ZONE),
    Expiry(months=1, zone=ZONE),
    Expiry(months=1, snap="month", zone=ZONE),
    Expiry(months=2, snap="quarter", zone=ZONE),
)
LATE = (
    LatePolicy(),
    LatePolicy(late="grace", grace=Expiry(days=10, zone=ZONE)),
    LatePolicy(late="reinstate"),
)

OFTEN = {"earn": 4, "redeem": 3, "reserve": 2, "capture": 2, "reverse": 4, "give_back": 2}
SELDOM = ("void", "free", "adjust", "transfer", "open", "merge")
PARTS = (*(part for part, times in OFTEN.items() for _ in range(times)), *SELDOM)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(PARTS),
        st.integers(0, 1),
        st.integers(1, 60),
        st.integers(0, 4),
        st.sampled_from((0, 0, 1, 1, 30, 24 * 4, 24 * 20)),
    ),
    min_size=25,
    max_size=60,
)


class Shop:
    """Two accounts, their journals, and all their lots as they are."""

    def __init__(self, shortfall: Any) -> None:
        self.now, self.step, self.shortfall = BEGIN, 0, shortfall
        self.accounts = {name: Account(id=name) for name in NAMES}
        self.entries: dict[str, list[Entry]] = {name: [] for name in NAMES}
        self.lots: dict[str, dict[str, Lot]] = {name: {} for name in NAMES}
        self.awards: dict[tuple[str, str], list[Any]] = {}
        self.spends: list[tuple[str, list[Allocation]]] = []

    def take(self, name: str, outcome: Any) -> Any:
        """Write what a decision came to."""
        self.entries[name] += outcome.entries
        for entry in outcome.entries:
            self.lots[name] |= {lot.id: lot for lot in entry.lots}
            if entry.verb in (Verb.REDEEM, Verb.CAPTURE):
                self.spends.append((name, [Allocation(m.lot, m.points) for m in entry.movements]))
        self.accounts[name] = outcome.account
        return outcome

    def do(self, what: str, who: int, points: int, choice: int, hours: int) -> None:
        """Let some time pass, and one thing happen."""
        self.now += timedelta(hours=hours)
        self.step += 1
        name, key = NAMES[who], f"k{self.step}"
        account, common = self.accounts[name], {"key": key, "now": self.now}
        if what in ("earn", "open"):
            self._earn(what, name, (1 + choice) * points, choice, common)
        elif what == "redeem":
            reference = ("order:7", "reward:mug", "", "order:8", "coupon:x")[choice]
            self.take(name, redeem(account, points, reference=reference, **common))
        elif what == "reserve":
            ends = self.now + timedelta(hours=30 + choice * 200)
            self.take(name, reserve(account, points, hold=key, ends_at=ends, reference="order:9", **common))
        elif what in ("capture", "void") and account.holds:
            hold = account.holds[choice % len(account.holds)].id
            self.take(
                name, capture(account, hold, **common) if what == "capture" else void(account, hold, **common)
            )
        elif what == "adjust":
            signed = points if choice % 2 else -points
            self.take(
                name, adjust(account, signed, reason="why", actor="me", expiry=EXPIRIES[choice], **common)
            )
        elif what in ("transfer", "merge"):
            self._move(what, name, NAMES[1 - who], points, common)
        elif what == "free" and account.lots:
            self.take(name, set_free(account, account.lots[choice % len(account.lots)].id, **common))
        elif what == "reverse":
            self._reverse(name, points, choice, common)
        elif what == "give_back":
            self._give_back(name, points, choice, common)

    def _earn(self, what: str, name: str, points: int, choice: int, common: Any) -> None:
        key, waits = common["key"], (None, 0, 5, 0, 40)[choice]
        outcome = earn(
            self.accounts[name],
            points,
            lot=key,
            source=("order:" if choice < 4 else "signin:") + key,
            activates_at=None if waits is None else self.now + timedelta(days=waits),
            expiry=EXPIRIES[(points + choice) % 5],
            verb=Verb.EARN if what == "earn" else Verb.OPEN,
            **common,
        )
        self.take(name, outcome)
        self.awards[name, key] = [points, Fraction(0), 0, 0]

    def _move(self, what: str, name: str, other: str, points: int, common: Any) -> None:
        giver, taker = self.accounts[name], self.accounts[other]
        moved = merge(giver, taker, **common) if what == "merge" else transfer(giver, taker, points, **common)
        if hasattr(moved, "giver"):
            self.take(name, moved.giver)
            self.take(other, moved.taker)
        else:
            self.take(name, moved)

    def _reverse(self, name: str, points: int, choice: int, common: Any) -> None:
        mine = [key for key in self.awards if key[0] == name and key[1] in self.lots[name]]
        if not mine:
            return
        told = self.awards[mine[points % len(mine)]]
        awarded, share, taken, forgiven = told
        share += (1 - share) * Fraction(choice, 4)
        lot = self.lots[name][mine[points % len(mine)][1]]
        award = Reversed(awarded=awarded, lots=(lot,), points=taken, forgiven=forgiven)
        outcome = self.take(
            name, reverse(self.accounts[name], award, share, shortfall=self.shortfall, **common)
        )
        assert isinstance(outcome, Accepted)
        told[1:] = [share, taken + outcome.points, forgiven + sum(e.forgiven for e in outcome.entries)]

    def _give_back(self, name: str, points: int, choice: int, common: Any) -> None:
        mine = [i for i, (who, spent) in enumerate(self.spends) if who == name and spent]
        if not mine:
            return
        place = mine[choice % len(mine)]
        spent = self.spends[place][1]
        some = min(points, sum(one.points for one in spent))
        outcome = give_back(
            self.accounts[name], spent, some, self.lots[name], policy=LATE[points % 3], **common
        )
        self.take(name, outcome)
        left, kept = some, []
        for one in spent:
            part = min(left, one.points)
            left -= part
            if one.points > part:
                kept.append(Allocation(one.lot, one.points - part))
        self.spends[place] = (name, kept)


@st.composite
def shops(draw: st.DrawFn) -> Shop:
    """Draw a shop to which something happened."""
    shop = Shop(draw(st.sampled_from(("only_pending", "within_balance", "debt"))))
    for step in draw(STEPS):
        shop.do(*step)
    return shop


def rows_of(shop: Shop, as_of: datetime, known: datetime | None = None) -> list[dict[str, Any]]:
    """List the movements that had happened by a moment, one dict each, read from the entries alone."""
    return [
        {
            "account": name,
            "lot": (name, one.lot),
            "verb": entry.verb.value,
            "source": one.source.value if one.source else None,
            "target": one.target.value,
            "points": one.points,
            "at": entry.effective_at,
            "reference": entry.reference,
            "entry": (name, entry.version),
        }
        for name, journal in shop.entries.items()
        for entry in journal
        if entry.effective_at < as_of and (known is None or entry.recorded_at < known)
        for one in entry.movements
    ]


def held_in(rows: list[dict[str, Any]], *buckets: str) -> int:
    """Count the points in some buckets, by going through the movements."""
    total = 0
    for row in rows:
        total += row["points"] * ((row["target"] in buckets) - (row["source"] in buckets))
    return total


def instant(moment: datetime) -> np.datetime64:
    """Give a moment as numpy has it."""
    return np.datetime64(moment.replace(tzinfo=None), "us")
