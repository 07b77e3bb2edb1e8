"""Redemption activity (兑换情况): who takes part, how often, what for, and how long points lie."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.points.outstanding import add_up, rows_before
from retailcrm.analytics.tables.points import BUCKETS
from retailcrm.domain.labels import Label
from retailcrm.domain.points import Bucket
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.analytics.tables.checks import Instants, Ints
    from retailcrm.analytics.tables.points import MovementTable

OFTEN: Final[Mapping[str, Label]] = MappingProxyType(
    {
        "1": Label("1 次", "once"),
        "2": Label("2 次", "twice"),
        "3-5": Label("3–5 次", "3 to 5 times"),
        "6+": Label("6 次及以上", "6 times or more"),
    }
)
"""How often somebody redeemed."""

_OFTEN_FROM: Final = np.array([2, 3, 6])
_AVAILABLE: Final = BUCKETS.index(Bucket.AVAILABLE)
_SPENT: Final = BUCKETS.index(Bucket.SPENT)
_USABLE: Final[Ints] = np.array([*(b in (Bucket.AVAILABLE, Bucket.HELD) for b in BUCKETS), False], np.int64)
_DAY: Final = 86_400 * 1_000_000


@attrs.frozen(kw_only=True)
class SpentOn:
    """What points were spent on.

    Attributes:
        what: ``order``, or a reward's id; ``None`` where the journal does not say.
        points: Points.
        redemptions: Times.
        accounts: Distinct accounts.
    """

    what: str | None
    points: int
    redemptions: int
    accounts: int


@attrs.frozen(eq=False, kw_only=True)
class Redemptions:
    """Who redeemed how often and what for, from one moment to another.

    A redemption is what one account spent at one moment on one thing, of however many lots. What was given
    back later still was a redemption.

    Attributes:
        edges: Where the periods begin and end, UTC; shape ``(n_periods + 1,)``.
        points: Points redeemed in each period; ``int64``, shape ``(n_periods,)``.
        redemptions: Times.
        accounts: Distinct accounts.
        able: Accounts that had points to spend at some moment of each.
        all_points: Points redeemed in all periods together.
        all_redemptions: Times.
        all_accounts: Distinct accounts in all periods together.
        all_able: Accounts that had points to spend at some moment of them.
        often: Accounts by how often they redeemed: a number for each key of :data:`OFTEN`.
        spent_on: By what the points were spent on, most points first.
        median_days: Days from award to redemption, of the middle one of all redeemed points, the lower of
            two; exact, ``None`` without redemptions.
    """

    edges: Instants
    points: Ints
    redemptions: Ints
    accounts: Ints
    able: Ints
    all_points: int
    all_redemptions: int
    all_accounts: int
    all_able: int
    often: Mapping[str, int]
    spent_on: tuple[SpentOn, ...]
    median_days: Fraction | None

    @property
    def participation(self) -> Fraction | None:
        """Share of the accounts with points to spend that redeemed; ``None`` if nobody had any."""
        return Fraction(self.all_accounts, self.all_able) if self.all_able else None


def redemption_activity(
    movements: MovementTable, edges: Instants, *, known: np.datetime64 | None = None
) -> Redemptions:
    """Count redemptions in consecutive periods, and in all of them together.

    Args:
        movements: The movements, with what fell due until the last edge.
        edges: Rising moments, UTC, ``datetime64[us]``, at least two; those of
            :func:`~retailcrm.analytics.points.flows.flows` are the periods of its statement.
        known: Only what was written before this moment, UTC; ``None``: all.

    Returns:
        The activity.

    Raises:
        InputError: Fewer than two moments, or they do not rise; ``known`` of movements that nobody wrote.
    """
    if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():  # noqa: PLR2004 - a beginning and an end
        raise InputError("periods need at least two moments that rise")
    rows = rows_before(movements, edges[-1], known) & (movements.effective_at >= edges[0])
    rows &= (movements.target == _SPENT) & (movements.source >= 0)
    account = movements.lots.account[movements.lot[rows]].astype(np.int64)
    points, at = movements.points[rows], movements.effective_at[rows]
    what = np.full(len(points), -1, np.int64)
    if movements.spent_on is not None:
        what = movements.spent_on.codes[rows].astype(np.int64)
    first = _first_of_each(account, at, what)
    period = np.searchsorted(edges, at, side="right") - 1
    n = len(edges) - 1
    per_account = np.unique(account[first], return_counts=True)[1]
    bands = np.bincount(np.searchsorted(_OFTEN_FROM, per_account, side="right"), minlength=len(OFTEN))
    able, all_able = _able(movements, edges, known)
    ages = (at - movements.lots.awarded_at[movements.lot[rows]]).astype(np.int64)
    return Redemptions(
        edges=edges,
        points=add_up(period, points, n),
        redemptions=np.bincount(period[first], minlength=n).astype(np.int64),
        accounts=_distinct(period, account, n),
        able=able,
        all_points=int(points.sum()),
        all_redemptions=len(first),
        all_accounts=len(per_account),
        all_able=all_able,
        often=MappingProxyType(dict(zip(OFTEN, bands.tolist(), strict=True))),
        spent_on=_spent_on(movements, what, account, points, first),
        median_days=_median(ages, points),
    )


def _first_of_each(account: Ints, at: Instants, what: Ints) -> Ints:
    """Pick one row of each redemption."""
    order = np.lexsort((what, at, account))
    new = np.ones(len(order), np.bool_)
    ordered = [column[order] for column in (account, at, what)]
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in ordered])
    first: Ints = order[new]
    return first


def _able(movements: MovementTable, edges: Instants, known: np.datetime64 | None) -> tuple[Ints, int]:
    """Count the accounts that had points to spend, or held ones, at some moment: of each period, of all."""
    rows = np.flatnonzero(rows_before(movements, edges[-1], known))
    period = np.searchsorted(edges, movements.effective_at[rows], side="right")
    rows = rows[np.argsort(period, kind="stable")]
    ends = np.cumsum(np.bincount(period, minlength=len(edges)))
    has = np.zeros(len(movements.lots.accounts), np.int64)
    ever = np.zeros(len(has), np.bool_)
    counts = []
    for i, end in enumerate(ends):
        now = rows[ends[i - 1] if i else 0 : end]
        account = movements.lots.account[movements.lot[now]]
        source, target = movements.source[now], movements.target[now]
        able = has > 0
        able[account[target == _AVAILABLE]] = True
        np.add.at(has, account, movements.points[now] * (_USABLE[target] - _USABLE[source]))
        if i:  # What happened before the first period only leads up to it.
            ever |= able
            counts.append(np.count_nonzero(able))
    return np.array(counts, np.int64), int(np.count_nonzero(ever))


def _spent_on(
    movements: MovementTable, what: Ints, account: Ints, points: Ints, first: Ints
) -> tuple[SpentOn, ...]:
    codes, place = np.unique(what, return_inverse=True)
    names = [] if movements.spent_on is None else movements.spent_on.values.tolist()
    n = len(codes)
    columns = (
        codes.tolist(),
        add_up(place, points, n).tolist(),
        np.bincount(place[first], minlength=n).tolist(),
        _distinct(place, account, n).tolist(),
    )
    found = [
        SpentOn(what=None if code < 0 else names[code], points=many, redemptions=times, accounts=who)
        for code, many, times, who in zip(*columns, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (-one.points, one.what or "")))


def _median(ages: Ints, points: Ints) -> Fraction | None:
    """Give the age of the middle point, in days."""
    if not len(ages):
        return None
    order = np.argsort(ages, kind="stable")
    reached = np.cumsum(points[order])
    middle = np.searchsorted(reached, (reached[-1] + 1) // 2)
    return Fraction(int(ages[order][middle]), _DAY)


def _distinct(group: Ints, account: Ints, groups: int) -> Ints:
    """Count the distinct accounts of each group."""
    width = int(account.max(initial=0)) + 1
    return np.bincount(np.unique(group * width + account) // width, minlength=groups).astype(np.int64)
