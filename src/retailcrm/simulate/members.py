"""Who joins the member list, and what each of its people tells about herself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.domain.customers import GENDERS, Gender
from retailcrm.domain.customers.profile import LUNAR
from retailcrm.simulate.people import MOST_PEOPLE, persons_of, places_of
from retailcrm.simulate.places import PLACES
from retailcrm.simulate.randomness import Choice, Stream, below
from retailcrm.simulate.season import DAY_SECONDS
from retailcrm.simulate.shop import utc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.progress import Instants
    from retailcrm.simulate.randomness import Draws, Ints
    from retailcrm.simulate.shop import SimulatedShop
    from retailcrm.simulate.spec import ShopSpec

LEVELS: Final = ("普通会员", "高级会员", "VIP会员", "至尊VIP")
"""Levels of the simulated shop's members, lowest first."""
LEVEL_FROM: Final = (0, 30_000, 100_000, 300_000)
"""What somebody has spent, minor units, at each level."""

WELCOME_POINTS: Final = 100
NEVER_BOUGHT_PERCENT: Final = 8
"""Members who never bought anything, for 100 who did buy something."""

_GENDER_TOLD_PERCENT: Final = 93
_FEMALE, _MALE = (np.int8(GENDERS.index(gender)) for gender in (Gender.FEMALE, Gender.MALE))

FULL, NO_YEAR, LUNAR_DAY, LUNAR_NO_YEAR, NO_BIRTHDAY = range(5)
BIRTHDAY_FORMS: Final = (58, 12, 3, 3, 24)
"""How many of 100 tell a full birthday, one without year, a lunar one with and without, and none."""

_AGES: Final = ((18, 25, 20), (25, 35, 38), (35, 45, 22), (45, 60, 14), (60, 80, 6))
"""How many of 100 are of an age: first year, the year after the last, how many."""

_LUNAR_DAYS: Final = 29
"""Every lunar month has so many."""

_FIRST_BUYS, _JOINS_LATER = 60, 25
"""How many of 100 buyers join with their first order, and some time after it; the others join before."""

_AT_ONCE, _LATER, _EARLIER = 3 * 3600, 60 * DAY_SECONDS, 400 * DAY_SECONDS
_REDEEMED_MOST: Final = 60
_TOLD_CONSENT: Final = (13, 25, 62)
"""How many of 100 do not say whether they want messages, do not, and do."""


@attrs.frozen(eq=False, kw_only=True)
class Membership:
    """The people of the member list, one row each, the latest to join first.

    Attributes:
        customer: Number of each: below the shop's ``customers`` she bought, from there on she never
            did; ``int64``, shape ``(n_members,)``.
        joined_at: When she joined, UTC, whole seconds.
    """

    customer: Ints
    joined_at: Instants

    def __len__(self) -> int:
        """Count the members."""
        return len(self.customer)

    def take(self, rows: Ints) -> Membership:
        """Pick some of them."""
        return Membership(customer=self.customer[rows], joined_at=self.joined_at[rows])


def people_of(shop: SimulatedShop) -> int:
    """Count the buyers, and the people who may join without buying; their numbers follow the buyers'."""
    buyers = shop.customers
    return min(buyers + max(1, buyers * NEVER_BOUGHT_PERCENT // 100), MOST_PEOPLE)


def membership_of(shop: SimulatedShop) -> Membership:
    """Say who has joined by the end of the window.

    About ``member_percent`` of the buyers, and some people who never bought anything.
    """
    customer = np.arange(people_of(shop), dtype=np.int64)
    buyer = customer < shop.customers
    chosen = below(shop.draws.of(Stream.MEMBER, customer), 100) < shop.spec.member_percent
    joined_at = _joined_at(shop, customer, buyer)
    rows = np.flatnonzero((chosen | ~buyer) & (joined_at < shop.as_of))
    rank = np.argsort(shop.as_of - joined_at[rows], kind="stable")
    return Membership(customer=customer, joined_at=joined_at).take(rows[rank])


def _joined_at(shop: SimulatedShop, customer: Ints, buyer: NDArray[np.bool_]) -> Instants:
    """Say when people join: most of them with their first order, give or take."""
    bits = shop.draws.of(Stream.JOINED, customer)
    how = below(bits, 100)
    spread = np.select([how < _FIRST_BUYS, how < _FIRST_BUYS + _JOINS_LATER], [_AT_ONCE, _LATER], _EARLIER)
    share = below(bits, 1 << 31, low=True)
    wait = 1 + (spread * share >> 31)
    seconds = np.where(how < _FIRST_BUYS + _JOINS_LATER, wait, -wait)
    first = np.full(len(customer), utc(shop.spec.start))
    # Of equal positions the last one counts: each buyer's first order.
    first[shop.customer[::-1]] = shop.placed_at[::-1]
    in_window = shop.spec.days * DAY_SECONDS * share >> 31
    joined: Instants = first + np.where(buyer, seconds, in_window).astype("timedelta64[s]")
    return joined


def genders_of(draws: Draws, spec: ShopSpec, customer: Ints) -> NDArray[np.int8]:
    """Give positions in :data:`~retailcrm.domain.customers.profile.GENDERS`, -1 for who does not tell."""
    bits = draws.of(Stream.GENDER, persons_of(draws, customer))
    gender = np.where(below(bits, 100) < spec.women_percent, _FEMALE, _MALE)
    return np.where(below(bits, 100, low=True) < _GENDER_TOLD_PERCENT, gender, np.int8(-1))


def birthday_forms(draws: Draws, customer: Ints) -> NDArray[np.int32]:
    """Say how each tells her birthday, if at all: a position in :data:`BIRTHDAY_FORMS`."""
    return Choice.of(BIRTHDAY_FORMS).pick(draws.of(Stream.BIRTHDAY_FORM, persons_of(draws, customer)))


def birthdays_of(draws: Draws, spec: ShopSpec, customer: Ints) -> NDArray[np.int32]:
    """Give the birthdays that people tell, as the codes of ``domain.customers.Birthday``; -1 for none."""
    person, form = persons_of(draws, customer), birthday_forms(draws, customer)
    bits = draws.of(Stream.BIRTHDAY, person)
    first, last, weight = (np.array(column) for column in zip(*_AGES, strict=True))
    group = Choice.of(weight).pick(bits)
    year = (
        spec.end.year
        - first[group]
        - below(bits % np.uint64(1 << 32) << np.uint64(32), (last - first)[group])
    )
    opens = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    length = ((opens.astype("datetime64[Y]") + 1).astype("datetime64[D]") - opens).astype(np.int64)
    day = opens + below(draws.of(Stream.BIRTHDAY, ~person), length)
    month = day.astype("datetime64[M]")
    solar = (
        (month.astype(np.int64) % 12 + 1) * 100 + (day - month.astype("datetime64[D]")).astype(np.int64) + 1
    )
    moon = draws.of(Stream.BIRTHDAY, ~person)
    lunar = (below(moon, 12) + 1) * 100 + below(moon, _LUNAR_DAYS, low=True) + 1
    codes = {
        FULL: year * 10_000 + solar,
        NO_YEAR: solar,
        LUNAR_DAY: LUNAR + year * 10_000 + lunar,
        LUNAR_NO_YEAR: LUNAR + lunar,
    }
    told = np.select([form == kind for kind in codes], list(codes.values()), -1)
    birthdays: NDArray[np.int32] = told.astype(np.int32)
    return birthdays


def consents_of(draws: Draws, customer: Ints) -> NDArray[np.int8]:
    """Say who wants messages: 1 yes, 0 no, -1 not told."""
    chosen = Choice.of(_TOLD_CONSENT).pick(draws.of(Stream.CONTACT, customer))
    return (chosen - 1).astype(np.int8)


def spent_by(shop: SimulatedShop, moment: np.datetime64) -> Ints:
    """Add up what each person spent on orders completed by a moment, less refunds, minor units."""
    refunded = np.where(shop.refunded_at < moment, shop.refunded, 0)
    paid = np.where(shop.received_at < moment, shop.total - refunded, 0)
    # Exact: sums of fen stay far below 2**53.
    return np.bincount(shop.customer, paid, people_of(shop)).astype(np.int64)


def levels_of(spent: Ints) -> NDArray[np.int8]:
    """Give positions in :data:`LEVELS`."""
    return (np.searchsorted(LEVEL_FROM, spent, "right") - 1).astype(np.int8)


def points_of(draws: Draws, customer: Ints, spent: Ints) -> Ints:
    """Give what is left of one point a yuan and the welcome points."""
    redeemed = below(draws.of(Stream.POINTS, customer), _REDEEMED_MOST)
    points: Ints = (WELCOME_POINTS + spent // 100) * (100 - redeemed) // 100
    return points


def former_places(draws: Draws, customer: Ints) -> NDArray[np.int32]:
    """Give where people lived before they moved, positions in the list of places: elsewhere."""
    place = places_of(draws, customer).astype(np.int64)
    away = 1 + below(draws.of(Stream.MOVED, customer), len(PLACES) - 1)
    return ((place + away) % len(PLACES)).astype(np.int32)
