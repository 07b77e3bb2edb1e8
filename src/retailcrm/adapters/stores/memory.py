"""A ledger in memory: what the others are compared with, and enough for a run on files."""

from __future__ import annotations

from collections import defaultdict
from contextlib import nullcontext
from datetime import UTC
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import attrs

from retailcrm.adapters.stores.memory_steps import Steps
from retailcrm.domain.points.account import Account
from retailcrm.errors import ConflictError, DuplicateRowError, InputError, SettingsError
from retailcrm.ports.feed import Page, Told
from retailcrm.ports.ledger import connected
from retailcrm.ports.points_facts import told_by
from retailcrm.ports.stores import Capabilities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.following import Awarded
    from retailcrm.domain.points.lots import Lot
    from retailcrm.domain.points.referrals import Brought
    from retailcrm.domain.points.stocks import Stock
    from retailcrm.ports.feed import Fact
    from retailcrm.ports.ledger import Change, Effect, RefundsTold, Spending, Unit

_P = ParamSpec("_P")
_T = TypeVar("_T")


@attrs.define(eq=False)
class MemoryFeed:
    """Keeps facts as long as the program runs.

    Attributes:
        steps: Its units.
    """

    steps: Steps = attrs.field(factory=Steps)
    _facts: list[Fact] = attrs.field(factory=list, init=False)

    def write(self, facts: Iterable[Fact]) -> None:
        """Add facts."""
        with self.steps.unit():
            for fact in facts:
                self.steps.add(self._facts, fact)

    def read(self, after: str = "", limit: int = 1000) -> Page:
        """Read on from a cursor: the number of facts that were read before.

        Raises:
            InputError: It is no cursor, or the limit is below 1.
        """
        if limit < 1:
            raise InputError(f"a page has at least 1 fact, not {limit}")
        if after and not (after.isdecimal() and after.isascii()):
            raise InputError(f"{after!r} is no cursor of this feed")
        first = int(after or 0)
        with self.steps.lock:
            facts = self._facts[first : first + limit]
        told = tuple(Told(cursor=str(first + i), fact=fact) for i, fact in enumerate(facts, 1))
        return Page(facts=told, cursor=told[-1].cursor if told else after)


def _whole(
    read: Callable[Concatenate[MemoryLedger, _P], _T],
) -> Callable[Concatenate[MemoryLedger, _P], _T]:
    """Let a read wait for the unit of another thread: what is half written nobody sees."""

    @wraps(read)
    def waiting(ledger: MemoryLedger, /, *args: _P.args, **more: _P.kwargs) -> _T:
        with ledger.feed.steps.lock:
            return read(ledger, *args, **more)

    return waiting


@attrs.define(eq=False)
class MemoryLedger:
    """Keeps accounts as long as the program runs; threads may share it.

    One thread at a time has a unit open. What was written in it is taken back step by step if it fails.

    Attributes:
        feed: Where it tells what its entries moved.
    """

    feed: MemoryFeed = attrs.field(factory=MemoryFeed)
    borrowed: bool = attrs.field(default=False, init=False)
    columns: None = attrs.field(default=None, init=False)
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
    _clock: dict[str, datetime] = attrs.field(factory=dict, init=False)
    _merged: dict[str, str] = attrs.field(factory=dict, init=False)

    @property
    def _steps(self) -> Steps:
        return self.feed.steps

    def unit(self) -> AbstractContextManager[object]:
        """Keep other threads away for as long as the unit lasts; if it fails, nothing was written in it."""
        return self._steps.unit()

    @property
    def in_unit(self) -> bool:
        """Whether a unit is open; nobody else's can be, while this thread asks inside one."""
        return self._steps.is_open

    def using(self, connection: object) -> MemoryLedger:
        """Refuse: memory takes no part in a transaction of a database.

        Raises:
            SettingsError: Always.
        """
        raise SettingsError(
            f"a shop in memory takes no part in the transaction of a {type(connection).__name__}: "
            "open the shop on the database that the transaction is in"
        )

    def lock(self, *accounts: str, hasty: bool = False) -> None:
        """Keep others away: a unit does, for all accounts at once."""

    @_whole
    def accounts(self) -> Iterator[str]:
        """Give the ids of all accounts, sorted."""
        return iter(sorted(self._accounts))

    @_whole
    def account(self, account: str) -> Account:
        """Give an account; one that was never written is empty."""
        return self._accounts.get(account) or Account(id=account)

    def whole(self, account: str, rules: str) -> bool:  # noqa: ARG002 - whatever is asked of
        """Say no: a shop in memory takes orders in when it is asked for them."""
        return False

    def whole_account(self, account: str, rules: str) -> None:
        """Give nothing: no account of a shop in memory is ever whole."""

    def stale(self) -> Sequence[str]:
        """Give nobody: no account of a shop in memory is ever whole."""
        return ()

    @_whole
    def entries(self, account: str) -> Sequence[Entry]:
        """Give an account's journal, oldest first."""
        return tuple(self._journals.get(account, ()))

    @_whole
    def lots(self, account: str) -> Mapping[str, Lot]:
        """Give all lots that an account ever had, as they are now, by id."""
        return dict(self._lots.get(account, {}))

    @_whole
    def awards(self, account: str) -> Mapping[str, Awarded]:
        """Give what orders earned in an account, by their reference."""
        return dict(self._awards.get(account, {}))

    @_whole
    def awarded(self, wallet: str, reference: str) -> str | None:
        """Tell in which account an order was awarded."""
        return self._homes.get((wallet, reference))

    @_whole
    def spending(self, key: str) -> Spending | None:
        """Give what a redemption spent."""
        return self._spendings.get(key)

    @_whole
    def spendings(self, account: str) -> Sequence[Spending]:
        """Give the redemptions of an account."""
        return tuple(self._spendings[key] for key in self._spendings_of.get(account, ()))

    @_whole
    def spent_on(self, wallet: str, order: str) -> Sequence[Spending]:
        """Give the redemptions that paid for an order, oldest first."""
        return tuple(self._spendings[key] for key in self._spent_on.get((wallet, order), ()))

    @_whole
    def refunds(self, wallet: str, order: str) -> RefundsTold | None:
        """Give what verbs were told of an order's refunds."""
        return self._refunds.get((wallet, order))

    @_whole
    def holder(self, hold: str) -> str | None:
        """Tell in which account a reservation is open."""
        return self._holders.get(hold)

    @_whole
    def effect(self, verb: str, key: str) -> Effect | None:
        """Give what a command came to."""
        return self._effects.get((verb, key))

    @_whole
    def stock(self, reward: str) -> Stock | None:
        """Give how much of a reward is left; ``None`` if nobody has taken any."""
        return self._stocks.get(reward)

    @_whole
    def referral(self, referred: str) -> Brought | None:
        """Give the referral of a customer; ``None`` if nobody brought her."""
        return self._referrals.get(referred)

    @_whole
    def referrals(self) -> Sequence[Brought]:
        """Give all referrals."""
        return tuple(self._referrals.values())

    @_whole
    def referral_of(self, order: str) -> Brought | None:
        """Give the referral that an order counted for; ``None`` if it counted for none."""
        referred = self._counted.get(order)
        return None if referred is None else self._referrals[referred]

    @_whole
    def merged(self, around: str = "") -> Mapping[str, str]:
        """Tell which accounts were merged into which."""
        return connected(self._merged, around) if around else dict(self._merged)

    @_whole
    def advanced(self) -> datetime | None:
        """Tell up to when time was told to go by at the latest; ``None`` if it never was."""
        return self._clock.get("advanced")

    @_whole
    def recorded_days(self, since: datetime | None) -> Sequence[tuple[datetime, datetime]]:
        """Give the days, UTC, on which anything was written into an account, oldest first."""
        days: dict[date, tuple[datetime, datetime]] = {}
        for at in (entry.recorded_at for journal in self._journals.values() for entry in journal):
            if since is None or at > since:
                day = at.astimezone(UTC).date()
                first, last = days.get(day, (at, at))
                days[day] = (min(first, at), max(last, at))
        return sorted(days.values())

    @_whole
    def due(self, until: datetime) -> Iterator[str]:
        """Give the ids of the accounts in which something falls due by a moment, sorted."""
        due = ((name, account.next_change_at) for name, account in self._accounts.items())
        return iter(sorted(name for name, change in due if change is not None and change <= until))

    def write(self, unit: Unit) -> None:
        """Write a unit: all of it or nothing.

        Raises:
            ConflictError: An account or stock is not as it was read any more, or a key was used meanwhile.
        """
        with self._steps.unit():
            self._check(unit)
            self._keep(unit)

    def _check(self, unit: Unit) -> None:
        for change in unit.changes:
            if self.account(change.before.id).version != change.before.version:
                raise ConflictError(f"account {change.before.id} was changed meanwhile")
            if any(hold in self._holders for hold in change.opened & {one.id for one in change.after.holds}):
                raise DuplicateRowError("the key of a reservation names another one that is open")
        for before, _ in unit.stocks:
            known = self._stocks.get(before.reward)
            if (known.version if known else 0) != before.version:
                raise ConflictError(f"the stock of {before.reward} was changed meanwhile")
        fresh: set[tuple[str, str]] = set()
        for effect in unit.all_effects:
            name = effect.verb, effect.key
            if name in self._effects or name in fresh:
                raise DuplicateRowError(f"key {effect.key!r} of {effect.verb} was used meanwhile")
            fresh.add(name)
        spent = unit.spent
        if any((one.account, one.key) in spent and one.key in self._spendings for one in unit.spendings):
            raise DuplicateRowError("the key of a redemption names another one already")

    def _keep(self, unit: Unit) -> None:
        put = self._steps.put
        for change in unit.changes:
            if change.entries:
                self._keep_account(change)
        for account, award in unit.awards:
            self._keep_award(account, award)
        for spending in unit.spendings:
            self._keep_spending(spending)
        for told in unit.refunds:
            put(self._refunds, (told.wallet, told.order), told)
        for _, stock in unit.stocks:
            put(self._stocks, stock.reward, stock)
        for one in unit.referrals:
            put(self._referrals, one.referred, one)
            if one.order:
                put(self._counted, one.order, one.referred)
        self._keep_who_is_who(unit)
        moved = (told_by(entry) for change in unit.changes for entry in change.entries)
        self.feed.write(fact for fact in moved if fact is not None)
        for effect in unit.all_effects:
            put(self._effects, (effect.verb, effect.key), effect)

    def _keep_who_is_who(self, unit: Unit) -> None:
        """Keep which accounts were merged, and up to when time was told to go by."""
        for gone, keep in unit.merged:
            if gone == keep:
                self._steps.drop(self._merged, gone)
            else:
                self._steps.put(self._merged, gone, keep)
        if unit.advanced is not None:
            newest = max(unit.advanced, self._clock.get("advanced", unit.advanced))
            self._steps.put(self._clock, "advanced", newest)

    def _keep_account(self, change: Change) -> None:
        name, steps = change.after.id, self._steps
        steps.put(self._accounts, name, change.after)
        for entry in change.entries:
            steps.add(self._journals[name], entry)
            for lot in entry.lots:
                steps.put(self._lots[name], lot.id, lot)
        for hold in change.before.holds:
            if self._holders.get(hold.id) == name:
                steps.drop(self._holders, hold.id)
        for hold in change.after.holds:
            steps.put(self._holders, hold.id, name)

    def _keep_award(self, account: str, award: Awarded) -> None:
        """Keep an award where it is now; it is in one account only."""
        place = account.partition("/")[0], award.reference
        home = self._homes.get(place)
        if home is not None and home != account:
            self._steps.drop(self._awards[home], award.reference)
        self._steps.put(self._awards[account], award.reference, award)
        self._steps.put(self._homes, place, account)

    def _keep_spending(self, spending: Spending) -> None:
        if spending.key not in self._spendings:
            self._steps.add(self._spendings_of[spending.account], spending.key)
            if spending.order:
                wallet = spending.account.partition("/")[0]
                self._steps.add(self._spent_on[wallet, spending.order], spending.key)
        self._steps.put(self._spendings, spending.key, spending)


@attrs.define(eq=False)
class MemoryStore:
    """Keeps shops as long as the program runs: the reference of all stores.

    Attributes:
        capabilities: None that outlives the program.
    """

    capabilities: Capabilities = attrs.field(
        default=Capabilities(durable=False, shared=False, borrows=False), init=False
    )
    _ledgers: dict[str, MemoryLedger] = attrs.field(factory=dict, init=False)
    _steps: Steps = attrs.field(factory=Steps, init=False)

    def unit(self) -> AbstractContextManager[object]:
        """Keep other threads away for as long as the unit lasts; if it fails, nothing was written in it."""
        return self._steps.unit()

    def alone(self) -> AbstractContextManager[object]:
        """Do nothing: there is no file that writers could harm."""
        return nullcontext()

    def ledger(self, shop: str) -> MemoryLedger:
        """Give a shop's points."""
        with self._steps.lock:
            return self._ledgers.setdefault(shop, MemoryLedger(MemoryFeed(self._steps)))

    def orders(self, shop: str) -> None:
        """Keep no orders: the shop itself has them in memory."""

    def bulk(self, shop: str) -> None:
        """Take accounts one by one."""

    def rollups(self, shop: str) -> None:
        """Keep no figures: they are computed when somebody asks."""

    def policies(self, shop: str) -> None:
        """Keep no rules: whoever opens the shop has them."""

    def feed(self, shop: str) -> MemoryFeed:
        """Give a shop's events."""
        return self.ledger(shop).feed

    def close(self) -> None:
        """Hold nothing outside memory."""
