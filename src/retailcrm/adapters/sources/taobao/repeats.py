"""Order numbers that stand on several rows of one order report.

Reports of whole orders name each order once. The export of 2026 that seller pages protect with a
password has a row for each sub-order under the order's number, and no time of creation: there the
amounts of the rows belong together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import MISSING, Texts
from retailcrm.analytics.hashing import hash_texts
from retailcrm.domain.orders import OrderState
from retailcrm.domain.problems import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    from retailcrm.adapters.sources.reading import Piece
    from retailcrm.ports.raw import RawBlock
    from retailcrm.ports.sources import SourceFile

_CODE: Final = "repeated-order"
_OTHER_AMOUNTS: Final = "an earlier row of this report has this order with other amounts; the last row counts"
_APART: Final = (
    "earlier rows of this order stand apart from this one, and only those that stand together are added up; "
    "sort the report by order number"
)
_AMOUNTS: Final = ("total", "postage", "paid", "refunded")
_ENDS: Final = (OrderState.CLOSED, OrderState.REFUNDED)


def repeated_rows(file: SourceFile, piece: Piece) -> Iterator[Problem]:
    """Warn of rows that name an order of an earlier row of the block with other amounts.

    Args:
        file: The opened report, of one row an order.
        piece: Some of its rows.
    """
    numbers = arrow.arrow_texts(piece.values["number"])
    if pc.count_distinct(numbers).as_py() == len(numbers):
        return
    codes = numbers.dictionary_encode().indices.to_numpy()
    rows = np.flatnonzero(piece.keep)
    rows = rows[np.argsort(codes[rows], kind="stable")]
    again = codes[rows[1:]] == codes[rows[:-1]]
    differs = np.zeros(len(again), np.bool_)
    for name in _AMOUNTS:
        if name in piece.values:
            differs |= piece.values[name][rows[1:]] != piece.values[name][rows[:-1]]
    yield from _warnings(file, piece, np.sort(rows[1:][again & differs]), _OTHER_AMOUNTS)


def _warnings(file: SourceFile, piece: Piece, rows: NDArray[np.intp], message: str) -> Iterator[Problem]:
    block = piece.block
    for i in rows.tolist():
        yield Problem(
            source=file.name,
            sheet=file.sheet,
            record=int(block.records[i]),
            first_line=int(block.first_line[i]),
            last_line=int(block.last_line[i]),
            column=piece.columns["number"],
            code=_CODE,
            message=message,
            value=piece.values["number"][i],
            severity=Severity.WARNING,
        )


@attrs.define(eq=False)
class SubOrderRows:
    """Adds up the rows of each order in a report with a row for each sub-order.

    Attributes:
        file: The opened report; its blocks are given so that no order is cut in two.
        number: Which column holds the order number.
    """

    file: SourceFile
    number: int
    _orders: int = 0
    _vary: set[str] = attrs.field(factory=set)
    _seen: list[NDArray[np.uint64]] = attrs.field(factory=list)

    @property
    def name(self) -> str:
        """As the user gave it."""
        return self.file.name

    @property
    def sheet(self) -> str | None:
        """The workbook's sheet."""
        return self.file.sheet

    @property
    def header(self) -> tuple[str, ...]:
        """Column names."""
        return self.file.header

    @property
    def zone(self) -> str:
        """The shop's zone."""
        return self.file.zone

    @property
    def currency(self) -> str:
        """The shop's currency."""
        return self.file.currency

    @property
    def personal(self) -> bool:
        """Whether the recipients of orders are wanted."""
        return self.file.personal

    @property
    def region(self) -> str:
        """Country of phone numbers without a country code."""
        return self.file.region

    def rows(self) -> Iterator[Any]:
        """Read row by row."""
        return self.file.rows()

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Read in blocks, the last order of each put before the next."""
        held: RawBlock | None = None
        for read in self.file.blocks(plain, coded):
            block = read if held is None else _joined(held, read)
            cut = _last_run(block.columns[self.number]) if len(block) else 0
            yield _part(block, 0, cut, first=True)
            held = _part(block, cut, len(block), first=False)
        if held is not None:
            yield held

    def apart(self, piece: Piece) -> Iterator[Problem]:
        """Warn of orders some of whose rows stood elsewhere in the file."""
        rows = np.flatnonzero(piece.keep)
        numbers = hash_texts(piece.values["number"])[rows]
        begins = np.ones(len(rows), np.bool_)
        begins[1:] = numbers[1:] != numbers[:-1]
        rows, numbers = rows[begins], numbers[begins]
        first = np.zeros(len(rows), np.bool_)
        first[np.unique(numbers, return_index=True)[1]] = True
        again = ~first
        for seen in self._seen:
            again |= np.isin(numbers, seen)
        self._seen.append(numbers)
        yield from _warnings(self.file, piece, rows[again], _APART)

    def add_up(self, columns: dict[str, Any]) -> dict[str, Any]:
        """Let each row of an order hold the amounts of the rows up to it: the last row then counts.

        An amount that is the same on all rows of every order is the order's own, and stays. A
        sub-order that ended does not end an order that went on.

        Args:
            columns: Rows of whole orders.
        """
        numbers = columns["number"]
        starts = _run_starts(numbers)
        if len(starts) == len(numbers):
            return columns
        run = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(numbers))))
        self._orders += int(np.count_nonzero(np.bincount(run) > 1))
        amounts: dict[str, Any] = {name: columns[name] for name in _AMOUNTS if name in columns}
        self._vary |= {name for name, values in amounts.items() if _varies(values, starts)}
        added: dict[str, Any] = {
            name: _running(amounts[name], starts, run) for name in amounts if name in self._vary
        }
        state = columns["state"]
        ended = np.isin(state, _ENDS)
        went_on = np.logical_or.reduceat(~ended & (state >= 0), starts)[run]
        return {**columns, **added, "state": np.where(ended & went_on, np.int8(-1), state)}

    def notes(self) -> Iterator[Problem]:
        """Say what was done, after the last row."""
        if not self._orders:
            return
        what = "amounts that differ between them were added up" if self._vary else "with the same amounts"
        yield Problem(
            source=self.name,
            sheet=self.sheet,
            column=self.header[self.number],
            code=_CODE,
            message=f"{self._orders:,} orders stand on several rows, as sub-orders do: {what}; compare the "
            "total with the seller page",
            severity=Severity.WARNING,
        )


def _run_starts(numbers: Texts) -> NDArray[np.intp]:
    """Say where each order begins among rows in which equal numbers stand together."""
    texts = arrow.arrow_texts(numbers)
    if not len(texts):
        return np.empty(0, np.intp)
    new = np.asarray(pc.not_equal(texts[1:], texts[:-1]))
    return np.concatenate([[0], np.flatnonzero(new) + 1])


def _varies(values: NDArray[np.int64], starts: NDArray[np.intp]) -> bool:
    return bool((np.maximum.reduceat(values, starts) != np.minimum.reduceat(values, starts)).any())


def _running(values: NDArray[np.int64], starts: NDArray[np.intp], run: NDArray[np.intp]) -> NDArray[np.int64]:
    """Add up within each run; missing where no row up to this one tells."""
    told = values != MISSING
    sums = np.cumsum(np.where(told, values, 0))
    before = np.concatenate([[0], sums])[starts][run]
    known = np.cumsum(told)
    any_told = known > np.concatenate([[0], known])[starts][run]
    return np.where(any_told, sums - before, MISSING)


def _last_run(numbers: Any) -> int:  # noqa: ANN401 - Arrow has no types
    """Say where the last order of a block begins."""
    same = np.asarray(pc.equal(numbers, numbers[-1]))
    return int(len(same) - np.argmin(same[::-1])) if not same.all() else 0


def _part(block: RawBlock, start: int, stop: int, *, first: bool) -> RawBlock:
    """Take some rows of a block; what is bad or blank goes with the first part."""
    columns = {i: column.slice(start, stop - start) for i, column in block.columns.items()}
    places = (block.records, block.first_line, block.last_line)
    records, first_line, last_line = (place[start:stop] for place in places)
    return attrs.evolve(
        block, columns=columns, records=records, first_line=first_line, last_line=last_line,
        bad=block.bad if first else (), blank=block.blank if first else 0,
    )  # fmt: skip


def _joined(held: RawBlock, block: RawBlock) -> RawBlock:
    columns = {i: _concatenated(held.columns[i], block.columns[i]) for i in held.columns}
    return attrs.evolve(
        block,
        columns=columns,
        records=np.concatenate([held.records, block.records]),
        first_line=np.concatenate([held.first_line, block.first_line]),
        last_line=np.concatenate([held.last_line, block.last_line]),
    )


def _concatenated(one: Any, other: Any) -> Any:  # noqa: ANN401
    if not len(one) or not len(other):
        # A block without rows may be plain where another is encoded.
        return one if len(one) else other
    if pa.types.is_dictionary(one.type):
        together = pa.chunked_array([one, other]).unify_dictionaries().combine_chunks()
        return together if isinstance(together, pa.Array) else together.chunk(0)
    return pa.concat_arrays([one, other])
