"""A system of points as small as it can be without a bug: the toys of the museum spoil it, each in one place.

It shares nothing with the package's own rules, so it is also a second opinion on every scenario.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from threading import RLock
from typing import TYPE_CHECKING, Any

from retailcrm.testing.points.systems import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Lot = dict[str, Any]


class Plain:
    """Lots in a list, each with what is left of it; points spent or reserved remember their lots."""

    def __init__(self) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self.lots: list[Lot] = []
        self.debts: dict[str, int] = {}
        self.spent: dict[str, list[tuple[Lot, int]]] = {}
        self.holds: dict[str, dict[str, Any]] = {}
        self.awards: dict[str, dict[str, Any]] = {}
        self.bought: dict[str, int] = {}
        self.rate = Fraction(0)
        self.done: dict[str, tuple[object, object]] = {}
        self.lock = RLock()

    # -- pieces that toys spoil ----------------------------------------------------------------------

    def once(self, key: str, *said: Any) -> Any:  # noqa: ANN401 - any verb's answer
        """Carry a command out once: its words are the verb's name without the key."""
        with self.lock:
            if key in self.done:
                if self.done[key][0] != said:
                    raise Refused(key)
                return self.done[key][1]
            answer = getattr(self, f"do_{said[0]}")(*said[1:])
            self.done[key] = (said, answer)
            return answer

    def alive(self, lot: Lot) -> bool:
        """Tell whether a lot's points can be spent."""
        return bool(lot["activates"] <= self.now and not self.lapsed(lot))

    def lapsed(self, lot: Lot) -> bool:
        """Tell whether a lot's time is over."""
        return lot["expires"] is not None and lot["expires"] <= self.now

    def usable(self, customer: str) -> list[Lot]:
        """Give the lots that can be spent, what lapses first first."""
        able = [lot for lot in self.lots if lot["of"] == customer and self.alive(lot) and lot["left"]]
        return sorted(
            able, key=lambda lot: (lot["expires"] is None, lot["expires"] or self.now, lot["activates"])
        )

    def take(self, customer: str, points: int) -> list[tuple[Lot, int]] | None:
        """Take points out of lots, unless there are too few."""
        able = self.usable(customer)
        if self.debts.get(customer) or points > sum(lot["left"] for lot in able):
            return None
        taken = []
        for lot in able:
            part = min(points, lot["left"])
            lot["left"] -= part
            points -= part
            taken.append((lot, part))
        return [(lot, part) for lot, part in taken if part]

    def put_back(self, taken: Sequence[tuple[Lot, int]]) -> None:
        """Put points back into the lots that they came from."""
        for lot, part in taken:
            lot["left"] += part
            self.repay(lot["of"])

    def repay(self, customer: str) -> None:
        """Let what can be spent settle what is owed."""
        for lot in self.usable(customer):
            part = min(lot["left"], self.debts.get(customer, 0))
            lot["left"] -= part
            self.debts[customer] = self.debts.get(customer, 0) - part

    def points_of(self, goods: int, by_points: int) -> int:
        """Work out what an order earns."""
        return int(Fraction(goods - by_points, 100) * self.rate)

    # -- the six methods -----------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Let it be a later moment: reservations that are over end, debts are paid."""
        self.now = now
        for hold in self.holds.values():
            if hold["open"] and hold["ends"] <= now:
                hold["open"] = False
                self.put_back(hold["taken"])
        for customer in list(self.debts):
            self.repay(customer)

    def earn(
        self, customer: str, points: int, *, order: str, key: str, activates_at: datetime | None = None,
        expires_at: datetime | None = None, channel: str = "",
    ) -> None:  # fmt: skip
        """Award points for an order."""
        self.once(key, "earn", customer, points, order, activates_at, expires_at, channel)

    def do_earn(
        self, customer: str, points: int, order: str, activates: datetime | None, expires: datetime | None,
        channel: str,
    ) -> None:  # fmt: skip
        """Make a lot."""
        lot = {
            "of": customer, "left": points, "activates": activates or self.now, "expires": expires,
            "channel": channel,
        }  # fmt: skip
        self.lots.append(lot)
        self.awards[order] = {"lot": lot, "points": points, "taken": 0}
        self.repay(customer)

    def redeem(self, customer: str, points: int, *, order: str, key: str, channel: str = "") -> bool:
        """Spend points on an order."""
        return bool(self.once(key, "redeem", customer, points, order, channel))

    def do_redeem(self, customer: str, points: int, order: str, channel: str) -> bool:  # noqa: ARG002 - toys read it
        """Take them, and remember which."""
        taken = self.take(customer, points)
        self.spent.setdefault(order, []).extend(taken or [])
        return taken is not None

    def cancel(self, order: str, *, key: str) -> None:
        """Undo what was spent on an order."""
        self.once(key, "cancel", order)

    def do_cancel(self, order: str) -> None:
        """Put it back."""
        self.put_back(self.spent.pop(order, []))

    def refund(self, order: str, share: Fraction, *, key: str) -> None:
        """Take back what an order earned."""
        self.once(key, "refund", order, share)

    def do_refund(self, order: str, share: Fraction) -> None:
        """Take what is wanted of all refunds together, less what was taken."""
        award = self.awards[order]
        wanted = int(award["points"] * share) - award["taken"]
        award["taken"] += wanted
        own: Lot = award["lot"]
        part = min(wanted, own["left"])
        own["left"] -= part
        for lot in self.usable(own["of"]):
            more = min(wanted - part, lot["left"])
            lot["left"] -= more
            part += more
        self.debts[own["of"]] = self.debts.get(own["of"], 0) + wanted - part

    def balance(self, customer: str) -> int:
        """Give the points that can be spent now, less what is owed."""
        there: int = sum(lot["left"] for lot in self.usable(customer))
        return there - self.debts.get(customer, 0)

    # -- what a system may leave out -----------------------------------------------------------------

    def reserve(self, customer: str, points: int, *, hold: str, ends_at: datetime, key: str) -> bool:
        """Set points aside until a moment."""
        return bool(self.once(key, "reserve", customer, points, hold, ends_at))

    def do_reserve(self, customer: str, points: int, hold: str, ends: datetime) -> bool:
        """Take them out of their lots."""
        taken = self.take(customer, points)
        if taken is not None:
            self.holds[hold] = {"taken": taken, "ends": ends, "open": True, "of": customer}
        return taken is not None

    def capture(self, hold: str, *, key: str) -> bool:
        """Spend all that was set aside."""
        return bool(self.once(key, "capture", hold))

    def do_capture(self, hold: str) -> bool:
        """Close the reservation; its points stay out."""
        was = self.holds.get(hold, {"open": False})
        open_before = bool(was["open"])
        was["open"] = False
        return open_before

    def void(self, hold: str, *, key: str) -> bool:
        """Let go what was set aside."""
        return bool(self.once(key, "void", hold))

    def do_void(self, hold: str) -> bool:
        """Close the reservation and put its points back."""
        if not self.do_capture(hold):
            return False
        self.put_back(self.holds[hold]["taken"])
        return True

    def give(self, customer: str, taker: str, points: int, *, key: str) -> bool:
        """Give spendable points away."""
        return bool(self.once(key, "give", customer, taker, points))

    def do_give(self, customer: str, taker: str, points: int) -> bool:
        """Make lots of the same moments for the taker."""
        taken = self.take(customer, points)
        self.lots.extend(lot | {"of": taker, "left": part} for lot, part in taken or [])
        self.repay(taker)
        return taken is not None

    def set_rate(self, rate: str) -> None:
        """Let orders earn so many points for a whole unit of money from now on."""
        self.rate = Fraction(rate)

    def buy(
        self,
        customer: str,
        order: str,
        *,
        goods: int,
        shipping: int,  # noqa: ARG002 - it earns nothing
        by_points: int,
        key: str,
    ) -> None:
        """Award what an order earns, at once."""
        self.bought[customer] = self.bought.get(customer, 0) + goods
        self.earn(customer, self.points_of(goods, by_points), order=order, key=key)

    def quote(self, total: int, wanted: int, points_per_unit: str) -> Sequence[int]:
        """Give the points that an order would take, and the minor units that they pay."""
        rate = Fraction(points_per_unit) / 100
        points = min(wanted, -int(-total * rate // 1))
        return points, min(total, int(points / rate))

    def tier(self, customer: str, thresholds: Mapping[str, int]) -> str:
        """Give the highest tier that her orders reach."""
        return [name for name, least in thresholds.items() if least <= self.bought.get(customer, 0)][-1]
