"""A ledger that keeps writes back, so that those of many commands are written together."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.errors import ConflictError
from retailcrm.ports.ledger import Change, Unit, connected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.following import Awarded
    from retailcrm.domain.points.lots import Lot
    from retailcrm.domain.points.referrals.states import Brought
    from retailcrm.domain.points.stocks import Stock
    from retailcrm.ports.ledger import Effect, Ledger, RefundsTold, Spending


_RARE: Final = ("refunds", "stocks", "referrals", "merged", "advanced")
"""What few units say; whatever was kept back is written at once with it."""


@attrs.define(eq=False)
class _Kept:
    """What is kept back of several units, as one: each account goes from its first state to its last."""

    some: bool = False
    before: dict[str, Account] = attrs.field(factory=dict)
    after: dict[str, Account] = attrs.field(factory=dict)
    entries: dict[str, list[Entry]] = attrs.field(factory=dict)
    effects: list[Effect] = attrs.field(factory=list)
    awards: list[tuple[str, Awarded]] = attrs.field(factory=list)
    spendings: dict[str, Spending] = attrs.field(factory=dict)

    def add(self, unit: Unit) -> None:
        """Keep a unit back."""
        self.some = True
        for change in unit.changes:
            name = change.before.id
            self.before.setdefault(name, change.before)
            self.after[name] = change.after
            self.entries.setdefault(name, []).extend(change.entries)
        self.effects += unit.all_effects
        self.awards += unit.awards
        for spending in unit.spendings:
            self.spendings[spending.key] = spending

    def unit(self, last: Unit | None) -> Unit:
        """Give all as one unit.

        Args:
            last: The last one, if it says more than is kept back.
        """
        changes = tuple(
            Change(before=before, after=self.after[name], entries=tuple(self.entries[name]))
            for name, before in self.before.items()
        )
        whole = Unit(
            changes=changes,
            effects=tuple(self.effects),
            awards=tuple(self.awards),
            spendings=tuple(self.spendings.values()),
        )
        return whole if last is None else attrs.evolve(whole, **{name: getattr(last, name) for name in _RARE})


@attrs.define(eq=False)
class GroupLedger:
    """A ledger that keeps units back until somebody asks for what they change, or the group ends.

    Accounts and what commands came to are answered from what is kept back; whatever else is asked of an
    account that a unit changes makes all units be written first, so that every read sees them.

    Attributes:
        ledger: Where to; inside one of its units.
        trusting: Whether keys are taken for new without a look: the ledger refuses those that are not, when
            they are written, and whoever began the group begins it anew.
        asked: The ids of the accounts that were asked for.
    """

    ledger: Ledger
    trusting: bool = False
    asked: set[str] = attrs.field(factory=set, init=False)
    _kept: _Kept = attrs.field(factory=_Kept, init=False)
    _accounts: dict[str, Account] = attrs.field(factory=dict, init=False)
    _dirty: set[str] = attrs.field(factory=set, init=False)
    _effects: dict[tuple[str, str], Effect] = attrs.field(factory=dict, init=False)
    _homes: dict[tuple[str, str], str] = attrs.field(factory=dict, init=False)
    _spendings: dict[str, Spending] = attrs.field(factory=dict, init=False)
    _merged: Mapping[str, str] | None = attrs.field(default=None, init=False)
    _ends: frozenset[str] = attrs.field(default=frozenset(), init=False)

    @property
    def borrowed(self) -> bool:
        """Whether what is written stands only if somebody else's transaction is committed."""
        return self.ledger.borrowed

    @property
    def columns(self) -> None:
        """Give nothing: what is kept back is not in the columns."""

    @property
    def in_unit(self) -> bool:
        """Say yes: the group is one."""
        return True

    def unit(self) -> AbstractContextManager[object]:
        """Join the group's unit."""
        return nullcontext()

    def using(self, connection: object) -> Ledger:
        """Give the ledger inside somebody's transaction: a group is in its own."""
        return self.ledger.using(connection)

    def lock(self, *accounts: str, hasty: bool = False) -> None:
        """Keep others from writing to accounts."""
        self.ledger.lock(*accounts, hasty=hasty)

    def write(self, unit: Unit) -> None:
        """Keep a unit back."""
        for change in unit.changes:
            name = change.before.id
            if self.account(name).version != change.before.version:
                raise ConflictError(f"account {name} was changed meanwhile")
            self._accounts[name] = change.after
            self._dirty.add(name)
        self._kept.add(unit)
        for account, award in unit.awards:
            self._dirty.add(account)
            self._homes[account.partition("/")[0], award.reference] = account
        for spending in unit.spendings:
            self._dirty.add(spending.account)
            self._spendings[spending.key] = spending
        for effect in unit.all_effects:
            self._effects[effect.verb, effect.key] = effect
        if unit.merged:
            self._merged = None
        if unit.stocks or unit.referrals or unit.refunds or unit.merged or unit.advanced is not None:
            self._write(unit)

    def flush(self) -> None:
        """Write all units that were kept back, as one."""
        if self._kept.some:
            self._write(None)

    def _write(self, last: Unit | None) -> None:
        kept, self._kept = self._kept, _Kept()
        self._dirty.clear()
        self.ledger.write(kept.unit(last))

    def accounts(self) -> Iterator[str]:
        """Give the ids of all accounts, sorted."""
        return self._written().accounts()

    def account(self, account: str) -> Account:
        """Give an account."""
        found = self._accounts.get(account)
        if found is None:
            self.asked.add(account)
            found = self._accounts[account] = self.ledger.account(account)
        return found

    def whole(self, account: str, rules: str) -> bool:
        """Tell whether nothing but the account itself says what is in it."""
        return self.ledger.whole(account, rules)

    def whole_account(self, account: str, rules: str) -> Account | None:
        """Give an account if nothing but itself says what is in it."""
        known = self._accounts.get(account)
        if known is not None:
            return known if known.version and self.ledger.whole(account, rules) else None
        found = self.ledger.whole_account(account, rules)
        if found is not None:
            self.asked.add(account)
            self._accounts[account] = found
        return found

    def stale(self) -> Sequence[str]:
        """Give the customers of whose orders something is known that is not in their accounts yet."""
        return self.ledger.stale()

    def entries(self, account: str) -> Sequence[Entry]:
        """Give an account's journal, oldest first."""
        return self._of(account).entries(account)

    def lots(self, account: str) -> Mapping[str, Lot]:
        """Give all lots that an account ever had, as they are now, by id."""
        return self._of(account).lots(account)

    def awards(self, account: str) -> Mapping[str, Awarded]:
        """Give what orders earned in an account, by their reference."""
        return self._of(account).awards(account)

    def awarded(self, wallet: str, reference: str) -> str | None:
        """Tell in which account an order was awarded."""
        return self._homes.get((wallet, reference)) or self.ledger.awarded(wallet, reference)

    def spending(self, key: str) -> Spending | None:
        """Give what a redemption spent."""
        return self._spendings.get(key) or self.ledger.spending(key)

    def spendings(self, account: str) -> Sequence[Spending]:
        """Give the redemptions of an account."""
        return self._of(account).spendings(account)

    def spent_on(self, wallet: str, order: str) -> Sequence[Spending]:
        """Give the redemptions that paid for an order, oldest first."""
        return self._written().spent_on(wallet, order)

    def refunds(self, wallet: str, order: str) -> RefundsTold | None:
        """Give what verbs were told of an order's refunds."""
        return self.ledger.refunds(wallet, order)

    def holder(self, hold: str) -> str | None:
        """Tell in which account a reservation is open."""
        return self._written().holder(hold)

    def taken(self, verb: str, key: str) -> Effect | None:
        """Give what a command came to, of whose key nobody has heard yet as like as not."""
        return self._effects.get((verb, key)) if self.trusting else self.effect(verb, key)

    def named(self, key: str) -> bool:
        """Tell whether a redemption has a key, of which nobody has heard yet as like as not."""
        return key in self._spendings or not (self.trusting or self.ledger.spending(key) is None)

    def effect(self, verb: str, key: str) -> Effect | None:
        """Give what a command came to."""
        return self._effects.get((verb, key)) or self.ledger.effect(verb, key)

    def stock(self, reward: str) -> Stock | None:
        """Give how much of a reward is left."""
        return self.ledger.stock(reward)

    def referral(self, referred: str) -> Brought | None:
        """Give the referral of a customer."""
        return self.ledger.referral(referred)

    def referrals(self) -> Sequence[Brought]:
        """Give all referrals."""
        return self.ledger.referrals()

    def referral_of(self, order: str) -> Brought | None:
        """Give the referral that an order counted for."""
        return self.ledger.referral_of(order)

    def merged(self, around: str = "") -> Mapping[str, str]:
        """Tell which accounts were merged into which."""
        if self._merged is None:
            self._merged = self._written().merged()
            self._ends = frozenset((*self._merged, *self._merged.values()))
        if not around:
            return self._merged
        return connected(self._merged, around) if around in self._ends else {}

    def advanced(self) -> datetime | None:
        """Tell up to when time was told to go by at the latest."""
        return self.ledger.advanced()

    def recorded_days(self, since: datetime | None) -> Sequence[tuple[datetime, datetime]]:
        """Give the days, UTC, on which anything was written into an account, oldest first."""
        return self._written().recorded_days(since)

    def due(self, until: datetime) -> Iterator[str]:
        """Give the ids of the accounts in which something falls due by a moment, sorted."""
        return self._written().due(until)

    def _written(self) -> Ledger:
        self.flush()
        return self.ledger

    def _of(self, account: str) -> Ledger:
        """Give the ledger, with what is kept back of an account written."""
        return self._written() if account in self._dirty else self.ledger
