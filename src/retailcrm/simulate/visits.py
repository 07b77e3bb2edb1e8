"""Who orders when: each customer's own rhythm, run through the shopping calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.errors import SettingsError
from retailcrm.simulate.people import CustomerKind, kinds_of
from retailcrm.simulate.randomness import WAIT_UNIT, Choice, Draws, Stream, below, waits
from retailcrm.simulate.season import DAY_SECONDS, NORMAL, hours, season_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from retailcrm.simulate.randomness import Ints, Keys
    from retailcrm.simulate.season import Season
    from retailcrm.simulate.spec import ShopSpec

_CHUNK: Final = 1 << 17
_PILOT: Final = 1 << 13
_NORMAL_DAY: Final = NORMAL * 10
"""Weight of a normal day: the unit in which a customer's clock runs."""

_INTERVALS: Final = (14, 21, 28, 30, 35, 42, 50, 60, 75, 90, 120, 150)
_INTERVAL_WEIGHTS: Final = (3, 5, 8, 10, 10, 10, 11, 12, 11, 10, 6, 4)
_BIG_SPENDER_FACTOR: Final = 60
"""Percent of a regular's interval."""

_STEADINESS: Final = 3
_LEAST_GAP: Final = _NORMAL_DAY // 5
_OLD_CUSTOMERS: Final = 20
"""Percent of returning customers who already knew the shop when the window opens."""

_LAPSE_DAYS: Final = (30, 210)
"""A lapsed customer stays between so many days."""

_HOUR_SECONDS: Final = 3600
_NATURAL: Final = 1000
_PACES: Final = (20, 20_000)
"""Shortest and longest buying intervals that a shop is fitted with, per mille of the natural ones."""


@attrs.frozen(eq=False)
class Visits:
    """Orders before anything is known of them but who and when.

    Attributes:
        customer: Customer of each order; ``int32``, shape ``(n_orders,)``.
        key: What all other draws about the order start from; ``uint64``.
        second: Local seconds from the start of the window; ``int64``.
    """

    customer: NDArray[np.int32]
    key: Keys
    second: Ints


def visits_of(spec: ShopSpec) -> Visits:
    """Let every customer come, and put the orders in order of time.

    Args:
        spec: The shop; with ``orders`` set, customers come until there are enough.

    Returns:
        Orders, earliest first.

    Raises:
        SettingsError: No pace of buying gives that many orders to that many customers.
    """
    parts = list(_chunks(spec))
    second = np.concatenate([part.second for part in parts])[: spec.orders]
    # A stable sort: orders of one second stay in the order of their customers, on any platform.
    rank = np.argsort(second, kind="stable")
    customer = np.concatenate([part.customer for part in parts])[rank]
    key = np.concatenate([part.key for part in parts])[rank]
    return Visits(customer, key, second[rank])


def _chunks(spec: ShopSpec) -> Iterator[Visits]:
    """Simulate customers a chunk at a time until there are enough of them, or of their orders."""
    clock = _Clock.of(season_of(spec.start, spec.days, spec.growth_percent))
    walk = _Walk(spec, clock, _fitted_pace(spec, clock))
    first = made = 0
    while True:
        wanted = (spec.customers or 0) - first if spec.orders is None else spec.orders - made
        if wanted <= 0:
            return
        visits = walk.visits(first, min(_CHUNK, wanted))
        yield visits
        first, made = first + min(_CHUNK, wanted), made + len(visits.customer)


def _fitted_pace(spec: ShopSpec, clock: _Clock) -> int:
    """Find the pace at which the customers wanted place the orders wanted: bisection on a pilot."""
    if spec.orders is None or spec.customers is None:
        return _NATURAL
    wanted = -(-spec.orders * _PILOT // spec.customers)
    busy, slow = _PACES
    if not _Walk(spec, clock, busy).gives(wanted) or _Walk(spec, clock, slow).gives(wanted):
        raise SettingsError(
            f"no pace of buying gives {spec.orders} orders to {spec.customers} customers"
            f" in {spec.months} months with this mix"
        )
    while slow - busy > 1:
        middle = (busy + slow) // 2
        busy, slow = (middle, slow) if _Walk(spec, clock, middle).gives(wanted) else (busy, middle)
    return busy


@attrs.frozen(eq=False)
class _Clock:
    """The calendar as a clock that runs fast on busy days.

    Attributes:
        season: Weights of the days.
        opens: Clock at the start of each day; shape ``(n_days,)``.
        day: The day at each tick; shape ``(total,)``.
        arrival: Chooses the day of a first order.
    """

    season: Season
    opens: Ints
    day: NDArray[np.int32]
    arrival: Choice

    @classmethod
    def of(cls, season: Season) -> _Clock:
        """Wind up the clock of a season."""
        opens = np.cumsum(season.habits) - season.habits
        return cls(season, opens, Choice.of(season.habits).outcomes, Choice.of(season.arrivals))


@attrs.frozen(eq=False)
class _Walk:
    """How customers walk through the window.

    Attributes:
        spec: The shop.
        clock: Its calendar.
        pace: Length of every buying interval, per mille of the natural one.
    """

    spec: ShopSpec
    clock: _Clock
    pace: int

    @property
    def draws(self) -> Draws:
        """The shop's random numbers."""
        return Draws(self.spec.seed)

    def gives(self, orders: int) -> bool:
        """Say whether the pilot's customers place that many orders."""
        return len(self.visits(0, _PILOT).customer) >= orders

    def visits(self, first: int, size: int) -> Visits:
        """Simulate customers ``first .. first + size - 1``; grouped by customer."""
        customers = np.arange(first, first + size, dtype=np.uint64)
        who, tick, turn = self._path(customers)
        by_customer = np.argsort(who, kind="stable")
        who, tick, turn = who[by_customer], tick[by_customer], turn[by_customer]
        own = self.draws.of(Stream.ORDER, customers)[who]
        key = self.draws.of(Stream.ORDER, own + turn.astype(np.uint64))
        second = self._second_of(key, self.clock.day[tick])
        return Visits((who + first).astype(np.int32), key, second)

    def _path(self, customers: Keys) -> tuple[Ints, ...]:
        """Step all customers from order to order until the window, or their interest, ends.

        Returns:
            Position of the customer, tick of the clock, number of the order within its customer.
        """
        kind = kinds_of(self.draws, customers, self.spec.mix)
        gap = self._gaps_of(kind, customers)
        tick = self._first_ticks(kind, gap, customers)
        until = self._last_ticks(kind, tick, customers)
        own = self.draws.of(Stream.GAP, customers)
        who = np.arange(len(customers))
        path = [(who, tick, np.zeros(len(who), np.int64))]
        who = who[kind != CustomerKind.ONE_TIMER]
        tick, turn = tick[who], 0
        while len(who):
            turn += 1
            step = waits(self.draws.of(Stream.GAP, own[who] + np.uint64(turn)), calls=_STEADINESS)
            tick = tick + np.maximum(step * gap[who] // WAIT_UNIT, _LEAST_GAP)
            stays = tick < until[who]
            who, tick = who[stays], tick[stays]
            path.append((who, tick, np.full(len(who), turn, np.int64)))
        return tuple(np.concatenate(column) for column in zip(*path, strict=True))

    def _gaps_of(self, kind: NDArray[np.int32], customers: Keys) -> Ints:
        """Give each customer's mean interval, in ticks."""
        chosen = Choice.of(_INTERVAL_WEIGHTS).pick(self.draws.of(Stream.RHYTHM, customers))
        ticks = np.array(_INTERVALS, np.int64)[chosen] * _NORMAL_DAY
        ticks = np.where(kind == CustomerKind.BIG_SPENDER, ticks * _BIG_SPENDER_FACTOR // 100, ticks)
        return ticks * self.pace // _NATURAL

    def _first_ticks(self, kind: NDArray[np.int32], gap: Ints, customers: Keys) -> Ints:
        """Say when each customer first orders inside the window."""
        bits = self.draws.of(Stream.ARRIVAL, customers)
        day = self.clock.arrival.pick(bits)
        new = self.clock.opens[day] + below(bits, self.clock.season.habits[day], low=True)
        # An old customer is somewhere inside an interval when the window opens.
        old = below(bits, gap, low=True) % len(self.clock.day)
        returns = below(self.draws.of(Stream.RHYTHM, customers), 100, low=True) < _OLD_CUSTOMERS
        return np.where(returns & (kind != CustomerKind.ONE_TIMER), old, new)

    def _last_ticks(self, kind: NDArray[np.int32], first: Ints, customers: Keys) -> Ints:
        """Say when each customer stops coming: with the window, or earlier if she lapses."""
        least, most = _LAPSE_DAYS
        stay = least + below(self.draws.of(Stream.KIND, customers), most - least, low=True)
        end = len(self.clock.day)
        return np.where(kind == CustomerKind.LAPSED, np.minimum(first + stay * _NORMAL_DAY, end), end)

    def _second_of(self, key: Keys, day: NDArray[np.int32]) -> Ints:
        """Place orders within their day."""
        bits = self.draws.of(Stream.CLOCK, key)
        sale = self.clock.season.sale[day]
        hour = np.where(sale, hours(sale=True).pick(bits), hours(sale=False).pick(bits))
        return (
            day.astype(np.int64) * DAY_SECONDS
            + hour.astype(np.int64) * _HOUR_SECONDS
            + below(bits, _HOUR_SECONDS, low=True)
        )
