"""Everybody's points at once: one table of orders, owners by name, and journals that say all by themselves.

A shop in a store answers for one customer at a time, by index. Who asks for thousands reads the whole table
instead, and leaves alone the orders of those whose accounts hold all that is known of them already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.settling import settle
from retailcrm.shop.loyalty.accounts import customer_of, wallet_of
from retailcrm.shop.loyalty.orders_of import OrdersOf

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.entries import Entry
    from retailcrm.ports.ledger_columns import Head
    from retailcrm.shop.loyalty.accounts import Accounts


def at_once(accounts: Accounts) -> Accounts:
    """Give accounts that find everybody's orders in one table, however they are kept.

    Args:
        accounts: The shop's accounts; those of a shop in memory come back as they are.
    """
    orders = accounts.orders
    if type(orders) is OrdersOf:
        return accounts
    return attrs.evolve(accounts, orders=OrdersOf(orders.parts, orders.lines))


def heads_of(accounts: Accounts, wallet: str) -> dict[str, Head]:
    """Give what stands in the rows of a wallet's accounts, by id.

    Args:
        accounts: The shop's accounts.
        wallet: Its name.
    """
    ledger = accounts.ledger
    if ledger.columns is not None:
        return {head.id: head for head in ledger.columns.heads(wallet)}
    return {name: ledger.account(name) for name in ledger.accounts() if wallet_of(name) == wallet}


def owners(accounts: Accounts, names: Collection[str]) -> dict[str, str]:
    """Give the present ids of the owners of accounts; see :meth:`Accounts.customer`.

    Args:
        accounts: The shop's accounts, of which all orders are looked through once.
        names: Ids of accounts.

    Returns:
        Each account's owner.
    """
    if not names:
        return {}
    present = accounts.merges.present()
    called = {name: present.get(customer_of(name), customer_of(name)) for name in names}
    if accounts.observed() is None:
        return called
    known = set(accounts.orders.customers())
    return {name: who if who in known else accounts.customer(who) for name, who in called.items()}


@attrs.frozen
class Written:
    """Tells which accounts have it all in their journals.

    Attributes:
        accounts: The shop's accounts.
        all_in: Whether orders were taken into accounts at all under these rules.
        others: Accounts that were merged.
        stale: Customers of whose orders more is known than is written.
    """

    accounts: Accounts
    all_in: bool
    others: frozenset[str]
    stale: frozenset[str]

    @classmethod
    def of(cls, accounts: Accounts) -> Written:
        """Ask the ledger, once for all accounts."""
        ledger = accounts.ledger
        merged = ledger.merged()
        return cls(
            accounts,
            all_in=ledger.whole("", accounts.rules),
            others=frozenset((*merged, *merged.values())),
            stale=frozenset(ledger.stale()),
        )

    def by(self, account: Head) -> bool:
        """Tell whether orders add nothing to an account's journal, but what falls due by itself.

        Args:
            account: As it is stored.
        """
        who = customer_of(account.id)
        return (
            self.all_in
            and account.version > 0
            and account.id not in self.others
            and who not in self.stale
            and not self.accounts.merges.concerns(who)
        )


def before(account: Head, at: datetime) -> bool:
    """Tell whether all of an account was written before a moment: nobody knew then what came later."""
    return account.recorded_at is not None and account.recorded_at < at


def due_by(account: Account, at: datetime) -> Sequence[Entry]:
    """Give what falls due in an account up to a moment, inclusive.

    Args:
        account: As it is stored.
        at: Not before its last entry.
    """
    if account.next_change_at is None or account.next_change_at > at:
        return ()
    draft = Draft(account, "due", at)
    settle(draft)
    return draft.entries
