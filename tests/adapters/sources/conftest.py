"""Files read to their end by one source, as plain Python values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pytest

from retailcrm.adapters.sources.arrow_table import discover_table
from retailcrm.adapters.sources.discover import Discovered, ReadSettings, discover
from retailcrm.adapters.sources.mapping.reading import mapping_from_table
from retailcrm.adapters.sources.mapping.source import Mapped
from retailcrm.adapters.sources.taobao.source import Taobao
from retailcrm.analytics.columns import MISSING, Coded, Texts
from retailcrm.domain.problems import Problem, Severity
from retailcrm.ports.batches import Batch, Grain

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.ports.sources import Match, Source

NOW: Final = datetime(2024, 7, 1, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Taken:
    """Everything that one table gave.

    Attributes:
        rows: Each accepted record by column name; missing values are ``None``, instants aware.
        records: Record number of each row.
        problems: Rejections and warnings in the order given, the file's own notes first.
        blank: Blank records.
        passed: Records left out on purpose.
        batches: What the source yielded.
        found: The table, and who read it.
    """

    rows: list[dict[str, Any]]
    records: list[int]
    problems: list[Problem]
    blank: int
    passed: int
    batches: list[Batch]
    found: Discovered

    @property
    def rejected(self) -> dict[int, set[str]]:
        """Codes of the rejections by record number."""
        codes: dict[int, set[str]] = {}
        for problem in self.problems:
            if problem.severity is Severity.REJECTED:
                assert problem.record is not None
                codes.setdefault(problem.record, set()).add(problem.code)
        return codes

    @property
    def warnings(self) -> list[Problem]:
        """What a person should look at although it was taken."""
        return [problem for problem in self.problems if problem.severity is Severity.WARNING]

    @property
    def match(self) -> Match:
        """Why the source took it."""
        return self.found.match

    @property
    def grain(self) -> Grain:
        """What a row is."""
        (grain,) = {batch.grain for batch in self.batches}
        return grain

    def column(self, name: str) -> list[Any]:
        """Give one column of the accepted records."""
        return [row[name] for row in self.rows]

    def accounts_for(self, records: int) -> bool:
        """Say whether every record was accepted, rejected or blank, and no two of these."""
        assert len(self.records) == len(set(self.records))
        assert not set(self.records) & self.rejected.keys()
        return len(self.rows) + len(self.rejected) + self.blank + self.passed == records


def plain(column: Any) -> list[Any]:
    """Give a column's values as Python knows them."""
    if isinstance(column, Texts):
        return [text or None for text in column.tolist()]
    if isinstance(column, Coded):
        return [text or None for text in column.tolist()]
    if column.dtype.kind == "M":
        return [None if np.isnat(v) else v.item().replace(tzinfo=UTC) for v in column]
    return [None if v == MISSING else v for v in column.tolist()]


def taken(found: Discovered) -> Taken:
    """Read a table to its end."""
    items = list(found.source.read(found.table))
    batches = [item for item in items if isinstance(item, Batch)]
    rows: list[dict[str, Any]] = []
    for batch in batches:
        columns = {name: plain(column) for name, column in batch.columns.items()}
        rows += [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return Taken(
        rows=rows,
        records=[record for batch in batches for record in batch.records.tolist()],
        problems=[*found.notes, *(item for item in items if isinstance(item, Problem))],
        blank=sum(batch.blank for batch in batches),
        passed=sum(batch.passed for batch in batches),
        batches=batches,
        found=found,
    )


def source_of(reader: Source | Mapping[str, Any] | None) -> Source:
    """Make a source of a mapping; Taobao's where nothing is said."""
    if reader is None:
        return Taobao()
    return Mapped(mapping_from_table(reader)) if isinstance(reader, Mapping) else reader


TakeFile = Callable[..., list[Taken]]
TakeBytes = Callable[..., Taken]


@pytest.fixture
def take_file() -> TakeFile:
    """Give the reader of every table in a file; it asks for a table only when the one before is read."""

    def take(path: Path, reader: Source | Mapping[str, Any] | None = None, **settings: Any) -> list[Taken]:
        source = source_of(reader)
        if isinstance(source, Mapped):
            settings = {"form": source.mapping.form, **settings}
        form = ReadSettings(**{"zone": "Asia/Shanghai", "currency": "CNY", **settings})
        tables: list[Taken] = []
        for found in discover(path, {source.name: source}, form):
            if isinstance(found, Problem):
                # A part of the file that was left unread, told with the table before it.
                tables[-1].problems.append(found)
            else:
                tables.append(taken(found))
        return tables

    return take


@pytest.fixture
def take(tmp_path: Path, take_file: TakeFile) -> TakeBytes:
    """Give the reader of one text file of the given bytes."""

    def read(
        data: bytes, reader: Source | Mapping[str, Any] | None = None, *, name: str = "a.csv", **settings: Any
    ) -> Taken:
        path = tmp_path / name
        path.write_bytes(data)
        (only,) = take_file(path, reader, **settings)
        return only

    return read


@pytest.fixture
def take_table() -> TakeBytes:
    """Give the reader of a table with an Arrow stream."""

    def read(
        data: Any, reader: Mapping[str, Any], *, zone: str = "Asia/Shanghai", currency: str = "CNY"
    ) -> Taken:
        settings = ReadSettings(zone=zone, currency=currency)
        return taken(discover_table(data, "table", source_of(reader), settings, NOW))

    return read
