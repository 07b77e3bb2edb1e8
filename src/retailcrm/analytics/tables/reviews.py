"""Reviews as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.analytics.tables.checks import BOOL, INSTANTS, INT32, INT64, Instants, Ints, check_lengths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded


@attrs.frozen(eq=False, kw_only=True)
class ReviewTable:
    """Reviews, one row each; their texts stay with the shop.

    Attributes:
        at: When it was written, UTC; NaT not told; shape ``(n_reviews,)``.
        score: Percent of full marks, 0 to 100; MISSING not told; ``int64``.
        order: Position in the order table's rows, -1 not told; ``int32``.
        customer: Position in the order table's customers, -1 unknown or masked; ``int32``.
        product: Product as exported, code -1 not told.
        second_at: When a second review followed, UTC; NaT not told.
        has_text: Whether the first review says something.
        has_second: Whether there is a second review.
    """

    at: Instants = attrs.field(validator=INSTANTS)
    score: Ints = attrs.field(validator=INT64)
    order: NDArray[np.int32] = attrs.field(validator=INT32)
    customer: NDArray[np.int32] = attrs.field(validator=INT32)
    product: Coded
    second_at: Instants = attrs.field(validator=INSTANTS)
    has_text: NDArray[np.bool_] = attrs.field(validator=BOOL)
    has_second: NDArray[np.bool_] = attrs.field(validator=BOOL)

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        check_lengths(self)

    def __len__(self) -> int:
        """Count the reviews."""
        return len(self.at)
