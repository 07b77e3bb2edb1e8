"""Many new accounts written at once into a database; the same rows that units would have left there."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.adapters.stores.sql import statements as sql
from retailcrm.adapters.stores.sql.codecs import rule_document

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from retailcrm.adapters.stores.sql.executor import Database, Executor
    from retailcrm.analytics.columns import Texts
    from retailcrm.ports.bulk import FreshPoints

_ASKED: Final = 800
"""Names in one question: databases take only so many values at a time."""

_CACHE: Final = -262_144
"""KiB of pages that SQLite keeps while rows come in the order of another key than a table's."""

_INSERTS: Final = {
    "accounts": sql.insert("accounts", sql.ACCOUNT_COLUMNS),
    "lots": sql.insert("lots", sql.LOT_COLUMNS),
    "entries": sql.ENTRY_NEW,
    "awards": sql.insert("awards", sql.AWARD_COLUMNS),
}
_ANY: Final = "SELECT 1 FROM retailcrm_awards WHERE shop = ? LIMIT 1"
_ANY_ACCOUNT: Final = "SELECT 1 FROM retailcrm_accounts WHERE shop = ? LIMIT 1"
_ACCOUNTS: Final = "SELECT account FROM retailcrm_accounts WHERE shop = ? AND account IN ({})"
_HOMES: Final = "SELECT DISTINCT account FROM retailcrm_awards WHERE shop = ? AND account IN ({})"
_AWARDED: Final = "SELECT reference FROM retailcrm_awards WHERE shop = ? AND wallet = ? AND reference IN ({})"
_FOLLOWED: Final = "SELECT followed FROM retailcrm_shops WHERE shop = ?"
_FOLLOWED_NEXT: Final = "UPDATE retailcrm_shops SET followed = ? WHERE shop = ?"


@attrs.frozen(eq=False)
class SqlBulk:
    """Writes a shop's new accounts many at a time; see :class:`retailcrm.ports.bulk.BulkLedger`.

    Attributes:
        database: Where; a unit is open whenever anything is written.
        shop: The shop's key.
    """

    database: Database
    shop: str

    def strange(self, wallet: str, accounts: Collection[str], orders: Texts) -> tuple[set[str], set[str]]:
        """Tell which of some accounts have anything written, and which of some orders were awarded."""
        run = self.database.executor
        if run.one(_ANY, (self.shop,)) is None and run.one(_ANY_ACCOUNT, (self.shop,)) is None:
            return set(), set()
        names = list(accounts)
        known = {*self._asked(_ACCOUNTS, (), names), *self._asked(_HOMES, (), names)}
        return known, set(self._asked(_AWARDED, (wallet,), orders.tolist()))

    def write_fresh(self, points: Iterable[FreshPoints]) -> None:
        """Write new accounts, in the unit that is open.

        Raises:
            ConflictError: There is one of them already.
        """
        from retailcrm.adapters.stores.sql.bulk_rows import FreshRows  # noqa: PLC0415 - needs pyarrow

        with _roomy(self.database.executor) as run:
            for batch in points:
                if not len(batch.awards):
                    continue
                digest, rule = rule_document(batch.rule)
                run.run(sql.RULE_NEW, (self.shop, digest, rule))
                rows = FreshRows(self.shop, batch)
                for table, insert in _INSERTS.items():
                    run.many(insert, getattr(rows, table)())
                run.many(sql.EVENT_NEW[self.database.dialect], rows.facts())

    def followed(self) -> str:
        """Give the digest of the rules by which all stored orders were followed; empty if none is known."""
        row = self.database.executor.one(_FOLLOWED, (self.shop,))
        return "" if row is None else str(row[0])

    def mark_followed(self, digest: str) -> None:
        """Keep that digest, in the unit that is open."""
        self.database.executor.run(_FOLLOWED_NEXT, (digest, self.shop))

    def _asked(self, question: str, before: tuple[str, ...], names: list[str]) -> Iterator[str]:
        run = self.database.executor
        for start in range(0, len(names), _ASKED):
            some = names[start : start + _ASKED]
            marks = ", ".join("?" * len(some))
            yield from (name for (name,) in run.all(question.format(marks), (self.shop, *before, *some)))


@contextmanager
def _roomy(run: Executor) -> Iterator[Executor]:
    """Let SQLite keep more pages: indices of another order than the rows' are written all over."""
    if run.dialect != "sqlite":
        yield run
        return
    before = run.one("PRAGMA cache_size")
    run.all(f"PRAGMA cache_size = {_CACHE}")
    try:
        yield run
    finally:
        run.all(f"PRAGMA cache_size = {before[0] if before else -2000}")
