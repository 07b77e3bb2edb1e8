"""What is wrong with a user's data, and exactly where: returned, never raised."""

from __future__ import annotations

from enum import StrEnum

import attrs

_EXCERPT = 40


class Severity(StrEnum):
    """What became of the record that the problem is about."""

    REJECTED = "rejected"
    """The record was left out."""

    WARNING = "warning"
    """The record was taken; a person should still look."""


def _excerpt(value: str | None) -> str | None:
    return None if value is None else value[:_EXCERPT]


@attrs.frozen(kw_only=True)
class Problem:
    """One thing wrong with one place of one file.

    Attributes:
        source: The file's name as the user gave it (an archive's member follows after ``!``).
        code: A stable word for programs, such as ``"money"`` or ``"state"``.
        message: One sentence for a person; names what was expected.
        severity: Whether the record was rejected or taken with a warning.
        sheet: The workbook's sheet; ``None`` for text files.
        record: Data records counted from 1, header excluded; ``None`` if the whole file is meant.
        first_line: First physical line (or sheet row) of the record, counted from 1.
        last_line: Last physical line, not below ``first_line``.
        column: The header name concerned; ``None`` if the whole record is meant.
        value: The text found, cut to 40 characters; ``None`` where it could be personal.

    Example:
        >>> print(Problem(source="a.csv", code="money", message="not an amount", record=3,
        ...               first_line=4, last_line=4, column="总金额", value="12,x"))
        a.csv, line 4, column 总金额: not an amount (found '12,x') [money]
    """

    source: str
    code: str
    message: str
    severity: Severity = Severity.REJECTED
    sheet: str | None = None
    record: int | None = None
    first_line: int | None = None
    last_line: int | None = None
    column: str | None = None
    value: str | None = attrs.field(default=None, converter=_excerpt)

    def __str__(self) -> str:
        place = [self.source]
        if self.sheet is not None:
            place.append(f"sheet {self.sheet}")
        if self.first_line is not None:
            several = self.last_line not in (None, self.first_line)
            place.append(
                f"lines {self.first_line}-{self.last_line}" if several else f"line {self.first_line}"
            )
        if self.column is not None:
            place.append(f"column {self.column}")
        found = "" if self.value is None else f" (found {self.value!r})"
        return f"{', '.join(place)}: {self.message}{found} [{self.code}]"
