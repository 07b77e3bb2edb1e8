"""Cards, files and comparisons of customers, out of whatever knows all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.customers import CustomerFile
from retailcrm.domain.identity import (
    REFUSAL_LABELS,
    CustomerId,
    Evidence,
    MergePreview,
    MergeRefusal,
    Party,
    preview_merge,
)
from retailcrm.errors import ConflictError, InputError
from retailcrm.shop.customers.belongings import parcels_of, reviews_of
from retailcrm.shop.customers.cards import Cards, CustomerCard, ParcelCard
from retailcrm.shop.customers.effects import MergeEffect, fields_in_force
from retailcrm.shop.customers.finding import Finder, place_of
from retailcrm.shop.customers.parties import Known
from retailcrm.shop.insight import moment_of
from retailcrm.shop.merging import merged_orders, stacked_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.ports.tier_metrics import TierMetric
    from retailcrm.shop.insight import AsOf
    from retailcrm.shop.merges import Merges
    from retailcrm.shop.merging import MergedStore
    from retailcrm.shop.policy import Policy


@attrs.frozen
class CustomerView:
    """What can be said of customers; it may be that only of some of them all is known.

    Attributes:
        parts: Gives the orders in parts of disjoint customers, after all merges.
        policy: The rules.
        metrics: Tier metrics of the plug-ins, by name.
        shop: The shop's key in order references.
        store: What else is known, as it stands after all merges; ``None``: orders only.
        decided: Who was taken for whom.
    """

    parts: Callable[[], Iterable[OrderTable]]
    policy: Policy
    metrics: Mapping[str, TierMetric]
    shop: str
    store: MergedStore | None
    decided: Merges

    @property
    def finder(self) -> Finder:
        """What finds customers."""
        people = (lambda: None) if self.store is None else (lambda: self.store.beside().people)
        return Finder(self.parts, people, self.decided.aliases, self.shop)

    def card(self, customer: str, as_of: AsOf) -> CustomerCard:
        """Give one customer's card.

        Args:
            customer: Her present id.
            as_of: A date D means D 00:00 in the shop's zone; exclusive.
        """
        card = self._with_profile(self._cards.card(self.finder.orders(customer), as_of))
        if self.store is None:
            return card
        moment = moment_of(as_of, self.policy.zone)
        numbers = [order.ref.number for order in card.orders]
        kept = self.store.kept
        return attrs.evolve(
            card,
            reviews=reviews_of(kept.files(), kept.buyer_kinds(), card.ids, numbers, moment),
            parcels=self._parcels(card.id, moment),
        )

    def file(self, customer: str) -> CustomerFile:
        """Give who said what about a customer; empty if nobody did."""
        return CustomerFile(CustomerId(customer)) if self.store is None else self.store.file(customer)

    def preview(self, keep: str, gone: str, as_of: AsOf) -> MergeEffect:
        """Tell what a merge would change.

        Args:
            keep: The side whose present id would stay.
            gone: The other side.
            as_of: A date D means D 00:00 in the shop's zone; exclusive.
        """
        a, b = self.finder.by_id(keep), self.finder.by_id(gone)
        tables = [self.finder.orders(a), self.finder.orders(b)]
        cards = [self._with_profile(self._cards.card(table, as_of)) for table in tables]
        files = (self.file(a), self.file(b))
        if a == b:
            together = cards[0]
        else:
            joined = self._cards.card(merged_orders(stacked_orders(tables), {b: a}), as_of)
            ids = tuple(sorted({*cards[0].ids, *cards[1].ids}))
            profile = files[0].joined(files[1]).profile() if files[0].history or files[1].history else None
            together = attrs.evolve(joined, ids=ids, profile=profile)
        sides = self._parties(keep, gone, (len(tables[0]), len(tables[1])))
        return MergeEffect(
            preview=preview_merge(self.decided.aliases, *sides),
            keep=cards[0],
            gone=cards[1],
            together=together,
            fields=fields_in_force(*files),
        )

    def reasons(self, keep: str, gone: str, told: Iterable[Evidence] | None, note: str) -> list[Evidence]:
        """Give the evidence that two customers are one person.

        Args:
            keep: An id of one.
            gone: An id of the other.
            told: What the caller says; ``None`` looks for it in what the files tell.
            note: The caller's own words.

        Raises:
            InputError: There is none.
            NotFoundError: Nobody has one of the ids.
            ConflictError: They are one person already.
        """
        self.finder.by_id(keep)
        self.finder.by_id(gone)
        found = self.compared(keep, gone)
        if found.refusal is MergeRefusal.SAME_CUSTOMER:
            raise ConflictError(f"{keep} and {gone} are one customer already")
        reasons = list(found.evidence if told is None else told)
        if note.strip():
            reasons.append(Evidence.stated(note))
        if not reasons and found.refusal is not None:
            raise InputError(f"{REFUSAL_LABELS[found.refusal].en}; a note that says why would do")
        return reasons

    def compared(self, keep: str, gone: str) -> MergePreview:
        """Look for evidence in what the files tell of two ids."""
        return preview_merge(self.decided.aliases, *self._parties(keep, gone, (0, 0)))

    @property
    def _cards(self) -> Cards:
        return Cards(self.policy, self.metrics, self.shop)

    def _parcels(self, customer: str, moment: np.datetime64) -> tuple[ParcelCard, ...]:
        """Give her parcels; orders larger than memory leave them out."""
        assert self.store is not None  # noqa: S101 - only asked where there is a store
        parcels = self.store.beside().parcels
        if parcels is None:
            return ()
        orders = next(iter(self.parts()))
        code = place_of(orders.customers.ids, customer)
        return () if code is None else parcels_of(orders, code, parcels, moment)

    def _with_profile(self, card: CustomerCard) -> CustomerCard:
        file = self.file(card.id)
        return attrs.evolve(
            card,
            ids=tuple(sorted(self.decided.aliases.members(card.id))),
            profile=file.profile() if file.history else None,
        )

    def _parties(self, keep: str, gone: str, orders: tuple[int, int]) -> tuple[Party, Party]:
        people = None if self.store is None else self.store.kept.beside().people
        aliases = self.decided.aliases
        known = (
            Known(aliases, self.shop, {})
            if people is None
            else Known.of(people, (keep, gone), aliases, self.shop)
        )
        return known.parties(keep, gone, orders)
