"""Where people buy: on the phone, more of them every year, or at the computer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.simulate.randomness import Stream, below

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.progress import Instants
    from retailcrm.simulate.randomness import Draws

CHANNELS: Final = ("电脑", "手机")
"""What the codes of a channel mean."""

MOBILE_PERCENT: Final = (80, 83, 86, 89, 91, 93, 94, 95, 96, 96, 97, 97)
"""How many of 100 orders are placed on the phone, in each year from 2019 on."""

_FIRST_YEAR: Final = 2019


def channels_of(draws: Draws, key: NDArray[np.uint64], local: Instants) -> NDArray[np.int32]:
    """Say where some orders were placed.

    Args:
        draws: The shop's random numbers.
        key: Key of each order; ``uint64``, shape ``(n_orders,)``.
        local: When each was placed, on the shop's clock.

    Returns:
        Positions in :data:`CHANNELS`; ``int32``.
    """
    year = local.astype("datetime64[Y]").astype(np.int64) + 1970 - _FIRST_YEAR
    percent = np.array(MOBILE_PERCENT, np.int64)[year]
    return (below(draws.of(Stream.CHANNEL, key), 100) < percent).astype(np.int32)
