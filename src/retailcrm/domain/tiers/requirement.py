"""What a customer must reach to enter or to keep a tier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import attrs

from retailcrm.errors import SettingsError

Combine = Literal["any", "all"]

SPEND: Final = "spend"
ORDERS: Final = "orders"

Pairs = Mapping[str, int] | Iterable[tuple[str, int]]


def sorted_pairs(value: Pairs) -> tuple[tuple[str, int], ...]:
    """Freeze a mapping of metric names to whole numbers.

    Args:
        value: A mapping, or its pairs.

    Returns:
        The pairs in the order of their names: equal whatever the order given, and hashable.
    """
    return tuple(sorted(value.items() if isinstance(value, Mapping) else value))


def is_whole(value: object) -> bool:
    """Tell whole numbers from everything that only passes for one (``True``, ``3.0``)."""
    return isinstance(value, int) and not isinstance(value, bool)


@attrs.frozen(kw_only=True)
class Requirement:
    """Thresholds, of which one is enough or all are needed; reaching one exactly is enough.

    Attributes:
        spend: Least net spend, minor units; ``None``: spend does not matter.
        orders: Least number of orders; ``None``: orders do not matter.
        metrics: Least values of metrics from plug-ins, by name.
        combine: ``"any"``: one threshold is enough. ``"all"``: every one is needed.

    Raises:
        SettingsError: A threshold is not a whole number of at least 0, or ``combine`` is unknown.

    Example:
        >>> gold = Requirement(spend=300000, orders=10)
        >>> gold.met_by({"spend": 300000, "orders": 1}), gold.missing({"spend": 268800, "orders": 8})
        (True, (('spend', 31200), ('orders', 2)))
    """

    spend: int | None = None
    orders: int | None = None
    metrics: tuple[tuple[str, int], ...] = attrs.field(default=(), converter=sorted_pairs)
    combine: Combine = attrs.field(default="any")
    bounds: tuple[tuple[str, int], ...] = attrs.field(init=False, repr=False, eq=False)

    @bounds.default
    def _all_bounds(self) -> tuple[tuple[str, int], ...]:
        own = ((SPEND, self.spend), (ORDERS, self.orders))
        return (*((name, bound) for name, bound in own if bound is not None), *self.metrics)

    @combine.validator
    def _known(self, _: attrs.Attribute[Any], value: str) -> None:
        if value not in ("any", "all"):
            raise SettingsError(f"combine is 'any' or 'all', not {value!r}")

    @bounds.validator
    def _whole(self, _: attrs.Attribute[Any], value: tuple[tuple[str, int], ...]) -> None:
        for name, bound in value:
            if not is_whole(bound) or bound < 0:
                raise SettingsError(f"{name} asks for {bound!r}; a threshold is a whole number, 0 or more")

    @property
    def ways(self) -> tuple[dict[str, int], ...]:
        """The ways to meet it: one for each threshold, or one that takes them all."""
        if self.combine == "all" or not self.bounds:
            return (dict(self.bounds),)
        return tuple({name: bound} for name, bound in self.bounds)

    def met_by(self, values: Mapping[str, int]) -> bool:
        """Tell whether measured values meet it.

        Args:
            values: ``spend`` in minor units, ``orders``, and metrics by name.

        Returns:
            True if they do; a requirement without thresholds is always met.
        """
        if not self.bounds:
            return True
        met = (values[name] >= bound for name, bound in self.bounds)
        return any(met) if self.combine == "any" else all(met)

    def missing(self, values: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
        """Say how far measured values are from it.

        Args:
            values: ``spend`` in minor units, ``orders``, and metrics by name.

        Returns:
            What is missing of each threshold not reached yet; empty if the requirement is met.
        """
        if self.met_by(values):
            return ()
        return tuple((name, bound - values[name]) for name, bound in self.bounds if values[name] < bound)

    def beyond(self, lower: Requirement, *, strictly: bool = True) -> bool:
        """Tell whether nobody can meet this without passing a lower requirement.

        Args:
            lower: The requirement of the tier below.
            strictly: Whether reaching the same value is not enough.

        Returns:
            True if each way to meet this one passes some way to meet the lower one.
        """
        least = 1 if strictly else 0
        return all(
            any(
                all(way.get(name, -1) >= bound + least for name, bound in low.items() if bound)
                for low in lower.ways
            )
            for way in self.ways
        )
