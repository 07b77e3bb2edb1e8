"""The bugs themselves: for every scenario a toy that has the bug, and is as right as that lets it be.

Each was written from the report's words. They show that a scenario can fail.
"""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from retailcrm.testing.points.plain import Lot, Plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from fractions import Fraction


class BalanceCollapse(Plain):
    """The balance is what was credited and has not lapsed, less whatever was debited."""

    def balance(self, customer: str) -> int:
        """Take what was spent of a lot off once more when the lot has lapsed, and with it its credit."""
        debits = [one for taken in self.spent.values() for one in taken if one[0]["of"] == customer]
        return super().balance(customer) - sum(part for lot, part in debits if self.lapsed(lot))


class LatestLapsesFirst(Plain):
    """What was earned first is spent first, whenever it lapses."""

    def usable(self, customer: str) -> list[Lot]:
        """Sort by the award alone."""
        return sorted(super().usable(customer), key=lambda lot: lot["activates"])


class ExpiryUnread(Plain):
    """Nothing lapses."""

    def lapsed(self, lot: Lot) -> bool:
        """Read no date."""
        return lot["expires"] is None and False


class ExpiryByLabel(Plain):
    """Only what is labelled as earned lapses."""

    def lapsed(self, lot: Lot) -> bool:
        """Ask for the label before the date."""
        return lot["channel"] == "earned" and super().lapsed(lot)


class PendingSpent(Plain):
    """Points count from the award on."""

    def alive(self, lot: Lot) -> bool:
        """Look at the end alone."""
        return not self.lapsed(lot)


class LaunderedExpiry(Plain):
    """What comes back lapses with the earliest lot that still lives; if none does, never."""

    def put_back(self, taken: Sequence[tuple[Lot, int]]) -> None:
        """Make one new lot of everything."""
        ends = [lot["expires"] for lot, _ in taken if lot["expires"] is not None and not self.lapsed(lot)]
        for lot, part in taken:
            self.lots.append(lot | {"left": part, "expires": min(ends, default=None)})


class CollapsedExpiries(Plain):
    """What comes back lapses with the earliest of its lots."""

    def put_back(self, taken: Sequence[tuple[Lot, int]]) -> None:
        """Make one new lot of everything, with the end that comes first."""
        ends = [lot["expires"] for lot, _ in taken if lot["expires"] is not None]
        for lot, part in taken:
            self.lots.append(lot | {"left": part, "expires": min(ends, default=None)})


class RefundKeepsPoints(Plain):
    """A refund is a matter of money."""

    def do_refund(self, order: str, share: Fraction) -> None:
        """Leave the points."""


class RefundAfterSpending(Plain):
    """A refund takes what is there, and forgets the rest."""

    def do_refund(self, order: str, share: Fraction) -> None:
        """Owe nothing."""
        super().do_refund(order, share)
        self.debts.clear()


class RefundChargesAgain(Plain):
    """A refund goes through the sale once more, and the sale had a reward."""

    def do_refund(self, order: str, share: Fraction) -> None:
        """Burn the reward's points again."""
        super().do_refund(order, share)
        for lot, part in list(self.spent.get(order, [])):
            self.take(lot["of"], part)


class RefundByTodaysRule(Plain):
    """A refund takes back what the order would earn today."""

    def buy(self, customer: str, order: str, **said: Any) -> None:  # noqa: ANN401 - the rest
        """Remember the order's rate beside its points."""
        super().buy(customer, order, **said)
        self.awards[order]["rate"] = self.rate

    def do_refund(self, order: str, share: Fraction) -> None:
        """Work it out anew."""
        award = self.awards[order]
        if "rate" in award:
            award["points"] = int(award["points"] / award["rate"] * self.rate)
        super().do_refund(order, share)


class OneRefundEver(Plain):
    """An order has one clawback."""

    def do_refund(self, order: str, share: Fraction) -> None:
        """Do nothing if there is one."""
        if not self.awards[order]["taken"]:
            super().do_refund(order, share)


class RefundDrift(Plain):
    """Each refund is rounded for itself."""

    def do_refund(self, order: str, share: Fraction) -> None:
        """Round this refund's part."""
        award = self.awards[order]
        part = share - award.get("share", 0)
        award["share"] = share
        wanted = round(award["points"] * part)
        award["lot"]["left"] -= min(wanted, award["lot"]["left"])


class LapsedThenOwed(Plain):
    """What a refund cannot find is owed, though it lapsed unused."""

    def do_refund(self, order: str, share: Fraction) -> None:
        """Look for points that can be spent only."""
        award = self.awards[order]
        if self.lapsed(award["lot"]):
            award["lot"]["left"] = 0
        super().do_refund(order, share)


class ReturnedTwice(Plain):
    """A cancelled order returns its points whenever it is told to."""

    def do_cancel(self, order: str) -> None:
        """Keep the note of what was spent."""
        self.put_back(self.spent.get(order, []))


class ReturnedToNobody(Plain):
    """What returns is what the order carries by now."""

    def do_redeem(self, customer: str, points: int, order: str, channel: str) -> bool:
        """Let the later redemption take the earlier one's place."""
        self.spent.pop(order, None)
        return super().do_redeem(customer, points, order, channel)


class KeysUnread(Plain):
    """Every call is a new one."""

    def once(self, key: str, *said: Any) -> Any:  # noqa: ANN401, ARG002 - any verb's answer, to any key
        """Do it again."""
        return getattr(self, f"do_{said[0]}")(*said[1:])


class KeysForgotten(Plain):
    """Keys are kept for a day."""

    def once(self, key: str, *said: Any) -> Any:  # noqa: ANN401 - any verb's answer
        """Forget what is older."""
        when = self.now.toordinal()
        self.done = {k: v for k, v in self.done.items() if int(k.partition(" ")[0]) >= when - 1}
        known = next((k for k in self.done if k.partition(" ")[2] == key), f"{when} {key}")
        return super().once(known, *said)


class KeysAlone(Plain):
    """The key is looked at, and what comes with it is not."""

    def once(self, key: str, *said: Any) -> Any:  # noqa: ANN401 - any verb's answer
        """Give the answer that the key had."""
        return self.done[key][1] if key in self.done else super().once(key, *said)


class NoLock(Plain):
    """The balance is read, compared and written back, and others do the same meanwhile."""

    def once(self, key: str, *said: Any) -> Any:  # noqa: ANN401, ARG002 - any verb's answer, to any key
        """Hold no lock."""
        return getattr(self, f"do_{said[0]}")(*said[1:])

    def take(self, customer: str, points: int) -> list[tuple[Lot, int]] | None:
        """Write what was left when it was read."""
        read = [(lot, lot["left"]) for lot in self.usable(customer)]
        time.sleep(0.02)
        if points > sum(left for _, left in read):
            return None
        taken = []
        for lot, left in read:
            part = min(points, left)
            lot["left"] = left - part
            points -= part
            taken.append((lot, part))
        return taken


class TwoDocuments(Plain):
    """The whole balance allows, and only lots of the same document are debited."""

    def do_redeem(self, customer: str, points: int, order: str, channel: str) -> bool:  # noqa: ARG002 - the verb's words
        """Debit what matches."""
        if points > self.balance(customer):
            return False
        for lot in self.usable(customer):
            if lot["channel"] == channel:
                lot["left"] -= min(points, lot["left"])
        return True


class LoserVoidsWinner(Plain):
    """A failed checkout lets go whatever its customer had set aside or captured."""

    def do_void(self, hold: str) -> bool:
        """Look for the customer, not for the reservation."""
        for other in self.holds.values():
            self.put_back(other["taken"])
            other["open"] = False
        return hold in self.holds


class CapturedTwice(Plain):
    """Each step of a payment debits."""

    def do_capture(self, hold: str) -> bool:
        """Debit again if it was captured before."""
        if super().do_capture(hold):
            return True
        taken = self.holds[hold]["taken"]
        return self.take(self.holds[hold]["of"], sum(part for _, part in taken)) is not None


class ReservedForEver(Plain):
    """Nobody ends a reservation that was forgotten."""

    def advance(self, now: datetime) -> None:
        """Look at the clock, and at nothing else."""
        self.now = now


class FloatPoints(Plain):
    """Rates and points are floats, cut off where a whole number is needed."""

    def points_of(self, goods: int, by_points: int) -> int:
        """Multiply as one does."""
        return int((goods - by_points) / 100 * float(self.rate))


class BurnsTooMany(Plain):
    """Whatever she wants to spend is spent."""

    def quote(self, total: int, wanted: int, points_per_unit: str) -> Sequence[int]:
        """Cap the money, not the points."""
        _, value = super().quote(total, wanted, points_per_unit)
        return wanted, value


class CentsLeft(Plain):
    """Points pay whole units of money."""

    def quote(self, total: int, wanted: int, points_per_unit: str) -> Sequence[int]:
        """Leave the cents."""
        return super().quote(total // 100 * 100, wanted, points_per_unit)


class PointsOnPoints(Plain):
    """The whole order earns, whoever paid it."""

    def points_of(self, goods: int, by_points: int) -> int:
        """Leave nothing out."""
        return super().points_of(goods, by_points * 0)


class TierBoundary(Plain):
    """The ladder is walked from the top, and the comparison is the wrong way round."""

    def tier(self, customer: str, thresholds: Mapping[str, int]) -> str:
        """Stop at the first tier that is not below what was bought."""
        spend = self.bought.get(customer, 0)
        names = list(thresholds)
        return next((name for name in reversed(names) if spend <= thresholds[name]), names[0])


class SpendCountedTwice(Plain):
    """A redemption writes the order's total into its row, and the tier adds up all rows."""

    def buy(self, customer: str, order: str, *, goods: int, **said: Any) -> None:  # noqa: ANN401 - the rest
        """Count it for the award, and for the redemption."""
        super().buy(customer, order, goods=goods, **said)
        if order in self.spent:
            self.bought[customer] += goods


TOYS: Final[Mapping[str, Callable[[], Plain]]] = MappingProxyType(
    {
        "balance-collapse": BalanceCollapse,
        "latest-lapses-first": LatestLapsesFirst,
        "expiry-unread": ExpiryUnread,
        "expiry-by-label": ExpiryByLabel,
        "pending-spent": PendingSpent,
        "laundered-expiry": LaunderedExpiry,
        "collapsed-expiries": CollapsedExpiries,
        "refund-keeps-points": RefundKeepsPoints,
        "refund-after-spending": RefundAfterSpending,
        "refund-charges-again": RefundChargesAgain,
        "refund-by-todays-rule": RefundByTodaysRule,
        "one-refund-ever": OneRefundEver,
        "refund-drift": RefundDrift,
        "lapsed-then-owed": LapsedThenOwed,
        "returned-twice": ReturnedTwice,
        "returned-to-nobody": ReturnedToNobody,
        "replay-pays-twice": KeysUnread,
        "retry-spends-twice": KeysUnread,
        "keys-forgotten": KeysForgotten,
        "key-reused": KeysAlone,
        "parallel-gifts": NoLock,
        "parallel-debits": NoLock,
        "two-documents": TwoDocuments,
        "loser-voids-winner": LoserVoidsWinner,
        "captured-twice": CapturedTwice,
        "reserved-for-ever": ReservedForEver,
        "float-points": FloatPoints,
        "burns-too-many": BurnsTooMany,
        "cents-left": CentsLeft,
        "points-on-points": PointsOnPoints,
        "tier-boundary": TierBoundary,
        "spend-counted-twice": SpendCountedTwice,
    }
)
"""The toy that has each scenario's bug, by the scenario's id."""
