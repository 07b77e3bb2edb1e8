"""Every rule of the shop that a figure depends on, as one value with a digest."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.analytics.activity import FixedDays, OwnInterval
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.rfm_map import MAPS, SegmentMap
from retailcrm.domain.labels import Label
from retailcrm.domain.money import exponent
from retailcrm.domain.periods import zone_info
from retailcrm.errors import InputError, SettingsError
from retailcrm.shop.policy.points_checks import check_points
from retailcrm.shop.policy.points_words import said_of_points
from retailcrm.shop.policy.report import ReportRule
from retailcrm.shop.policy.words import said_of

if TYPE_CHECKING:
    from retailcrm.analytics.rfm import RfmSpec
    from retailcrm.domain.points.programme import Programme
    from retailcrm.domain.tiers import Ladder

DEFAULT_ZONE: Final = "Asia/Shanghai"
DEFAULT_CURRENCY: Final = "CNY"
DEFAULT_MAP: Final = "eleven"
DEFAULT_REGION: Final = "CN"
_REGION: Final = re.compile("[A-Z]{2}")


@attrs.frozen(kw_only=True)
class ValueClassRule:
    """Where "frequent" and "large per order" begin; ``None`` for the median customer.

    Attributes:
        least_orders: Fewest orders that are frequent, at least 1.
        least_per_order: Least net spend per order that is large, minor units.

    Raises:
        SettingsError: Half a rule, or no whole numbers.
    """

    least_orders: int | None = None
    least_per_order: int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse half a rule."""
        given = [value for value in (self.least_orders, self.least_per_order) if value is not None]
        if len(given) == 1:
            raise SettingsError("[value_class]: give both least_orders and least_per_order, or neither")
        if any(type(value) is not int for value in given) or (given and given[0] < 1):
            raise SettingsError(f"[value_class]: least_orders must be a whole number from 1; got {given}")


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
        points: The points programme; ``None``: the shop has no points.
        report: Limits of the report's figures.
        phone_region: Country (ISO 3166, two letters) of phone numbers without a country code.

    Raises:
        SettingsError: The zone or currency does not exist, or rules do not fit together.

    Example:
        >>> Policy().scoring.method, Policy(currency="USD").digest == Policy().digest
        ('quantile', False)
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
    points: Programme | None = None
    report: ReportRule = ReportRule()
    phone_region: str = DEFAULT_REGION

    def __attrs_post_init__(self) -> None:
        """Refuse rules that do not fit together."""
        zone_info(self.zone)
        try:
            exponent(self.currency)
        except InputError as error:
            raise SettingsError(str(error)) from error
        if not _REGION.fullmatch(self.phone_region):
            raise SettingsError(
                f"[customers] phone_region must be two capital letters such as {DEFAULT_REGION!r}; "
                f"got {self.phone_region!r}"
            )
        if self.ladder is not None and self.ladder.currency != self.currency:
            raise SettingsError(
                f"the ladder is in {self.ladder.currency}, but the shop's amounts are in {self.currency}"
            )
        if self.points is not None:
            check_points(self.points, ladder=self.ladder, zone=self.zone)
        if self.scoring.bins != self.segment_map.levels:
            raise SettingsError(
                f"map {self.segment_map.name} needs {self.segment_map.levels} score levels, "
                f"[rfm] gives {self.scoring.bins}"
            )

    @property
    def scoring(self) -> RfmSpec:
        """How R, F and M are scored."""
        return self.rfm or self.segment_map.spec

    def to_dict(self) -> dict[str, Any]:
        """Give every rule as plain values, defaults included."""
        activity = attrs.asdict(self.activity)
        # Rates are exact fractions, and moments instants: JSON has no word for either.
        ladder, points = (
            None if rule is None else json.loads(json.dumps(attrs.asdict(rule), default=str))
            for rule in (self.ladder, self.points)
        )
        return {
            "shop": {"name": self.name, "zone": self.zone, "currency": self.currency},
            "counting": {
                "clock": self.counting.clock,
                "full_refund": self.counting.full_refund,
                "undated_refund": self.counting.undated_refund,
                "states": [state.name.lower() for state in sorted(self.counting.states)],
            },
            "rfm": self.scoring.to_dict(),
            "segments": {
                "map": self.segment_map.name,
                "keys": self.segment_map.keys.tolist(),
                "cells": self.segment_map.cells.ravel().tolist(),
            },
            "activity": {
                "method": "fixed" if isinstance(self.activity, FixedDays) else "own_interval",
                **{name: value if isinstance(value, int) else str(value) for name, value in activity.items()},
            },
            "value_class": attrs.asdict(self.value_class),
            "customers": {"phone_region": self.phone_region},
            "ladder": ladder,
            "points": points,
            "report": attrs.asdict(self.report),
        }

    @cached_property
    def digest(self) -> str:
        """First 12 hexadecimal digits of the SHA-256 of all rules: equal rules, equal digest.

        Names and labels are no rules: they change no figure.
        """
        rules = self.to_dict()
        del rules["shop"]["name"], rules["segments"]["map"]
        if rules["points"] is None:
            # A shop without points keeps the digest that it had before there were any.
            del rules["points"]
        written = json.dumps(_unlabelled(rules), sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()[:12]

    def lines(self) -> tuple[tuple[Label, Label], ...]:
        """Say the rules in words, defaults included, for the report and the command line."""
        rules = said_of(
            self.counting, self.scoring, self.activity,
            (self.value_class.least_orders, self.value_class.least_per_order), self.ladder, self.currency,
        )  # fmt: skip
        return (
            (Label("时区", "Zone"), Label(self.zone, self.zone)),
            (Label("币种", "Currency"), Label(self.currency, self.currency)),
            (Label("客户分群", "Segment map"), Label(self.segment_map.name, self.segment_map.name)),
            *rules,
            *said_of_points(self.points, self.currency, self.zone),
            (Label("电话号码所属国家", "Phone numbers of"), Label(self.phone_region, self.phone_region)),
            (Label("报告设置", "Report"), self.report.described()),
            (Label("规则指纹", "Policy digest"), Label(self.digest, self.digest)),
        )


def _unlabelled(rules: Any) -> Any:  # noqa: ANN401 - plain values of any shape
    if isinstance(rules, dict):
        return {key: _unlabelled(value) for key, value in rules.items() if key != "label"}
    return [_unlabelled(value) for value in rules] if isinstance(rules, list) else rules
