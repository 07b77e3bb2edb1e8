"""Find a customer: by id, by what a platform calls her, by phone, e-mail address or order number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Texts
from retailcrm.analytics.tables import Customers
from retailcrm.domain.identity import CustomerId, IdentityKind
from retailcrm.errors import InputError, NotFoundError
from retailcrm.shop.buyers import ids_of
from retailcrm.shop.customers.cards import of_customer, of_nobody, platform_of
from retailcrm.shop.customers.contacts import digest_of, keyed_rows
from retailcrm.shop.forms import is_clear, one_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded
    from retailcrm.analytics.tables import OrderTable
    from retailcrm.domain.identity import Aliases, Identity
    from retailcrm.shop.people import People


def place_of(ids: Texts, wanted: str) -> int | None:
    """Give the position of an id, ``None`` if it is not there."""
    found: int = pc.index(arrow.arrow_texts(ids), pa.scalar(wanted, pa.large_string())).as_py()
    return None if found < 0 else found


def holders(column: Coded, kind: str, value: str) -> NDArray[np.int64]:
    """Give the rows whose value is the same, however it was written.

    Args:
        column: Phones or e-mail addresses.
        kind: ``"phone"`` or ``"email"``.
        value: In its normal form.

    Example:
        >>> from retailcrm.analytics.columns import Coded
        >>> holders(Coded.of(["+86 138 0013 4821", None, "138****4821"]), "phone", "13800134821").tolist()
        [0]
    """
    same = pc.equal(one_form(kind, arrow.arrow_texts(column.values)), pa.scalar(value, pa.large_string()))
    codes = np.flatnonzero(same.to_numpy(zero_copy_only=False))
    return np.flatnonzero(np.isin(column.codes, codes))


def keyed_ids(ids: Texts, kind: str, value: str) -> list[str]:
    """Give the ids that are the digest of a phone or e-mail address."""
    rows, tails = keyed_rows(ids, kind)
    same = pc.equal(tails, pa.scalar(digest_of(value, kind), pa.large_string()))
    return ids.take(rows[same.to_numpy(zero_copy_only=False)]).tolist()


def buyers_of(parts: Iterable[OrderTable], number: str) -> dict[str, str | None]:
    """Give the buyer of every order with a number, by platform; ``None`` where nobody knows her."""
    buyers: dict[str, str | None] = {}
    wanted = pa.scalar(number, pa.large_string())
    for orders in parts:
        same = pc.equal(arrow.arrow_texts(orders.numbers), wanted).to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(same).tolist():
            code = int(orders.customer[row])
            buyers[platform_of(orders, row)] = None if code < 0 else str(orders.customers.ids[code])
    return buyers


def phone_form(text: str, region: str) -> str:
    """Write a phone as the files' phones are kept."""
    from retailcrm.adapters.sources.phones import phone_texts  # noqa: PLC0415 - its rules are slow to load

    told = one_form(IdentityKind.PHONE, pa.array([text], pa.large_string()))
    forms, _ = phone_texts(told, region)
    return str(one_form(IdentityKind.PHONE, forms)[0].as_py())


def email_form(text: str) -> str:
    """Write an e-mail address as equal ones are compared."""
    return str(one_form(IdentityKind.EMAIL, pa.array([text], pa.large_string()))[0].as_py())


_CALLED: Final = {IdentityKind.PHONE: "phone number", IdentityKind.EMAIL: "e-mail address"}


@attrs.frozen
class Finder:
    """Finds a shop's customers; every id it gives is a present one.

    Attributes:
        parts: Gives the shop's orders in parts of disjoint customers, after all merges.
        people: Gives who the files describe, after all merges; ``None`` if nobody can say.
        aliases: Which ids are one today.
        shop: The shop's key.
    """

    parts: Callable[[], Iterable[OrderTable]]
    people: Callable[[], People | None]
    aliases: Aliases
    shop: str

    def by_id(self, who: str | Identity) -> str:
        """Find who has an id, or is what a platform calls her."""
        if isinstance(who, str):
            wanted: tuple[str, ...] = (who,)
        else:
            wanted = ids_of(who) if who.shop == self.shop and who.strength else ()
        present = [self.aliases.resolve(CustomerId(i)) for i in wanted]
        for customer in present:
            if any(place_of(orders.customers.ids, customer) is not None for orders in self.parts()):
                return customer
        people = self.people()
        for customer in present:
            if people is not None and place_of(people.profiles.ids, customer) is not None:
                return customer
        raise NotFoundError(
            f"no customer {who!r} in shop {self.shop}; ids are those of the scores' customer_id"
        )

    def by_contact(self, kind: IdentityKind, value: str) -> str:
        """Find who has a phone or e-mail address, in its normal form."""
        called = _CALLED[kind]
        if not is_clear(kind, pa.array([value], pa.large_string()))[0]:
            raise InputError(f"this is no whole {called} of a person: it is masked, blank or lent")
        found = {
            self.aliases.resolve(CustomerId(i))
            for orders in self.parts()
            for i in keyed_ids(orders.customers.ids, kind, value)
        }
        if (people := self.people()) is not None:
            rows = holders(people.contacts[kind], kind, value)
            found |= {CustomerId(i) for i in people.profiles.ids.take(rows)}
            found |= {
                self.aliases.resolve(CustomerId(i)) for i in keyed_ids(people.profiles.ids, kind, value)
            }
        if not found:
            raise NotFoundError(
                f"nobody in shop {self.shop} is known to have this {called}; member lists tell, and "
                "order reports that are imported with personal=True"
            )
        if len(found) > 1:
            raise InputError(
                f"{len(found)} customers have this {called}: {', '.join(sorted(found))}; say which by id"
            )
        return found.pop()

    def by_order(self, number: str) -> str:
        """Find the buyer of an order."""
        buyers = buyers_of(self.parts(), number)
        if not buyers:
            raise NotFoundError(f"no order {number} in shop {self.shop}")
        known = {buyer for buyer in buyers.values() if buyer is not None}
        if not known:
            raise NotFoundError(f"nobody knows who bought order {number}: the buyer is missing or masked")
        if len(known) > 1:
            raise InputError(
                f"order {number} is there on {', '.join(sorted(buyers))}; its buyers are "
                f"{', '.join(sorted(known))}: say which by id"
            )
        return known.pop()

    def orders(self, customer: str) -> OrderTable:
        """Give the orders of one customer, none of one whom only a member list knows."""
        orders = None
        for orders in self.parts():
            code = place_of(orders.customers.ids, customer)
            if code is not None:
                return of_customer(orders, code)
        people = self.people()
        assert orders is not None  # noqa: S101 - a store has at least one part
        assert people is not None  # noqa: S101 - who has no orders was found there
        row = people.find(Texts.of([customer]))
        return of_nobody(orders, Customers(ids=Texts.of([customer]), strength=people.profiles.strength[row]))
