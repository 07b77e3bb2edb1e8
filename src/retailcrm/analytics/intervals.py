"""Intervals around shares: how far chance alone could have moved them."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from retailcrm.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Ints


def wilson(
    successes: Ints, trials: Ints, *, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the score interval of each share: the true shares that the counts do not speak against.

    Unlike the textbook interval it stays within 0 and 1, and has a width for 0 of n and n of n.

    Args:
        successes: ``int64``, from 0 to ``trials``; shape ``(n,)``.
        trials: Same shape.
        level: How often such an interval holds the true share, between 0 and 1.

    Returns:
        Lower and upper ends, ``float64``; NaN without trials.

    Raises:
        InputError: ``level`` is not between 0 and 1, or successes are negative or more than the trials.

    Example:
        >>> low, high = wilson(np.array([0, 5]), np.array([10, 10]))
        >>> low.round(4).tolist(), high.round(4).tolist()
        ([0.0, 0.2366], [0.2775, 0.7634])

    References:
        Wilson (1927), Probable inference, the law of succession, and statistical inference. JASA 22,
        209-212.
    """
    if not 0 < level < 1:
        raise InputError(f"a level lies between 0 and 1, not at {level}")
    if (successes < 0).any() or (successes > trials).any():
        raise InputError("successes lie between 0 and the trials")
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    n = np.where(trials > 0, trials, np.nan).astype(np.float64)
    middle = (successes + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (successes * (n - successes) / n + z2 / 4)) / (n + z2)
    # Exactly 0 and 1 where nobody, or everybody, did: rounding would miss them by a hair.
    low = np.where(successes == 0, n * 0, middle - half)
    return low, np.where(successes == trials, n * 0 + 1, middle + half)
