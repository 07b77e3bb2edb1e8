"""Where roll-ups are kept: figures of each customer, packed in blocks of customers by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from retailcrm.analytics.columns import Texts
    from retailcrm.analytics.tables import Ints

FIGURES: Final = (
    "strength", "orders", "purchase_days", "first_at", "last_at", "gross", "refunded", "credits", "newest"
)  # fmt: skip
"""What is kept of a customer: identity strength; counted orders, their local days, first and last instant
(microseconds UTC, missing without one), money before refunds; paid back, credit notes included; how many
credit notes; the newest instant that any figure of hers depends on."""


@attrs.frozen(eq=False, kw_only=True)
class Block:
    """Customers whose ids follow each other.

    Attributes:
        first: No id in it is before this one; the first block's is empty.
        ids: Their ids, sorted.
        figures: A row a customer, a column for each of :data:`FIGURES`; ``int64``.
    """

    first: str
    ids: Texts
    figures: Ints


@attrs.frozen(eq=False, kw_only=True)
class Head:
    """What stands above the blocks of a shop.

    Attributes:
        file: Number of the newest file whose orders are in them.
        unknown: Figures of the orders whose buyers nobody knows, as a row of a block.
    """

    file: int
    unknown: Ints


class RollUps(Protocol):
    """Keeps one shop's roll-ups, by the rules that they were counted by."""

    def snapshot(self) -> AbstractContextManager[object]:
        """Read in the block as the store is at one moment."""

    def head(self, rules: str) -> Head | None:
        """Give what stands above the blocks; ``None`` if there are none.

        Args:
            rules: Digest of the rules.
        """

    def firsts(self, rules: str) -> Sequence[str]:
        """Give where each block begins, sorted."""

    def every(self, rules: str) -> Block:
        """Give everybody in one block."""

    def blocks(self, rules: str, firsts: Sequence[str]) -> Iterator[Block]:
        """Give blocks, sorted.

        Args:
            rules: Digest of the rules.
            firsts: Where they begin.

        Raises:
            StoreError: A block is not as it was written.
        """

    def write(self, rules: str, head: Head, blocks: Iterable[Block], gone: Iterable[str] = ()) -> None:
        """Write the head, and blocks over those that begin at the same ids.

        Args:
            rules: Digest of the rules.
            head: What stands above.
            blocks: New or changed ones.
            gone: Where those began that are no more.
        """

    def clear(self) -> None:
        """Drop all roll-ups of the shop, whatever the rules."""
