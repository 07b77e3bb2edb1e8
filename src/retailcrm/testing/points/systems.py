"""What a system offers to be put through the museum: six methods, and some that it may leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from fractions import Fraction


REQUIRED: Final = ("advance", "earn", "redeem", "cancel", "refund", "balance")
"""The methods that every adapter has; all others may be left out."""


class Refused(Exception):  # noqa: N818 - it is an answer, not a failure
    """Raise this where the system will not do what it was asked: a key that was used for something else."""


class PointsSystem(Protocol):
    """An adapter to a system of points, with the clock in the caller's hands.

    Every command carries an idempotency key. The same key with the same words again is the same command
    again: it has no second effect and gives the first answer. The same key with other words raises
    :class:`Refused`.
    """

    def advance(self, now: datetime) -> None:
        """Let it be a later moment; run what runs at night, if anything does.

        Args:
            now: Aware; never earlier than the last.
        """

    def earn(
        self,
        customer: str,
        points: int,
        *,
        order: str,
        key: str,
        activates_at: datetime | None = None,
        expires_at: datetime | None = None,
        channel: str = "",
    ) -> None:
        """Award points for an order.

        Args:
            customer: Who; a new one has an account at once.
            points: How many.
            order: What for; each order earns once.
            key: Idempotency key.
            activates_at: First moment at which they can be spent; ``None``: now.
            expires_at: First moment at which they cannot be spent any more; ``None``: they never lapse.
            channel: Where it was bought: a shop, a till, a label of the system's own.
        """

    def redeem(self, customer: str, points: int, *, order: str, key: str, channel: str = "") -> bool:
        """Spend points on an order, soonest expiry first; tell whether that was allowed."""

    def cancel(self, order: str, *, key: str) -> None:
        """Undo what was spent on an order, because the customer cancelled it. What lapsed stays lapsed."""

    def refund(self, order: str, share: Fraction, *, key: str) -> None:
        """Take back what an order earned; never refuse.

        Args:
            order: The order.
            share: Of its amount refunded so far, all refunds together, 0 to 1.
            key: The refund's idempotency key.
        """

    def balance(self, customer: str) -> int:
        """Give the points that can be spent now, less what is owed: below 0 in debt."""


class Reserving(Protocol):
    """Points set aside for a checkout."""

    def reserve(self, customer: str, points: int, *, hold: str, ends_at: datetime, key: str) -> bool:
        """Set points aside until a moment; tell whether that was allowed."""

    def capture(self, hold: str, *, key: str) -> bool:
        """Spend all that was set aside; tell whether it still was."""

    def void(self, hold: str, *, key: str) -> bool:
        """Let go what was set aside; tell whether it still was."""


class Giving(Protocol):
    """Points that one customer gives another."""

    def give(self, customer: str, taker: str, points: int, *, key: str) -> bool:
        """Give spendable points away; tell whether that was allowed."""


class Earning(Protocol):
    """Points worked out from an order's amounts."""

    def set_rate(self, rate: str) -> None:
        """Let orders earn so many points for a whole unit of money from now on: an exact decimal."""

    def buy(self, customer: str, order: str, *, goods: int, shipping: int, by_points: int, key: str) -> None:
        """Award what an order earns, at once.

        Args:
            customer: Who.
            order: The order.
            goods: Minor units, 100 to the whole unit.
            shipping: Postage, minor units; it earns nothing.
            by_points: Part of goods and postage that was paid with points, minor units; it earns nothing.
            key: Idempotency key.
        """


class Quoting(Protocol):
    """What points pay."""

    def quote(self, total: int, wanted: int, points_per_unit: str) -> Sequence[int]:
        """Give the points that an order would take, and the minor units that they pay.

        Args:
            total: The order, minor units, 100 to the whole unit.
            wanted: Points that the customer has and would spend.
            points_per_unit: What a whole unit of money costs in points: an exact decimal.
        """


class Ranking(Protocol):
    """Tiers by what was bought; asked after :meth:`Earning.buy`."""

    def tier(self, customer: str, thresholds: Mapping[str, int]) -> str:
        """Give the highest tier whose threshold (minor units) her orders reach; the first begins at 0."""


class Journalling(Protocol):
    """A journal that can be read."""

    def journal(self, customer: str) -> Sequence[tuple[int, datetime, str]]:
        """Give every line of her account: its version from 1, when it was written, what it says."""


def require(system: object) -> None:
    """Refuse what cannot be put through anything.

    Args:
        system: What an adapter's factory made.

    Raises:
        SettingsError: It lacks one of :data:`REQUIRED`.

    Example:
        >>> require(object())
        Traceback (most recent call last):
        retailcrm.errors.SettingsError: a system of type object lacks advance, earn, redeem, cancel, ...
    """
    lacking = [name for name in REQUIRED if not callable(getattr(system, name, None))]
    if lacking:
        raise SettingsError(f"a system of type {type(system).__name__} lacks {', '.join(lacking)}")
