"""Every setting of ``[points]`` by section, and how its value is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

import attrs

from retailcrm.adapters.sources.mapping.reading import nearest
from retailcrm.domain.money import parse_amount
from retailcrm.domain.periods import instant_of
from retailcrm.domain.points import programme, wallets
from retailcrm.domain.points.expiry import SNAPS
from retailcrm.domain.points.reversal import Late, Shortfall
from retailcrm.errors import InputError, SettingsError

Kind = Literal["whole", "rate", "amount", "word", "switch", "names", "text", "key", "moment", "day"]

LONGEST_MONTHS: Final = 600
LONGEST_DAYS: Final = 18_300
"""Fifty years: what is longer is a slip of the pen."""

LARGEST: Final = 10**12
"""No number of points is larger: sums of them have room in 64 bits."""

LONGEST_MINUTES: Final = 527_040
"""A year."""

_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2200
_KEY: Final = re.compile("[a-z][a-z0-9_]*")
_RATE: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?|[0-9]{1,12}/0*[1-9][0-9]{0,11}")


@attrs.frozen
class Setting:
    """One setting of a section.

    Attributes:
        name: What it is called in the file.
        kind: What its value is.
        field: The field that it becomes; its own name if left out.
        words: The words there are, for ``"word"``.
        most: The greatest whole number.
        required: Whether it must be given.
    """

    name: str
    kind: Kind
    field: str = attrs.field(default=attrs.Factory(lambda self: self.name, takes_self=True))
    words: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    most: int = attrs.field(default=LARGEST, kw_only=True)
    required: bool = attrs.field(default=False, kw_only=True)


@attrs.frozen
class Place:
    """The shop that a section is read for.

    Attributes:
        currency: ISO 4217 code of its amounts.
        zone: IANA zone of its days.
    """

    currency: str
    zone: str


def _word(name: str, alias: Any, field: str | None = None) -> Setting:  # noqa: ANN401 - a Literal
    return Setting(name, "word", field or name, words=tuple(get_args(alias)))


def _days(name: str, field: str | None = None) -> Setting:
    return Setting(name, "whole", field or name, most=LONGEST_DAYS)


_MONTHS: Final = Setting("months", "whole", most=LONGEST_MONTHS)
_BASE: Final = ("items", "shipping", "tax", "before_discounts", "paid_by_points", "paid_by_gift_card")

SECTIONS: Final[Mapping[str, tuple[Setting, ...]]] = MappingProxyType(
    {
        "points": (
            Setting("margin", "rate"),
            _word("tier_at", programme.TierAt),
            _days("fuse_days", "fuse"),
        ),
        "earn": (
            Setting("rate", "rate"),
            _word("rounding", wallets.Rounding),
            _word("round_at", wallets.RoundAt),
            _word("together", wallets.Together),
            Setting("least", "amount"),
        ),
        "earn.base": tuple(Setting(name, "switch") for name in _BASE),
        "earn.caps": (Setting("points", "whole", required=True), _word("per", wallets.CapPeriod)),
        "waiting": (
            Setting("until", "word", words=("received", "paid")),
            _days("days"),
            _word("since", wallets.WaitingFrom),
        ),
        "expiry": (
            _MONTHS,
            _days("days"),
            Setting("on", "day"),
            Setting("never", "switch"),
            Setting("snap", "word", words=SNAPS),
            _word("from", wallets.ClockFrom, "expiry_from"),
        ),
        "inactive": (_MONTHS, _days("days")),
        "redemption": (
            Setting("points_per_unit", "rate"),
            Setting("least", "whole"),
            Setting("multiple", "whole"),
            Setting("share_of_order", "rate"),
            Setting("shipping", "switch"),
            Setting("rounding", "word", words=("down", "up")),
            _word("refund", wallets.RefundSplit),
            Setting("hold_minutes", "whole", most=LONGEST_MINUTES),
        ),
        "refunds": (
            _word("shortfall", Shortfall),
            _word("late", Late),
            _days("grace_days"),
            _word("late_by_shop", Late),
            _days("grace_days_by_shop"),
        ),
        "campaign": (
            Setting("name", "text", required=True),
            Setting("start", "moment", required=True),
            Setting("end", "moment", required=True),
            Setting("multiplier", "rate", required=True),
            Setting("tiers", "names"),
        ),
        "activity": (
            Setting("kind", "word", words=tuple(programme.KINDS), required=True),
            Setting("points", "whole", required=True),
            Setting("times", "whole"),
            _word("per", wallets.CapPeriod),
            _days("days"),
        ),
        "referral": (
            Setting("referrer", "whole"),
            Setting("referred", "whole"),
            _days("within_days", "within"),
            Setting("least", "amount"),
            _days("waiting_days", "days"),
            Setting("flagged", "word", words=("refuse", "wait")),
        ),
        "reward": (
            Setting("id", "text", required=True),
            _word("kind", programme.RewardKind),
            Setting("points", "whole", required=True),
            Setting("stock", "whole"),
            Setting("each", "whole"),
            Setting("cost", "amount"),
            Setting("tiers", "names"),
        ),
        "wallet": (Setting("name", "key", required=True), Setting("qualifying", "switch")),
    }
)
"""Settings by section, as the file names both; sections below others and lists are not among them."""

OF_A_WALLET: Final[tuple[str, ...]] = ("earn", "waiting", "expiry", "inactive", "redemption", "refunds")
"""Sections that every wallet has."""


def known(where: str, said: object, words: tuple[str, ...]) -> dict[str, Any]:
    """Give a section if everything in it is known.

    Raises:
        SettingsError: It is no table, or a word in it is unknown; the nearest is named.
    """
    if not isinstance(said, Mapping):
        raise SettingsError(f"{where}: a table was expected, not {said!r}")
    for key in said:
        if key not in words:
            raise SettingsError(f"{where}: unknown setting {key!r}{nearest(str(key), words)}")
    return dict(said)


def names(section: str, *below: str) -> tuple[str, ...]:
    """Give the words that a section knows, and those of the sections below it."""
    return (*(setting.name for setting in SECTIONS[section]), *below)


def read(where: str, said: Mapping[str, Any], section: str, place: Place) -> dict[str, Any]:
    """Read the settings of a section that are given.

    Args:
        where: How the section is called in messages.
        said: The section; what is not a setting of it is passed over.
        section: A key of :data:`SECTIONS`.
        place: The shop.

    Returns:
        Values by the field that each becomes.

    Raises:
        SettingsError: One is missing, or cannot be read.
    """
    values: dict[str, Any] = {}
    for setting in SECTIONS[section]:
        if setting.name in said:
            values[setting.field] = _READERS[setting.kind](f"{where} {setting.name}", said, setting, place)
        elif setting.required:
            raise SettingsError(f"{where} lacks {setting.name!r}")
    return values


def made(where: str, section: str, kind: Callable[..., Any], values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the kind's
    """Make a rule of its values; what it refuses is said by the setting's name in the file."""
    try:
        return kind(**values)
    except SettingsError as error:
        said = str(error)
        for setting in SECTIONS[section]:
            if said.startswith(f"{setting.field} "):
                said = setting.name + said.removeprefix(setting.field)
                break
        raise SettingsError(f"{where} {said}") from error


def _whole(where: str, said: Mapping[str, Any], setting: Setting, _: Place) -> int:
    value = said[setting.name]
    if type(value) is not int:
        raise SettingsError(f"{where} must be a whole number; got {value!r}")
    if value > setting.most:
        raise SettingsError(f"{where} is at most {setting.most}; got {value}")
    return value


def _rate(where: str, said: Mapping[str, Any], setting: Setting, _: Place) -> Fraction:
    value = said[setting.name]
    if not isinstance(value, str) or not _RATE.fullmatch(value):
        raise SettingsError(f'{where} must be an exact number in quotes, as "0.35" or "1/3"; got {value!r}')
    return Fraction(value)


def _amount(where: str, said: Mapping[str, Any], setting: Setting, place: Place) -> int:
    value = said[setting.name]
    if not isinstance(value, str):
        raise SettingsError(f'{where} must be an amount in quotes, as "12.50"; got {value!r}')
    try:
        return parse_amount(value, place.currency)
    except InputError as error:
        raise SettingsError(f"{where}: {error}; got {value!r}") from error


def _one_word(where: str, said: Mapping[str, Any], setting: Setting, _: Place) -> str:
    value = said[setting.name]
    if value not in setting.words:
        near = nearest(value, setting.words) if isinstance(value, str) else ""
        raise SettingsError(f"{where} must be one of {', '.join(setting.words)}; got {value!r}{near}")
    return str(value)


def _switch(where: str, said: Mapping[str, Any], setting: Setting, _: Place) -> bool:
    value = said[setting.name]
    if not isinstance(value, bool):
        raise SettingsError(f"{where} must be true or false; got {value!r}")
    return value


def _names(where: str, said: Mapping[str, Any], setting: Setting, _: Place) -> tuple[str, ...]:
    value = said[setting.name]
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) and name for name in value):
        raise SettingsError(f"{where} must be a list of names; got {value!r}")
    if not value or len(set(value)) < len(value):
        raise SettingsError(f"{where} names each once, and is left out for all; got {value!r}")
    return tuple(value)


def _text(where: str, said: Mapping[str, Any], setting: Setting, _: Place) -> str:
    value = said[setting.name]
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(f"{where} must be text; got {value!r}")
    return value


def _key(where: str, said: Mapping[str, Any], setting: Setting, _: Place) -> str:
    value = said[setting.name]
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise SettingsError(f"{where} must be a word of small letters, digits and _; got {value!r}")
    return value


def _moment(where: str, said: Mapping[str, Any], setting: Setting, place: Place) -> datetime:
    value = said[setting.name]
    if not isinstance(value, date | str):
        raise SettingsError(f"{where} must be a date, as 2025-11-11, or a moment; got {value!r}")
    try:
        moment = instant_of(value, place.zone)
    except (InputError, OverflowError) as error:
        raise SettingsError(f"{where}: {error}") from error
    _in_reach(where, moment)
    return moment


def _day(where: str, said: Mapping[str, Any], setting: Setting, _: Place) -> date:
    value = said[setting.name]
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError as error:
            raise SettingsError(f"{where} must be a date, as 2025-12-31; got {value!r}") from error
    if not isinstance(value, date) or isinstance(value, datetime):
        raise SettingsError(f"{where} must be a date, as 2025-12-31; got {value!r}")
    _in_reach(where, value)
    return value


def _in_reach(where: str, day: date) -> None:
    """Refuse a year that is a slip of the pen."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise SettingsError(f"{where}: the year {day.year} is out of reach ({_FIRST_YEAR} to {_LAST_YEAR})")


_READERS: Final[Mapping[Kind, Callable[[str, Mapping[str, Any], Setting, Place], Any]]] = MappingProxyType(
    {
        "whole": _whole,
        "rate": _rate,
        "amount": _amount,
        "word": _one_word,
        "switch": _switch,
        "names": _names,
        "text": _text,
        "key": _key,
        "moment": _moment,
        "day": _day,
    }
)
