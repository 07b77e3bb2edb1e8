"""Who the customers of a Shopify export are: addresses to write to, numbers to call, where they live."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retailcrm.simulate import words
from retailcrm.simulate.exports.shopify.cells import only, pool
from retailcrm.simulate.pages import digits, number
from retailcrm.simulate.people import names_of, places_of, streets_of
from retailcrm.simulate.places import PLACES
from retailcrm.simulate.randomness import below

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.pages import Part
    from retailcrm.simulate.randomness import Draws

_AREAS: Final = tuple(
    str(area)
    for first, last in (
        *((201, 203), (205, 210), (212, 219), (301, 305), (307, 310), (312, 321), (404, 410), (412, 415)),
        *((501, 505), (507, 510), (515, 518), (601, 603), (605, 610), (612, 620), (701, 704), (706, 708)),
        *((712, 720), (801, 806), (812, 818)),
    )
    for area in range(first, last + 1)
)
_FIRST_LINE, _LINES = 100, 9_900
"""Numbers 555-0100 to 555-0199 belong to nobody in any area: a small shop has no others."""

MOST_CUSTOMERS: Final = _LINES * len(_AREAS)
"""As many telephone numbers as there are."""

_NO_EMAIL_PERCENT: Final = 5
_PHONE_PERCENT: Final = 60
_CONSENT_PERCENT: Final = 40


class Choice(IntEnum):
    """What only these exports decide: streams of random numbers that nothing else uses."""

    EMAIL = 1001
    PHONE = 1002
    EMAIL_CONSENT = 1003
    PHONE_CONSENT = 1004
    ORDER = 1005


def has_email(draws: Draws, customer: NDArray[Any]) -> NDArray[np.bool_]:
    """Say who left an e-mail address."""
    there: NDArray[np.bool_] = below(draws.of(Choice.EMAIL, customer), 100) >= _NO_EMAIL_PERCENT
    return there


def consents(draws: Draws, customer: NDArray[Any], choice: Choice) -> NDArray[np.bool_]:
    """Say who accepts messages of a kind."""
    there: NDArray[np.bool_] = below(draws.of(choice, customer), 100) < _CONSENT_PERCENT
    return there


def email(draws: Draws, customer: NDArray[Any]) -> list[Part]:
    """Spell e-mail addresses, no two alike, at a domain that belongs to nobody."""
    bits = draws.of(Choice.EMAIL, customer)
    first = below(bits, len(words.LATIN_HEADS), low=True)
    last = below(draws.of(Choice.PHONE, customer), len(words.LATIN_MIDS))
    heads = pool(tuple(head.rstrip("_") + "." for head in words.LATIN_HEADS))
    lasts = pool(words.LATIN_MIDS)
    parts: list[Part] = [heads[first], lasts[last], number(customer + 1, 8), b"@example.com"]
    return only(parts, has_email(draws, customer))


def phone(draws: Draws, customer: NDArray[Any]) -> list[Part]:
    """Spell telephone numbers, no two alike, on an exchange that is kept for films and novels."""
    wanted = below(draws.of(Choice.PHONE, customer), 100, low=True) < _PHONE_PERCENT
    line, area = np.divmod(customer, len(_AREAS))
    parts: list[Part] = [b"'+1", pool(_AREAS)[area], b"555", digits(line + _FIRST_LINE, 4)]
    return only(parts, wanted | ~has_email(draws, customer))


def names(draws: Draws, customer: NDArray[Any]) -> tuple[list[Part], list[Part]]:
    """Spell given names and surnames."""
    surname, first, last = names_of(draws, customer)
    given: list[Part] = [pool(words.GIVEN_FIRST)[first], pool(("", *words.GIVEN_LAST))[last]]
    return given, [pool(words.SURNAMES)[surname]]


def address(draws: Draws, customer: NDArray[Any]) -> dict[str, list[Part]]:
    """Spell the parts of an address by column name."""
    place = places_of(draws, customer)
    street, estate, house, building, room = streets_of(draws, customer)
    units = [unit.encode() for unit in ("号", "栋", "室")]
    line: list[Part] = [pool(words.STREETS)[street], number(house, 3), units[0]]
    unit: list[Part] = [
        *(pool(words.ESTATES)[estate], number(building, 2), units[1], number(room, 4), units[2]),
    ]
    province = pool(tuple(p.province for p in PLACES))[place]
    return {
        "Street": [b'"', *line, b", ", *unit, b'"'],
        "Address1": line,
        "Address2": unit,
        "City": [pool(tuple(p.city for p in PLACES))[place]],
        "Zip": [pool(tuple(f"'{p.zip_prefix}{i * 37 % 1000:03d}" for i, p in enumerate(PLACES)))[place]],
        "Province": [province],
        "Country": [b"CN"],
    }
