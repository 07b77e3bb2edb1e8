"""Journals of accounts as columns: entries, the lots that they leave behind, and what they move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.analytics.tables.checks import INSTANTS, INT8, INT32, INT64, Instants, Ints

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded, Texts


@attrs.frozen(eq=False, kw_only=True)
class EntryColumns:
    """Entries, account after account, each account's oldest first.

    Attributes:
        account: Position of the account; ``int32``, shape ``(n_entries,)`` as all of these.
        verb: Position in ``VERBS`` of :mod:`retailcrm.analytics.tables.points`; ``int8``.
        effective_at: When it took effect, UTC; ``datetime64[us]``.
        recorded_at: When it was written.
        debt: What it adds to what the account owes.
        spent_on: What spent points were for: ``order``, or a reward's id; missing if none were.
    """

    account: NDArray[np.int32] = attrs.field(validator=INT32)
    verb: NDArray[np.int8] = attrs.field(validator=INT8)
    effective_at: Instants = attrs.field(validator=INSTANTS)
    recorded_at: Instants = attrs.field(validator=INSTANTS)
    debt: Ints = attrs.field(validator=INT64)
    spent_on: Coded

    def __len__(self) -> int:
        """Count the entries."""
        return len(self.account)


@attrs.frozen(eq=False, kw_only=True)
class StateColumns:
    """Lots as entries left them, in the order of the entries.

    Attributes:
        entry: Row of the entry; ``int64``, shape ``(n_states,)`` as all of these.
        lot: Which lot: numbered from 0 in the order in which the journals name them first.
        points: Points awarded.
        pending: Thereof waiting.
        available: Thereof to be spent.
        awarded_at: When they were awarded, UTC.
        activates_at: When they became or become spendable; NaT while that waits for an event.
        expires_at: First moment at which they cannot be spent; NaT never, or not known yet.
        source: Kind of what they were awarded for: ``order``, ``signin``, ``open`` ...
    """

    entry: Ints = attrs.field(validator=INT64)
    lot: Ints = attrs.field(validator=INT64)
    points: Ints = attrs.field(validator=INT64)
    pending: Ints = attrs.field(validator=INT64)
    available: Ints = attrs.field(validator=INT64)
    awarded_at: Instants = attrs.field(validator=INSTANTS)
    activates_at: Instants = attrs.field(validator=INSTANTS)
    expires_at: Instants = attrs.field(validator=INSTANTS)
    source: Coded


@attrs.frozen(eq=False, kw_only=True)
class MoveColumns:
    """What entries move, in their order.

    Attributes:
        entry: Row of the entry; ``int64``, shape ``(n_moves,)`` as all of these.
        lot: Which lot, as :class:`StateColumns` number them.
        source: Position in ``BUCKETS`` that the points left, -1 where they came into being; ``int8``.
        target: Position in ``BUCKETS`` that they came to; ``int8``.
        points: How many.
    """

    entry: Ints = attrs.field(validator=INT64)
    lot: Ints = attrs.field(validator=INT64)
    source: NDArray[np.int8] = attrs.field(validator=INT8)
    target: NDArray[np.int8] = attrs.field(validator=INT8)
    points: Ints = attrs.field(validator=INT64)


@attrs.frozen(eq=False, kw_only=True)
class JournalTable:
    """Whole journals of accounts of one wallet.

    Attributes:
        accounts: Their ids; shape ``(n_accounts,)``.
        lots: Ids of the lots, each unique in its account; shape ``(n_lots,)``.
        entries: What was written.
        states: The lots after it.
        moves: What moved.
    """

    accounts: Texts
    lots: Texts
    entries: EntryColumns
    states: StateColumns
    moves: MoveColumns
