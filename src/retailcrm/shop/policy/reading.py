"""Read a policy out of its TOML file: what is unknown, wrong or never read is an error that says where."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs

from retailcrm.adapters.sources.mapping.reading import nearest
from retailcrm.analytics.activity import FixedDays, OwnInterval
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.rfm import RfmSpec
from retailcrm.analytics.rfm_map import MAPS, SegmentMap, map_from_table
from retailcrm.domain.money import parse_amount
from retailcrm.domain.orders import OrderState
from retailcrm.domain.tiers import ladder_from_table
from retailcrm.errors import InputError, SettingsError
from retailcrm.shop.policy.points import programme_from_table
from retailcrm.shop.policy.report import ReportRule
from retailcrm.shop.policy.rules import (
    DEFAULT_CURRENCY,
    DEFAULT_MAP,
    DEFAULT_REGION,
    DEFAULT_ZONE,
    Policy,
    ValueClassRule,
)

Rule = TypeVar("Rule")

_SECTIONS: Final = (
    *("shop", "counting", "rfm", "segments", "activity", "value_class", "ladder", "points", "report"),
    "customers",
)
_METHODS: Final[Mapping[str, type[FixedDays | OwnInterval]]] = {
    "fixed": FixedDays,
    "own_interval": OwnInterval,
}


def load_policy(path: str | Path) -> Policy:
    """Read a policy from a TOML file.

    Args:
        path: The file; a segment map that it names by file lies beside it.

    Returns:
        The policy; settings left out have their defaults.

    Raises:
        SettingsError: A setting is wrong or unknown; the message says where and what is near.
    """
    path = Path(path)
    table = _toml(path, "policy")
    try:
        return policy_from_table(table, folder=path.parent)
    except SettingsError as error:
        raise SettingsError(f"policy {path}: {error}") from error


def policy_from_table(table: Mapping[str, Any], *, folder: Path | None = None) -> Policy:
    """Build a policy from nested tables, as parsed from TOML; every setting may be left out.

    Args:
        table: Sections ``shop``, ``counting``, ``rfm``, ``segments``, ``activity``, ``value_class``,
            ``ladder``, ``points``, ``report`` and ``customers``.
        folder: Where a segment map named by file lies.

    Returns:
        The policy.

    Raises:
        SettingsError: A setting is wrong or unknown.

    Example:
        >>> policy_from_table({"counting": {"full_refund": "keep"}}).counting.full_refund
        'keep'
    """
    _known(table, "policy", _SECTIONS)
    shop = _known(table.get("shop", {}), "[shop]", ("name", "zone", "currency"))
    for key in shop:
        _check(shop, "[shop]", key, str, "text")
    currency = shop.get("currency", DEFAULT_CURRENCY)
    zone = shop.get("zone", DEFAULT_ZONE)
    # Refuse these two before anything is read by them.
    Policy(zone=zone, currency=currency)
    ladder, points = table.get("ladder"), table.get("points")
    return Policy(
        name=shop.get("name", ""),
        zone=zone,
        currency=currency,
        counting=_counting(table.get("counting", {})),
        segment_map=_segment_map(table.get("segments", {}), folder or Path()),
        rfm=_rfm(table["rfm"]) if "rfm" in table else None,
        activity=_activity(table.get("activity", {})),
        value_class=_value_class(table.get("value_class", {}), currency),
        ladder=None if ladder is None else ladder_from_table(ladder, currency=currency, zone=zone),
        points=None if points is None else programme_from_table(points, currency=currency, zone=zone),
        report=ReportRule(**_known(table.get("report", {}), "[report]", _fields(ReportRule))),
        phone_region=_phone_region(table.get("customers", {})),
    )


def segment_map(said: str, folder: Path) -> SegmentMap:
    """Take a map that ships by its name, or a map of the user's by its file.

    Args:
        said: ``"eleven"``, ``"chinese-8"``, or the name of a TOML file.
        folder: Where the file lies.

    Returns:
        The map.

    Raises:
        SettingsError: There is neither, or the file's map leaves codes out or claims them twice.
    """
    if said in MAPS:
        return MAPS[said]
    path = folder / said
    if not path.is_file():
        raise SettingsError(
            f"no segment map {said!r}: neither one of {', '.join(MAPS)} nor a file{nearest(said, MAPS)}"
        )
    table = _toml(path, "segment map")
    try:
        return map_from_table(table)
    except SettingsError as error:
        raise SettingsError(f"segment map {path}: {error}") from error


def _toml(path: Path, what: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{what} {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{what} {path}: not TOML: {error}") from error


def _segment_map(said: object, folder: Path) -> SegmentMap:
    settings = _known(said, "[segments]", ("map",))
    return segment_map(_check(settings, "[segments]", "map", str, "text", DEFAULT_MAP), folder)


def _counting(said: object) -> CountingPolicy:
    settings = _known(said, "[counting]", _fields(CountingPolicy))
    for key in settings.keys() - {"states"}:
        _check(settings, "[counting]", key, str, "text")
    if "states" in settings:
        words = _check(settings, "[counting]", "states", list, "a list of states")
        names = {state.name.lower(): state for state in OrderState}
        for word in words:
            if word not in names:
                raise SettingsError(f"[counting] states: unknown {word!r}{nearest(str(word), names)}")
        settings["states"] = frozenset(names[word] for word in words)
    return _made("[counting]", CountingPolicy, settings)


def _rfm(said: object) -> RfmSpec:
    settings = _known(said, "[rfm]", _fields(RfmSpec))
    for key in settings:
        if key.endswith("_bands"):
            _check(settings, "[rfm]", key, list, "a list of cut points")
        elif key != "bins":
            _check(settings, "[rfm]", key, str, "text")
    return _made("[rfm]", RfmSpec, settings)


def _activity(said: object) -> FixedDays | OwnInterval:
    table = _known(said, "[activity]", {"method", *_fields(FixedDays), *_fields(OwnInterval)})
    method = _check(table, "[activity]", "method", str, "text", "fixed")
    if method not in _METHODS:
        listed = ", ".join(_METHODS)
        raise SettingsError(
            f"[activity] method must be one of {listed}; got {method!r}{nearest(method, _METHODS)}"
        )
    kind = _METHODS[method]
    settings = _known(said, f"[activity] with method {method}", ["method", *_fields(kind)])
    settings.pop("method", None)
    for key in settings:
        multiple = kind is OwnInterval and key != "weight"
        _check(settings, "[activity]", key, (int, str) if multiple else int, "a whole number")
    return _made("[activity]", kind, settings)


def _value_class(said: object, currency: str) -> ValueClassRule:
    settings = _known(said, "[value_class]", ("least_orders", "least_per_order"))
    if "least_orders" in settings:
        _check(settings, "[value_class]", "least_orders", int, "a whole number")
    if "least_per_order" in settings:
        amount = _check(settings, "[value_class]", "least_per_order", str, 'an amount in quotes, as "200.00"')
        try:
            settings["least_per_order"] = parse_amount(amount, currency)
        except InputError as error:
            raise SettingsError(f"[value_class] least_per_order: {error}") from error
    return ValueClassRule(**settings)


def _phone_region(said: object) -> str:
    settings = _known(said, "[customers]", ("phone_region",))
    return str(_check(settings, "[customers]", "phone_region", str, "text", DEFAULT_REGION))


def _fields(kind: type) -> list[str]:
    return [field.name for field in attrs.fields(kind)]


def _known(said: object, where: str, words: Iterable[str]) -> dict[str, Any]:
    """Give a section if every setting in it is known."""
    if not isinstance(said, Mapping):
        raise SettingsError(f"{where}: a table was expected, not {said!r}")
    for key in said:
        if key not in words:
            raise SettingsError(f"{where}: unknown setting {key!r}{nearest(str(key), words)}")
    return dict(said)


def _check(
    settings: Mapping[str, Any],
    where: str,
    key: str,
    kind: type | tuple[type, ...],
    wanted: str,
    default: str | None = None,
) -> Any:  # noqa: ANN401 - settings are of any type
    """Give a setting of the right type; True is no number to us."""
    value = settings.get(key, default)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise SettingsError(f"{where} {key} must be {wanted}; got {value!r}")
    return value


def _made(where: str, kind: type[Rule], settings: Mapping[str, Any]) -> Rule:
    try:
        return kind(**settings)
    except SettingsError as error:
        raise SettingsError(f"{where} {error}") from error
    except (TypeError, ValueError, ArithmeticError) as error:
        raise SettingsError(f"{where} cannot be read: {error}") from error
