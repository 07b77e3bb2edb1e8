"""What a member list of some moment says of its people, and what it leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.simulate.members import (
    FULL,
    birthday_forms,
    birthdays_of,
    consents_of,
    former_places,
    genders_of,
    levels_of,
    points_of,
)
from retailcrm.simulate.people import EARLIER_PHONE, persons_of, phones_of, places_of
from retailcrm.simulate.randomness import Stream, below

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.members import Membership
    from retailcrm.simulate.progress import Instants
    from retailcrm.simulate.randomness import Draws, Ints
    from retailcrm.simulate.shop import SimulatedShop

MASKED_PERCENT: Final = 30
"""Phones that the newest list masks."""

LOST_PERCENT: Final = 4
"""Cells of each kind that the newest list has lost."""

MOVED_PERCENT, NEW_PHONE_PERCENT = 3, 3
IMPOSSIBLE_PERCENT: Final = 1
_NO_NAME_PERCENT, _NO_PHONE_PERCENT, _NO_EMAIL_PERCENT = 6, 4, 45


@attrs.frozen(eq=False, kw_only=True)
class ListRows:
    """Some rows of a member list.

    Attributes:
        customer: Who; ``int64``, shape ``(n,)``.
        joined_at: When she joined, UTC.
        named: Whether her name is there.
        gender: Position in :data:`~retailcrm.domain.customers.profile.GENDERS`, -1 empty; ``int8``.
        birthday: :attr:`~retailcrm.domain.customers.Birthday.code`, -1 empty; ``int32``.
        impossible: Whether a day that no calendar has stands in the birthday's place.
        phone: Eleven digits, -1 empty; ``int64``.
        masked: Whether four of them are hidden.
        email: Whether her e-mail address is there.
        place: Position in the list of places, -1 empty; ``int32``.
        level: Position in :data:`~retailcrm.simulate.members.LEVELS`; ``int8``.
        points: 积分余额; ``int64``.
        consent: 接受短信: 1 yes, 0 no, -1 empty; ``int8``.
    """

    customer: Ints
    joined_at: Instants
    named: NDArray[np.bool_]
    gender: NDArray[np.int8]
    birthday: NDArray[np.int32]
    impossible: NDArray[np.bool_]
    phone: Ints
    masked: NDArray[np.bool_]
    email: NDArray[np.bool_]
    place: NDArray[np.int32]
    level: NDArray[np.int8]
    points: Ints
    consent: NDArray[np.int8]


def newest_list(shop: SimulatedShop, members: Membership, spent: Ints, *, dirty: bool = False) -> ListRows:
    """Write down the list of the end of the window: some phones are masked, some cells are lost.

    Args:
        shop: The shop.
        members: Whom to list.
        spent: What each of the shop's people has spent by then, minor units.
        dirty: Whether some birthdays are impossible days.

    Returns:
        One row a member.
    """
    draws, customer = shop.draws, members.customer
    rows = _told(shop, members, spent)
    lost = [_chance(draws, customer, salt) < LOST_PERCENT for salt in range(4)]
    masked = (rows.phone >= 0) & (_chance(draws, customer, 4) < MASKED_PERCENT)
    full = birthday_forms(draws, customer) == FULL
    wrong = full & (_chance(draws, customer, 5) < IMPOSSIBLE_PERCENT * 2) & dirty
    birthday = np.where(lost[1] | wrong, np.int32(-1), rows.birthday)
    return attrs.evolve(
        rows,
        gender=np.where(lost[0], np.int8(-1), rows.gender),
        birthday=birthday,
        impossible=wrong,
        phone=np.where(lost[2], -1, rows.phone),
        masked=masked & ~lost[2],
        place=np.where(lost[3], np.int32(-1), rows.place),
    )


def older_list(shop: SimulatedShop, members: Membership, spent: Ints) -> ListRows:
    """Write down the list of an earlier moment: some people lived elsewhere, some had another phone.

    It has neither cities nor e-mail addresses, and does not say who wants messages.
    """
    draws, customer = shop.draws, members.customer
    rows = _told(shop, members, spent)
    moved = _chance(draws, persons_of(draws, customer), 6) < MOVED_PERCENT
    changed = (rows.phone >= 0) & (_chance(draws, persons_of(draws, customer), 7) < NEW_PHONE_PERCENT)
    return attrs.evolve(
        rows,
        phone=rows.phone + np.where(changed, EARLIER_PHONE, 0),
        place=np.where(moved, former_places(draws, customer), rows.place),
        email=np.zeros(len(customer), np.bool_),
        consent=np.full(len(customer), -1, np.int8),
    )


def _told(shop: SimulatedShop, members: Membership, spent: Ints) -> ListRows:
    """Give what people told when they joined."""
    draws, customer = shop.draws, members.customer
    nothing = np.zeros(len(customer), np.bool_)
    person = persons_of(draws, customer)
    phone = phones_of(draws, customer)
    return ListRows(
        customer=customer,
        joined_at=members.joined_at,
        named=_chance(draws, person, 8) >= _NO_NAME_PERCENT,
        gender=genders_of(draws, shop.spec, customer),
        birthday=birthdays_of(draws, shop.spec, customer),
        impossible=nothing,
        phone=np.where(_chance(draws, person, 9) < _NO_PHONE_PERCENT, -1, phone),
        masked=nothing,
        email=_chance(draws, person, 10) >= _NO_EMAIL_PERCENT,
        place=places_of(draws, customer),
        level=levels_of(spent[customer]),
        points=points_of(draws, customer, spent[customer]),
        consent=consents_of(draws, customer),
    )


def _chance(draws: Draws, customer: Ints, salt: int) -> Ints:
    """Draw one of a hundred outcomes for each, independent for each salt."""
    return below(draws.of(Stream.MEMBER_LIST, customer * 16 + salt), 100)
