"""Where a shop's observations are kept: in memory, folded again when something came in."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import attrs

from retailcrm.shop.beside import Beside, kinds_seen
from retailcrm.shop.buyers import BuyerKinds, adopted
from retailcrm.shop.folding import Folded, by_moment, fold
from retailcrm.shop.observed import Collected
from retailcrm.shop.people import people_of
from retailcrm.shop.products import product_table
from retailcrm.shop.reviews import review_table
from retailcrm.shop.said import Said, members_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from contextlib import AbstractContextManager

    from retailcrm.analytics.tables import LineTable, OrderTable
    from retailcrm.domain.problems import Problem
    from retailcrm.ports.batches import Batch
    from retailcrm.shop.observed import Collector, Observed


@attrs.define
class Observations:
    """Every imported file's rows, and the orders they fold into.

    Attributes:
        currency: The shop's ISO 4217 code.
        zone: The shop's IANA zone.
    """

    currency: str
    zone: str
    _files: dict[str, Observed] = attrs.field(factory=dict, init=False)
    _folded: Folded | None = attrs.field(default=None, init=False)
    _beside: Beside | None = attrs.field(default=None, init=False)

    def collect(self, collector: Collector, items: Iterable[Batch | Problem]) -> Collected:
        """Keep the rows of a file that is being read."""
        return Collected(collector.collect(items))

    def add(self, observed: Observed, collected: Collected) -> bool:  # noqa: ARG002 - its rows are the file's
        """Keep a file; ``False`` if the very same is there already."""
        if observed.digest in self._files:
            return False
        self._files[observed.digest] = observed
        self._folded = self._beside = None
        return True

    def folded(self) -> Folded:
        """Give the shop's present orders."""
        if self._folded is None:
            self._folded = fold(tuple(self._files.values()), currency=self.currency, zone=self.zone)
        return self._folded

    def parts(self) -> Iterator[OrderTable]:
        """Give the shop's orders, in one part."""
        yield self.folded().orders

    def lines(self) -> LineTable | None:
        """Give the lines of all orders; ``None`` if no file has them."""
        return self.folded().lines

    def files(self) -> list[Observed]:
        """Give all files, oldest export first."""
        return by_moment(adopted(tuple(self._files.values())))

    def pieces(self) -> Iterator[tuple[list[Observed], Folded]]:
        """Give the files' rows with the orders that they fold into, in one piece."""
        yield self.files(), self.folded()

    def said(self) -> tuple[Said, ...]:
        """Give all that files say of people."""
        return (*members_of(self._adopted()), *self.folded().recipients)

    def buyer_kinds(self) -> BuyerKinds:
        """Give the kinds of buyer keys that the files have."""
        return BuyerKinds.of(self._adopted())

    def _adopted(self) -> list[Observed]:
        return by_moment(adopted(tuple(self._files.values())))

    def beside(self) -> Beside:
        """Give what the shop knows beside its orders."""
        if self._beside is None:
            files, kinds, folded = self._adopted(), self.buyer_kinds(), self.folded()
            self._beside = Beside(
                people=people_of(self.said(), kinds),
                products=product_table(files),
                lines=folded.lines,
                reviews=review_table(files, kinds, folded.orders),
                parcels=folded.parcels,
                refunds=folded.refunds,
                stray_refunds=folded.stray_refunds,
                kinds=kinds_seen(files),
            )
        return self._beside

    def about(self, customers: Collection[str], numbers: Collection[str] = ()) -> Observations:  # noqa: ARG002 - all is at hand
        """Give observations that know all of some customers: these do.

        Args:
            customers: Ids before merges.
            numbers: Numbers of orders that are looked for too.
        """
        return self

    def having(self, kind: str, value: str) -> Collection[str] | None:  # noqa: ARG002 - all is at hand
        """Give whose sayings tell who has a phone or e-mail address; ``None``: everybody's are at hand.

        Args:
            kind: ``"phone"`` or ``"email"``.
            value: In its normal form.
        """
        return None

    def snapshot(self) -> AbstractContextManager[object]:
        """See one moment until it ends: in memory nobody else imports."""
        return nullcontext()

    def close(self) -> None:
        """Hold nothing outside memory."""
