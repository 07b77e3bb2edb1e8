"""How much of a machine one file may take before it is refused."""

from __future__ import annotations

from typing import Any

import attrs

from retailcrm.errors import SettingsError

_MIB = 1 << 20
_GIB = 1 << 30


def _above_zero(_limits: ImportLimits, limit: attrs.Attribute[int], value: Any) -> None:  # noqa: ANN401 - a user's value
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise SettingsError(f"import limit {limit.name} must be a whole number above 0, not {value!r}")


def _limit(default: int) -> Any:  # noqa: ANN401 - attrs.field is typed so
    return attrs.field(default=default, validator=_above_zero)


@attrs.frozen(kw_only=True)
class ImportLimits:
    """Bounds on what a file can unfold into; a plain text file is bounded by none of them.

    Attributes:
        max_bytes: Size of a workbook as stored, in bytes (it is held in memory).
        max_workbook_expanded: Size of a workbook's parts together once inflated, in bytes.
        max_expanded: Size of an archive's members together once inflated, in bytes; they are streamed.
        max_ratio: Inflated bytes for each stored one, from the first 16 MiB on.
        max_members: Entries of an archive or parts of a workbook.
        max_columns: The last column of a sheet that may hold something, counted from A = 1.
        max_cells: Cells of the rectangle around everything that a sheet holds.
        max_cell_chars: Characters in one cell; Excel itself allows 32,767.
        child_memory_bytes: Address space of the process that parses a workbook, in bytes (its libraries
            take about 300 MiB of it).
        child_cpu_seconds: Processor time of that process, in seconds.

    Raises:
        SettingsError: A limit is not a whole number above 0.

    Example:
        >>> ImportLimits(max_members=10).max_columns
        1024
    """

    max_bytes: int = _limit(200 * _MIB)
    max_workbook_expanded: int = _limit(2 * _GIB)
    max_expanded: int = _limit(64 * _GIB)
    max_ratio: int = _limit(200)
    max_members: int = _limit(2_000)
    max_columns: int = _limit(1_024)
    max_cells: int = _limit(20_000_000)
    max_cell_chars: int = _limit(32_767)
    child_memory_bytes: int = _limit(3 * _GIB)
    child_cpu_seconds: int = _limit(300)
