"""Rows of many new accounts in columns, ready to be handed to a database, with their digests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.stores.sql.bulk_texts import digests, literal, python_texts, text, whole_texts
from retailcrm.adapters.stores.sql.codecs import proof
from retailcrm.ports.bulk import NOTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.adapters.stores.sql.bulk_texts import Column
    from retailcrm.analytics.tables import Ints


@attrs.frozen(eq=False)
class Laid:
    """Rows in columns, ready to be handed to a database.

    Attributes:
        front: What stands before every row.
        values: The columns: whole numbers, or Arrow texts.
        nulls: Numbers of those columns whose :data:`~retailcrm.ports.bulk.NOTHING` is NULL.
        proven: What each row's digest is made of; ``None``: rows have none.
        plain: Where that is right: elsewhere, digests are made of the row's values.
    """

    front: tuple[str, ...]
    values: Sequence[Any]
    nulls: frozenset[int] = frozenset()
    proven: Column = None
    plain: NDArray[np.bool_] | None = None

    def columns(self) -> list[list[Any]]:
        """Give the columns as Python has them, with what stands before every row."""
        lists: list[list[Any]] = [
            _nulled(column, null=number in self.nulls)
            if isinstance(column, np.ndarray)
            else python_texts(column)
            for number, column in enumerate(self.values)
        ]
        if self.plain is not None:
            lists.append(self._proofs(lists))
        return [*([value] * len(lists[0]) for value in self.front), *lists]

    def _proofs(self, lists: list[list[Any]]) -> list[str]:
        proofs = digests(self.proven)
        assert self.plain is not None  # noqa: S101 - the caller has looked
        for row in np.flatnonzero(~self.plain).tolist():
            proofs[row] = proof(*self.front, *(column[row] for column in lists))
        return proofs


def _nulled(column: Ints, *, null: bool) -> list[Any]:
    found: list[Any] = column.tolist()
    return [None if one == NOTHING else one for one in found] if null else found


def literals(column: Any, *, null: bool) -> Column:  # noqa: ANN401 - numbers or texts
    """Write a column as Python does: plain texts between single quotes.

    Args:
        column: Whole numbers, or Arrow texts.
        null: Whether :data:`~retailcrm.ports.bulk.NOTHING` stands for none.
    """
    if not isinstance(column, np.ndarray):
        return literal(column)
    plain = whole_texts(column)
    return pc.if_else(pa.array(column == NOTHING), text("None"), plain) if null else plain
