"""What is known of some ids: their contact values, and who they could be by these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import Texts
from retailcrm.domain.customers import Customer
from retailcrm.domain.identity import CustomerId, Identity, IdentityKind, Party
from retailcrm.shop.customers.contacts import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailcrm.domain.identity import Aliases
    from retailcrm.shop.people import People

KINDS: Final = (IdentityKind.NAME, IdentityKind.PHONE, IdentityKind.EMAIL)
"""Contact values that say who somebody is."""

_DIGEST: Final = re.compile("[ep]-[0-9a-f]{16}")
_FILES: Final = "files"
"""Where contact values are known: addresses and phones are no platform's."""


@attrs.frozen(eq=False)
class Known:
    """The contact values in force of some ids.

    Attributes:
        aliases: Which ids are one today.
        shop: The shop's key.
        values: Text by kind, by id; ids that no file describes are left out.
    """

    aliases: Aliases
    shop: str
    values: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, people: People, ids: Iterable[str], aliases: Aliases, shop: str) -> Known:
        """Look some ids up, with all that are one with them."""
        wanted = sorted({member for i in ids for member in aliases.members(CustomerId(i))})
        rows = people.find(Texts.of(wanted))
        there = np.flatnonzero(rows >= 0)
        columns = {kind: people.contacts[kind].take(rows[there]).tolist() for kind in KINDS}
        values: dict[str, Mapping[str, str]] = {
            str(wanted[i]): {kind: text for kind in KINDS if (text := columns[kind][k]) is not None}
            for k, i in enumerate(there.tolist())
        }
        return cls(aliases, shop, values)

    def person(self, customer: str) -> Customer:
        """Give one id's name, phone and e-mail address; prints masked."""
        told = self.values.get(customer, {})
        return Customer(
            id=CustomerId(customer),
            name=told.get(IdentityKind.NAME),
            phone=told.get(IdentityKind.PHONE),
            email=told.get(IdentityKind.EMAIL),
        )

    def parties(self, a: str, b: str, orders: tuple[int, int]) -> tuple[Party, Party]:
        """Give two customers as the sides of a merge.

        Args:
            a: An id of one.
            b: An id of the other.
            orders: How many orders each has.
        """
        sides = [self.aliases.members(CustomerId(i)) for i in (a, b)]
        told = [frozenset(self._told(side)) for side in sides]
        found = [told[i] | set(_keyed(sides[i], told[1 - i])) for i in (0, 1)]
        return Party(CustomerId(a), found[0], orders[0]), Party(CustomerId(b), found[1], orders[1])

    def _told(self, members: Iterable[str]) -> Iterable[Identity]:
        for member in members:
            for kind, text in self.values.get(member, {}).items():
                yield Identity.of(_FILES, self.shop, kind, text)


def _keyed(members: Iterable[str], others: Iterable[Identity]) -> Iterable[Identity]:
    """Give the values of others whose digest is one of these ids: the key itself is hidden in it."""
    tails = {tail for member in members if _DIGEST.fullmatch(tail := member.rpartition(":")[2])}
    for identity in others if tails else ():
        digested = identity.kind in (IdentityKind.EMAIL, IdentityKind.PHONE) and identity.strength
        if digested and digest_of(identity.value, identity.kind) in tails:
            yield identity
