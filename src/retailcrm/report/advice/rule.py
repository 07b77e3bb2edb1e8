"""What one piece of advice holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
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


def limit(fraction: float) -> str:
    """Write a threshold, which is whole per cent."""
    return f"{fraction:.0%}"
