"""A ladder out of the ``[ladder]`` table of a policy file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from retailcrm.domain.labels import Label
from retailcrm.domain.money import parse_amount
from retailcrm.domain.tiers.checks import unknown
from retailcrm.domain.tiers.ladder import Benefits, Hold, Ladder, Metric, Tier, Window
from retailcrm.domain.tiers.requirement import ORDERS, SPEND, Requirement
from retailcrm.errors import InputError, SettingsError

Table = Mapping[str, Any]

_LADDER: Final = (
    "currency",
    "window",
    "window_months",
    "period",
    "hold",
    "hold_months",
    "drop",
    "grace",
    "qualify_at",
    "return_window_days",
    "metrics",
    "tiers",
)
_TIER: Final = ("name", "label_zh", "label_en", "enter", "keep", "discount", "points_multiplier", "perks")
_METRIC: Final = ("name", "label_zh", "label_en")
_MONTHS: Final = re.compile("P([0-9]{1,3})M")


def ladder_from_table(table: Table, *, currency: str, zone: str) -> Ladder:
    """Build a ladder from the parsed ``[ladder]`` table of a policy file.

    Args:
        table: ``currency``, ``window`` (with ``window_months`` or ``period``), ``hold`` (or
            ``hold_months``), ``drop``, ``grace`` (such as ``"P1M"``), ``qualify_at``,
            ``return_window_days``, ``metrics`` and ``tiers``. A tier has ``name``, ``label_zh``,
            ``label_en``, ``enter``, ``keep``, ``discount``, ``points_multiplier`` and ``perks``; a
            requirement has ``spend`` (in quotes, as ``"3000.00"``), ``orders``, metrics by name, and
            ``combine`` where there are several. A calendar window is held to the end of the next
            period unless told otherwise.
        currency: ISO 4217 code of the shop's amounts, which the table's must equal.
        zone: IANA zone of the shop.

    Returns:
        The ladder.

    Raises:
        SettingsError: A field is unknown (the message suggests the nearest), missing, of the wrong
            type or never read, or the rules contradict each other.

    Example:
        >>> table = {"currency": "CNY", "window": "calendar", "period": "year", "tiers": [
        ...     {"name": "member", "label_zh": "普通会员"},
        ...     {"name": "gold", "label_zh": "金卡", "label_en": "Gold", "enter": {"spend": "3000.00"}}]}
        >>> ladder_from_table(table, currency="CNY", zone="Asia/Shanghai").tiers[1].enter.spend
        300000
    """
    _check_fields("ladder", table, _LADDER, required=("currency", "window", "tiers"))
    if table["currency"] != currency:
        raise SettingsError(f"the ladder is in {table['currency']}, but the shop's amounts are in {currency}")
    hold = _hold(table)
    if hold.kind == "forever" and "drop" in table:
        raise SettingsError("ladder: a tier held forever is never dropped: drop would not be read")
    names = ("drop", "qualify_at", "return_window_days")
    metrics = tuple(_metric(entry) for entry in _tables("ladder.metrics", table.get("metrics", [])))
    return Ladder(
        currency=currency,
        zone=zone,
        tiers=tuple(_tier(entry, currency, metrics) for entry in _tables("ladder.tiers", table["tiers"])),
        window=Window(_text(table, "window"), months=table.get("window_months"), period=table.get("period")),  # type: ignore[arg-type]  # checked there
        hold=hold,
        grace_months=_grace(table.get("grace", "P0M")),
        metrics=metrics,
        **{name: table[name] for name in names if name in table},
    )


def _check_fields(where: str, table: object, known: Collection[str], required: Collection[str] = ()) -> None:
    if not isinstance(table, Mapping):
        raise SettingsError(f"{where} must be a table, not {table!r}")
    for name in table:
        if name not in known:
            raise unknown(f"field in {where}:", str(name), known)
    for name in required:
        if name not in table:
            raise SettingsError(f"{where} lacks {name!r}")


def _tables(where: str, entries: object) -> list[Table]:
    if not isinstance(entries, list | tuple):
        raise SettingsError(f"{where} must be an array of tables, written [[{where}]]")
    return list(entries)


def _text(table: Table, name: str) -> str:
    if not isinstance(table[name], str):
        raise SettingsError(f"{name} must be text, not {table[name]!r}")
    return str(table[name])


def _hold(table: Table) -> Hold:
    """Read the hold; only a calendar window says by itself how long one is."""
    if "hold" in table and "hold_months" in table:
        raise SettingsError("ladder: give hold or hold_months, not both")
    if "hold_months" in table:
        return Hold("months", months=table["hold_months"])
    if "hold" in table:
        return Hold(_text(table, "hold"))  # type: ignore[arg-type]  # checked there
    if table["window"] != "calendar":
        raise SettingsError(f'ladder: a window {table["window"]!r} needs hold_months, or hold = "forever"')
    return Hold("next_period")


def _grace(value: object) -> int:
    found = _MONTHS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise SettingsError(f'ladder: grace is a number of months such as "P3M", not {value!r}')
    return int(found[1])


def _label(where: str, table: Table) -> Label:
    """Read what customers read; a missing language takes the other's word, and at last the name."""
    zh, en = (table.get(f"label_{lang}") for lang in ("zh", "en"))
    for text in (zh, en):
        if text is not None and (not isinstance(text, str) or not text):
            raise SettingsError(f"{where}: a label must be text, not {text!r}")
    return Label(str(zh or en or table["name"]), str(en or zh or table["name"]))


def _metric(table: Table) -> Metric:
    _check_fields("ladder.metrics", table, _METRIC, required=("name",))
    name = _text(table, "name")
    return Metric(name, _label(f"metric {name!r}", table))


def _tier(table: Table, currency: str, metrics: tuple[Metric, ...]) -> Tier:
    _check_fields("ladder.tiers", table, _TIER, required=("name",))
    name = _text(table, "name")
    where = f"tier {name!r}"
    benefits = {key: table[key] for key in ("discount", "points_multiplier", "perks") if key in table}
    keep = table.get("keep")
    try:
        return Tier(
            name=name,
            label=_label(where, table),
            enter=_requirement(f"{where}: enter", table.get("enter", {}), currency, metrics),
            keep=None if keep is None else _requirement(f"{where}: keep", keep, currency, metrics),
            benefits=Benefits(**_checked_perks(benefits)),
        )
    except SettingsError as error:
        raise SettingsError(str(error) if str(error).startswith(where) else f"{where}: {error}") from None


def _checked_perks(benefits: dict[str, Any]) -> dict[str, Any]:
    perks = benefits.get("perks", [])
    if not isinstance(perks, list | tuple) or not all(isinstance(perk, str) for perk in perks):
        raise SettingsError(f"perks must be a list of names, not {perks!r}")
    return {**benefits, "perks": tuple(perks)}


def _requirement(where: str, table: object, currency: str, metrics: tuple[Metric, ...]) -> Requirement:
    declared = [metric.name for metric in metrics]
    _check_fields(where, table, (SPEND, ORDERS, *declared, "combine"))
    fields: dict[str, Any] = dict(table)  # type: ignore[call-overload]  # a mapping, as just checked
    if ("combine" in fields) != (len(fields) - ("combine" in fields) > 1):
        raise SettingsError(
            f'{where} needs combine = "any" or "all" if it has several thresholds, and only then'
        )
    if SPEND in fields:
        fields[SPEND] = _amount(where, fields[SPEND], currency)
    own = {name: fields[name] for name in (SPEND, ORDERS, "combine") if name in fields}
    return Requirement(**own, metrics={name: fields[name] for name in declared if name in fields})


def _amount(where: str, value: object, currency: str) -> int:
    if not isinstance(value, str):
        raise SettingsError(f'{where}: write the amount {value!r} in quotes, as "{value}"')
    try:
        return parse_amount(value, currency)
    except InputError as error:
        raise SettingsError(f"{where}: spend {value!r} is {error}") from None
