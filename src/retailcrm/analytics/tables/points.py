"""Points as columns: lots, and what moved between their buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.analytics.tables.checks import (
    IF_ANY,
    INSTANTS,
    INT8,
    INT32,
    INT64,
    Instants,
    Ints,
    check_lengths,
)
from retailcrm.domain.points import Bucket, Verb

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded, Texts

BUCKETS: Final = tuple(Bucket)
"""What ``source`` and ``target`` point to."""

VERBS: Final = tuple(Verb)
"""What ``verb`` points to."""


@attrs.frozen(eq=False, kw_only=True)
class LotTable:
    """Lots of one wallet as columns, one row a lot.

    Attributes:
        zone: IANA zone that days and months are taken in.
        accounts: Whose accounts; shape ``(n_accounts,)``.
        account: Position in ``accounts``; ``int32``.
        points: Points awarded, 0 or more; ``int64``.
        awarded_at: When they were awarded, UTC; ``datetime64[us]``.
        activates_at: When they became or become spendable; NaT while that waits for an event.
        expires_at: First moment at which they cannot be spent; NaT never, or not known yet.
        source: Kind of what they were awarded for: ``order``, ``signin``, ``open`` ...; ``None`` if all
            are of orders.
    """

    zone: str
    accounts: Texts
    account: NDArray[np.int32] = attrs.field(validator=INT32)
    points: Ints = attrs.field(validator=INT64)
    awarded_at: Instants = attrs.field(validator=INSTANTS)
    activates_at: Instants = attrs.field(validator=INSTANTS)
    expires_at: Instants = attrs.field(validator=INSTANTS)
    source: Coded | None = None

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        check_lengths(self)

    def __len__(self) -> int:
        """Count the lots."""
        return len(self.account)


@attrs.frozen(eq=False, kw_only=True)
class MovementTable:
    """Movements of points as columns, one row some points of one lot, in no order that matters.

    What is in a bucket at a moment is what came into it up to then less what left it.

    Attributes:
        lots: What ``lot`` points to.
        lot: Row of the lot; ``int64``.
        verb: Position in :data:`VERBS`; ``int8``.
        source: Position in :data:`BUCKETS` that they left, -1 where they came into being; ``int8``.
        target: Position in :data:`BUCKETS` that they came to; ``int8``.
        points: How many, at least 1; ``int64``.
        effective_at: When, UTC; ``datetime64[us]``.
        recorded_at: When it was written; ``None`` for movements worked out from orders, which nobody wrote.
        spent_on: What spent points were for: ``order``, or a reward's id; ``None`` if none were.
    """

    lots: LotTable
    lot: Ints = attrs.field(validator=INT64)
    verb: NDArray[np.int8] = attrs.field(validator=INT8)
    source: NDArray[np.int8] = attrs.field(validator=INT8)
    target: NDArray[np.int8] = attrs.field(validator=INT8)
    points: Ints = attrs.field(validator=INT64)
    effective_at: Instants = attrs.field(validator=INSTANTS)
    recorded_at: Instants | None = attrs.field(default=None, validator=IF_ANY(INSTANTS))
    spent_on: Coded | None = None

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        check_lengths(self)

    def __len__(self) -> int:
        """Count the movements."""
        return len(self.lot)
