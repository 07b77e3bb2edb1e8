"""Outstanding points (未使用余额): pending, available and held, by lot, account, expiry month and age."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.local_time import local_months
from retailcrm.analytics.tables.points import BUCKETS
from retailcrm.domain.labels import Label
from retailcrm.domain.points import Bucket
from retailcrm.domain.points.lots import OPEN
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Texts
    from retailcrm.analytics.tables.checks import Ints
    from retailcrm.analytics.tables.points import LotTable, MovementTable

LAPSED: Final = "lapsed"
NEVER: Final = "never"
WAITING: Final = "waiting"

OUTSTANDING: Final[Mapping[str, Label]] = MappingProxyType(
    {
        "outstanding": Label("未使用余额", "Outstanding"),
        "pending": Label("待生效", "Pending"),
        "available": Label("可用", "Available"),
        "held": Label("预占", "Held"),
        LAPSED: Label("已到期", "Past its expiry"),
        NEVER: Label("永不过期", "Never expires"),
        WAITING: Label("待确定", "Not known yet"),
    }
)
"""What the parts of what is outstanding are called."""

AGES: Final = (3, 6, 12, 24)
"""Months at which the next band of ages begins."""

_PLACE: Final = {bucket: place for place, bucket in enumerate(BUCKETS)}
_MICROSECOND: Final = np.timedelta64(1, "us")


def rows_before(
    movements: MovementTable, as_of: np.datetime64, known: np.datetime64 | None
) -> NDArray[np.bool_]:
    """Mark the movements that had happened, and were known of.

    Args:
        movements: The movements.
        as_of: Those that took effect before this moment, UTC.
        known: Those that were written before this moment, UTC; ``None``: all.

    Returns:
        ``bool``, shape ``(n_movements,)``.

    Raises:
        InputError: It is not told when they were written.
    """
    happened: NDArray[np.bool_] = movements.effective_at < as_of
    if known is None:
        return happened
    if movements.recorded_at is None:
        raise InputError("these movements were worked out, not written: nobody knew of them at a moment")
    return happened & (movements.recorded_at < known)


@attrs.frozen(eq=False, kw_only=True)
class Balances:
    """What every lot holds at a moment.

    Attributes:
        lots: The lots.
        as_of: The moment, UTC, exclusive.
        buckets: Points in each of :data:`~retailcrm.analytics.tables.points.BUCKETS`; ``int64``, shape
            ``(n_lots, n_buckets)``, all 0 for a lot that had not begun.
    """

    lots: LotTable
    as_of: np.datetime64
    buckets: Ints

    def of(self, bucket: Bucket) -> Ints:
        """Give the points in one bucket, lot by lot."""
        return self.buckets[:, _PLACE[bucket]]

    @property
    def open(self) -> Ints:
        """Points outstanding, lot by lot: pending, available and held together."""
        return self.of(Bucket.PENDING) + self.of(Bucket.AVAILABLE) + self.of(Bucket.HELD)

    def totals(self) -> dict[Bucket, int]:
        """Give the points in each bucket, all lots together."""
        return dict(zip(BUCKETS, self.buckets.sum(axis=0).tolist(), strict=True))


def balances(
    movements: MovementTable, as_of: np.datetime64, *, known: np.datetime64 | None = None
) -> Balances:
    """Add up what every lot holds at a moment, past or present.

    Args:
        movements: The movements, with what fell due until then.
        as_of: The moment, UTC, exclusive: points that lapse at it are still there.
        known: Only what was written before this moment, UTC; ``None``: all. The lots' own moments are those
            of the table: :func:`~retailcrm.analytics.points.journal.movements_of` makes one as it was.

    Returns:
        The balances.

    Raises:
        InputError: ``known`` of movements that say not when they were written.

    Example:
        >>> from retailcrm.analytics.columns import Texts
        >>> from retailcrm.analytics.tables.points import LotTable, MovementTable
        >>> day = np.array(["2024-01-01", "2024-01-05"], "datetime64[us]")
        >>> lots = LotTable(
        ...     zone="UTC", accounts=Texts.of(["ann"]), account=np.zeros(1, np.int32),
        ...     points=np.array([9]), awarded_at=day[:1], activates_at=day[:1], expires_at=day[:1] + 10**13,
        ... )
        >>> moved = MovementTable(
        ...     lots=lots, lot=np.array([0, 0]), verb=np.array([0, 3], np.int8),
        ...     source=np.array([-1, 1], np.int8), target=np.array([1, 3], np.int8),
        ...     points=np.array([9, 4]), effective_at=day,
        ... )
        >>> [int(balances(moved, at).open[0]) for at in (*day, np.datetime64("2024-02-01"))]
        [0, 9, 5]
    """
    rows = rows_before(movements, as_of, known)
    lot, points = movements.lot[rows], movements.points[rows]
    source, target = movements.source[rows], movements.target[rows]
    width, left = len(BUCKETS), source >= 0
    flat = add_up(lot * width + target, points, len(movements.lots) * width)
    np.subtract.at(flat, lot[left] * width + source[left], points[left])
    return Balances(lots=movements.lots, as_of=as_of.astype(INSTANT), buckets=flat.reshape(-1, width))


@attrs.frozen(eq=False, kw_only=True)
class Outstanding:
    """Outstanding points of groups of lots.

    Attributes:
        keys: What the groups are: months such as ``2024-12``, bands of months of age such as ``3-5``,
            words of :data:`OUTSTANDING`.
        pending: Points awarded and not yet to be spent; ``int64``, shape ``(n_groups,)``.
        available: Points to be spent.
        held: Points reserved.
    """

    keys: tuple[str, ...]
    pending: Ints
    available: Ints
    held: Ints

    @property
    def points(self) -> Ints:
        """All three together."""
        return self.pending + self.available + self.held


def by_expiry_month(there: Balances) -> Outstanding:
    """Divide what is outstanding by the month of its last day.

    Points that cannot be spent from 1 January on belong to December: their last day lies in it.

    Args:
        there: The balances.

    Returns:
        ``lapsed`` first (cannot be spent any more at ``as_of``: what lapses at that very moment, or waits
        for the next command to be written off; held points of such lots still may be), then the months
        that have any, then ``never`` and ``waiting`` (they wait for an event, and their expiry with them).
        Groups without points are left out.
    """
    return _summed(there, *expiry_groups(there))


def expiry_groups(there: Balances) -> tuple[tuple[str, ...], Ints]:
    """Say which group of :func:`by_expiry_month` each lot is in.

    Args:
        there: The balances.

    Returns:
        The groups' keys, and each lot's place among them; -1 for lots of which nothing is outstanding.
    """
    lots, is_open = there.lots, there.open > 0
    ends = lots.expires_at
    months = local_months(ends - _MICROSECOND, lots.zone)
    unknown, lapsed = np.isnat(ends), ends <= there.as_of
    waits = unknown & np.isnat(lots.activates_at)
    dated = is_open & ~unknown & ~lapsed
    found = np.unique(months[dated])
    place = np.full(len(lots), -1, np.int64)
    place[dated] = np.searchsorted(found, months[dated]) + 1
    place[is_open & lapsed] = 0
    place[is_open & unknown & ~waits] = len(found) + 1
    place[is_open & waits] = len(found) + 2
    keys = (LAPSED, *month_keys(found), NEVER, WAITING)
    used = np.unique(place[place >= 0])
    return tuple(keys[i] for i in used), np.where(place < 0, -1, np.searchsorted(used, place))


def by_age(there: Balances, edges: Sequence[int] = AGES) -> Outstanding:
    """Divide what is outstanding by the calendar months since it was awarded.

    Args:
        there: The balances.
        edges: Rising months of age at which the next band begins.

    Returns:
        Bands such as ``0-2``, ``3-5``, ``24+``, also those without points.

    Raises:
        InputError: The edges do not rise from 1.
    """
    bounds = (0, *edges)
    if any(low >= high for low, high in zip(bounds, edges, strict=False)):
        raise InputError(f"ages at which bands begin rise from 1, not {tuple(edges)}")
    # The moment before: at midnight of the first, the month that just ended is the present one.
    now = local_months(np.array([there.as_of - _MICROSECOND], INSTANT), there.lots.zone)[0]
    age = np.maximum(now - local_months(there.lots.awarded_at, there.lots.zone), 0)
    names = [f"{a}-{b - 1}" if b > a + 1 else str(a) for a, b in zip(bounds, edges, strict=False)]
    place = np.searchsorted(np.asarray(edges, np.int64), age, side="right")
    return _summed(there, (*names, f"{bounds[-1]}+"), place)


@attrs.frozen(eq=False, kw_only=True)
class AccountBalances:
    """Outstanding points of every account.

    Attributes:
        accounts: Whose; shape ``(n_accounts,)``.
        pending: Points awarded and not yet to be spent; ``int64``, same shape.
        available: Points to be spent.
        held: Points reserved.
    """

    accounts: Texts
    pending: Ints
    available: Ints
    held: Ints

    @property
    def points(self) -> Ints:
        """All three together."""
        return self.pending + self.available + self.held


def by_account(there: Balances) -> AccountBalances:
    """Add up what every account has.

    Args:
        there: The balances.

    Returns:
        One row for each of the table's accounts, also those that have nothing. What an account owes is
        not taken off: debts are no points.
    """
    accounts = there.lots.accounts
    sums = {b.value: add_up(there.lots.account, there.of(b), len(accounts)) for b in OPEN}
    return AccountBalances(accounts=accounts, **sums)


def month_keys(months: Ints) -> tuple[str, ...]:
    """Write month numbers as keys.

    Args:
        months: Months since 1970-01; ``int64``.

    Returns:
        Texts such as ``2024-12``.

    Example:
        >>> month_keys(np.array([659]))
        ('2024-12',)
    """
    return tuple(months.astype("datetime64[M]").astype(str).tolist())


def add_up(group: NDArray[np.integer], points: Ints, groups: int) -> Ints:
    """Add points up group by group, exactly.

    Args:
        group: Each row's group, 0 to ``groups`` - 1; shape ``(n_rows,)``.
        points: Each row's points; same shape.
        groups: How many groups there are.

    Returns:
        ``int64``, shape ``(groups,)``.
    """
    total = np.zeros(groups, np.int64)
    np.add.at(total, group, points)
    return total


def _summed(there: Balances, keys: tuple[str, ...], place: Ints) -> Outstanding:
    inside = place >= 0
    sums = {b.value: add_up(place[inside], there.of(b)[inside], len(keys)) for b in OPEN}
    return Outstanding(keys=keys, **sums)
