"""Points in a database: accounts, journals and what commands came to, over any executor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from retailcrm.adapters.stores.sql import statements as sql
from retailcrm.adapters.stores.sql.codecs import micros, moment, value_of
from retailcrm.adapters.stores.sql.long import (
    Rows,
    account_from,
    award_from,
    done_from,
    entry_from,
    lot_from,
    reading,
    spending_from,
)
from retailcrm.adapters.stores.sql.orders_statements import LAST_DECISION
from retailcrm.adapters.stores.sql.putting import Sends, Step
from retailcrm.adapters.stores.sql.writing import Writer
from retailcrm.domain.points.account import Account
from retailcrm.domain.points.referrals.states import Brought
from retailcrm.domain.points.stocks import Stock
from retailcrm.domain.points.wallets import EarnRule
from retailcrm.errors import SettingsError, StoreError
from retailcrm.ports.ledger import Effect, RefundsTold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from retailcrm.adapters.stores.sql.executor import Database
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.following import Awarded
    from retailcrm.domain.points.lots import Lot
    from retailcrm.ports.ledger import Spending, Unit
    from retailcrm.ports.ledger_columns import LedgerColumns

_T = TypeVar("_T")

_BEFORE_ALL: Final = -(2**63)
"""Before every moment."""

_ACCOUNT: Final = reading("account", account_from)
_ENTRY: Final = reading("entry", entry_from)
_LOT: Final = reading("lot", lot_from)
_SPENDING: Final = reading("redemption", spending_from)
_DONE: Final = reading("command's outcome", done_from)


@attrs.frozen(eq=False)
class SqlLedger:
    """A shop's points in a database.

    Attributes:
        database: Where; its units are the ledger's.
        shop: The shop's key.
    """

    database: Database
    shop: str
    _accounts: Rows[Account] = attrs.field(factory=lambda: Rows(_ACCOUNT), init=False)
    _lots: Rows[Lot] = attrs.field(factory=lambda: Rows(_LOT), init=False)
    _awards: Rows[Awarded] = attrs.field(init=False)
    _rules: dict[str, EarnRule] = attrs.field(factory=dict, init=False)
    _writer: Writer = attrs.field(init=False)

    @_awards.default
    def _award_reader(self) -> Rows[Awarded]:
        return Rows(reading("award", partial(award_from, rule_of=self._rule)))

    @_writer.default
    def _new_writer(self) -> Writer:
        return Writer(self.shop, self.database.dialect, self._accounts)

    @property
    def borrowed(self) -> bool:
        """Whether what is written stands only if somebody else's transaction is committed."""
        return self.database.borrowed

    @property
    def columns(self) -> LedgerColumns:
        """What reads all accounts at once."""
        from retailcrm.adapters.stores.sql.ledger_columns import SqlLedgerColumns  # noqa: PLC0415 - needs numpy

        return SqlLedgerColumns(self.database, self.shop)

    @property
    def in_unit(self) -> bool:
        """Whether this thread is inside a unit."""
        return self.database.in_unit

    def unit(self) -> AbstractContextManager[object]:
        """Open a transaction for writing; one inside another joins it."""
        return self.database.unit()

    def using(self, connection: object) -> SqlLedger:
        """Give the same ledger inside a transaction that the caller has open, and ends.

        Raises:
            SettingsError: The connection is none that can be used, or one to another kind of database.
        """
        from retailcrm.adapters.stores.sql.borrowed import borrowed  # noqa: PLC0415 - few callers need it

        theirs = borrowed(connection)
        if theirs.dialect != self.database.dialect:
            raise SettingsError(
                f"the shop is kept in {self.database.dialect}, the connection is to {theirs.dialect}: "
                "both must be one database for an order and its points to be committed together"
            )
        here = sql.PLACE[theirs.dialect]
        if theirs.executor.one(here) != self.database.executor.one(here):
            raise SettingsError(
                "the connection is to another database than the shop is kept in: an order and its points "
                "would not be committed together"
            )
        return SqlLedger(theirs, self.shop)

    def lock(self, *accounts: str, hasty: bool = False) -> None:
        """Lock the rows of accounts, in the order of their ids."""
        for account in sorted(set(accounts)):
            self.account(account)
        # In somebody else's transaction her settings are hers.
        if hasty and self.database.dialect != "sqlite" and not self.borrowed:
            self.database.executor.one(sql.HASTY)

    def accounts(self) -> Iterator[str]:
        """Give the ids of all accounts, sorted."""
        return self._names(sql.ACCOUNTS)

    def account(self, account: str) -> Account:
        """Give an account; inside a unit nobody else writes to it before the unit ends."""
        row = self._locked(sql.ACCOUNT, account)
        return Account(id=account) if row is None else self._accounts(*row)

    def whole(self, account: str, rules: str) -> bool:
        """Tell whether nothing but the account itself says what is in it."""
        customer = account.partition("/")[2]
        row = self.database.executor.one(sql.WHOLE, (rules, account, account, customer, self.shop))
        return row is not None and bool(row[0])

    def whole_account(self, account: str, rules: str) -> Account | None:
        """Give an account if it is whole; inside a unit nobody else writes to it before the unit ends."""
        locking = self.database.dialect != "sqlite" and self.database.in_unit
        asked = sql.WHOLE_ACCOUNT + sql.FOR_UPDATE_OF_IT if locking else sql.WHOLE_ACCOUNT
        customer = account.partition("/")[2]
        values = (rules, account, account, customer, self.shop, account)
        settled, newest = self.database.settled, (LAST_DECISION, self.shop)
        run = self.database.executor
        if settled is not None and newest not in settled:
            row = run.one(sql.WHOLE_AND_LAST, values)
            if row is not None:
                position, digest = row[-2:]
                settled[newest] = (0, "") if position is None else (position, digest)
                row = row[:-2]
        elif locking and isinstance(run, Sends):
            # The second question waits until the account is ours, so its answer is as new as it must be.
            row, last = run.first_rows([Step(asked, values), Step(LAST_DECISION, (self.shop,))])
            self.database.along[newest] = last or (0, "")
        else:
            row = run.one(asked, values)
        return None if row is None else self._accounts(*row)

    def stale(self) -> Sequence[str]:
        """Give the customers of whose orders something is known that is not in their accounts yet."""
        return [name for (name,) in self._all(sql.STALE)]

    def entries(self, account: str) -> Sequence[Entry]:
        """Give an account's journal, oldest first."""
        return tuple(_ENTRY(*row) for row in self._all(sql.ENTRIES, account))

    def lots(self, account: str) -> Mapping[str, Lot]:
        """Give all lots that an account ever had, as they are now, by id."""
        lots = (self._lots(*row) for row in self._all(sql.LOTS, account))
        return {lot.id: lot for lot in lots}

    def awards(self, account: str) -> Mapping[str, Awarded]:
        """Give what orders earned in an account, by their reference."""
        return {row[0]: self._awards(*row) for row in self._all(sql.AWARDS, account)}

    def awarded(self, wallet: str, reference: str) -> str | None:
        """Tell in which account an order was awarded."""
        row = self._one(sql.AWARDED, wallet, reference)
        return None if row is None else str(row[0])

    def spending(self, key: str) -> Spending | None:
        """Give what a redemption spent."""
        # One that is not there needs no lock: of two that write it at once the second is refused.
        locking = self.database.dialect != "sqlite" and self.database.in_unit
        row = self._one(sql.SPENDING + sql.FOR_UPDATE if locking else sql.SPENDING, key)
        return None if row is None else _SPENDING(*row)

    def spendings(self, account: str) -> Sequence[Spending]:
        """Give the redemptions of an account."""
        return tuple(_SPENDING(*row) for row in self._all(sql.SPENDINGS, account))

    def spent_on(self, wallet: str, order: str) -> Sequence[Spending]:
        """Give the redemptions that paid for an order, oldest first."""
        # Without an order it is empty in the table: that names none.
        rows = self._all(sql.SPENT_ON, wallet, order) if order else ()
        return tuple(_SPENDING(*row) for row in rows)

    def refunds(self, wallet: str, order: str) -> RefundsTold | None:
        """Give what verbs were told of an order's refunds."""
        return self._value(self._advised(sql.REFUNDS, wallet, order), RefundsTold)

    def holder(self, hold: str) -> str | None:
        """Tell in which account a reservation is open."""
        row = self._one(sql.HOLDER, hold)
        return None if row is None else str(row[0])

    def effect(self, verb: str, key: str) -> Effect | None:
        """Give what a command came to."""
        row = self._one(sql.EFFECT, verb, key)
        if row is None:
            return None
        return Effect(verb=verb, key=key, fingerprint=row[0], done=_DONE(key, row[1]))

    def stock(self, reward: str) -> Stock | None:
        """Give how much of a reward is left; inside a unit nobody else takes any before the unit ends."""
        return self._value(self._locked(sql.STOCK, reward), Stock)

    def referral(self, referred: str) -> Brought | None:
        """Give the referral of a customer; ``None`` if nobody brought her."""
        return self._value(self._advised(sql.REFERRAL, referred), Brought)

    def referrals(self) -> Sequence[Brought]:
        """Give all referrals."""
        return tuple(value_of(text, Brought) for (text,) in self._all(sql.REFERRALS))

    def referral_of(self, order: str) -> Brought | None:
        """Give the referral that an order counted for; ``None`` if it counted for none."""
        return self._value(self._one(sql.REFERRAL_OF, order), Brought) if order else None

    def merged(self, around: str = "") -> Mapping[str, str]:
        """Tell which accounts were merged into which."""
        if not around:
            return dict(self._all(sql.MERGED))
        return dict(self.database.executor.all(sql.MERGED_AROUND, (self.shop, around, around, self.shop)))

    def advanced(self) -> datetime | None:
        """Tell up to when time was told to go by at the latest; ``None`` if it never was."""
        row = self._one(sql.ADVANCED)
        return None if row is None else moment(row[0])

    def recorded_days(self, since: datetime | None) -> Sequence[tuple[datetime, datetime]]:
        """Give the days, UTC, on which anything was written into an account, oldest first."""
        after = _BEFORE_ALL if since is None else micros(since)
        return [(moment(first), moment(last)) for first, last in self._all(sql.RECORDED_DAYS, after)]

    def due(self, until: datetime) -> Iterator[str]:
        """Give the ids of the accounts in which something falls due by a moment, sorted."""
        return self._names(sql.DUE, micros(until))

    def write(self, unit: Unit) -> None:
        """Write a unit: all of it or nothing.

        Raises:
            ConflictError: An account or stock is not as it was read any more, or a key was used meanwhile.
            UnknownOutcomeError: Nobody can say whether it was written.
        """
        with self.database.unit() as run:
            self._writer.write(run, unit)

    def _rule(self, digest: str) -> EarnRule:
        found = self._rules.get(digest)
        if found is None:
            row = self._one(sql.RULE, digest)
            if row is None:
                raise StoreError("an award names a rule that the store does not have")
            found = self._rules[digest] = value_of(row[0], EarnRule)
        return found

    def _one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        return self.database.executor.one(statement, (self.shop, *values))

    def _all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self.database.executor.all(statement, (self.shop, *values))

    def _locked(self, statement: str, name: str) -> tuple[Any, ...] | None:
        """Read a row; inside a unit nobody else changes it, or makes it, before the unit ends."""
        if self.database.dialect == "sqlite" or not self.database.in_unit:
            return self._one(statement, name)
        locking = statement + sql.FOR_UPDATE
        row = self._one(locking, name)
        if row is None:
            # There is no row to lock: lock its name, and look again at what others made meanwhile.
            self._advise(statement, name)
            row = self._one(locking, name)
        return row

    def _advised(self, statement: str, *names: str) -> tuple[Any, ...] | None:
        """Read a row that has no version; inside a unit its name is locked."""
        if self.database.dialect != "sqlite" and self.database.in_unit:
            self._advise(statement, *names)
        return self._one(statement, *names)

    def _advise(self, *names: str) -> None:
        self.database.executor.one(sql.ADVISE, ("\x1f".join((self.shop, *names)),))

    def _names(self, statement: str, *values: object) -> Iterator[str]:
        """Read names a thousand at a time, so that what is written meanwhile disturbs nobody."""
        last = ""
        while rows := self._all(statement, *values, last):
            yield from (name for (name,) in rows)
            last = rows[-1][0]

    def _value(self, row: tuple[Any, ...] | None, kind: type[_T]) -> _T | None:
        return None if row is None else value_of(row[0], kind)
