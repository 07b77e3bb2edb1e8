"""What may prove that two customer ids are one person, and what never does."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.identity.keys import Identity, IdentityKind, Strength, phone_name_key
from retailcrm.domain.identity.values import contact_kind
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable


class EvidenceKind(StrEnum):
    """Why two ids may be merged."""

    SHARED_IDENTITY = "shared_identity"
    """Both have the same stable identity."""

    SAME_PHONE_AND_NAME = "same_phone_and_name"
    """Both have the same phone under the same name."""

    STATED = "stated"
    """A person vouches for it."""


@attrs.frozen(order=True)
class Evidence:
    """One reason to take two customer ids for one person.

    Attributes:
        kind: What it rests on.
        identity: The identity that both sides share; ``None`` if stated.
        note: What the person who vouches says; empty otherwise.

    Raises:
        InputError: The identity tells nobody apart, or nothing is stated.
    """

    kind: EvidenceKind
    identity: Identity | None = None
    note: str = ""

    def __attrs_post_init__(self) -> None:
        """Refuse evidence that proves nothing."""
        if self.kind is EvidenceKind.STATED:
            if not self.note.strip():
                raise InputError("stated evidence says why")
        elif self.identity is None or self.identity.strength is Strength.NONE:
            raise InputError("a masked, virtual or blank identity is no evidence")

    @classmethod
    def stated(cls, note: str) -> Evidence:
        """Vouch for a merge in one's own words.

        Args:
            note: Why, not empty.

        Returns:
            The evidence.
        """
        return cls(EvidenceKind.STATED, None, note)


_EVERYWHERE: Final = frozenset({IdentityKind.EMAIL})
_PLATFORM_WIDE: Final = frozenset({IdentityKind.NICK, IdentityKind.JD_PIN})


def merge_evidence(a: Iterable[Identity], b: Iterable[Identity]) -> list[Evidence]:
    """List what shows that two people are one.

    A stable identity is the same within its reach: an e-mail address everywhere, a nick or JD account
    in all shops of a platform, all else in one shop. A shared phone counts only under the same name:
    households share phones. Masked values, OAIDs and virtual numbers never count.

    Args:
        a: Identities of one customer; names as kind ``name``.
        b: Identities of the other.

    Returns:
        Evidence in a fixed order, empty if nothing was shown; symmetric in what it finds.

    Example:
        >>> ann = Identity.of("shopify", "eu", "email", "ann@example.com")
        >>> also_ann = Identity.of("taobao", "main", "email", "Ann@Example.com ")
        >>> [evidence.kind.value for evidence in merge_evidence([ann], [also_ann])]
        ['shared_identity']
    """
    ours, theirs = tuple(map(_as_told, a)), tuple(map(_as_told, b))
    shared = _common(_stable(ours), _stable(theirs))
    households = _common(_phone_names(ours), _phone_names(theirs))
    return sorted(
        [
            *(Evidence(EvidenceKind.SHARED_IDENTITY, identity) for identity in shared),
            *(Evidence(EvidenceKind.SAME_PHONE_AND_NAME, identity) for identity in households),
        ],
    )


def _as_told(identity: Identity) -> Identity:
    """Take a contact as the address or the phone that it is."""
    if identity.kind != IdentityKind.CONTACT:
        return identity
    return attrs.evolve(identity, kind=contact_kind(identity.value))


def _common(a: dict[tuple[str, ...], Identity], b: dict[tuple[str, ...], Identity]) -> list[Identity]:
    """Give the lesser of the two identities of each key that both have, so that sides may be swapped."""
    return [min(a[key], b[key]) for key in a.keys() & b.keys()]


def _stable(identities: Iterable[Identity]) -> dict[tuple[str, ...], Identity]:
    return {_reach(i): i for i in sorted(identities, reverse=True) if i.strength is Strength.STABLE}


def _reach(identity: Identity) -> tuple[str, ...]:
    """Give the key under which two identities are the same account."""
    if identity.kind in _EVERYWHERE:
        return (identity.kind, identity.value)
    if identity.kind in _PLATFORM_WIDE:
        return (identity.kind, identity.value, identity.platform)
    return (identity.kind, identity.value, identity.platform, identity.shop)


def _phone_names(identities: Iterable[Identity]) -> dict[tuple[str, ...], Identity]:
    """Give the phone-and-name keys that a person has, as exported or joined here."""
    known = sorted(identities, reverse=True)
    names = [i.value for i in known if i.kind == IdentityKind.NAME]
    found = [i for i in known if i.kind == IdentityKind.PHONE_NAME and i.strength is not Strength.NONE]
    for phone in (i for i in known if i.kind == IdentityKind.PHONE and i.strength is not Strength.NONE):
        keys = (phone_name_key(phone.value, name) for name in names)
        found += [
            Identity(phone.platform, phone.shop, IdentityKind.PHONE_NAME, key, Strength.WEAK)
            for key in keys
            if key
        ]
    return {(i.value,): i for i in sorted(found, reverse=True)}
