"""Times that count from 1970 in UTC, in seconds or milliseconds: instants, whatever the file's zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from retailcrm.adapters.sources.cleaning import counts, quick_counts, within
from retailcrm.analytics.columns import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.adapters.sources.cleaning import Bad


def quick_unix(raw: Any, unit: int) -> tuple[NDArray[np.datetime64], Bad] | None:  # noqa: ANN401 - Arrow has no types
    """Parse a column in which every cell is empty or counts from 1970; ``None`` if one does not.

    Args:
        raw: A column as it stands in the file.
        unit: Microseconds that it counts.

    Returns:
        Instants, UTC, and which cells are empty.
    """
    found = quick_counts(raw)
    if found is None:
        return None
    times, beyond = within(_counted(found[0], unit))
    return None if beyond.any() else (times, found[1])


def unix_instants(texts: Any, unit: int) -> tuple[NDArray[np.datetime64], Bad]:  # noqa: ANN401
    """Parse counts from 1970.

    Args:
        texts: Arrow strings, null for none.
        unit: Microseconds that they count.

    Returns:
        ``datetime64[us]`` UTC with NaT, and which values were refused: no whole numbers, or no order's time.
    """
    numbers, bad = counts(texts)
    times, beyond = within(_counted(numbers, unit))
    return times, bad | beyond


def _counted(numbers: NDArray[np.int64], unit: int) -> NDArray[np.datetime64]:
    # What would overflow is beyond any order's time as well.
    limit = 2**62 // unit
    ticks = np.where(numbers == MISSING, MISSING, np.clip(numbers, -limit, limit) * unit)
    return ticks.view("datetime64[us]")
