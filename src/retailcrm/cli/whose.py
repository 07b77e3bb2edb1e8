"""Whose points a verb means: the customer who has an id, phone, e-mail address or order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.cli.customer_file import UNKNOWN_BUYER, is_contact, looked_up
from retailcrm.cli.guard import NobodyError
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from retailcrm.shop.open import Shop

BY_ACCOUNT: Final = "account"
"""How somebody is found whom no file names: points were written for that id before."""

BY_REQUEST: Final = "new"
"""How nobody is found: an account is made for the id."""


@attrs.frozen
class Whose:
    """Somebody whose points are meant.

    Attributes:
        id: Her customer id.
        found_by: What led to her: ``id``, ``phone``, ``email``, ``order``, ``account`` or ``new``.
    """

    id: str
    found_by: str


def whose(shop: Shop, who: str, *, new: bool | None) -> Whose:
    """Find whose points are meant.

    Args:
        shop: Where.
        who: As for ``retailcrm customer``, or an id that has points although no file names it.
        new: Whether an account may be made for an id that nobody has; ``None`` if that cannot be asked for.

    Raises:
        NobodyError: Nobody has it. An account under a phone number or e-mail address is never made: nobody
            could tell whose it is, and it would show a person.
        SettingsError: Several people have it.
    """
    if not who.strip():
        # The verb itself says what an id is.
        return Whose(who, BY_REQUEST)
    try:
        way, card = looked_up(shop, who, datetime.now(UTC).isoformat())
    except NobodyError as error:
        if error.code == UNKNOWN_BUYER:
            raise
        if shop.loyalty.has_account(who):
            return Whose(who, BY_ACCOUNT)
        if new and not is_contact(who):
            return Whose(who, BY_REQUEST)
        raise _nobody(error, who, new=new) from None
    except InputError as error:
        raise SettingsError(str(error)) from error
    return Whose(card.id, way)


def _nobody(told: NobodyError, who: str, *, new: bool | None) -> NobodyError:
    """Add what can be done about it."""
    en, zh = "", ""
    if new:
        en = ", and no account is made under a phone number or e-mail address: give a customer id"
        zh = "；不会以电话或邮箱开户，请给出顾客 ID"
    elif new is not None and not is_contact(who):
        en, zh = "; --new opens an account for a new customer id", "；要为新的顾客 ID 开户，请加 --new"
    return NobodyError(f"{told}{en}", zh=f"{told.zh}{zh}")
