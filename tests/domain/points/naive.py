"""A points account written out naively: every point is a dictionary of its own, every step looks at all of them.

Written from the rules in words, not from the code: slow, obvious, and what the ledger is compared with.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any


class NaiveAccount:
    """One dictionary a point: lot, state, when it can be spent, when it lapses."""

    def __init__(self) -> None:
        self.points: list[dict[str, Any]] = []
        self.holds: dict[str, Any] = {}
        self.debt = 0
        self.awards: dict[str, dict[str, Any]] = {}
        self.spends: dict[str, list[dict[str, Any]]] = {}

    # ---- time ----------------------------------------------------------------------------------------

    def advance(self, now: Any) -> None:
        """Let everything happen that is due, moment by moment."""
        while True:
            moments = [hold["ends"] for hold in self.holds.values()]
            moments += [p["activates"] for p in self.points if p["state"] == "pending" and p["activates"]]
            moments += [p["expires"] for p in self.points if p["state"] == "available" and p["expires"]]
            due = [moment for moment in moments if moment <= now]
            if not due:
                return
            self.happen(min(due))

    def happen(self, at: Any) -> None:
        """First reservations end, then points lapse, then points come in, lot by lot."""
        for name in sorted(name for name, hold in self.holds.items() if hold["ends"] == at):
            self.let_go(name, at)
        for point in self.points:
            if point["state"] == "available" and point["expires"] and point["expires"] <= at:
                point["state"] = "expired"
        waiting = [
            p for p in self.points if p["state"] == "pending" and p["activates"] and p["activates"] <= at
        ]
        for lot in sorted({p["lot"] for p in waiting}):
            self.come_in([p for p in waiting if p["lot"] == lot], at)

    def come_in(self, points: list[dict[str, Any]], at: Any) -> None:
        """Points can be spent from now on; what is owed is paid with them first."""
        for point in points:
            point["state"], point["activates"] = "available", at
            point["expires"] = point["rule"].after(at)
        self.repay(points)

    def repay(self, points: list[dict[str, Any]]) -> None:
        """Pay what is owed."""
        for point in points:
            if self.debt and point["state"] == "available":
                point["state"] = "reversed"
                self.debt -= 1

    def let_go(self, name: str, at: Any) -> None:
        """A reservation ends: its points return, and lapse where their time is over."""
        for point in self.holds.pop(name)["points"]:
            if point["state"] == "held":
                over = point["expires"] is not None and point["expires"] <= at
                point["state"] = "expired" if over else "available"

    # ---- what customers do ---------------------------------------------------------------------------

    def earn(self, lot: str, points: int, activates: Any, rule: Any) -> None:
        """Points are awarded."""
        new = [
            {
                "lot": lot,
                "state": "pending",
                "activates": activates,
                "expires": None,
                "rule": rule,
                "order": i,
            }
            for i in range(points)
        ]
        self.points += new
        self.awards[lot] = {"points": new, "taken": 0, "forgiven": 0}

    def receive(self, lot: str, now: Any) -> None:
        """The parcel arrived: the points can be spent."""
        self.come_in([p for p in self.awards[lot]["points"] if p["state"] == "pending"], now)

    def spendable(self) -> list[dict[str, Any]]:
        """Points that can be spent, those first that lapse first."""
        able = [p for p in self.points if p["state"] == "available"]
        never = max((p["expires"] for p in able if p["expires"]), default=None)
        return sorted(
            able,
            key=lambda p: (
                p["expires"] is None,
                p["expires"] or never or p["activates"],
                p["activates"],
                p["lot"],
            ),
        )

    def redeem(self, name: str, points: int) -> bool:
        """Spend, unless too little is there or something is owed."""
        able = self.spendable()
        if self.debt or points > len(able):
            return False
        for point in able[:points]:
            point["state"] = "spent"
        self.spends[name] = able[:points]
        return True

    def reserve(self, name: str, points: int, ends: Any) -> bool:
        """Set aside, on the same terms."""
        able = self.spendable()
        if self.debt or points > len(able):
            return False
        for point in able[:points]:
            point["state"] = "held"
        self.holds[name] = {"points": able[:points], "ends": ends}
        return True

    def capture(self, name: str, points: int, now: Any) -> bool:
        """Spend what was set aside; the rest returns."""
        if name not in self.holds or points > len(self.holds[name]["points"]):
            return False
        spent = self.holds[name]["points"][:points]
        for point in spent:
            point["state"] = "spent"
        self.spends[name] = spent
        self.let_go(name, now)
        return True

    def void(self, name: str, now: Any) -> bool:
        """Do not spend what was set aside."""
        if name not in self.holds:
            return False
        self.let_go(name, now)
        return True

    def reverse(self, lot: str, share: Fraction, shortfall: str) -> None:
        """An order was refunded: what it earned goes back, point by point."""
        award = self.awards[lot]
        wanted = int(len(award["points"]) * share) - award["taken"] - award["forgiven"]
        for _ in range(wanted):
            if self.take_one(award, shortfall):
                award["taken"] += 1
            else:
                award["forgiven"] += 1

    def take_one(self, award: dict[str, Any], shortfall: str) -> bool:
        """Take one point back; say whether any could be had."""
        own = award["points"]
        pending = [p for p in own if p["state"] == "pending"]
        if pending:
            pending[0]["state"] = "reversed"
            return True
        if shortfall == "only_pending":
            return False
        mine = [p for p in own if p["state"] == "available"]
        if mine:
            mine[0]["state"] = "reversed"
            return True
        lapsed = [p for p in own if p["state"] == "expired"]
        if lapsed:
            lapsed[0]["state"] = "reversed"
            return True
        others = [p for p in self.spendable() if p["lot"] != own[0]["lot"]]
        if others:
            others[0]["state"] = "reversed"
            return True
        if shortfall == "debt":
            self.debt += 1
            return True
        return False

    def give_back(self, name: str, points: int, now: Any) -> None:
        """A spending is undone: the points return to where they were, and lapse if their time is over."""
        returned = [p for p in self.spends[name] if p["state"] == "spent"][:points]
        for point in returned:
            over = point["expires"] is not None and point["expires"] <= now
            point["state"] = "expired" if over else "available"
            if not over:
                self.repay([point])

    # ---- what can be seen ----------------------------------------------------------------------------

    def count(self, state: str) -> int:
        """Count the points in a state."""
        return sum(p["state"] == state for p in self.points)
