"""One customer's account as it is now: merged where she was, brought up to what her orders tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.domain.identity import CustomerId, Identity
from retailcrm.domain.money import exponent
from retailcrm.domain.points.account import Account
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.following import follow
from retailcrm.domain.points.history import Balances
from retailcrm.domain.points.lots import MICROSECOND
from retailcrm.domain.points.moving import Moved, hand_over, merge, split
from retailcrm.domain.points.settling import settle
from retailcrm.errors import SettingsError
from retailcrm.ports.ledger import Change, Spending, Unit
from retailcrm.shop.buyers import ids_of
from retailcrm.shop.loyalty.facts import facts_of, known_by
from retailcrm.shop.loyalty.homes import Earnings, apart_today, homes_of, of_root, was_in, way_of
from retailcrm.shop.loyalty.orders_of import OrdersOf, plain_of
from retailcrm.shop.loyalty.rates import Rates, WhenAsked, rates_of, tiers_of
from retailcrm.shop.loyalty.returning import returned_before_merges, returned_by_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from retailcrm.domain.customers import Birthday
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.following import Awarded, Multipliers, OrderFacts
    from retailcrm.domain.points.lots import Lot
    from retailcrm.domain.points.outcomes import Outcome
    from retailcrm.domain.points.programme import Programme
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.ports.ledger import Ledger
    from retailcrm.ports.referral_checks import ReferralCheck
    from retailcrm.ports.tier_metrics import TierMetric
    from retailcrm.shop.merges import Decided, Merges
    from retailcrm.shop.policy import Policy


def account_id(wallet: str, customer: str) -> str:
    """Name the account of a customer in a wallet."""
    return f"{wallet}/{customer}"


def customer_of(account: str) -> str:
    """Tell whose account it is."""
    return account.partition("/")[2]


def wallet_of(account: str) -> str:
    """Tell in which wallet it is."""
    return account.partition("/")[0]


@attrs.frozen(kw_only=True)
class Current:
    """An account as it is stored, and as it is by all that is known of its orders.

    Attributes:
        stored: As the ledger has it.
        account: As it is.
        entries: What leads from the one to the other, not written yet.
        awards: Awards that this changes, with the account that they are in.
        wallet: Its rules.
        spendings: Redemptions of which points return, because the files show their order as refunded.
        earned: What orders earned before that; ``None`` if nobody had to look.
    """

    stored: Account
    account: Account
    entries: tuple[Entry, ...]
    awards: tuple[tuple[str, Awarded], ...]
    wallet: Wallet
    spendings: tuple[Spending, ...] = ()
    earned: Earnings | None = attrs.field(default=None, eq=False, repr=False)

    def after(self, outcome: Outcome, *spendings: Spending) -> Current:
        """Give the account after a decision, nothing of it written yet."""
        return attrs.evolve(
            self,
            account=outcome.account,
            entries=(*self.entries, *outcome.entries),
            spendings=(*self.spendings, *spendings),
        )

    def change(self, after: Account, entries: Sequence[Entry] = ()) -> Change:
        """Give what is to be written once a command has added its entries."""
        return Change(before=self.stored, after=after, entries=(*self.entries, *entries))


def _nobody(_: str) -> Birthday | None:
    return None


@attrs.frozen(kw_only=True, repr=False)
class Accounts:
    """Finds accounts, and brings them up to date.

    Attributes:
        ledger: Where they are kept.
        policy: The shop's rules.
        programme: The points programme.
        metrics: Tier metrics of the plug-ins, by name.
        shop: The shop's key.
        orders: The orders of the files, by customer.
        merges: Who was taken for whom.
        observed: Tells the moment up to which the files know; ``None`` without files.
        clock: Tells the time.
        checks: What looks at referrals.
        birthday_of: Gives a customer's birthday; ``None`` if no file tells it.
        rules: Digest of what decides on points: a ledger that took all orders in under it knows all.
        still: Whether a snapshot is open, in which nothing can be written.
    """

    ledger: Ledger
    policy: Policy
    programme: Programme
    metrics: Mapping[str, TierMetric]
    shop: str
    orders: OrdersOf
    merges: Merges
    observed: Callable[[], datetime | None]
    clock: Callable[[], datetime]
    checks: Sequence[ReferralCheck] = ()
    birthday_of: Callable[[str], Birthday | None] = _nobody
    rules: str = ""
    still: bool = False

    @property
    def unit(self) -> int:
        """Minor units in one whole unit of the shop's money."""
        return int(10 ** exponent(self.policy.currency))

    def customer(self, who: str | Identity) -> str:
        """Give somebody's present id; one whom no file knows is called as the caller calls her."""
        return self._customer(who, self.merges.decided, self.observed())

    def current(self, who: str | Identity, wallet: str = "", extra: Sequence[OrderFacts] = ()) -> Current:
        """Give an account, with everything that is known of its orders.

        Args:
            who: Whose.
            wallet: Name of the wallet; the first if empty.
            extra: Orders that a backend has just handed in.
        """
        rules = self.programme.wallet(wallet)
        if not extra and (whole := self._whole(who, rules.name)) is not None:
            return Current(stored=whole, account=whole, entries=(), awards=(), wallet=rules)
        # Asked once: all that follows is to fit together.
        decided, newest = self.merges.decided, self.observed()
        customer = self._customer(who, decided, newest)
        self._join(rules.name, customer, decided, newest)
        known = None if newest is None else self.orders.facts_of(customer, self.shop, self.policy.counting)
        shared = () if known is not None or newest is None else self.orders.called(customer)
        for other in (*decided.parted.get(customer, ()), *shared):
            # What was hers only while they were one goes back first, whoever is asked for; and what an id
            # without its platform got, before a second platform had a buyer of that name.
            self._collected(self.ledger.account(account_id(rules.name, other)), self._imported(other))
        stored = self.ledger.account(account_id(rules.name, customer))
        # A clock that is set to the past does not know what came later.
        now = self.clock() + MICROSECOND
        facts = [fact for one in known or () if (fact := known_by(one, now)) is not None]
        imported, told = {one.reference for one in facts}, {one.reference for one in extra}
        facts = [one for one in facts if one.reference not in told] + list(extra)
        stored, earned = self._collected(stored, facts)

        def rates() -> Rates:
            tiers = self.policy.ladder is not None
            orders = self.orders.of(customer) if tiers and known is not None else None
            others = earned.handed_in(imported, extra) if tiers else ()
            paid = [one.paid_at for one in facts]
            return rates_of(orders, paid, self.policy, self.programme, self.metrics, others)

        current = self._followed(stored, facts, earned, rules, WhenAsked(rates), now_in=bool(extra))
        # What returns to an account that was merged into hers comes along.
        again = returned_before_merges(self, current, self._until(stored, now_in=bool(extra)) or now)
        return self.current(who, wallet, extra) if again else current

    def spendable(self, who: str | Identity, wallet: str = "") -> Current:
        """Give an account of a wallet whose points can be spent.

        Raises:
            SettingsError: Its points only count for tiers.
        """
        current = self.current(who, wallet)
        if current.wallet.qualifying:
            raise SettingsError(f"points in wallet {current.wallet.name} count for tiers; nobody spends them")
        return current

    def at(self, account: str) -> Current:
        """Give an account by its id, as it is stored: what it holds may belong elsewhere today."""
        stored = self.ledger.account(account)
        rules = self.programme.wallet(wallet_of(account))
        return Current(stored=stored, account=stored, entries=(), awards=(), wallet=rules)

    def buyer_of(self, order: str) -> str | None:
        """Tell whose an imported order is, by its reference; ``None`` if no file tells."""
        platform, _, rest = order.partition("/")
        shop, _, number = rest.partition("/")
        if self.observed() is None or shop != self.shop:
            return None
        return self.orders.buyers(number).get(platform)

    def tier_of(self, who: str | Identity, at: datetime) -> str | None:
        """Give the name of somebody's tier; ``None`` without a ladder."""
        customer = self.customer(who)
        orders = None if self.observed() is None else self.orders.of(customer)
        imported = () if orders is None else facts_of(orders, self.shop, self.policy.counting)
        earned = Earnings(self.ledger, account_id(self.programme.wallet().name, customer))
        told = earned.handed_in({one.reference for one in imported})
        tiers = tiers_of(orders, [at], self.policy, self.metrics, told)
        return tiers[0].name if tiers else None

    def empty(self, wallet: str) -> Account:
        """Give an account that nobody has."""
        return Account(id=account_id(self.programme.wallet(wallet).name, ""))

    def journal(self, current: Current) -> tuple[Entry, ...]:
        """Give an account's journal, with what is not written yet."""
        return (*self.ledger.entries(current.stored.id), *current.entries)

    def journals(self, current: Current) -> tuple[Entry, ...]:
        """Give her journal, and those of the accounts that were merged into hers."""
        gone = [name for name in self.homes(current.stored.id) if name != current.stored.id]
        merged = [entry for name in gone for entry in self.ledger.entries(name)]
        return (*merged, *self.journal(current))

    def spendings(self, current: Current) -> tuple[Spending, ...]:
        """Give her redemptions, those of the accounts that were merged into hers included."""
        homes = self.homes(current.stored.id)
        return tuple(one for name in homes for one in self.ledger.spendings(name))

    def awards(self, current: Current) -> dict[str, Awarded]:
        """Give what orders earned in an account, with what is not written yet."""
        return {**self._earned(current), **{one.reference: one for _, one in current.awards}}

    def award(self, current: Current, order: str) -> Awarded | None:
        """Give what an order earned in an account, with what is not written yet."""
        changed = next((one for _, one in current.awards if one.reference == order), None)
        return self._earned(current).get(order) if changed is None else changed

    def _earned(self, current: Current) -> Earnings:
        return Earnings(self.ledger, current.stored.id) if current.earned is None else current.earned

    def lots_of(self, current: Current, root: str) -> tuple[Lot, ...]:
        """Give the lots of an account that come from an award's lot, with what is not written yet."""
        return of_root(self.all_lots(current), root)

    def all_lots(self, current: Current) -> dict[str, Lot]:
        """Give all lots that an account ever had, with what is not written yet."""
        lots = dict(self.ledger.lots(current.stored.id))
        for entry in current.entries:
            lots |= {lot.id: lot for lot in entry.lots}
        return lots

    def lapsed_of(self, account: str, award: Awarded) -> int:
        """Count the points of an award that lapsed unused in other accounts that it was in."""
        others = {*self.homes(account), *award.before} - {account}
        lots = (lot for name in others for lot in self.ledger.lots(name).values())
        return sum(lot.expired for lot in lots if lot.root == award.lot)

    def _customer(self, who: str | Identity, decided: Decided, newest: datetime | None) -> str:
        names = (who,) if isinstance(who, str) else (*ids_of(who), who.value)
        present = [decided.present.get(name, name) for name in names]
        if newest is None:
            return present[-1]
        known = next((name for name in present if self.orders.knows(name)), None)
        # Ids have their platform before them only once a shop has two: she may have been told of before.
        called = self.orders.called(present[-1]) if known is None else ()
        return known or (called[0] if len(called) == 1 else present[-1])

    def _whole(self, who: str | Identity, wallet: str) -> Account | None:
        """Give an account that has all that is known of its orders; ``None`` if one has to look."""
        if not isinstance(who, str):
            return None
        found = self.ledger.whole_account(account_id(wallet, who), self.rules)
        return None if found is None or self.merges.concerns(who) else found

    def _followed(
        self,
        stored: Account,
        facts: Sequence[OrderFacts],
        earned: Earnings,
        rules: Wallet,
        rates: Multipliers,
        *,
        now_in: bool,
    ) -> Current:
        until = self._until(stored, now_in=now_in)
        if until is None or not facts:
            return Current(stored=stored, account=stored, entries=(), awards=(), wallet=rules)
        found = follow(
            stored, facts, earned, rules, observed_at=until, unit=self.unit, multipliers=rates,
            lots_of=earned.lots_of,
            lapsed_of=lambda award: self.lapsed_of(stored.id, award), digest=self.policy.digest,
        )  # fmt: skip
        placed = tuple((earned.home(one.reference) or stored.id, one) for one in found.awards)
        current = Current(
            stored=stored, account=found.account, entries=found.entries, awards=placed, wallet=rules,
            earned=earned,
        )  # fmt: skip
        return returned_by_files(self, current, earned, until)

    def _until(self, stored: Account, *, now_in: bool) -> datetime | None:
        """Give the moment up to which an account's orders are known."""
        if now_in:
            return self.clock()
        newest = self.observed()
        if newest is None:
            return None
        until = min(newest, self.clock())
        return until if stored.recorded_at is None else max(until, stored.recorded_at)

    def _imported(self, customer: str) -> tuple[OrderFacts, ...]:
        """Give what the files tell of somebody's orders."""
        orders = None if self.observed() is None else self.orders.of(customer)
        return () if orders is None else facts_of(orders, self.shop, self.policy.counting)

    def _collected(self, stored: Account, facts: Sequence[OrderFacts]) -> tuple[Account, Earnings]:
        """Fetch what was awarded to somebody else for orders that are hers: a merge that was undone.

        Returns:
            The account, and what orders earned that is in it now.
        """
        earned, strays = Earnings(self.ledger, stored.id), dict[str, list[str]]()
        for one in facts:
            home = earned.home(one.reference)
            if home is not None and not earned.holds(home):
                strays.setdefault(home, []).append(one.reference)
        if not strays:
            return stored, earned
        for home, references in sorted(strays.items()):
            awards = self.ledger.awards(home)
            way = way_of(self.ledger.merged(home), home)
            moved = [was_in(awards[reference], way) for reference in references]
            a, b = self.ledger.account(way[-1]), self.ledger.account(stored.id)
            key = f"order:{a.id}>{b.id}:{a.version}"
            found = hand_over(a, b, {one.lot for one in moved}, key=key, now=self.clock(), actor="merge")
            self._write_pair(a, b, found, awards=tuple((stored.id, one) for one in moved))
        return self.ledger.account(stored.id), Earnings(self.ledger, stored.id)

    def homes(self, account: str) -> tuple[str, ...]:
        """Give the accounts whose awards are this one's today."""
        return homes_of(self.ledger.merged(account), account)

    def _join(self, wallet: str, customer: str, decided: Decided, newest: datetime | None) -> None:
        """Bring the ledger up to who is who today."""
        members = {str(one) for one in decided.aliases.members(CustomerId(customer))}
        if newest is not None:
            plain = {plain_of(one) for one in members} - members
            members |= {one for one in plain if len(self.orders.called(one)) == 1}
        mine = account_id(wallet, customer)
        for keep, gone in apart_today(self.ledger.merged(mine), mine, members, self.merges):
            self._split(keep, gone)
        for name in sorted(account_id(wallet, one) for one in members - {customer}):
            account = self.ledger.account(name)
            if account.lots or account.holds or account.debt:
                self._merge(name, mine)

    def _merge(self, gone: str, keep: str) -> None:
        a, b = self.ledger.account(gone), self.ledger.account(keep)
        found = merge(a, b, key=f"merge:{gone}:{a.version}", now=self.clock(), actor="merge")
        self._write_pair(a, b, found, merged=((gone, keep),))

    def _split(self, keep: str, gone: str) -> None:
        # Whoever they were taken for may have been taken for somebody else since.
        *through, last = way = way_of(self.ledger.merged(keep), keep)
        a, b = self.ledger.account(last), self.ledger.account(gone)
        # Named by both sides: the lots must be called otherwise than what came back from others.
        key, path = f"split:{a.id}>{gone}:{a.version}", through[::-1]
        found = split(a, b, key=key, now=self.clock(), actor="merge", through=path)
        awards = tuple((gone, was_in(one, way)) for one in self.ledger.awards(gone).values())
        self._write_pair(a, b, found, merged=((gone, gone),), awards=awards)

    def _write_pair(self, a: Account, b: Account, found: Moved, **more: Any) -> None:  # noqa: ANN401 - of Unit
        changes = (
            Change(before=a, after=found.giver.account, entries=found.giver.entries),
            Change(before=b, after=found.taker.account, entries=found.taker.entries),
        )
        self.ledger.write(Unit(changes=changes, **more))


def balances_now(account: Account, now: datetime) -> Balances:
    """Give what an account holds now: the journal is not read, however long it is."""
    if account.next_change_at is not None and account.next_change_at <= account.not_before(now):
        draft = Draft.live(account, "now", now)
        settle(draft)
        account = draft.account
    return Balances(
        pending=account.pending, available=account.available, held=account.held, debt=account.debt
    )
