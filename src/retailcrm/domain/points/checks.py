"""Checks that the settings of a programme share."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    import attrs

MOST_POINTS: Final = 10**15
"""Points of one command at most: sums of any number of accounts fit into the columns of the figures."""

MOST_SET: Final = 10**12
"""Points in one setting at most."""


def one_of(*words: str) -> Any:  # noqa: ANN401 - attrs validators have no public type
    """Refuse a word that is not on the list, naming the list."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if value not in words:
            raise SettingsError(f"{field.name} must be one of {', '.join(words)}; got {value!r}")

    return check


def at_least(least: int, most: int | None = None) -> Any:  # noqa: ANN401 - likewise
    """Refuse what is no whole number from ``least`` on, up to ``most`` if given; ``None`` passes."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SettingsError(f"{field.name} must be a whole number from {least}; got {value!r}")
        if most is not None and value > most:
            raise SettingsError(f"{field.name} is at most {most}; got {value}")

    return check


def not_negative(_: object, field: attrs.Attribute[Fraction], value: Fraction) -> None:
    """Refuse a rate that is not exact, or below 0."""
    if not isinstance(value, Fraction):
        raise SettingsError(f"{field.name} is exact: a Fraction, not {value!r}")
    if value < 0:
        raise SettingsError(f"{field.name} is not below 0: {value}")
