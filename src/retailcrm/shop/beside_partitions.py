"""What the partitions of a large shop tell beside its orders, gathered while they are folded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.tables import Customers
from retailcrm.shop.said import RECIPIENT, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.shop.folding import Folded
    from retailcrm.shop.refund_reasons import RefundReasons
    from retailcrm.shop.spread import Spread

_NAME: Final = "recipients"


@attrs.define(eq=False)
class BesidePartitions:
    """Refunds are few and stay in memory; what is said of recipients goes to disk.

    Attributes:
        disk: Where to; ``None`` before anything was folded.
        refunds: Refunds of each partition.
        stray_refunds: Refunds whose order no file has.
    """

    disk: Spread | None = None
    refunds: list[RefundReasons] = attrs.field(factory=list)
    stray_refunds: int = 0
    _sources: list[tuple[str, datetime]] = attrs.field(factory=list, init=False)

    def take(self, folded: Folded) -> None:
        """Take what one partition tells."""
        self.stray_refunds += folded.stray_refunds
        if folded.refunds is not None:
            self.refunds.append(folded.refunds)
        for said in folded.recipients:
            table = self._table(said)
            assert self.disk is not None  # noqa: S101 - folding begins with a place to write to
            self.disk.add(_NAME, table, np.zeros(len(table), np.int64))

    def _table(self, said: Said) -> pa.Table:
        assert said.who is not None  # noqa: S101 - recipients are said of customers
        assert said.customer is not None  # noqa: S101 - likewise
        source = said.source, said.exported_at
        if source not in self._sources:
            self._sources.append(source)
        rows = np.flatnonzero(said.customer >= 0)
        who = said.customer[rows]
        ids: Any = arrow.arrow_texts(said.who.ids.take(who))
        told = said.table.take(pa.array(rows))
        columns = {name: told.column(name).cast(pa.large_string()) for name in told.column_names}
        number = np.full(len(rows), self._sources.index(source), np.int32)
        return pa.table({"customer": ids, "strength": said.who.strength[who], "source": number, **columns})

    def finish(self) -> None:
        """Write out what is left."""
        if self.disk is not None:
            self.disk.finish()

    def recipients(self) -> Iterator[Said]:
        """Give what is said of recipients, file by file."""
        table = None if self.disk is None else self.disk.read(_NAME, range(1))
        if table is None:
            return
        for i, (source, exported_at) in enumerate(self._sources):
            rows = table.filter(pc.equal(table.column("source"), i))
            coded = rows.column("customer").combine_chunks().dictionary_encode()
            customer = coded.indices.to_numpy().astype(np.int32)
            strength = np.zeros(len(coded.dictionary), np.int8)
            strength[customer] = rows.column("strength").to_numpy()
            yield Said(
                source=source,
                exported_at=exported_at.astimezone(UTC),
                table=rows.select([name for name in RECIPIENT if name in rows.column_names]),
                who=Customers(ids=arrow.texts(coded.dictionary), strength=strength),
                customer=customer,
            )
