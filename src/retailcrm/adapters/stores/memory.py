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
    from retailcrm.ports.ledger import Effect, Spending, Unit


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
    _effects: dict[tuple[str, str], Effect] = attrs.field(factory=dict, init=False)
    _stocks: dict[str, Stock] = attrs.field(factory=dict, init=False)
    _referrals: dict[str, Brought] = attrs.field(factory=dict, init=False)
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
        return tuple(one for one in self._spendings.values() if one.account == account)

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

    def merged(self) -> Mapping[str, str]:
        """Tell which accounts were merged into which."""
        return dict(self._merged)

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
            self._accounts[change.after.id] = change.after
            self._journals[change.after.id] += change.entries
            for entry in change.entries:
                self._lots[change.after.id].update({lot.id: lot for lot in entry.lots})
        for account, award in unit.awards:
            self._awards[account][award.reference] = award
            self._homes[account.partition("/")[0], award.reference] = account
        for spending in unit.spendings:
            self._spendings[spending.key] = spending
        for _, stock in unit.stocks:
            self._stocks[stock.reward] = stock
        self._referrals.update({one.referred: one for one in unit.referrals})
        for gone, keep in unit.merged:
            self._merged[gone] = keep
            if gone == keep:
                del self._merged[gone]
        if unit.effect is not None:
            self._effects[unit.effect.verb, unit.effect.key] = unit.effect
