"""Random draws in whole numbers only, so that one seed gives the same bytes on every machine.

A draw is a pure function of (seed, stream, index): nothing depends on the order of drawing, on the
size of a chunk, on numpy's own generators, or on the last bit of a floating-point function.
"""

from __future__ import annotations

from decimal import Context, Decimal
from enum import IntEnum, auto
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Keys = NDArray[np.uint64]
Ints = NDArray[np.int64]

_STEP: Final = 0x9E3779B97F4A7C15
_FIRST: Final = 0xBF58476D1CE4E5B9
_SECOND: Final = 0x94D049BB133111EB
_MASK: Final = (1 << 64) - 1
_WAIT_STEPS: Final = 4096
WAIT_UNIT: Final = 1000
"""The mean of :func:`waits`."""


class Stream(IntEnum):
    """What a draw decides; two decisions never share a stream."""

    KIND = auto()
    ARRIVAL = auto()
    RHYTHM = auto()
    GAP = auto()
    ORDER = auto()
    CLOCK = auto()
    BASKET = auto()
    LINE = auto()
    TASTE = auto()
    COUPON = auto()
    PAYMENT = auto()
    PARCEL = auto()
    REFUND = auto()
    REFUND_TIME = auto()
    NICK = auto()
    NAME = auto()
    PLACE = auto()
    STREET = auto()
    PHONE = auto()
    NOTE = auto()
    NUMBER = auto()
    DOCUMENT = auto()
    BUYERS_FILE = auto()
    REFUND_REPORT = auto()
    SECOND_NICK = auto()
    CHANNEL = auto()
    REFUND_REASON = auto()
    DELIVERY = auto()
    TROUBLE = auto()
    DEAD_PHONE = auto()
    REVIEWED = auto()
    SCORE = auto()
    REVIEW_TEXT = auto()
    REVIEW_TIME = auto()
    SECOND_REVIEW = auto()
    REVIEW_NUMBER = auto()
    MEMBER = auto()
    GENDER = auto()
    BIRTHDAY = auto()
    BIRTHDAY_FORM = auto()
    JOINED = auto()
    POINTS = auto()
    CONTACT = auto()
    MEMBER_LIST = auto()
    MOVED = auto()
    STOCK = auto()
    REDEEMS = auto()
    REDEMPTION = auto()


@attrs.frozen
class Draws:
    """The random numbers of one shop.

    Attributes:
        seed: Any whole number from 0 to 2**64 - 1.

    Example:
        >>> draws = Draws(7)
        >>> one = draws.of(Stream.KIND, np.arange(3, dtype=np.uint64))
        >>> bool(one[2] == draws.of(Stream.KIND, np.array([2], np.uint64))[0])
        True
    """

    seed: int

    def of(self, stream: int, index: NDArray[Any]) -> Keys:
        """Draw 64 random bits for each index of a stream."""
        return splitmix(mix_one(mix_one(self.seed) + stream), index)


def mix_one(number: int) -> int:
    """Scramble one 64-bit number: the finaliser of SplitMix64 after one step.

    References:
        Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators, figure 17.
    """
    mixed = (number + _STEP) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * _FIRST) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * _SECOND) & _MASK
    return mixed ^ (mixed >> 31)


def splitmix(seed: int, index: NDArray[Any]) -> Keys:
    """Give the outputs number ``index`` (from 0) of SplitMix64 started at ``seed``.

    Args:
        seed: State of the generator, 0 to 2**64 - 1.
        index: Which outputs; any integer dtype, shape ``(n,)``.

    Returns:
        The outputs; ``uint64``, shape ``(n,)``.
    """
    mixed: Keys = index.astype(np.uint64)
    mixed *= np.uint64(_STEP)
    mixed += np.uint64((seed + _STEP) & _MASK)
    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def below(bits: Keys, limit: int | NDArray[Any], *, low: bool = False) -> Ints:
    """Turn 32 of the 64 bits into whole numbers from 0 to ``limit`` - 1.

    Args:
        bits: Draws; ``uint64``, shape ``(n,)``.
        limit: How many outcomes there are, at most 2**31; one number or shape ``(n,)``.
        low: Use the low 32 bits, so that one draw can decide two things.

    Returns:
        Outcomes; ``int64``, shape ``(n,)``.
    """
    half = bits & np.uint64(0xFFFFFFFF) if low else bits >> np.uint64(32)
    # Below 2**32 times at most 2**31 stays inside int64.
    return (half.astype(np.int64) * limit) >> 32


@attrs.frozen(eq=False)
class Choice:
    """A weighted choice: one look-up entry for each unit of weight.

    Attributes:
        outcomes: The outcome of each unit of weight; shape ``(total_weight,)``.
    """

    outcomes: NDArray[np.int32]

    @classmethod
    def of(cls, weights: Sequence[int] | NDArray[Any]) -> Choice:
        """Choose ``0 .. n - 1`` in proportion to whole-number weights."""
        return cls(np.repeat(np.arange(len(weights), dtype=np.int32), np.asarray(weights)))

    def pick(self, bits: Keys, *, low: bool = False) -> NDArray[np.int32]:
        """Choose once for each draw."""
        return self.outcomes[below(bits, len(self.outcomes), low=low)]


@cache
def _wait_table() -> Ints:
    """Tabulate the exponential distribution with ``Decimal.ln``, which rounds the same everywhere."""
    context = Context(prec=20)
    steps = [Decimal(2 * i + 1) / (2 * _WAIT_STEPS) for i in range(_WAIT_STEPS)]
    return np.array([int((-s.ln(context) * WAIT_UNIT).to_integral_value()) for s in steps], np.int64)


def waits(bits: Keys, *, calls: int = 1) -> Ints:
    """Draw waiting times that are exponential, or more regular.

    Args:
        bits: Draws; ``uint64``, shape ``(n,)``.
        calls: Average this many exponential waits (1 to 5): 1 is a Poisson process, more is steadier.

    Returns:
        Times with mean :data:`WAIT_UNIT`; ``int64``, shape ``(n,)``.
    """
    table = _wait_table()
    total = np.zeros(len(bits), np.int64)
    for call in range(calls):
        total += table[((bits >> np.uint64(12 * call + 4)) & np.uint64(_WAIT_STEPS - 1)).astype(np.int64)]
    return total // calls
