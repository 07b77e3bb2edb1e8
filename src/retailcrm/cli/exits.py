"""Exit codes, and what each means."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class Exit(IntEnum):
    """Exit codes of every command; the help and the documentation print what they mean.

    Attributes:
        meaning: One sentence for people.
    """

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """Make a code with its sentence."""
        code = int.__new__(cls, value)
        code._value_ = value
        code.meaning = meaning
        return code

    OK = 0, "All went well."
    CRASH = 1, "A fault of the program; please report it."
    USAGE = 2, "An option, the policy, a mapping or the installation is wrong."
    REFUSED = 3, "A file or the database cannot be read or written."
    PROBLEMS = 4, "With --strict: some records had problems."
    COVERAGE = 5, "Done, but the buyers of less than half of the money are known."
    NOBODY = 6, "Nobody: no order counts, no buyer is known, or nobody has that id."
    FINDINGS = 7, "A check (policy, verify, doctor) found an error."
    CLOCK = 8, "The clock is too far ahead of the newest file; nothing was done."
    DECLINED = 9, "Refused by the rules: too few points, a limit; nothing was done."
    UNKNOWN = 10, "Nobody knows whether it was done; run it again with the same --key."
    BUSY = 11, "Others were writing; nothing was done. Run it again."
