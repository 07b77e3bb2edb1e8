"""A ledger in memory: what the others are compared with, and enough for a run on files."""

from __future__ import annotations

from collections import defaultdict
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.account import Account
from retailcrm.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.following import Awarded
    from retailcrm.domain.points.lots import Lot
    from retailcrm.domain.points.referrals import Brought
    from retailcrm.domain.points.stocks import Stock
    from retailcrm.ports.ledger import Change, Effect, RefundsTold, Spending, Unit


@attrs.define(eq=False)
class MemoryLedger:
    """Keeps accounts as long as the program runs; threads may share it."""

    borrowed: bool = attrs.field(default=False, init=False)
    _accounts: dict[str, Account] = attrs.field(factory=dict, init=False)
    _journals: dict[str, list[Entry]] = attrs.field(factory=lambda: defaultdict(list), init=False)
    _lots: dict[str, dict[str, Lot]] = attrs.field(factory=lambda: defaultdict(dict), init=False)
    _awards: dict[str, dict[str, Awarded]] = attrs.field(factory=lambda: defaultdict(dict), init=False)
    _homes: dict[tuple[str, str], str] = attrs.field(factory=dict, init=False)
    _spendings: dict[str, Spending] = attrs.field(factory=dict, init=False)
    _spendings_of: dict[str, list[str]] = attrs.field(factory=lambda: defaultdict(list), init=False)
    _spent_on: dict[tuple[str, str], list[str]] = attrs.field(factory=lambda: defaultdict(list), init=False)
    _refunds: dict[tuple[str, str], RefundsTold] = attrs.field(factory=dict, init=False)
    _holders: dict[str, str] = attrs.field(factory=dict, init=False)
    _effects: dict[tuple[str, str], Effect] = attrs.field(factory=dict, init=False)
    _stocks: dict[str, Stock] = attrs.field(factory=dict, init=False)
    _referrals: dict[str, Brought] = attrs.field(factory=dict, init=False)
    _counted: dict[str, str] = attrs.field(factory=dict, init=False)
    _advanced: datetime | None = attrs.field(default=None, init=False)
    _merged: dict[str, str] = attrs.field(factory=dict, init=False)
    _lock: Lock = attrs.field(factory=Lock, init=False)

    def accounts(self) -> Iterator[str]:
        """Give the ids of all accounts, sorted."""
        return iter(sorted(self._accounts))

    def account(self, account: str) -> Account:
        """Give an account; one that was never written is empty."""
        return self._accounts.get(account) or Account(id=account)

    def entries(self, account: str) -> Sequence[Entry]:
        """Give an account's journal, oldest first."""
        return tuple(self._journals.get(account, ()))

    def lots(self, account: str) -> Mapping[str, Lot]:
        """Give all lots that an account ever had, as they are now, by id."""
        return MappingProxyType(self._lots.get(account, {}))

    def awards(self, account: str) -> Mapping[str, Awarded]:
        """Give what orders earned in an account, by their reference."""
        return MappingProxyType(self._awards.get(account, {}))

    def awarded(self, wallet: str, reference: str) -> str | None:
        """Tell in which account an order was awarded."""
        return self._homes.get((wallet, reference))

    def spending(self, key: str) -> Spending | None:
        """Give what a redemption spent."""
        return self._spendings.get(key)

    def spendings(self, account: str) -> Sequence[Spending]:
        """Give the redemptions of an account."""
        return tuple(self._spendings[key] for key in self._spendings_of.get(account, ()))

    def spent_on(self, wallet: str, order: str) -> Sequence[Spending]:
        """Give the redemptions that paid for an order, oldest first."""
        return tuple(self._spendings[key] for key in self._spent_on.get((wallet, order), ()))

    def refunds(self, wallet: str, order: str) -> RefundsTold | None:
        """Give what verbs were told of an order's refunds."""
        return self._refunds.get((wallet, order))

    def holder(self, hold: str) -> str | None:
        """Tell in which account a reservation is open."""
        return self._holders.get(hold)

    def effect(self, verb: str, key: str) -> Effect | None:
        """Give what a command came to."""
        return self._effects.get((verb, key))

    def stock(self, reward: str) -> Stock | None:
        """Give how much of a reward is left; ``None`` if nobody has taken any."""
        return self._stocks.get(reward)

    def referral(self, referred: str) -> Brought | None:
        """Give the referral of a customer; ``None`` if nobody brought her."""
        return self._referrals.get(referred)

    def referrals(self) -> Sequence[Brought]:
        """Give all referrals."""
        return tuple(self._referrals.values())

    def referral_of(self, order: str) -> Brought | None:
        """Give the referral that an order counted for; ``None`` if it counted for none."""
        referred = self._counted.get(order)
        return None if referred is None else self._referrals[referred]

    def merged(self) -> Mapping[str, str]:
        """Tell which accounts were merged into which."""
        return dict(self._merged)

    def advanced(self) -> datetime | None:
        """Tell up to when time was told to go by at the latest; ``None`` if it never was."""
        return self._advanced

    def due(self, until: datetime) -> Iterator[str]:
        """Give the ids of the accounts in which something falls due by a moment, sorted."""
        for name in sorted(self._accounts):
            change = self._accounts[name].next_change_at
            if change is not None and change <= until:
                yield name

    def write(self, unit: Unit) -> None:
        """Write a unit: all of it or nothing.

        Raises:
            ConflictError: An account or stock is not as it was read any more, or a key was used meanwhile.
        """
        with self._lock:
            self._check(unit)
            self._keep(unit)

    def _check(self, unit: Unit) -> None:
        for change in unit.changes:
            if self.account(change.before.id).version != change.before.version:
                raise ConflictError(f"account {change.before.id} was changed meanwhile")
        for before, _ in unit.stocks:
            known = self._stocks.get(before.reward)
            if (known.version if known else 0) != before.version:
                raise ConflictError(f"the stock of {before.reward} was changed meanwhile")
        effect = unit.effect
        if effect is not None and (effect.verb, effect.key) in self._effects:
            raise ConflictError(f"key {effect.key!r} of {effect.verb} was used meanwhile")

    def _keep(self, unit: Unit) -> None:
        for change in unit.changes:
            self._keep_account(change)
        for account, award in unit.awards:
            self._awards[account][award.reference] = award
            self._homes[account.partition("/")[0], award.reference] = account
        for spending in unit.spendings:
            self._keep_spending(spending)
        self._refunds.update({(one.wallet, one.order): one for one in unit.refunds})
        for _, stock in unit.stocks:
            self._stocks[stock.reward] = stock
        self._referrals.update({one.referred: one for one in unit.referrals})
        self._counted.update({one.order: one.referred for one in unit.referrals if one.order})
        if unit.advanced is not None:
            self._advanced = max(unit.advanced, self._advanced or unit.advanced)
        for gone, keep in unit.merged:
            self._merged[gone] = keep
            if gone == keep:
                del self._merged[gone]
        if unit.effect is not None:
            self._effects[unit.effect.verb, unit.effect.key] = unit.effect

    def _keep_account(self, change: Change) -> None:
        name = change.after.id
        self._accounts[name] = change.after
        self._journals[name] += change.entries
        for entry in change.entries:
            self._lots[name].update({lot.id: lot for lot in entry.lots})
        for hold in {one.id for one in change.before.holds}:
            if self._holders.get(hold) == name:
                del self._holders[hold]
        self._holders.update({hold.id: name for hold in change.after.holds})

    def _keep_spending(self, spending: Spending) -> None:
        if spending.key not in self._spendings:
            self._spendings_of[spending.account].append(spending.key)
            if spending.order:
                self._spent_on[spending.account.partition("/")[0], spending.order].append(spending.key)
        self._spendings[spending.key] = spending
