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


@attrs.define
class RoundedNumbers:
    """What the numbers of one column, block by block, have looked like so far.

    Attributes:
        sound: A long number without zeros at its end was seen, or there is no need to look.
    """

    sound: bool = False
    _zeros: int = 0

    def find(self, values: Any) -> NDArray[np.bool_] | None:  # noqa: ANN401 - Arrow has no types
        """Say which numbers are rounded, if those of this block and all before it are.

        Args:
            values: Arrow strings.

        Returns:
            A flag for each value; ``None`` if none is rounded, or it cannot be told.
        """
        if self.sound or not len(values) or (pc.max(pc.binary_length(values)).as_py() or 0) <= KEPT_DIGITS:
            return None
        if self._shows_digits(values.slice(0, _GLANCE)) or self._shows_digits(values):
            self.sound = True
            return None
        long = pc.fill_null(pc.match_substring_regex(values, _LONG), fill_value=False)
        lengths = pc.utf8_length(pc.unique(values.filter(long)))
        self._zeros += (pc.sum(lengths).as_py() or 0) - KEPT_DIGITS * len(lengths)
        return np.asarray(long) if self._zeros >= _ZEROS and len(lengths) else None

    def _shows_digits(self, values: Any) -> bool:  # noqa: ANN401
        """Say whether a long number has a digit other than 0 beyond the 15th."""
        long, rounded = (pc.match_substring_regex(values, pattern) for pattern in (_LONG, _ROUND))
        return bool(pc.any(pc.and_not(long, rounded)).as_py())
