"""Where a shop is kept: one store, one unit of work, small ports by what they keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from retailcrm.ports.bulk import BulkLedger
    from retailcrm.ports.feed import Feed
    from retailcrm.ports.ledger import Ledger
    from retailcrm.ports.orders import OrderBook
    from retailcrm.ports.policies import Policies
    from retailcrm.ports.rollups import RollUps


@attrs.frozen(kw_only=True)
class Capabilities:
    """What a store can do.

    Attributes:
        durable: What was acknowledged is there after the process, and the machine, were stopped.
        shared: Several processes may use it at once.
        borrows: It can work in a transaction that the caller has open.
    """

    durable: bool
    shared: bool
    borrows: bool


class Store(Protocol):
    """Keeps shops; what is written in one unit is there as a whole or not at all."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def unit(self) -> AbstractContextManager[object]:
        """Open a unit of work over everything that the store keeps; one inside another joins it.

        Raises:
            ConflictError: Others were first; once more will do.
            UnknownOutcomeError: Nobody can say whether it was committed.
        """

    def alone(self) -> AbstractContextManager[object]:
        """Keep other writers away until the block ends, around a transaction that the caller commits.

        Only a store whose database lets commits of two connections harm each other does anything here.

        Raises:
            ConflictError: Others have been writing all the time.
        """

    def ledger(self, shop: str) -> Ledger:
        """Give a shop's points."""

    def orders(self, shop: str) -> OrderBook | None:
        """Give a shop's files, orders and merges; ``None`` if the store keeps points alone."""

    def bulk(self, shop: str) -> BulkLedger | None:
        """Give what takes a shop's new accounts many at a time; ``None`` wherever ``orders`` is."""

    def rollups(self, shop: str) -> RollUps | None:
        """Give a shop's figures by customer; ``None`` wherever ``orders`` is."""

    def policies(self, shop: str) -> Policies | None:
        """Give a shop's rules; ``None`` wherever ``orders`` is."""

    def feed(self, shop: str) -> Feed:
        """Give a shop's events."""

    def close(self) -> None:
        """Give back what the store holds open."""


class StoreKind(Protocol):
    """Opens stores: what a plug-in registers.

    Attributes:
        name: Scheme of the URLs that it opens: ``memory``, ``sqlite`` ...
    """

    name: str

    def open(self, url: str) -> Store:
        """Open the store of a URL.

        Raises:
            SettingsError: The URL, or the database behind it, cannot be used; the message says why.
        """
