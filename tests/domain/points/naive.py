"""A points account written out naively: every point is a dictionary, every step looks at all of them.

Written from the rules in words, not from the code: slow, obvious, and what the ledger is compared with. What
a lot has in common (when it can be spent, when it lapses, its rules) stands in one dictionary for each lot.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

Point = dict[str, Any]

SNAPPED_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


def lapse(rule: dict[str, Any] | None, start: datetime) -> datetime | None:
    """A midnight: the end of the day so many months or days after the start, or of a longer period."""
    if not rule:
        return None
    zone = ZoneInfo(rule.get("zone", "UTC"))
    day = rule.get("on") or start.astimezone(zone).date()
    if "days" in rule:
        day += timedelta(days=rule["days"])
    if "months" in rule:
        months = day.year * 12 + day.month - 1 + rule["months"]
        year, month = months // 12, months % 12 + 1
        day = date(year, month, min(day.day, monthrange(year, month)[1]))
    if "snap" in rule:
        last = (day.month - 1) // SNAPPED_MONTHS[rule["snap"]] * SNAPPED_MONTHS[rule["snap"]]
        month = last + SNAPPED_MONTHS[rule["snap"]]
        day = date(day.year, month, monthrange(day.year, month)[1])
    day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def sooner(*moments: datetime | None) -> datetime | None:
    """The first of some moments; never, if there is none."""
    return min((moment for moment in moments if moment is not None), default=None)


class NaiveAccount:
    """One dictionary a point: its lot and its state."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.points: list[Point] = []
        self.lots: dict[str, dict[str, Any]] = {}
        self.holds: dict[str, dict[str, Any]] = {}
        self.debt = 0
        self.debt_at: datetime | None = None
        self.settled: datetime | None = None

    def copy(self) -> NaiveAccount:
        """The same account once more, sharing nothing that changes."""
        other = NaiveAccount(self.name)
        other.debt, other.debt_at, other.settled = self.debt, self.debt_at, self.settled
        other.lots = {name: dict(lot) for name, lot in self.lots.items()}
        twins = {id(point): dict(point) for point in self.points}
        other.points = list(twins.values())
        for name, hold in self.holds.items():
            other.holds[name] = {"points": [twins[id(p)] for p in hold["points"]], "ends": hold["ends"]}
        return other

    # ---- time ----------------------------------------------------------------------------------------

    def live(self, now: datetime) -> datetime:
        """Whoever does something now does it after all that happened, whatever the clock says."""
        return max(now, self.settled or now)

    def mark(self, lots: Iterable[str], at: datetime, *, owed: bool = False) -> datetime:
        """When it happens: never before what last happened to its lots, or to what is owed if it changes."""
        names = list(lots)
        before = [self.lots[name]["touched"] for name in names]
        at = max([at, *before, *([self.debt_at] if owed and self.debt_at else [])])
        for name in names:
            self.lots[name]["touched"] = at
        self.settled = self.live(at)
        self.debt_at = at if owed else self.debt_at
        return at

    def lapses(self, lot: str, at: datetime) -> None:
        """What can be spent of a lot lapses."""
        for point in self.points:
            if point["lot"] == lot and point["state"] == "available":
                point["state"] = "expired"
        self.mark([lot], at)

    def moments(self) -> list[tuple[datetime, int]]:
        """When something happens by itself: reservations end, then points lapse, then points come in."""
        found = [(hold["ends"], 0) for hold in self.holds.values()]
        for point in self.points:
            lot = self.lots[point["lot"]]
            if point["state"] == "available" and lot["expires"]:
                found.append((lot["expires"], 1))
            if point["state"] == "pending" and lot["activates"]:
                found.append((lot["activates"], 2))
        return found

    def advance(self, now: datetime) -> None:
        """Let everything happen that is due, moment by moment."""
        while due := [moment for moment in self.moments() if moment[0] <= now]:
            at, what = min(due)
            if what == 0:
                for name in sorted(name for name, hold in self.holds.items() if hold["ends"] == at):
                    self.let_go(name, at)
            elif what == 1:
                able = [p["lot"] for p in self.points if p["state"] == "available"]
                for lot in {name for name in able if self.lots[name]["expires"] == at}:
                    self.lapses(lot, at)
            else:
                lots = {p["lot"] for p in self.points if p["state"] == "pending"}
                self.come_in(min(name for name in lots if self.lots[name]["activates"] == at), at)

    def ends(self, lot: dict[str, Any], begun: datetime, active: datetime | None = None) -> datetime | None:
        """A fixed end or one that follows from the beginning, and a rest too long ends them earlier."""
        own = lot["limit"] or lapse(lot["rule"], begun)
        return sooner(own, lapse(lot["idle"], active or begun))

    def come_in(self, name: str, at: datetime) -> None:
        """Points of a lot can be spent from now on; they pay what is owed first, unless they lapse."""
        lot = self.lots[name]
        lot["activates"], lot["expires"] = at, self.ends(lot, at)
        at = self.mark([name], at)
        points = [p for p in self.points if p["lot"] == name and p["state"] == "pending"]
        for point in points:
            point["state"] = "available"
        self.repay(points, at)

    def repay(self, points: list[Point], at: datetime) -> None:
        """Pay what is owed, no earlier than it is owed; what has lapsed by then only lapses."""
        for name in dict.fromkeys(p["lot"] for p in points):
            able = [p for p in self.points if p["lot"] == name and p["state"] == "available"]
            if not self.debt or not able:
                continue
            if self.over(able[0], max(at, self.lots[name]["touched"], self.debt_at or at)):
                self.lapses(name, self.lots[name]["expires"])
                continue
            for point in able[: self.debt]:
                point["state"] = "reversed"
                self.debt -= 1
            self.mark([name], at, owed=True)

    def let_go(self, name: str, at: datetime) -> None:
        """A reservation ends: its points return, lapse where their time is over, or pay what is owed."""
        points = [point for point in self.holds.pop(name)["points"] if point["state"] == "held"]
        at = self.mark([point["lot"] for point in points], at) if points else at
        for point in points:
            point["state"] = "available"
        for point in points:
            if point["state"] == "available" and self.over(point, at):
                self.lapses(point["lot"], at)
        self.repay(points, at)

    def over(self, point: Point, at: datetime) -> bool:
        """Whether a point's time is over."""
        expires = self.lots[point["lot"]]["expires"]
        return expires is not None and expires <= at

    # ---- awards --------------------------------------------------------------------------------------

    def issue(self, lot: str, points: int, state: str, **facts: Any) -> list[Point]:
        """Points that begin in this account."""
        self.lots[lot] = {"limit": None, "idle": None, "owners": (), "root": lot, "expires": None} | facts
        self.lots[lot]["touched"] = self.lots[lot]["awarded"]
        self.mark([lot], self.lots[lot]["awarded"])
        new = [{"lot": lot, "root": self.lots[lot]["root"], "state": state} for _ in range(points)]
        self.points += new
        return new

    def earn(
        self, lot: str, points: int, awarded: datetime, activates: datetime | None, **rules: Any
    ) -> None:
        """Points are awarded; they wait."""
        self.issue(lot, points, "pending", awarded=awarded, activates=activates, **rules)
        if activates:
            self.lots[lot]["expires"] = self.ends(self.lots[lot], activates)

    def waits(self, lot: str) -> bool:
        """Whether points of a lot are waiting."""
        return any(p["lot"] == lot and p["state"] == "pending" for p in self.points)

    def reschedule(self, lot: str, activates: datetime, now: datetime) -> None:
        """Waiting points shall come in at another moment."""
        self.mark([lot], now)
        self.lots[lot]["activates"] = activates
        self.lots[lot]["expires"] = self.ends(self.lots[lot], activates)

    def extend(self, active: datetime) -> None:
        """She was active: points that lapse when she rests too long last longer, if they still live."""
        lasting = []
        for name, lot in self.lots.items():
            states = {p["state"] for p in self.points if p["lot"] == name}
            if lot["idle"] and states & {"available", "held"} and lot["expires"] and active < lot["expires"]:
                longer = self.ends(lot, lot["activates"], max(active, lot["activates"]))
                lasting += [name] if longer and longer > lot["expires"] else []
                lot["expires"] = max(lot["expires"], longer or lot["expires"])
        if lasting:
            self.mark(lasting, active)

    # ---- spending ------------------------------------------------------------------------------------

    def burn(self, point: Point) -> tuple[Any, ...]:
        """What lapses first goes first, what never does last; then the earlier activation, then the name."""
        lot = self.lots[point["lot"]]
        start = lot["activates"] or lot["awarded"]
        return (lot["expires"] is None, lot["expires"] or start, start, point["lot"])

    def spendable(self) -> list[Point]:
        """Points that can be spent, those first that lapse first."""
        return sorted((p for p in self.points if p["state"] == "available"), key=self.burn)

    def choose(self, points: int, state: str, now: datetime) -> list[Point] | None:
        """Take points from what can be spent, unless too little is there or something is owed."""
        able = self.spendable()
        if self.debt or points > len(able):
            return None
        for point in able[:points]:
            point["state"] = state
        self.mark([point["lot"] for point in able[:points]], now)
        return able[:points]

    def reserve(self, name: str, points: int, ends: datetime, now: datetime) -> bool:
        """Set aside."""
        chosen = self.choose(points, "held", now)
        if chosen is not None:
            self.holds[name] = {"points": chosen, "ends": ends}
        return chosen is not None

    def capture(self, name: str, points: int | None, now: datetime) -> list[Point] | None:
        """Spend what was set aside; the rest returns."""
        if name not in self.holds or (points or 0) > len(self.holds[name]["points"]):
            return None
        spent: list[Point] = self.holds[name]["points"][:points]
        for point in spent:
            point["state"] = "spent"
        self.mark([point["lot"] for point in spent], now)
        self.let_go(name, now)
        return spent

    def void(self, name: str, now: datetime) -> bool:
        """Do not spend what was set aside."""
        if name in self.holds:
            self.let_go(name, now)
            return True
        return False

    # ---- going back ----------------------------------------------------------------------------------

    def reverse(
        self, award: dict[str, Any], share: Fraction, shortfall: str, now: datetime
    ) -> tuple[int, int]:
        """An order was refunded: what it earned goes back, point by point; count taken and forgiven ones."""
        wanted = award["points"] * share.numerator // share.denominator - award["taken"] - award["forgiven"]
        debt = self.debt
        lots: list[str] = []
        taken = sum(self.take_one(award["root"], shortfall, lots) for _ in range(wanted))
        if wanted:
            self.mark(lots, now, owed=self.debt > debt)
        return taken, wanted - taken

    def take_one(self, root: str, shortfall: str, lots: list[str]) -> bool:
        """Take one point back, noting its lot; say whether any could be had, or is owed now."""
        own = [p for p in self.points if p["root"] == root]
        for state in ("pending",) if shortfall == "only_pending" else ("pending", "available", "expired"):
            if found := [p for p in own if p["state"] == state]:
                found[0]["state"] = "reversed"
                lots.append(found[0]["lot"])
                return True
        if shortfall == "only_pending":
            return False
        if others := self.spendable():
            others[0]["state"] = "reversed"
            lots.append(others[0]["lot"])
            return True
        self.debt += shortfall == "debt"
        return shortfall == "debt"

    def give_back(self, points: list[Point], now: datetime, late: str, grace: Any, names: list[str]) -> None:
        """A spending is undone: the points return to where they were; where their time is over, by policy."""
        for name in dict.fromkeys(p["lot"] for p in points):
            mine, lot = [p for p in points if p["lot"] == name], self.lots[name]
            self.mark([name], now)
            rule, idle = (grace, None) if late == "grace" else (lot["rule"], lot["idle"])
            span = (
                lot["limit"] - lot["awarded"] if lot["limit"] and late == "reinstate" and not rule else None
            )
            limit = None if span is None else now + span
            again = sooner(limit, lapse(rule, now), lapse(idle, now))
            dead = again is not None and again <= now
            if not self.over(mine[0], now) or late == "expire" or dead:
                for point in mine:
                    point["state"] = "expired" if self.over(point, now) else "available"
                self.repay(mine, now)
                continue
            for point in mine:
                point["state"] = "moved"
            fresh = self.issue(
                names.pop(0), len(mine), "available", awarded=now, activates=now, rule=rule, idle=lot["idle"],
                root=lot["root"], owners=lot["owners"], expires=again, limit=limit,
            )  # fmt: skip
            self.repay(fresh, now)

    def take_away(self, points: int, now: datetime) -> bool:
        """A person takes spendable points away."""
        able = self.spendable()
        if points > len(able):
            return False
        for point in able[:points]:
            point["state"] = "reversed"
        self.mark([point["lot"] for point in able[:points]], now)
        return True

    # ---- other accounts ------------------------------------------------------------------------------

    def give(
        self, taker: NaiveAccount, points: list[Point], names: list[str], now: datetime, how: str = "gift"
    ) -> list[Point]:
        """Points go on in another account, lot by lot, with all that is known; what waits still waits."""
        arrived = []
        if points:
            self.mark([point["lot"] for point in points], now)
        for lot in dict.fromkeys(p["lot"] for p in sorted(points, key=self.burn)):
            name = names.pop(0)
            owners = self.lots[lot]["owners"]
            owners = {"merge": (self.name, *owners), "split": owners[1:]}.get(how, ())
            facts = self.lots[lot] | {"owners": owners}
            for state in ("pending", "available", "held"):
                mine = [p for p in points if p["lot"] == lot and p["state"] == state]
                new = [{"lot": name, "root": p["root"], "state": state} for p in mine]
                taker.lots[name] = dict(facts)
                taker.mark([name], now)
                taker.points += new
                arrived += new
                for hold in self.holds.values():
                    twins = {id(old): fresh for old, fresh in zip(mine, new, strict=True)}
                    hold["points"] = [twins.get(id(p), p) for p in hold["points"]]
                for point in mine:
                    point["state"] = "moved"
        return arrived

    def transfer(self, taker: NaiveAccount, points: int, names: list[str], now: datetime) -> bool:
        """Give spendable points away."""
        able = self.spendable()
        if self.debt or points > len(able):
            return False
        self.give(taker, able[:points], names, now)
        taker.repay(taker.spendable(), now)
        return True

    def merge(self, keep: NaiveAccount, names: list[str], now: datetime) -> None:
        """Everything that can still do something goes to another account, with what is owed."""
        going = [p for p in self.points if p["state"] in ("pending", "available", "held")]
        self.give(keep, going, names, now, "merge")
        for side in (self, keep) if self.debt else ():
            side.mark([], now, owed=True)
        keep.holds |= self.holds
        self.holds = {}
        keep.debt, self.debt = keep.debt + self.debt, 0
        keep.repay(keep.spendable(), now)

    def split(self, back: NaiveAccount, names: list[str], now: datetime) -> None:
        """What an account brought along returns to it, as far as it still waits or can be spent."""
        brought = [
            p for p in self.points
            if self.lots[p["lot"]]["owners"][:1] == (back.name,) and p["state"] in ("pending", "available")
        ]  # fmt: skip
        self.give(back, brought, names, now, "split")
        back.repay(back.spendable(), now)

    def hand_over(self, taker: NaiveAccount, root: str, names: list[str], now: datetime) -> None:
        """An order was another's: what is left of its award goes to her, if it waits or can be spent."""
        left = [p for p in self.points if p["root"] == root and p["state"] in ("pending", "available")]
        self.give(taker, left, names, now)
        taker.repay(taker.spendable(), now)

    # ---- what can be seen ----------------------------------------------------------------------------

    def count(self, state: str) -> int:
        """Count the points in a state."""
        return sum(p["state"] == state for p in self.points)
