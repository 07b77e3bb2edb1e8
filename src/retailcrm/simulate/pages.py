"""Text for many rows at once: fixed-width cells padded with NUL, squeezed into bytes at the end.

NUL occurs in no text of ours and inside no character of UTF-8 or GB18030, so cells of different
lengths may stand side by side in one block and a single pass takes the padding out.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from retailcrm.analytics.columns import Texts

if TYPE_CHECKING:
    from collections.abc import Sequence

Cells = NDArray[np.uint8]
"""Texts of equal width, padded with NUL; shape ``(n_rows, width)``."""

Part = bytes | Cells
"""What a row is built of: the same bytes on every row, or cells."""

_ZERO: Final = ord("0")
_GROUP: Final = 10_000
_YUAN_LIMIT: Final = 100_000
_DAY_US: Final = 86_400_000_000
_SECOND_US: Final = 1_000_000


def cells_of(texts: Sequence[str], encoding: str = "utf-8") -> Cells:
    """Encode a pool of texts, to be picked from by position."""
    raw = [text.encode(encoding) for text in texts]
    width = max(1, *(len(r) for r in raw), 1)
    return np.frombuffer(b"".join(r.ljust(width, b"\0") for r in raw), np.uint8).reshape(len(raw), width)


def quoted(texts: Sequence[str]) -> list[str]:
    """Double the quotes, as CSV wants inside a quoted cell."""
    return [text.replace('"', '""') for text in texts]


def squeeze(parts: Sequence[Part], rows: int) -> bytearray:
    """Write the parts of every row one after the other, without padding.

    Args:
        parts: Constants and cells, in order.
        rows: How many rows there are.

    Returns:
        The text of all rows.
    """
    merged = _merge_constants(parts)
    widths = [len(part) if isinstance(part, bytes) else part.shape[1] for part in merged]
    page = bytearray(rows * sum(widths))
    block = np.frombuffer(page, np.uint8).reshape(rows, sum(widths))
    at = 0
    for part, width in zip(merged, widths, strict=True):
        block[:, at : at + width] = np.frombuffer(part, np.uint8) if isinstance(part, bytes) else part
        at += width
    return page.translate(None, b"\0")


def _merge_constants(parts: Sequence[Part]) -> list[Part]:
    """Join neighbouring constants: each part costs a pass over the rows."""
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, bytes) and merged and isinstance(merged[-1], bytes):
            merged[-1] += part
        else:
            merged.append(part)
    return [part for part in merged if not isinstance(part, bytes) or part]


def texts_of(parts: Sequence[Part], rows: int) -> Texts:
    """Write one text a row, as a :class:`Texts` column."""
    offsets = np.zeros(rows + 1, np.int64)
    for part in parts:
        offsets[1:] += len(part) if isinstance(part, bytes) else np.count_nonzero(part, axis=1)
    np.cumsum(offsets, out=offsets)
    return Texts(np.frombuffer(squeeze(parts, rows), np.uint8), offsets)


@cache
def _four_digits() -> Cells:
    """Spell 0000 to 9999."""
    return cells_of([f"{number:04d}" for number in range(_GROUP)])


def digits(values: NDArray[Any], width: int) -> Cells:
    """Spell whole numbers with leading zeros; ``width`` digits, numbers at least 0."""
    groups = -(-width // 4)
    cells = np.empty((len(values), groups * 4), np.uint8)
    rest = values.astype(np.int64)
    for group in range(groups - 1, -1, -1):
        rest, four = np.divmod(rest, _GROUP) if group else (rest, rest)
        cells[:, group * 4 : group * 4 + 4] = _four_digits()[four]
    wanted: Cells = cells[:, groups * 4 - width :]
    return wanted


def number(values: NDArray[Any], width: int) -> Cells:
    """Spell whole numbers of at most ``width`` digits without leading zeros."""
    cells = digits(values, width)
    leading = np.logical_and.accumulate(cells[:, :-1] == _ZERO, axis=1)
    cells[:, :-1][leading] = 0
    return cells


def optional_number(values: NDArray[Any], width: int) -> Cells:
    """Spell whole numbers, and nothing at all for 0."""
    cells = number(values, width)
    cells[values == 0] = 0
    return cells


@cache
def _yuan() -> Cells:
    """Spell 0 to 99999."""
    return number(np.arange(_YUAN_LIMIT), 5)


@cache
def _fen() -> Cells:
    """Spell .00 to .99."""
    return cells_of([f".{fen:02d}" for fen in range(100)])


def money(minor: NDArray[Any]) -> Cells:
    """Spell amounts below 100,000 yuan, such as ``598.00``.

    Args:
        minor: Amounts in fen, at least 0; shape ``(n,)``.

    Returns:
        Cells of width 8.
    """
    yuan, fen = np.divmod(minor, 100)
    return np.concatenate((_yuan()[yuan], _fen()[fen]), axis=1)


@cache
def _times_of_day() -> Cells:
    """Spell every second of a day, after a blank."""
    seconds = np.arange(86_400)
    parts = [digits(seconds // unit % base, 2) for unit, base in ((3600, 24), (60, 60), (1, 60))]
    mark = np.full((86_400, 1), ord(":"), np.uint8)
    blank = np.full((86_400, 1), ord(" "), np.uint8)
    return np.concatenate((blank, parts[0], mark, parts[1], mark, parts[2]), axis=1)


@attrs.frozen(eq=False)
class Calendar:
    """Dates of a span of days, ready to be written.

    Attributes:
        first: The first day, local.
        dates: ``2023-01-01`` and so on; shape ``(n_days + 1, 10)``, the last row empty.
        compact: ``20230101`` and so on; shape ``(n_days + 1, 8)``, the last row empty.
    """

    first: np.datetime64
    dates: Cells
    compact: Cells

    @classmethod
    def of(cls, first: np.datetime64, days: int) -> Calendar:
        """Spell ``days`` days from ``first`` on."""
        span = [str(day) for day in first.astype("datetime64[D]") + np.arange(days)]
        return cls(
            first.astype("datetime64[us]"),
            cells_of([*span, ""]),
            cells_of([*(day.replace("-", "") for day in span), ""]),
        )

    def split(self, local: NDArray[np.datetime64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Split local instants into day and second of day; NaT gives the day -1."""
        missing = np.isnat(local)
        elapsed = np.where(missing, self.first, local) - self.first
        day, rest = np.divmod(elapsed.astype(np.int64), _DAY_US)
        return np.where(missing, -1, day), rest // _SECOND_US

    def stamps(self, local: NDArray[np.datetime64]) -> Cells:
        """Spell ``2023-01-01 10:00:00``; nothing where NaT."""
        day, second = self.split(local)
        times = _times_of_day()[second]
        times[day < 0] = 0
        return np.concatenate((self.dates[day], times), axis=1)

    def days(self, local: NDArray[np.datetime64]) -> Cells:
        """Spell ``20230101``; nothing where NaT."""
        return self.compact[self.split(local)[0]]
