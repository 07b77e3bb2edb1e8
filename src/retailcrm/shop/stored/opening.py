"""Open the parts of a shop that a store keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.errors import ConflictError, SettingsError
from retailcrm.shop.kept import Parts
from retailcrm.shop.merging import MergedStore
from retailcrm.shop.stored.merges import StoredMerges
from retailcrm.shop.stored.observations import StoredObservations
from retailcrm.shop.stored.orders_of import StoredOrdersOf

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from retailcrm.ports.orders import OrderBook
    from retailcrm.shop.observed import FileAccount
    from retailcrm.shop.policy import Policy


@attrs.frozen(eq=False, kw_only=True)
class StoredParts(Parts):
    """What a shop on a store is made of; see :class:`retailcrm.shop.kept.Parts`."""

    kept: StoredObservations
    merges: StoredMerges
    orders: StoredOrdersOf

    def told(self) -> Callable[[], tuple[FileAccount, ...]]:
        """Give what tells of all imports ever."""
        return self.kept.accounts


def stored_parts(
    book: OrderBook,
    shop: str,
    rules: Policy,
    clock: Callable[[], datetime],
    *,
    memory_budget: int | None = None,
) -> StoredParts:
    """Open a shop's files, orders and merges, or begin a new shop.

    Args:
        book: Where they are kept.
        shop: The shop's key, for messages.
        rules: Its policy.
        clock: Tells the time.
        memory_budget: As it was asked for.

    Raises:
        SettingsError: The shop is kept in another currency or zone, or a memory budget was asked for.
        ConflictError: The shop is new, and others have been writing all the time.
    """
    if memory_budget is not None:
        raise SettingsError("memory_budget is for shops in memory: a shop in a store needs none")
    try:
        currency, zone = book.begin(rules.currency, rules.zone, clock())
    except ConflictError as error:
        raise ConflictError(
            f"shop {shop!r} is new here and could not be begun: {error}. If this process has a transaction "
            "open on the database, it has waited for itself: open the shop when the process starts"
        ) from None
    for what, old, asked in (("currency", currency, rules.currency), ("zone", zone, rules.zone)):
        if old != asked:
            raise SettingsError(
                f"shop {shop!r} is kept with {what} {old}, the policy says {asked}: amounts or days of what "
                f"is there would be read wrongly; open it with {what} {old}, or keep another shop"
            )
    kept = StoredObservations(rules.currency, rules.zone, book=book, clock=clock)
    merges = StoredMerges(book)
    merged = MergedStore(kept, merges)
    orders = StoredOrdersOf(merged.parts, merged.lines, kept=kept, merges=merges)
    return StoredParts(kept=kept, merges=merges, merged=merged, orders=orders)
