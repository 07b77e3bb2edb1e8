"""Tiers of all customers at once: the rule of :mod:`retailcrm.domain.tiers` on columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.tier_columns.actions import Actions, actions_of
from retailcrm.analytics.tier_columns.replay import Replay
from retailcrm.analytics.tier_columns.rows import (
    NOT_A_REFUND,
    ORDER_UNSEEN,
    Contributions,
    TierRows,
    tier_rows,
)
from retailcrm.analytics.tier_columns.spans import ALWAYS, NEVER, Spans
from retailcrm.analytics.tier_columns.steps import steps_of
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints
    from retailcrm.domain.tiers import Ladder

__all__ = [
    "NOT_A_REFUND",
    "ORDER_UNSEEN",
    "Contributions",
    "TierColumns",
    "TierRows",
    "tier_columns",
    "tier_rows",
    "tiers_as_of",
]


@attrs.frozen(eq=False, kw_only=True)
class TierColumns:
    """Every customer's tier at a moment.

    Attributes:
        tier: Position in the ladder's tiers, 0 for the base; ``int8``, shape ``(n_customers,)``.
        since: When she came to it; when she joined, if nothing has changed since; UTC, NaT unknown.
        held_until: First instant at which keeping it is tested, UTC; NaT: never.
    """

    tier: NDArray[np.int8]
    since: Instants
    held_until: Instants


def tiers_as_of(
    ladder: Ladder,
    rows: TierRows,
    *,
    n_customers: int,
    as_of: np.datetime64,
    joined_at: Instants | None = None,
) -> NDArray[np.int8]:
    """Tell which tier every customer has at a moment.

    Equal to :func:`retailcrm.domain.tiers.tier_as_of` for each of them.

    Args:
        ladder: The rules.
        rows: What counts; rows of customer -1 or without an instant are left out.
        n_customers: How many customers there are.
        as_of: UTC; what took effect then or later is not looked at, a hold that ends then has ended.
        joined_at: When each customer joined, UTC, NaT unknown; ``datetime64[us]``, shape
            ``(n_customers,)``. Only windows that begin with joining read it.

    Returns:
        Positions in the ladder's tiers, ``int8``, shape ``(n_customers,)``.

    Raises:
        InputError: The window or a requirement needs something that is not given, or a refund takes
            back from another customer's order or from a refund.

    Example:
        >>> from retailcrm.domain.labels import Label
        >>> from retailcrm.domain.tiers import Hold, Ladder, Requirement, Tier, Window
        >>> ladder = Ladder(
        ...     currency="CNY", zone="Asia/Shanghai", window=Window("lifetime"), hold=Hold("forever"),
        ...     tiers=(Tier(name="member", label=Label("普通会员", "Member")),
        ...            Tier(name="gold", label=Label("金卡", "Gold"), enter=Requirement(spend=300000))))
        >>> rows = TierRows(
        ...     customer=np.array([0, 1, 0], np.int32),
        ...     at=np.array(["2024-03-01", "2024-03-02", "2024-03-03"], "datetime64[us]"),
        ...     spend=np.array([200000, 299999, 100000]), orders=np.array([1, 1, 1]),
        ...     refund_of=np.array([NOT_A_REFUND] * 3))
        >>> tiers_as_of(ladder, rows, n_customers=3, as_of=np.datetime64("2024-04-01", "us")).tolist()
        [1, 0, 0]
    """
    return tier_columns(ladder, rows, n_customers=n_customers, as_of=as_of, joined_at=joined_at).tier


def tier_columns(
    ladder: Ladder,
    rows: TierRows,
    *,
    n_customers: int,
    as_of: np.datetime64,
    joined_at: Instants | None = None,
) -> TierColumns:
    """Tell which tier every customer has at a moment, since when, and until when it is held.

    Args:
        ladder: The rules.
        rows: What counts.
        n_customers: How many customers there are.
        as_of: UTC, exclusive.
        joined_at: When each customer joined.

    Returns:
        The tiers; see :func:`tiers_as_of`, which takes the same and raises the same.

    Raises:
        InputError: As in :func:`tiers_as_of`.
    """
    joined = np.full(n_customers, np.datetime64("NaT"), "datetime64[us]") if joined_at is None else joined_at
    who, actions, active = actions_of(ladder, rows, n_customers, as_of)
    if ladder.window.kind == "since_join" and np.isnat(joined[active]).any():
        raise InputError("the ladder counts since joining: it needs joined_at of every customer")
    found = TierColumns(
        tier=np.zeros(n_customers, np.int8),
        since=joined.copy(),
        held_until=np.full(n_customers, np.datetime64("NaT"), "datetime64[us]"),
    )
    if len(who):
        _fill(found, who, _replayed(ladder, actions, joined[who], as_of))
    return found


def _replayed(ladder: Ladder, actions: Actions, joined: Instants, as_of: np.datetime64) -> Replay:
    """Replay the customers who can have left the base tier."""
    moment = int(as_of.astype("datetime64[us]").astype(np.int64))
    spans = Spans.of(ladder, int(actions.dated.min()), moment)
    steps = steps_of(actions, len(joined), spans)
    replay = Replay.of(steps, spans, np.where(np.isnat(joined), ALWAYS, joined.view(np.int64)))
    replay.run(moment)
    return replay


def _fill(found: TierColumns, who: Ints, replay: Replay) -> None:
    """Put what the replay found in its place."""
    found.tier[who] = replay.tier
    moved, held = replay.since != ALWAYS, replay.held != NEVER
    found.since[who[moved]] = replay.since[moved].view("datetime64[us]")
    found.held_until[who[held]] = replay.held[held].view("datetime64[us]")
