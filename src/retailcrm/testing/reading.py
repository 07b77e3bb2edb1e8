"""Read files as a shop does, one source alone: every record with what became of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from retailcrm.analytics.columns import MISSING, Coded, Texts
from retailcrm.domain.problems import Problem, Severity
from retailcrm.errors import MissingExtraError
from retailcrm.ports.batches import COLUMNS, Batch, Grain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from retailcrm.ports.batches import Column
    from retailcrm.ports.sources import Source


@attrs.frozen(kw_only=True)
class Reading:
    """What reading one file gave.

    Attributes:
        rows: For each grain the accepted rows in file order: the record, and its values by column as
            plain Python values; instants as ISO text in UTC, ``None`` for what is not told.
        problems: Rejections and warnings.
        accepted: Records taken.
        rejected: Records left out.
        blank: Records without content, and those passed over on purpose.
        currencies: ISO 4217 codes of the batches.
    """

    rows: Mapping[Grain, tuple[tuple[int, Mapping[str, Any]], ...]]
    problems: tuple[Problem, ...]
    accepted: int
    rejected: int
    blank: int
    currencies: frozenset[str]

    @property
    def rejections(self) -> tuple[Problem, ...]:
        """The problems that cost a record."""
        return tuple(p for p in self.problems if p.severity is Severity.REJECTED)

    @property
    def meaning(self) -> tuple[Any, ...]:
        """What the accepted rows say, record numbers left out: the same for the same content."""
        return tuple((grain, tuple(values for _, values in rows)) for grain, rows in self.rows.items())


def read_file(
    path: Path, source: Source, *, zone: str = "Asia/Shanghai", currency: str = "CNY"
) -> tuple[Reading, ...]:
    """Read a file with one source, as a shop opens it: encodings, delimiters, archives, sheets.

    Args:
        path: The file.
        source: Who reads it.
        zone: IANA zone of times without an offset.
        currency: ISO 4217 code of amounts without a currency.

    Returns:
        One reading a table of the file.

    Raises:
        ImportRefusedError: The file cannot be read, or the source does not recognise it.
        MissingExtraError: Arrow is not installed.
    """
    try:
        from retailcrm.adapters.sources.discover import ReadSettings, discover  # noqa: PLC0415 - needs Arrow
    except ModuleNotFoundError as error:
        raise MissingExtraError("reading files in the kit", extra="shop") from error
    settings = ReadSettings(zone=zone, currency=currency, personal=True)
    found = discover(path, {source.name: source}, settings)
    return tuple(reading_of(item.source.read(item.table)) for item in found if not isinstance(item, Problem))


def reading_of(items: Iterable[Batch | Problem]) -> Reading:
    """Account for what a source yields."""
    rows: dict[Grain, list[tuple[int, Mapping[str, Any]]]] = {}
    problems: list[Problem] = []
    records: set[int] = set()
    blank, currencies = 0, set()
    for item in items:
        if isinstance(item, Problem):
            problems.append(item)
            continue
        blank += item.blank + item.passed
        currencies.add(item.currency)
        records |= set(item.records.tolist())
        rows.setdefault(item.grain, []).extend(_plain_rows(item))
    rejected = Counter(p.record for p in problems if p.severity is Severity.REJECTED)
    return Reading(
        rows={grain: tuple(told) for grain, told in rows.items()},
        problems=tuple(problems),
        accepted=len(records),
        rejected=len(rejected),
        blank=blank,
        currencies=frozenset(currencies),
    )


def _plain_rows(batch: Batch) -> Iterator[tuple[int, Mapping[str, Any]]]:
    kinds = COLUMNS[batch.grain]
    columns = {name: plain_values(column, kinds[name]) for name, column in batch.columns.items()}
    for i, record in enumerate(batch.records.tolist()):
        yield record, {name: values[i] for name, values in columns.items()}


def plain_values(column: Column, kind: str) -> list[Any]:
    """Give a column's values as plain Python values.

    Args:
        column: A column of a batch.
        kind: Its kind, see :data:`~retailcrm.ports.batches.COLUMNS`.

    Example:
        >>> plain_values(np.array(["2024-03-01T02:00", "NaT"], "datetime64[us]"), "instant")
        ['2024-03-01T02:00:00', None]
    """
    if isinstance(column, Texts | Coded):
        return column.tolist()
    if kind == "instant":
        seconds = np.datetime_as_string(column, timezone="naive")
        return [None if text == "NaT" else _short(text) for text in seconds.tolist()]
    missing: Any = {"whole": MISSING, "flag": None}.get(kind, -1)
    return [None if value == missing else value for value in column.tolist()]


def _short(text: str) -> str:
    """Leave out a fraction of a second that is zero."""
    head, _, fraction = text.partition(".")
    return head if not fraction.strip("0") else text
