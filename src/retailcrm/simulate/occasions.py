"""What people buy more of before a festival: the truth that figures of festivals try to find."""

from __future__ import annotations

from datetime import date, timedelta
from enum import IntEnum
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.simulate.foods import FIRST_GIFT, FOODS, RETIRED, category_path
from retailcrm.simulate.lunar import LUNAR_NEW_YEARS, MID_AUTUMNS
from retailcrm.simulate.randomness import below

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from retailcrm.simulate.randomness import Ints, Keys


class Occasion(IntEnum):
    """What a day's baskets are filled for."""

    ORDINARY = 0
    SPRING_FESTIVAL = 1
    MID_AUTUMN = 2


WINDOWS: Final[Mapping[Occasion, tuple[int, int]]] = MappingProxyType(
    {Occasion.SPRING_FESTIVAL: (28, 0), Occasion.MID_AUTUMN: (21, 1)}
)
"""Days of an occasion before the festival, and from its day on: before the lunar new year, up to its eve."""

_FESTIVALS: Final = {
    # The window of the new year after the last one begins in the calendar's last days.
    Occasion.SPRING_FESTIVAL: (*LUNAR_NEW_YEARS, date(2031, 1, 23)),
    Occasion.MID_AUTUMN: MID_AUTUMNS,
}

LIFT_PERCENT: Final[Mapping[Occasion, Mapping[str, int]]] = MappingProxyType(
    {
        Occasion.ORDINARY: MappingProxyType({}),
        Occasion.SPRING_FESTIVAL: MappingProxyType({"JG": 220, "LH": 420, "TQ": 170, "HW": 130}),
        Occasion.MID_AUTUMN: MappingProxyType({"GD": 240, "LH": 260}),
    }
)
"""How much more weight the foods of a category (by the letters of their codes) have, percent."""

_UNIT: Final = 10
"""Weights are kept in tenths, so that lifted ones stay whole."""


def occasion_of(day: date) -> Occasion:
    """Say what a day's baskets are filled for.

    Example:
        >>> occasion_of(date(2024, 2, 9)).name, occasion_of(date(2024, 2, 10)).name
        ('SPRING_FESTIVAL', 'ORDINARY')
    """
    for occasion, festivals in _FESTIVALS.items():
        before, after = (timedelta(days) for days in WINDOWS[occasion])
        if any(festival - before <= day < festival + after for festival in festivals):
            return occasion
    return Occasion.ORDINARY


@cache
def demand_weights(occasion: Occasion, *, late: bool = False) -> tuple[int, ...]:
    """Weigh what is sold on an occasion.

    Args:
        occasion: What the baskets are filled for.
        late: Whether the retired foods have given way to their successors.

    Returns:
        A weight for each of :data:`FOODS` that is no gift, tenths.
    """
    lift = LIFT_PERCENT[occasion]
    weights = [food.weight * lift.get(food.shelf, 100) * _UNIT // 100 for food in FOODS[:FIRST_GIFT]]
    if late:
        place = {food.code: i for i, food in enumerate(FOODS)}
        for code, successor in RETIRED.items():
            weights[place[successor]] += weights[place[code]]
            weights[place[code]] = 0
    return tuple(weights)


def line_share(occasion: Occasion) -> dict[str, Fraction]:
    """Give the true share of each category in the lines that are paid for.

    Args:
        occasion: What the baskets are filled for.

    Returns:
        The expected share by category path; they sum to 1.

    Example:
        >>> ordinary, before = line_share(Occasion.ORDINARY), line_share(Occasion.SPRING_FESTIVAL)
        >>> round(float(before["食品/年货礼盒"] / ordinary["食品/年货礼盒"]), 2)
        2.97
    """
    return _shares(demand_weights(occasion))


def sales_share(occasion: Occasion, *, late: bool = False) -> dict[str, Fraction]:
    """Give the true share of each category in sales before discounts.

    Args:
        occasion: What the baskets are filled for.
        late: Whether the retired foods have given way to their successors.

    Returns:
        The expected share by category path; they sum to 1.
    """
    weights = demand_weights(occasion, late=late)
    return _shares([weight * food.price for weight, food in zip(weights, FOODS, strict=False)])


def _shares(weights: tuple[int, ...] | list[int]) -> dict[str, Fraction]:
    """Add weights up by category."""
    total, shares = sum(weights), dict[str, Fraction]()
    for weight, food in zip(weights, FOODS, strict=False):
        path = category_path(food)
        shares[path] = shares.get(path, Fraction()) + Fraction(weight, total)
    return shares


@attrs.frozen(eq=False)
class Demand:
    """Weighted choices of a food, one table an occasion, laid end to end.

    Attributes:
        foods: The food of each unit of weight; ``int32``.
        starts: Where each occasion's table begins; shape ``(n_occasions,)``.
        sizes: How long it is.
    """

    foods: NDArray[np.int32]
    starts: Ints
    sizes: Ints

    def pick(self, bits: Keys, occasion: NDArray[np.int8]) -> NDArray[np.int32]:
        """Choose a food for each draw."""
        chosen: NDArray[np.int32] = self.foods[self.starts[occasion] + below(bits, self.sizes[occasion])]
        return chosen


@cache
def demand() -> Demand:
    """Lay out what is chosen on each occasion, before successors take the place of retired foods."""
    weights = [np.array(demand_weights(occasion), np.int64) for occasion in Occasion]
    tables = [np.repeat(np.arange(FIRST_GIFT, dtype=np.int32), weight) for weight in weights]
    sizes = np.array([len(table) for table in tables], np.int64)
    return Demand(np.concatenate(tables), np.cumsum(sizes) - sizes, sizes)


@cache
def successors() -> Ints:
    """Give the food that is sold in the place of each once the retired ones are gone; -1 stays -1."""
    place = {food.code: i for i, food in enumerate(FOODS)}
    sold = [place[RETIRED.get(food.code, food.code)] for food in FOODS]
    return np.array([*sold, -1], np.int64)
