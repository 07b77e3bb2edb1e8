"""Look customers up, find out who is one person, and join them: ``shop.customers``."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.identity import CustomerId, IdentityKind
from retailcrm.errors import InputError, NotFoundError
from retailcrm.shop.archive import Archive
from retailcrm.shop.archive.rows import ArchiveRows
from retailcrm.shop.buyers import ids_of
from retailcrm.shop.customers.finding import email_form, phone_form
from retailcrm.shop.customers.suggestions import suggested
from retailcrm.shop.customers.view import CustomerView
from retailcrm.shop.insight import Insight, moment_of
from retailcrm.shop.merges import COLUMNS, Merges, merge_row, read_decisions, write_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.domain.customers import CustomerFile
    from retailcrm.domain.identity import Evidence, Identity, Merged, Unmerged
    from retailcrm.ports.tier_metrics import TierMetric
    from retailcrm.shop.customers.cards import CustomerCard
    from retailcrm.shop.customers.duplicates import Duplicates
    from retailcrm.shop.customers.effects import MergeEffect
    from retailcrm.shop.insight import AsOf
    from retailcrm.shop.merges import Decision
    from retailcrm.shop.merging import MergedStore
    from retailcrm.shop.policy import Policy


def _now() -> datetime:
    return datetime.now(UTC)


def _nothing(_: Sequence[str]) -> None:
    """Let nothing follow from a merge."""


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
        joined: Told of ids that are about to be taken for one another, or not any more, so that what is
            known of each is theirs alone, or theirs together; told again before that is committed.
    """

    parts: Callable[[], Iterable[OrderTable]]
    policy: Policy
    metrics: Mapping[str, TierMetric]
    shop: str
    store: MergedStore | None = None
    decided: Merges = attrs.field(factory=Merges)
    clock: Callable[[], datetime] = _now
    joined: Callable[[Sequence[str]], None] = _nothing

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

        In a database only what is hers is read; by phone or e-mail address that column of the files is too,
        and all of whoever had it once: an address is hers only if no newer file tells of another one.

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
        with self._moment():
            if phone is not None:
                form = phone_form(phone, self.policy.phone_region)
                who = self._having(IdentityKind.PHONE, form)
            elif email is not None:
                who = self._having(IdentityKind.EMAIL, email_form(email))
            elif order is not None:
                who = self._about(order=order).finder.by_order(order)
            assert who is not None  # noqa: S101 - exactly one was given
            hers = self._about(who)
            return hers.card(hers.finder.by_id(who), as_of)

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
        with self._moment():
            hers = self._about(who)
            return hers.file(hers.finder.by_id(who))

    def duplicates(self, *, limit: int | None = None) -> Duplicates:
        """Find the customers that evidence takes for one person.

        The same e-mail address is evidence, and the same phone under the same name; a phone alone is not
        (households share phones), and masked, virtual and blank values never are. Only values in force
        count. Nothing is changed. Everybody is compared with everybody, so the whole shop is read.

        Args:
            limit: How many groups to give at most, those with the most orders first; ``None`` gives all.

        Returns:
            The groups, with their evidence and the way to join each.
        """
        with self._moment():
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
        with self._moment():
            return self._about(keep, gone).preview(keep, gone, as_of)

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
        told = None if evidence is None else tuple(evidence)

        def act() -> str:
            with self.decided.unit():
                reasons = self._about(keep, gone).reasons(keep, gone, told, note)
                self.joined((keep, gone))
                merge_id = self.decided.merge(keep, gone, evidence=reasons, actor=by, at=self.clock())
                self.joined((keep, gone))
            return merge_id

        one = len({self.decided.aliases.resolve(CustomerId(side)) for side in (keep, gone)}) == 1
        # Who are one person already are not made one by trying again.
        return act() if one else self.decided.anew(act)

    def undo(self, merge_id: str, *, by: str) -> None:
        """Take a merge back: every figure is again as if it had never been.

        Args:
            merge_id: As :meth:`merge` gave it, or from :attr:`merges`.
            by: Who decides.

        Raises:
            NotFoundError: No such merge counts today.
        """

        def act() -> None:
            with self.decided.unit():
                counting = [one for one in self.decided.counting() if one.merge_id == merge_id]
                sides = [side for one in counting for side in (one.keep, one.gone)]
                self.joined(sides)
                self.decided.undo(merge_id, actor=by, at=self.clock())
                self.joined(sides)

        self.decided.anew(act)

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
                found = self._about().compared(told.keep, told.gone).evidence
                if not found:
                    raise InputError(
                        f"{path}, line {told.line}: nothing shows that {told.keep} and {told.gone} are one "
                        "person; say why in the column note"
                    )
                decisions[i] = attrs.evolve(told, evidence=found)

        def act() -> tuple[str, ...]:
            with self.decided.unit():
                self.joined(self._apart(decisions))
                new = self.decided.adopt(decisions, at=self.clock())
                taken = [one for one in self.decided.counting() if one.merge_id in new]
                self.joined([side for one in taken for side in (one.keep, one.gone)])
            return new

        return self.decided.anew(act)

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

        def tables() -> Iterator[pa.Table]:
            with store.snapshot():
                reduced = Insight(store.parts, policy, self.metrics).reduced(as_of)
                yield from ArchiveRows(store, policy, reduced, moment_of(as_of, policy.zone)).tables()

        return Archive(policy.currency, tables)

    def _apart(self, decisions: Iterable[Decision]) -> list[str]:
        """Give the ids that decisions name of customers who are not one yet."""
        present = self.decided.present()
        pairs = [(one.keep, one.gone) for one in decisions]
        return [one for a, b in pairs if present.get(a, a) != present.get(b, b) for one in (a, b)]

    def _moment(self) -> AbstractContextManager[object]:
        return nullcontext() if self.store is None else self.store.snapshot()

    def _about(self, *who: str | Identity, order: str | None = None) -> CustomerView:
        """Give what knows all of some customers, or of an order; nothing said: of everybody."""
        store = self.store
        if store is not None and (who or order is not None):
            ids = [name for one in who for name in ((one,) if isinstance(one, str) else ids_of(one))]
            store = store.about(ids, () if order is None else (order,))
        return self._view(store)

    def _having(self, kind: IdentityKind, form: str) -> str:
        """Find who has a phone or e-mail address, in its normal form."""
        among = None if self.store is None else self.store.having(kind, form)
        if self.store is None or among is None:
            return self._about().finder.by_contact(kind, form)
        # Whoever is told to have it is among them, so nobody is seen by half.
        return self._view(self.store.about(among)).finder.by_contact(kind, form)

    def _view(self, store: MergedStore | None) -> CustomerView:
        parts = self.parts if store is None or store is self.store else store.parts
        return CustomerView(parts, self.policy, self.metrics, self.shop, store, self.decided)
