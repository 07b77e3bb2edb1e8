"""Days of the lunar calendar that shopping turns on, from the published calendars."""

from __future__ import annotations

from datetime import date
from typing import Final

LUNAR_NEW_YEARS: Final = (
    date(2019, 2, 5),
    date(2020, 1, 25),
    date(2021, 2, 12),
    date(2022, 2, 1),
    date(2023, 1, 22),
    date(2024, 2, 10),
    date(2025, 1, 29),
    date(2026, 2, 17),
    date(2027, 2, 6),
    date(2028, 1, 26),
    date(2029, 2, 13),
    date(2030, 2, 3),
)
"""First day of the first lunar month."""

MID_AUTUMNS: Final = (
    date(2019, 9, 13),
    date(2020, 10, 1),
    date(2021, 9, 21),
    date(2022, 9, 10),
    date(2023, 9, 29),
    date(2024, 9, 17),
    date(2025, 10, 6),
    date(2026, 9, 25),
    date(2027, 9, 15),
    date(2028, 10, 3),
    date(2029, 9, 22),
    date(2030, 9, 12),
)
"""Fifteenth day of the eighth lunar month."""
