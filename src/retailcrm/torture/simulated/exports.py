"""The platform of a simulated shop: it sells, pays back, and exports files of orders, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.torture.deliveries import COLUMNS, write_export
from retailcrm.torture.simulated.clients import NAMES

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from random import Random


@attrs.define
class Sold:
    """An order as the platform knows it.

    Attributes:
        number: Its number; no client hands it in.
        who: Who bought.
        minor: What was paid.
        paid_at: When.
        back: What was paid back so far, by when.
    """

    number: str
    who: str
    minor: int
    paid_at: datetime
    back: list[tuple[datetime, int]] = attrs.field(factory=list)

    @property
    def points(self) -> int:
        """What it earns: a point for each whole unit of money."""
        return self.minor // 100

    def refunded(self, at: datetime) -> int:
        """Give what was paid back by a moment."""
        return max((total for when, total in self.back if when <= at), default=0)


@attrs.frozen
class Export:
    """A file of orders.

    Attributes:
        path: Where it lies.
        at: What moment it shows; also the time of the file.
        numbers: Of the orders in it.
    """

    path: Path
    at: datetime
    numbers: tuple[str, ...]

    @property
    def name(self) -> tuple[datetime, int]:
        """What tells files apart: two of one moment with as many rows are the same."""
        return self.at, len(self.numbers)


@attrs.define
class Platform:
    """Sells, and writes files of what it sold.

    Attributes:
        folder: Where to.
        chance: Draws what is sold and what the files hold.
        orders: All that was sold, by number.
        exports: Every file, oldest first.
    """

    folder: Path
    chance: Random
    orders: dict[str, Sold] = attrs.field(factory=dict)
    exports: list[Export] = attrs.field(factory=list)

    def sells(self, now: datetime) -> None:
        """Sell a few orders, and pay a part of an old one back."""
        for _ in range(self.chance.randint(1, 4)):
            number = f"f{len(self.orders)}"
            minor = self.chance.randint(100, 3000)
            self.orders[number] = Sold(number, self.chance.choice(NAMES), minor, now)
        old = self.chance.choice(list(self.orders.values()))
        if self.chance.random() < 0.5:  # noqa: PLR2004 - every other time
            before = old.refunded(now)
            old.back.append((now, min(old.minor, before + self.chance.randint(1, old.minor))))

    def export(self, now: datetime, *, whole: bool = False) -> Export:
        """Write a file of all orders, or of the later ones."""
        all_of_them = tuple(self.orders)
        first = 0 if whole else self.chance.choice((0, 0, len(all_of_them) // 2))
        return self._written(all_of_them[first:], now, "whole")

    def part_of(self, export: Export) -> Export:
        """Write the beginning of a file, as a delivery that breaks off leaves it."""
        rows = self.chance.randint(1, len(export.numbers))
        return self._written(export.numbers[:rows], export.at, "part")

    def any_export(self) -> Export:
        """Give any file that was written."""
        return self.chance.choice(self.exports)

    def _written(self, numbers: tuple[str, ...], at: datetime, kind: str) -> Export:
        path = self.folder / f"{len(self.exports)}-{kind}.csv"
        export = Export(path, at, numbers)
        write_export(path, [COLUMNS, *(self._row(self.orders[n], at) for n in numbers)], at)
        self.exports.append(export)
        return export

    def _row(self, order: Sold, at: datetime) -> tuple[str, ...]:
        paid = order.paid_at.isoformat(sep=" ")[:19]
        return (
            order.number,
            order.who,
            paid,
            "",
            f"{order.minor / 100:.2f}",
            f"{order.refunded(at) / 100:.2f}",
        )
