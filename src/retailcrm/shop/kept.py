"""What a shop is made of, wherever it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.shop.loyalty.orders_of import OrdersOf
    from retailcrm.shop.merges import Merges
    from retailcrm.shop.merging import MergedStore
    from retailcrm.shop.observations import Observations
    from retailcrm.shop.observed import FileAccount
    from retailcrm.shop.partitions import PartitionedObservations


@attrs.frozen(eq=False, kw_only=True)
class Parts:
    """What a shop keeps.

    Attributes:
        kept: Files and orders, as the files tell them.
        merges: Who was taken for whom.
        merged: The same orders after merges.
        orders: One customer's orders after merges.
    """

    kept: Observations | PartitionedObservations
    merges: Merges
    merged: MergedStore
    orders: OrdersOf

    def told(self) -> Callable[[], tuple[FileAccount, ...]] | None:
        """Give what tells of all imports ever; ``None`` where those of this run are all."""
        return None
