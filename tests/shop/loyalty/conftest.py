"""A shop with points, a clock that the test turns, and orders of two customers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from retailcrm import Shop, open_shop
from retailcrm.shop.policy import policy_from_table

MAPPING = {
    "name": "ours",
    "columns": {
        "number": "id", "buyer": "who", "paid_at": "at", "shipped_at": "left", "completed_at": "done",
        "paid": "amount", "refunded": "back", "refunded_at": "back_at",
    },
    "money": {"paid_is": "gross"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "paid"},
}  # fmt: skip


class Clock:
    """Tells the moment that the test says it is."""

    def __init__(self, at: str) -> None:
        self.set(at)

    def set(self, at: str) -> None:
        self.now = datetime.fromisoformat(at).replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The first of April 2024."""
    return Clock("2024-04-01")


@pytest.fixture
def make_shop(clock: Clock) -> Callable[..., Shop]:
    """Open a shop with a points programme; settings of [points] by name."""

    def make(ladder: Any = None, **points: Any) -> Shop:
        table: dict[str, Any] = {"shop": {"zone": "UTC"}, "points": points}
        if ladder is not None:
            table["ladder"] = ladder
        return open_shop(policy=policy_from_table(table), clock=clock)

    return make


@pytest.fixture
def bring() -> Callable[..., None]:
    """Import orders, each a row of number, buyer, paid_at, amount and further columns by name."""

    def take(shop: Shop, *rows: dict[str, Any]) -> None:
        names = ("id", "who", "at", "left", "done", "amount", "back", "back_at")
        text = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
        result = shop.imports.table(pa.table(text), MAPPING)
        assert not result.problems

    return take


@pytest.fixture
def shop(make_shop: Callable[..., Shop], bring: Callable[..., None]) -> Shop:
    """Ann paid 50 (received) and 30.50 (not yet); Bob paid 20 and got 5 back."""
    opened = make_shop()
    bring(
        opened,
        {"id": "1", "who": "ann", "at": "2024-03-01", "done": "2024-03-04", "amount": "50.00"},
        {"id": "2", "who": "ann", "at": "2024-03-05", "amount": "30.50"},
        {"id": "3", "who": "bob", "at": "2024-03-07", "done": "2024-03-08", "amount": "20.00",
         "back": "5.00", "back_at": "2024-03-07T12:00:00"},
    )  # fmt: skip
    return opened
