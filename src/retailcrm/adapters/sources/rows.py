"""Raw blocks as plain rows of text, for sources that do not need speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.adapters.sources import cleaning
from retailcrm.domain.problems import Problem
from retailcrm.ports.sources import Row, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.ports.raw import RawBlock


def table_rows(file: SourceFile) -> Iterator[Row | Problem]:
    """Read a table row by row; undecodable and unsplittable records come as problems."""
    width = range(len(file.header))
    for block in file.blocks(width, ()):
        for bad in block.bad:
            yield Problem(
                source=file.name, sheet=file.sheet, record=bad.record, first_line=bad.first_line,
                last_line=bad.last_line, code=bad.code, message=bad.message,
            )  # fmt: skip
        yield from _block_rows(file, block)


def _block_rows(file: SourceFile, block: RawBlock) -> Iterator[Row | Problem]:
    columns, bad = [], []
    for i in range(len(file.header)):
        texts, undecodable = cleaning.decoded(block.columns[i], block.encoding)
        columns.append(cleaning.cleaned(texts, no_value=("",)).fill_null("").to_pylist())
        bad.append(undecodable)
    for at, values in enumerate(zip(*columns, strict=True)):
        place = (int(block.records[at]), int(block.first_line[at]), int(block.last_line[at]))
        wrong = [name for name, flags in zip(file.header, bad, strict=True) if flags[at]]
        if wrong:
            yield Problem(
                source=file.name, sheet=file.sheet, record=place[0], first_line=place[1], last_line=place[2],
                code="encoding", message=f"not {block.encoding} text", column=wrong[0],
            )  # fmt: skip
        else:
            # Of columns with one name the first counts, as everywhere.
            cells = dict(zip(reversed(file.header), reversed(values), strict=True))
            yield Row(record=place[0], cells=cells, first_line=place[1], last_line=place[2])
