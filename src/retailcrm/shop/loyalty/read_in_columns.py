"""Journals of everybody who has it all written down, in columns: nobody's entries become objects.

What columns cannot tell is left to whoever reads one account after the other: points that come in, or return
from a reservation, before the moment in question although nobody has written it yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.points.journal import last_states, movement_table, with_lapses
from retailcrm.shop.loyalty.as_known import as_known
from retailcrm.shop.loyalty.at_once import before
from retailcrm.shop.loyalty.known_orders import aware

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from retailcrm.analytics.tables.journals import JournalTable
    from retailcrm.analytics.tables.points import MovementTable
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.ports.ledger_columns import Head
    from retailcrm.shop.loyalty.accounts import Accounts


@attrs.frozen(eq=False, kw_only=True)
class InColumns:
    """What was read in columns.

    Attributes:
        movements: What moved before the moment; ``None`` if nothing was read.
        accounts: Ids of the accounts that were read; of the others nothing is here.
        free: Ids of accounts that never owed a point, whether they were read or not.
    """

    movements: MovementTable | None = None
    accounts: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()


def read_in_columns(
    accounts: Accounts,
    wallet: Wallet,
    heads: Mapping[str, Head],
    alone: Collection[str],
    whose: Mapping[str, str],
    as_of: np.datetime64,
) -> InColumns:
    """Read the journals of all accounts of a wallet that columns can tell.

    Args:
        accounts: The shop's accounts, whose orders are read at once.
        wallet: Its rules.
        heads: Its accounts by id.
        alone: Ids of those to whose journals orders add nothing.
        whose: Who has each account today.
        as_of: UTC, exclusive: what happened then or later is not looked at.
    """
    columns = accounts.ledger.columns
    if columns is None or not alone:
        return InColumns()
    journals = with_lapses(columns.journals(wallet.name), as_of)
    names = journals.accounts.tolist()
    whole = np.array([name in alone for name in names], np.bool_)
    chosen = whole & ~_stirring(journals, [heads.get(name) for name in names], as_of)
    entries = journals.entries
    kept = chosen[entries.account] & (entries.effective_at < as_of)
    waiting = _waiting(journals, kept, [heads.get(name) for name in names], as_of)
    if len(waiting):
        journals = as_known(accounts, wallet, journals, waiting, whose, as_of)
    owed = np.zeros(len(names), np.bool_)
    owed[entries.account[entries.debt != 0]] = True
    return InColumns(
        movements=movement_table(journals, wallet.expiry.zone, keep=kept),
        accounts=_picked(names, chosen),
        free=_picked(names, whole & ~owed),
    )


def _stirring(
    journals: JournalTable, heads: Collection[Head | None], as_of: np.datetime64
) -> NDArray[np.bool_]:
    """Find the accounts in which more than lapses falls due before a moment, and is not written yet."""
    at = aware(as_of)
    stirs = [head is None or (head.next_change_at is not None and head.next_change_at < at) for head in heads]
    bound = [head is None or bool(head.held or head.debt) for head in heads]
    found = np.array(stirs, np.bool_) & np.array(bound, np.bool_)
    entries, states = journals.entries, journals.states
    # Points that come in by themselves: their end counts from there.
    now = last_states(states, np.ones(len(entries), np.bool_))
    coming = now[(states.pending[now] > 0) & (states.activates_at[now] < as_of)]
    found[entries.account[states.entry[coming]]] = True
    return found


def _waiting(
    journals: JournalTable,
    kept: NDArray[np.bool_],
    heads: Collection[Head | None],
    as_of: np.datetime64,
) -> NDArray[np.int64]:
    """Find the states of lots that waited at a moment, in accounts that were written on since."""
    at = aware(as_of)
    later = np.array([head is None or not before(head, at) for head in heads], np.bool_)
    states = journals.states
    then = last_states(states, kept)
    then = then[then >= 0]
    return then[(states.pending[then] > 0) & later[journals.entries.account[states.entry[then]]]]


def _picked(names: list[str], chosen: NDArray[np.bool_]) -> frozenset[str]:
    return frozenset(names[place] for place in np.flatnonzero(chosen).tolist())
