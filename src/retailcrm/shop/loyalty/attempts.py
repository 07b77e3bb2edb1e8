"""How often a command is decided anew when others were first."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final, TypeVar

import attrs

from retailcrm.errors import ConflictError, IdempotencyConflictError, RetryTransactionError

if TYPE_CHECKING:
    from collections.abc import Callable

_Found = TypeVar("_Found")

TRIES: Final = 24
"""Attempts before others who write first are left to the caller."""

_FIRST: Final = 0.002
_LONGEST: Final = 0.2
"""Seconds that it waits at most before the second attempt, and before any: each wait is twice the last."""

_ENOUGH: Final = 5.0
"""Seconds after which nothing is begun anew: whoever waits for a lock in vain has waited long already."""


@attrs.define
class Attempts:
    """The attempts of one command.

    Attributes:
        enough: Seconds after which none is begun.
    """

    enough: float = _ENOUGH
    _made: int = attrs.field(default=0, init=False)
    _began: float = attrs.field(factory=time.monotonic, init=False)

    def again(self) -> bool:
        """Wait a little, and say whether another attempt is sensible.

        Those who met would meet again if all went on at once, so each waits for a time of its own.
        """
        self._made += 1
        if self._made >= TRIES or time.monotonic() - self._began > self.enough:
            return False
        time.sleep(random.uniform(0, min(_LONGEST, _FIRST * 2**self._made)))  # noqa: S311 - no secret
        return True


def begun_anew(act: Callable[[], _Found], *, in_unit: Callable[[], bool], enough: float = _ENOUGH) -> _Found:
    """Do something whose own units may lose against others, and do it anew when they did.

    Args:
        act: What to do; all of it again each time.
        in_unit: Tells whether it is done inside a unit of somebody else: then only he can begin anew.
        enough: Seconds after which it is not begun anew.

    Raises:
        ConflictError: Others wrote first, again and again.

    Example:
        >>> begun_anew(lambda: 1, in_unit=lambda: False)
        1
    """
    attempts = Attempts(enough)
    while True:
        try:
            return act()
        except (IdempotencyConflictError, RetryTransactionError):
            raise
        except ConflictError:
            if in_unit() or not attempts.again():
                raise
