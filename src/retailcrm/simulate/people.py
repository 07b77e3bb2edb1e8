"""Who the customers are: kind, rhythm, taste, nick, name, phone and address. All of them invented."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.simulate import words
from retailcrm.simulate.places import PLACES
from retailcrm.simulate.randomness import Choice, Draws, Stream, below, mix_one

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.spec import CustomerMix


class CustomerKind(IntEnum):
    """How a simulated customer behaves: the truth that segmentation tries to find."""

    ONE_TIMER = 0
    REGULAR = 1
    LAPSED = 2
    BIG_SPENDER = 3


HEADS: Final = (*words.NICK_HEADS, *words.LATIN_HEADS, *words.RARE_HEADS, *words.ODD_HEADS, "tb")
MIDDLES: Final = (*words.NICK_MIDS, *words.LATIN_MIDS, "")
ENDS: Final = words.NICK_ENDS

_ID_BITS: Final = 24
_ID_MASK: Final = (1 << _ID_BITS) - 1
_DEFAULT_NICK_BASE: Final = 12_345_678

MOST_PEOPLE: Final = 1 << _ID_BITS
"""How many nicks there are."""

SECOND_NICK_PERCENT: Final = 2
"""Of every second customer: she is the one before her, who has come back under another nick."""

_PHONE_HEADS: Final = (*range(130, 140), *range(150, 154), *range(155, 160), 177, *range(180, 190))
"""First three digits of mobiles; what follows in a small shop is 0000, which looks as made up as it is."""

_PHONES: Final = 10_000 * len(_PHONE_HEADS)
EARLIER_PHONE: Final = 10_000
"""How much greater the number is that somebody had before."""

_PHONE_STEP: Final = 123_457
"""Shares no factor with the number of phones, so steps of it reach each of them once."""


@attrs.frozen
class _Style:
    """A way to make nicks: ranges of the three pools, and how often it is used."""

    weight: int
    first_head: int
    heads: int
    first_middle: int
    middles: int
    ends: int


def _styles() -> tuple[_Style, ...]:
    """Lay the styles over the pools; heads of two styles never overlap, so neither do nicks."""
    chinese, latin = len(words.NICK_HEADS), len(words.LATIN_HEADS)
    rare, odd = len(words.RARE_HEADS), len(words.ODD_HEADS)
    mids, ends = len(words.NICK_MIDS), len(ENDS)
    return (
        _Style(52, 0, chinese, 0, mids, ends),
        _Style(26, chinese, latin, mids, len(words.LATIN_MIDS), 1),
        _Style(2, chinese + latin, rare, 0, mids, ends),
        _Style(2, chinese + latin + rare, odd, 0, mids, ends),
        _Style(18, len(HEADS) - 1, 1, len(MIDDLES) - 1, 1, 1),
    )


STYLES: Final = _styles()


@attrs.frozen(eq=False)
class Nicks:
    """Nicks in pieces: positions in :data:`HEADS`, :data:`MIDDLES`, :data:`ENDS`, and a number (0: none).

    Attributes:
        head: How the nick begins; shape ``(n,)``.
        middle: What follows.
        end: What follows then.
        number: The digits at the end.
    """

    head: NDArray[np.int64]
    middle: NDArray[np.int64]
    end: NDArray[np.int64]
    number: NDArray[np.int64]


def kinds_of(draws: Draws, customers: NDArray[Any], mix: CustomerMix) -> NDArray[np.int32]:
    """Give each customer's :class:`CustomerKind`."""
    return Choice.of(mix.weights).pick(draws.of(Stream.KIND, customers))


@cache
def _place_choice() -> Choice:
    """Weigh the districts."""
    return Choice.of([place.weight for place in PLACES])


def persons_of(draws: Draws, customers: NDArray[Any]) -> NDArray[np.int64]:
    """Say who is behind each customer: herself, or the one before her, whose second nick this is.

    Returns:
        The number of the customer whose name, phone and address she has; ``int64``.
    """
    persons = customers.astype(np.int64)
    second = (persons % 2 == 1) & (below(draws.of(Stream.SECOND_NICK, persons), 100) < SECOND_NICK_PERCENT)
    whose: NDArray[np.int64] = persons - second
    return whose


def places_of(draws: Draws, customers: NDArray[Any]) -> NDArray[np.int32]:
    """Give each customer's position in the list of places."""
    return _place_choice().pick(draws.of(Stream.PLACE, persons_of(draws, customers)))


def nicks_of(draws: Draws, customers: NDArray[Any]) -> Nicks:
    """Make each customer's nick; no two customers share one.

    The customer's number is scrambled by a bijection and written in mixed radix: a few syllables,
    then digits. Equal pieces would need equal numbers.
    """
    rest = _scramble(customers.astype(np.int64), mix_one(draws.seed ^ Stream.NICK) & _ID_MASK)
    style = Choice.of([style.weight for style in STYLES]).pick(draws.of(Stream.NICK, customers))
    table = np.array([attrs.astuple(s)[1:] for s in STYLES], np.int64)[style]
    first_head, heads, first_middle, middles, ends = table.T
    plain = style == len(STYLES) - 1
    default_nick = _DEFAULT_NICK_BASE + rest * 53
    rest, head = np.divmod(rest, heads)
    rest, middle = np.divmod(rest, middles)
    rest, end = np.divmod(rest, ends)
    return Nicks(first_head + head, first_middle + middle, end, np.where(plain, default_nick, rest))


def _scramble(numbers: NDArray[np.int64], salt: int) -> NDArray[np.int64]:
    """Permute 0 .. 2**24 - 1: every step (xor, odd factor, xor of a shift) can be undone."""
    mixed = numbers ^ salt
    for shift, factor in ((11, 0x5BD1E9), (13, 0x2C1B3D)):
        mixed ^= mixed >> shift
        mixed = (mixed * factor) & _ID_MASK
    mixed ^= mixed >> 12
    return mixed


def names_of(draws: Draws, customers: NDArray[Any]) -> tuple[NDArray[np.int64], ...]:
    """Give positions of surname, first and last character of the given name (last 0: none)."""
    bits = draws.of(Stream.NAME, persons_of(draws, customers))
    surname = below(bits, len(words.SURNAMES))
    given = below(bits, len(words.GIVEN_FIRST) * (len(words.GIVEN_LAST) + 8), low=True)
    last, first = np.divmod(given, len(words.GIVEN_FIRST))
    return surname, first, np.maximum(last - 7, 0)


def streets_of(draws: Draws, customers: NDArray[Any]) -> tuple[NDArray[np.int64], ...]:
    """Give positions of street and estate, then house, building and room numbers."""
    bits = draws.of(Stream.STREET, persons_of(draws, customers))
    high, low = below(bits, 1 << 24), below(bits, 1 << 24, low=True)
    house, street = np.divmod(high, len(words.STREETS))
    building, estate = np.divmod(low, len(words.ESTATES))
    floor, door = np.divmod(building // 24, 4)
    return street, estate, house % 399 + 1, building % 24 + 1, (floor % 18 + 1) * 100 + door + 1


def phones_of(draws: Draws, customers: NDArray[Any]) -> NDArray[np.int64]:
    """Give each customer's phone, eleven digits; no two people share one.

    Of the first 300,000 people it reads 1xx0000xxxx, of the next 1xx0002xxxx, and so on; 1xx0001xxxx is
    the number that one of the first had before, see :data:`EARLIER_PHONE`.
    """
    block, place = np.divmod(persons_of(draws, customers), _PHONES)
    shuffled = (place * _PHONE_STEP + mix_one(draws.seed ^ Stream.PHONE) % _PHONES) % _PHONES
    head, tail = np.divmod(shuffled, 10_000)
    phones: NDArray[np.int64] = np.array(_PHONE_HEADS, np.int64)[head] * 10**8 + 2 * block * 10_000 + tail
    return phones
