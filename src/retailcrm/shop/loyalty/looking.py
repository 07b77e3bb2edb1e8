"""Looking points up: nothing of it changes what anybody has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.history import balance
from retailcrm.domain.points.quotes import NoQuote, Quote, quote_redemption
from retailcrm.shop.loyalty.accounts import Accounts, account_id, balances_now
from retailcrm.shop.loyalty.explaining import Explain
from retailcrm.shop.loyalty.seen import seen, seen_spendable

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.identity import Identity
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.history import Balances
    from retailcrm.domain.points.terms import Cart


@attrs.frozen
class Looking:
    """What can be asked of a shop's points."""

    _accounts: Accounts = attrs.field(repr=False)

    @property
    def explain(self) -> Explain:
        """Why a balance, an award, a quote or a refusal is what it is."""
        return Explain(self._accounts)

    def balance(
        self,
        who: str | Identity,
        *,
        at: datetime | None = None,
        known: datetime | None = None,
        wallet: str = "",
    ) -> Balances:
        """Tell what somebody's points are or were, or will be if nothing happens.

        Args:
            who: A customer id, or an identity.
            at: When, aware; now if left out.
            known: By what was written up to then; by everything if left out.
            wallet: Name of the wallet; the first if empty.
        """
        current = seen(self._accounts, who, wallet)
        if at is None and known is None:
            return balances_now(current.account, self._accounts.clock())
        when = self._accounts.clock() if at is None else in_utc(at)
        return balance(self._accounts.journal(current), when, known=known)

    def has_account(self, who: str | Identity) -> bool:
        """Say whether points were ever written for somebody, in whichever wallet.

        Args:
            who: A customer id, or an identity.
        """
        customer, wallets = self._accounts.customer(who), self._accounts.programme.wallets
        ledger = self._accounts.ledger
        return any(ledger.account(account_id(wallet.name, customer)).version for wallet in wallets)

    def history(self, who: str | Identity, *, wallet: str = "") -> tuple[Entry, ...]:
        """Give somebody's journal, oldest first, with what her orders tell until now."""
        return self._accounts.journal(seen(self._accounts, who, wallet))

    def quote(
        self, who: str | Identity, cart: Cart, points: int | None = None, *, wallet: str = ""
    ) -> Quote | NoQuote:
        """Tell how many points pay how much of a cart, and what stood in the way of more.

        Args:
            who: Whose points.
            cart: What is to be paid.
            points: How many she wants to spend at most; ``None``: as many as do any good.
            wallet: Name of the wallet; the first if empty.
        """
        current = seen_spendable(self._accounts, who, wallet)
        return quote_redemption(
            current.account, cart, points, current.wallet.redemption,
            unit=self._accounts.unit, now=self._accounts.clock(),
        )  # fmt: skip
