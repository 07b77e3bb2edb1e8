"""The shop's catalogue as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.analytics.tables.checks import INSTANTS, INT8, INT64, Instants, Ints, check_lengths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded, Texts


@attrs.frozen(eq=False, kw_only=True)
class ProductTable:
    """Products, one row each.

    Attributes:
        keys: Product codes as exported, each once; what :attr:`LineTable.product` holds, or its title.
        title: As shown to buyers, -1 not told.
        category: Category path from the top down, levels joined by ``/``; code -1 not told.
        cost: What one piece costs the shop, minor units; MISSING not told; ``int64``.
        price: What one piece sells for, minor units; MISSING not told; ``int64``.
        stock: Pieces there are; MISSING not told; ``int64``.
        on_shelf: 1 on the shelf, 0 taken off, -1 not told; ``int8``.
        on_shelf_since: Since when, UTC; NaT not told.
        seen_at: Moment of the export that told the stock, UTC; NaT where no file told it.
    """

    keys: Texts = attrs.field(metadata={"rows": True})
    title: Coded
    category: Coded
    cost: Ints = attrs.field(validator=INT64)
    price: Ints = attrs.field(validator=INT64)
    stock: Ints = attrs.field(validator=INT64)
    on_shelf: NDArray[np.int8] = attrs.field(validator=INT8)
    on_shelf_since: Instants = attrs.field(validator=INSTANTS)
    seen_at: Instants = attrs.field(validator=INSTANTS)

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        check_lengths(self)

    def __len__(self) -> int:
        """Count the products."""
        return len(self.keys)
