"""Single settings of a mapping: known, of the right kind, one of the words there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from retailcrm.adapters.sources.mapping.hints import nearest
from retailcrm.errors import SettingsError

_WORDS: Final = {str: "text", bool: "true or false", int: "a whole number"}


def known_settings(table: Any, where: str, words: Collection[str]) -> dict[str, Any]:  # noqa: ANN401 - as parsed
    """Give the table if every key is known; a setting nobody reads is an error.

    Raises:
        SettingsError: It is no table, or one of its keys is not known.
    """
    if not isinstance(table, Mapping):
        raise SettingsError(f"{where}: a table was expected, not {table!r}")
    for key in table:
        if key not in words:
            raise SettingsError(f"{where}: unknown setting {key!r}{nearest(str(key), words)}")
    return dict(table)


def value_of(table: Mapping[str, Any], key: str, kind: type, where: str, default: Any = ...) -> Any:  # noqa: ANN401
    """Give a setting of the right kind; an empty text is none.

    Raises:
        SettingsError: It is of another kind.
    """
    value = table.get(key, default)
    if value is default:
        return value
    if not isinstance(value, kind) or value == "" or (kind is int and isinstance(value, bool)):
        raise SettingsError(f"{where}: {key} must be {_WORDS[kind]}, not {value!r}")
    return value


def one_of(choices: Mapping[str, Any], word: object, where: str) -> Any:  # noqa: ANN401
    """Give what a word means.

    Raises:
        SettingsError: There is no such word; the nearest is named.
    """
    if not isinstance(word, str) or word not in choices:
        raise SettingsError(
            f"{where}: {word!r} is not one of {', '.join(choices)}{nearest(str(word), choices)}"
        )
    return choices[word]


def zone_of(table: Mapping[str, Any], where: str) -> str | None:
    """Give the time zone that a table names, ``None`` if it does not.

    Raises:
        SettingsError: There is no such zone.
    """
    zone: str | None = value_of(table, "zone", str, where, None)
    try:
        return zone and str(ZoneInfo(zone))
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(f"{where}: no such time zone: {zone!r}") from error
