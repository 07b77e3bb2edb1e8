"""Orders as they come to be: what an export of any moment says of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, fold

if TYPE_CHECKING:
    from retailcrm.domain.orders import Order

BEGIN: Final = datetime(2024, 3, 1, 4, tzinfo=UTC)


def day(number: float) -> datetime:
    """Give a moment so many days after the beginning."""
    return BEGIN + timedelta(days=number)


@dataclass(frozen=True)
class Life:
    """One order from payment to its last refund; days are counted from the beginning, amounts are fen."""

    number: str
    who: str
    gross: int
    paid: float
    shipped: float | None = None
    done: float | None = None
    refunds: tuple[tuple[float, int], ...] = ()

    @property
    def reference(self) -> str:
        """Give what the shop calls it."""
        return f"ours/main/{self.number}"

    @property
    def points(self) -> int:
        """Give what it earns at a point for each whole yuan."""
        return self.gross // 100

    def refunded(self, at: datetime) -> tuple[float, int] | None:
        """Give the newest refund by a moment, with all that was paid back up to it."""
        known = [one for one in self.refunds if day(one[0]) < at]
        return known[-1] if known else None

    def share(self, at: datetime) -> Fraction:
        """Give the share that was paid back by a moment."""
        found = self.refunded(at)
        return Fraction(found[1], self.gross) if found else Fraction(0)

    def row(self, at: datetime, zone: str) -> dict[str, str | None]:
        """Write it as a row of an export, on the shop's own clock."""
        back = self.refunded(at)
        return {
            "id": self.number,
            "who": self.who,
            "at": _text(self.paid, at, zone),
            "left": _text(self.shipped, at, zone),
            "done": _text(self.done, at, zone),
            "amount": f"{self.gross / 100:.2f}",
            "back": None if back is None else f"{back[1] / 100:.2f}",
            "back_at": None if back is None else _text(back[0], at, zone),
        }

    def order(self, at: datetime) -> Order:
        """Give it as a backend hands it in."""
        told: dict[str, Any] = {
            name: day(when)
            for name, when in (("shipped_at", self.shipped), ("completed_at", self.done))
            if when is not None and day(when) < at
        }
        back = self.refunded(at)
        if back is not None:
            told |= {"refunded": Money(back[1], "CNY"), "refunded_at": day(back[0])}
        seen = Observation(
            ref=OrderRef("ours", "main", self.number), observed_at=at, paid_at=day(self.paid),
            buyer=Identity.of("ours", "main", "id", self.who), gross=Money(self.gross, "CNY"),
            state=OrderState.PAID, **told,
        )  # fmt: skip
        return fold([seen])


def _text(number: float | None, at: datetime, zone: str) -> str | None:
    if number is None or day(number) >= at:
        return None
    return day(number).astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat()


LIVES: Final = (
    Life("1", "ann", 1050, 0, 0.5, 3, ((5, 350), (8, 1050))),
    Life("2", "ann", 730, 1, refunds=((4, 300),)),
    Life("3", "bob", 1599, 0.5, 1, None, ((7, 800),)),
    Life("4", "bob", 500, 4, done=9, refunds=((9, 500),)),
    Life("5", "cat", 899, 0.2, done=2),
    Life("6", "cat", 3000, 2, 3, 6, ((5, 1000), (10, 1500))),
    Life("7", "ann", 1200, 6, 6, 6.5),
    Life("8", "bob", 1250, 2.5, done=5, refunds=((8, 250),)),
    Life("9", "cat", 660, 3, done=3.5, refunds=((3.2, 220), (6, 660))),
)
"""Those who bought: any file may have any of them, and a backend may hand any of them in."""
