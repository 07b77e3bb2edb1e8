"""What one piece of advice holds."""

from __future__ import annotations

import attrs

from retailcrm.domain.labels import Label


@attrs.frozen(kw_only=True)
class Advice:
    """One thing to do.

    Attributes:
        key: Stable word for programs.
        text: What to do.
        reason: The figures it follows from, and the threshold they crossed.
    """

    key: str
    text: Label
    reason: Label


def points_limit(fraction: float) -> Label:
    """Write a threshold that is a difference of rates, which is whole percentage points.

    Example:
        >>> points_limit(0.02).en
        '2 points'
    """
    return Label(zh=f"{fraction * 100:.0f} 个百分点", en=f"{fraction * 100:.0f} points")


def limit(fraction: float) -> str:
    """Write a threshold, which is whole per cent."""
    return f"{fraction:.0%}"
