"""Which rows of an orders export belong to one order: the first tells of it, those that follow list lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.adapters.sources.shopify.texts import first_told
from retailcrm.analytics.columns import MISSING, Texts
from retailcrm.analytics.hashing import hash_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.adapters.sources.reading import Piece


@attrs.frozen(eq=False, kw_only=True)
class Rows:
    """What each row of a block is; all of shape ``(n_rows,)``.

    Attributes:
        head: The first row of an order.
        owned: A row of an order whose first row was seen.
        foreign: A row of an order in another currency than the file's.
        repeated: A row of an order that stood further up in the file.
        number: Key of the row's order: its ``Id``, or else its ``Name``; ``""`` where it has none.
    """

    head: NDArray[np.bool_]
    owned: NDArray[np.bool_]
    foreign: NDArray[np.bool_]
    repeated: NDArray[np.bool_]
    number: Texts


@attrs.frozen(kw_only=True)
class _Open:
    """The order that the next block may go on with."""

    name: str = ""
    id: str = ""
    number: str = ""
    owned: bool = False
    foreign: bool = False
    repeated: bool = False


@attrs.define(eq=False)
class Runs:
    """Tells orders apart block by block; an order may go on in the next block.

    Attributes:
        currency: The file's currency.
    """

    currency: str
    _last: _Open = attrs.field(factory=_Open, init=False)
    _seen: NDArray[np.uint64] = attrs.field(factory=lambda: np.empty(0, np.uint64), init=False)

    def rows(self, piece: Piece) -> Rows:
        """Say what each row of the next block is.

        Rows of one order stand together under one ``Name``. The first one that tells more than a line
        begins the order; a later one begins another only by an ``Id`` of its own: a file that was
        filled down in a spreadsheet program repeats the order on every row.
        """
        run = _Run.of(piece, self._last)
        foreign = np.append(self._last.foreign, self._foreign(piece))[run.at]
        repeated = np.append(self._last.repeated, np.zeros(len(piece.block), np.bool_))[run.at]
        # A rejected row tells of no order, so that the order does not stand there.
        kept = np.flatnonzero(run.head & np.append(False, piece.keep)[run.at])
        repeated[kept] = self._again(hash_texts(run.key.take(kept)))
        rows = Rows(
            head=run.spread(run.head),
            owned=run.spread(run.owned),
            foreign=run.spread(foreign[run.owner] & run.owned),
            repeated=run.spread(repeated[run.owner] & run.owned),
            number=run.numbers(),
        )
        end = run.owner[-1]
        self._last = _Open(
            name=run.name[len(run.at) - 1],
            id=run.last_id,
            number=run.key[end] if run.owned[-1] else "",
            owned=bool(run.owned[-1]),
            foreign=bool(foreign[end]),
            repeated=bool(repeated[end]),
        )
        return rows

    def _foreign(self, piece: Piece) -> NDArray[np.bool_]:
        column = piece.values.get("currency")
        if column is None:
            return np.zeros(len(piece.block), np.bool_)
        other = np.asarray([*(text.upper() != self.currency for text in column.values), False])
        foreign: NDArray[np.bool_] = other[column.codes]
        return foreign

    def _again(self, numbers: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Say which orders stood further up, in this block or before it."""
        again = np.ones(len(numbers), np.bool_)
        again[np.unique(numbers, return_index=True)[1]] = False
        if len(self._seen):
            place = np.minimum(np.searchsorted(self._seen, numbers), len(self._seen) - 1)
            again |= self._seen[place] == numbers
        # Two sorted runs: a stable sort merges them.
        self._seen = np.sort(np.append(self._seen, np.sort(numbers[~again])), kind="stable")
        return again


@attrs.frozen(eq=False, kw_only=True)
class _Run:
    """The rows that have a name, behind the last such row of the block before.

    Attributes:
        rows: How many rows the block has.
        at: Which rows these are, 0 the one of the block before; shape ``(n,)`` as all that follow.
        name: Their names.
        key: The key of an order that begins there.
        head: Whether one does.
        owner: Position of the head of each row; 0 where there is none.
        owned: Whether there is one.
        last_id: The ``Id`` of the order that the block ends with.
    """

    rows: int
    at: NDArray[np.int64]
    name: Texts
    key: Texts
    head: NDArray[np.bool_]
    owner: NDArray[np.int64]
    owned: NDArray[np.bool_]
    last_id: str

    @classmethod
    def of(cls, piece: Piece, last: _Open) -> _Run:
        """Find the orders of a block."""
        names = piece.values["number"]
        at = np.append(0, 1 + np.flatnonzero(np.diff(names.offsets) > 0))
        name = _taken(_led(last.name, names), at)
        told = piece.values.get("id")
        id_ = None if told is None else _taken(_led(last.id, told), at)
        run = _runs(name)
        tellers = np.flatnonzero(np.append(last.owned, _tells(piece))[at])
        head = _heads(run, tellers, id_)
        owner = np.maximum.accumulate(np.where(head, np.arange(len(at)), -1))
        owned = (owner >= 0) & (run[owner] == run)
        same_order = len(tellers) and run[tellers[-1]] == run[-1]
        key = name if id_ is None else first_told(id_, name)
        return cls(
            rows=len(piece.block),
            at=at,
            name=name,
            key=Texts.concat([Texts.of([last.number]), key[1:]]),
            head=head,
            owner=np.maximum(owner, 0),
            owned=owned,
            last_id=id_[int(tellers[-1])] if id_ is not None and same_order else "",
        )

    def spread(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Give flags to all rows of the block; those without a name have none."""
        every = np.zeros(self.rows + 1, np.bool_)
        every[self.at] = flags
        return every[1:]

    def numbers(self) -> Texts:
        """Give each row of the block the key of its order."""
        none = len(self.at)
        which = np.full(self.rows + 1, none)
        which[self.at] = np.where(self.owned, self.owner, none)
        return Texts.concat([self.key, Texts.of([""])]).take(which[1:])


def _led(first: str, texts: Texts) -> Texts:
    return Texts.concat([Texts.of([first]), texts])


def _taken(texts: Texts, at: NDArray[np.int64]) -> Texts:
    return texts if len(at) == len(texts) else texts.take(at)


def _tells(piece: Piece) -> NDArray[np.bool_]:
    """Say which rows tell more than a line: older exports repeat the time on every row."""
    values, rows = piece.values, len(piece.block)
    told = np.zeros(rows, np.bool_)
    if "id" in values:
        told |= np.diff(values["id"].offsets) > 0
    if "financial" in values:
        told |= values["financial"] >= 0
    if "total" in values:
        told |= values["total"] != MISSING
    return told if {"id", "financial", "total"} & values.keys() else np.ones(rows, np.bool_)


def _runs(name: Texts) -> NDArray[np.int64]:
    """Number the runs of equal names."""
    texts = arrow.arrow_texts(name)
    return np.append(0, np.cumsum(np.asarray(pc.not_equal(texts[1:], texts[:-1]), np.bool_)))


def _heads(run: NDArray[np.int64], tellers: NDArray[np.int64], ids: Texts | None) -> NDArray[np.bool_]:
    """Say which rows begin an order: the first teller of a run, and those with another ``Id``."""
    new = np.ones(len(tellers), np.bool_)
    new[1:] = run[tellers[1:]] != run[tellers[:-1]]
    if ids is not None and len(tellers) > 1:
        own = ids.take(tellers)
        told = np.diff(own.offsets) > 0
        texts = arrow.arrow_texts(own)
        new[1:] |= np.asarray(pc.not_equal(texts[1:], texts[:-1])) & told[1:] & told[:-1]
    head = np.zeros(len(run), np.bool_)
    head[tellers[new]] = True
    return head
