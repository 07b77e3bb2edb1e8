"""A clock that went wrong, on every store: nobody's points lapse by it, and no verb vouches for it."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.shop.loyalty.conftest import MAPPING, Clock

from retailcrm import open_shop
from retailcrm.errors import ClockJumpError
from retailcrm.shop.policy import policy_from_table

if TYPE_CHECKING:
    from pathlib import Path

RULES = policy_from_table({"shop": {"zone": "UTC"}, "points": {"waiting": {"until": "paid"}}})
STORES = ("memory", "sqlite", "postgresql")


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, one of each kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/shop.db"


def test_nothing_lapses_by_a_wrong_clock(url: str, clock: Clock) -> None:
    """Ann's 50 points are there after a run that was stopped, two verbs of 2036, and a run that is right."""
    rows = {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "50.00"}
    columns = {name: pa.array([rows.get(name)], pa.string()) for name in MAPPING["columns"].values()}
    with closing(open_shop(url, policy=RULES, clock=clock)) as shop:
        assert not shop.imports.table(pa.table(columns), MAPPING).problems
        clock.set("2036-01-01")
        for n in range(2):
            assert shop.loyalty.adjust("bob", 10, key=f"{n}", reason="gift", actor="li").points == 10
            with pytest.raises(ClockJumpError, match="newest thing seen is of 2024-04-01"):
                shop.advance(clock.now + timedelta(days=n))
        clock.set("2024-04-03")
        shop.advance(clock.now)
        assert shop.loyalty.balance("ann").available == 50


def test_runs_of_a_shop_with_verbs_alone(url: str, clock: Clock) -> None:
    """Three verbs a week apart, of one account: the run after them needs nobody; after a month it does."""
    with closing(open_shop(url, policy=RULES, clock=clock)) as shop:
        for n in range(3):
            shop.loyalty.adjust("ann", 10, key=f"{n}", reason="gift", actor="li")
            clock.now += timedelta(days=7)
        shop.advance(clock.now)
        clock.now += timedelta(days=30)
        shop.loyalty.redeem("ann", 5, key="spent")
        with pytest.raises(ClockJumpError, match="newest thing seen is of 2024-04-22"):
            shop.advance(clock.now)
        shop.advance(clock.now, confirm_clock=True)
        clock.now += timedelta(days=7)
        shop.advance(clock.now)
