"""Text files of separated values, block by block: Arrow where a block is regular, else the csv module.

GB18030 and Big5 never use the bytes of comma, semicolon, tab, quote or newline inside a character,
so raw bytes can be split first and only distinct values decoded.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO, Final

import attrs

from retailcrm.adapters.sources.csv.pieces import Dialect, Piece, joined, overlong, pieces
from retailcrm.adapters.sources.csv.reference import Parsed, no_block, reference_block
from retailcrm.adapters.sources.csv.regular import regular_block

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from retailcrm.ports.raw import RawBlock

__all__ = ["BLOCK_BYTES", "Dialect", "TextTable"]

BLOCK_BYTES: Final = 8 << 20
_WORKERS: Final = 2
_AHEAD: Final = 1
"""Blocks being parsed beside the one that is waited for; whoever takes them may hold one more."""


@attrs.frozen(eq=False)
class TextTable:
    """A text file opened for reading in raw blocks.

    Attributes:
        stream: Its bytes from the start; read once.
        dialect: How it separates its values.
        block_bytes: How much is parsed at a time.
    """

    stream: BinaryIO
    dialect: Dialect
    block_bytes: int = BLOCK_BYTES

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Read the records once, a block ahead on threads, in file order."""
        next_record = 1
        for block in _in_order(self, _Wanted(frozenset(plain), frozenset(coded))):
            # Workers count records from 0 within their block: how many a block holds is only
            # known once it is parsed.
            yield _renumbered(block, next_record)
            next_record += len(block) + len(block.bad) + block.blank


@attrs.frozen
class _Wanted:
    plain: frozenset[int]
    coded: frozenset[int]


def _in_order(table: TextTable, wanted: _Wanted) -> Iterator[RawBlock]:
    """Give the blocks of all pieces; what a piece leaves over is read together with the next one."""
    over: Piece | None = None
    for piece, ahead in _ahead(table, wanted):
        if over is None:
            parsed = ahead.result()
        elif piece.overlong:
            yield _parse(over, table.dialect, wanted, final=True).block
            parsed = ahead.result()
        else:
            # The piece was cut in the middle of a record: what was parsed of it ahead is worth nothing.
            parsed = _parse(joined(over, piece), table.dialect, wanted)
        yield parsed.block
        over = parsed.over
    if over is not None:
        yield _parse(over, table.dialect, wanted, final=True).block


def _ahead(table: TextTable, wanted: _Wanted) -> Iterator[tuple[Piece, Future[Parsed]]]:
    waiting: deque[tuple[Piece, Future[Parsed]]] = deque()
    found = pieces(table.stream, table.dialect, table.block_bytes)
    # One more thread reads (and unpacks) ahead, so that it never waits for the caller.
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(_WORKERS) as pool:
        upcoming = reader.submit(next, found, None)
        while (piece := upcoming.result()) is not None:
            upcoming = reader.submit(next, found, None)
            waiting.append((piece, pool.submit(_parse, piece, table.dialect, wanted)))
            if len(waiting) > _AHEAD:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()


def _renumbered(block: RawBlock, start: int) -> RawBlock:
    bad = tuple(attrs.evolve(b, record=b.record + start) for b in block.bad)
    return attrs.evolve(block, records=block.records + start, bad=bad)


def _parse(piece: Piece, dialect: Dialect, wanted: _Wanted, *, final: bool = False) -> Parsed:
    if piece.overlong:
        return Parsed(no_block(dialect.encoding, overlong(piece), wanted.plain | wanted.coded), None)
    block = regular_block(piece, dialect, wanted.plain, wanted.coded)
    if block is not None:
        return Parsed(block, None)
    return reference_block(piece, dialect, wanted.plain, wanted.coded, final=final)
