"""Who may have a phone or an e-mail address: one column of the files is read, and nothing of anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.domain.identity import IdentityKind
from retailcrm.ports.batches import Grain
from retailcrm.shop.customers.contacts import digest_of
from retailcrm.shop.forms import combined, one_form

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from retailcrm.ports.orders import FileKept, OrderBook
    from retailcrm.shop.buyers import BuyerKinds


@attrs.frozen(eq=False)
class Holding:
    """Looks through what the files of a store tell of phones and addresses.

    Attributes:
        book: The store.
        journal: Its files.
        kinds: What buyers are called in them.
    """

    book: OrderBook
    journal: Sequence[FileKept]
    kinds: BuyerKinds

    def customers(self, kind: str, value: str) -> set[str]:
        """Give everybody who may have a value: all who have it, and perhaps some who had it once.

        Which value is in force is told by all that was said of a customer together; these are the customers
        of whom all that is to be read.

        Args:
            kind: ``"phone"`` or ``"email"``.
            value: In its normal form.

        Returns:
            Ids before merges.
        """
        found = set(self._called(digest_of(value, kind), (kind, IdentityKind.CONTACT)))
        for plain in self._told(Grain.CUSTOMERS, "who", kind, value):
            found.update(self._called(plain))
        numbers = pa.array(sorted(self._told(Grain.ORDERS, "number", kind, value)), pa.large_string())
        if len(numbers):
            found.update(pc.unique(self.book.orders_numbered(numbers).column("customer")).to_pylist())
        return found - {""}

    def _called(self, plain: str, kinds: Sequence[str] = ()) -> Iterator[str]:
        """Give the ids that a key may have: with platform and kind before it where a shop mixes them."""
        if not self.kinds.several:
            yield plain
            return
        for platform, kind in self.kinds.strengths:
            if not kinds or kind in kinds:
                yield f"{platform}:{kind}:{plain}"

    def _told(self, grain: Grain, whose: str, kind: str, value: str) -> set[str]:
        """Give whose rows tell a value, however it is written there."""
        found: set[str] = set()
        for file in self.journal:
            kept = file.grains.get(grain)
            if kept is None or not {whose, kind} <= set(kept.columns):
                continue
            # Of a row with twenty columns two are read.
            narrow = attrs.evolve(kept, columns={name: kept.columns[name] for name in (whose, kind)})
            for rows in self.book.pieces(attrs.evolve(file, grains={grain: narrow}), grain):
                same = pc.equal(one_form(kind, combined(rows.column(kind))), value)
                hers = rows.filter(pc.fill_null(same, fill_value=False)).column(whose)
                found.update(text for text in hers.to_pylist() if text is not None)
        return found
