"""How figures and their names are written for the page: whole minor units, sentence case, ISO dates."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from retailcrm.analytics.local_time import local_day
from retailcrm.domain.labels import Label


def rounded(part: int, whole: int) -> int | None:
    """Divide minor units, half a unit away from zero.

    Args:
        part: Minor units.
        whole: What they are shared among.

    Returns:
        Minor units; ``None`` where nobody shares.

    Example:
        >>> rounded(5, 2), rounded(-5, 2), rounded(1, 0)
        (3, -3, None)
    """
    if not whole:
        return None
    value = Fraction(part, whole)
    return int(value + Fraction(1, 2)) if value >= 0 else -int(-value + Fraction(1, 2))


def sentence_case(label: Label) -> Label:
    """Begin the English words with a capital, as they stand alone in a table.

    Example:
        >>> sentence_case(Label("净销售额", "net sales")).en
        'Net sales'
    """
    return Label(label.zh, label.en[:1].upper() + label.en[1:])


def iso(day: int) -> str:
    """Write a local day, days from 1970-01-01, as an ISO date.

    Example:
        >>> iso(19783)
        '2024-03-01'
    """
    return str(np.datetime64(day, "D"))


def iso_day(at: np.datetime64, zone: str) -> str | None:
    """Write the local day of an instant; ``None`` for NaT."""
    return None if np.isnat(at) else iso(local_day(at, zone))


def as_float(value: Fraction | None) -> float | None:
    """Round an exact share for the page."""
    return None if value is None else float(value)
