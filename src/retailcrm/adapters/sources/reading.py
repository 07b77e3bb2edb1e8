"""Read declared fields out of raw blocks: values, and what is wrong with them, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow, birthdays, cleaning, value_kinds
from retailcrm.adapters.sources.ahead import worked_ahead
from retailcrm.adapters.sources.block_reading import EarlierBlocksDecideError, Form, Reading
from retailcrm.adapters.sources.field import REPEATING, UNIX, Field, Kind, header_name
from retailcrm.adapters.sources.phones import quick_phones
from retailcrm.adapters.sources.rounded_numbers import LongNumbers, RoundedNumbers
from retailcrm.adapters.sources.unix_times import quick_unix, unix_instants
from retailcrm.analytics.columns import MISSING, Coded
from retailcrm.domain.problems import Problem

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
_ZERO_TIMES: Final = ("0000-00-00 00:00:00", "0000-00-00", "0000/00/00 00:00:00", "0")
"""What member lists and catalogues write where they know no time."""


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
    coded = {places[k] for k in places if fields[k].kind in REPEATING or fields[k].coded}
    plain = set(places.values()) - coded
    columns = {k: file.header[i] if file.header else f"column {i + 1}" for k, i in places.items()}
    rounded = {k: RoundedNumbers() for k in places if fields[k].kind is Kind.KEY}
    form = Form({k: fields[k] for k in places}, places, columns, currency or file.currency, rounded)

    def read_ahead(block: RawBlock) -> tuple[Piece, frozenset[str]] | None:
        reading = Reading(file, block, ahead=True)
        try:
            return _read_block(reading, form), frozenset(reading.sound)
        except EarlierBlocksDecideError:
            return None

    for block, read in worked_ahead(file.blocks(plain, coded), read_ahead):
        if read is None:
            yield _read_block(Reading(file, block), form)
        else:
            piece, sound = read
            for key in sound:
                rounded[key].sound = True
            yield piece


def _read_block(reading: Reading, form: Form) -> Piece:
    file, block = reading.file, reading.block
    values, missing = {}, {}
    for key, field in form.fields.items():
        raw = block.columns[form.places[key]]
        quick = _quick(file, field, raw, form.currency)
        if pa.types.is_timestamp(raw.type) and field.kind in (Kind.INSTANT, Kind.BIRTHDAY):
            # A table in memory, not a file: whatever pattern is meant for texts.
            values[key], bad = _typed(file, field, raw)
            missing[key] = arrow.nulls(raw)
            reading.mark_values(bad, form.columns[key], field)
        elif quick is not None:
            values[key], missing[key] = quick
        else:
            texts = _texts(reading, raw, form.columns[key], field)
            missing[key] = arrow.nulls(texts)
            values[key] = _value(reading, form, key, texts)
        reading.empty &= missing[key]
    # Undecodable cells read as missing too.
    reading.empty &= ~reading.rejected
    for key, field in form.fields.items():
        if field.required:
            lacking = missing[key] & ~reading.empty & ~reading.rejected
            reading.mark(lacking, form.columns[key], "missing", "a value is required here")
    for broken in block.bad:
        reading.problems.append(
            Problem(
                source=file.name, sheet=file.sheet, record=broken.record, first_line=broken.first_line,
                last_line=broken.last_line, code=broken.code, message=broken.message,
            )
        )  # fmt: skip
    keep = ~reading.rejected & ~reading.empty
    blank = block.blank + int(reading.empty.sum())
    return Piece(values, keep, block, tuple(reading.problems), blank, form.columns)


def _typed(file: SourceFile, field: Field, raw: Any) -> tuple[Any, NDArray[np.bool_]]:  # noqa: ANN401
    if field.kind is Kind.BIRTHDAY:
        return birthdays.typed_birthdays(raw)
    return cleaning.typed_instants(raw, field.zone or file.zone)


def _quick(
    file: SourceFile,
    field: Field,
    raw: Any,  # noqa: ANN401
    currency: str,
) -> tuple[Any, NDArray[np.bool_]] | None:
    """Read a column whose every cell is in the plain form; ``None`` if a cell is not."""
    found: tuple[Any, NDArray[np.bool_]] | None = None
    if field.none or not (pa.types.is_binary(raw.type) or pa.types.is_string(raw.type)):
        pass
    elif field.kind is Kind.AMOUNT:
        found = cleaning.quick_amounts(raw, currency)
    elif field.kind is Kind.COUNT:
        found = cleaning.quick_counts(raw)
    elif field.kind is Kind.PRICE:
        found = cleaning.quick_prices(raw, currency)
    elif field.kind is Kind.INSTANT and field.pattern is None:
        found = cleaning.quick_instants(raw, field.zone or file.zone)
    elif field.kind is Kind.INSTANT and field.pattern in UNIX:
        found = quick_unix(raw, UNIX[field.pattern])
    elif field.kind is Kind.BIRTHDAY:
        found = birthdays.quick_birthdays(raw)
    elif field.kind is Kind.PHONE:
        found = quick_phones(raw, file.region)
    elif field.kind is Kind.EMAIL:
        found = value_kinds.quick_emails(raw)
    return found


def _texts(reading: Reading, raw: Any, column: str, field: Field) -> Any:  # noqa: ANN401
    """Decode and strip a column; dictionary columns stay dictionaries of distinct clean values."""
    encoding = reading.block.encoding
    zeros = _ZERO_TIMES if field.lenient and field.kind is Kind.INSTANT else ()
    no_value = (*cleaning.NO_VALUE, *field.none, *zeros)
    if pa.types.is_timestamp(raw.type):
        raw = cleaning.written_instants(raw)
    if field.kind is Kind.PLACE:
        raw = arrow.first_words(raw, _PLACE_WORDS).dictionary_encode()
    if not pa.types.is_dictionary(raw.type):
        texts, bad = cleaning.decoded(raw, encoding)
        if bad.any():
            reading.mark(bad, column, "encoding", f"not {encoding} text")
        return cleaning.cleaned(texts, no_value)
    texts, bad = cleaning.decoded(raw.dictionary, encoding)
    codes = raw.indices
    if bad.any():
        reading.mark(bad[codes.to_numpy(zero_copy_only=False)], column, "encoding", f"not {encoding} text")
    return arrow.recoded(codes, cleaning.cleaned(texts, no_value).dictionary_encode())


def _value(reading: Reading, form: Form, key: str, texts: Any) -> Any:  # noqa: ANN401
    field, column = form.fields[key], form.columns[key]
    if field.kind in (Kind.KEY, Kind.TEXT, Kind.NAME, Kind.PLACE):
        return _text(reading, form, key, texts)
    bad: NDArray[np.bool_]
    result: Any
    if field.kind is Kind.STATE:
        result, bad = cleaning.states(texts, field.states, header_name)
    elif field.kind in value_kinds.READ:
        result, bad = value_kinds.read_value(field, texts, reading.file.region)
    else:
        if pa.types.is_dictionary(texts.type):
            # Another field reads the same column as text that repeats.
            texts = texts.cast(texts.type.value_type)
        result, bad = _number(reading, form, field, texts)
    reading.mark_values(bad, column, field, texts)
    return result


def _number(
    reading: Reading,
    form: Form,
    field: Field,
    texts: Any,  # noqa: ANN401
) -> tuple[Any, NDArray[np.bool_]]:
    if field.kind is Kind.AMOUNT:
        return cleaning.amounts(texts, form.currency)
    if field.kind is Kind.PRICE:
        return cleaning.prices(texts, form.currency)
    if field.kind is Kind.COUNT:
        return cleaning.counts(texts)
    if field.pattern in UNIX:
        return unix_instants(texts, UNIX[field.pattern])
    return cleaning.instants(texts, field.zone or reading.file.zone, field.pattern)


def _text(reading: Reading, form: Form, key: str, texts: Any) -> Any:  # noqa: ANN401
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


def _check_numbers(reading: Reading, form: Form, key: str, values: Any, codes: Any) -> None:  # noqa: ANN401
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
    rounded = _rounded(reading, form.rounded[key], key, values)
    if rounded is not None and field.never_round:
        flag(pa.array(rounded), "damaged-number", _ROUNDED)
    elif rounded is not None:
        form.rounded[key] = RoundedNumbers(sound=True)
        reading.warn(column, "rounded-numbers", _MAYBE_ROUNDED)


def _rounded(
    reading: Reading,
    seen: RoundedNumbers,
    key: str,
    values: Any,  # noqa: ANN401
) -> NDArray[np.bool_] | None:
    """Say which numbers are rounded, if blocks that may still be read have no part in it.

    Raises:
        EarlierBlocksDecideError: They have.
    """
    if not reading.ahead:
        return seen.find(values)
    if not seen.sound:
        found = LongNumbers.of(values)
        if found.long is not None:
            raise EarlierBlocksDecideError
        if found.sound:
            reading.sound.add(key)
    return None


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
    reading = Reading(file, piece.block)
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
