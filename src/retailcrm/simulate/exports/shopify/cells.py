"""Cells of a Shopify export: nothing is quoted that need not be, and most are empty on most rows."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from retailcrm.simulate.pages import cells_of, squeeze

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.simulate.pages import Calendar, Cells, Part
    from retailcrm.simulate.progress import Instants

_QUARTER: Final = 900
"""Seconds; no zone changes its offset within a quarter of an hour."""


def body(names: Sequence[str], columns: Mapping[str, Sequence[Part]], rows: int) -> bytearray:
    """Write rows; columns not mentioned are empty."""
    parts: list[Part] = []
    for name in names:
        parts += [b",", *columns.get(name, ())]
    return squeeze([*parts[1:], b"\n"], rows)


@cache
def pool(texts: tuple[str, ...]) -> Cells:
    """Encode a pool of texts, each quoted if it has to be."""
    return cells_of([_spelt(text) for text in texts])


def _spelt(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n') else text


def only(parts: Sequence[Part], there: NDArray[np.bool_]) -> list[Part]:
    """Empty the cells of the rows that have none."""
    cells = [
        np.frombuffer(part, np.uint8)[None, :] if isinstance(part, bytes) else part
        for part in parts
        if len(part)
    ]
    return [np.where(there[:, None], part, np.uint8(0)) for part in cells]


def either(flag: NDArray[np.bool_], yes: str, no: str) -> list[Part]:
    """Spell a flag."""
    return [pool((no, yes))[flag.astype(np.int64)]]


def stamps(times: Instants, zone: str, calendar: Calendar) -> list[Part]:
    """Spell instants on a zone's clock with its offset, ``2025-11-06 15:24:16 +0530``; nothing where NaT."""
    told = ~np.isnat(times)
    seconds = np.where(told, times, np.datetime64(0, "us")).astype("datetime64[s]").astype(np.int64)
    quarters, which = np.unique(seconds // _QUARTER, return_inverse=True)
    minutes = np.array([_offset(int(quarter) * _QUARTER, zone) for quarter in quarters], np.int64)[which]
    offsets, which = np.unique(minutes, return_inverse=True)
    local = times + minutes.astype("timedelta64[m]")
    spelt = cells_of(
        [f" {'-' if m < 0 else '+'}{abs(m) // 60:02d}{abs(m) % 60:02d}" for m in offsets.tolist()]
    )
    return [calendar.stamps(local), *only([spelt[which]], told)]


def _offset(second: int, zone: str) -> int:
    away = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    assert away is not None  # noqa: S101 - a ZoneInfo always knows; tells the type checker
    return int(away.total_seconds()) // 60
