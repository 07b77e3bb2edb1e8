"""The event feed: facts, written with what they tell of, and read after commit by cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import attrs

from retailcrm.domain.periods import in_utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


@attrs.frozen(kw_only=True)
class Fact:
    """Something that happened, as a store keeps it.

    Attributes:
        kind: What, as ``points.moved`` or ``order.paid``.
        subject: Of whom or what: an account, an order's reference.
        recorded_at: When it was written down; aware, kept in UTC.
        document: The event as plain JSON.
    """

    kind: str
    subject: str
    recorded_at: datetime = attrs.field(converter=in_utc)
    document: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class Told:
    """A fact with its place in the feed.

    Attributes:
        cursor: Where it stands: reading after it goes on with the next.
        fact: What happened.
    """

    cursor: str
    fact: Fact


@attrs.frozen(kw_only=True)
class Page:
    """Some facts in a row.

    Attributes:
        facts: In the order of the feed.
        cursor: Where to go on; the one that was asked from if there is nothing new.
    """

    facts: tuple[Told, ...]
    cursor: str


class Feed(Protocol):
    """A shop's facts."""

    def write(self, facts: Iterable[Fact]) -> None:
        """Add facts, in the unit that is open, or in one of their own."""

    def read(self, after: str = "", limit: int = 1000) -> Page:
        """Read on from a cursor.

        No fact is passed over, although a transaction that began earlier may commit later: what could still
        come before a fact is waited for. A reader that keeps its cursor once it has acted is told everything
        at least once.

        Args:
            after: A cursor of an earlier page; empty: from the beginning.
            limit: Most facts to give, at least 1.

        Raises:
            InputError: It is no cursor.
        """
