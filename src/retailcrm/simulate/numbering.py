"""Order numbers that look like the platform's: all different, rising with time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.simulate.randomness import Draws, Stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMBER_WIDTH: Final = 19
SUB_ORDERS: Final = 10
"""Numbers kept free after each order number for its sub-orders."""

_SHORT_SHARE: Final = 10
_SHORT_FROM, _SHORT_SPAN = 310_000_000_000_000_000, 180_000_000_000_000_000
_LONG_FROM, _LONG_SPAN = 1_100_000_000_000_000_000, 3_300_000_000_000_000_000


def numbers_of(
    draws: Draws, key: NDArray[np.uint64], rows: NDArray[np.int64], orders: int
) -> NDArray[np.int64]:
    """Number some of a shop's orders; the first tenth has 18 digits, the rest 19.

    Args:
        draws: The shop's random numbers.
        key: Key of each order; ``uint64``, shape ``(n,)``.
        rows: Place of each in the shop's order of time; ``int64``, shape ``(n,)``.
        orders: How many orders the shop has.

    Returns:
        The numbers; ``int64``, shape ``(n,)``.
    """
    short = -(-orders // _SHORT_SHARE)
    is_short = rows < short
    steps = (_SHORT_SPAN // short, _LONG_SPAN // max(orders - short, 1))
    step = np.where(is_short, *steps)
    base = np.where(is_short, _SHORT_FROM + rows * steps[0], _LONG_FROM + (rows - short) * steps[1])
    # The last tenth of each step stays free: room for sub-orders, and never the next order's number.
    spread = (step - step // 10).astype(np.uint64)
    numbers: NDArray[np.int64] = base + (draws.of(Stream.NUMBER, key) % spread).astype(np.int64)
    return numbers
