"""The truth about members after both lists: of each field the newest value that is not empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.tables import ProfileTable
from retailcrm.simulate import pages
from retailcrm.simulate.contacts import email_parts, name_parts, nick_texts, phone_cells
from retailcrm.simulate.lists import newest_list, older_list
from retailcrm.simulate.members import LEVELS, membership_of, spent_by
from retailcrm.simulate.people import persons_of
from retailcrm.simulate.places import PLACES
from retailcrm.simulate.shop import utc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.lists import ListRows
    from retailcrm.simulate.members import Membership
    from retailcrm.simulate.randomness import Ints
    from retailcrm.simulate.shop import SimulatedShop

_STRONG: Final = 2
_Number = TypeVar("_Number", np.int8, np.int32)


@attrs.frozen(eq=False, kw_only=True)
class TrueContacts:
    """How members can be reached, by what is in force after both lists; empty texts were not told.

    Attributes:
        ids: Nicks, in the order of the profiles; shape ``(n_members,)``.
        name: 真实姓名.
        phone: 手机号码; masked only where no list tells it in clear.
        email: 电子邮箱.
        person: Who she really is: members with equal numbers are one person with two nicks; ``int64``.
    """

    ids: Texts
    name: Texts
    phone: Texts
    email: Texts
    person: Ints


def member_table(shop: SimulatedShop, *, dirty: bool = False) -> ProfileTable:
    """Give the truth about members.

    Args:
        shop: The shop.
        dirty: Whether the newest list has impossible birthdays, as
            :func:`~retailcrm.simulate.write_full_exports` was told; they tell nothing.

    Returns:
        One row a member, the latest to join first.

    Example:
        >>> from retailcrm.simulate import ShopSpec, member_table, simulate_shop
        >>> shop = simulate_shop(ShopSpec(seed=7, customers=1000))
        >>> len(member_table(shop)), round(float((member_table(shop).gender == 0).mean()), 1)
        (770, 0.6)
    """
    members = membership_of(shop)
    new, old, there = _both(shop, members, dirty=dirty)
    place = np.where(new.place >= 0, new.place, np.where(there, old.place, -1))
    # Only the newest list has cities.
    city = new.place
    return ProfileTable(
        ids=nick_texts(shop.draws, members.customer),
        strength=np.full(len(members), _STRONG, np.int8),
        gender=_newest(new.gender, old.gender, there),
        birthday=_newest(new.birthday, old.birthday, there),
        joined_at=members.joined_at,
        points=new.points,
        consent=new.consent,
        level=Coded(new.level.astype(np.int32), Texts.of(LEVELS)),
        province=_places(place, [p.province for p in PLACES]),
        city=_places(city, [p.city for p in PLACES]),
        source=Coded(np.full(len(members), -1, np.int32), Texts.of([])),
    )


def contact_table(shop: SimulatedShop) -> TrueContacts:
    """Give the truth about how members can be reached."""
    members = membership_of(shop)
    new, old, there = _both(shop, members, dirty=False)
    # A number in clear is never replaced by a masked one.
    takes_old = there & (old.phone >= 0) & (new.masked | (new.phone < 0))
    phone = np.where(takes_old, old.phone, new.phone)
    masked = new.masked & ~takes_old
    draws, customer, rows = shop.draws, members.customer, len(members)
    return TrueContacts(
        ids=nick_texts(draws, customer),
        name=pages.texts_of(name_parts(draws, customer, "utf-8", new.named), rows),
        phone=pages.texts_of([phone_cells(phone, masked)], rows),
        email=pages.texts_of(email_parts(draws, customer, new.email), rows),
        person=persons_of(draws, customer),
    )


def _both(
    shop: SimulatedShop, members: Membership, *, dirty: bool
) -> tuple[ListRows, ListRows, NDArray[np.bool_]]:
    """Give both lists of all members, and who stands in the older one."""
    earlier = older_moment(shop)
    new = newest_list(shop, members, spent_by(shop, shop.as_of), dirty=dirty)
    old = older_list(shop, members, spent_by(shop, earlier))
    return new, old, members.joined_at < earlier


def older_moment(shop: SimulatedShop) -> np.datetime64:
    """Say when the older list was exported, exclusive, UTC."""
    return utc(shop.spec.month_edge(shop.spec.months * 2 // 3))


def _newest(new: NDArray[_Number], old: NDArray[_Number], there: NDArray[np.bool_]) -> NDArray[_Number]:
    """Take the newest value that is not empty."""
    return np.where((new < 0) & there, old, new)


def _places(place: NDArray[np.int32], texts: list[str]) -> Coded:
    """Name places; -1 is none."""
    labels = Coded.of(texts)
    return Coded(np.append(labels.codes, np.int32(-1))[place].astype(np.int32), labels.values)
