"""What was issued, redeemed, expired in each period, and the statement that leads from balance to balance."""

from __future__ import annotations

from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.points.outstanding import add_up, balances, rows_before
from retailcrm.analytics.tables.points import BUCKETS, VERBS
from retailcrm.domain.labels import Label
from retailcrm.domain.periods import MONTHS_IN, add_months, start_of_day
from retailcrm.domain.points import Bucket, Verb
from retailcrm.domain.points.lots import OPEN
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.analytics.tables.checks import Instants, Ints
    from retailcrm.analytics.tables.points import MovementTable

Unit = Literal["day", "month", "quarter", "half", "year"]

INTO: Final[Mapping[str, Label]] = MappingProxyType(
    {
        "issued": Label("发放", "Issued"),
        "opened": Label("期初导入", "Opening balances taken over"),
        "given_back": Label("兑换退回", "Given back"),
        "added": Label("人工增加", "Added by hand"),
        "received": Label("转入", "Transferred in"),
    }
)
"""What adds to the points outstanding."""

OUT_OF: Final[Mapping[str, Label]] = MappingProxyType(
    {
        "redeemed": Label("兑换/使用", "Redeemed"),
        "expired": Label("过期", "Expired"),
        "reversed": Label("退款收回", "Reversed by refunds"),
        "repaid": Label("抵扣欠分", "Repaid debts"),
        "removed": Label("人工扣减", "Removed by hand"),
        "sent": Label("转出", "Transferred out"),
    }
)
"""What takes from the points outstanding."""

BESIDE: Final[Mapping[str, Label]] = MappingProxyType(
    {
        "activated": Label("生效", "Activated"),
        "reversed_expired": Label("收回已过期积分", "Reversed after they had expired"),
    }
)
"""What changes nothing about how many are outstanding."""

FLOWS: Final[Mapping[str, Label]] = MappingProxyType({**INTO, **OUT_OF, **BESIDE})
"""What every figure of a period is called."""

OPENING: Final = Label("期初未使用余额", "Outstanding at the beginning")
CLOSING: Final = Label("期末未使用余额", "Outstanding at the end")

_BORN: Final = {
    Verb.OPEN: "opened",
    Verb.ADJUST: "added",
    Verb.TRANSFER: "received",
    Verb.GIVE_BACK: "given_back",
}
_GONE: Final = {Bucket.SPENT: "redeemed", Bucket.EXPIRED: "expired", Bucket.MOVED: "sent"}
_TAKEN: Final = {Verb.REPAY: "repaid", Verb.ADJUST: "removed"}


@attrs.frozen(eq=False, kw_only=True)
class Flows:
    """Points that came, went and changed in consecutive periods.

    Outstanding is what is pending, available and held. In every period :attr:`opening` and the figures of
    :data:`INTO` less those of :data:`OUT_OF` come to :attr:`closing`, which is the next one's opening.
    Redeemed points that return to a lot that has lapsed are both given back and expired.

    Attributes:
        keys: The periods: ``2024-03-01``, ``2024-03``, ``2024-Q1``, ``2024-H1``, ``2024``.
        edges: Where they begin and end, UTC; ``datetime64[us]``, shape ``(n_periods + 1,)``.
        opening: Points outstanding at the beginning; ``int64``, shape ``(n_periods,)``.
        closing: Points outstanding at the end, before what happens at that very moment.
        figures: Points of each of :data:`FLOWS`, all 0 or more; same shape.
    """

    keys: tuple[str, ...]
    edges: Instants
    opening: Ints
    closing: Ints
    figures: Mapping[str, Ints]

    def __len__(self) -> int:
        """Count the periods."""
        return len(self.keys)


@attrs.frozen(eq=False, kw_only=True)
class Line:
    """One line of a statement.

    Attributes:
        key: A key of :data:`FLOWS`, ``opening`` or ``closing``.
        label: What it is called.
        points: In each period, below 0 for what takes points away; ``int64``, shape ``(n_periods,)``.
    """

    key: str
    label: Label
    points: Ints


def flows(
    movements: MovementTable,
    start: date,
    end: date,
    unit: Unit = "month",
    *,
    known: np.datetime64 | None = None,
) -> Flows:
    """Add up what came and went in each calendar period of the table's zone.

    Args:
        movements: The movements, with what fell due until the end.
        start: First day; the first period begins with it, also in the middle of a month.
        end: The day after the last; nothing from then on is looked at.
        unit: Length of a period: day, month, quarter, half, year.
        known: Only what was written before this moment, UTC; ``None``: all.

    Returns:
        The flows.

    Raises:
        InputError: The end is not after the start; ``known`` of movements that nobody wrote.
        SettingsError: There is no such unit, or no such zone.
    """
    if end <= start:
        raise InputError(f"a statement ends after it starts, not {start} to {end}")
    days = _first_days(start, end, unit)
    zone = movements.lots.zone
    edges = np.array([start_of_day(day, zone).replace(tzinfo=None) for day in (*days, end)], INSTANT)
    cube = _cube(movements, edges, known)
    change = np.cumsum(cube @ _CHANGE)
    before = int(balances(movements, edges[0], known=known).open.sum())
    return Flows(
        keys=tuple(_key(day, unit) for day in days),
        edges=edges,
        opening=before + np.append(np.int64(0), change[:-1]),
        closing=before + change,
        figures=MappingProxyType({name: cube @ rows for name, rows in _FIGURES.items()}),
    )


def statement(of: Flows, *, empty: bool = False) -> tuple[Line, ...]:
    """Lay the flows out as a roll-forward: opening, what came, what went, closing.

    Args:
        of: The flows.
        empty: Whether to show lines without any point, too.

    Returns:
        Lines whose points, all but the last line's, add up to the last line's in every period.
    """
    middle = [
        Line(key=key, label=label, points=sign * of.figures[key])
        for sign, names in ((1, INTO), (-1, OUT_OF))
        for key, label in names.items()
        if empty or of.figures[key].any()
    ]
    opening = Line(key="opening", label=OPENING, points=of.opening)
    return (opening, *middle, Line(key="closing", label=CLOSING, points=of.closing))


def _figures_of(verb: Verb, source: Bucket | None, target: Bucket) -> tuple[str, ...]:
    """Name the figures that a movement counts in; one into and one out of nothing leave no trace."""
    if source in OPEN:
        if target in OPEN:
            return ("activated",) if (source, target) == (Bucket.PENDING, Bucket.AVAILABLE) else ()
        return (_out(verb, target),)
    if source is Bucket.EXPIRED and target is Bucket.REVERSED:
        return ("reversed_expired",)
    if source is Bucket.SPENT and target is Bucket.MOVED:
        return ()  # They go on in a lot of their own, which comes into being as given back.
    into = "given_back" if source is Bucket.SPENT else _BORN.get(verb, "issued")
    return (into,) if target in OPEN else (into, _out(verb, target))


def _out(verb: Verb, target: Bucket) -> str:
    return _GONE.get(target) or _TAKEN.get(verb, "reversed")


_SOURCES: Final = (None, *BUCKETS)
_KINDS: Final = [(verb, source, target) for verb in VERBS for source in _SOURCES for target in BUCKETS]
_FIGURES: Final[Mapping[str, Ints]] = MappingProxyType(
    {name: np.array([name in _figures_of(*kind) for kind in _KINDS], np.int64) for name in FLOWS}
)
_CHANGE: Final[Ints] = np.array([(t in OPEN) - int(s in OPEN) for _, s, t in _KINDS], np.int64)


def _cube(movements: MovementTable, edges: Instants, known: np.datetime64 | None) -> Ints:
    """Add up the points of each period and kind of movement; ``int64``, shape ``(n_periods, n_kinds)``."""
    rows = rows_before(movements, edges[-1], known) & (movements.effective_at >= edges[0])
    period = np.searchsorted(edges, movements.effective_at[rows], side="right") - 1
    kind = movements.verb[rows].astype(np.int64)
    kind = (kind * len(_SOURCES) + movements.source[rows] + 1) * len(BUCKETS) + movements.target[rows]
    size = (len(edges) - 1) * len(_KINDS)
    return add_up(period * len(_KINDS) + kind, movements.points[rows], size).reshape(-1, len(_KINDS))


def _first_days(start: date, end: date, unit: str) -> list[date]:
    """Give the first day of each period."""
    if unit == "day":
        return [start + timedelta(days=n) for n in range((end - start).days)]
    if unit not in MONTHS_IN:
        raise SettingsError(f"no period {unit!r}; there are day, {', '.join(MONTHS_IN)}")
    months = MONTHS_IN[unit]
    day = date(start.year, (start.month - 1) // months * months + 1, 1)
    days = [start]
    while (day := add_months(day, months)) < end:
        days.append(day)
    return days


def _key(day: date, unit: str) -> str:
    if unit == "day":
        return day.isoformat()
    if unit == "month":
        return f"{day:%Y-%m}"
    letter = {"quarter": "-Q", "half": "-H"}.get(unit)
    return f"{day.year}{letter}{(day.month - 1) // MONTHS_IN[unit] + 1}" if letter else str(day.year)
