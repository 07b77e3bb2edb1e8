"""Read declared fields out of raw blocks: values, and what is wrong with them, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow, cleaning
from retailcrm.adapters.sources.field import Field, Kind, header_name
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
    """

    values: Mapping[str, Any]
    keep: NDArray[np.bool_]
    block: RawBlock
    problems: tuple[Problem, ...]
    blank: int


_DAMAGED: Final = r"^\d(\.\d+)?[eE]\+\d+$"
_MESSAGES: Final = {
    Kind.AMOUNT: "not an amount of money",
    Kind.PRICE: "not a unit price",
    Kind.COUNT: "not a whole number of pieces",
    Kind.INSTANT: "not a time that can be read",
    Kind.STATE: "an order state that is not known; taken as unknown",
}


def read_fields(file: SourceFile, fields: Mapping[str, Field], places: Mapping[str, int]) -> Iterator[Piece]:
    """Read the fields of a file, block by block.

    Args:
        file: The opened table.
        fields: What to read.
        places: The column of each field, from :func:`find_fields`.
    """
    coded = {places[k] for k in places if fields[k].kind in (Kind.TEXT, Kind.STATE) or fields[k].coded}
    plain = set(places.values()) - coded
    for block in file.blocks(plain, coded):
        yield _read_block(file, block, {k: fields[k] for k in places}, places)


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
        texts: Any = None,
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


def _read_block(
    file: SourceFile, block: RawBlock, fields: Mapping[str, Field], places: Mapping[str, int]
) -> Piece:
    rows = len(block)
    reading = _Reading(file, block, np.ones(rows, np.bool_), np.zeros(rows, np.bool_))
    values, missing = {}, {}
    for key, field in fields.items():
        column = file.header[places[key]] if file.header else f"column {places[key] + 1}"
        quick = _quick(field, block.columns[places[key]], file)
        if quick is not None:
            values[key], missing[key] = quick
            reading.empty &= missing[key]
            continue
        texts = _texts(reading, block.columns[places[key]], column, words=2 if field.kind is Kind.PLACE else None)
        missing[key] = np.asarray(texts.is_null())
        reading.empty &= missing[key]
        values[key] = _value(reading, field, texts, column)
    for key, field in fields.items():
        if field.required:
            column = file.header[places[key]] if file.header else f"column {places[key] + 1}"
            reading.mark(
                missing[key] & ~reading.empty & ~reading.rejected,
                column,
                "missing",
                "a value is required here",
            )
    for bad in block.bad:
        reading.problems.append(
            Problem(
                source=file.name, sheet=file.sheet, record=bad.record, first_line=bad.first_line,
                last_line=bad.last_line, code=bad.code, message=bad.message,
            )
        )  # fmt: skip
    keep = ~reading.rejected & ~reading.empty
    return Piece(values, keep, block, tuple(reading.problems), block.blank + int(reading.empty.sum()))


def _quick(field: Field, raw: Any, file: SourceFile) -> tuple[Any, NDArray[np.bool_]] | None:  # noqa: ANN401
    """Read a column whose every cell is in the plain form; ``None`` if a cell is not."""
    if pa.types.is_dictionary(raw.type):
        return None
    if field.kind is Kind.AMOUNT:
        return cleaning.quick_amounts(raw, file.currency)
    if field.kind is Kind.COUNT:
        return cleaning.quick_counts(raw)
    if field.kind is Kind.PRICE:
        return cleaning.quick_prices(raw, file.currency)
    if field.kind is Kind.INSTANT and field.pattern is None:
        return cleaning.quick_instants(raw, field.zone or file.zone)
    return None


def _texts(reading: _Reading, raw: Any, column: str, *, words: int | None = None) -> Any:  # noqa: ANN401
    """Decode and strip a column; dictionary columns stay dictionaries of distinct clean values."""
    encoding = reading.block.encoding
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


def _value(reading: _Reading, field: Field, texts: Any, column: str) -> Any:  # noqa: ANN401
    if field.kind in (Kind.KEY, Kind.TEXT, Kind.NAME, Kind.PLACE):
        return _text(reading, field, texts, column)
    bad: NDArray[np.bool_]
    result: Any
    if field.kind is Kind.AMOUNT:
        result, bad = cleaning.amounts(texts, reading.file.currency)
    elif field.kind is Kind.PRICE:
        result, bad = cleaning.prices(texts, reading.file.currency)
    elif field.kind is Kind.COUNT:
        result, bad = cleaning.counts(texts)
    elif field.kind is Kind.INSTANT:
        result, bad = cleaning.instants(texts, field.zone or reading.file.zone, field.pattern)
    else:
        result, bad = cleaning.states(texts, field.states, header_name)
    if bad.any():
        reading.mark(
            bad, column, str(field.kind), _MESSAGES[field.kind], texts, warn=field.kind is Kind.STATE
        )
    return result


def _text(reading: _Reading, field: Field, texts: Any, column: str) -> Any:  # noqa: ANN401
    repeats = pa.types.is_dictionary(texts.type)
    values = texts.dictionary if repeats else texts
    if field.decimal_id:
        values = pc.replace_substring_regex(values, r"^(\d+)\.0+$", r"\1")
    if field.kind is Kind.KEY:
        damaged = np.asarray(pc.fill_null(pc.match_substring_regex(values, _DAMAGED), fill_value=False))
        if damaged.any():
            if repeats:
                damaged = np.append(damaged, False)[
                    texts.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
                ]
            reading.mark(
                damaged, column, "damaged-number",
                "a spreadsheet program rounded this number; export the file again and do not save it from there", texts,
            )  # fmt: skip
    if not repeats:
        return arrow.coded(values.dictionary_encode()) if field.coded else arrow.texts(values)
    return arrow.coded(pa.DictionaryArray.from_arrays(texts.indices, values))


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
    reading.mark(bad, price, "amount", "quantity times unit price is too large to be money")
    return amounts, attrs.evolve(
        piece, keep=piece.keep & ~bad, problems=(*piece.problems, *reading.problems)
    )


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
