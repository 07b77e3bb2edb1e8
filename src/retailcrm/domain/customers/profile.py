"""One customer as known today."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.customers.personal import Address, Email, Name, Phone
from retailcrm.domain.labels import Label
from retailcrm.domain.periods import in_utc
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailcrm.domain.identity import CustomerId

_LEAP_YEAR: Final = 2000
_LUNAR_MONTH_DAYS: Final = 30

LUNAR: Final = 100_000_000
"""What a lunar birthday's code is greater by."""


class Gender(StrEnum):
    """As the customer or the platform states it."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


GENDERS: Final = tuple(Gender)
"""All of them; columns hold positions in it."""

GENDER_LABELS: Final[Mapping[Gender, Label]] = MappingProxyType(
    {
        Gender.FEMALE: Label("女", "female"),
        Gender.MALE: Label("男", "male"),
        Gender.OTHER: Label("其他", "other"),
    }
)
"""What each is called."""


@attrs.frozen(order=True)
class Birthday:
    """A birthday; many customers give no year, some the day of the lunar calendar (农历).

    Attributes:
        month: 1 to 12.
        day: 1 to 31, as far as the month has them; 1 to 30 in the lunar calendar.
        year: ``None`` if not given; 29 February is then allowed.
        lunar: Whether month and day (and year) count in the lunar calendar.

    Raises:
        InputError: There is no such day.

    Example:
        >>> print(Birthday(8, 15, lunar=True), Birthday(2, 29), Birthday(5, 1, 1990))
        lunar --08-15 --02-29 1990-05-01
    """

    month: int
    day: int
    year: int | None = None
    lunar: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse days that no calendar has."""
        if self.lunar:
            there = 1 <= self.month <= 12 and 1 <= self.day <= _LUNAR_MONTH_DAYS  # noqa: PLR2004 - months
        else:
            there = _is_day(_LEAP_YEAR if self.year is None else self.year, self.month, self.day)
        if not there:
            raise InputError(f"no such birthday: {self}")

    @property
    def code(self) -> int:
        """Pack it into one whole number, for columns: ``yyyymmdd``, plus :data:`LUNAR` if lunar."""
        return (self.year or 0) * 10_000 + self.month * 100 + self.day + (LUNAR if self.lunar else 0)

    @classmethod
    def of_code(cls, code: int) -> Birthday:
        """Unpack :attr:`code`.

        Raises:
            InputError: There is no such day.

        Example:
            >>> Birthday.of_code(Birthday(8, 15, lunar=True).code)
            Birthday(month=8, day=15, year=None, lunar=True)
        """
        lunar, plain = divmod(code, LUNAR)
        year, rest = divmod(plain, 10_000)
        return cls(rest // 100, rest % 100, year or None, lunar=bool(lunar))

    def __str__(self) -> str:
        """Write it the ISO way, ``--`` for a missing year."""
        year = "--" if self.year is None else f"{self.year:04d}-"
        return f"{'lunar ' if self.lunar else ''}{year}{self.month:02d}-{self.day:02d}"


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _name(given: Name | str | None) -> Name | None:
    return Name(given) if isinstance(given, str) else given


def _phone(given: Phone | str | None) -> Phone | None:
    return Phone(given) if isinstance(given, str) else given


def _email(given: Email | str | None) -> Email | None:
    return Email(given) if isinstance(given, str) else given


def _address(given: Address | str | None) -> Address | None:
    return Address(given) if isinstance(given, str) else given


def _tags(given: Iterable[str]) -> frozenset[str]:
    return frozenset(tag.strip() for tag in given if tag.strip())


def _in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)


@attrs.frozen(kw_only=True)
class Customer:
    """One customer, or as much of one as a file shows. ``None`` and empty tags: not told.

    Name, phone, e-mail and address are given as text or as :class:`Personal`, and print masked.

    Attributes:
        id: Our id.
        name: Real name.
        phone: Telephone number.
        email: E-mail address.
        address: Postal address in one text.
        birthday: With or without year.
        gender: As stated.
        source: Where the shop met her: a channel, a campaign, a counter.
        first_seen: When the shop first met her; aware, kept in UTC.
        tags: The shop's own words about her.
        level: Level in the platform's or the shop's own member system, as exported.

    Example:
        >>> from retailcrm.domain.identity import CustomerId
        >>> Customer(id=CustomerId("c1"), name="张三", phone="13800134821", level="金卡")
        ... # doctest: +ELLIPSIS
        Customer(id='c1', name=Name(***), phone=Phone(***4821), email=None, ...
    """

    id: CustomerId
    name: Name | None = attrs.field(default=None, converter=_name)
    phone: Phone | None = attrs.field(default=None, converter=_phone)
    email: Email | None = attrs.field(default=None, converter=_email)
    address: Address | None = attrs.field(default=None, converter=_address)
    birthday: Birthday | None = None
    gender: Gender | None = None
    source: str | None = None
    first_seen: datetime | None = attrs.field(default=None, converter=_in_utc)
    tags: frozenset[str] = attrs.field(default=(), converter=_tags)
    level: str | None = None
