"""Keys: an order's, a person's, and how far a person's key can be trusted."""

from __future__ import annotations

import hashlib
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.identity import values
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Strength(IntEnum):
    """How far an identity tells one person from another."""

    NONE = 0
    """Masked, borrowed or blank: says nothing about who it is."""

    WEAK = 1
    """Often one person, at times a household: a telephone number."""

    STABLE = 2
    """One account of one person, the same on all her orders."""


class IdentityKind(StrEnum):
    """The kinds of identity that we know; a plugin may use further words of its own."""

    NICK = "nick"
    """Taobao member name (买家会员名)."""

    OPEN_UID = "open_uid"
    """The open platforms' id of a buyer."""

    JD_PIN = "jd_pin"
    """JD account (下单帐号)."""

    SHOPIFY_ID = "shopify_id"
    """Shopify's Customer ID."""

    ID = "id"
    """The customer number of any other shop system."""

    EMAIL = "email"
    PHONE = "phone"

    CONTACT = "contact"
    """An e-mail address, or a telephone number where there is none: all that Shopify's orders tell."""

    PHONE_NAME = "phone_name"
    """Hash of phone and name together, see :func:`phone_name_key`."""

    OAID = "oaid"
    """Token of one order's address: another one on the next order."""

    NAME = "name"
    """A recipient's name: identifies nobody alone, but makes a shared phone into evidence."""


KIND_STRENGTH: Final[Mapping[str, Strength]] = MappingProxyType(
    {
        IdentityKind.NICK: Strength.STABLE,
        IdentityKind.OPEN_UID: Strength.STABLE,
        IdentityKind.JD_PIN: Strength.STABLE,
        IdentityKind.SHOPIFY_ID: Strength.STABLE,
        IdentityKind.ID: Strength.STABLE,
        IdentityKind.EMAIL: Strength.STABLE,
        IdentityKind.PHONE: Strength.WEAK,
        IdentityKind.CONTACT: Strength.STABLE,
        IdentityKind.PHONE_NAME: Strength.WEAK,
        IdentityKind.OAID: Strength.NONE,
        IdentityKind.NAME: Strength.NONE,
    }
)
"""The greatest strength of each kind; a single value may be worth less."""


def strength_of(kind: str, value: str, declared: Strength | None = None) -> Strength:
    """Tell how strong an identity is, by its kind and by what its value looks like.

    Args:
        kind: An :class:`IdentityKind`, or a plugin's own word together with ``declared``.
        value: The text as exported.
        declared: What the source says of the kind in this shop, such as stable for phones that were
            verified. Counts instead of the table, but never for a masked, virtual, damaged or blank
            value, an OAID or a name; a contact is worth no more than the address or phone that it is.

    Returns:
        The strength; ``NONE`` for every value that cannot tell people apart.

    Raises:
        SettingsError: The kind is unknown and nothing was declared.

    Example:
        >>> [strength_of("nick", text).name for text in ("小明", "t**1", "null")]
        ['STABLE', 'NONE', 'NONE']
        >>> [strength_of("phone", text).name for text in ("13800138000", "138****8000", "18400000000-1234")]
        ['WEAK', 'NONE', 'NONE']
        >>> [strength_of("contact", text).name for text in ("ann@example.com", "13800138000", "Ann")]
        ['STABLE', 'WEAK', 'NONE']
    """
    if kind not in KIND_STRENGTH and declared is None:
        raise SettingsError(
            f"identity kind {kind!r} needs a strength; these have one: {', '.join(KIND_STRENGTH)}"
        )
    if kind == IdentityKind.CONTACT:
        own = strength_of(values.contact_kind(value), value)
        return own if declared is None else min(own, Strength(declared))
    if KIND_STRENGTH.get(kind) is Strength.NONE or not _tells_apart(kind, value):
        return Strength.NONE
    return KIND_STRENGTH[kind] if declared is None else Strength(declared)


def _tells_apart(kind: str, value: str) -> bool:
    plain = values.normalised(kind, value)
    if values.is_blank(plain) or values.is_masked(plain) or len(plain) > values.MAX_LENGTH:
        return False
    if kind == IdentityKind.PHONE:
        return values.looks_like_phone(plain)
    if kind == IdentityKind.EMAIL:
        return values.looks_like_email(plain)
    # Shopify numbers its customers; elsewhere 4e135 may well be what somebody calls herself.
    return not values.is_damaged_number(plain, numeric=kind == IdentityKind.SHOPIFY_ID)


def phone_name_key(phone: str, name: str) -> str | None:
    """Join a phone and a name into one weak key.

    The hash makes a short column, not a secret: whoever can guess phone and name can compute it.

    Args:
        phone: As exported.
        name: As exported.

    Returns:
        64 hexadecimal digits; ``None`` where the phone or the name is masked, virtual or blank.

    Example:
        >>> phone_name_key("138 0013 8000", "张三") == phone_name_key("+8613800138000", " 张三")
        True
        >>> phone_name_key("138****8000", "张三") is None
        True
    """
    plain = values.normalised(IdentityKind.NAME, name)
    if strength_of(IdentityKind.PHONE, phone) is Strength.NONE or values.is_blank(plain) or _starred(plain):
        return None
    joined = f"{values.normalised(IdentityKind.PHONE, phone)}\n{plain}"
    return hashlib.sha256(joined.encode()).hexdigest()


def _starred(name: str) -> bool:
    # A name of two characters is masked with a single star: 张*.
    return "*" in name or "＊" in name


def _filled(_: object, field: attrs.Attribute[str], value: str) -> None:
    if not value.strip():
        raise InputError(f"{field.name} must not be empty")


@attrs.frozen(order=True)
class OrderRef:
    """Which order: unique over all shops and platforms.

    Attributes:
        platform: ``"taobao"``, ``"shopify"``, or a mapping's own word.
        shop: The shop's name with us.
        number: The order number as exported: text always, 19 digits do not survive a float.

    Example:
        >>> print(OrderRef("taobao", "main", "1930000000000647"))
        taobao/main/1930000000000647
    """

    platform: str = attrs.field(validator=_filled)
    shop: str = attrs.field(validator=_filled)
    number: str = attrs.field(validator=_filled)

    def __str__(self) -> str:
        """Write the key in one word, for messages."""
        return f"{self.platform}/{self.shop}/{self.number}"


@attrs.frozen(order=True, repr=False)
class Identity:
    """What one platform calls a person, and how far that can be trusted.

    Its ``repr`` hides the value: identities end up in logs.

    Attributes:
        platform: Where the value is known.
        shop: The shop's name with us.
        kind: See :class:`IdentityKind`.
        value: Normalised text, see :func:`~retailcrm.domain.identity.normalised`.
        strength: How far it can be trusted.

    Raises:
        InputError: The strength is more than the value allows, or platform, shop or kind is empty.
    """

    platform: str = attrs.field(validator=_filled)
    shop: str = attrs.field(validator=_filled)
    kind: str = attrs.field(validator=_filled)
    value: str
    strength: Strength = attrs.field(converter=Strength)

    @strength.validator
    def _possible(self, _: object, strength: Strength) -> None:
        if strength > strength_of(self.kind, self.value, declared=strength):
            raise InputError(
                f"a {self.kind} that is masked, virtual or blank cannot be {strength.name.lower()}"
            )

    @classmethod
    def of(
        cls, platform: str, shop: str, kind: str, value: str, declared: Strength | None = None
    ) -> Identity:
        """Make an identity of an exported text: normalise it and judge its strength.

        Args:
            platform: Where the value is known.
            shop: The shop's name with us.
            kind: See :class:`IdentityKind`.
            value: The text as exported.
            declared: As for :func:`strength_of`.

        Returns:
            The identity.

        Raises:
            SettingsError: The kind is unknown and nothing was declared.

        Example:
            >>> Identity.of("taobao", "main", "nick", "t**1")
            Identity(taobao/main nick ***, none)
        """
        strength = strength_of(kind, value, declared)
        return cls(platform, shop, kind, values.normalised(kind, value), strength)

    def __repr__(self) -> str:
        """Show everything but the value."""
        return f"Identity({self.platform}/{self.shop} {self.kind} ***, {self.strength.name.lower()})"
