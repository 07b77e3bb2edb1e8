"""Stable 64-bit hashes of many texts at once, for partitions and made-up keys; not for secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Texts

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_BASE: Final = np.uint64(0xD1342543DE82EF95)
_HEX: Final = np.frombuffer(b"0123456789abcdef", np.uint8)


def hash_texts(texts: Texts) -> NDArray[np.uint64]:
    """Hash each text: the same text gives the same number on every machine and in every run.

    Args:
        texts: Shape ``(n,)``.

    Returns:
        ``uint64``, shape ``(n,)``.

    Example:
        >>> from retailcrm.analytics.columns import Texts
        >>> a, b = hash_texts(Texts.of(["小明", "小明"])).tolist()
        >>> a == b
        True

    References:
        Polynomial hash modulo 2**64, finished by SplitMix64's mixer (Steele, Lea and Flood 2014,
        Fast splittable pseudorandom number generators, figure 15).
    """
    lengths = np.diff(texts.offsets)
    data = texts.data[texts.offsets[0] : texts.offsets[-1]]
    place = np.arange(len(data), dtype=np.int64) - np.repeat(texts.offsets[:-1] - texts.offsets[0], lengths)
    powers = np.cumprod(np.full(int(lengths.max(initial=0)) + 1, _BASE, np.uint64))
    sums = np.zeros(len(data) + 1, np.uint64)
    # Unsigned sums wrap around, so a difference of running sums is the sum of a text's own bytes.
    np.cumsum((data.astype(np.uint64) + np.uint64(1)) * powers[place], out=sums[1:])
    ends = texts.offsets - texts.offsets[0]
    return mix(sums[ends[1:]] - sums[ends[:-1]] + lengths.astype(np.uint64) * _STEP)


def mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread 64-bit numbers so that every bit depends on every bit (SplitMix64's mixer)."""
    mixed = values + _STEP
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def hex_texts(values: NDArray[np.uint64], digits: int = 16) -> NDArray[np.uint8]:
    """Write numbers as lower-case hexadecimal.

    Args:
        values: ``uint64``, shape ``(n,)``.
        digits: How many of the lowest digits.

    Returns:
        ASCII bytes, ``uint8``, shape ``(n, digits)``.
    """
    shifts = np.arange(digits - 1, -1, -1, dtype=np.uint64) * np.uint64(4)
    return _HEX[((values[:, None] >> shifts) & np.uint64(15)).astype(np.intp)]
