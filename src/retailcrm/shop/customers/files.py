"""Look customers up, find out who is one person, and join them: ``shop.customers``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.customers import CustomerFile
from retailcrm.domain.identity import (
    REFUSAL_LABELS,
    CustomerId,
    Evidence,
    Identity,
    IdentityKind,
    Merged,
    MergePreview,
    MergeRefusal,
    Party,
    Unmerged,
    preview_merge,
)
from retailcrm.errors import ConflictError, InputError, NotFoundError
from retailcrm.shop.archive import Archive
from retailcrm.shop.archive.rows import ArchiveRows
from retailcrm.shop.customers.belongings import parcels_of, reviews_of
from retailcrm.shop.customers.cards import Cards, CustomerCard, ParcelCard
from retailcrm.shop.customers.effects import MergeEffect, fields_in_force
from retailcrm.shop.customers.finding import Finder, email_form, phone_form, place_of
from retailcrm.shop.customers.parties import Known
from retailcrm.shop.customers.suggestions import suggested
from retailcrm.shop.insight import Insight, moment_of
from retailcrm.shop.merges import COLUMNS, Merges, merge_row, read_decisions, write_rows
from retailcrm.shop.merging import merged_orders, stacked_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.ports.tier_metrics import TierMetric
    from retailcrm.shop.customers.duplicates import Duplicates
    from retailcrm.shop.insight import AsOf
    from retailcrm.shop.merging import MergedStore
    from retailcrm.shop.policy import Policy


def _now() -> datetime:
    return datetime.now(UTC)


@attrs.frozen
class CustomerFiles:
    """Look customers up, and join those that are one person: ``shop.customers``.

    Attributes:
        parts: Gives the shop's orders in parts of disjoint customers, after all merges.
        policy: The rules.
        metrics: Tier metrics of the plug-ins, by name.
        shop: The shop's key in order references.
        store: What the shop keeps, as it stands after all merges; ``None``: orders only.
        decided: Who was taken for whom.
        clock: Tells when a merge is decided.
    """

    parts: Callable[[], Iterable[OrderTable]]
    policy: Policy
    metrics: Mapping[str, TierMetric]
    shop: str
    store: MergedStore | None = None
    decided: Merges = attrs.field(factory=Merges)
    clock: Callable[[], datetime] = _now

    def get(
        self,
        who: str | Identity | None = None,
        *,
        phone: str | None = None,
        email: str | None = None,
        order: str | None = None,
        as_of: AsOf,
    ) -> CustomerCard:
        """Give one customer's file, found by exactly one of four things.

        Args:
            who: A customer id as in the scores, or an identity as the platform knows it. Where all keys
                of the shop are of one kind, an identity's value alone decides. An id that was merged
                away gives the customer that it is today.
            phone: Her phone, however it is written.
            email: Her e-mail address.
            order: Number of one of her orders.
            as_of: A date D means D 00:00 in the shop's zone; exclusive.

        Returns:
            Her file; what happened at ``as_of`` or later is not in it.

        Raises:
            NotFoundError: Nobody has that id, phone, address or order; or the identity is of another shop
                or tells nobody apart.
            InputError: Several people share the phone or address: the message lists their ids. Or not
                exactly one thing to look for was given.

        Example:
            >>> import pyarrow as pa
            >>> from retailcrm import open_shop
            >>> from retailcrm.domain.identity import Identity
            >>> orders = pa.table({"id": ["1"], "who": ["ann"], "at": ["2024-03-01"], "amount": ["50.00"]})
            >>> shop = open_shop()
            >>> _ = shop.imports.table(orders, {
            ...     "name": "ours",
            ...     "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
            ...     "buyer": {"kind": "id", "strength": "stable"}, "constants": {"state": "completed"}})
            >>> ann = shop.customers.get(Identity.of("ours", "main", "id", "ann"), as_of="2024-04-01")
            >>> print(ann.id, ann.gross, ann.orders[0].ref)
            ann ¥50.00 ours/main/1
            >>> shop.customers.get(order="1", as_of="2024-04-01") == ann
            True
        """
        asked = {"who": who, "phone": phone, "email": email, "order": order}
        given = [name for name, value in asked.items() if value is not None]
        if len(given) != 1:
            raise InputError(f"say who by exactly one of who, phone, email and order, not by {len(given)}")
        if phone is not None:
            return self._card(
                self._finder.by_contact(IdentityKind.PHONE, phone_form(phone, self.policy.phone_region)),
                as_of,
            )
        if email is not None:
            return self._card(self._finder.by_contact(IdentityKind.EMAIL, email_form(email)), as_of)
        if order is not None:
            return self._card(self._finder.by_order(order), as_of)
        assert who is not None  # noqa: S101 - exactly one was given
        return self._card(self._finder.by_id(who), as_of)

    def history(self, who: str | Identity) -> CustomerFile:
        """Give who said what about a customer, and when; the value in force of each field first.

        Args:
            who: As for :meth:`get`.

        Returns:
            Her file; empty where no file describes her. After a merge it holds what was told under all
            her ids.

        Raises:
            NotFoundError: Nobody has that id.
        """
        return self._file(self._finder.by_id(who))

    def duplicates(self, *, limit: int | None = None) -> Duplicates:
        """Find the customers that evidence takes for one person.

        The same e-mail address is evidence, and the same phone under the same name; a phone alone is not
        (households share phones), and masked, virtual and blank values never are. Only values in force
        count. Nothing is changed.

        Args:
            limit: How many groups to give at most, those with the most orders first; ``None`` gives all.

        Returns:
            The groups, with their evidence and the way to join each.
        """
        return suggested(self.store, self.decided, self.shop, limit)

    def preview(self, keep: str, gone: str, *, as_of: AsOf) -> MergeEffect:
        """Tell what a merge would change, or why it is not offered; nothing is changed.

        Args:
            keep: The side whose present id would stay.
            gone: The other side.
            as_of: A date D means D 00:00 in the shop's zone; exclusive.

        Returns:
            Both customers as they are and as one, and the values that would be in force.

        Raises:
            NotFoundError: Nobody has one of the ids.
        """
        a, b = self._finder.by_id(keep), self._finder.by_id(gone)
        tables = [self._finder.orders(a), self._finder.orders(b)]
        cards = [self._with_profile(self._cards.card(table, as_of)) for table in tables]
        files = (self._file(a), self._file(b))
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

    def merge(
        self, keep: str, gone: str, *, by: str, evidence: Iterable[Evidence] | None = None, note: str = ""
    ) -> str:
        """Decide that two customers are one person: every figure counts them as one from now on.

        Args:
            keep: The side whose present id stays.
            gone: The other side; its ids lead to the present id from now on.
            by: Who decides: a person, or a rule's name and version.
            evidence: Why; ``None`` looks for it in what the files tell.
            note: One's own words; they count as evidence (:meth:`Evidence.stated`).

        Returns:
            The id of the merge, for :meth:`undo`.

        Raises:
            InputError: There is no evidence, and no note.
            NotFoundError: Nobody has one of the ids.
            ConflictError: They are one person already.
        """
        self._finder.by_id(keep)
        self._finder.by_id(gone)
        found = self._compared(keep, gone)
        if found.refusal is MergeRefusal.SAME_CUSTOMER:
            raise ConflictError(f"{keep} and {gone} are one customer already")
        reasons = list(found.evidence if evidence is None else evidence)
        if note.strip():
            reasons.append(Evidence.stated(note))
        if not reasons and found.refusal is not None:
            raise InputError(f"{REFUSAL_LABELS[found.refusal].en}; a note that says why would do")
        return self.decided.merge(keep, gone, evidence=reasons, actor=by, at=self.clock())

    def undo(self, merge_id: str, *, by: str) -> None:
        """Take a merge back: every figure is again as if it had never been.

        Args:
            merge_id: As :meth:`merge` gave it, or from :attr:`merges`.
            by: Who decides.

        Raises:
            NotFoundError: No such merge counts today.
        """
        self.decided.undo(merge_id, actor=by, at=self.clock())

    @property
    def merges(self) -> tuple[Merged | Unmerged, ...]:
        """Every decision in the order it was taken, those taken back and the taking back included."""
        return self.decided.log

    def save_merges(self, path: str | Path) -> Path:
        """Write the merges that count today to a CSV file, for the next run.

        Args:
            path: Where to.

        Returns:
            The path.
        """
        target = Path(path)
        write_rows(target, COLUMNS, map(merge_row, self.decided.counting()))
        return target

    def load_merges(self, path: str | Path) -> tuple[str, ...]:
        """Take over the merges of a CSV file: of :meth:`save_merges`, or an edited list of duplicates.

        Ids that no imported file has are kept for later; pairs that are one already are passed over.

        Args:
            path: A file with the columns ``keep`` and ``gone``; only rows whose column ``merge``, if there is
                one, says yes are taken. ``evidence`` or ``note`` say why.

        Returns:
            The ids of the merges that are new.

        Raises:
            ImportRefusedError: It is no such file.
            InputError: A row cannot be read, or has no evidence, no note, and none in the files either.
        """
        decisions = list(read_decisions(Path(path)))
        for i, told in enumerate(decisions):
            if not told.evidence:
                found = self._compared(told.keep, told.gone).evidence
                if not found:
                    raise InputError(
                        f"{path}, line {told.line}: nothing shows that {told.keep} and {told.gone} are one "
                        "person; say why in the column note"
                    )
                decisions[i] = attrs.evolve(told, evidence=found)
        return self.decided.adopt(decisions, at=self.clock())

    def archive(self, as_of: AsOf) -> Archive:
        """Give the customer archive table (客户档案表): one row an order that counts, with ten columns.

        Date, customer id, name, e-mail, phone, address, products, amount, gifts and level. Names, phones and
        addresses are there as far as the files tell: member lists do, and order reports that are imported
        with ``personal=True``. The amount is what was paid, less what was paid back by then. The level is her
        tier at ``as_of`` where the policy has a ladder, else the level that a file tells.

        Args:
            as_of: A date D means D 00:00 in the shop's zone; exclusive.

        Returns:
            The table; :meth:`Archive.to_xlsx` and :meth:`Archive.to_csv` write it.
        """
        store, policy = self.store, self.policy
        if store is None:
            raise NotFoundError("these customers have no files behind them, only orders")
        reduced = Insight(store.parts, policy, self.metrics).reduced(as_of)
        rows = ArchiveRows(store, policy, reduced, moment_of(as_of, policy.zone))
        return Archive(policy.currency, rows.tables)

    @property
    def _cards(self) -> Cards:
        return Cards(self.policy, self.metrics, self.shop)

    @property
    def _finder(self) -> Finder:
        people = (lambda: None) if self.store is None else (lambda: self.store.beside().people)
        return Finder(self.parts, people, self.decided.aliases, self.shop)

    def _card(self, customer: str, as_of: AsOf) -> CustomerCard:
        card = self._with_profile(self._cards.card(self._finder.orders(customer), as_of))
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
        file = self._file(card.id)
        return attrs.evolve(
            card,
            ids=tuple(sorted(self.decided.aliases.members(card.id))),
            profile=file.profile() if file.history else None,
        )

    def _file(self, customer: str) -> CustomerFile:
        return CustomerFile(CustomerId(customer)) if self.store is None else self.store.file(customer)

    def _parties(self, keep: str, gone: str, orders: tuple[int, int]) -> tuple[Party, Party]:
        people = None if self.store is None else self.store.kept.beside().people
        aliases = self.decided.aliases
        known = (
            Known(aliases, self.shop, {})
            if people is None
            else Known.of(people, (keep, gone), aliases, self.shop)
        )
        return known.parties(keep, gone, orders)

    def _compared(self, keep: str, gone: str) -> MergePreview:
        """Look for evidence in what the files tell of two ids."""
        return preview_merge(self.decided.aliases, *self._parties(keep, gone, (0, 0)))
