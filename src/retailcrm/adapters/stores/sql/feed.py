"""The event feed in a database: written with what it tells of, read after commit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attrs

from retailcrm.adapters.stores.sql import statements as sql
from retailcrm.adapters.stores.sql.codecs import moment, proof
from retailcrm.adapters.stores.sql.rows import fact_row
from retailcrm.errors import InputError
from retailcrm.ports.feed import Fact, Page, Told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from retailcrm.adapters.stores.sql.executor import Database


@attrs.frozen(eq=False)
class SqlFeed:
    """A shop's facts.

    A cursor is the number of a transaction and a position in the feed: positions are handed out before
    transactions commit, so PostgreSQL's readers are only shown what no transaction that is still running can
    come before. SQLite has one writer at a time, and its positions are in the order of commits.

    Attributes:
        database: Where.
        shop: The shop's key.
    """

    database: Database
    shop: str

    def write(self, facts: Iterable[Fact]) -> None:
        """Add facts, in the unit that is open, or in one of their own."""
        rows = [fact_row(self.shop, one) for one in facts]
        with self.database.unit() as run:
            run.many(sql.EVENT_PROVEN[self.database.dialect], [(*row, proof(*row)) for row in rows])

    def read(self, after: str = "", limit: int = 1000) -> Page:
        """Read on from a cursor; see :class:`retailcrm.ports.feed.Feed`.

        Raises:
            InputError: It is no cursor, or the limit is below 1.
        """
        if limit < 1:
            raise InputError(f"a page has at least 1 fact, not {limit}")
        statement, place = sql.EVENTS[self.database.dialect], _place(after)
        rows = self.database.executor.all(statement, (self.shop, *place, limit))
        if not rows and self.database.dialect == "postgresql":
            self._check_cluster(place[0])
        told = tuple(
            Told(
                cursor=f"{transaction}:{position}",
                fact=Fact(kind=kind, subject=subject, recorded_at=moment(at), document=json.loads(document)),
            )
            for transaction, position, kind, subject, at, document in rows
        )
        return Page(facts=told, cursor=told[-1].cursor if told else after)

    def _check_cluster(self, transaction: int) -> None:
        """Refuse a cursor of a cluster that this database was taken from: it would pass facts over."""
        row = self.database.executor.one(sql.NEXT_TRANSACTION)
        if row is not None and transaction >= row[0]:
            raise InputError(
                "this cursor is of another PostgreSQL cluster, whose transactions were counted further: the "
                "database was restored here. Read the feed from its beginning; what was acted on already "
                "shows by account and version"
            )


def _place(cursor: str) -> tuple[int, int]:
    if not cursor:
        return -1, -1
    transaction, _, position = cursor.partition(":")
    if not (transaction.isdecimal() and position.isdecimal() and cursor.isascii()):
        raise InputError(f"{cursor!r} is no cursor of this feed")
    return int(transaction), int(position)
