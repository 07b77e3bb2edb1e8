"""The catalogue of rewards: ``shop.loyalty.rewards``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.shop.loyalty import offers
from retailcrm.shop.loyalty.once import once
from retailcrm.shop.loyalty.reservations import with_state

if TYPE_CHECKING:
    from retailcrm.domain.identity import Identity
    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.loyalty.accounts import Accounts
    from retailcrm.shop.loyalty.spending import Cause


@attrs.frozen
class Rewards:
    """Points and stock change together, or not at all; every verb takes a key."""

    _accounts: Accounts = attrs.field(repr=False)

    def left(self, reward: str) -> int | None:
        """Tell how many pieces of a reward can be taken; ``None``: as many as are asked for."""
        return offers.left(self._accounts, reward)

    def buy(self, who: str | Identity, reward: str, *, key: str, pieces: int = 1) -> Outcome:
        """Let points buy goods or a coupon of the catalogue: points and stock change together.

        Args:
            who: Whose points.
            reward: Its id in the programme.
            key: The command's idempotency key.
            pieces: How many.

        Returns:
            Done with ``detail["issue"]``, the coupon to issue if it is one; or the refusal: ``stock``,
            ``each``, ``tier``, ``balance`` or ``debt``.
        """
        return once(
            self._accounts.ledger, "reward", key, {"who": who, "reward": reward, "pieces": pieces},
            lambda: offers.bought(self._accounts, who, reward, pieces, key),
        )  # fmt: skip

    def reserve(
        self, who: str | Identity, reward: str, *, key: str, pieces: int = 1, minutes: int | None = None
    ) -> Outcome:
        """Set points and pieces aside for a checkout; when its time is over both return by themselves.

        Args:
            who: Whose points.
            reward: Its id in the programme.
            key: The command's idempotency key, and the name of the reservation.
            pieces: How many.
            minutes: How long it holds; the wallet's own time if left out, and at most that.

        Returns:
            Done with ``detail["state"]``, how it stands by now: the same command again may find it
            ``captured`` or ``void``, no longer ``open``.
        """
        asked = {"who": who, "reward": reward, "pieces": pieces, "minutes": minutes}
        done = once(
            self._accounts.ledger, "reserve_reward", key, asked,
            lambda: offers.set_aside(self._accounts, who, reward, pieces, minutes, key),
        )  # fmt: skip
        return with_state(self._accounts, done)

    def capture(self, reservation: str, *, key: str) -> Outcome:
        """Let what was set aside buy the reward.

        Args:
            reservation: Its key.
            key: The command's idempotency key; what is brought back later is named by it.
        """
        return once(
            self._accounts.ledger, "capture_reward", key, {"reservation": reservation},
            lambda: offers.set_aside_taken(self._accounts, reservation, key),
        )  # fmt: skip

    def void(self, reservation: str, *, key: str) -> Outcome:
        """Let what was set aside return.

        Args:
            reservation: Its key.
            key: The command's idempotency key.
        """
        return once(
            self._accounts.ledger, "void_reward", key, {"reservation": reservation},
            lambda: offers.set_aside_void(self._accounts, reservation, key),
        )  # fmt: skip

    def bring_back(
        self, redemption: str, *, key: str, pieces: int = 1, cause: Cause = "customer", restock: bool = True
    ) -> Outcome:
        """Take pieces of a reward back; their points return to the lots that they came from.

        Args:
            redemption: The key that it was bought with.
            key: The command's idempotency key.
            pieces: How many.
            cause: Whose doing it is: points whose lot lapsed meanwhile are treated accordingly.
            restock: Whether the pieces can be taken again; damaged ones cannot.
        """
        asked = {"redemption": redemption, "pieces": pieces, "cause": cause, "restock": restock}
        return once(
            self._accounts.ledger, "return_reward", key, asked,
            lambda: offers.brought_back(
                self._accounts, redemption, pieces, cause, key, restock=restock
            ),
        )  # fmt: skip

    def supply(self, reward: str, pieces: int, *, key: str) -> Outcome:
        """Put pieces of a reward into stock.

        Args:
            reward: Its id in the programme.
            pieces: How many more there are.
            key: The command's idempotency key.
        """
        return once(
            self._accounts.ledger, "supply", key, {"reward": reward, "pieces": pieces},
            lambda: offers.supplied(self._accounts, reward, pieces),
        )  # fmt: skip
