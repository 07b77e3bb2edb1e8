"""The port of a source: recognise a file, read it into batches and problems."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

import attrs
import numpy as np

from retailcrm.analytics.columns import MISSING, NO_INSTANT, Coded, Texts
from retailcrm.domain.customers import GENDERS, Birthday, Gender
from retailcrm.domain.orders import OrderState
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.domain.problems import Problem
from retailcrm.errors import InputError
from retailcrm.ports.batches import COLUMNS, KEYS, Batch, BuyerKey, Grain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from retailcrm.ports.raw import RawBlock


@attrs.frozen(kw_only=True)
class Sample:
    """The beginning of a file, enough to recognise it.

    Attributes:
        name: The file's name without folders; a hint only, people rename files.
        rows: Its first rows as text, cells stripped; at most 20.
        sheet: The workbook's sheet, ``None`` for text files.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]
    sheet: str | None = None


@attrs.frozen(kw_only=True)
class Match:
    """How sure a source is that a file is its own.

    Attributes:
        strength: 1 (could be) to 100 (certain); the highest of all sources reads the file.
        reason: What it was recognised by, for the person who asks why.
        header_row: Which of the sample's rows holds the column names; ``None``: there are none.
    """

    strength: int = attrs.field(validator=attrs.validators.in_(range(1, 101)))
    reason: str
    header_row: int | None = 0


@attrs.frozen(kw_only=True)
class Row:
    """One record of a file as text, for sources that read row by row.

    Attributes:
        record: Record number from 1, header excluded.
        cells: Text by column name, stripped; empty text stays ``""``.
        first_line: First physical line of the record.
        last_line: Last physical line of the record.
    """

    record: int
    cells: Mapping[str, str]
    first_line: int
    last_line: int

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


class SourceFile(Protocol):
    """An opened table of a file (a text file, an archive's member, a workbook's sheet)."""

    @property
    def name(self) -> str:
        """As the user gave it; an archive's member follows after ``!``."""
        ...

    @property
    def sheet(self) -> str | None:
        """The workbook's sheet, ``None`` for text files."""
        ...

    @property
    def header(self) -> tuple[str, ...]:
        """Column names as exported, stripped; ``()`` where the file has none."""
        ...

    @property
    def zone(self) -> str:
        """The shop's IANA zone: what times without an offset are in."""
        ...

    @property
    def currency(self) -> str:
        """The shop's ISO 4217 code: what amounts without a currency are in."""
        ...

    @property
    def personal(self) -> bool:
        """Whether the user asks for the recipients of orders; if not, leave their columns unread."""
        ...

    @property
    def region(self) -> str:
        """Two-letter country (ISO 3166) of phone numbers without a country code."""
        ...

    def rows(self) -> Iterator[Row | Problem]:
        """Read the file row by row; unreadable records come as problems."""
        ...

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Read the file in raw blocks, for sources that must be fast; see :class:`RawTable`."""
        ...


class Source(Protocol):
    """Reads one platform's exports. Hold no state between files."""

    @property
    def name(self) -> str:
        """Lower-case word for ``--format`` and messages, unique among sources."""
        ...

    @property
    def platform(self) -> str:
        """Where its order numbers are known; files of one platform are joined by order number."""
        ...

    def identify(self, sample: Sample) -> Match | None:
        """Say how sure you are that this file is yours; ``None`` for not at all."""
        ...

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Yield every record once: in a batch, as a rejecting problem, or counted as blank."""
        ...

    def exported_at(self, name: str, zone: str) -> datetime | None:
        """Read the export moment off the file's name; ``None`` if it does not tell."""
        ...


def batches_from_rows(
    rows: Iterable[Row | Problem],
    convert: Callable[[Row], Mapping[str, Any] | None],
    *,
    source: str,
    currency: str,
    buyer_key: BuyerKey | None = None,
    grain: Grain = Grain.ORDERS,
    sheet: str | None = None,
    size: int = 10_000,
) -> Iterator[Batch | Problem]:
    """Make batches from plain Python values, for sources that do not need speed.

    Args:
        rows: From :meth:`SourceFile.rows`.
        convert: Makes of one row a mapping of column names (see :data:`COLUMNS`) to values: ``str``,
            ``int`` minor units, aware ``datetime``, ``OrderState`` or ``None``. Return ``None`` for
            a blank record; raise :class:`InputError` to reject it. A record without its key (see
            :data:`~retailcrm.ports.batches.KEYS`) is rejected.
        source: The file's name, for problems.
        currency: ISO 4217 code of the amounts.
        buyer_key: What the ``buyer`` column holds, if there is one.
        grain: What one row is.
        sheet: The workbook's sheet, for problems.
        size: Rows in a batch.

    Yields:
        Batches in file order, with problems between them.

    Raises:
        ValueError: ``convert`` gives a column that there is not, or a value of the wrong type: the
            plugin is broken, not the file.
    """
    kept: list[tuple[int, Mapping[str, Any]]] = []
    blank = 0
    for row in rows:
        if isinstance(row, Problem):
            yield row
            continue
        try:
            values = convert(row)
        except InputError as error:
            yield _rejection(row, "value", str(error), source, sheet)
            continue
        if values is None:
            blank += 1
        elif values.get(KEYS[grain]) in (None, ""):
            yield _rejection(row, "missing", f"a record needs a value for {KEYS[grain]!r}", source, sheet)
        else:
            kept.append((row.record, values))
        if len(kept) == size:
            yield _batch(kept, grain, currency, buyer_key, blank)
            kept, blank = [], 0
    if kept or blank:
        yield _batch(kept, grain, currency, buyer_key, blank)


def _rejection(row: Row, code: str, message: str, source: str, sheet: str | None) -> Problem:
    return Problem(
        source=source,
        sheet=sheet,
        record=row.record,
        first_line=row.first_line,
        last_line=row.last_line,
        code=code,
        message=message,
    )


def _batch(
    kept: list[tuple[int, Mapping[str, Any]]],
    grain: Grain,
    currency: str,
    buyer_key: BuyerKey | None,
    blank: int,
) -> Batch:
    names = dict.fromkeys(name for _, values in kept for name in values) or {KEYS[grain]: None}
    columns = {name: _column(grain, name, [values.get(name) for _, values in kept]) for name in names}
    records = np.asarray([record for record, _ in kept], np.int64)
    key = buyer_key if "buyer" in columns else None
    return Batch(grain=grain, records=records, columns=columns, currency=currency, buyer_key=key, blank=blank)


def _column(grain: Grain, name: str, values: list[Any]) -> Any:  # noqa: ANN401 - one column of any kind
    """Pack a column; a value of the wrong type is a mistake of the plugin, not of the file."""
    if name not in COLUMNS[grain]:
        raise ValueError(f"{grain} have no column {name!r}; they have: {', '.join(COLUMNS[grain])}")
    kind = COLUMNS[grain][name]
    wanted, pack = _KINDS[kind]
    for value in values:
        # A float would be cut to whole minor units in silence; a bool is an int to Python.
        if value is not None and (
            not isinstance(value, wanted) or (isinstance(value, bool) != (kind in ("flag", "answer")))
        ):
            raise ValueError(f"{name!r} must be {_WORDS[kind]} or None, not {value!r}")
    return pack(values)


def _pack_texts(values: list[Any]) -> Texts | Coded:
    return Texts.of(values) if None not in values else Coded.of(values)


def _pack_instants(values: list[Any]) -> NDArray[Any]:
    return np.asarray([NO_INSTANT if v is None else _utc(v) for v in values], "datetime64[us]")


def _pack_whole(values: list[Any]) -> NDArray[Any]:
    return np.asarray([MISSING if v is None else v for v in values], np.int64)


def _pack_states(values: list[Any]) -> NDArray[Any]:
    return np.asarray([-1 if v is None else int(v) for v in values], np.int8)


def _pack_flags(values: list[Any]) -> NDArray[Any]:
    return np.asarray([bool(v) for v in values], np.bool_)


def _pack_answers(values: list[Any]) -> NDArray[Any]:
    return np.asarray([-1 if v is None else int(v) for v in values], np.int8)


def _pack_genders(values: list[Any]) -> NDArray[Any]:
    return np.asarray([-1 if v is None else GENDERS.index(v) for v in values], np.int8)


def _pack_birthdays(values: list[Any]) -> NDArray[Any]:
    return np.asarray([-1 if v is None else v.code for v in values], np.int32)


_KINDS: Final[Mapping[str, tuple[type | tuple[type, ...], Callable[[list[Any]], Any]]]] = {
    "text": (str, _pack_texts),
    "instant": (datetime, _pack_instants),
    "whole": ((int, np.integer), _pack_whole),
    "state": (OrderState, _pack_states),
    "flag": ((bool, np.bool_), _pack_flags),
    "answer": ((bool, np.bool_), _pack_answers),
    "gender": (Gender, _pack_genders),
    "birthday": (Birthday, _pack_birthdays),
    "event": (ParcelEvent, _pack_states),
}
_WORDS: Final = {
    "text": "a text",
    "instant": "a datetime",
    "whole": "a whole number (amounts in minor units)",
    "state": "an OrderState",
    "flag": "true or false",
    "answer": "true or false",
    "gender": "a Gender",
    "birthday": "a Birthday",
    "event": "a ParcelEvent",
}


def _utc(moment: datetime) -> np.datetime64:
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment.isoformat()}; give it one")
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")
