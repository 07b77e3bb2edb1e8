"""A clock that is behind the file: what is still to come then is taken in once it has come."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from tests.shop.loyalty.conftest import MAPPING, Clock

from retailcrm import open_shop
from retailcrm.domain.points.documents import state_hash
from retailcrm.shop.policy import policy_from_table

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("id", "who", "at", "left", "done", "amount", "back", "back_at")
FIRST = {"id": "1", "who": "ann", "at": "2024-03-01", "done": "2024-03-02", "amount": "50.00"}

LATER = {
    "payment": ({"id": "2", "who": "ann", "at": "2024-03-05", "done": "2024-03-06", "amount": "30.00"}, 80),
    "receipt": ({"id": "2", "who": "ann", "at": "2024-03-01", "done": "2024-03-05", "amount": "30.00"}, 80),
    "refund": ({**FIRST, "id": "2", "back": "10.00", "back_at": "2024-03-10"}, 90),
    "shipment": ({"id": "2", "who": "ann", "at": "2024-03-01", "left": "2024-03-09", "done": "2024-03-10",
                  "amount": "30.00"}, 80),
    "somebody": ({**FIRST, "id": "2", "who": "bob", "at": "2024-03-05", "done": "2024-03-06"}, 50),
}  # fmt: skip
"""What the file tells beside Ann's first order, by the moment that is ahead; her points in the end."""


def lives(url: str, row: dict[str, str], way: str) -> tuple[list[Any], dict[str, str]]:
    """Import while it is the second of March, go on to April one way or another; tell what there was."""
    clock = Clock("2024-03-02T12:00")
    rules = policy_from_table({"shop": {"zone": "UTC"}, "points": {}})
    with closing(open_shop(url, policy=rules, clock=clock)) as shop:
        rows = [FIRST, row]
        told = {name: pa.array([one.get(name) for one in rows], pa.string()) for name in COLUMNS}
        shop.imports.table(pa.table(told), MAPPING)
        # What is known by now is written, so that both have written it at the same moment.
        shop.advance(clock.now, confirm_clock=True)
        found: list[Any] = [shop.loyalty.balance(who) for who in ("ann", "bob")]
        clock.set("2024-04-01")
        if way == "advanced":
            shop.advance(clock.now, confirm_clock=True)
        if way == "imported":
            other = {name: pa.array([None], pa.string()) for name in COLUMNS}
            other |= {"id": pa.array(["9"]), "at": pa.array(["2024-03-20"]), "amount": pa.array(["1.00"])}
            shop.imports.table(pa.table(other), MAPPING)
        found += [shop.loyalty.balance(who) for who in ("ann", "bob")]
        shop.advance(clock.now, confirm_clock=True)
        ledger: Any = shop.loyalty._accounts.ledger
        names = [name for name in ledger.accounts() if ledger.account(name).version]
        return found, {name: state_hash(ledger.account(name)) for name in names}


@pytest.mark.parametrize(
    ("what", "way"),
    [
        *((what, "asked") for what in LATER),
        *((what, way) for what in ("payment", "refund") for way in ("advanced", "imported")),
    ],
)
def test_what_was_still_to_come_is_taken_in_once_it_has_come(what: str, way: str, tmp_path: Path) -> None:
    """By whichever way time goes on, a store tells of everybody what memory does."""
    row, points = LATER[what]
    memory, stored = (lives(url, row, way) for url in ("memory:", f"sqlite:///{tmp_path}/shop.db"))
    assert stored[0] == memory[0]
    assert stored[0][2].available == points
    assert stored[1] == memory[1]
