"""Worksheets as raw tables, each for the source that recognises its first rows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pyarrow as pa

from retailcrm.adapters.sources.discover import Discovered, ReadSettings, plain_name, unread
from retailcrm.adapters.sources.field import visible
from retailcrm.adapters.sources.opening import SAMPLE_ROWS, Head, OpenedTable, Recognised, recognise
from retailcrm.adapters.sources.xlsx.workbook import ROW, Sheet, read_workbook
from retailcrm.errors import ImportRefusedError
from retailcrm.ports.raw import RawBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from retailcrm.adapters.sources.containers.opened import Member
    from retailcrm.domain.problems import Problem
    from retailcrm.ports.sources import Source


def discover_sheets(
    member: Member, sources: Mapping[str, Source], settings: ReadSettings
) -> Iterator[Discovered | Problem]:
    """Open every sheet that a source knows; warn of the others.

    Raises:
        ImportRefusedError: No sheet is known, or the workbook cannot be read.
    """
    notes: list[Problem] = []
    refusal: ImportRefusedError | None = None
    known = 0
    with read_workbook(member, limits=settings.limits, password=settings.password) as book:
        notes.extend(book.problems)
        for sheet in book:
            try:
                found = _discovered(member, sheet, sources, settings)
            except ImportRefusedError as error:
                refusal = error
                notes.append(unread(member.name, sheet.name, error))
                continue
            if found is not None:
                known += 1
                yield attrs.evolve(found, notes=(*notes, *sheet.problems))
                notes.clear()
    if settings.progress:
        settings.progress(member.size_hint or 0)
    if known:
        # What follows the last known sheet is still to be told.
        yield from notes
    else:
        raise refusal or ImportRefusedError(f"'{member.name}' has no rows; export it again", code="empty")


def _discovered(
    member: Member, sheet: Sheet, sources: Mapping[str, Source], settings: ReadSettings
) -> Discovered | None:
    first = list(itertools.islice(sheet.batches, 1))
    if not first or not first[0].num_rows:
        return None
    name = plain_name(member.name)
    found = recognise(name, [_head(first[0])], sources, sheet=sheet.name)
    raw = _SheetTable(itertools.chain(first, sheet.batches), found)
    table = OpenedTable(
        name=member.name,
        sheet=sheet.name,
        header=found.header,
        zone=settings.zone,
        currency=settings.currency,
        personal=settings.personal,
        region=settings.region,
        raw=raw,
    )
    moment = found.source.exported_at(name, settings.zone) or member.modified
    return Discovered(table=table, source=found.source, match=found.match, exported_at=moment)


def _head(batch: pa.RecordBatch) -> Head:
    start = batch.slice(0, SAMPLE_ROWS)
    columns = [column.fill_null("").to_pylist() for name, column in _cells(start)]
    rows = tuple(tuple(map(visible, row)) for row in zip(*columns, strict=True))
    return Head("utf-8", ",", rows, tuple(start.column(ROW).to_pylist()))


def _cells(batch: pa.RecordBatch) -> list[tuple[str, Any]]:
    return [(name, batch.column(name)) for name in batch.schema.names if name != ROW]


@attrs.frozen(eq=False)
class _SheetTable:
    """A sheet's rows after its header, in raw blocks."""

    batches: Iterable[pa.RecordBatch]
    found: Recognised

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Read the rows once."""
        record = 1
        for batch in self.batches:
            lines = batch.column(ROW).to_numpy().astype(np.int64)
            rows = batch.slice(int(np.searchsorted(lines, self.found.skip_lines, "right")))
            if not rows.num_rows:
                continue
            lines = lines[-rows.num_rows :]
            columns = {i: _column(rows, i, coded=i in coded) for i in {*plain, *coded}}
            records = np.arange(record, record + len(lines), dtype=np.int64)
            yield RawBlock(
                columns=columns, encoding="utf-8", records=records, first_line=lines, last_line=lines
            )
            record += len(lines)


def _column(batch: pa.RecordBatch, place: int, *, coded: bool) -> Any:  # noqa: ANN401
    name = f"c{place}"
    # A row's cells may end before the header does.
    texts = batch.column(name) if name in batch.schema.names else pa.nulls(batch.num_rows, pa.string())
    texts = texts.fill_null("")
    return texts.dictionary_encode() if coded else texts
