"""Writing a unit of the ledger: guarded, so that what was decided on is what is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.adapters.stores.sql import statements as sql
from retailcrm.adapters.stores.sql.codecs import micros, proof, rule_document, written
from retailcrm.adapters.stores.sql.rows import account_row, award_row, entry_row, fact_row, lot_row, said
from retailcrm.domain.points.entries import Verb
from retailcrm.errors import ConflictError
from retailcrm.ports.points_facts import told_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.adapters.stores.sql.executor import Dialect, Executor
    from retailcrm.adapters.stores.sql.long import Rows
    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.following import Awarded
    from retailcrm.domain.points.referrals.states import Brought
    from retailcrm.domain.points.stocks import Stock
    from retailcrm.ports.ledger import Change, Effect, RefundsTold, Spending, Unit


@attrs.frozen(eq=False)
class Writer:
    """Writes units of one shop.

    Attributes:
        shop: The shop's key.
        dialect: Which SQL.
        known: Accounts whose row was read or written already.
    """

    shop: str
    dialect: Dialect
    known: Rows[Account]

    def write(self, run: Executor, unit: Unit) -> None:
        """Write a unit; the caller has opened the transaction, and ends it."""
        # First of all: where the same command runs twice at once, the second one waits here.
        _each(run, sql.EFFECT_NEW, [self._effect(one) for one in unit.all_effects])
        for change in unit.changes:
            self._account(run, change)
        self._journal(run, [entry for change in unit.changes for entry in change.entries])
        if unit.awards:
            self._awards(run, unit.awards)
        if unit.spendings:
            self._spendings(run, unit)
        _each(run, sql.REFUNDS_NEXT, [self._refunds(one) for one in unit.refunds])
        for before, after in unit.stocks:
            self._stock(run, before, after)
        _each(run, sql.REFERRAL_NEXT, [self._referral(one) for one in unit.referrals])
        self._who_is_who(run, unit)

    def _who_is_who(self, run: Executor, unit: Unit) -> None:
        """Write which accounts were merged, and up to when time was told to go by."""
        for gone, keep in unit.merged:
            run.run(sql.MERGED_NEXT, (self.shop, gone, keep, proof(self.shop, gone, keep)))
            if gone == keep:
                run.run(sql.MERGED_GONE, (self.shop, gone))
        if unit.advanced is not None:
            at = micros(unit.advanced)
            run.run(sql.ADVANCED_NEXT, (self.shop, at, proof(self.shop, at)))

    def _journal(self, run: Executor, entries: Sequence[Entry]) -> None:
        """Write entries, and tell of those that moved points."""
        _each(run, sql.ENTRY_NEW, [entry_row(self.shop, entry) for entry in entries])
        moved = [fact_row(self.shop, fact) for entry in entries if (fact := told_by(entry))]
        _each(run, sql.EVENT_NEW[self.dialect], moved)

    def _referral(self, referral: Brought) -> tuple[Any, ...]:
        values = (self.shop, referral.referred, referral.order, written(referral))
        return (*values, proof(*values))

    def _effect(self, effect: Effect) -> tuple[Any, ...]:
        values = (self.shop, effect.verb, effect.key, effect.fingerprint, written(effect.done))
        return (*values, proof(*values))

    def _account(self, run: Executor, change: Change) -> None:
        """Write an account if it is still as it was read."""
        before, after = change.before, change.after
        if not change.entries:
            row = run.one(sql.ACCOUNT_VERSION, (self.shop, before.id))
            if (row[0] if row else 0) != before.version:
                raise ConflictError(f"account {before.id} was changed meanwhile")
            return
        values = account_row(self.shop, after)
        if before.version:
            done = run.run(sql.ACCOUNT_NEXT, (*values[2:], self.shop, before.id, before.version))
        else:
            done = run.run(sql.ACCOUNT_NEW, values)
        if not done:
            raise ConflictError(f"account {before.id} was changed meanwhile")
        self.known.keep(said(values), after)
        self._parts(run, change)

    def _parts(self, run: Executor, change: Change) -> None:
        """Write the lots and reservations of an account that are new or have changed."""
        account = change.after.id
        lots = {lot.id: lot for entry in change.entries for lot in entry.lots}
        _each(run, sql.LOT_NEXT, [lot_row(self.shop, account, lot) for lot in lots.values()])
        if change.before.holds or change.after.holds:
            stay = {hold.id: hold for hold in change.after.holds}
            gone = [(self.shop, one.id, account) for one in change.before.holds if one.id not in stay]
            _each(run, sql.HOLD_GONE, gone)
            known = set(change.before.holds)
            new = [
                (self.shop, one.id, account, micros(one.ends_at)) for one in stay.values() if one not in known
            ]
            _each(run, sql.HOLD_NEXT, new)

    def _awards(self, run: Executor, awards: Sequence[tuple[str, Awarded]]) -> None:
        rules = dict(rule_document(award.rule) for _, award in awards)
        _each(run, sql.RULE_NEW, [(self.shop, digest, text) for digest, text in rules.items()])
        rows = [award_row(self.shop, account, award) for account, award in awards]
        _each(run, sql.AWARD_NEXT, rows)

    def _spendings(self, run: Executor, unit: Unit) -> None:
        """Write redemptions; they stand in the order in which the entries that spent were written."""
        spent = {
            (entry.account, entry.key): micros(entry.recorded_at)
            for change in unit.changes
            for entry in change.entries
            if entry.verb in (Verb.REDEEM, Verb.CAPTURE)
        }
        rows = []
        for one in unit.spendings:
            place = spent.get((one.account, one.key)) or self._place(run, one)
            wallet = one.account.partition("/")[0]
            values = (self.shop, one.key, one.account, wallet, one.order, place, written(one))
            rows.append((*values, proof(*values)))
        _each(run, sql.SPENDING_NEXT, rows)

    def _place(self, run: Executor, spending: Spending) -> int:
        """Give the place of a redemption that was written before, or of one that no entry here spent."""
        known = run.one(sql.SPENDING_KNOWN, (self.shop, spending.key))
        place = known or run.one(sql.SPENDING_PLACE, (self.shop, spending.account))
        assert place is not None  # noqa: S101 - an aggregate always gives a row
        return int(place[0])

    def _refunds(self, told: RefundsTold) -> tuple[Any, ...]:
        values = (self.shop, told.wallet, told.order, written(told))
        return (*values, proof(*values))

    def _stock(self, run: Executor, before: Stock, after: Stock) -> None:
        values = (self.shop, after.reward, after.version, written(after))
        row = (*values, proof(*values))
        if before.version:
            done = run.run(sql.STOCK_NEXT, (*row[2:], self.shop, before.reward, before.version))
        else:
            done = run.run(sql.STOCK_NEW, row)
        if not done:
            raise ConflictError(f"the stock of {before.reward} was changed meanwhile")


def _each(run: Executor, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement for each row: one is run at once, several together."""
    if len(rows) == 1:
        run.run(statement, rows[0])
    elif rows:
        run.many(statement, rows)
