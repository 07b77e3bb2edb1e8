"""Evil files: each comes out as its truth says, and no two are about the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from retailcrm import open_shop
from retailcrm.domain.problems import Severity
from retailcrm.errors import ImportRefusedError
from retailcrm.testing.evil import EVIL, EvilFile

if TYPE_CHECKING:
    from pathlib import Path


def outcome(evil: EvilFile, folder: Path) -> EvilFile:
    """Import an evil file into a shop: what came of it, in the form of its truth."""
    path = folder / evil.name
    path.write_bytes(evil.data)
    with open_shop(zone="Asia/Shanghai", currency="CNY") as shop:
        try:
            (account,) = shop.imports.files(path, mapping=evil.mapping).files
        except ImportRefusedError as error:
            return attrs.evolve(evil, orders={}, buyers={}, rejected=(), refused=error.code)
        (orders,) = shop.insight.parts()
    assert account.accepted + account.rejected + account.blank == account.records
    rejections = sorted(
        (p for p in account.problems if p.severity is Severity.REJECTED), key=lambda p: p.record or 0
    )
    numbers = orders.numbers.tolist()
    ids = [*orders.customers.ids.tolist(), None]
    buyers = dict(zip(numbers, (ids[code] for code in orders.customer.tolist()), strict=True))
    return attrs.evolve(
        evil,
        orders=dict(zip(numbers, orders.gross.tolist(), strict=True)),
        buyers=buyers if evil.buyers else {},
        rejected=tuple(problem.code for problem in rejections),
        refused="",
    )


@pytest.mark.parametrize("evil", EVIL, ids=lambda evil: evil.key)
def test_an_evil_file_comes_out_as_it_should(evil: EvilFile, tmp_path: Path) -> None:
    """Orders with their money and buyers, rejections in their places, or a refusal that says why."""
    assert outcome(evil, tmp_path) == evil


def test_each_is_about_something_else() -> None:
    """Keys and reasons are told once."""
    assert len({evil.key for evil in EVIL}) == len({evil.data for evil in EVIL}) == len(EVIL)
    assert all(evil.why for evil in EVIL)
    assert all(evil.orders or evil.rejected or evil.refused for evil in EVIL)
