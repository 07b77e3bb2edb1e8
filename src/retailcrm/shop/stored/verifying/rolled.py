"""Roll-ups: each row by its digest, and every customer's figures counted anew from her orders."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.adapters.stores.sql.orders import SqlOrders
from retailcrm.adapters.stores.sql.orders_columns import read_batch
from retailcrm.adapters.stores.sql.policies import SqlPolicies
from retailcrm.adapters.stores.sql.rollups import SqlRollUps
from retailcrm.errors import RetailCRMError
from retailcrm.ports.orders import ORDER_COLUMNS
from retailcrm.shop.policy import policy_from_table
from retailcrm.shop.stored.order_rows import table_of
from retailcrm.shop.stored.policy import kept_rules
from retailcrm.shop.stored.rolling import CREDITS, GROSS, ORDERS, REFUNDED, figures_of, rules_of_counting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from retailcrm.adapters.stores.sql.executor import Database, Executor
    from retailcrm.analytics.tables import Ints
    from retailcrm.ports.rollups import Block
    from retailcrm.shop.policy import Policy
    from retailcrm.shop.stored.verifying.findings import Tally

_AT_ONCE: Final = 64
"""Blocks whose customers' orders are asked for together."""
_SUMS: Final = [ORDERS, GROSS, REFUNDED, CREDITS]
"""What is known of buyers whom nobody knows: only what adds up."""
_UNKNOWN: Final = f"SELECT {', '.join(ORDER_COLUMNS)} FROM retailcrm_orders WHERE shop = ? AND customer = ''"  # noqa: S608 - fixed words
_HEADLESS: Final = (
    "SELECT DISTINCT rules FROM retailcrm_summaries it WHERE shop = ? AND NOT EXISTS "
    "(SELECT 1 FROM retailcrm_rolled head WHERE head.shop = it.shop AND head.rules = it.rules)"
)
_KNOWN: Final = "SELECT count(DISTINCT customer) FROM retailcrm_orders WHERE shop = ? AND customer <> ''"


def verify_rollups(database: Database, executor: Executor, tally: Tally, settings: tuple[str, str]) -> None:
    """Work through a shop's roll-ups; of those by rules that nobody has any more only the digests.

    Args:
        database: Inside the snapshot.
        executor: Of the snapshot.
        tally: Takes the findings; its shop is the one.
        settings: The shop's currency and zone.
    """
    rollups, book = SqlRollUps(database, tally.shop), SqlOrders(database, tally.shop)
    damaged = list(rollups.damaged())
    for key in damaged:
        tally.tell("summaries", key, "digest", "the roll-up is not the one that was written")
    for (rules,) in executor.all(_HEADLESS, (tally.shop,)):
        tally.tell("rolled", rules, "missing", "its blocks are there, but not what stands above them")
    if damaged:
        return
    for policy in _policies(database, tally.shop, settings):
        rules = rules_of_counting(policy)
        head = rollups.head(rules)
        # What later files are not in yet is not asked for either.
        if head is not None and head.file == book.last_file()[0]:
            firsts, there = rollups.firsts(rules), 0
            for start in range(0, len(firsts), _AT_ONCE):
                blocks = list(rollups.blocks(rules, firsts[start : start + _AT_ONCE]))
                there += _counted(tally, book, blocks, policy, settings)
            _whole(executor, tally, head.unknown, there, policy, settings)
            return


def _policies(database: Database, shop: str, settings: tuple[str, str]) -> Iterator[Policy]:
    """Give the rules that may be in force: those that are kept, and those of whoever says none."""
    currency, zone = settings
    # Rules that cannot be read count nothing; their row has a digest of its own.
    with suppress(RetailCRMError):
        if (kept := kept_rules(SqlPolicies(database, shop))) is not None:
            yield kept.policy
    with suppress(RetailCRMError):
        yield policy_from_table({"shop": {"currency": currency, "zone": zone}})


def _counted(
    tally: Tally, book: SqlOrders, blocks: Sequence[Block], policy: Policy, settings: tuple[str, str]
) -> int:
    """Count the customers of some blocks anew; give how many of them have orders."""
    names = [name for block in blocks for name in block.ids.tolist()]
    orders = table_of(book.orders_of(names), *settings)
    figures, _ = figures_of(orders, policy.counting)
    anew = dict(zip(orders.customers.ids.tolist(), figures, strict=True))
    for block in blocks:
        told = zip(block.ids.tolist(), block.figures, strict=True)
        if not all(name in anew and (row == anew[name]).all() for name, row in told):
            tally.tell("summaries", block.first, "count", "figures that its customers' orders do not come to")
    return len(anew)


def _whole(
    executor: Executor, tally: Tally, unknown: Ints, there: int, policy: Policy, settings: tuple[str, str]
) -> None:
    """Nobody with orders is left out, and what nobody is known for adds up."""
    known = executor.one(_KNOWN, (tally.shop,))
    if known is None or known[0] != there:
        tally.tell("summaries", "", "count", "somebody with orders is in no block")
    sums = np.zeros_like(unknown)
    for rows in executor.batches(_UNKNOWN, (tally.shop,)):
        sums += figures_of(table_of(read_batch(rows, ORDER_COLUMNS), *settings), policy.counting)[1]
    if (sums[_SUMS] != unknown[_SUMS]).any():
        tally.tell("rolled", "", "count", "figures of unknown buyers that their orders do not come to")
