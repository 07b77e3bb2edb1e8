"""A store on an SQL database: one unit of work over everything that it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.adapters.stores.sql.bulk import SqlBulk
from retailcrm.adapters.stores.sql.feed import SqlFeed
from retailcrm.adapters.stores.sql.ledger import SqlLedger
from retailcrm.adapters.stores.sql.orders import SqlOrders
from retailcrm.adapters.stores.sql.policies import SqlPolicies
from retailcrm.adapters.stores.sql.rollups import SqlRollUps
from retailcrm.ports.stores import Capabilities

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from retailcrm.adapters.stores.sql.executor import Database


@attrs.frozen(eq=False)
class SqlStore:
    """Keeps shops in SQLite or PostgreSQL.

    Attributes:
        database: Where.
    """

    database: Database

    @property
    def capabilities(self) -> Capabilities:
        """What the store can do."""
        return Capabilities(durable=True, shared=True, borrows=True)

    def unit(self) -> AbstractContextManager[object]:
        """Open a transaction for writing; one inside another joins it."""
        return self.database.unit()

    def alone(self) -> AbstractContextManager[object]:
        """Keep other writers away from a commit that is not ours, where the database cannot."""
        return self.database.alone()

    def ledger(self, shop: str) -> SqlLedger:
        """Give a shop's points."""
        return SqlLedger(self.database, shop)

    def orders(self, shop: str) -> SqlOrders:
        """Give a shop's files, orders and merges."""
        return SqlOrders(self.database, shop)

    def bulk(self, shop: str) -> SqlBulk:
        """Give what takes a shop's new accounts many at a time."""
        return SqlBulk(self.database, shop)

    def rollups(self, shop: str) -> SqlRollUps:
        """Give a shop's figures by customer."""
        return SqlRollUps(self.database, shop)

    def policies(self, shop: str) -> SqlPolicies:
        """Give a shop's rules."""
        return SqlPolicies(self.database, shop)

    def feed(self, shop: str) -> SqlFeed:
        """Give a shop's events."""
        return SqlFeed(self.database, shop)

    def close(self) -> None:
        """Give back every connection."""
        self.database.close()
