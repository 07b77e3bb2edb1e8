"""Between Arrow arrays and our own columns, without a Python object for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.analytics.columns import INSTANT, MISSING, Coded, Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray


def texts(array: Any) -> Texts:  # noqa: ANN401 - Arrow has no types
    """Wrap an Arrow string array without nulls; the bytes are shared."""
    large = array.fill_null("").cast(pa.large_string())
    if not len(large):
        return Texts(np.empty(0, np.uint8), np.zeros(1, np.int64))
    _, offsets, data = large.buffers()
    ends = np.frombuffer(offsets, np.int64)[large.offset : large.offset + len(large) + 1]
    return Texts(np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8), ends)


def arrow_texts(column: Texts) -> Any:  # noqa: ANN401
    """Give a column of texts to Arrow; the bytes are shared."""
    offsets = np.ascontiguousarray(column.offsets, np.int64)
    data = np.ascontiguousarray(column.data)
    return pa.LargeStringArray.from_buffers(len(column), pa.py_buffer(offsets), pa.py_buffer(data))


def content(array: Any) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:  # noqa: ANN401
    """Give the bytes of an Arrow array of texts, and where they begin and end; nothing is copied.

    Returns:
        The bytes of all texts in one, and ``n + 1`` ends counted from the first byte.
    """
    _, offsets, data = array.buffers()
    if offsets is None or not len(array):
        return np.empty(0, np.uint8), np.zeros(len(array) + 1, np.int32)
    ends = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    whole = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
    return whole[ends[0] : ends[-1]], ends - ends[0] if ends[0] else ends


def first_words(array: Any, words: int) -> Any:  # noqa: ANN401
    """Cut a binary column after its first words, which blanks separate.

    The byte of a blank is never part of a character in UTF-8, GB18030 or Big5, so nothing is decoded.
    """
    plain = array.cast(pa.binary()) if not pa.types.is_binary(array.type) else array
    if not len(plain):
        return plain
    _, offsets, data = plain.buffers()
    ends = np.frombuffer(offsets, np.int32)[plain.offset : plain.offset + len(plain) + 1].astype(np.int64)
    content = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
    blanks = np.append(np.flatnonzero(content == ord(" ")), np.iinfo(np.int64).max)
    nth = np.minimum(np.searchsorted(blanks, ends[:-1]) + words - 1, len(blanks) - 1)
    stops = np.minimum(blanks[nth], ends[1:])
    lengths = stops - ends[:-1]
    cut = np.zeros(len(plain) + 1, np.int64)
    np.cumsum(lengths, out=cut[1:])
    where = np.repeat(ends[:-1] - cut[:-1], lengths) + np.arange(cut[-1])
    buffers = [None, pa.py_buffer(cut.astype(np.int32)), pa.py_buffer(content[where])]
    return pa.Array.from_buffers(pa.binary(), len(plain), buffers)


def recoded(codes: Any, entries: Any) -> Any:  # noqa: ANN401
    """Give a dictionary array in which each code stands for one of the entries.

    Args:
        codes: Arrow integers, null for none.
        entries: A dictionary array: what each code stands for, equal entries or none having become one.
    """
    if entries.null_count == 0 and len(entries) == len(entries.dictionary):
        # Nothing has become one: they stand in their own order.
        return pa.DictionaryArray.from_arrays(codes, entries.dictionary)
    places = np.append(entries.indices.fill_null(-1).to_numpy(zero_copy_only=False), -1).astype(np.int32)
    found = places[codes.fill_null(-1).to_numpy(zero_copy_only=False)]
    return pa.DictionaryArray.from_arrays(pa.array(found, mask=found < 0), entries.dictionary)


def coded(array: Any) -> Coded:  # noqa: ANN401
    """Wrap an Arrow dictionary array of strings; nulls become -1."""
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return Coded(codes, texts(array.dictionary))


def arrow_coded(column: Coded) -> Any:  # noqa: ANN401
    """Give a coded column to Arrow as a dictionary array."""
    codes = pa.array(column.codes, mask=column.codes < 0)
    return pa.DictionaryArray.from_arrays(codes, arrow_texts(column.values))


def nulls(array: Any) -> NDArray[np.bool_]:  # noqa: ANN401
    """Say which values of an Arrow array are null."""
    none: NDArray[np.bool_]
    if not array.null_count:
        none = np.zeros(len(array), np.bool_)
    else:
        none = array.is_null().to_numpy(zero_copy_only=False)
    return none


def whole(array: Any) -> NDArray[np.int64]:  # noqa: ANN401
    """Give an Arrow integer array as ``int64``, nulls as MISSING."""
    filled: NDArray[np.int64] = pc.fill_null(array.cast(pa.int64()), MISSING).to_numpy(zero_copy_only=False)
    return filled


def instants(array: Any) -> NDArray[np.datetime64]:  # noqa: ANN401
    """Give an Arrow timestamp array (UTC) as ``datetime64[us]``, nulls as NaT."""
    ticks: NDArray[np.int64] = whole(array.cast(pa.int64()))
    return ticks.view(INSTANT)


def minor_units(array: Any) -> NDArray[np.int64]:  # noqa: ANN401
    """Give the unscaled value of an Arrow decimal128 of at most 18 digits, nulls as MISSING."""
    words = np.frombuffer(array.buffers()[1], np.int64)[2 * array.offset : 2 * (array.offset + len(array))]
    units = words[::2].copy()
    if array.null_count:
        units[np.asarray(array.is_null())] = MISSING
    return units
