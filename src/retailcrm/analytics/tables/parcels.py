"""What happened to parcels, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.analytics.tables.checks import INSTANTS, INT8, INT32, Instants, check_lengths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded


@attrs.frozen(eq=False, kw_only=True)
class ParcelEventTable:
    """Events of parcels, one row each, every event of a parcel once.

    Attributes:
        order: Position in the order table's rows, -1 if that order was never seen; ``int32``.
        parcel: Tracking number, code -1 not told.
        carrier: Who carries it, code -1 not told.
        event: :class:`retailcrm.domain.parcels.ParcelEvent` values; ``int8``.
        at: When, UTC; NaT not told.
    """

    order: NDArray[np.int32] = attrs.field(validator=INT32)
    parcel: Coded
    carrier: Coded
    event: NDArray[np.int8] = attrs.field(validator=INT8)
    at: Instants = attrs.field(validator=INSTANTS)

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        check_lengths(self)

    def __len__(self) -> int:
        """Count the events."""
        return len(self.order)
