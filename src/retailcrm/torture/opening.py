"""The shop under attack: whole points, which neither wait nor lapse, so that sums are easy to say."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from retailcrm.errors import SettingsError, StoreError
from retailcrm.shop.open import open_shop
from retailcrm.shop.policy import policy_from_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.shop.open import Shop
    from retailcrm.shop.policy import Policy

    Opener = Callable[[str], Shop]

OPENER: Final = "retailcrm.torture.opening:open_it"
"""Dotted name of what opens the shop; tests name one of their own, with a bug in it."""

SHOP: Final = "torture"
"""The shop's key: what else the store keeps is not touched."""

LATER: Final = timedelta(days=2)
"""How far the clock of :func:`open_later` is ahead: every reservation has ended."""

_RULES: Final = {
    "shop": {"zone": "UTC", "currency": "CNY"},
    "points": {
        "waiting": {"until": "paid"},
        "expiry": {"never": True},
        "redemption": {"points_per_unit": "100", "share_of_order": "1", "hold_minutes": 900},
    },
}


@cache
def rules() -> Policy:
    """Give the rules of the shop under attack."""
    return policy_from_table(_RULES)


def open_it(url: str, clock: Callable[[], datetime] | None = None) -> Shop:
    """Open the shop under attack."""
    return open_shop(url, shop=SHOP, policy=rules(), clock=clock)


def open_again(url: str, opener: Opener = open_it) -> Shop:
    """Open it after a blow, or under blows: a server may need some time to recover.

    Raises:
        RetailCRMError: A minute was not enough.
    """
    for _ in range(1200):
        try:
            return opener(url)
        except (SettingsError, StoreError):
            time.sleep(0.05)
    return opener(url)


def open_later(url: str) -> Shop:
    """Open it with a clock that is ahead of the others'."""
    return open_it(url, lambda: datetime.now(UTC) + LATER)


def opener_of(name: str) -> Opener:
    """Find an opener by its dotted name, ``"package.module:function"``."""
    module, _, attribute = name.partition(":")
    found: Opener = getattr(import_module(module), attribute)
    return found


def customer_of(account: str) -> str:
    """Tell whose account it is."""
    return account.partition("/")[2]
