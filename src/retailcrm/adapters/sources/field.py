"""Declarative columns: which header names a field may have and how its text is read."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Kind(StrEnum):
    """How the text of a field is read."""

    KEY = "key"
    """A number or code that must stay text; spreadsheet damage is found and refused."""
    TEXT = "text"
    """Text that repeats."""
    NAME = "name"
    """Text that seldom repeats (buyers), kept as it is; ``""`` where there is none."""
    PLACE = "place"
    """The first two words of an address; the rest is personal and is never decoded."""
    AMOUNT = "amount"
    PRICE = "price"
    COUNT = "count"
    INSTANT = "instant"
    STATE = "state"
    PHONE = "phone"
    """A telephone number in one form; one that is not valid is kept."""
    EMAIL = "email"
    BIRTHDAY = "birthday"
    GENDER = "gender"
    ANSWER = "answer"
    """Yes or no."""
    EVENT = "event"
    """What happened to a parcel."""
    SCORE = "score"
    """Of a review, in percent of full marks."""
    PATH = "path"
    """A category from the top down, its levels parted by a separator."""
    TAGS = "tags"
    """Several words in one cell, parted by a separator."""


REPEATING: Final = frozenset(
    {Kind.TEXT, Kind.STATE, Kind.GENDER, Kind.ANSWER, Kind.EVENT, Kind.SCORE, Kind.PATH, Kind.TAGS}
)
"""Kinds whose texts repeat: a column of them is read as distinct values and a code for each row."""

UNIX: Final = {"unix": 1_000_000, "unix_ms": 1_000}
"""Patterns of instants that count from 1970 in UTC, and how many microseconds each unit has."""


@attrs.frozen(kw_only=True)
class Field:
    """One field of a file.

    Attributes:
        names: Header names it may have, the first present one is taken.
        kind: How its text is read.
        required: A record without a value is rejected.
        pattern: ``strptime`` pattern of instants, or one of :data:`UNIX`; ``None`` takes the usual forms.
        zone: IANA zone of times without an offset; ``None`` takes the shop's.
        states: Texts of states, genders, answers, events or scores, normalised, and what they mean.
        decimal_id: Ids written like ``17850.0`` lose the ``.0``.
        coded: Give a KEY as a coded column because its values repeat (lines of one order).
        never_round: Genuine numbers of this KEY never all end in zeros: where a file's long ones do, a
            spreadsheet program rounded them, and they are refused. Else that is only a warning.
    """

    names: tuple[str, ...]
    kind: Kind
    required: bool = False
    pattern: str | None = None
    zone: str | None = None
    states: Mapping[str, int] = attrs.field(factory=dict)
    decimal_id: bool = False
    coded: bool = False
    never_round: bool = False
    lenient: bool = False
    none: tuple[str, ...] = ()
    separator: str | None = None
    full_marks: int | None = None


def visible(text: str) -> str:
    """Drop what nobody sees in a column name: byte-order marks, zero-width blanks, blanks around it."""
    return "".join(c for c in text if unicodedata.category(c) != "Cf").strip()


def header_name(text: str) -> str:
    """Normalise a column name for comparison: width, blanks, invisible characters, letter case.

    Example:
        >>> header_name("实付（元）\u200b ") == header_name("实付(元)")
        True
    """
    return " ".join(visible(unicodedata.normalize("NFKC", text)).split()).casefold()


def find_fields(header: Sequence[str], fields: Mapping[str, Field]) -> dict[str, int]:
    """Find each field's column; fields that the file lacks are left out."""
    places: dict[str, int] = {}
    for i, name in enumerate(header):
        places.setdefault(header_name(name), i)
    found = {}
    for key, field in fields.items():
        for name in field.names:
            if header_name(name) in places:
                found[key] = places[header_name(name)]
                break
    return found
