"""Cleaning kernels: raw bytes of a column to texts, amounts, instants; bad values marked, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import MISSING
from retailcrm.analytics.local_time import constant_offset
from retailcrm.domain.money import exponent, parse_amount
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FINER: Final = 6
PRICE_STEPS: Final = 10**_FINER
"""A minor unit is this many steps of a unit price, so that prices such as 0.0425 stay exact."""

_LARGEST: Final = 9e18
"""Products beyond this would overflow."""

BLANKS: Final = " \t\r\n\u00a0\u3000\u200b\ufeff"
NO_VALUE: Final = ("", "null", "NULL", "-", "无退款申请", "没有申请退款")
_GUARDED: Final = r"^'([=+\-@＝＋－＠0-9])"
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


def cleaned(texts: Any, no_value: tuple[str, ...] = NO_VALUE) -> Any:  # noqa: ANN401
    """Strip blanks, spreadsheet protection (``="..."``, a leading ``'``), and words for "no value"."""
    texts = pc.utf8_trim(texts, BLANKS)
    protected = pc.starts_with(texts, '="')
    if pc.all(protected).as_py() and len(texts):
        # Whole columns of order numbers are protected: cutting is much faster than matching.
        texts = pc.utf8_rtrim(pc.utf8_slice_codeunits(texts, 2), '"')
    elif pc.any(protected).as_py():
        texts = pc.utf8_trim(pc.replace_substring_regex(texts, _PROTECTED, r"\1"), BLANKS)
    if pc.any(pc.starts_with(texts, "'")).as_py():
        texts = pc.replace_substring_regex(texts, _GUARDED, r"\1")
    empty = pc.is_in(texts, value_set=pa.array(no_value, pa.string()))
    return pc.if_else(empty, None, texts) if pc.any(empty).as_py() else texts


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


def _quick_texts(raw: Any) -> Any:  # noqa: ANN401
    """Take plain ASCII as texts without copying, empty cells as null; ``None`` for anything else."""
    if not _is_ascii(raw):
        return None
    texts = raw.cast(pa.string())
    empty = pc.equal(pc.binary_length(texts), 0)
    return pc.if_else(empty, None, texts) if pc.any(empty).as_py() else texts


def quick_amounts(raw: Any, currency: str) -> tuple[NDArray[np.int64], Bad] | None:  # noqa: ANN401
    """Parse a column in which every cell is empty or a plain decimal; ``None`` if one is not.

    Returns:
        Minor units, and which cells are empty.
    """
    texts = _quick_texts(raw)
    if texts is None or _has_letter_e(raw):
        return None
    try:
        units = pc.cast(texts, pa.decimal128(18, exponent(currency)))
    except pa.ArrowInvalid:
        return None
    return arrow.minor_units(units), np.asarray(texts.is_null())


def _has_letter_e(raw: Any) -> bool:  # noqa: ANN401
    """Arrow would take 1.9E+15, which a spreadsheet made of an order number, for an amount."""
    data = raw.buffers()[-1]
    return data is not None and bool(((np.frombuffer(data, np.uint8) | 0x20) == ord("e")).any())


def quick_counts(raw: Any) -> tuple[NDArray[np.int64], Bad] | None:  # noqa: ANN401
    """Parse a column in which every cell is empty or a whole number; ``None`` if one is not."""
    texts = _quick_texts(raw)
    if texts is None:
        return None
    try:
        return arrow.whole(pc.cast(texts, pa.int64())), np.asarray(texts.is_null())
    except pa.ArrowInvalid:
        return None


def quick_prices(raw: Any, currency: str) -> tuple[NDArray[np.int64], Bad] | None:  # noqa: ANN401
    """Parse a column of unit prices in which every cell is empty or a plain decimal, as :func:`prices`."""
    texts = _quick_texts(raw)
    if texts is None or _has_letter_e(raw):
        return None
    try:
        exact = pc.cast(texts, pa.decimal128(18, exponent(currency) + _FINER))
    except pa.ArrowInvalid:
        return None
    return arrow.minor_units(exact), np.asarray(texts.is_null())


def quick_instants(raw: Any, zone: str) -> tuple[NDArray[np.datetime64], Bad] | None:  # noqa: ANN401
    """Parse a column in which every cell is empty or an ISO 8601 local time; ``None`` if one is not.

    Returns:
        Instants, UTC, and which cells are empty.
    """
    texts = _quick_texts(raw)
    if texts is None:
        return None
    try:
        local = pc.cast(texts, pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    return _in_utc(local, zone), np.asarray(texts.is_null())


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
    return arrow.instants(pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="latest"))


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
        ``datetime64[us]`` UTC with NaT, and which values were refused.
    """
    local, bad = _local_times(texts, pattern)
    if local is None:
        parsed, bad = distinct(texts, lambda text: _moment(text, zone), pa.timestamp("us"))
        return arrow.instants(parsed), bad
    return _in_utc(local, zone), bad


def _local_times(texts: Any, pattern: str | None) -> tuple[Any, Bad]:  # noqa: ANN401
    if pattern is not None:
        local = pc.strptime(texts, pattern, "us", error_is_null=True)
        return local, np.asarray(pc.and_(texts.is_valid(), local.is_null()))
    try:
        return pc.cast(texts, pa.timestamp("us")), np.zeros(len(texts), np.bool_)
    except pa.ArrowInvalid:
        return None, np.zeros(len(texts), np.bool_)


_PATTERNS: Final = (
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M",
    "%Y%m%d",
    "%Y年%m月%d日",
)


def _moment(text: str, zone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text) if not text.isdigit() else datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - zone follows
    except ValueError:
        moment = _patterned(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC).replace(tzinfo=None)


def _patterned(text: str) -> datetime:
    for pattern in _PATTERNS:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is put on by the caller
        except ValueError:
            continue
    raise InputError(f"{text!r} is not a time such as 2024-03-25 22:30:00")


def counts(texts: Any) -> tuple[NDArray[np.int64], Bad]:  # noqa: ANN401
    """Parse whole numbers of pieces (``6``, ``6.0``, ``-1``)."""
    try:
        return arrow.whole(pc.cast(texts, pa.int64())), np.zeros(len(texts), np.bool_)
    except pa.ArrowInvalid:
        parsed, bad = distinct(texts, _count, pa.int64())
        return arrow.whole(parsed), bad


def _count(text: str) -> int:
    try:
        value = Decimal(text.replace(",", ""))
    except ArithmeticError as error:
        raise InputError(f"{text!r} is not a number") from error
    if not value.is_finite() or value != value.to_integral_value() or abs(value) >= 10**15:
        raise InputError(f"{text!r} is not a whole number of pieces")
    return int(value)


def states(
    texts: Any, table: Mapping[str, int], normalise: Callable[[str], str]
) -> tuple[NDArray[np.int8], Bad]:
    """Look states up, null as -1; an unknown text becomes 0 (unknown) and is marked."""
    coded = texts.dictionary_encode()
    found = [table.get(normalise(text), 0) for text in coded.dictionary.to_pylist()]
    codes = coded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
    looked_up = np.asarray([*found, -1], np.int8)[codes]
    return looked_up, looked_up == 0


def prices(texts: Any, currency: str) -> tuple[NDArray[np.int64], Bad]:  # noqa: ANN401
    """Parse unit prices exactly, as whole numbers of 10**-6 minor units (see :data:`PRICE_STEPS`)."""
    digits = exponent(currency) + _FINER
    parsed, bad = distinct(texts, lambda text: _scaled(text, digits), pa.int64())
    return arrow.whole(parsed), bad


def products(
    quantity: NDArray[np.int64], unit_prices: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Bad]:
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


def _scaled(text: str, digits: int) -> int:
    try:
        value = Decimal(text.replace(",", "").lstrip("¥￥$€£")) * 10**digits
    except ArithmeticError as error:
        raise InputError(f"{text!r} is not a price") from error
    if not value.is_finite() or value != value.to_integral_value() or abs(value) >= 10**18:
        raise InputError(f"{text!r} is not a price")
    return int(value)
