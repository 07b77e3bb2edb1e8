"""Each customer's number of orders, purchase days, first and last order, by one sort.

Customer and instant are packed in one whole number, customer above; sorted, each customer's orders
stand together in time. This reads memory from front to end, where adding up by customer code
would jump about in columns larger than the processor's caches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, MISSING
from retailcrm.analytics.local_time import local_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints

Part = tuple["NDArray[np.int32]", "Instants"]

_KEY_BITS: Final = 63
_UNITS: Final = (1_000_000, 1_000, 1)
_BLOCK: Final = 1 << 16
"""Rows looked at together: their columns fit the processor's second cache."""


@attrs.frozen(eq=False, kw_only=True)
class History:
    """What the instants of a customer's orders tell; one row a customer with an order.

    Attributes:
        customer: Customer codes, rising; ``int64``, shape ``(n_customers,)``.
        orders: Number of orders, at least 1; same shape.
        purchase_days: Distinct local days with an order; same shape.
        first_at: First order, UTC; same shape.
        last_at: Last order, UTC; same shape.
    """

    customer: Ints
    orders: Ints
    purchase_days: Ints
    first_at: Instants
    last_at: Instants


def purchase_history(parts: Sequence[Part], customers: int, zone: str) -> History:
    """Sort orders by customer and time, and read each customer's history off.

    Args:
        parts: Customer codes (``int32``, 0 to ``customers`` - 1) and purchase instants (UTC, no NaT)
            of some orders each, in any order.
        customers: Number of customers.
        zone: IANA zone that days are taken in.

    Returns:
        The histories.

    Raises:
        SettingsError: There is no such zone.

    Example:
        >>> at = np.array(["2024-01-02", "2024-01-01", "2024-01-01T09"], "datetime64[us]")
        >>> found = purchase_history([(np.array([7, 7, 7], np.int32), at)], 8, "UTC")
        >>> found.customer.tolist(), found.orders.tolist(), found.purchase_days.tolist()
        ([7], [3], [2])
    """
    several = [(codes, at.view(np.int64)) for codes, at in parts if len(codes)]
    packing = _Packing.of([at for _, at in several], zone)
    # Usually one round: seconds of ten years leave room for 17 billion customers in 63 bits.
    span = 1 << max(_KEY_BITS - packing.width, 0)
    rounds = [
        _read(packing.sorted_keys(several, start, start + span), packing, start)
        for start in range(0, customers, span)
    ]
    names = [field.name for field in attrs.fields(History)]
    rounds = rounds or [_read(np.empty(0, np.int64), packing, 0)]
    return History(**{name: np.concatenate([getattr(r, name) for r in rounds]) for name in names})


@attrs.frozen
class _Packing:
    """How an instant becomes the lower bits of a key.

    Attributes:
        low: The earliest instant, microseconds.
        unit: Microseconds in one tick; every instant is a whole number of ticks.
        width: Bits of the latest instant's tick.
        zone: Where days are taken.
    """

    low: int
    unit: int
    width: int
    zone: str

    @classmethod
    def of(cls, columns: Sequence[Ints], zone: str) -> _Packing:
        """Choose the coarsest ticks that lose nothing."""
        low = min((int(at.min()) for at in columns), default=0)
        high = max((int(at.max()) for at in columns), default=0)
        unit = next(u for u in _UNITS if u == 1 or all(_divides(u, at) for at in columns))
        return cls(low, unit, ((high - low) // unit).bit_length(), zone)

    def sorted_keys(self, parts: Sequence[tuple[NDArray[np.int32], Ints]], start: int, stop: int) -> Ints:
        """Pack and sort the orders of customers from ``start`` to before ``stop``."""
        keys = np.empty(sum(len(codes) for codes, _ in parts), np.int64)
        filled = 0
        for codes, at in parts:
            for i in range(0, len(codes), _BLOCK):
                who, when = codes[i : i + _BLOCK], at[i : i + _BLOCK]
                if start or who.max() >= stop:
                    here = (who >= start) & (who < stop)
                    who, when = who[here] - start, when[here]
                block = keys[filled : filled + len(who)]
                block[:] = who
                block <<= self.width
                block |= (when - self.low) // self.unit
                filled += len(who)
        keys = keys[:filled]
        keys.sort()
        return keys

    def instants(self, keys: Ints) -> Instants:
        """Unpack the instants."""
        ticks = keys & ((1 << self.width) - 1)
        ticks *= self.unit
        ticks += self.low
        return ticks.view(INSTANT)


def _divides(unit: int, at: Ints) -> bool:
    """Say whether instants are whole multiples, looking no further than the first block that is not."""
    blocks = (at[i : i + _BLOCK] for i in range(0, len(at), _BLOCK))
    return all(bool((block // unit * unit == block).all()) for block in blocks)


def _read(keys: Ints, packing: _Packing, start: int) -> History:
    """Read histories off sorted keys."""
    opens, days_before = _openings(keys, packing)
    closes, days_after = opens[1:], days_before[1:]
    opens, days_before = opens[:-1], days_before[:-1]
    return History(
        customer=(keys[opens] >> packing.width) + start,
        orders=closes - opens,
        purchase_days=days_after - days_before,
        first_at=packing.instants(keys[opens]),
        last_at=packing.instants(keys[closes - 1]),
    )


def _openings(keys: Ints, packing: _Packing) -> tuple[Ints, Ints]:
    """Find where each customer's orders begin, and how many purchase days were counted before.

    Both end with one entry more, for the end of all orders.
    """
    opens, days_before = [], []
    before, days = (-1, MISSING), 0
    for i in range(0, len(keys), _BLOCK):
        block = keys[i : i + _BLOCK]
        who, day = block >> packing.width, local_days(packing.instants(block), packing.zone)
        new_who = _changes(who, before[0])
        days_by = np.cumsum(_changes(day, before[1]) | new_who)
        here = np.flatnonzero(new_who)
        opens.append(here + i)
        days_before.append(days_by[here] - 1 + days)  # a customer's first order is a new day itself
        before, days = (int(who[-1]), int(day[-1])), days + int(days_by[-1])
    return np.concatenate([*opens, [len(keys)]]), np.concatenate([*days_before, [days]])


def _changes(values: Ints, before: int) -> NDArray[np.bool_]:
    """Mark the values that differ from the one before."""
    changed = np.empty(len(values), np.bool_)
    changed[0] = values[0] != before
    np.not_equal(values[1:], values[:-1], out=changed[1:])
    return changed
