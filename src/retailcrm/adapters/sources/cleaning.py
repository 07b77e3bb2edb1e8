"""Cleaning kernels: raw bytes of a column to texts, amounts, instants; bad values marked, never guessed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from retailcrm.adapters.sources import arrow
from retailcrm.adapters.sources.cleaning_values import (
    COUNT_DIGITS,
    EARLIEST,
    FINER,
    LATEST,
    count,
    moment,
    price_steps,
)
from retailcrm.analytics.columns import MISSING
from retailcrm.analytics.local_time import constant_offset
from retailcrm.domain.money import exponent, parse_amount
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PRICE_STEPS: Final = 10**FINER
"""A minor unit is this many steps of a unit price, so that prices such as 0.0425 stay exact."""

_LARGEST: Final = 9e18
"""Products beyond this would overflow."""

_EARLIEST: Final = np.datetime64(EARLIEST, "us")
_LATEST: Final = np.datetime64(LATEST, "us")

_PLAIN_DIRECTIVES: Final = frozenset("YmdHMS")
"""Of ``strptime`` patterns: those that Arrow reads as Python does."""

BLANKS: Final = " \t\r\n\u00a0\u3000\u200b\ufeff"
_LONGEST_NO_VALUE: Final = 5
_ALPHANUMERIC: Final = np.array([chr(i).isalnum() and i < 128 for i in range(256)])  # noqa: PLR2004 - ASCII
_SOLID: Final = _ALPHANUMERIC | np.array([0x80 <= i < 0xC0 or 0xE4 <= i <= 0xE9 for i in range(256)])  # noqa: PLR2004 - UTF-8
"""Bytes of ASCII letters, digits and U+4000 to U+9FFF, most Chinese characters: no blank is among them."""

_GLANCE: Final = 64

NO_VALUE: Final = ("", "null", "NULL", "-", "无退款申请", "没有申请退款")
_GUARDED: Final = r"^'([0-9]|\s*[=+\-@＝＋－＠])"
_PROTECTED: Final = r'^="([^"]*)"$'

Bad = NDArray[np.bool_]


def decoded(values: Any, encoding: str) -> tuple[Any, Bad]:  # noqa: ANN401 - Arrow has no types
    """Decode a binary array into strings; undecodable values become null and are marked bad."""
    none_bad = np.zeros(len(values), np.bool_)
    if pa.types.is_string(values.type):
        return values, none_bad
    if encoding == "utf-8" or _is_ascii(values):
        try:
            return values.cast(pa.string()), none_bad
        except pa.ArrowInvalid:
            return _decoded_singly(values, encoding)
    together = _decoded_together(values, encoding)
    return (together, none_bad) if together is not None else _decoded_singly(values, encoding)


def _is_ascii(values: Any) -> bool:  # noqa: ANN401
    data = values.buffers()[2]
    return data is None or not np.frombuffer(data, np.uint8).max(initial=0) & 0x80


def _decoded_together(values: Any, encoding: str) -> Any:  # noqa: ANN401
    """Decode all values in one call, joined by newlines; ``None`` if that is not safe."""
    filled = values.fill_null(b"")
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(filled)], pa.int32()), filled), b"\n")[
        0
    ].as_py()
    try:
        data = np.frombuffer(joined.decode(encoding).encode(), np.uint8)
    except UnicodeDecodeError:
        return None
    ends = np.flatnonzero(data == ord("\n"))
    if len(ends) != len(values) - 1:
        return None
    offsets = np.concatenate([[0], ends - np.arange(len(ends)), [len(data) - len(ends)]]).astype(np.int32)
    texts = pa.StringArray.from_buffers(
        len(values), pa.py_buffer(offsets), pa.py_buffer(data[data != ord("\n")])
    )
    return pc.if_else(values.is_valid(), texts, None) if values.null_count else texts


def _decoded_singly(values: Any, encoding: str) -> tuple[Any, Bad]:  # noqa: ANN401
    bad = np.zeros(len(values), np.bool_)
    texts: list[str | None] = []
    for i, value in enumerate(values.to_pylist()):
        try:
            texts.append(None if value is None else value.decode(encoding))
        except UnicodeDecodeError:
            texts.append(None)
            bad[i] = True
    return pa.array(texts, pa.string()), bad


def is_plain(texts: Any) -> bool:  # noqa: ANN401
    """Say that every text is of ASCII letters and digits only, and longer than any word for "no value".

    Such a column needs no cleaning; ids and order numbers mostly are so.
    """
    if not len(texts) or texts.null_count or texts.buffers()[-1] is None:
        return False
    if (pc.min(pc.binary_length(texts)).as_py() or 0) <= _LONGEST_NO_VALUE:
        return False
    data = np.frombuffer(texts.buffers()[-1], np.uint8)
    # Most columns that are not plain show it at once.
    return bool(_ALPHANUMERIC[data[:_GLANCE]].all() and _ALPHANUMERIC[data].all())


def cleaned(texts: Any, no_value: tuple[str, ...] = NO_VALUE) -> Any:  # noqa: ANN401
    """Strip blanks, spreadsheet protection (``="..."``, a leading ``'``), and words for "no value"."""
    if is_plain(texts):
        return texts
    return _without(texts if _is_solid(texts) else _stripped(texts), no_value)


def _is_solid(texts: Any) -> bool:  # noqa: ANN401
    """Say that no text holds anything that could have to be stripped."""
    data, _ = arrow.content(texts)
    return bool(_SOLID[data[:_GLANCE]].all() and _SOLID[data].all())


def _without(texts: Any, no_value: tuple[str, ...]) -> Any:  # noqa: ANN401
    """Take words for "no value" out; their lengths alone show that most columns have none."""
    lengths = np.diff(arrow.content(texts)[1])
    if not np.isin(lengths, [len(word.encode()) for word in no_value], kind="table").any():
        return texts
    empty = pc.is_in(texts, value_set=pa.array(no_value, pa.string()))
    return pc.if_else(empty, None, texts) if pc.any(empty).as_py() else texts


def _stripped(texts: Any) -> Any:  # noqa: ANN401
    texts = pc.utf8_trim(texts, BLANKS)
    protected = pc.starts_with(texts, '="')
    if len(texts) and _all_protected(texts, protected):
        # Whole columns of order numbers are: cutting is much faster than matching.
        texts = pc.utf8_trim(pc.utf8_slice_codeunits(texts, 2, -1), BLANKS)
    elif pc.any(protected).as_py():
        texts = pc.utf8_trim(pc.replace_substring_regex(texts, _PROTECTED, r"\1"), BLANKS)
    if pc.any(pc.starts_with(texts, "'")).as_py():
        texts = pc.utf8_trim(pc.replace_substring_regex(texts, _GUARDED, r"\1"), BLANKS)
    return texts


def _all_protected(texts: Any, opens: Any) -> bool:  # noqa: ANN401
    """Say whether every text is ``="..."`` without a quote within."""
    if not (pc.all(opens).as_py() and pc.all(pc.ends_with(texts, '"')).as_py()):
        return False
    inner = pc.utf8_slice_codeunits(texts, 2, -1)
    return (
        pc.min(pc.binary_length(texts)).as_py() > len('="')
        and not pc.any(pc.match_substring(inner, '"')).as_py()
    )


def distinct(texts: Any, parse: Callable[[str], Any], kind: Any) -> tuple[Any, Bad]:  # noqa: ANN401
    """Parse each distinct value once; what ``parse`` refuses becomes null and is marked bad."""
    coded = texts.dictionary_encode()
    parsed: list[Any] = []
    refused = np.zeros(len(coded.dictionary) + 1, np.bool_)
    for i, value in enumerate(coded.dictionary.to_pylist()):
        try:
            parsed.append(parse(value))
        except InputError:
            parsed.append(None)
            refused[i] = True
    codes = coded.indices.fill_null(len(parsed)).to_numpy(zero_copy_only=False)
    return pc.take(pa.array([*parsed, None], kind), pa.array(codes)), refused[codes]


def quick_texts(raw: Any, greatest: int) -> Any:  # noqa: ANN401
    """Take plain ASCII as texts without copying, empty cells as null; ``None`` for anything else.

    Args:
        raw: A column as it stands in the file.
        greatest: The greatest byte that a plain cell may hold.
    """
    data = raw.buffers()[2]
    if data is not None and np.frombuffer(data, np.uint8).max(initial=0) > greatest:
        return None
    texts = raw.cast(pa.string())
    empty = pc.equal(pc.binary_length(texts), 0)
    return pc.if_else(empty, None, texts) if pc.any(empty).as_py() else texts


def _quick(raw: Any, kind: Any, greatest: str) -> tuple[Any, Bad] | None:  # noqa: ANN401
    texts = quick_texts(raw, ord(greatest))
    if texts is None:
        return None
    try:
        return pc.cast(texts, kind), arrow.nulls(texts)
    except pa.ArrowInvalid:
        return None


def quick_amounts(raw: Any, currency: str) -> tuple[NDArray[np.int64], Bad] | None:  # noqa: ANN401
    """Parse a column in which every cell is empty or a plain decimal; ``None`` if one is not.

    Returns:
        Minor units, and which cells are empty.
    """
    # Letters are beyond "9": Arrow would take 1.9E+15, which a spreadsheet made of an order number.
    found = _quick(raw, pa.decimal128(18, exponent(currency)), "9")
    return None if found is None else (arrow.minor_units(found[0]), found[1])


def quick_counts(raw: Any) -> tuple[NDArray[np.int64], Bad] | None:  # noqa: ANN401
    """Parse a column in which every cell is empty or a whole number; ``None`` if one is not."""
    found = _quick(raw, pa.int64(), "9")
    if found is None:
        return None
    pieces = arrow.whole(found[0])
    return None if _too_many(pieces[~found[1]]) else (pieces, found[1])


def _too_many(pieces: NDArray[np.int64]) -> bool:
    limit = 10**COUNT_DIGITS
    return bool(pieces.max(initial=0) >= limit or pieces.min(initial=0) <= -limit)


def quick_prices(raw: Any, currency: str) -> tuple[NDArray[np.int64], Bad] | None:  # noqa: ANN401
    """Parse a column of unit prices in which every cell is empty or a plain decimal, as :func:`prices`."""
    found = _quick(raw, pa.decimal128(18, exponent(currency) + FINER), "9")
    return None if found is None else (arrow.minor_units(found[0]), found[1])


def quick_instants(raw: Any, zone: str) -> tuple[NDArray[np.datetime64], Bad] | None:  # noqa: ANN401
    """Parse a column in which every cell is empty or an ISO 8601 local time; ``None`` if one is not.

    Returns:
        Instants, UTC, and which cells are empty.
    """
    found = _quick(raw, pa.timestamp("us"), "~")
    if found is None:
        return None
    times = _in_utc(found[0], zone)
    return None if _beyond(times).any() else (times, found[1])


def typed_instants(column: Any, zone: str) -> tuple[NDArray[np.datetime64], Bad]:  # noqa: ANN401
    """Give an Arrow timestamp column as UTC instants; without a zone of its own it is local.

    What is finer than a microsecond is cut off.

    Returns:
        As :func:`instants`.
    """
    if column.type.tz is None:
        return within(_in_utc(pc.cast(column, pa.timestamp("us"), safe=False), zone))
    return within(arrow.instants(pc.cast(column, pa.timestamp("us", "UTC"), safe=False)))


def written_instants(column: Any) -> Any:  # noqa: ANN401
    """Write an Arrow timestamp column as texts: local time, or UTC with its offset."""
    known = "UTC" if column.type.tz else None
    pattern = "%Y-%m-%d %H:%M:%S+00:00" if known else "%Y-%m-%d %H:%M:%S"
    return pc.strftime(pc.cast(column, pa.timestamp("us", known), safe=False), pattern)


def within(times: NDArray[np.datetime64]) -> tuple[NDArray[np.datetime64], Bad]:
    """Give times with those missing that no order can have, and which they are."""
    bad = _beyond(times)
    return np.where(bad, np.datetime64("NaT", "us"), times) if bad.any() else times, bad


def _beyond(times: NDArray[np.datetime64]) -> Bad:
    """Mark times that no order can have: programs write the year 1 or 9999 where they know none."""
    return (times < _EARLIEST) | (times >= _LATEST)


def _in_utc(local: Any, zone: str) -> NDArray[np.datetime64]:  # noqa: ANN401
    """Take local times as UTC instants: by one subtraction where the zone's offset does not change."""
    times = arrow.instants(local)
    told = times[~np.isnat(times)] if local.null_count else times
    if not len(told):
        return times
    day = np.timedelta64(1, "D")
    offset = constant_offset(zone, told.min() - day, told.max() + day)
    if offset is not None:
        return times - offset
    # A time that the clock skipped has the offset of before the gap: Arrow gives the gap's last moment
    # before, and how far that is from the time asked for.
    before = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="earliest")
    return arrow.instants(before) + (times - arrow.instants(pc.local_timestamp(before)))


def amounts(texts: Any, currency: str) -> tuple[NDArray[np.int64], Bad]:  # noqa: ANN401
    """Parse decimal texts into minor units: plain ones at once, the others one by one."""
    kind = pa.decimal128(18, exponent(currency))
    # Arrow would take 1.9E+15, which a spreadsheet made of an order number, for an amount.
    if not pc.any(pc.match_substring_regex(texts, "[eE]")).as_py():
        try:
            return arrow.minor_units(pc.cast(texts, kind)), np.zeros(len(texts), np.bool_)
        except pa.ArrowInvalid:
            pass
    parsed, bad = distinct(texts, lambda text: parse_amount(text, currency), pa.int64())
    return arrow.whole(parsed), bad


def instants(texts: Any, zone: str, pattern: str | None = None) -> tuple[NDArray[np.datetime64], Bad]:  # noqa: ANN401
    """Parse local times into UTC instants.

    Args:
        texts: Arrow strings, null for none.
        zone: IANA zone of times that carry no offset.
        pattern: ``strptime`` pattern; ``None`` accepts ISO 8601 and ``2020/2/21 0:00``.

    Returns:
        ``datetime64[us]`` UTC with NaT, and which values were refused: no times, or none of an order's.
    """
    local = _local_times(texts, pattern)
    if local is None:
        parsed, bad = distinct(texts, lambda text: moment(text, zone, pattern), pa.timestamp("us"))
        return arrow.instants(parsed), bad
    return within(_in_utc(local, zone))


def _local_times(texts: Any, pattern: str | None) -> Any:  # noqa: ANN401
    """Parse all texts at once; ``None`` if one of them is not plain."""
    if pattern is None:
        try:
            return pc.cast(texts, pa.timestamp("us"))
        except pa.ArrowInvalid:
            return None
    if not set(re.findall("%(.)", pattern)) <= _PLAIN_DIRECTIVES:
        return None
    local = pc.strptime(texts, pattern, "s", error_is_null=True)
    # Arrow makes the first of March of the thirtieth of February, and takes 2020022 for a date:
    # only what it would write the same is certain.
    same = pc.equal(pc.strftime(local, pattern), texts)
    certain = pc.or_(texts.is_null(), pc.fill_null(same, fill_value=False))
    return local.cast(pa.timestamp("us")) if pc.all(certain).as_py() else None


def counts(texts: Any) -> tuple[NDArray[np.int64], Bad]:  # noqa: ANN401
    """Parse whole numbers of pieces (``6``, ``6.0``, ``-1``, ``1,200``)."""
    parsed, bad = distinct(texts, count, pa.int64())
    return arrow.whole(parsed), bad


def states(
    texts: Any,  # noqa: ANN401
    table: Mapping[str, int],
    normalise: Callable[[str], str],
) -> tuple[NDArray[np.int8], Bad]:
    """Look states up, null as -1; an unknown text becomes 0 (unknown) and is marked."""
    coded = texts.dictionary_encode()
    found = [table.get(normalise(text), 0) for text in coded.dictionary.to_pylist()]
    codes = coded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
    looked_up = np.asarray([*found, -1], np.int8)[codes]
    return looked_up, looked_up == 0


def prices(texts: Any, currency: str) -> tuple[NDArray[np.int64], Bad]:  # noqa: ANN401
    """Parse unit prices exactly, as whole numbers of 10**-6 minor units (see :data:`PRICE_STEPS`)."""
    parsed, bad = distinct(texts, lambda text: price_steps(text, currency), pa.int64())
    return arrow.whole(parsed), bad


def products(quantity: NDArray[np.int64], unit_prices: NDArray[np.int64]) -> tuple[NDArray[np.int64], Bad]:
    """Multiply quantity by exact unit price, each line rounded half away from zero to minor units.

    Args:
        quantity: Pieces, MISSING where not told; shape ``(n,)``.
        unit_prices: From :func:`prices`, same shape.

    Returns:
        Minor units, MISSING where a factor is, and which products are too large to be money.
    """
    missing = (unit_prices == MISSING) | (quantity == MISSING)
    price, pieces = np.where(missing, 0, unit_prices), np.where(missing, 0, quantity)
    bad = np.abs(price.astype(np.float64) * pieces) > _LARGEST
    scaled = np.where(bad, 0, price) * np.where(bad, 0, pieces)
    rounded = np.sign(scaled) * ((np.abs(scaled) + PRICE_STEPS // 2) // PRICE_STEPS)
    return np.where(missing | bad, MISSING, rounded), bad
