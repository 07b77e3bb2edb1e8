"""A shop's points: ``shop.loyalty``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.errors import InputError
from retailcrm.shop.loyalty import earning, moving, offers, refunding, spending
from retailcrm.shop.loyalty.batches import in_groups
from retailcrm.shop.loyalty.facts import facts_of_order
from retailcrm.shop.loyalty.looking import Looking
from retailcrm.shop.loyalty.once import Plan, once
from retailcrm.shop.loyalty.opening import Opening
from retailcrm.shop.loyalty.referral_refunds import with_referral
from retailcrm.shop.loyalty.referrals import Referrals
from retailcrm.shop.loyalty.reservations import with_state
from retailcrm.shop.loyalty.rewards import Rewards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date, datetime
    from typing import Any

    from retailcrm.domain.customers import Birthday
    from retailcrm.domain.identity import Identity
    from retailcrm.domain.money import Money
    from retailcrm.domain.orders import Order
    from retailcrm.domain.points.earning import Earner
    from retailcrm.domain.points.outcomes import Refusal
    from retailcrm.domain.points.terms import Cart
    from retailcrm.errors import RetailCRMError
    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.loyalty.spending import Cause


@attrs.frozen
class Loyalty(Looking):
    """Earn, spend and look up points.

    Every verb that changes something takes a key: the same key with the same command again gives what it
    came to the first time, for ever. Whatever fell due meanwhile, and whatever the imported orders tell, is
    written first.
    """

    def using(self, connection: object) -> Loyalty:
        """Give the same verbs inside a transaction that the caller has open, and ends.

        What they write stands if the caller commits: they answer :class:`~retailcrm.ports.outcomes.Staged`.
        Each verb is a savepoint; a caller who is told to retry rolls back and runs everything again.

        Args:
            connection: A DB-API connection or cursor, an SQLAlchemy connection or session, or a Django
                connection, to the database that the shop is kept in.

        Raises:
            SettingsError: It is none of these, of another database, or would not keep what it commits.
        """
        return Loyalty(attrs.evolve(self._accounts, ledger=self._accounts.ledger.using(connection)))

    def batch(
        self, commands: Iterable[Callable[[Loyalty], Outcome]], *, size: int = 500
    ) -> Iterator[tuple[Outcome | RetailCRMError, ...]]:
        """Run many commands, a group of them in one transaction: many times faster, and no less durable.

        Args:
            commands: One call of a verb each, with a key of its own:
                ``lambda points: points.redeem("ann", 300, key="cart:88")``.
            size: How many are kept together.

        Yields:
            Group by group, once it is kept: what each command came to, or the error that it raised; the
            others of its group are done all the same.

        Raises:
            StoreError: The store failed, and nothing of the group was written; send it again.
        """
        return in_groups(commands, size, self._accounts, Loyalty)

    @property
    def referrals(self) -> Referrals:
        """Customers who bring others."""
        return Referrals(self._accounts)

    @property
    def opening(self) -> Opening:
        """Points that another system kept until now."""
        return Opening(self._accounts)

    @property
    def rewards(self) -> Rewards:
        """The catalogue: what points buy beside money off."""
        return Rewards(self._accounts)

    def earn(self, order: Order, *, key: str, parts: Earner | None = None, wallet: str = "") -> Outcome:
        """Award what an order earns, and take in whatever else it tells: receipt, refunds.

        Args:
            order: As it is now, with its buyer; hand it in again, with another key, when it changes.
            key: The command's idempotency key.
            parts: What exactly it earns on; if left out, what was paid, shared out to the order's lines.
            wallet: Name of the wallet; the first if empty.

        Returns:
            Done with the points that the order earned, or the refusal: nobody paid it.

        Raises:
            InputError: The order names no buyer, or the parts do not fit it.
        """
        buyer, facts = order.buyer, facts_of_order(order, self._accounts.policy.currency, parts)
        if buyer is None:
            raise InputError(f"order {order.ref} names no buyer, so nobody earns")
        asked = {"order": facts or str(order.ref), "wallet": wallet}
        done = self._once("earn", key, asked, lambda: earning.of_order(self._accounts, buyer, facts, wallet))
        return with_referral(self._accounts, done, str(order.ref), key, facts)

    def reverse(
        self,
        order: str,
        refunded: Money,
        *,
        key: str,
        lines: Mapping[str, Money] | None = None,
        at: datetime | None = None,
        wallet: str = "",
    ) -> Outcome:
        """Take back what a refund takes of an order's award, by the award's own record.

        A file may tell of the same refund: what the verbs were told in all is compared with what the files
        say was paid back, and the larger counts.

        Args:
            order: Its reference, ``str(order.ref)``.
            refunded: This refund; those that went before are remembered. However much is told in all, no
                more than the order's points is taken back.
            key: The refund's own key.
            lines: Of it, on which lines: their positions in the order as text, from ``"0"``.
            at: When it took effect, aware; now if left out.
            wallet: Name of the wallet; the first if empty.

        Returns:
            Done with the points taken back, 0 where nothing is left to take; or the refusal: nothing was
            awarded for that order.
        """
        asked = {"order": order, "refunded": refunded, "lines": lines, "at": at, "wallet": wallet}
        done = self._once(
            "reverse", key, asked,
            lambda: refunding.reversed_by(self._accounts, order, refunded, lines, key, at, wallet),
        )  # fmt: skip
        return with_referral(self._accounts, done, order, key)

    def refund(
        self,
        order: str,
        amount: Money,
        *,
        key: str,
        at: datetime | None = None,
        cause: Cause = "customer",
        wallet: str = "",
    ) -> Outcome:
        """Refund a part of an order that points paid too: the award goes back, spent points return.

        What was paid with money is known of an order that was handed to :meth:`earn` or is in a file, and of
        a cart that points paid as a whole.

        Args:
            order: Its reference, ``str(order.ref)``, which its points were redeemed for.
            amount: What this refund is worth, points' worth included; those before are remembered.
            key: The refund's own key.
            at: When it took effect, aware; now if left out.
            cause: Whose doing it is: points whose lot lapsed meanwhile are treated accordingly.
            wallet: Name of the wallet; the first if empty.

        Returns:
            Done with the points that returned, ``detail["cash"]`` to pay back in minor units, by the
            wallet's ``redemption.refund``, ``detail["taken_back"]``, and ``detail["told_already"]``, what a
            file says was paid back of it before. Or the refusal: ``nothing``, nobody earned or spent points
            with that order; ``unknown_order``, nobody has said what was paid for it with money;
            ``refund_total``, verbs were told of so much before that less is left of it, ``allowed``.
        """
        asked = {"order": order, "amount": amount, "at": at, "cause": cause, "wallet": wallet}
        done = self._once(
            "refund", key, asked,
            lambda: refunding.refunded_order(self._accounts, order, amount, key, at, cause, wallet),
        )  # fmt: skip
        return with_referral(self._accounts, done, order, key)

    def adjust(
        self, who: str | Identity, points: int, *, key: str, reason: str, actor: str, wallet: str = ""
    ) -> Outcome:
        """Add points to an account by hand, or take some away.

        Args:
            who: Whose.
            points: How many; below 0 takes them away.
            key: The command's idempotency key.
            reason: Why; not empty.
            actor: Who decided; not empty.
            wallet: Name of the wallet; the first if empty.
        """
        asked = {"who": who, "points": points, "reason": reason, "actor": actor, "wallet": wallet}
        return self._once(
            "adjust", key, asked,
            lambda: earning.adjusted(self._accounts, who, points, key, reason, actor, wallet),
        )  # fmt: skip

    def redeem(
        self,
        who: str | Identity,
        points: int,
        *,
        key: str,
        cart: Cart | None = None,
        order: str = "",
        reference: str = "",
        wallet: str = "",
    ) -> Outcome:
        """Spend points at once; the money off is what the debit gives.

        Args:
            who: Whose points.
            points: How many, at least 1; with a cart at most so many.
            key: The command's idempotency key.
            cart: What is paid with them: no more points go than it takes, by the wallet's limits.
            order: Reference of the order that they pay for: its refunds bring them back.
            reference: What stands in the journal; the order if left out.
            wallet: Name of the wallet; the first if empty.

        Returns:
            Done with the points that went and ``detail["value"]``, the money off in minor units, and with a
            cart ``detail["remainder"]``, what is left to be paid of it; or the refusal with its limit.
        """
        asked = {
            "who": who, "points": points, "cart": cart, "order": order, "reference": reference,
            "wallet": wallet,
        }  # fmt: skip
        return self._once(
            "redeem", key, asked,
            lambda: spending.redeemed(self._accounts, who, points, cart, key, order, reference, wallet),
        )  # fmt: skip

    def reserve(
        self,
        who: str | Identity,
        points: int,
        *,
        key: str,
        cart: Cart | None = None,
        minutes: int | None = None,
        order: str = "",
        wallet: str = "",
    ) -> Outcome:
        """Set points aside for a checkout.

        Args:
            who: Whose points.
            points: How many, at least 1; with a cart at most so many.
            key: The command's idempotency key, and the name of the reservation.
            cart: What will be paid with them, by the wallet's limits; without it the share of an order that
                points may pay is the caller's affair.
            minutes: How long it holds; the wallet's own time if left out, and at most that.
            order: Reference of the order that they will pay for: its refunds bring them back.
            wallet: Name of the wallet; the first if empty.

        Returns:
            Done with ``detail["value"]``, the money off in minor units once it is captured, and with a cart
            ``detail["remainder"]``, what is then left to be paid of it. ``detail["state"]`` says how it
            stands by now, which the same command again may find ``captured`` or ``void``, no longer ``open``.
        """
        asked = {
            "who": who, "points": points, "cart": cart, "minutes": minutes, "order": order,
            "wallet": wallet,
        }  # fmt: skip
        done = self._once(
            "reserve", key, asked,
            lambda: spending.reserved(self._accounts, who, points, cart, key, minutes, order, wallet),
        )  # fmt: skip
        return with_state(self._accounts, done)

    def capture(self, reservation: str, *, key: str, points: int | None = None) -> Outcome:
        """Spend what was reserved, all or a part; the rest returns to where it came from.

        Args:
            reservation: Its key.
            key: The command's idempotency key.
            points: How many of its points; all if left out.

        Returns:
            Done with the points spent, ``detail["value"]``, the money off in minor units, and
            ``detail["returned"]``, how many of the reservation returned unspent; or the refusal.

        Raises:
            NotFoundError: Nobody reserved anything with that key.
        """
        asked = {"reservation": reservation, "points": points}
        return self._once(
            "capture", key, asked, lambda: spending.captured(self._accounts, reservation, points, key)
        )

    def void(self, reservation: str, *, key: str) -> Outcome:
        """End a reservation without spending.

        Args:
            reservation: Its key.
            key: The command's idempotency key.

        Raises:
            NotFoundError: Nobody reserved anything with that key.
        """
        return self._once(
            "void", key, {"reservation": reservation},
            lambda: spending.voided(self._accounts, reservation, key),
        )  # fmt: skip

    def give_back(
        self, redemption: str, *, key: str, points: int | None = None, cause: Cause = "customer"
    ) -> Outcome:
        """Return redeemed points to the very lots that they came from.

        Args:
            redemption: The key that they were redeemed or captured with.
            key: The command's idempotency key.
            points: How many; all that have not returned yet if left out.
            cause: Whose doing it is: points whose lot lapsed meanwhile are treated accordingly.

        Raises:
            NotFoundError: Nothing was redeemed with that key.
        """
        asked = {"redemption": redemption, "points": points, "cause": cause}
        return self._once(
            "give_back", key, asked,
            lambda: spending.given_back(self._accounts, redemption, points, cause, key),
        )  # fmt: skip

    def transfer(
        self, giver: str | Identity, taker: str | Identity, points: int, *, key: str, wallet: str = ""
    ) -> Outcome:
        """Give points to somebody else; they lapse there when they would have here.

        Args:
            giver: Whose points.
            taker: Who gets them: another customer, or the name of a household's pool.
            points: How many, at least 1.
            key: The command's idempotency key.
            wallet: Name of the wallet; the first if empty.
        """
        asked = {"giver": giver, "taker": taker, "points": points, "wallet": wallet}
        return self._once(
            "transfer", key, asked,
            lambda: moving.transferred(self._accounts, giver, taker, points, key, wallet),
        )  # fmt: skip

    def activity(
        self,
        who: str | Identity,
        kind: str,
        *,
        key: str,
        at: datetime | None = None,
        subject: str = "",
        birthday: Birthday | None = None,
        falls_on: date | None = None,
    ) -> Outcome:
        """Award what somebody did without buying: a sign-in, a review, her birthday ...

        Args:
            who: Who did it.
            kind: ``signin``, ``share``, ``review``, ``registration``, ``profile`` or ``birthday``.
            key: The command's idempotency key.
            at: When, aware; now if left out.
            subject: What was reviewed, shared or filled in: an order, a product, a field.
            birthday: For birthdays; by the member files if left out.
            falls_on: For lunar birthdays: their day of the common calendar this year.

        Returns:
            Done with the points, streaks included; or the refusal ``cap`` that says when it counts again.
        """
        asked = {
            "who": who, "kind": kind, "at": at, "subject": subject, "birthday": birthday,
            "falls_on": falls_on,
        }  # fmt: skip
        return self._once(
            "activity", key, asked,
            lambda: offers.did(self._accounts, who, kind, key, at, subject, birthday, falls_on),
        )  # fmt: skip

    def _once(
        self, verb: str, key: str, asked: dict[str, Any], decide: Callable[[], Plan | Refusal]
    ) -> Outcome:
        return once(self._accounts.ledger, verb, key, asked, decide)
