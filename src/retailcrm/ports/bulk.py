"""Points of many new accounts at once, as columns: what a ledger that can takes instead of units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from retailcrm.analytics.tables.checks import INSTANTS, INT8, INT64, Instants, Ints

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Texts
    from retailcrm.domain.points.wallets import EarnRule, Wallet

EARN, ACTIVATE, EXPIRE, REVERSE = range(4)
"""Codes of what an entry does."""

PENDING, AVAILABLE, EXPIRED, REVERSED = range(4)
"""Codes of buckets; orders alone never hold, spend or move a point."""

BY_ORDER, BY_REFUND, BY_FOLLOWING = range(3)
"""Codes of what an entry's key is made of."""

NOTHING = -1
"""Stands for no room that was asked for, and for an entry that moves nothing."""


@attrs.frozen(eq=False, kw_only=True)
class FactColumns:
    """What is known of orders, as far as points are concerned, an order a row.

    Attributes:
        reference: Of each order.
        rank: Place of each reference among them as texts are sorted; ``int64``, shape ``(n_orders,)``.
        paid_at: UTC, as all instants here; NaT unknown.
        shipped_at: When it left.
        completed_at: When receipt was confirmed.
        refunded_at: When it was paid back.
        gross: Paid before refunds, minor units.
        refunded: Paid back, minor units.
        shipping: Postage within the gross.
        line: What lines sold for, order by order, where files tell of lines; shape ``(n_lines,)``.
        line_start: Where the lines of each order begin; shape ``(n_orders + 1,)``.
    """

    reference: Texts
    rank: Ints = attrs.field(validator=INT64)
    paid_at: Instants = attrs.field(validator=INSTANTS)
    shipped_at: Instants = attrs.field(validator=INSTANTS)
    completed_at: Instants = attrs.field(validator=INSTANTS)
    refunded_at: Instants = attrs.field(validator=INSTANTS)
    gross: Ints = attrs.field(validator=INT64)
    refunded: Ints = attrs.field(validator=INT64)
    shipping: Ints = attrs.field(validator=INT64)
    line: Ints = attrs.field(validator=INT64)
    line_start: Ints = attrs.field(validator=INT64)

    def __len__(self) -> int:
        """Count the orders."""
        return len(self.gross)


@attrs.frozen(eq=False, kw_only=True)
class FreshAwards:
    """What orders earned in one wallet, an order a row, account by account in the order of the awards.

    An order's parts are its lines (or itself, where nobody knows of any), postage and tax, in this order.

    Attributes:
        account: Row of the account; ``int64``, shape ``(n_orders,)``; rising.
        facts: The orders.
        share: Points of each part; shape ``(n_parts,)``.
        base: What each part earns on; same shape.
        part_start: Where the parts of each order begin; shape ``(n_orders + 1,)``.
        points: The award.
        exact: Points before rounding: numerators, and denominators of the reduced fractions.
        times: Row of each order's multipliers in ``multipliers``.
        room: What the caps left, :data:`NOTHING` without caps.
        cut: What they took off.
        taken: Points that its refund took back.
        forgiven: Points that its refund did not ask for.
        back: Share of it that was paid back: numerators, and denominators of the reduced fractions.
        activates_at: When its points become spendable, NaT where nobody knows yet.
        expires_at: When they lapse; NaT never, or not known yet.
        limit_at: Their end where it does not follow from the activation.
    """

    account: Ints = attrs.field(validator=INT64)
    facts: FactColumns
    share: Ints = attrs.field(validator=INT64)
    base: Ints = attrs.field(validator=INT64)
    part_start: Ints = attrs.field(validator=INT64)
    points: Ints = attrs.field(validator=INT64)
    exact: tuple[Ints, Ints]
    times: Ints = attrs.field(validator=INT64)
    room: Ints = attrs.field(validator=INT64)
    cut: Ints = attrs.field(validator=INT64)
    taken: Ints = attrs.field(validator=INT64)
    forgiven: Ints = attrs.field(validator=INT64)
    back: tuple[Ints, Ints]
    activates_at: Instants = attrs.field(validator=INSTANTS)
    expires_at: Instants = attrs.field(validator=INSTANTS)
    limit_at: Instants = attrs.field(validator=INSTANTS)

    def __len__(self) -> int:
        """Count the orders."""
        return len(self.account)


@attrs.frozen(eq=False, kw_only=True)
class FreshEntries:
    """Journals of new accounts, an entry a row: account by account, in the order of their versions.

    Attributes:
        award: Row of the award whose lot it is about; ``int64``, shape ``(n_entries,)``.
        version: From 1 in each account.
        verb: A code of :data:`EARN` ...
        key: A code of :data:`BY_ORDER` ...: of what the key is made.
        keyed: Row of the award that the key names; of no meaning for :data:`BY_FOLLOWING`.
        effective_at: UTC.
        source: Bucket that points leave; :data:`NOTHING` where they come into being, or none move.
        target: Bucket that they come to; :data:`NOTHING` where none move: then no lot is touched.
        points: How many move.
        forgiven: Points that a refund does not ask for.
        buckets: Points of the lot in each bucket afterwards, a column a bucket.
    """

    award: Ints = attrs.field(validator=INT64)
    version: Ints = attrs.field(validator=INT64)
    verb: NDArray[np.int8] = attrs.field(validator=INT8)
    key: NDArray[np.int8] = attrs.field(validator=INT8)
    keyed: Ints = attrs.field(validator=INT64)
    effective_at: Instants = attrs.field(validator=INSTANTS)
    source: NDArray[np.int8] = attrs.field(validator=INT8)
    target: NDArray[np.int8] = attrs.field(validator=INT8)
    points: Ints = attrs.field(validator=INT64)
    forgiven: Ints = attrs.field(validator=INT64)
    buckets: tuple[Ints, ...]

    def __len__(self) -> int:
        """Count the entries."""
        return len(self.award)


@attrs.frozen(eq=False, kw_only=True)
class FreshPoints:
    """All that orders alone come to in one wallet, of accounts that nobody has written yet.

    Attributes:
        wallet: The rules.
        rule: The rule of earning in it.
        digest: Of the policy in force.
        recorded_at: When the first entry of each account is written; the next ones a microsecond later each.
        multipliers: What orders were multiplied by, each combination once, and what each comes to.
        accounts: Ids of the accounts, each once, sorted.
        awards: What their orders earned.
        entries: Their journals.
        tell: Whether each entry is a fact for the event feed; where long past history is taken in, it is not.
    """

    wallet: Wallet
    rule: EarnRule
    digest: str
    recorded_at: datetime
    multipliers: Sequence[tuple[tuple[Fraction, ...], Fraction]]
    accounts: Texts
    awards: FreshAwards
    entries: FreshEntries
    tell: bool = False


@attrs.frozen(kw_only=True)
class Strange:
    """Who of some customers is no new one.

    Attributes:
        accounts: Accounts of which anything is written, be it an award.
        orders: References of orders that were awarded, to whomever.
        waiting: Accounts of these with points that wait.
    """

    accounts: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()


class BulkLedger(Protocol):
    """A ledger that takes many new accounts at once; what it keeps is what units would have left there."""

    def is_empty(self) -> bool:
        """Tell whether the shop has no account and no award at all."""

    def strange(self, wallet: str, accounts: Collection[str], orders: Texts) -> Strange:
        """Tell what is there of some accounts and orders.

        Args:
            wallet: Of the awards.
            accounts: Ids.
            orders: References.
        """

    def told(self, wallet: str, account: Texts, facts: FactColumns) -> NDArray[np.bool_]:
        """Tell of which orders just these facts are known already, and awarded in just this account.

        Args:
            wallet: Of the awards.
            account: Whose each order is; shape ``(n_orders,)``.
            facts: What is known of them.
        """

    def write_fresh(self, points: Iterable[FreshPoints]) -> None:
        """Write new accounts, in the unit that is open; there is none of them yet.

        Raises:
            ConflictError: There is one of them.
        """

    def mark_stale(self, customers: Iterable[str]) -> None:
        """Keep, in the unit that is open, that accounts lack something of customers' orders yet."""

    def clear_stale(self, customers: Iterable[str]) -> None:
        """Keep, in the unit that is open, that all of customers' orders is in their accounts."""

    def followed(self) -> str:
        """Give the digest of the rules by which all stored orders were followed; empty if none is known."""

    def mark_followed(self, digest: str) -> None:
        """Keep that digest, in the unit that is open."""
