"""One account after the other: its journal worked through again, and all that is kept beside it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.adapters.stores.sql.codecs import micros
from retailcrm.domain.points.checker.journals import BUCKETS, walk
from retailcrm.domain.points.checker.reading import parts
from retailcrm.shop.stored.verifying.documents import (
    Doc,
    award_of,
    entry_of,
    lot_of,
    open_of,
    read,
    spending_of,
)
from retailcrm.shop.stored.verifying.promised import Promised
from retailcrm.shop.stored.verifying.rows import BROKEN, Grouped, Named, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from retailcrm.adapters.stores.sql.executor import Executor
    from retailcrm.shop.stored.verifying.findings import Tally

_ORDERS: Final = {
    "accounts": "account",
    "entries": "account, version",
    "lots": "account, lot",
    "holds": "account, hold",
    "awards": "account, wallet, reference",
    "spendings": "account, position",
}
"""What is kept by account, and how it is read: memory holds one account at a time."""

_OPEN: Final = ("pending", "available", "held")
_BROUGHT: Final = ("transfer", "give_back")
"""Verbs by which points come into a lot that were awarded in another."""


@attrs.frozen(kw_only=True)
class _Kept:
    """All rows of one account, and where to tell what is wrong with them."""

    tally: Tally
    name: str
    rows: dict[str, list[Named]]
    promised: Promised

    def tell(self, table: str, code: str, message: str, key: object = "") -> None:
        """Note a finding about this account."""
        place = f"{self.name} {key}" if key != "" else self.name
        self.tally.tell(table, place, code, message)

    def same(self, table: str, key: object, row: Named, expected: Doc) -> None:
        """Compare columns of a row with what they should be."""
        wrong = [name for name, value in expected.items() if row[name] != value]
        if wrong:
            self.tell(table, "column", f"{', '.join(wrong)}: not what its document or journal says", key)


def verify_accounts(executor: Executor, tally: Tally, progress: Callable[[str, int], None]) -> Promised:
    """Work through every account of a shop: flat memory, one pass.

    Args:
        executor: Of the snapshot.
        tally: Takes findings and counts.
        progress: Told the table and how many rows more were read.

    Returns:
        What the journals promise of tables that are looked through later.
    """
    promised = Promised(executor=executor, tally=tally)
    streams = {
        table: Grouped(rows_of(executor, tally, table, order, progress)) for table, order in _ORDERS.items()
    }
    while heads := [stream.head for stream in streams.values() if stream.head is not None]:
        name = min(heads)
        rows = {table: stream.take(name) for table, stream in streams.items()}
        _verify_account(_Kept(tally=tally, name=name, rows=rows, promised=promised))
    promised.done()
    return promised


def _verify_account(kept: _Kept) -> None:
    """Work through one account."""
    entries = _entries(kept)
    book = _walked(kept, entries)
    steps: tuple[Callable[[_Kept, list[Doc], Doc], None], ...] = (
        _account_row, _lot_rows, _hold_rows, _spending_rows, _award_rows, _sums, _promises,
    )  # fmt: skip
    for step in steps:
        try:
            step(kept, entries, book)
        except BROKEN as error:
            kept.tell("", "broken", f"{step.__name__.strip('_')} cannot be read: {type(error).__name__}")


def _promises(kept: _Kept, entries: list[Doc], book: Doc) -> None:
    """Gather what other tables must hold."""
    kept.promised.by_journal(kept.name, entries, {row["reference"] for row in kept.rows["awards"]})
    kept.promised.by_merge(kept.name, entries, book)


def _entries(kept: _Kept) -> list[Doc]:
    """Read the journal's documents."""
    found: list[Doc] = []
    for row in kept.rows["entries"]:
        try:
            found.append(entry_of(row))
        except BROKEN:
            kept.tell("entries", "broken", "its document is none of an entry", row["version"])
    return found


def _walked(kept: _Kept, entries: list[Doc]) -> Doc:
    """Let the independent checker walk through the journal; give what it comes to."""
    problems: list[str] = []
    book: Doc = {"lots": {}, "holds": {}, "debt": 0}
    try:
        book = walk(entries, problems)
    except BROKEN as error:
        problems.append(f"no journal: {type(error).__name__}")
    for problem in problems:
        kept.tell("entries", "journal", problem)
    return book


def _account_row(kept: _Kept, entries: list[Doc], book: Doc) -> None:
    """The account's row is what its journal comes to."""
    rows = kept.rows["accounts"]
    if not rows:
        # An order that earned nothing has an award, and whoever has no others has no account.
        if any(kept.rows[table] for table in ("entries", "lots", "holds", "spendings")):
            kept.tell("accounts", "missing", "its journal or lots are there, but not the account")
        return
    row, expected = rows[0], _account_document(entries, book)
    columns = {
        "version": expected["version"],
        "recorded_at": _micros(expected["recorded_at"]),
        "settled_at": _micros(expected["settled_at"]),
        "debt": expected["debt"],
        "next_change_at": _micros(_next_change(expected)),
        **{name: sum(lot["buckets"][name] for lot in expected["lots"]) for name in _OPEN},
    }
    kept.same("accounts", "", row, columns)
    if any(value != expected[name] for name, value in open_of(row["document"]).items()):
        kept.tell("accounts", "state", "its document is not what its journal comes to")


def _account_document(entries: list[Doc], book: Doc) -> Doc:
    """Write down what a journal comes to, as an account's row says it."""
    owing = [entry["effective_at"] for entry in entries if entry["debt"]]
    return {
        "version": len(entries),
        "recorded_at": entries[-1]["recorded_at"] if entries else None,
        "lots": sorted((lot for lot in book["lots"].values() if _is_open(lot)), key=_burn_order),
        "holds": [book["holds"][hold] for hold in sorted(book["holds"])],
        "debt": book["debt"],
        "debt_at": owing[-1] if owing else None,
        "settled_at": max((entry["effective_at"] for entry in entries), default=None),
    }


def _is_open(lot: Doc) -> bool:
    return any(lot["buckets"][name] for name in _OPEN)


def _burn_order(lot: Doc) -> tuple[bool, str, str, str]:
    start = lot["activates_at"] or lot["awarded_at"]
    return (lot["expires_at"] is None, lot["expires_at"] or start, start, lot["id"])


def _next_change(account: Doc) -> str | None:
    """Tell the next moment at which something happens by itself."""
    moments = [hold["ends_at"] for hold in account["holds"]]
    for lot in account["lots"]:
        moments += [
            lot[when]
            for bucket, when in (("pending", "activates_at"), ("available", "expires_at"))
            if lot["buckets"][bucket] and lot[when]
        ]
    return min(moments, default=None)


def _lot_rows(kept: _Kept, _: list[Doc], book: Doc) -> None:
    """Every lot that ever was has its row, as the last entry about it left it."""
    rows = {row["lot"]: row for row in kept.rows["lots"]}
    for name in sorted(rows.keys() ^ book["lots"].keys()):
        where = "no entry made it" if name in rows else "its row is missing"
        kept.tell("lots", "missing", where, name)
    for name in rows.keys() & book["lots"].keys():
        lot = book["lots"][name]
        kept.same("lots", name, rows[name], lot["buckets"])
        if lot_of(name, read(rows[name]["document"])) != lot:
            kept.tell("lots", "state", "its document is not what the journal comes to", name)


def _hold_rows(kept: _Kept, _: list[Doc], book: Doc) -> None:
    """Every open reservation, and no other, can be found."""
    rows = {row["hold"]: row for row in kept.rows["holds"]}
    for name in sorted(rows.keys() ^ book["holds"].keys()):
        where = "it is not open in the journal" if name in rows else "it is open, but its row is missing"
        kept.tell("holds", "missing", where, name)
    for name in rows.keys() & book["holds"].keys():
        kept.same("holds", name, rows[name], {"ends_at": _micros(book["holds"][name]["ends_at"])})


def _spending_rows(kept: _Kept, _: list[Doc], book: Doc) -> None:
    """What redemptions still have of each lot is what its bucket says; none gave back more than it took."""
    spent: Counter[str] = Counter()
    for row in kept.rows["spendings"]:
        said = spending_of(row["document"])
        kept.same("spendings", row["key"], row, {"wallet": kept.name.partition("/")[0]})
        points = 0
        for lot, part in parts(said):
            spent[lot] += part
            points += part
        # What is brought back of a reward is written as its own number of points.
        if points > said["points"] and not said["reward"]:
            kept.tell("spendings", "spending", f"has {points} of {said['points']} points", row["key"])
        if row["key"] == "":
            kept.tell("spendings", "spending", "has no key")
    for name in sorted(spent.keys() | book["lots"].keys()):
        there = book["lots"][name]["buckets"]["spent"] if name in book["lots"] else 0
        if spent[name] != there:
            kept.tell(
                "spendings", "spending", f"redemptions have {spent[name]} of it, the journal {there}", name
            )


def _award_rows(kept: _Kept, _: list[Doc], book: Doc) -> None:
    """Awards stand in the account of their wallet; the lot that one made holds its points."""
    wallet = kept.name.partition("/")[0]
    for row in kept.rows["awards"]:
        said = award_of(row)
        kept.promised.rules.add(said["rule"])
        kept.same("awards", row["reference"], row, {"wallet": wallet})
        lot = book["lots"].get(said["lot"])
        if lot is not None and sum(lot["buckets"].values()) != said["points"]:
            kept.tell("awards", "award", "its lot holds another number of points", row["reference"])
        if min(said["taken"], said["forgiven"]) < 0 or said["taken"] > said["points"]:
            kept.tell("awards", "award", "more was taken back than was awarded", row["reference"])


def _sums(kept: _Kept, entries: list[Doc], _: Doc) -> None:
    """Add what the account adds to its wallet: the journal on the one side, the rows of lots on the other."""
    sums = kept.tally.wallet(kept.name.partition("/")[0])
    for entry in entries:
        brought = entry["verb"] in _BROUGHT
        for one in entry["movements"]:
            if one["source"] is None:
                sums["arrived" if brought else "issued"] += one["points"]
        if entry["verb"] == "transfer":
            sums["debts_moved"] += entry["debt"]
    for row in kept.rows["lots"]:
        for bucket in BUCKETS:
            sums[bucket] += row[bucket]


def conserved(tally: Tally, wallets: Iterable[str]) -> None:
    """See that no point of a wallet came from nowhere or went nowhere, over all its accounts together."""
    for wallet in wallets:
        sums = tally.wallet(wallet)
        there = sum(sums[bucket] for bucket in BUCKETS if bucket != "moved")
        if there != sums["issued"]:
            tally.tell("lots", wallet, "conservation", f"{sums['issued']} points issued, {there} there")
        if sums["moved"] != sums["arrived"]:
            tally.tell(
                "lots", wallet, "conservation", f"{sums['moved']} points left lots, {sums['arrived']} arrived"
            )
        if sums["debts_moved"]:
            tally.tell("entries", wallet, "conservation", f"{sums['debts_moved']} points of debt on the way")


@lru_cache(1 << 12)
def _micros(text: str | None) -> int | None:
    return None if text is None else micros(datetime.fromisoformat(text))
