"""Read a segment map that a shop wrote itself."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

from retailcrm.analytics.rfm import RfmSpec
from retailcrm.analytics.rfm_map.maps import Box, Range, Segment, SegmentMap
from retailcrm.domain.labels import Label
from retailcrm.errors import SettingsError

_MAP_KEYS: Final = ("name", "levels", "rfm", "segment")
_SEGMENT_KEYS: Final = ("key", "zh", "en", "advice_zh", "advice_en", "where")
_BOX_KEYS: Final = ("r", "f", "m", "fm")


def map_from_table(table: Mapping[str, Any]) -> SegmentMap:
    """Make a map from the table of a TOML file, with the same proof as our own maps.

    ``levels`` and at least one ``segment`` are needed; each segment has a ``key``, a name in ``zh`` or
    ``en`` (or both), optional ``advice_zh`` and ``advice_en``, and ``where``: boxes of scores, a range
    written ``[low, high]`` or one number, a score that is left out may be anything. ``rfm`` holds the
    settings of :class:`~retailcrm.analytics.rfm.RfmSpec`, if the usual ones are not meant.

    Args:
        table: The parsed file.

    Returns:
        The map.

    Raises:
        SettingsError: Something is missing, unknown or of the wrong kind, or codes belong to no
            segment or to several: all of those are listed.

    Example:
        >>> import tomllib
        >>> mine = tomllib.loads('''
        ... name = "two"
        ... levels = 2
        ... [[segment]]
        ... key = "recent"
        ... zh = "近期"
        ... en = "recent"
        ... where = [{ r = 2 }]
        ... [[segment]]
        ... key = "rest"
        ... en = "the rest"
        ... where = [{ r = 1 }]
        ... ''')
        >>> [str(label.en) for label in map_from_table(mine).labels]
        ['recent', 'the rest']
    """
    _only(table, _MAP_KEYS, "the map")
    levels, segments = table.get("levels"), table.get("segment")
    if type(levels) is not int or not 2 <= levels <= 9:  # noqa: PLR2004 - a score is one digit
        raise SettingsError(f"levels must be a whole number from 2 to 9; got {levels!r}")
    if not isinstance(segments, list) or not segments:
        raise SettingsError("a segment map needs [[segment]] tables")
    chosen = {"spec": RfmSpec.from_dict(_table(table["rfm"], "rfm"))} if "rfm" in table else {}
    return SegmentMap(
        name=_text(table, "name", "the map", "map"),
        levels=levels,
        segments=tuple(_segment(_table(s, f"segment {n}"), n) for n, s in enumerate(segments, 1)),
        **chosen,
    )


def _segment(table: Mapping[str, Any], number: int) -> Segment:
    place = f"segment {table.get('key', number)}"
    _only(table, _SEGMENT_KEYS, place)
    if not (key := _text(table, "key", place)):
        raise SettingsError(f"{place} needs a key")
    if not (label := _label(table, "zh", "en", place)).en:
        raise SettingsError(f"{place} needs a name: zh, en or both")
    boxes = table.get("where")
    if not isinstance(boxes, list) or not boxes:
        raise SettingsError(f"{place} needs where: a list of boxes such as [{{ r = [4, 5], f = 5 }}]")
    return Segment(
        key=key,
        label=label,
        advice=_label(table, "advice_zh", "advice_en", place),
        where=tuple(_box(_table(box, f"{place}, where"), place) for box in boxes),
    )


def _box(table: Mapping[str, Any], place: str) -> Box:
    _only(table, _BOX_KEYS, f"{place}, where")
    return Box(**{name: _range(value, f"{place}, {name}") for name, value in table.items()})


def _range(value: object, place: str) -> Range:
    bounds: list[Any] = value if isinstance(value, list) else [value, value]
    if len(bounds) != 2 or any(type(bound) is not int for bound in bounds):  # noqa: PLR2004 - low and high
        raise SettingsError(f"{place} must be a score or [lowest, highest]; got {value!r}")
    low, high = bounds
    return low, high


def _label(table: Mapping[str, Any], zh: str, en: str, place: str) -> Label:
    """Read a text in one or both languages; one stands in for the other."""
    chinese, english = _text(table, zh, place), _text(table, en, place)
    return Label(chinese or english, english or chinese)


def _text(table: Mapping[str, Any], name: str, place: str, default: str = "") -> str:
    value = table.get(name, default)
    if not isinstance(value, str):
        raise SettingsError(f"{place}: {name} must be text; got {value!r}")
    return value


def _table(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SettingsError(f"{place} must be a table; got {value!r}")
    return value


def _only(table: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    """Refuse keys that nothing reads, with the nearest one that is read."""
    for unknown in (key for key in table if key not in known):
        near = get_close_matches(str(unknown), known, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(known)}"
        raise SettingsError(f"{place}: unknown key {unknown!r}{hint}")
