"""Roll-ups in a database: a hundred customers a row, packed, so that a million are read in a moment."""

from __future__ import annotations

import hashlib
from binascii import a2b_base64, b2a_base64
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.adapters.stores.sql import statements as sql
from retailcrm.analytics.columns import Texts
from retailcrm.errors import StoreError
from retailcrm.ports.rollups import FIGURES, Block, Head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from retailcrm.adapters.stores.sql.executor import Database, Row

_PROOF: Final = 16
_WIDE: Final = np.dtype("<i8")
_LENGTH: Final = np.dtype("<u4")
_ASKED: Final = 500

_HEAD: Final = "SELECT file, unknown, proof FROM retailcrm_rolled WHERE shop = ? AND rules = ?"
_HEAD_NEXT: Final = sql.upsert("rolled", "shop, rules, file, unknown, proof", "shop, rules")
_FIRSTS: Final = "SELECT first FROM retailcrm_summaries WHERE shop = ? AND rules = ? ORDER BY first"
_BLOCKS: Final = (
    "SELECT first, customers, packed, proof FROM retailcrm_summaries WHERE shop = ? AND rules = ?"
)
_EVERY: Final = (
    "SELECT customers, packed FROM retailcrm_summaries WHERE shop = ? AND rules = ? ORDER BY first"
)
_HEADS: Final = "SELECT rules, file, unknown, proof FROM retailcrm_rolled WHERE shop = ?"
_ALL: Final = "SELECT rules, first, customers, packed, proof FROM retailcrm_summaries WHERE shop = ?"
_BLOCK_NEXT: Final = sql.upsert(
    "summaries", "shop, rules, first, customers, packed, proof", "shop, rules, first"
)
_BLOCK_GONE: Final = "DELETE FROM retailcrm_summaries WHERE shop = ? AND rules = ? AND first = ?"
_CLEAR: Final = (
    "DELETE FROM retailcrm_rolled WHERE shop = ?",
    "DELETE FROM retailcrm_summaries WHERE shop = ?",
)


@attrs.frozen(eq=False)
class SqlRollUps:
    """A shop's roll-ups in a database; see :class:`retailcrm.ports.rollups.RollUps`.

    Attributes:
        database: Where.
        shop: The shop's key.
    """

    database: Database
    shop: str

    def snapshot(self) -> AbstractContextManager[object]:
        """Read in the block as the database is at one moment."""
        return self.database.snapshot()

    def head(self, rules: str) -> Head | None:
        """Give what stands above the blocks; ``None`` if there are none, or it is damaged."""
        row = self.database.executor.one(_HEAD, (self.shop, rules))
        if row is None or row[-1] != _proof(self.shop, rules, *row[:-1]):
            return None
        return Head(file=int(row[0]), unknown=np.frombuffer(a2b_base64(row[1]), _WIDE).astype(np.int64))

    def firsts(self, rules: str) -> Sequence[str]:
        """Give where each block begins, sorted."""
        return [first for (first,) in self.database.executor.all(_FIRSTS, (self.shop, rules))]

    def every(self, rules: str) -> Block:
        """Give everybody in one block.

        Raises:
            StoreError: A block is damaged so that it cannot be read.
        """
        rows = self.database.executor.all(_EVERY, (self.shop, rules))
        starts = np.cumsum([0, *(len(packed) // 4 * 3 for _, packed in rows)]).tolist()
        try:
            # Blocks fill whole groups of the base 64, so that all of them are read as one.
            raw = a2b_base64("".join([packed for _, packed in rows]))
            return _unpacked("", raw, [(n, start) for (n, _), start in zip(rows, starts, strict=False)])
        except ValueError as error:
            raise StoreError(f"shop {self.shop}: a roll-up cannot be read") from error

    def blocks(self, rules: str, firsts: Sequence[str]) -> Iterator[Block]:
        """Give blocks, sorted.

        Raises:
            StoreError: A block is not as it was written.
        """
        for start in range(0, len(firsts), _ASKED):
            some = firsts[start : start + _ASKED]
            marks = ", ".join("?" * len(some))
            asked = f"{_BLOCKS} AND first IN ({marks}) ORDER BY first"
            rows = self.database.executor.all(asked, (self.shop, rules, *some))
            yield from (self._block(rules, row) for row in rows)

    def write(self, rules: str, head: Head, blocks: Iterable[Block], gone: Iterable[str] = ()) -> None:
        """Write the head, and blocks over those that begin at the same ids."""
        with self.database.unit() as run:
            unknown = _packed(head.unknown.astype(_WIDE).tobytes())
            values = (self.shop, rules, head.file, unknown)
            run.run(_HEAD_NEXT, (*values, _proof(*values)))
            run.many(_BLOCK_GONE, [(self.shop, rules, first) for first in gone])
            run.many(_BLOCK_NEXT, (self._row(rules, block) for block in blocks))

    def clear(self) -> None:
        """Drop all roll-ups of the shop, whatever the rules."""
        with self.database.unit() as run:
            for statement in _CLEAR:
                run.run(statement, (self.shop,))

    def damaged(self) -> Iterator[str]:
        """Tell which rows are not as they were written: by their rules, and a block's first id."""
        for rules, *row, proof in self.database.executor.all(_HEADS, (self.shop,)):
            if proof != _proof(self.shop, rules, *row):
                yield rules
        for rows in self.database.executor.batches(_ALL, (self.shop,), size=512):
            for rules, first, *row, proof in rows:
                if proof != _proof(self.shop, rules, first, *row):
                    yield f"{rules}/{first}"

    def _row(self, rules: str, block: Block) -> Row:
        ids = block.ids
        data = ids.data[ids.offsets[0] : ids.offsets[-1]]
        raw = np.diff(ids.offsets).astype(_LENGTH).tobytes() + block.figures.astype(_WIDE).tobytes()
        raw += data.tobytes()
        values = (self.shop, rules, block.first, len(ids), _packed(raw + b"\0" * (-len(raw) % 3)))
        return (*values, _proof(*values))

    def _block(self, rules: str, row: Row) -> Block:
        first, customers, packed, proof = row
        if proof != _proof(self.shop, rules, first, customers, packed):
            raise StoreError(f"shop {self.shop}: a roll-up is not as it was written")
        return _unpacked(first, a2b_base64(packed), [(customers, 0)])


def _packed(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).decode("ascii")


def _unpacked(first: str, raw: bytes, blocks: Sequence[tuple[int, int]]) -> Block:
    """Read blocks as one: of each come lengths of the ids, figures, and ids.

    Args:
        first: Where they begin.
        raw: Their bytes, one after the other.
        blocks: How many customers each has, and where it begins.
    """
    view, ids, row = memoryview(raw), _LENGTH.itemsize, _WIDE.itemsize * len(FIGURES)
    lengths = b"".join([view[start : start + n * ids] for n, start in blocks])
    figures = b"".join([view[start + n * ids : start + n * (ids + row)] for n, start in blocks])
    offsets = np.zeros(len(lengths) // ids + 1, np.int64)
    np.cumsum(np.frombuffer(lengths, _LENGTH), out=offsets[1:])
    ends = np.cumsum([0, *(n for n, _ in blocks)])
    sizes = np.diff(offsets[ends]).tolist()
    begins = [start + n * (ids + row) for n, start in blocks]
    data = b"".join([view[begin : begin + size] for begin, size in zip(begins, sizes, strict=True)])
    if len(data) != offsets[-1]:
        raise ValueError("ids are cut off")
    return Block(
        first=first,
        ids=Texts(np.frombuffer(data, np.uint8), offsets),
        figures=np.frombuffer(figures, _WIDE).astype(np.int64, copy=False).reshape(-1, len(FIGURES)),
    )


def _proof(*values: object) -> str:
    """Give the digest of a row: texts and numbers, the last a text that may be long."""
    *front, last = values
    found = hashlib.sha256(repr(front).encode())
    found.update(str(last).encode())
    return found.hexdigest()[:_PROOF]
