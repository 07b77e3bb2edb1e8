"""Work a whole store through again: every promise, every row, in one snapshot and flat memory.

Nothing of what wrote the rows is believed. Journals go through the independent checker
(:mod:`retailcrm.domain.points.checker`), which imports nothing of this package; what accounts, lots, holds,
redemptions, awards, the feed say is compared with what the journals come to; sums are made twice, over the
journals and over the rows. Imported rows are held against their digests, and orders against what the rows
fold into.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.errors import StoreError
from retailcrm.shop.stored.verifying.accounts import conserved, verify_accounts
from retailcrm.shop.stored.verifying.beside import verify_beside
from retailcrm.shop.stored.verifying.database import verify_database, verify_shops_known
from retailcrm.shop.stored.verifying.findings import MOST, Finding, Tally, Verified
from retailcrm.shop.stored.verifying.orders import verify_orders

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.adapters.stores.sql.executor import Database, Executor

__all__ = ["MOST", "Finding", "Verified", "verify"]


def verify(
    database: Database, shop: str | None = None, *, progress: Callable[[str, int], None] | None = None
) -> Verified:
    """Work through everything that a store keeps, and tell what cannot be right.

    One snapshot is read, so it may run while others write. Memory holds one account at a time: ten million
    entries take as much of it as ten thousand do.

    Args:
        database: Of the store.
        shop: Which shop; ``None``: all of them.
        progress: Told a table and how many more of its rows were read, for whoever watches.

    Returns:
        The findings: none of them is the proof.
    """
    tally = Tally()
    seen = progress or _nobody
    try:
        with database.snapshot() as executor:
            verify_database(executor, tally)
            shops = _shops(executor)
            verify_shops_known(executor, tally, shops)
            for name in shops if shop is None else (shop,):
                _verify_shop(database, executor, tally, name, seen)
    except (StoreError, UnicodeDecodeError, OverflowError) as error:
        # A file that is so broken that the database, or its driver, cannot read on.
        said = str(error) if isinstance(error, StoreError) else type(error).__name__
        tally.tell("", "", "unreadable", f"the database cannot be read on: {said}")
    return tally.done()


def _verify_shop(
    database: Database, executor: Executor, tally: Tally, shop: str, progress: Callable[[str, int], None]
) -> None:
    tally.shop = shop
    promised = verify_accounts(executor, tally, progress)
    conserved(tally, [name.removeprefix(f"{shop}/") for name in tally.points if name.startswith(f"{shop}/")])
    verify_beside(executor, tally, progress, promised)
    verify_orders(database, executor, tally, progress)
    tally.shop = ""


def _shops(executor: Executor) -> list[str]:
    """Give every shop that anything is kept of; one that has lost its own row too."""
    found = executor.all(
        "SELECT shop FROM retailcrm_shops UNION SELECT shop FROM retailcrm_accounts "
        "UNION SELECT shop FROM retailcrm_entries ORDER BY shop"
    )
    return [str(row[0]) for row in found]


def _nobody(_: str, __: int) -> None:
    """Watch nothing."""
