"""The port of a referral check: something that notices when two customers may be one, or act as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

import attrs

from retailcrm.domain.customers import Address, Email, Phone
from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.referrals import Flag
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

_DIGEST: Final = re.compile(r"[0-9a-f]{32,128}")


def _digests(_: object, field: attrs.Attribute[Any], value: frozenset[str]) -> None:
    # The value is not quoted: what is no digest may be a card's number.
    if any(not _DIGEST.fullmatch(one) for one in value):
        raise SettingsError(f"{field.name} are digests: 32 to 128 hexadecimal digits each, in small letters")


def _phones(given: Iterable[Phone | str]) -> frozenset[Phone]:
    return frozenset(Phone(one) if isinstance(one, str) else one for one in given)


def _emails(given: Iterable[Email | str]) -> frozenset[Email]:
    return frozenset(Email(one) if isinstance(one, str) else one for one in given)


def _addresses(given: Iterable[Address | str]) -> frozenset[Address]:
    return frozenset(Address(one) if isinstance(one, str) else one for one in given)


@attrs.frozen(kw_only=True)
class Contact:
    """What is known of one customer; it prints masked. What is not known is empty, and never matches.

    Attributes:
        customer: Her id.
        phones: Her telephone numbers, given as text or as values.
        emails: Her e-mail addresses, likewise.
        addresses: Where her parcels go, likewise.
        devices: Digests of the devices that she uses: 32 to 128 hexadecimal digits, never the ids themselves.
        payments: Digests of what she pays with, likewise.

    Raises:
        SettingsError: A device or a means of payment that is no digest.
    """

    customer: str
    phones: frozenset[Phone] = attrs.field(default=(), converter=_phones)
    emails: frozenset[Email] = attrs.field(default=(), converter=_emails)
    addresses: frozenset[Address] = attrs.field(default=(), converter=_addresses)
    devices: frozenset[str] = attrs.field(default=frozenset(), validator=_digests, repr=False)
    payments: frozenset[str] = attrs.field(default=frozenset(), validator=_digests, repr=False)


@attrs.frozen(kw_only=True)
class ReferralFacts:
    """What else is known when a referral is about to count.

    Attributes:
        at: When the order that is to count was placed; aware, kept in UTC.
        zone: IANA zone of the shop's days.
        brought_by: Who brought whom so far: each customer's referrer.
        earlier: When the orders were placed that this referrer's earlier referrals counted by.
    """

    at: datetime = attrs.field(converter=in_utc)
    zone: str
    brought_by: Mapping[str, str] = MappingProxyType({})
    earlier: tuple[datetime, ...] = ()


class ReferralCheck(Protocol):
    """Says what looks wrong about two customers of whom one brought the other."""

    @property
    def name(self) -> str:
        """Unique among checks."""
        ...

    def flags(self, referrer: Contact, referred: Contact, facts: ReferralFacts) -> Sequence[Flag]:
        """Give what it noticed.

        Args:
            referrer: The one who brought her.
            referred: The one who came.
            facts: What else is known.

        Returns:
            Flags; none if all is well. Their messages quote no phone, address or other value: they are
            kept with the referral and read by whoever decides.
        """
        ...


def flags_of(
    checks: Iterable[ReferralCheck], referrer: Contact, referred: Contact, facts: ReferralFacts
) -> tuple[Flag, ...]:
    """Ask all checks about a referral.

    Args:
        checks: Those of the shop.
        referrer: The one who brought her.
        referred: The one who came.
        facts: What else is known.

    Returns:
        Their flags by code, each code once.

    Raises:
        SettingsError: A check gave something else than flags.
    """
    found: dict[str, Flag] = {}
    for check in sorted(checks, key=lambda one: one.name):
        given = check.flags(referrer, referred, facts)
        if not isinstance(given, Sequence):
            raise SettingsError(f"referral check {check.name} gives a sequence of flags, not {given!r}")
        for flag in given:
            if not isinstance(flag, Flag):
                raise SettingsError(f"referral check {check.name} gives flags, not {type(flag).__name__}")
            found.setdefault(flag.code, flag)
    return tuple(found[code] for code in sorted(found))
