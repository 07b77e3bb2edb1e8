"""Exit codes, and what each means."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command."""

    OK = 0
    """All went well."""

    CRASH = 1
    """A fault of the program; please report it."""

    USAGE = 2
    """An option, the policy or a mapping is wrong."""

    REFUSED = 3
    """A file cannot be read at all."""

    PROBLEMS = 4
    """With --strict: some records were rejected or taken with a warning."""

    COVERAGE = 5
    """Scored, but buyers of less than half of the money are known."""

    NOBODY = 6
    """No order has a buyer who can be told from others."""
