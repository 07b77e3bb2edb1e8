"""Where points are kept: accounts with their journals, and what commands came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import attrs

from retailcrm.domain.points.entries import Verb

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.following import Awarded
    from retailcrm.domain.points.holds import Allocation
    from retailcrm.domain.points.lots import Lot
    from retailcrm.domain.points.referrals import Brought
    from retailcrm.domain.points.stocks import Stock
    from retailcrm.ports.ledger_columns import LedgerColumns
    from retailcrm.ports.outcomes import Done


_SPENDS: Final = (Verb.REDEEM, Verb.CAPTURE)


@attrs.frozen(kw_only=True)
class Change:
    """An account before and after some entries.

    Attributes:
        before: As it was read: if it is another by now, nothing is written.
        after: As it is afterwards.
        entries: What leads from the one to the other.
    """

    before: Account
    after: Account
    entries: tuple[Entry, ...]

    @property
    def opened(self) -> set[str]:
        """Ids of the reservations that were made: none of another account that is open has one of them."""
        return {
            entry.opens.id for entry in self.entries if entry.verb is Verb.RESERVE and entry.opens is not None
        }


@attrs.frozen(kw_only=True)
class Spending:
    """What a redemption spent and has not given back.

    Attributes:
        key: The redemption's idempotency key.
        account: Whose points.
        allocations: Which of them are still spent.
        points: How many it spent at first.
        value: Money that they were worth then, minor units; 0 if they bought something else.
        order: Reference of the order that they paid for; empty if none is told.
        reward: What they bought; empty if money off.
        pieces: How many of it.
    """

    key: str
    account: str
    allocations: tuple[Allocation, ...]
    points: int = 0
    value: int = 0
    order: str = ""
    reward: str = ""
    pieces: int = 0


@attrs.frozen(kw_only=True)
class RefundsTold:
    """What verbs were told of the refunds of an order, all together.

    Attributes:
        wallet: Which currency of points.
        order: The order's reference.
        cash: Money paid back, minor units, that on lines included.
        lines: Of this, on each line.
        value: Worth of the points that were given back, minor units.
    """

    wallet: str
    order: str
    cash: int = 0
    lines: Mapping[str, int] = attrs.field(factory=dict)
    value: int = 0

    def told(self, cash: int, lines: Mapping[str, int]) -> RefundsTold:
        """Add another refund."""
        both = {line: self.lines.get(line, 0) + lines.get(line, 0) for line in {*self.lines, *lines}}
        return attrs.evolve(self, cash=self.cash + cash, lines=both)


@attrs.frozen(kw_only=True)
class Effect:
    """What a command came to, kept for ever under its verb and key.

    Attributes:
        verb: The verb.
        key: The idempotency key.
        fingerprint: Digest of what was asked for, without "now" and the policy in force.
        done: What it came to.
    """

    verb: str
    key: str
    fingerprint: str
    done: Done


@attrs.frozen(kw_only=True)
class Unit:
    """What is written together, or not at all.

    Attributes:
        changes: Accounts and their new entries.
        effect: What the command came to; ``None`` where nobody gave a key.
        effects: What further commands came to that are written with it.
        awards: Awards that are new or have changed, with the account that they are in.
        spendings: Redemptions that are new or have changed; new is what an entry of the unit spends.
        refunds: Refunds of orders that verbs were told of.
        stocks: Stocks as they were read, and as they are afterwards.
        referrals: Referrals that are new or have changed.
        merged: Accounts that were merged into others: which into which; the same id twice undoes it.
        advanced: Up to when time was told to go by, once all that fell due by then is written.
    """

    changes: tuple[Change, ...] = ()
    effect: Effect | None = None
    effects: tuple[Effect, ...] = ()
    awards: tuple[tuple[str, Awarded], ...] = ()
    spendings: tuple[Spending, ...] = ()
    refunds: tuple[RefundsTold, ...] = ()
    stocks: tuple[tuple[Stock, Stock], ...] = ()
    referrals: tuple[Brought, ...] = ()
    merged: tuple[tuple[str, str], ...] = ()
    advanced: datetime | None = None

    @property
    def all_effects(self) -> tuple[Effect, ...]:
        """What all commands of the unit came to."""
        return self.effects if self.effect is None else (self.effect, *self.effects)

    @property
    def spent(self) -> dict[tuple[str, str], datetime]:
        """Redemptions that entries of the unit spend, by account and key, and when; no other has that key."""
        return {
            (entry.account, entry.key): entry.recorded_at
            for change in self.changes
            for entry in change.entries
            if entry.verb in _SPENDS
        }


class Ledger(Protocol):
    """Keeps accounts. Every read sees whole units only."""

    @property
    def borrowed(self) -> bool:
        """Whether what is written stands only if somebody else's transaction is committed."""

    @property
    def columns(self) -> LedgerColumns | None:
        """What reads all accounts at once; ``None`` where one after the other is as quick."""

    def unit(self) -> AbstractContextManager[object]:
        """Open a unit: what is read in it stays as it is until what is written in it is kept, as a whole.

        A unit inside another joins it. Without one, every read sees whole units, and every write is its own.

        Raises:
            ConflictError: Others were first; once more will do.
            UnknownOutcomeError: Nobody can say whether it was kept.
        """

    @property
    def in_unit(self) -> bool:
        """Whether this thread is inside a unit, so that only whoever opened it can begin anew."""

    def using(self, connection: object) -> Ledger:
        """Give the same ledger inside a transaction that the caller has open, and ends.

        Args:
            connection: What the caller has: a DB-API connection or cursor, an SQLAlchemy connection or
                session, a Django connection.

        Raises:
            SettingsError: It is none of these, of another database, or would not keep what it commits; or the
                ledger is in none.
        """

    def lock(self, *accounts: str, hasty: bool = False) -> None:
        """Inside a unit: keep others from writing to accounts that will be written; all of them at once.

        Whoever asks for several in one call never waits for somebody who waits for her.

        Args:
            accounts: Their ids; none to say only whether one is in haste.
            hasty: Whether what the unit asks for afterwards is not waited for long: whoever asks for one
                account after the other may be waiting for somebody who waits for her, and had better begin
                anew. Where only one unit is open at a time it changes nothing.

        Raises:
            ConflictError: Others had one of them all the time.
        """

    def accounts(self) -> Iterator[str]:
        """Give the ids of all accounts, sorted."""

    def account(self, account: str) -> Account:
        """Give an account; one that was never written is empty."""

    def whole(self, account: str, rules: str) -> bool:
        """Tell whether nothing but the account itself says what is in it.

        Args:
            account: Its id.
            rules: Digest of the rules in force.

        Returns:
            True if all that files tell of orders was taken in under these rules, or no file was imported; and
            the account was never merged with another. Whoever cannot tell says no.
        """

    def whole_account(self, account: str, rules: str) -> Account | None:
        """Give an account if it was written and is whole, in one question; see :meth:`whole`."""

    def stale(self) -> Sequence[str]:
        """Give the customers of whose orders something is known that is not in their accounts yet, sorted.

        Their accounts are not whole; nobody's is where :meth:`whole` always says no.
        """

    def entries(self, account: str) -> Sequence[Entry]:
        """Give an account's journal, oldest first."""

    def lots(self, account: str) -> Mapping[str, Lot]:
        """Give all lots that an account ever had, as they are now, by id."""

    def awards(self, account: str) -> Mapping[str, Awarded]:
        """Give what orders earned in an account, by their reference."""

    def awarded(self, wallet: str, reference: str) -> str | None:
        """Tell in which account an order was awarded."""

    def spending(self, key: str) -> Spending | None:
        """Give what a redemption spent."""

    def spendings(self, account: str) -> Sequence[Spending]:
        """Give the redemptions of an account."""

    def spent_on(self, wallet: str, order: str) -> Sequence[Spending]:
        """Give the redemptions that paid for an order, oldest first."""

    def refunds(self, wallet: str, order: str) -> RefundsTold | None:
        """Give what verbs were told of an order's refunds."""

    def holder(self, hold: str) -> str | None:
        """Tell in which account a reservation is open."""

    def effect(self, verb: str, key: str) -> Effect | None:
        """Give what a command came to."""

    def stock(self, reward: str) -> Stock | None:
        """Give how much of a reward is left; ``None`` if nobody has taken any."""

    def referral(self, referred: str) -> Brought | None:
        """Give the referral of a customer; ``None`` if nobody brought her."""

    def referrals(self) -> Sequence[Brought]:
        """Give all referrals."""

    def referral_of(self, order: str) -> Brought | None:
        """Give the referral that an order counted for; ``None`` if it counted for none."""

    def merged(self, around: str = "") -> Mapping[str, str]:
        """Tell which accounts were merged into which.

        Args:
            around: Only what is connected with this account, at once or by way of others; empty: all.
        """

    def advanced(self) -> datetime | None:
        """Tell up to when time was told to go by at the latest; ``None`` if it never was."""

    def recorded_days(self, since: datetime | None) -> Sequence[tuple[datetime, datetime]]:
        """Give the days, UTC, on which anything was written into an account, oldest first.

        Args:
            since: Only what was written after this moment; ``None``: everything.

        Returns:
            The first and the last moment of each.
        """

    def due(self, until: datetime) -> Iterator[str]:
        """Give the ids of the accounts in which something falls due by a moment, sorted."""

    def write(self, unit: Unit) -> None:
        """Write a unit: all of it or nothing.

        Raises:
            ConflictError: An account or stock is not as it was read any more, or a key was used meanwhile.
            UnknownOutcomeError: Nobody can say whether it was written.
        """


def connected(merged: Mapping[str, str], account: str) -> dict[str, str]:
    """Give the merges that are connected with an account, at once or by way of others.

    Args:
        merged: Which account was merged into which.
        account: Any.

    Example:
        >>> connected({"ann": "bob", "bob": "cat", "dan": "eve"}, "cat")
        {'ann': 'bob', 'bob': 'cat'}
    """
    near, more = {account}, {account}
    while more:
        more = {name for pair in merged.items() if more.intersection(pair) for name in pair} - near
        near |= more
    return {gone: keep for gone, keep in merged.items() if gone in near}
