"""How often a command is decided anew when others were first."""

from __future__ import annotations

import random
import time
from typing import Final

import attrs

TRIES: Final = 12
"""Attempts before others who write first are left to the caller."""

_FIRST: Final = 0.002
_LONGEST: Final = 0.2
"""Seconds that it waits at most before the second attempt, and before any: each wait is twice the last."""

_ENOUGH: Final = 5.0
"""Seconds after which nothing is begun anew: whoever waits for a lock in vain has waited long already."""


@attrs.define
class Attempts:
    """The attempts of one command."""

    _made: int = attrs.field(default=0, init=False)
    _began: float = attrs.field(factory=time.monotonic, init=False)

    def again(self) -> bool:
        """Wait a little, and say whether another attempt is sensible.

        Those who met would meet again if all went on at once, so each waits for a time of its own.
        """
        self._made += 1
        if self._made >= TRIES or time.monotonic() - self._began > _ENOUGH:
            return False
        time.sleep(random.uniform(0, min(_LONGEST, _FIRST * 2**self._made)))  # noqa: S311 - no secret
        return True
