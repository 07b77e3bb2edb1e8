"""Points follow the orders of every import, in its own transaction.

Whoever has no account yet is followed in columns, all at once; everybody else one by one, just as whoever
asks for an account of a shop in memory.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.domain.points.documents import canonical
from retailcrm.ports.ledger import Unit
from retailcrm.shop.loyalty.accounts import account_id
from retailcrm.shop.loyalty.grouping import GroupLedger
from retailcrm.shop.loyalty.known_orders import moment
from retailcrm.shop.loyalty.orders_of import plain_of
from retailcrm.shop.loyalty.uncollected import uncollected
from retailcrm.shop.merging import merged_orders
from retailcrm.shop.stored.bulk import account_names, columns_take, fresh_points, parts_of
from retailcrm.shop.stored.bulk_facts import facts_in_columns
from retailcrm.shop.stored.bulk_lines import lines_of
from retailcrm.shop.stored.fetched import FetchedOrders
from retailcrm.shop.stored.order_rows import table_of
from retailcrm.shop.stored.some import of_customers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.ports.bulk import BulkLedger, FreshPoints
    from retailcrm.shop.loyalty.accounts import Accounts
    from retailcrm.shop.policy import Policy
    from retailcrm.shop.stored.changes import OrdersChanged
    from retailcrm.shop.stored.observations import StoredObservations

_PART: Final = 4096
"""Orders worked out together: their texts fit the processor's caches."""

_TOGETHER: Final = 1000
"""Customers whose orders are read at once, to be followed one by one."""

_MOMENTS: Final = (
    "placed_at", "paid_at", "shipped_at", "received_at", "completed_at", "refunded_at", "first_seen"
)  # fmt: skip
"""Columns of orders that say when something happens."""

_NO_RULES: Final = "-"
"""No digest: while orders are being followed, no account says by itself what is in it."""


def rules_of_points(policy: Policy) -> str:
    """Give the digest of the rules that points follow orders by; of no others.

    Example:
        >>> from retailcrm.domain.points.programme import Programme
        >>> from retailcrm.shop.policy import Policy, in_zone
        >>> points = in_zone(Programme(), "Asia/Shanghai")
        >>> other = in_zone(Programme(tier_at="after"), "Asia/Shanghai")
        >>> rules_of_points(Policy(points=points)) == rules_of_points(Policy(points=other))
        False
    """
    rules = policy.to_dict()
    del rules["shop"]["name"]
    read = {name: rules[name] for name in ("shop", "counting", "ladder", "points")}
    return hashlib.sha256(canonical(read).encode()).hexdigest()[:12]


@attrs.frozen(eq=False, kw_only=True)
class Following:
    """Follows what imports change: a listener of the stored orders.

    Attributes:
        accounts: The shop's accounts.
        kept: The shop's orders.
        bulk: Takes new accounts many at once; of the same store as the accounts' ledger.
    """

    accounts: Accounts
    kept: StoredObservations
    bulk: BulkLedger

    def __call__(self, changed: OrdersChanged) -> None:
        """Bring the points of everybody whom an import touched up to what is known now.

        Where the rules are others than those by which everybody was followed last, everybody is followed.

        Args:
            changed: What the import changed; its transaction is open.
        """
        after = self._merged(changed.after)
        if self.kept.paused:
            self.bulk.mark_stale(after.customers.ids.tolist())
            return
        digest, before = rules_of_points(self.accounts.policy), self.bulk.followed()
        if before == digest:
            self._touched(after, tell=not changed.first)
        else:
            self._all(after if changed.first else self._merged(self._every()), digest, before)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Follow no import in the block, and all of them at its end."""
        self.kept.paused = True
        try:
            yield
        finally:
            self.kept.paused = False
        self.catch_up()

    def catch_up(self) -> None:
        """Bring the points of all those up to date of whose orders more is known than was followed."""
        digest, before = rules_of_points(self.accounts.policy), self.bulk.followed()
        with self.accounts.ledger.unit():
            self.kept.book.lock()
            if before == digest:
                self._touched(self._orders_of(()), tell=True)
            elif self.kept.observed_at() is not None:
                self._all(self._merged(self._every()), digest, before)

    def _all(self, every: OrderTable, digest: str, before: str) -> None:
        """Follow everybody, by rules that are new."""
        for wallet in self.accounts.programme.wallets:
            self._follow(wallet, every, tell=False, only_new=bool(before))
        self.bulk.clear_stale(self.accounts.ledger.stale())
        self.bulk.mark_stale(self._ahead(every))
        self.bulk.mark_followed(digest)

    def _touched(self, after: OrderTable, *, tell: bool) -> None:
        stale = set(self.accounts.ledger.stale())
        for wallet in self.accounts.programme.wallets:
            names = sorted({*self._to_follow(wallet, after), *stale})
            if names:
                self._follow(wallet, self._orders_of(names), tell=tell)
        ahead = self._ahead(after if not stale else self._orders_of({*after.customers.ids.tolist(), *stale}))
        if stale:
            self.bulk.clear_stale(stale)
        if ahead:
            self.bulk.mark_stale(ahead)

    def _ahead(self, orders: OrderTable) -> list[str]:
        """Give the customers of whose orders files tell what is still to come, by the clock."""
        now, later = self._now(), np.zeros(len(orders), np.bool_)
        for name in _MOMENTS:
            column = getattr(orders, name)
            if column is not None:
                later |= column >= now
        codes = np.unique(orders.customer[later])
        return orders.customers.ids.take(codes[codes >= 0]).tolist()

    def _every(self) -> OrderTable:
        return table_of(self.kept.book.orders(), self.kept.currency, self.kept.zone)

    def _merged(self, orders: OrderTable) -> OrderTable:
        return merged_orders(orders, self.accounts.merges.present())

    def _orders_of(self, names: Collection[str]) -> OrderTable:
        """Give all orders of customers, by their present ids."""
        present, wanted = self.accounts.merges.present(), set(names)
        gone = [old for old, now in present.items() if now in wanted]
        # Whoever was noted as stale may have been taken for somebody since: nobody's orders count twice.
        return self._merged(self.kept.orders_of(sorted(wanted.union(gone))))

    def _to_follow(self, wallet: Wallet, orders: OrderTable) -> list[str]:
        """Give whose orders are not known just so already, and awarded to just them."""
        accounts = self.accounts
        if not len(orders):
            return []
        facts = facts_in_columns(
            orders, lines_of(self.kept, orders), accounts.shop, accounts.policy.counting, self._now(),
            for_nothing=True,
        )  # fmt: skip
        names = orders.customers.ids.take(facts.customer)
        same = self.bulk.told(wallet.name, account_names(wallet.name, names), facts)
        free = facts.gross == 0
        if (free & ~same).any():
            awarded = self.bulk.strange(wallet.name, (), facts.reference.take(np.flatnonzero(free))).orders
            same |= free & np.array([one not in awarded for one in facts.reference], np.bool_)
        return orders.customers.ids.take(np.unique(facts.customer[~same])).tolist()

    def _now(self) -> np.datetime64:
        return moment(self.accounts.clock()) + np.timedelta64(1, "us")

    def _until(self) -> datetime:
        newest = self.accounts.observed()
        assert newest is not None  # noqa: S101 - a file is being imported
        return min(newest, self.accounts.clock())

    def _follow(self, wallet: Wallet, orders: OrderTable, *, tell: bool, only_new: bool = False) -> None:
        """Follow customers.

        Args:
            wallet: Which currency of points.
            orders: All orders of some customers, by their present ids.
            tell: Whether the event feed is told of each entry.
            only_new: Everybody was followed before, if by other rules: only orders that were not awarded
                then, and points that wait, can have anything new.
        """
        fresh, others = self._parted(wallet, orders, only_new=only_new)
        left: list[str] = []
        if fresh.any() and wallet.earn is not None:
            self.bulk.write_fresh(self._fresh(wallet, of_customers(orders, fresh), left, tell=tell))
        # Always in one sequence: an order whose buyer has changed goes from one account to the other.
        names = sorted(orders.customers.ids.take(np.flatnonzero(others)).tolist() + left)
        for start in range(0, len(names), _TOGETHER):
            self._one_by_one(wallet, orders, names[start : start + _TOGETHER])

    def _parted(
        self, wallet: Wallet, orders: OrderTable, *, only_new: bool
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which customers are new, and which others are to be followed one by one."""
        ids = orders.customers.ids.tolist()
        old = np.zeros(len(ids), np.bool_)
        if self.accounts.merges.log:
            # Points of whoever was ever taken for somebody else may lie elsewhere.
            old |= np.array([self.accounts.merges.concerns(one) for one in ids], np.bool_)
        if self.bulk.is_empty():
            news, waits = ~old, old
        else:
            known, news, waits = self._known(wallet, orders, ids)
            old |= known
        if not columns_take(wallet):
            return np.zeros(len(ids), np.bool_), news | old
        return ~old, old & (news | waits) if only_new else old

    def _known(
        self, wallet: Wallet, orders: OrderTable, ids: list[str]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell who has anything in the ledger, who has orders that were not awarded, whose points wait."""
        accounts = self.accounts
        facts = facts_in_columns(
            orders, None, accounts.shop, accounts.policy.counting, self._now(), for_nothing=True
        )
        mine = [account_id(wallet.name, one) for one in ids]
        # Ids have their platform before them only once a shop has two: she may have been followed before.
        plain = [account_id(wallet.name, plain_of(one)) for one in ids]
        found = self.bulk.strange(wallet.name, {*mine, *plain}, facts.reference)
        pairs = zip(mine, plain, strict=True)
        known = np.array([not found.accounts.isdisjoint(pair) for pair in pairs], np.bool_)
        awarded = np.array([one in found.orders for one in facts.reference], np.bool_)
        known[facts.customer[awarded]] = True
        news = np.zeros(len(ids), np.bool_)
        news[facts.customer[~awarded & (facts.gross > 0)]] = True
        return known, news, np.array([name in found.waiting for name in mine], np.bool_)

    def _fresh(
        self, wallet: Wallet, orders: OrderTable, left: list[str], *, tell: bool
    ) -> Iterator[FreshPoints]:
        """Work out what new customers' orders come to, some at a time; keep who is left for later."""
        until = self._until()
        for part, _ in parts_of(orders, size=_PART):
            found = fresh_points(self.accounts, wallet, part, lines_of(self.kept, part), until, tell=tell)
            left += part.customers.ids.take(found.left).tolist()
            yield found.points

    def _one_by_one(self, wallet: Wallet, orders: OrderTable, names: list[str]) -> None:
        ledger = self.accounts.ledger
        ledger.lock(*(account_id(wallet.name, name) for name in names))
        wanted = frozenset(names)
        flags = np.array([one in wanted for one in orders.customers.ids.tolist()], np.bool_)
        table = of_customers(orders, flags)
        lines = lines_of(self.kept, table)
        fetched = FetchedOrders(lambda: [table], lambda: lines, names=wanted, others=self.accounts.orders)
        with uncollected():
            kept = GroupLedger(ledger)
            accounts = attrs.evolve(self.accounts, ledger=kept, orders=fetched, rules=_NO_RULES)
            for name in names:
                current = accounts.current(name, wallet.name)
                if current.entries or current.awards or current.spendings:
                    change = (current.change(current.account),)
                    kept.write(Unit(changes=change, awards=current.awards, spendings=current.spendings))
            kept.flush()


@attrs.frozen(eq=False)
class Unfollowed:
    """Notes, in a shop that has no points for now, that orders came which nobody followed.

    Attributes:
        bulk: The shop's ledger.
    """

    bulk: BulkLedger

    def __call__(self, changed: OrdersChanged) -> None:
        """Forget by which rules everybody was followed: whoever has rules again follows everybody."""
        if len(changed.after) and self.bulk.followed():
            self.bulk.mark_followed("")
