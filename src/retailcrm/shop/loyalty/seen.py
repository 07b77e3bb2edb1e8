"""Accounts for those who only look: what two of them have to write of a merge at once disturbs neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.shop.loyalty.attempts import begun_anew

if TYPE_CHECKING:
    from retailcrm.domain.identity import Identity
    from retailcrm.shop.loyalty.accounts import Accounts, Current


def seen(accounts: Accounts, who: str | Identity, wallet: str = "") -> Current:
    """Give an account as :meth:`Accounts.current` does; whoever is beaten to a merge looks again.

    Args:
        accounts: The shop's accounts.
        who: Whose.
        wallet: Name of the wallet; the first if empty.

    Raises:
        ConflictError: Others wrote first, again and again, or only the caller's own unit can begin anew.
    """
    return begun_anew(lambda: accounts.current(who, wallet), in_unit=lambda: accounts.ledger.in_unit)


def seen_spendable(accounts: Accounts, who: str | Identity, wallet: str = "") -> Current:
    """Give an account of a wallet whose points can be spent; see :func:`seen`.

    Args:
        accounts: The shop's accounts.
        who: Whose.
        wallet: Name of the wallet; the first if empty.

    Raises:
        SettingsError: Its points only count for tiers.
        ConflictError: Others wrote first, again and again, or only the caller's own unit can begin anew.
    """
    return begun_anew(lambda: accounts.spendable(who, wallet), in_unit=lambda: accounts.ledger.in_unit)
