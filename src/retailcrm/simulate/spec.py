"""What kind of shop to simulate."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import attrs
import numpy as np

from retailcrm.errors import SettingsError
from retailcrm.simulate.lunar import LUNAR_NEW_YEARS

MOST_CUSTOMERS: Final = 16_000_000
MOST_ORDERS: Final = 50_000_000
MOST_MONTHS: Final = 60
_PER_MILLE: Final = 1000


def _whole(low: int, high: int) -> Any:  # noqa: ANN401 - attrs validators have no public type
    """Accept whole numbers of a range, and nothing that merely looks like one."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise SettingsError(f"{field.name} must be a whole number from {low} to {high}, got {value!r}")

    return check


def _whole_or_none(low: int, high: int) -> Any:  # noqa: ANN401
    """Accept ``None`` as well."""
    return attrs.validators.optional(_whole(low, high))


def _is_mix(_: object, __: attrs.Attribute[Any], value: object) -> None:
    """Refuse what is no mix."""
    if not isinstance(value, CustomerMix):
        raise SettingsError(f"mix must be a CustomerMix, got {value!r}")


def _first_of_month(_: object, __: attrs.Attribute[Any], value: object) -> None:
    """Refuse what the festival calendar does not cover."""
    first, last = LUNAR_NEW_YEARS[0].year, LUNAR_NEW_YEARS[-1].year
    if not isinstance(value, date) or value.day != 1 or not first <= value.year <= last:
        raise SettingsError(f"start must be the first day of a month from {first} to {last}, got {value!r}")


@attrs.frozen(kw_only=True)
class CustomerMix:
    """How many of 1000 customers are of each kind.

    Attributes:
        one_timers: Order once.
        regulars: Keep coming back at an interval of their own.
        lapsed: Came back for a while, then stopped.
        big_spenders: Come often and fill the basket.

    Raises:
        SettingsError: The four do not sum to 1000.
    """

    one_timers: int = attrs.field(default=540, validator=_whole(0, _PER_MILLE))
    regulars: int = attrs.field(default=220, validator=_whole(0, _PER_MILLE))
    lapsed: int = attrs.field(default=200, validator=_whole(0, _PER_MILLE))
    big_spenders: int = attrs.field(default=40, validator=_whole(0, _PER_MILLE))

    def __attrs_post_init__(self) -> None:
        """Check the sum."""
        total = sum(self.weights)
        if total != _PER_MILLE:
            raise SettingsError(f"a customer mix must sum to {_PER_MILLE}, got {total}: {self}")

    @property
    def weights(self) -> tuple[int, int, int, int]:
        """The four shares in the order of :class:`retailcrm.simulate.CustomerKind`."""
        return self.one_timers, self.regulars, self.lapsed, self.big_spenders


@attrs.frozen(kw_only=True)
class ShopSpec:
    """A shop to simulate; the same spec gives the same bytes.

    Attributes:
        seed: Any whole number from 0 to 2**64 - 1.
        customers: How many people order at least once: exactly so many, or about so many if
            ``orders`` is given too, or as many as it takes if this is ``None``.
        orders: Exactly how many orders are placed; ``None`` if that follows from the customers.
        start: First day, the first of a month, in the shop's zone.
        months: Length of the window.
        mix: Kinds of customers.
        growth_percent: By how much first orders a day grow from the first day to the last.
        member_percent: How many of 100 customers join the member list.
        women_percent: How many of 100 members who tell their gender are women.

    Raises:
        SettingsError: A field is out of its range, or neither customers nor orders is given, or
            there are fewer orders than customers.

    Example:
        >>> ShopSpec(seed=7).end
        datetime.date(2024, 7, 1)
        >>> ShopSpec(seed=7, months=0)
        Traceback (most recent call last):
        retailcrm.errors.SettingsError: months must be a whole number from 1 to 60, got 0
    """

    seed: int = attrs.field(validator=_whole(0, 2**64 - 1))
    customers: int | None = attrs.field(default=5000, validator=_whole_or_none(1, MOST_CUSTOMERS))
    orders: int | None = attrs.field(default=None, validator=_whole_or_none(1, MOST_ORDERS))
    start: date = attrs.field(default=date(2023, 1, 1), validator=_first_of_month)
    months: int = attrs.field(default=18, validator=_whole(1, MOST_MONTHS))
    mix: CustomerMix = attrs.field(factory=CustomerMix, validator=_is_mix)
    growth_percent: int = attrs.field(default=120, validator=_whole(0, 1000))
    member_percent: int = attrs.field(default=70, validator=_whole(0, 100))
    women_percent: int = attrs.field(default=66, validator=_whole(0, 100))

    def __attrs_post_init__(self) -> None:
        """Check what one field alone cannot show."""
        if self.orders is None and self.customers is None:
            raise SettingsError("give customers, or orders, or both")
        if self.orders is not None and self.customers is not None and self.orders < self.customers:
            raise SettingsError(
                f"each of {self.customers} customers orders at least once: orders={self.orders} is too few"
            )
        if self.end > date(LUNAR_NEW_YEARS[-1].year + 1, 1, 1):
            raise SettingsError(
                f"the window ends {self.end}, the festival calendar with {LUNAR_NEW_YEARS[-1].year}"
            )

    @classmethod
    def of_orders(
        cls,
        seed: int,
        orders: int = 10_000_000,
        *,
        customers: int | None = None,
        start: date = date(2023, 1, 1),
        months: int = 18,
    ) -> ShopSpec:
        """Specify a shop by the number of its orders, for benchmarks.

        Args:
            seed: Any whole number from 0 to 2**64 - 1.
            orders: Exactly how many orders are placed.
            customers: About how many people place them; ``None``: a natural number, some 3.4 orders each.
            start: First day, the first of a month.
            months: Length of the window.

        Returns:
            The spec.

        Raises:
            SettingsError: A value is out of its range.
        """
        return cls(seed=seed, orders=orders, customers=customers, start=start, months=months)

    @property
    def end(self) -> date:
        """The day after the window."""
        return self.month_edge(self.months)

    @property
    def days(self) -> int:
        """Length of the window in days."""
        return (self.end - self.start).days

    def month_edge(self, months: int) -> date:
        """Give the first day of the month that many months after the start."""
        edge: date = (np.datetime64(self.start, "M") + months).astype("datetime64[D]").item()
        return edge
