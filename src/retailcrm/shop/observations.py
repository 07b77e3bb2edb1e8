"""Where a shop's observations are kept: in memory, folded again when something came in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.shop.folding import Folded, fold
from retailcrm.shop.observed import Collected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from retailcrm.analytics.tables import OrderTable
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

    def collect(self, collector: Collector, items: Iterable[Batch | Problem]) -> Collected:
        """Keep the rows of a file that is being read."""
        return Collected(collector.collect(items))

    def add(self, observed: Observed, collected: Collected) -> bool:  # noqa: ARG002 - its rows are the file's
        """Keep a file; ``False`` if the very same is there already."""
        if observed.digest in self._files:
            return False
        self._files[observed.digest] = observed
        self._folded = None
        return True

    def folded(self) -> Folded:
        """Give the shop's present orders."""
        if self._folded is None:
            self._folded = fold(tuple(self._files.values()), currency=self.currency, zone=self.zone)
        return self._folded

    def parts(self) -> Iterator[OrderTable]:
        """Give the shop's orders, in one part."""
        yield self.folded().orders

    def close(self) -> None:
        """Hold nothing outside memory."""
