"""Writing a unit of the ledger: guarded, so that what was decided on is what is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.adapters.stores.sql import statements as sql
from retailcrm.adapters.stores.sql.codecs import micros, proof, rule_document, written
from retailcrm.adapters.stores.sql.putting import putting
from retailcrm.adapters.stores.sql.rows import account_row, award_row, entry_row, fact_row, lot_row, said
from retailcrm.adapters.stores.sql.short import done_text, spending_text
from retailcrm.errors import ConflictError
from retailcrm.ports.points_facts import told_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.adapters.stores.sql.executor import Dialect, Executor
    from retailcrm.adapters.stores.sql.long import Rows
    from retailcrm.adapters.stores.sql.putting import Put
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
        put = putting(run)
        # First of all: where the same command runs twice at once, the second one waits here.
        put.rows(sql.EFFECT_NEW, [self._effect(one) for one in unit.all_effects])
        for change in unit.changes:
            self._account(put, change)
        self._lots(put, unit.changes)
        self._journal(put, [entry for change in unit.changes for entry in change.entries])
        if unit.awards:
            self._awards(put, unit.awards)
        if unit.spendings:
            self._spendings(put, unit)
        put.rows(sql.REFUNDS_NEXT, [self._refunds(one) for one in unit.refunds])
        for before, after in unit.stocks:
            self._stock(put, before, after)
        put.rows(sql.REFERRAL_NEXT, [self._referral(one) for one in unit.referrals])
        self._who_is_who(put, unit)
        put.end()

    def _who_is_who(self, put: Put, unit: Unit) -> None:
        """Write which accounts were merged, and up to when time was told to go by."""
        for gone, keep in unit.merged:
            put.rows(sql.MERGED_NEXT, [(self.shop, gone, keep, proof(self.shop, gone, keep))])
            if gone == keep:
                put.rows(sql.MERGED_GONE, [(self.shop, gone)])
        if unit.advanced is not None:
            at = micros(unit.advanced)
            put.rows(sql.ADVANCED_NEXT, [(self.shop, at, proof(self.shop, at))])

    def _journal(self, put: Put, entries: Sequence[Entry]) -> None:
        """Write entries, and tell of those that moved points."""
        put.rows(sql.ENTRY_NEW, [entry_row(self.shop, entry) for entry in entries])
        moved = [fact_row(self.shop, fact) for entry in entries if (fact := told_by(entry))]
        put.rows(sql.EVENT_NEW[self.dialect], moved)

    def _referral(self, referral: Brought) -> tuple[Any, ...]:
        values = (self.shop, referral.referred, referral.order, written(referral))
        return (*values, proof(*values))

    def _effect(self, effect: Effect) -> tuple[Any, ...]:
        values = (self.shop, effect.verb, effect.key, effect.fingerprint, done_text(effect.done))
        return (*values, proof(*values))

    def _account(self, put: Put, change: Change) -> None:
        """Write an account if it is still as it was read."""
        before, after = change.before, change.after
        if not change.entries:
            row = put.run.one(sql.ACCOUNT_VERSION, (self.shop, before.id))
            if (row[0] if row else 0) != before.version:
                raise ConflictError(f"account {before.id} was changed meanwhile")
            return
        values = account_row(self.shop, after)
        guard = self.shop, before.id, before.version
        changed = f"account {before.id} was changed meanwhile"
        if not before.version:
            put.rows(sql.ACCOUNT_NEW, [values], changed)
        elif after.next_change_at == before.next_change_at:
            # What is found by that moment stays where it is: SQLite writes an index anew whenever told of it.
            _, _, *now, _, document, digest = values
            put.rows(sql.ACCOUNT_SAME, [(*now, document, digest, *guard)], changed)
        else:
            put.rows(sql.ACCOUNT_NEXT, [(*values[2:], *guard)], changed)
        self.known.keep(said(values), after)
        if before.holds or after.holds:
            self._holds(put, change)

    def _lots(self, put: Put, changes: Sequence[Change]) -> None:
        """Write the lots that are new or have changed, each as its last entry has it."""
        lots = {
            (change.after.id, lot.id): lot
            for change in changes
            for entry in change.entries
            for lot in entry.lots
        }
        put.rows(sql.LOT_NEXT, [lot_row(self.shop, account, lot) for (account, _), lot in lots.items()])

    def _holds(self, put: Put, change: Change) -> None:
        """Write the reservations of an account that are new, have changed or have ended."""
        account, stay = change.after.id, {hold.id: hold for hold in change.after.holds}
        gone = [(self.shop, one.id, account) for one in change.before.holds if one.id not in stay]
        put.rows(sql.HOLD_GONE, gone)
        known, opened = set(change.before.holds), change.opened
        new: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        for one in stay.values():
            if one not in known:
                # One that is made has a name of its own; one that came along with a merge keeps it.
                rows = new if one.id in opened else changed
                rows.append((self.shop, one.id, account, micros(one.ends_at)))
        put.rows(sql.HOLD_NEW, new)
        put.rows(sql.HOLD_NEXT, changed)

    def _awards(self, put: Put, awards: Sequence[tuple[str, Awarded]]) -> None:
        rules = dict(rule_document(award.rule) for _, award in awards)
        put.rows(sql.RULE_NEW, [(self.shop, digest, text) for digest, text in rules.items()])
        rows = [award_row(self.shop, account, award) for account, award in awards]
        put.rows(sql.AWARD_NEXT, rows)

    def _spendings(self, put: Put, unit: Unit) -> None:
        """Write redemptions; they stand in the order in which the entries that spent were written."""
        spent = unit.spent
        new: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        for one in unit.spendings:
            at, rows = spent.get((one.account, one.key)), new
            if at is None:
                known = put.run.one(sql.SPENDING_KNOWN, (self.shop, one.key))
                rows = new if known is None else changed
                place = self._place(put.run, one) if known is None else int(known[0])
            else:
                place = micros(at)
            wallet = one.account.partition("/")[0]
            values = (self.shop, one.key, one.account, wallet, one.order, place, spending_text(one))
            rows.append((*values, proof(*values)))
        # A key that two new ones have at once is neither's to replace: the second is refused.
        put.rows(sql.SPENDING_NEW, new)
        put.rows(sql.SPENDING_NEXT, changed)

    def _place(self, run: Executor, spending: Spending) -> int:
        """Give the place of a redemption that no entry here spent."""
        place = run.one(sql.SPENDING_PLACE, (self.shop, spending.account))
        assert place is not None  # noqa: S101 - an aggregate always gives a row
        return int(place[0])

    def _refunds(self, told: RefundsTold) -> tuple[Any, ...]:
        values = (self.shop, told.wallet, told.order, written(told))
        return (*values, proof(*values))

    def _stock(self, put: Put, before: Stock, after: Stock) -> None:
        values = (self.shop, after.reward, after.version, written(after))
        row = (*values, proof(*values))
        changed = f"the stock of {before.reward} was changed meanwhile"
        if before.version:
            put.rows(sql.STOCK_NEXT, [(*row[2:], self.shop, before.reward, before.version)], changed)
        else:
            put.rows(sql.STOCK_NEW, [row], changed)
