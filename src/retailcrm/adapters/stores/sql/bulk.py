"""Many new accounts written at once into a database; the same rows that units would have left there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import numpy as np

from retailcrm.adapters.stores.sql import statements as sql
from retailcrm.adapters.stores.sql.bulk_behind import RowsInColumns, Work, behind
from retailcrm.adapters.stores.sql.codecs import proof, rule_document
from retailcrm.adapters.stores.sql.shops import change_shop
from retailcrm.errors import StoreError
from retailcrm.ports.bulk import Strange

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from retailcrm.adapters.stores.sql.bulk_rows import FreshRows
    from retailcrm.adapters.stores.sql.executor import Database, Executor
    from retailcrm.analytics.columns import Texts
    from retailcrm.ports.bulk import FactColumns, FreshPoints

_T = TypeVar("_T")

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
"""How the rows of each table are written; those of the event feed as the feed itself does."""
_TABLES: Final = frozenset(f"retailcrm_{name}" for name in (*_INSERTS, "events"))
_ANY: Final = "SELECT 1 FROM retailcrm_awards WHERE shop = ? LIMIT 1"
_ANY_ACCOUNT: Final = "SELECT 1 FROM retailcrm_accounts WHERE shop = ? LIMIT 1"
_ACCOUNTS: Final = "SELECT account, pending FROM retailcrm_accounts WHERE shop = ? AND account IN ({})"
_HOMES: Final = "SELECT DISTINCT account FROM retailcrm_awards WHERE shop = ? AND account IN ({})"
_AWARDED: Final = "SELECT reference FROM retailcrm_awards WHERE shop = ? AND wallet = ? AND reference IN ({})"
_TOLD: Final = (
    "SELECT reference, account, known FROM retailcrm_awards "
    "WHERE shop = ? AND wallet = ? AND reference IN ({})"
)
_FOLLOWED: Final = "SELECT followed FROM retailcrm_shops WHERE shop = ?"


@attrs.frozen(eq=False)
class SqlBulk:
    """Writes a shop's new accounts many at a time; see :class:`retailcrm.ports.bulk.BulkLedger`.

    Attributes:
        database: Where; a unit is open whenever anything is written.
        shop: The shop's key.
    """

    database: Database
    shop: str

    def is_empty(self) -> bool:
        """Tell whether the shop has no account and no award at all."""
        run = self.database.executor
        return run.one(_ANY, (self.shop,)) is None and run.one(_ANY_ACCOUNT, (self.shop,)) is None

    def strange(self, wallet: str, accounts: Collection[str], orders: Texts) -> Strange:
        """Tell what is there of some accounts and orders."""
        names = list(accounts)
        there = dict(self._asked(_ACCOUNTS, (), names))
        homes = (name for (name,) in self._asked(_HOMES, (), names))
        awarded = (name for (name,) in self._asked(_AWARDED, (wallet,), orders.tolist()))
        return Strange(
            accounts=frozenset({*there, *homes}),
            orders=frozenset(awarded),
            waiting=frozenset(name for name, pending in there.items() if pending),
        )

    def told(self, wallet: str, account: Texts, facts: FactColumns) -> NDArray[np.bool_]:
        """Tell of which orders just these facts are known already, and awarded in just this account."""
        # Only whoever imports needs pyarrow.
        from retailcrm.adapters.stores.sql.bulk_rows import known_columns  # noqa: PLC0415
        from retailcrm.adapters.stores.sql.bulk_shapes import known_shape  # noqa: PLC0415

        names = facts.reference.tolist()
        stored = {reference: (home, known) for reference, home, known in self._asked(_TOLD, (wallet,), names)}
        known = known_shape().filled(known_columns(facts)).to_pylist() if names else []
        asked = zip(names, account.tolist(), known, strict=True)
        return np.array([stored.get(name) == (home, text) for name, home, text in asked], np.bool_)

    def write_fresh(self, points: Iterable[FreshPoints]) -> None:
        """Write new accounts, in the unit that is open.

        Raises:
            ConflictError: There is one of them already.
        """
        from retailcrm.adapters.stores.sql.bulk_rows import FreshRows  # noqa: PLC0415 - needs pyarrow

        inserts = _INSERTS | {"events": sql.EVENT_NEW[self.database.dialect]}
        # While one batch is written, the texts of the next are made on the other processor.
        with _roomy(self.database.executor), ThreadPoolExecutor(1) as others, behind(self.database) as thread:
            rules: set[str] = set()
            some = (one for one in points if self._ruled(one, rules))
            laid = (others.submit(_rows_of, FreshRows(self.shop, one), inserts) for one in some)
            for batch in _one_ahead(laid):
                if thread is not None:
                    thread.put(Work(_TABLES, batch.result))
                    continue
                for rows in batch.result():
                    self.database.executor.many(rows.insert, zip(*rows.columns, strict=True))

    def _ruled(self, points: FreshPoints, known: set[str]) -> bool:
        """Keep the rule that awards name, once; tell whether there are any."""
        digest, rule = rule_document(points.rule)
        if len(points.awards) and digest not in known:
            self.database.executor.run(sql.RULE_NEW, (self.shop, digest, rule))
            known.add(digest)
        return len(points.awards) > 0

    def mark_stale(self, customers: Iterable[str]) -> None:
        """Keep, in the unit that is open, that accounts lack something of customers' orders yet."""
        self.database.executor.many(
            sql.STALE_NEW, [(self.shop, one, proof(self.shop, one)) for one in customers]
        )

    def clear_stale(self, customers: Iterable[str]) -> None:
        """Keep, in the unit that is open, that all of customers' orders is in their accounts."""
        self.database.executor.many(sql.STALE_GONE, [(self.shop, one) for one in customers])

    def followed(self) -> str:
        """Give the digest of the rules by which all stored orders were followed; empty if none is known."""
        row = self.database.executor.one(_FOLLOWED, (self.shop,))
        return "" if row is None else str(row[0])

    def mark_followed(self, digest: str) -> None:
        """Keep that digest, in the unit that is open."""
        with self.database.unit() as run:
            change_shop(run, self.shop, followed=digest)

    def _asked(self, question: str, before: tuple[str, ...], names: list[str]) -> Iterator[tuple[Any, ...]]:
        run = self.database.executor
        for start in range(0, len(names), _ASKED):
            some = names[start : start + _ASKED]
            marks = ", ".join("?" * len(some))
            yield from run.all(question.format(marks), (self.shop, *before, *some))


def _rows_of(fresh: FreshRows, inserts: Mapping[str, str]) -> list[RowsInColumns]:
    """Make the rows of a batch."""
    return [RowsInColumns(inserts[table], laid.columns()) for table, laid in fresh.laid().items()]


def _one_ahead(items: Iterable[_T]) -> Iterator[_T]:
    """Give things one after the other, each once the one after it was asked for."""
    source = iter(items)
    for held in source:
        for following in source:
            yield held
            held = following  # noqa: PLW2901 - what was asked for ahead is given next
        yield held


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
        # What went wrong is not hidden by a transaction that is gone.
        with suppress(StoreError):
            run.all(f"PRAGMA cache_size = {before[0] if before else -2000}")
