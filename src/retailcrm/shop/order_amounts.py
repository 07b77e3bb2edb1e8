"""State and money of the rows of order reports, settled by the convention of each file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.columns import MISSING
from retailcrm.shop.money_rule import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.shop.observed import Observed
    from retailcrm.shop.stacked import Stacked


@attrs.frozen(kw_only=True, eq=False)
class Amounts:
    """State and money of every row of the order reports, by the convention of its file.

    Attributes:
        state: As read, -1 where the row does not say.
        gross: Paid before refunds, as far as the file tells.
        refunded: Paid back.
        due: Amount due of rows whose ``gross`` may be net of a refund that the file does not show (-1 if
            unknown), :data:`MISSING` for all others; ``None`` if there is no such row.
    """

    state: NDArray[np.int8]
    gross: NDArray[np.int64]
    refunded: NDArray[np.int64]
    due: NDArray[np.int64] | None

    @classmethod
    def of(cls, rows: Stacked, files: Sequence[Observed]) -> Amounts:
        """Settle the rows file by file."""
        state = rows.small("state", np.int8, -1)
        total, paid, refunded = (rows.whole(name) for name in ("total", "paid", "refunded"))
        ends = np.cumsum([len(table) for table in rows.parts])[:-1]
        parts = zip(
            rows.files, *(np.split(column, ends) for column in (state, total, paid, refunded)), strict=True
        )
        settled = [settle(files[i].money_rule, *columns) for i, *columns in parts]
        gross, back = (np.concatenate(columns) for columns in zip(*settled, strict=True))
        unsure = (back == MISSING) & (paid != MISSING) & (gross != total)
        due = np.where(unsure, np.maximum(total, -1), MISSING) if unsure.any() else None
        return cls(state=state, gross=gross, refunded=back, due=due)
