"""The shop's policy: one TOML file (or object) with every rule that a figure depends on."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from retailcrm.adapters.sources.mapping import nearest
from retailcrm.analytics.activity import FixedDays, OwnInterval
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.rfm import RfmSpec
from retailcrm.analytics.rfm_map import MAPS, SegmentMap, map_from_table
from retailcrm.domain.labels import Label
from retailcrm.domain.money import exponent, parse_amount
from retailcrm.domain.orders import OrderState
from retailcrm.domain.tiers import Ladder, ladder_from_table
from retailcrm.errors import InputError, SettingsError

DEFAULT_ZONE: Final = "Asia/Shanghai"
DEFAULT_CURRENCY: Final = "CNY"
DEFAULT_MAP: Final = "eleven"
_SECTIONS: Final = ("shop", "counting", "rfm", "segments", "activity", "value_class", "ladder")


@attrs.frozen(kw_only=True)
class ValueClassRule:
    """Where "frequent" and "large per order" begin; ``None`` for the median customer.

    Attributes:
        least_orders: Fewest orders that are frequent.
        least_per_order: Least net spend per order that is large, minor units.
    """

    least_orders: int | None = None
    least_per_order: int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse half a rule."""
        if (self.least_orders is None) != (self.least_per_order is None):
            raise SettingsError("[value_class]: give both least_orders and least_per_order, or neither")


@attrs.frozen(kw_only=True)
class Policy:
    """Every rule of the shop that a figure depends on. Each has a default, and the defaults are printed.

    Attributes:
        name: The shop's name, for the report.
        zone: IANA zone of days and months.
        currency: ISO 4217 code of all amounts.
        counting: Which orders and refunds count, and when.
        segment_map: The map of RFM segments.
        rfm: How R, F and M are scored; ``None`` takes what the map is drawn for.
        activity: When a customer is active, sleeping or lost.
        value_class: Where the value classes are cut.
        ladder: The membership tiers; ``None`` leaves the tier column empty.
    """

    name: str = ""
    zone: str = DEFAULT_ZONE
    currency: str = DEFAULT_CURRENCY
    counting: CountingPolicy = CountingPolicy()
    segment_map: SegmentMap = MAPS[DEFAULT_MAP]
    rfm: RfmSpec | None = None
    activity: FixedDays | OwnInterval = FixedDays()
    value_class: ValueClassRule = ValueClassRule()
    ladder: Ladder | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse rules that do not fit together."""
        check_zone(self.zone)
        exponent(self.currency)
        if self.ladder is not None and self.ladder.currency != self.currency:
            raise SettingsError(
                f"the ladder is in {self.ladder.currency}, but the shop's amounts are in {self.currency}"
            )
        if self.scoring.bins != self.segment_map.levels:
            raise SettingsError(
                f"map {self.segment_map.name} needs {self.segment_map.levels} score levels, [rfm] gives {self.scoring.bins}"
            )

    @property
    def scoring(self) -> RfmSpec:
        """How R, F and M are scored."""
        return self.rfm or self.segment_map.spec

    def to_dict(self) -> dict[str, Any]:
        """Give every rule as plain values, defaults included."""
        activity = attrs.asdict(self.activity)
        return {
            "shop": {"name": self.name, "zone": self.zone, "currency": self.currency},
            "counting": {
                "clock": self.counting.clock,
                "full_refund": self.counting.full_refund,
                "undated_refund": self.counting.undated_refund,
                "states": [state.name.lower() for state in sorted(self.counting.states)],
            },
            "rfm": self.scoring.to_dict(),
            "segments": {"map": self.segment_map.name, "cells": self.segment_map.cells.ravel().tolist()},
            "activity": {
                "method": "fixed" if isinstance(self.activity, FixedDays) else "own_interval",
                **{name: value if isinstance(value, int) else str(value) for name, value in activity.items()},
            },
            "value_class": attrs.asdict(self.value_class),
            "ladder": None
            if self.ladder is None
            else json.loads(json.dumps(attrs.asdict(self.ladder), default=str)),
        }

    @property
    def digest(self) -> str:
        """First 12 hexadecimal digits of the SHA-256 of all rules: equal rules, equal digest."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()[:12]

    def lines(self) -> tuple[tuple[Label, Label], ...]:
        """Say the rules in words, for the report and the command line."""
        counting = self.counting
        spec = self.scoring
        ladder = "、".join(t.label.zh for t in self.ladder.tiers) if self.ladder else "无"
        ladder_en = ", ".join(t.label.en for t in self.ladder.tiers) if self.ladder else "none"
        scoring = f"{spec.method}, {spec.bins} levels, F = {spec.frequency}, M = {spec.money}"
        activity = self.to_dict()["activity"]
        return (
            (Label("时区", "Zone"), Label(self.zone, self.zone)),
            (Label("币种", "Currency"), Label(self.currency, self.currency)),
            (Label("购买时间", "Purchase time"), _CLOCKS[counting.clock]),
            (Label("全额退款订单", "Orders refunded in full"), _FULL_REFUNDS[counting.full_refund]),
            (Label("未注明日期的退款", "Refunds without a date"), _UNDATED[counting.undated_refund]),
            (Label("RFM 评分", "RFM scoring"), Label(scoring, scoring)),
            (Label("客户分群", "Segment map"), Label(self.segment_map.name, self.segment_map.name)),
            (Label("活跃度", "Activity"), Label(_pairs(activity), _pairs(activity))),
            (Label("会员等级", "Tiers"), Label(ladder, ladder_en)),
            (Label("规则指纹", "Policy digest"), Label(self.digest, self.digest)),
        )


_CLOCKS: Final = {
    "paid": Label("付款时间（缺失时用下单时间）", "payment (placing the order where unknown)"),
    "placed": Label("下单时间（缺失时用付款时间）", "placing the order (payment where unknown)"),
}
_FULL_REFUNDS: Final = {
    "drop": Label("不计为购买", "do not count as purchases"),
    "keep": Label("计为净额为零的购买", "count as purchases of net zero"),
}
_UNDATED: Final = {
    "order_date": Label("计入订单日期", "take effect with their order"),
    "first_seen": Label("计入首次出现该退款的导出时间", "take effect when an export first showed them"),
}


def _pairs(table: Mapping[str, object]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in table.items())


def load_policy(path: Path) -> Policy:
    """Read a policy from a TOML file.

    Raises:
        SettingsError: A setting is wrong or unknown; the message says where and what is near.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"policy {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"policy {path}: not TOML: {error}") from error
    try:
        return policy_from_table(table, folder=path.parent)
    except SettingsError as error:
        raise SettingsError(f"policy {path}: {error}") from error


def policy_from_table(table: Mapping[str, Any], *, folder: Path | None = None) -> Policy:
    """Build a policy from nested tables, as parsed from TOML; every setting may be left out.

    Args:
        table: Sections ``shop``, ``counting``, ``rfm``, ``segments``, ``activity``, ``value_class``
            and ``ladder``.
        folder: Where a segment map named by file lies.

    Raises:
        SettingsError: A setting is wrong or unknown.

    Example:
        >>> policy_from_table({"counting": {"full_refund": "keep"}}).counting.full_refund
        'keep'
    """
    _known(table, "policy", _SECTIONS)
    shop = _known(table.get("shop", {}), "[shop]", ("name", "zone", "currency"))
    zone, currency = shop.get("zone", DEFAULT_ZONE), shop.get("currency", DEFAULT_CURRENCY)
    check_zone(zone)
    ladder = table.get("ladder")
    return Policy(
        name=shop.get("name", ""),
        zone=zone,
        currency=currency,
        counting=_counting(table.get("counting", {})),
        segment_map=_segment_map(table.get("segments", {}), folder or Path()),
        rfm=RfmSpec.from_dict(table["rfm"]) if "rfm" in table else None,
        activity=_activity(table.get("activity", {})),
        value_class=_value_class(table.get("value_class", {}), currency),
        ladder=None if ladder is None else ladder_from_table(ladder, currency=currency, zone=zone),
    )


def check_zone(zone: str) -> None:
    """Refuse a zone that does not exist.

    Raises:
        SettingsError: It does not.
    """
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(f"no such time zone: {zone!r}; write it like Asia/Shanghai") from error


def segment_map(said: str, folder: Path) -> SegmentMap:
    """Take a map that ships by its name, or a map of the user's by its file.

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
    try:
        return map_from_table(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"segment map {path}: not TOML: {error}") from error


def _segment_map(said: Mapping[str, Any], folder: Path) -> SegmentMap:
    return segment_map(_known(said, "[segments]", ("map",)).get("map", DEFAULT_MAP), folder)


def _counting(said: Mapping[str, Any]) -> CountingPolicy:
    settings = _known(said, "[counting]", [field.name for field in attrs.fields(CountingPolicy)])
    if "states" in settings:
        names = {state.name.lower(): state for state in OrderState}
        unknown = [word for word in settings["states"] if word not in names]
        if unknown:
            raise SettingsError(f"[counting] states: unknown {', '.join(unknown)}; known: {', '.join(names)}")
        settings["states"] = frozenset(names[word] for word in settings["states"])
    return CountingPolicy(**settings)


def _activity(said: Mapping[str, Any]) -> FixedDays | OwnInterval:
    methods: dict[str, type[FixedDays | OwnInterval]] = {"fixed": FixedDays, "own_interval": OwnInterval}
    method = said.get("method", "fixed")
    if method not in methods:
        raise SettingsError(f"[activity] method must be one of {', '.join(methods)}; got {method!r}")
    kind = methods[method]
    settings = _known(said, "[activity]", ["method", *(field.name for field in attrs.fields(kind))])
    settings.pop("method", None)
    return kind(**settings)


def _value_class(said: Mapping[str, Any], currency: str) -> ValueClassRule:
    settings = _known(said, "[value_class]", ("least_orders", "least_per_order"))
    if "least_per_order" in settings:
        try:
            settings["least_per_order"] = parse_amount(str(settings["least_per_order"]), currency)
        except InputError as error:
            raise SettingsError(f"[value_class] least_per_order: {error}") from error
    return ValueClassRule(**settings)


def _known(said: Mapping[str, Any], where: str, words: Any) -> dict[str, Any]:  # noqa: ANN401 - any words
    if not isinstance(said, Mapping):
        raise SettingsError(f"{where}: a table was expected")
    for key in said:
        if key not in words:
            raise SettingsError(f"{where}: unknown setting {key!r}{nearest(key, words)}")
    return dict(said)
