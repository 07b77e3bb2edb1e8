"""Read declared fields out of raw blocks: values, and what is wrong with them, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow, cleaning
from retailcrm.adapters.sources.field import Field, Kind, header_name
from retailcrm.adapters.sources.rounded_numbers import RoundedNumbers
from retailcrm.analytics.columns import MISSING, Coded
from retailcrm.domain.problems import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from retailcrm.ports.raw import RawBlock
    from retailcrm.ports.sources import SourceFile


@attrs.frozen(eq=False)
class Piece:
    """The read fields of one raw block.

    Attributes:
        values: Columns by field name, all rows of the block.
        keep: Which rows are good.
        block: Where the rows stand in the file.
        problems: Rejections and warnings, in row order for each field.
        blank: Blank records among and between the rows.
        columns: What each field's column is called in the file.
    """

    values: Mapping[str, Any]
    keep: NDArray[np.bool_]
    block: RawBlock
    problems: tuple[Problem, ...]
    blank: int
    columns: Mapping[str, str]


_DAMAGED: Final = r"^\d(\.\d+)?[eE]\+\d+$"
_TOTALS: Final = pa.array(["合计", "总计", "小计", "共计", "总和", "Total", "TOTAL", "total"])
_ROUNDED: Final = (
    "a spreadsheet program rounded this number; export the file again and do not save it from there"
)
_MAYBE_ROUNDED: Final = (
    "every long number here has only zeros after its 15th digit, as a spreadsheet program leaves it: "
    "different records may have got one number; compare with the original export"
)
_PLACE_WORDS: Final = 2
_MESSAGES: Final = {
    Kind.AMOUNT: "not an amount of money",
    Kind.PRICE: "not a unit price",
    Kind.COUNT: "not a whole number of pieces",
    Kind.INSTANT: "not a time that can be read",
    Kind.STATE: "an order state that is not known; taken as unknown",
}


def read_fields(
    file: SourceFile, fields: Mapping[str, Field], places: Mapping[str, int], *, currency: str | None = None
) -> Iterator[Piece]:
    """Read the fields of a file, block by block.

    Args:
        file: The opened table.
        fields: What to read.
        places: The column of each field, from :func:`find_fields`.
        currency: ISO 4217 code of the amounts; ``None`` takes the shop's.
    """
    coded = {places[k] for k in places if fields[k].kind in (Kind.TEXT, Kind.STATE) or fields[k].coded}
    plain = set(places.values()) - coded
    columns = {k: file.header[i] if file.header else f"column {i + 1}" for k, i in places.items()}
    rounded = {k: RoundedNumbers() for k in places if fields[k].kind is Kind.KEY}
    form = _Form({k: fields[k] for k in places}, places, columns, currency or file.currency, rounded)
    for block in file.blocks(plain, coded):
        yield _read_block(file, block, form)


@attrs.frozen(eq=False)
class _Form:
    """What holds for all blocks of a file."""

    fields: Mapping[str, Field]
    places: Mapping[str, int]
    columns: Mapping[str, str]
    currency: str
    rounded: dict[str, RoundedNumbers]


@attrs.define(eq=False)
class _Reading:
    """What one block has given so far."""

    file: SourceFile
    block: RawBlock
    empty: NDArray[np.bool_]
    rejected: NDArray[np.bool_]
    problems: list[Problem] = attrs.field(factory=list)

    def mark(
        self,
        bad: NDArray[np.bool_],
        column: str,
        code: str,
        message: str,
        texts: Any = None,  # noqa: ANN401
        *,
        warn: bool = False,
    ) -> None:
        """Note the bad rows of a column, with the text found where it is not personal."""
        if not warn:
            self.rejected |= bad
        for i in np.flatnonzero(bad).tolist():
            self.problems.append(
                Problem(
                    source=self.file.name,
                    sheet=self.file.sheet,
                    record=int(self.block.records[i]),
                    first_line=int(self.block.first_line[i]),
                    last_line=int(self.block.last_line[i]),
                    column=column,
                    code=code,
                    message=message,
                    value=None if texts is None else texts[i].as_py(),
                    severity=Severity.WARNING if warn else Severity.REJECTED,
                )
            )

    def warn(self, column: str, code: str, message: str) -> None:
        """Note something about a column of the file as a whole."""
        self.problems.append(
            Problem(
                source=self.file.name, sheet=self.file.sheet, column=column, code=code, message=message,
                severity=Severity.WARNING,
            )
        )  # fmt: skip


def _read_block(file: SourceFile, block: RawBlock, form: _Form) -> Piece:
    rows = len(block)
    reading = _Reading(file, block, np.ones(rows, np.bool_), np.zeros(rows, np.bool_))
    values, missing = {}, {}
    for key, field in form.fields.items():
        raw = block.columns[form.places[key]]
        quick = _quick(field, raw, form.currency, field.zone or file.zone)
        if field.kind is Kind.INSTANT and pa.types.is_timestamp(raw.type):
            # A table in memory, not a file: whatever pattern is meant for texts.
            values[key], beyond = cleaning.typed_instants(raw, field.zone or file.zone)
            missing[key] = np.asarray(raw.is_null())
            reading.mark(beyond, form.columns[key], str(field.kind), _MESSAGES[field.kind])
        elif quick is not None:
            values[key], missing[key] = quick
        else:
            texts = _texts(
                reading, raw, form.columns[key], words=_PLACE_WORDS if field.kind is Kind.PLACE else None
            )
            missing[key] = np.asarray(texts.is_null())
            values[key] = _value(reading, form, key, texts)
        reading.empty &= missing[key]
    # Undecodable cells read as missing too.
    reading.empty &= ~reading.rejected
    for key, field in form.fields.items():
        if field.required:
            lacking = missing[key] & ~reading.empty & ~reading.rejected
            reading.mark(lacking, form.columns[key], "missing", "a value is required here")
    for bad in block.bad:
        reading.problems.append(
            Problem(
                source=file.name, sheet=file.sheet, record=bad.record, first_line=bad.first_line,
                last_line=bad.last_line, code=bad.code, message=bad.message,
            )
        )  # fmt: skip
    keep = ~reading.rejected & ~reading.empty
    blank = block.blank + int(reading.empty.sum())
    return Piece(values, keep, block, tuple(reading.problems), blank, form.columns)


def _quick(field: Field, raw: Any, currency: str, zone: str) -> tuple[Any, NDArray[np.bool_]] | None:  # noqa: ANN401
    """Read a column whose every cell is in the plain form; ``None`` if a cell is not."""
    found: tuple[Any, NDArray[np.bool_]] | None = None
    if not (pa.types.is_binary(raw.type) or pa.types.is_string(raw.type)):
        pass
    elif field.kind is Kind.AMOUNT:
        found = cleaning.quick_amounts(raw, currency)
    elif field.kind is Kind.COUNT:
        found = cleaning.quick_counts(raw)
    elif field.kind is Kind.PRICE:
        found = cleaning.quick_prices(raw, currency)
    elif field.kind is Kind.INSTANT and field.pattern is None:
        found = cleaning.quick_instants(raw, zone)
    return found


def _texts(reading: _Reading, raw: Any, column: str, *, words: int | None = None) -> Any:  # noqa: ANN401
    """Decode and strip a column; dictionary columns stay dictionaries of distinct clean values."""
    encoding = reading.block.encoding
    if pa.types.is_timestamp(raw.type):
        raw = cleaning.written_instants(raw)
    if words is not None:
        raw = arrow.first_words(raw, words).dictionary_encode()
    if not pa.types.is_dictionary(raw.type):
        texts, bad = cleaning.decoded(raw, encoding)
        if bad.any():
            reading.mark(bad, column, "encoding", f"not {encoding} text")
        return cleaning.cleaned(texts)
    texts, bad = cleaning.decoded(raw.dictionary, encoding)
    codes = raw.indices
    if bad.any():
        reading.mark(bad[codes.to_numpy(zero_copy_only=False)], column, "encoding", f"not {encoding} text")
    clean = cleaning.cleaned(texts).dictionary_encode()
    return pa.DictionaryArray.from_arrays(pc.take(clean.indices, codes), clean.dictionary)


def _value(reading: _Reading, form: _Form, key: str, texts: Any) -> Any:  # noqa: ANN401
    field, column = form.fields[key], form.columns[key]
    if field.kind in (Kind.KEY, Kind.TEXT, Kind.NAME, Kind.PLACE):
        return _text(reading, form, key, texts)
    bad: NDArray[np.bool_]
    result: Any
    if field.kind is Kind.STATE:
        result, bad = cleaning.states(texts, field.states, header_name)
    else:
        if pa.types.is_dictionary(texts.type):
            # Another field reads the same column as text that repeats.
            texts = texts.cast(texts.type.value_type)
        result, bad = _number(reading, form, field, texts)
    if bad.any():
        reading.mark(
            bad, column, str(field.kind), _MESSAGES[field.kind], texts, warn=field.kind is Kind.STATE
        )
    return result


def _number(
    reading: _Reading,
    form: _Form,
    field: Field,
    texts: Any,  # noqa: ANN401
) -> tuple[Any, NDArray[np.bool_]]:
    if field.kind is Kind.AMOUNT:
        return cleaning.amounts(texts, form.currency)
    if field.kind is Kind.PRICE:
        return cleaning.prices(texts, form.currency)
    if field.kind is Kind.COUNT:
        return cleaning.counts(texts)
    return cleaning.instants(texts, field.zone or reading.file.zone, field.pattern)


def _text(reading: _Reading, form: _Form, key: str, texts: Any) -> Any:  # noqa: ANN401
    field = form.fields[key]
    repeats = pa.types.is_dictionary(texts.type)
    values = texts.dictionary if repeats else texts
    if field.decimal_id:
        values = pc.replace_substring_regex(values, r"^(\d+)\.0+$", r"\1")
    if field.kind is Kind.KEY:
        _check_numbers(reading, form, key, values, texts.indices if repeats else None)
    if not repeats:
        return arrow.coded(values.dictionary_encode()) if field.coded else arrow.texts(values)
    if field.decimal_id:
        # 17850 and 17850.0 have become one.
        once = values.dictionary_encode()
        return arrow.coded(
            pa.DictionaryArray.from_arrays(pc.take(once.indices, texts.indices), once.dictionary)
        )
    return arrow.coded(pa.DictionaryArray.from_arrays(texts.indices, values))


def _check_numbers(reading: _Reading, form: _Form, key: str, values: Any, codes: Any) -> None:  # noqa: ANN401
    """Find numbers that are none, or not the ones that were exported."""
    field, column = form.fields[key], form.columns[key]

    def flag(flags: Any, code: str, message: str) -> None:  # noqa: ANN401
        flags = np.asarray(pc.fill_null(flags, fill_value=False))
        if flags.any():
            texts = values
            if codes is not None:
                flags = np.append(flags, False)[codes.fill_null(len(values)).to_numpy(zero_copy_only=False)]
                texts = pc.take(values, codes)
            reading.mark(flags, column, code, message, texts)

    plain = cleaning.is_plain(values)
    if not plain:
        flag(pc.match_substring_regex(values, _DAMAGED), "damaged-number", _ROUNDED)
    if field.required and not plain:
        flag(pc.is_in(values, value_set=_TOTALS), "total", "a row of totals, not a record")
    rounded = form.rounded[key].find(values)
    if rounded is not None and field.never_round:
        flag(pa.array(rounded), "damaged-number", _ROUNDED)
    elif rounded is not None:
        form.rounded[key] = RoundedNumbers(sound=True)
        reading.warn(column, "rounded-numbers", _MAYBE_ROUNDED)


def line_amounts(file: SourceFile, piece: Piece, price: str) -> tuple[NDArray[np.int64], Piece]:
    """Multiply ``quantity`` by a unit price; rows too large to be money are rejected.

    Args:
        file: The opened table.
        piece: Its read fields.
        price: Name of the price field.

    Returns:
        Minor units for every row, and the piece with those rejections.
    """
    amounts, bad = cleaning.products(piece.values["quantity"], piece.values[price])
    bad &= piece.keep
    if not bad.any():
        return amounts, piece
    reading = _Reading(file, piece.block, np.zeros(len(bad), np.bool_), np.zeros(len(bad), np.bool_))
    message = "quantity times unit price is too large to be money"
    reading.mark(bad, piece.columns[price], "amount", message)
    return amounts, attrs.evolve(piece, keep=piece.keep & ~bad, problems=(*piece.problems, *reading.problems))


def whole(piece: Piece, key: str) -> NDArray[np.int64]:
    """Give a whole-number column, or one of MISSING where the file lacks it."""
    column: NDArray[np.int64] | None = piece.values.get(key)
    return np.full(len(piece.block), MISSING, np.int64) if column is None else column


def taken(column: Any, keep: NDArray[np.bool_]) -> Any:  # noqa: ANN401
    """Take the good rows of a column of any kind."""
    if keep.all():
        return column
    if isinstance(column, np.ndarray):
        return column[keep]
    if isinstance(column, Coded):
        return Coded(column.codes[keep], column.values)
    return column.take(np.flatnonzero(keep))
