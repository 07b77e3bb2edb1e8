"""Rows that a mapping asks for, and no others: a file of page views holds some purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from retailcrm.adapters.sources import cleaning
from retailcrm.adapters.sources.field import header_name
from retailcrm.ports.raw import BadRecord, RawBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from numpy.typing import NDArray

    from retailcrm.ports.sources import SourceFile


def _names(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(map(header_name, texts))


@attrs.define
class KeptRows:
    """The blocks of a file without the rows that nobody asked for.

    Attributes:
        column: Place of the column that tells.
        values: Texts that are asked for.
        passed: Rows left out and not yet counted.
    """

    column: int
    values: frozenset[str] = attrs.field(converter=_names)
    passed: int = 0

    def blocks(self, file: SourceFile, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Read the file; a row that cannot be told is given as a bad record."""
        for block in file.blocks({*plain} - {self.column}, {*coded, self.column}):
            keep, broken = self._told(block.columns[self.column], block.encoding)
            self.passed += len(block) - int(keep.sum()) - int(broken.sum())
            bad = tuple(_bad(block, i) for i in np.flatnonzero(broken).tolist())
            yield attrs.evolve(
                block,
                columns={i: column.filter(keep) for i, column in block.columns.items()},
                records=block.records[keep],
                first_line=block.first_line[keep],
                last_line=block.last_line[keep],
                bad=(*block.bad, *bad),
            )

    def take_passed(self) -> int:
        """Give how many rows were left out since the last call."""
        passed, self.passed = self.passed, 0
        return passed

    def _told(self, raw: Any, encoding: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:  # noqa: ANN401 - Arrow has no types
        """Say which rows are asked for, and which cannot be told."""
        texts, bad = cleaning.decoded(raw.dictionary, encoding)
        clean = cleaning.cleaned(texts, ("",)).to_pylist()
        wanted = np.asarray(
            [text is not None and header_name(text) in self.values for text in clean] + [False]
        )
        rows = raw.indices.fill_null(len(clean)).to_numpy(zero_copy_only=False)
        return wanted[rows], np.append(bad, False)[rows]


def _bad(block: RawBlock, row: int) -> BadRecord:
    return BadRecord(
        record=int(block.records[row]),
        first_line=int(block.first_line[row]),
        last_line=int(block.last_line[row]),
        code="encoding",
        message=f"not {block.encoding} text",
    )
