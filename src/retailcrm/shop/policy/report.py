"""What the report's figures depend on beside the orders: the policy's section ``[report]``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import attrs

from retailcrm.domain.labels import Label
from retailcrm.errors import SettingsError


def _whole(low: int, high: int | None = None) -> Any:  # noqa: ANN401 - attrs validators have no public type
    """Refuse what is no whole number of a range."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if type(value) is not int or value < low or (high is not None and value > high):
            reach = f"from {low}" if high is None else f"from {low} to {high}"
            raise SettingsError(f"[report] {field.name} must be a whole number {reach}; got {value!r}")

    return check


@attrs.frozen(kw_only=True)
class ReportRule:
    """Limits that the report's figures depend on.

    Attributes:
        least_people: Groups of fewer people show no rates; products with fewer scores are not ranked.
        slow_days: Days without a sale that make a product slow.
        lapsed_days: Days of silence after which a buyer who comes back is reactivated.
        main_percent: Percent of the sales that the main customer groups bring.
        good_from: Percent of full marks that make a review good.
        taste_orders: Orders that a customer needs in both windows before a change of taste is told.

    Raises:
        SettingsError: One is no whole number of its range.
    """

    least_people: int = attrs.field(default=10, validator=_whole(1))
    slow_days: int = attrs.field(default=60, validator=_whole(1))
    lapsed_days: int = attrs.field(default=180, validator=_whole(1))
    main_percent: int = attrs.field(default=80, validator=_whole(1, 100))
    good_from: int = attrs.field(default=80, validator=_whole(1, 100))
    taste_orders: int = attrs.field(default=3, validator=_whole(1))

    @property
    def main_share(self) -> Fraction:
        """What the main groups bring, exactly."""
        return Fraction(self.main_percent, 100)

    def described(self) -> Label:
        """Say all limits in one line."""
        return Label(
            f"不足 {self.least_people} 人的组不显示比率；{self.slow_days} 天未售为滞销；"
            f"沉默 {self.lapsed_days} 天后再购为唤回；主要客户群贡献 {self.main_percent}%；"
            f"评分 {self.good_from}% 起为好评；口味变化需前后各 {self.taste_orders} 单",
            f"no rates of groups below {self.least_people} people; slow after {self.slow_days} days; "
            f"reactivated after {self.lapsed_days} days; main groups bring {self.main_percent} %; "
            f"good reviews from {self.good_from} %; taste from {self.taste_orders} orders in both windows",
        )
