"""Roll-ups are counted anew from the orders: figures with a right digest that no orders come to are told."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pytest

from retailcrm import open_shop
from retailcrm.adapters.stores.sql.location import database_at
from retailcrm.adapters.stores.sql.policies import SqlPolicies
from retailcrm.adapters.stores.sql.rollups import SqlRollUps
from retailcrm.analytics.columns import Texts
from retailcrm.ports.policies import KeptPolicy
from retailcrm.shop.stored.rolling import GROSS, ORDERS
from retailcrm.shop.stored.verifying import verify

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.ports.rollups import Block

MAPPING: Final = {
    "name": "ours",
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "paid"},
}
LATER: Final = datetime(2999, 1, 1, tzinfo=UTC)
PEOPLE: Final = 150
"""Some blocks of 64."""


def bring(shop: Any, first: int, orders: int) -> None:
    """Import orders; every tenth is of a buyer whom nobody knows."""
    whose = [f"c{n % PEOPLE:03d}" if n % 10 else "" for n in range(first, first + orders)]
    table = pa.table(
        {
            "id": [str(n) for n in range(first, first + orders)],
            "who": whose,
            "at": ["2024-03-01"] * orders,
            "amount": [f"{n}.00" for n in range(first, first + orders)],
        }
    )
    shop.imports.table(table, MAPPING)


@pytest.fixture(params=[False, True], ids=["rules of nobody", "rules of a file"])
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    """Give the store of a shop that imported twice, by the usual rules or by some of a file."""
    url, policy = f"sqlite:///{tmp_path / 'shop.db'}", tmp_path / "shop.toml"
    policy.write_text('[shop]\nzone = "UTC"\n[counting]\nfull_refund = "drop"\n' if request.param else "")
    with open_shop(url, policy=str(policy) if request.param else None) as shop:
        bring(shop, 1, 400)
        bring(shop, 401, 30)
    with closing(database_at(url)) as opened:
        yield opened


def changed(database: Any, block: Block | None = None, *, gone: str | None = None, unknown: int = 0) -> None:
    """Write a block over another, drop one, or change what is known of unknown buyers; digests are right."""
    rollups = SqlRollUps(database, "main")
    ((rules,),) = database.executor.all("SELECT rules FROM retailcrm_rolled")
    head = rollups.head(rules)
    assert head is not None
    more = np.zeros_like(head.unknown)
    more[GROSS] = unknown
    head = attrs.evolve(head, unknown=head.unknown + more)
    rollups.write(rules, head, [] if block is None else [block], [] if gone is None else [gone])


def blocks(database: Any) -> list[Block]:
    """Read all blocks."""
    rollups = SqlRollUps(database, "main")
    ((rules,),) = database.executor.all("SELECT rules FROM retailcrm_rolled")
    return list(rollups.blocks(rules, rollups.firsts(rules)))


def test_right_figures_have_no_findings(database: Any) -> None:
    """After a first import and another one all figures are those of the orders."""
    assert len(blocks(database)) > 1
    assert verify(database).findings == ()


def test_figures_that_no_orders_come_to_are_told(database: Any) -> None:
    """One amount, one customer too many, one renamed: the block is told, once."""
    block = blocks(database)[1]
    amount = block.figures.copy()
    amount[3, GROSS] += 1
    more = np.concatenate([block.figures, block.figures[:1] * 0])
    names = block.ids.tolist()
    for wrong in (
        attrs.evolve(block, figures=amount),
        attrs.evolve(block, figures=more, ids=Texts.of([*names, "zoe"])),
        attrs.evolve(block, ids=Texts.of([*names[:-1], "zoe"])),
    ):
        changed(database, wrong)
        found = [(one.table, one.key, one.code) for one in verify(database).findings]
        assert ("summaries", block.first, "count") in found
        assert {code for *_, code in found} == {"count"}
    changed(database, block)
    assert verify(database).clean


def test_what_is_left_out_is_told(database: Any) -> None:
    """A block that is gone, and an amount of unknown buyers that is none of theirs."""
    block = blocks(database)[1]
    changed(database, gone=block.first)
    assert [(one.table, one.code) for one in verify(database).findings] == [("summaries", "count")]
    changed(database, block, unknown=1)
    assert [(one.table, one.code) for one in verify(database).findings] == [("rolled", "count")]
    assert block.figures[:, ORDERS].sum() > 0


def test_rules_that_cannot_be_read_are_no_finding(database: Any) -> None:
    """A kept policy of a newer library is no reason to distrust figures."""
    SqlPolicies(database, "main").keep(KeptPolicy(digest="n", valid_from=LATER, document="{}"))
    assert verify(database).clean
