"""Customers who bring others: ``shop.loyalty.referrals``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.shop.loyalty import referring
from retailcrm.shop.loyalty.once import once

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.identity import Identity
    from retailcrm.domain.orders import Order
    from retailcrm.domain.points.referrals import Brought
    from retailcrm.ports.outcomes import Outcome
    from retailcrm.ports.referral_checks import Contact
    from retailcrm.shop.loyalty.accounts import Accounts


@attrs.frozen
class Referrals:
    """Both sides earn when the one who was brought completes an order; every verb takes a key.

    Who had bought before she followed the link, by the imported orders or by what was earned with any, was
    a customer already, and nobody has brought her: such an order is refused with the limit ``referral``.

    Once the order that counted comes to less than the least amount, both sides lose their points, whoever
    tells of the refund: :meth:`Loyalty.earn`, :meth:`Loyalty.reverse` and :meth:`Loyalty.refund` at once,
    files when time goes by (:meth:`Shop.advance`).
    """

    _accounts: Accounts = attrs.field(repr=False)

    def of(self, referred: str | Identity) -> Brought | None:
        """Give how far somebody's referral is, with the flags that checks raised; ``None`` if she has none.

        Args:
            referred: Who was brought, under any of her ids.
        """
        return referring.referral_of(self._accounts, referred)

    def waiting(self) -> tuple[Brought, ...]:
        """Give the referrals that wait for a person to decide, the longest first."""
        return referring.waiting(self._accounts)

    def link(
        self, referrer: str | Identity, referred: str | Identity, *, key: str, at: datetime | None = None
    ) -> Outcome:
        """Note that somebody followed a customer's link; nothing is earned before she buys.

        Args:
            referrer: Whose link.
            referred: Who followed it.
            key: The command's idempotency key.
            at: When, aware; now if left out.
        """
        return once(
            self._accounts.ledger, "refer", key, {"referrer": referrer, "referred": referred, "at": at},
            lambda: referring.followed_link(self._accounts, referrer, referred, at),
        )  # fmt: skip

    def order(self, order: Order, *, key: str, contacts: tuple[Contact, Contact] | None = None) -> Outcome:
        """Let an order of somebody who was brought count, or take back what it earned both sides.

        Args:
            order: As it is now: the first completed one that is large enough earns both sides their points,
                which wait through the return window; handed in again after a refund it takes them back. Where
                nobody tells when it was placed, the moment when it was paid stands in.
            key: The command's idempotency key.
            contacts: What is known of the referrer and of her, for the checks.

        Returns:
            Done with the points of both sides and ``detail["stage"]``; or the refusal, which names the flags
            where checks raised any: they are kept, and :meth:`of` gives them.

        Raises:
            InputError: The order tells no buyer, no amount, or no moment.
        """
        asked = {"order": str(order.ref), "net": order.net, "completed": order.completed_at}
        return once(
            self._accounts.ledger, "referral_order", key, asked,
            lambda: referring.told_of_order(self._accounts, order, contacts, key),
        )  # fmt: skip

    def decide(self, referred: str | Identity, *, release: bool, actor: str, key: str) -> Outcome:
        """Release both sides' points that wait because a check raised a flag, or decline them.

        Args:
            referred: Who was brought.
            release: Let both sides have them; else both lose them.
            actor: Who decided; not empty.
            key: The command's idempotency key.
        """
        return once(
            self._accounts.ledger, "decide_referral", key,
            {"referred": referred, "release": release, "actor": actor},
            lambda: referring.decided(self._accounts, referred, actor, key, release=release),
        )  # fmt: skip
