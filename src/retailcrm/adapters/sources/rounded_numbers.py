"""Long numbers that a spreadsheet program has rounded: it keeps 15 digits and writes zeros for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT_DIGITS: Final = 15
_LONG: Final = rf"^[0-9]{{{KEPT_DIGITS + 1},}}$"
_ROUND: Final = rf"^[0-9]{{{KEPT_DIGITS}}}0+$"
_ZEROS: Final = 8
"""As many zeros beyond the 15th digit, and no other digit there, are no chance: one in 10**8."""

_GLANCE: Final = 16


@attrs.frozen(eq=False)
class LongNumbers:
    """What the long numbers of one block look like.

    Attributes:
        sound: One of them has another digit than 0 beyond the 15th.
        zeros: How many zeros the distinct ones have there, if none is sound.
        long: Which numbers are long; ``None`` where ``zeros`` is 0.
    """

    sound: bool = False
    zeros: int = 0
    long: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, values: Any) -> LongNumbers:  # noqa: ANN401 - Arrow has no types
        """Look at a block.

        Args:
            values: Arrow strings.
        """
        if not len(values) or (pc.max(pc.binary_length(values)).as_py() or 0) <= KEPT_DIGITS:
            return cls()
        if _shows_digits(values.slice(0, _GLANCE)) or _shows_digits(values):
            return cls(sound=True)
        long = pc.fill_null(pc.match_substring_regex(values, _LONG), fill_value=False)
        lengths = pc.utf8_length(pc.unique(values.filter(long)))
        zeros = (pc.sum(lengths).as_py() or 0) - KEPT_DIGITS * len(lengths)
        return cls(zeros=zeros, long=np.asarray(long)) if zeros else cls()


@attrs.define
class RoundedNumbers:
    """What the numbers of one column, block by block, have looked like so far.

    Attributes:
        sound: A long number without zeros at its end was seen, or there is no need to look.
    """

    sound: bool = False
    _zeros: int = 0

    def find(self, values: Any) -> NDArray[np.bool_] | None:  # noqa: ANN401
        """Say which numbers are rounded, if those of this block and all before it are.

        Args:
            values: Arrow strings.

        Returns:
            A flag for each value; ``None`` if none is rounded, or it cannot be told.
        """
        return None if self.sound else self.add(LongNumbers.of(values))

    def add(self, found: LongNumbers) -> NDArray[np.bool_] | None:
        """Take what was found in the next block; returns as :meth:`find`."""
        self.sound |= found.sound
        if self.sound or found.long is None:
            return None
        self._zeros += found.zeros
        return found.long if self._zeros >= _ZEROS else None


def _shows_digits(values: Any) -> bool:  # noqa: ANN401
    """Say whether a long number has a digit other than 0 beyond the 15th."""
    long, rounded = (pc.match_substring_regex(values, pattern) for pattern in (_LONG, _ROUND))
    return bool(pc.any(pc.and_not(long, rounded)).as_py())
