"""Orders of some customers, ready to be followed up to any moment: what they earn is worked out at once.

The ledger's accounts are brought up to date one by one, and to one moment. A file of redemptions, or a
report, asks for many accounts and for many moments; tiers over time, which cost most, are then found in
columns.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.points.order_points import TierSource, points_of_orders
from retailcrm.domain.identity import CustomerId
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.following import OrderFacts, follow
from retailcrm.domain.points.settling import settle
from retailcrm.domain.points.spending import accepted
from retailcrm.errors import InputError
from retailcrm.shop.customers.cards import platform_of
from retailcrm.shop.loyalty.accounts import Accounts, Current, account_id
from retailcrm.shop.loyalty.facts import facts_of, known_by
from retailcrm.shop.loyalty.homes import Earnings
from retailcrm.shop.loyalty.returning import returned_by_files
from retailcrm.shop.picking import picked
from retailcrm.shop.tiering import joined_at, rows_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from retailcrm.analytics.points.order_points import OrderPoints
    from retailcrm.analytics.tables import LineTable, OrderTable
    from retailcrm.domain.identity import Identity
    from retailcrm.shop.loyalty.orders_of import OrdersOf

_ONE_BY_ONE: Final = 10
"""So many customers are looked up one by one; of more, every order is looked at."""


@attrs.frozen(kw_only=True)
class KnownOrders:
    """What is known of some customers' orders.

    Attributes:
        accounts: The shop's accounts.
        wallet: Name of the wallet.
        facts: Each customer's orders that earn.
        multipliers: What each order's points are multiplied by, by reference; 1 is left out.
        digest: Of the policy in force.
    """

    accounts: Accounts
    wallet: str
    facts: Mapping[str, tuple[OrderFacts, ...]]
    multipliers: Mapping[str, Fraction]
    digest: str

    @classmethod
    def of(
        cls, accounts: Accounts, customers: Collection[str], wallet: str, as_of: np.datetime64
    ) -> KnownOrders:
        """Look up the orders of some customers.

        Args:
            accounts: The shop's accounts.
            customers: Present ids.
            wallet: Name of the wallet.
            as_of: UTC, exclusive: orders paid then or later are not looked at.
        """
        facts: dict[str, tuple[OrderFacts, ...]] = {}
        multipliers: dict[str, Fraction] = {}
        for orders in accounts.orders.among(customers) if accounts.observed() is not None else ():
            read = attrs.evolve(accounts, orders=orders)
            for hers in _tables(orders, customers):
                facts |= dict(_facts(read, hers))
                multipliers |= dict(_multipliers(read, hers, wallet, as_of))
        return cls(
            accounts=accounts,
            wallet=wallet,
            facts=MappingProxyType(facts),
            multipliers=MappingProxyType(multipliers),
            digest=accounts.policy.digest,
        )

    def current(self, customer: str, at: datetime, known: datetime | None = None) -> Current:
        """Bring an account up to a moment, as it would have been then: nothing is written.

        Args:
            customer: Whose.
            at: When it is, aware; not before the last entry.
            known: What happened to her orders then or later is not known; ``at`` if left out.

        Returns:
            The account, with what leads to it.
        """
        rules, ledger = self.accounts.programme.wallet(self.wallet), self.accounts.ledger
        there = self.accounts.at(account_id(rules.name, customer))
        facts = [
            fact for one in self.facts.get(customer, ()) if (fact := known_by(one, known or at)) is not None
        ]
        if not facts:
            return there
        earned, until = Earnings(ledger, there.stored.id), self._until(there, at)
        found = follow(
            there.stored, facts, earned, rules, observed_at=until, unit=self.accounts.unit,
            lots_of=lambda root: self.accounts.lots_of(there, root), multipliers=self._rates,
            lapsed_of=lambda award: self.accounts.lapsed_of(there.stored.id, award), digest=self.digest,
        )  # fmt: skip
        placed = tuple((earned.home(one.reference) or there.stored.id, one) for one in found.awards)
        current = Current(
            stored=there.stored,
            account=found.account,
            entries=found.entries,
            awards=placed,
            wallet=rules,
            earned=earned,
        )
        current = returned_by_files(self.accounts, current, earned, until)
        draft = Draft(current.account, f"follow:{at.isoformat()}", at)
        settle(draft)
        return current.after(accepted(draft, 0))

    def _until(self, there: Current, at: datetime) -> datetime:
        """Give the moment up to which the files know: points that they return are back by then."""
        newest, written = self.accounts.observed(), there.stored.recorded_at
        until = at if newest is None else min(newest, at)
        return until if written is None else max(until, written)

    def _rates(self, facts: OrderFacts) -> Sequence[Fraction]:
        factor = self.multipliers.get(facts.reference)
        return () if factor is None else (factor,)


@attrs.frozen(kw_only=True)
class AccountsThen(Accounts):
    """Accounts of customers whose orders are looked up already, as they were when the clock says it is.

    Attributes:
        known: Their orders.
    """

    known: KnownOrders

    @classmethod
    def of(cls, known: KnownOrders, at: datetime) -> AccountsThen:
        """Set the clock of a shop's accounts back to a moment."""
        fields = {field.name: getattr(known.accounts, field.name) for field in attrs.fields(Accounts)}
        return cls(**fields | {"clock": lambda: at}, known=known)

    def current(self, who: str | Identity, wallet: str = "", extra: Sequence[OrderFacts] = ()) -> Current:
        """Give an account with what was known of its orders then; others than those are not taken in."""
        if extra or self.programme.wallet(wallet).name != self.known.wallet:
            raise InputError("these accounts look back at one wallet, and take no orders in")
        return self.known.current(self.customer(who), self.clock())


def joined(accounts: Accounts, customer: str, wallet: str) -> None:
    """Bring the ledger up to who is who today, if anybody's points may lie under another id.

    Args:
        accounts: The shop's accounts.
        customer: Present id.
        wallet: Name of the wallet.
    """
    ledger, members = accounts.ledger, accounts.merges.aliases.members(CustomerId(customer))
    others = [account_id(wallet, str(one)) for one in members if one != customer]
    if (
        any(ledger.account(other).version for other in others)
        or any(ledger.merged(name) for name in (account_id(wallet, customer), *others))
        or accounts.merges.parted(customer)
    ):
        accounts.current(customer, wallet)


def _tables(known: OrdersOf, customers: Collection[str]) -> Iterator[OrderTable]:
    """Give the orders of some customers: few are looked up one by one, where all are sorted already."""
    if len(customers) <= _ONE_BY_ONE:
        hers = (known.of(name) for name in sorted(customers))
        yield from (orders for orders in hers if orders is not None)
        return
    for orders in known.parts():
        yield _of_customers(orders, customers)


def _of_customers(orders: OrderTable, customers: Collection[str]) -> OrderTable:
    """Pick the orders of some customers, one customer after the other."""
    wanted = set(customers)
    codes = np.array([name in wanted for name in orders.customers.ids.tolist()] + [False], np.bool_)
    rows = np.flatnonzero(codes[orders.customer])
    return picked(orders, rows[np.argsort(orders.customer[rows], kind="stable")])


def _facts(accounts: Accounts, orders: OrderTable) -> Iterator[tuple[str, tuple[OrderFacts, ...]]]:
    """Take what points need out of each customer's orders."""
    if not len(orders):
        return
    edges = np.flatnonzero(np.append(True, orders.customer[1:] != orders.customer[:-1])).tolist()
    for first, last in pairwise([*edges, len(orders)]):
        hers = orders.part(first, last)
        name = orders.customers.ids[int(hers.customer[0])]
        lines = accounts.orders.lines_of(name)
        yield name, facts_of(hers, accounts.shop, accounts.policy.counting, lines)


def _multipliers(
    accounts: Accounts, orders: OrderTable, wallet: str, as_of: np.datetime64
) -> Iterator[tuple[str, Fraction]]:
    """Tell what multiplies each order's points."""
    columns = points_of(accounts, orders, wallet, as_of).awards.columns
    for place in np.flatnonzero(columns.numerator != columns.denominator).tolist():
        row = int(columns.row[place])
        reference = f"{platform_of(orders, row)}/{accounts.shop}/{orders.numbers[row]}"
        yield reference, Fraction(int(columns.numerator[place]), int(columns.denominator[place]))


def points_of(
    accounts: Accounts,
    orders: OrderTable,
    wallet: str,
    as_of: np.datetime64,
    lines: LineTable | None = None,
) -> OrderPoints:
    """Work out what orders alone come to in a wallet.

    Args:
        accounts: The shop's accounts, for its rules.
        orders: The orders.
        wallet: Name of the wallet.
        as_of: UTC, exclusive.
        lines: Their lines; read only where each line is rounded, for else its share changes no sum.
    """
    earn = accounts.programme.wallet(wallet).earn
    by_line = earn is not None and earn.round_at == "line"
    policy, ladder = accounts.policy, accounts.policy.ladder
    tiers = None
    if ladder is not None:
        rows = rows_of(orders, ladder, as_of, policy.counting, accounts.metrics)
        reads_joining = ladder.window.kind in ("since_join", "since_last_change")
        joined = joined_at(orders, rows, as_of, policy.counting) if reads_joining else None
        tiers = TierSource(ladder=ladder, rows=rows, joined_at=joined)
    return points_of_orders(
        orders, lines if by_line else None, accounts.programme, as_of=as_of, wallet=wallet, tiers=tiers,
        counting=policy.counting,
    )  # fmt: skip


def moment(at: datetime) -> np.datetime64:
    """Write an aware instant as tables do."""
    return np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us")


def aware(at: np.datetime64) -> datetime:
    """Read an instant of a table."""
    found: datetime = at.astype(INSTANT).astype(datetime)
    return found.replace(tzinfo=UTC)
