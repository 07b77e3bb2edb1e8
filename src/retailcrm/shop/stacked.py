"""Rows of all files stacked by grain, oldest export first, with one code for each order number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import INSTANT, MISSING, Coded, Texts
from retailcrm.ports.batches import Grain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.shop.observed import Observed

_DIGITS: Final = 18


@attrs.frozen(eq=False)
class Stacked:
    """The rows of one grain, of all files, oldest export first.

    Attributes:
        parts: The Arrow tables.
        files: Position of each part's file.
        code: Order code of each row; ``int64``.
        file: File position of each row; ``int32``.
    """

    parts: list[pa.Table]
    files: list[int]
    code: NDArray[np.int64]
    file: NDArray[np.int32]

    @classmethod
    def of(cls, files: Sequence[Observed], grain: Grain) -> Stacked:
        """Stack the rows of a grain whose rows no order number joins; all codes are 0.

        Args:
            files: Oldest export first.
            grain: Which.
        """
        told = [(i, file.tables[grain]) for i, file in enumerate(files) if grain in file.tables]
        lengths = [len(table) for _, table in told]
        file = np.repeat(np.asarray([i for i, _ in told], np.int32), lengths)
        return cls([table for _, table in told], [i for i, _ in told], np.zeros(len(file), np.int64), file)

    def has(self, name: str) -> bool:
        """Say whether some file has a column."""
        return any(name in table.column_names for table in self.parts)

    def words(self, name: str) -> Coded:
        """Give a column of texts under one dictionary, -1 where there is no text."""
        column = self.coded(name)
        if column is None:
            return Coded(np.full(len(self.file), -1, np.int32), Texts.of([]))
        filled = np.append(np.diff(column.values.offsets) > 0, np.False_)
        return Coded(np.where(filled[column.codes], column.codes, np.int32(-1)), column.values)

    def whole(self, name: str) -> NDArray[np.int64]:
        """Give a whole-number column, MISSING where a file lacks it."""
        columns = [
            _told(t.column(name), MISSING).to_numpy()
            if name in t.column_names
            else np.full(len(t), MISSING, np.int64)
            for t in self.parts
        ]
        return np.concatenate([*columns, np.empty(0, np.int64)])

    def instant(self, name: str) -> NDArray[np.datetime64]:
        """Give a column of instants, NaT where a file lacks it."""
        return self.whole(name).view(INSTANT)

    def small(self, name: str, dtype: Any, missing: int) -> NDArray[Any]:  # noqa: ANN401
        """Give a column of states or flags."""
        columns = [
            _told(t.column(name), missing).to_numpy().astype(dtype)
            if name in t.column_names
            else np.full(len(t), missing, dtype)
            for t in self.parts
        ]
        return np.concatenate([*columns, np.empty(0, dtype)])

    def coded(self, name: str) -> Coded | None:
        """Give a column of texts under one dictionary, ``None`` if no file has it."""
        if not self.has(name):
            return None
        kind = pa.dictionary(pa.int32(), pa.large_string())
        chunks = []
        for table in self.parts:
            if name not in table.column_names:
                chunks.append(
                    pa.DictionaryArray.from_arrays(
                        pa.nulls(len(table), pa.int32()), pa.array([], pa.large_string())
                    )
                )
                continue
            chunks += [
                (chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()).cast(kind)
                for chunk in table.column(name).chunks
            ]
        together = pa.chunked_array(chunks, kind).unify_dictionaries().combine_chunks()
        return arrow.coded(together if isinstance(together, pa.Array) else together.chunk(0))


def _told(column: Any, missing: int) -> Any:  # noqa: ANN401 - Arrow has no types
    """Fill what some batches of a file did not have: Arrow would give floats for nulls."""
    return column.fill_null(pa.scalar(missing).cast(column.type)) if column.null_count else column


JOINED: Final = (Grain.ORDERS, Grain.LINES, Grain.REFUNDS)
"""Grains whose rows make the orders."""


def stack(files: Sequence[Observed]) -> tuple[Texts, dict[Grain, Stacked], Coded]:
    """Give each distinct order number of orders, lines and refunds a code, in order of first sight."""
    tables = [
        (grain, i, f.tables[grain]) for grain in JOINED for i, f in enumerate(files) if grain in f.tables
    ]
    platforms = list(dict.fromkeys(f.platform for f in files))
    numbers = [t.column("number") for _, _, t in tables]
    if len(platforms) > 1:
        # The same number on two platforms is two orders.
        numbers = [
            _marked(column, platforms.index(files[i].platform))
            for column, (_, i, _) in zip(numbers, tables, strict=True)
        ]
    only_orders = [grain for grain, _, _ in tables] == [Grain.ORDERS]
    if only_orders and _all_differ(numbers[0]):
        texts = arrow.texts(numbers[0].combine_chunks())
        codes = [np.arange(len(texts), dtype=np.int64)]
    else:
        texts, codes = _encoded_numbers(numbers)
    stacks = {}
    for grain in JOINED:
        mine = [k for k, (g, _, _) in enumerate(tables) if g is grain]
        positions = [tables[k][1] for k in mine]
        parts = [tables[k][2] for k in mine]
        file = np.repeat(np.asarray(positions, np.int32), [len(p) for p in parts])
        code = np.concatenate([*(codes[k] for k in mine), np.empty(0, np.int64)])
        stacks[grain] = Stacked(parts, positions, code, file)
    if len(platforms) > 1:
        texts, marks = _unmarked(texts)
    else:
        marks = np.zeros(len(texts), np.int32)
    return texts, stacks, Coded(marks, Texts.of(platforms))


def _marked(numbers: Any, platform: int) -> Any:  # noqa: ANN401
    plain = numbers.cast(pa.large_string())
    return pc.binary_join_element_wise(
        pa.scalar(f"{platform:04d}", pa.large_string()), plain, pa.scalar("", pa.large_string())
    )


def _unmarked(texts: Texts) -> tuple[Texts, NDArray[np.int32]]:
    marked = arrow.arrow_texts(texts)
    marks = pc.cast(pc.utf8_slice_codeunits(marked, 0, 4), pa.int32()).to_numpy()
    return arrow.texts(pc.utf8_slice_codeunits(marked, 4)), marks


def _all_differ(numbers: Any) -> bool:  # noqa: ANN401
    """Say quickly that no number repeats; False also means "cannot say quickly"."""
    if pa.types.is_dictionary(numbers.type) or not len(numbers):
        return False
    if (
        pc.any(pc.starts_with(numbers, "0")).as_py()
        or pc.max(pc.binary_length(numbers)).as_py() > _DIGITS + 1
    ):
        return False
    try:
        values = np.sort(pc.cast(numbers, pa.int64()).to_numpy())
    except pa.ArrowInvalid:
        return False
    return bool((values[1:] != values[:-1]).all())


def _encoded_numbers(numbers: list[Any]) -> tuple[Texts, list[NDArray[np.int64]]]:
    kind = pa.dictionary(pa.int32(), pa.large_string())
    chunks = [chunk for column in numbers for chunk in column.chunks]
    if any(pa.types.is_dictionary(c.type) for c in chunks):
        together = pa.chunked_array(
            [
                c.cast(kind) if pa.types.is_dictionary(c.type) else c.dictionary_encode().cast(kind)
                for c in chunks
            ],
            kind,
        ).unify_dictionaries()
    else:
        together = pa.chunked_array(chunks, pa.large_string()).dictionary_encode()
    if not together.num_chunks:
        return Texts.of([]), []
    codes = np.concatenate([c.indices.to_numpy() for c in together.chunks]).astype(np.int64)
    ends = np.cumsum([len(column) for column in numbers])
    # Chunks without rows may bring values that no row has.
    values = together.chunk(together.num_chunks - 1).dictionary
    return arrow.texts(values), np.split(codes, ends[:-1])


def is_range(code: NDArray[np.int64]) -> bool:
    """Say whether the codes are 0, 1, 2, ...: every order once, in order."""
    return bool((code == np.arange(len(code))).all())
