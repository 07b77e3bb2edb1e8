"""Why: derivations that a small independent program re-verifies: ``shop.loyalty.explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.explaining import (
    explain_award,
    explain_balance,
    explain_quote,
    explain_refusal,
)
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.quotes import quote_redemption
from retailcrm.domain.points.settling import settle
from retailcrm.errors import NotFoundError
from retailcrm.shop.loyalty.seen import seen, seen_spendable

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.identity import Identity
    from retailcrm.domain.points.documents import Document
    from retailcrm.domain.points.outcomes import Limit
    from retailcrm.domain.points.terms import Cart
    from retailcrm.ports.outcomes import Refused
    from retailcrm.shop.loyalty.accounts import Accounts


@attrs.frozen
class Explain:
    """Gives plain documents; ``retailcrm.domain.points.checker.check`` verifies each without our rules."""

    _accounts: Accounts = attrs.field(repr=False)

    def balance(
        self,
        who: str | Identity,
        *,
        at: datetime | None = None,
        known: datetime | None = None,
        wallet: str = "",
    ) -> Document:
        """Derive what somebody has, had or will have: every lot, and the entries that made it so.

        Args:
            who: Whose points.
            at: When, aware; now if left out.
            known: By what was written up to then; by everything if left out.
            wallet: Name of the wallet; the first if empty.
        """
        current = seen(self._accounts, who, wallet)
        return explain_balance(self._accounts.journal(current), at or self._accounts.clock(), known=known)

    def award(self, order: str, *, wallet: str = "") -> Document:
        """Derive what an order earned, by the rule of then.

        Args:
            order: Its reference, ``str(order.ref)``.
            wallet: Name of the wallet; the first if empty.

        Raises:
            NotFoundError: Nothing is written of that order: nobody has read or changed its buyer's account
                through a verb that takes a key.
        """
        name = self._accounts.programme.wallet(wallet).name
        home = self._accounts.ledger.awarded(name, order)
        if home is None:
            raise NotFoundError(f"nothing is written of an award for order {order!r}")
        told = self._accounts.ledger.awards(home)[order]
        return explain_award(
            told.order, told.award, told.rule, unit=self._accounts.unit, multipliers=told.multipliers,
            room=told.room,
        )  # fmt: skip

    def quote(
        self, who: str | Identity, cart: Cart, points: int | None = None, *, wallet: str = ""
    ) -> Document:
        """Derive how many points pay how much of a cart, and what stood in the way of more.

        Args:
            who: Whose points.
            cart: What is to be paid.
            points: How many she wants to spend at most; ``None``: as many as do any good.
            wallet: Name of the wallet; the first if empty.
        """
        current, now = seen_spendable(self._accounts, who, wallet), self._accounts.clock()
        rule, unit = current.wallet.redemption, self._accounts.unit
        found = quote_redemption(current.account, cart, points, rule, unit=unit, now=now)
        return explain_quote(
            found, self._accounts.journal(current), now, cart=cart, redemption=rule, unit=unit, wanted=points
        )

    def refusal(
        self,
        refused: Refused,
        who: str | Identity,
        *,
        about: str = "",
        cart: Cart | None = None,
        wallet: str = "",
    ) -> Document:
        """Derive why a command was refused, from the account as it is now.

        Args:
            refused: What the verb gave.
            who: Whose command it was.
            about: The reservation or the order's reference that was named in it, if one was.
            cart: What was to be paid, if a cart was.
            wallet: Name of the wallet; the first if empty.

        Raises:
            InputError: The limit follows from a cart or an order that is not given.
        """
        current, now = seen(self._accounts, who, wallet), self._accounts.clock()
        draft = Draft.live(current.account, "why", now)
        settle(draft)
        limit: Limit = refused.limit  # type: ignore[assignment]  # a word of ours, in a port for everybody
        told = Refusal(
            account=draft.account, entries=tuple(draft.entries), limit=limit, asked=refused.asked,
            allowed=refused.allowed, message=refused.message,
        )  # fmt: skip
        return explain_refusal(
            told, self._accounts.journal(current), now, about=about, cart=cart,
            redemption=current.wallet.redemption, unit=self._accounts.unit,
        )  # fmt: skip
