"""Who the shop's people are, as columns: what member lists and registration forms say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.analytics.tables.checks import INSTANTS, INT8, INT32, INT64, Instants, Ints, check_lengths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded, Texts


@attrs.frozen(eq=False, kw_only=True)
class ProfileTable:
    """People that some file describes, one row each; nothing here is a name, a phone or an address.

    Attributes:
        ids: Customer ids, each once; the same ids as in :class:`~retailcrm.analytics.tables.Customers`.
        strength: Identity strength: 2 stable, 1 weak; ``int8``, shape ``(n_people,)``.
        gender: Position in :data:`retailcrm.domain.customers.profile.GENDERS`, -1 not told; ``int8``.
        birthday: :attr:`retailcrm.domain.customers.Birthday.code`, -1 not told; ``int32``.
        joined_at: When she became a member, UTC; NaT not told.
        points: Opening points as exported; :data:`~retailcrm.analytics.columns.MISSING` not told; ``int64``.
        consent: May be written to: 1 yes, 0 no, -1 not told; ``int8``.
        level: Level in the platform's or shop's member system as exported.
        province: Where she lives.
        city: Where she lives.
        source: Where the shop met her.
    """

    ids: Texts = attrs.field(metadata={"rows": True})
    strength: NDArray[np.int8] = attrs.field(validator=INT8)
    gender: NDArray[np.int8] = attrs.field(validator=INT8)
    birthday: NDArray[np.int32] = attrs.field(validator=INT32)
    joined_at: Instants = attrs.field(validator=INSTANTS)
    points: Ints = attrs.field(validator=INT64)
    consent: NDArray[np.int8] = attrs.field(validator=INT8)
    level: Coded
    province: Coded
    city: Coded
    source: Coded

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        check_lengths(self)

    def __len__(self) -> int:
        """Count the people."""
        return len(self.ids)
