"""The built-in referral checks: what two customers share, and rings of customers who bring each other."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.labels import Label
from retailcrm.domain.points.referrals import Flag
from retailcrm.ports.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from retailcrm.domain.customers import Email
    from retailcrm.ports.referral_checks import Contact, ReferralCheck, ReferralFacts

_NO_DOTS: Final = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
"""Where dots in an address mean nothing, and the one name of the place."""

_LEAST_ADDRESS: Final = 6
"""A shorter address is a town, not a door."""


@attrs.frozen
class Shared:
    """Notices what two customers both have.

    Attributes:
        name: Of the check, and the code of its flag.
        told: What a person reads about it.
        values: Gives what to compare, in the one form that equal values share.
    """

    name: str
    told: Label
    values: Callable[[Contact], Collection[str]]

    def flags(
        self,
        referrer: Contact,
        referred: Contact,
        facts: ReferralFacts,  # noqa: ARG002 - the port's; what two share needs no history
    ) -> Sequence[Flag]:
        """Give one flag if they have anything of the kind in common."""
        shared = set(self.values(referrer)) & set(self.values(referred))
        return [Flag(self.name, self.told)] if shared else []


class Ring:
    """Notices a customer who is brought by somebody whom she brought herself, at first or at tenth hand."""

    name = "ring"
    told: Final = Label("推荐关系成环：被推荐人曾直接或间接带来推荐人", "they brought each other, in a ring")

    def flags(self, referrer: Contact, referred: Contact, facts: ReferralFacts) -> Sequence[Flag]:
        """Give one flag if the way back from the referrer leads to the one who came."""
        seen: set[str] = set()
        who: str | None = referrer.customer
        while who is not None and who not in seen:
            if who == referred.customer:
                return [Flag(self.name, self.told)]
            seen.add(who)
            who = facts.brought_by.get(who)
        return []


def _phones(contact: Contact) -> set[str]:
    """Give numbers of subscribers; hidden ones and a platform's virtual ones are nobody's."""
    return {phone.text for phone in contact.phones if phone.is_clear}


def _emails(contact: Contact) -> set[str]:
    return {_mailbox(email) for email in contact.emails if email.is_clear}


def _mailbox(email: Email) -> str:
    """Give the mailbox that an address ends in: what follows a plus sign is a note to oneself."""
    local, _, place = email.text.rpartition("@")
    local = local.split("+", 1)[0] or local
    if place in _NO_DOTS:
        return f"{local.replace('.', '')}@{_NO_DOTS[place]}"
    return f"{local}@{place}"


def _addresses(contact: Contact) -> set[str]:
    """Give addresses without blanks, punctuation, case and width; hidden ones and mere towns left out."""
    plain = {
        re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", address.text).casefold())
        for address in contact.addresses
        if address.is_clear
    }
    return {text for text in plain if len(text) >= _LEAST_ADDRESS}


SAME: Final = (
    Shared("same_phone", Label("两人的手机号相同", "both have the same phone"), _phones),
    Shared("same_email", Label("两人的邮箱相同", "both have the same e-mail address"), _emails),
    Shared("same_address", Label("两人的收货地址相同", "parcels go to the same address"), _addresses),
    Shared("same_device", Label("两人使用同一设备", "both use the same device"), lambda one: one.devices),
    Shared(
        "same_payment",
        Label("两人使用同一付款方式", "both pay with the same means"),
        lambda one: one.payments,
    ),
)
"""The checks of what two customers share."""


@hookimpl
def register_referral_checks(register: Callable[[ReferralCheck], None]) -> None:
    """Offer the built-in checks."""
    for check in (*SAME, Ring()):
        register(check)
