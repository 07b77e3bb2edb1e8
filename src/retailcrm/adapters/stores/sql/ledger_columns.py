"""Points in a database, everybody's at once: rows become columns without an entry or a lot being made.

Columns are picked out of many texts of JSON that are parsed together; what these say, and in which order,
:mod:`retailcrm.adapters.stores.sql.short` writes.
"""

from __future__ import annotations

import json
from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.adapters.stores.sql.codecs import moment
from retailcrm.adapters.stores.sql.long import WRONG
from retailcrm.adapters.stores.sql.short import BUCKETS
from retailcrm.analytics.columns import INSTANT, MISSING, Coded, Texts
from retailcrm.analytics.points.journal import source_kind, spent_on
from retailcrm.analytics.tables.journals import EntryColumns, JournalTable, MoveColumns, StateColumns
from retailcrm.analytics.tables.points import VERBS
from retailcrm.domain.points.lots import Bucket
from retailcrm.errors import StoreError
from retailcrm.ports.ledger_columns import AccountHead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from retailcrm.adapters.stores.sql.executor import Database, Row

_Columns = dict[str, Any]
"""Columns by name."""

AT_ONCE: Final = 128
"""Entries that are Python values at a time: so few that they are gone before the garbage collector takes them
for objects that stay, and looks through all there is.
"""

_FETCHED: Final = 4096

_HEADS: Final = (
    "SELECT account, version, recorded_at, next_change_at, held, debt FROM retailcrm_accounts "
    "WHERE shop = ? AND account >= ? AND account < ? ORDER BY account"
)
_JOURNALS: Final = (
    "SELECT account, verb, key, effective_at, recorded_at, document FROM retailcrm_entries "
    "WHERE shop = ? AND account >= ? AND account < ? ORDER BY account, version"
)
_VERBS: Final = {verb.value: (place, verb) for place, verb in enumerate(VERBS)}
_PENDING, _AVAILABLE = BUCKETS.index(Bucket.PENDING), BUCKETS.index(Bucket.AVAILABLE)
_NO_MOMENT: Final = MISSING
"""What instants have instead of a number where there is none."""

_PARTS: Final = 9
_LOTS, _MOVES, _DEBT, _REFERENCE = 0, 1, 2, 6
"""Places in what an entry says in short."""

_SOURCE, _AWARDED, _ACTIVATES, _EXPIRES, _IN_BUCKETS = 1, 2, 3, 4, 7
"""Places in what a lot says in short."""


@attrs.frozen(eq=False)
class SqlLedgerColumns:
    """A shop's points in a database, a wallet at a time.

    Attributes:
        database: Where.
        shop: The shop's key.
    """

    database: Database
    shop: str

    def heads(self, wallet: str) -> Iterator[AccountHead]:
        """Give a wallet's accounts, sorted by id."""
        for name, version, recorded_at, change_at, held, debt in self._rows(_HEADS, wallet):
            yield AccountHead(
                id=name,
                version=version,
                recorded_at=None if recorded_at is None else moment(recorded_at),
                next_change_at=None if change_at is None else moment(change_at),
                held=held,
                debt=debt,
            )

    def journals(self, wallet: str) -> JournalTable:
        """Give the journals of a wallet's accounts.

        Raises:
            StoreError: The store holds a row that is no entry.
        """
        reading = _Reading()
        for rows in self._batches(_JOURNALS, wallet):
            try:
                for first in range(0, len(rows), AT_ONCE):
                    reading.take(rows[first : first + AT_ONCE])
            except WRONG as error:
                raise StoreError(f"the store holds a row that is no entry: {error}") from error
        return reading.table()

    def _rows(self, statement: str, wallet: str) -> Iterator[Row]:
        return chain.from_iterable(self._batches(statement, wallet))

    def _batches(self, statement: str, wallet: str) -> Iterator[list[Row]]:
        # A text begins with the wallet and a stroke if it is not before that, but before the next character.
        values = (self.shop, f"{wallet}/", f"{wallet}0")
        yield from self.database.executor.batches(statement, values, size=_FETCHED)


@attrs.define(eq=False)
class _Reading:
    """Journals as far as they are read.

    Attributes:
        accounts: Number of each account.
        places: Numbers of lots by account and name; of accounts that are read to their end none is kept.
        names: Names of the lots so far, as they are numbered.
        size: Entries so far.
        sources: Numbers of the kinds of what lots were awarded for.
        spent: Numbers of the kinds of what points were spent on.
    """

    accounts: dict[str, int] = attrs.field(factory=dict)
    places: dict[tuple[int, str], int] = attrs.field(factory=dict)
    names: list[str] = attrs.field(factory=list)
    size: int = 0
    sources: dict[str, int] = attrs.field(factory=dict)
    spent: dict[str, int] = attrs.field(factory=dict)
    entries: list[_Columns] = attrs.field(factory=list)
    states: list[_Columns] = attrs.field(factory=list)
    moves: list[_Columns] = attrs.field(factory=list)

    def take(self, rows: Sequence[Row]) -> None:
        """Read on.

        Args:
            rows: The next ones, in the order of accounts and versions.
        """
        shorts = json.loads(f"[{','.join(map(itemgetter(5), rows))}]")
        if list(map(len, shorts)) != [_PARTS] * len(rows):
            raise ValueError("a list of another length")
        whose = [self.accounts.setdefault(row[0], len(self.accounts)) for row in rows]
        self.entries.append(self._entries(rows, shorts, whose))
        self.states.append(self._states(rows, shorts, whose))
        self.moves.append(self._moves(rows, shorts, whose))
        self.size += len(rows)
        last = whose[-1] if whose else None
        self.places = {name: place for name, place in self.places.items() if name[0] == last}

    def table(self) -> JournalTable:
        """Give what was read."""
        self.take(())
        entries, states, moves = map(_joined, (self.entries, self.states, self.moves))
        return JournalTable(
            accounts=Texts.of(self.accounts),
            lots=Texts.of(self.names),
            entries=EntryColumns(**entries | {"spent_on": Coded(entries["spent_on"], Texts.of(self.spent))}),
            states=StateColumns(**states | {"source": Coded(states["source"], Texts.of(self.sources))}),
            moves=MoveColumns(**moves),
        )

    def _entries(self, rows: Sequence[Row], shorts: Sequence[Any], whose: Sequence[int]) -> _Columns:
        verbs = [_VERBS[row[1]] for row in rows]
        what = [
            spent_on(verb, _said(short[_REFERENCE], row[2]))
            for (_, verb), row, short in zip(verbs, rows, shorts, strict=True)
        ]
        return {
            "account": np.array(whose, np.int32),
            "verb": np.array([place for place, _ in verbs], np.int8),
            "effective_at": _instants(map(itemgetter(3), rows)),
            "recorded_at": _instants(map(itemgetter(4), rows)),
            "debt": np.array(list(map(itemgetter(_DEBT), shorts)), np.int64),
            "spent_on": _coded(what, self.spent),
        }

    def _states(self, rows: Sequence[Row], shorts: Sequence[Any], whose: Sequence[int]) -> _Columns:
        """Give the lots of entries; each gets its number where it has none."""
        places, known = self.places, len(self.places)
        before = len(self.names) - known
        named = [
            (account, _said(lot[0], row[2]))
            for account, row, short in zip(whose, rows, shorts, strict=True)
            for lot in short[_LOTS]
        ]
        lots = [lot[1] for short in shorts for lot in short[_LOTS]]
        inside = np.array(list(map(itemgetter(_IN_BUCKETS), lots)), np.int64).reshape(-1, len(BUCKETS))
        numbers = np.array([places.setdefault(one, before + len(places)) for one in named], np.int64)
        self.names += [name for _, name in islice(places, known, None)]
        kinds = (source_kind(_said(lot[_SOURCE], name)) for (_, name), lot in zip(named, lots, strict=True))
        return {
            "entry": self._of_entries(shorts, _LOTS),
            "lot": numbers,
            "points": inside.sum(axis=1),
            "pending": inside[:, _PENDING],
            "available": inside[:, _AVAILABLE],
            "awarded_at": _instants(map(itemgetter(_AWARDED), lots)),
            "activates_at": _instants(map(itemgetter(_ACTIVATES), lots)),
            "expires_at": _instants(map(itemgetter(_EXPIRES), lots)),
            "source": _coded(kinds, self.sources),
        }

    def _moves(self, rows: Sequence[Row], shorts: Sequence[Any], whose: Sequence[int]) -> _Columns:
        """Give what entries move; a lot is named by its place in the entry, or by its name."""
        numbers = [
            self.places[account, _named(move[0], short[_LOTS], row[2])]
            for account, row, short in zip(whose, rows, shorts, strict=True)
            for move in short[_MOVES]
        ]
        moves = [move for short in shorts for move in short[_MOVES]]
        left = [-1 if move[1] is None else move[1] for move in moves]
        columns = np.array([left, [move[2] for move in moves], [move[3] for move in moves]], np.int64)
        if moves and not (columns[:2].min() >= -1 and columns[:2].max() < len(BUCKETS)):
            raise ValueError("points move in a bucket that there is not")
        return {
            "entry": self._of_entries(shorts, _MOVES),
            "lot": np.array(numbers, np.int64),
            "source": columns[0].astype(np.int8),
            "target": columns[1].astype(np.int8),
            "points": columns[2],
        }

    def _of_entries(self, shorts: Sequence[Any], part: int) -> NDArray[np.int64]:
        """Give the row of its entry for each of its lots, or of its movements."""
        counts = np.array([len(short[part]) for short in shorts], np.int64)
        return np.repeat(self.size + np.arange(len(shorts), dtype=np.int64), counts)


def _said(text: Any, name: str) -> str:  # noqa: ANN401 - as it stands in the list
    """Give a text that may stand for a name that is said already."""
    said: str = name if text == 0 else text
    return said


def _named(lot: Any, lots: Sequence[Any], key: str) -> str:  # noqa: ANN401 - as it stands in the list
    """Give the name of the lot that a movement is about."""
    return _said(lots[lot][0] if isinstance(lot, int) else lot, key)


def _instants(moments: Iterable[int | None]) -> NDArray[np.datetime64]:
    return np.array([_NO_MOMENT if one is None else one for one in moments], np.int64).view(INSTANT)


def _coded(texts: Iterable[str | None], known: dict[str, int]) -> NDArray[np.int32]:
    """Give numbers of texts; each gets one where it has none."""
    return np.array([-1 if one is None else known.setdefault(one, len(known)) for one in texts], np.int32)


def _joined(parts: Sequence[_Columns]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
