"""Checks that the settings of a programme share."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    import attrs


def one_of(*words: str) -> Any:  # noqa: ANN401 - attrs validators have no public type
    """Refuse a word that is not on the list, naming the list."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if value not in words:
            raise SettingsError(f"{field.name} must be one of {', '.join(words)}; got {value!r}")

    return check


def at_least(least: int) -> Any:  # noqa: ANN401 - likewise
    """Refuse what is no whole number from ``least`` on; ``None`` passes."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SettingsError(f"{field.name} must be a whole number from {least}; got {value!r}")

    return check


def not_negative(_: object, field: attrs.Attribute[Fraction], value: Fraction) -> None:
    """Refuse a rate that is not exact, or below 0."""
    if not isinstance(value, Fraction):
        raise SettingsError(f"{field.name} is exact: a Fraction, not {value!r}")
    if value < 0:
        raise SettingsError(f"{field.name} is not below 0: {value}")
