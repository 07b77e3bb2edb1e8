"""What the shop knows beside its orders: people, products, lines, reviews, parcels, reasons of refunds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT
from retailcrm.ports.batches import Grain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.analytics.tables import LineTable, ParcelEventTable, ProductTable, ReviewTable
    from retailcrm.shop.observed import Observed
    from retailcrm.shop.people import People
    from retailcrm.shop.refund_reasons import RefundReasons


@attrs.frozen(kw_only=True)
class KindSeen:
    """How much of one kind of table was imported, and how fresh it is.

    Attributes:
        grain: What its rows are.
        records: Rows taken, of all files.
        newest_at: Newest moment that a row is about, UTC; NaT if none tells.
        exported_at: Moment of the newest export, UTC.
    """

    grain: Grain
    records: int
    newest_at: np.datetime64
    exported_at: np.datetime64


@attrs.frozen(eq=False, kw_only=True)
class Beside:
    """What the shop knows beside its orders.

    Orders larger than memory lie in partitions: then there is no one order table to point to, and what
    would point to it is left out as said below.

    Attributes:
        people: Who the shop's people are; nobody, if no file says.
        products: The catalogue; ``None`` if no file has one.
        lines: Lines of all orders; ``None`` if no file has them, or if they are larger than memory.
        reviews: Reviews, each once; ``None`` if no file has any. Larger than memory: without orders and
            customers.
        parcels: Events of parcels; ``None`` if no file has any, or if orders are larger than memory.
        refunds: Refunds that succeeded, each once; ``None`` if no refund report was imported.
        stray_refunds: Refunds that succeeded, of orders that no file has.
        kinds: What was imported of each grain, in the order of :class:`~retailcrm.ports.batches.Grain`.
    """

    people: People
    products: ProductTable | None = None
    lines: LineTable | None = None
    reviews: ReviewTable | None = None
    parcels: ParcelEventTable | None = None
    refunds: RefundReasons | None = None
    stray_refunds: int = 0
    kinds: tuple[KindSeen, ...] = ()


def kinds_seen(files: Sequence[Observed]) -> tuple[KindSeen, ...]:
    """Say of each grain how much there is and how fresh it is.

    Args:
        files: All files of a shop; files that only join order numbers to buyers count for nothing.
    """
    found = []
    for grain in Grain:
        told = [file for file in files if grain in file.seen and not file.buyers_only]
        if not told:
            continue
        newest = max(
            (file.seen[grain].newest for file in told), key=lambda at: -(1 << 63) if at is None else at
        )
        exported = max(file.exported_at.timestamp() for file in told)
        found.append(
            KindSeen(
                grain=grain,
                records=sum(file.seen[grain].records for file in told),
                newest_at=np.datetime64("NaT", "us") if newest is None else np.int64(newest).view(INSTANT),
                exported_at=np.int64(exported * 1_000_000).view(INSTANT),
            )
        )
    return tuple(found)
