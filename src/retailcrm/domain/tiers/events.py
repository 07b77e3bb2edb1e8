"""What happened to one customer, and what it adds up to between two moments."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timedelta
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.domain.periods import in_utc, local_date
from retailcrm.domain.tiers.requirement import ORDERS, SPEND, is_whole, sorted_pairs
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from retailcrm.domain.tiers.ladder import Ladder

TICK: Final = timedelta(microseconds=1)
"""The resolution of instants: ``x + TICK`` is the end of everything up to and including ``x``."""


def _whole(_: object, field: attrs.Attribute[Any], value: object) -> None:
    if not is_whole(value):
        raise InputError(f"{field.name} is a whole number, not {value!r}")


@attrs.frozen
class TierEvent:
    """A qualifying order, a refund of one, or anything else that counts towards a tier.

    A negative event that names an order is a refund of it: it lowers the measures from its own moment
    on, in whatever window the order counts. A negative event that names none stands for itself.

    Attributes:
        at: When it took effect, aware (for an order: completed or paid, as the ladder says).
        spend_minor: Minor units; negative when given back.
        orders: How many orders it counts as; -1 when one is taken back in full.
        order_key: The order meant; ``None`` for what belongs to none. One order, one key.
        metrics: What it adds to metrics from plug-ins, by name; a metric not named stays.
        observed_at: When we learned of it, aware; when it took effect, unless told otherwise.

    Raises:
        InputError: A moment is naive, or an amount or count is not a whole number.

    Example:
        >>> from datetime import UTC
        >>> bought = TierEvent(datetime(2024, 5, 1, tzinfo=UTC), 31200, 1, "A1")
        >>> back = TierEvent(datetime(2024, 5, 9, tzinfo=UTC), -31200, -1, "A1")
        >>> bought.is_refund, back.is_refund
        (False, True)
    """

    at: datetime = attrs.field(converter=in_utc)
    spend_minor: int = attrs.field(validator=_whole)
    orders: int = attrs.field(validator=_whole)
    order_key: str | None = None
    metrics: tuple[tuple[str, int], ...] = attrs.field(default=(), converter=sorted_pairs)
    observed_at: datetime = attrs.field(
        default=attrs.Factory(lambda self: self.at, takes_self=True), converter=in_utc, kw_only=True
    )

    @property
    def is_refund(self) -> bool:
        """Whether it takes back part of an order."""
        return self.order_key is not None and (self.spend_minor < 0 or self.orders < 0)

    @property
    def lifts(self) -> bool:
        """Whether it counts upwards, so that it can lift a customer."""
        counts = (self.spend_minor, self.orders, *(value for _, value in self.metrics))
        return not self.is_refund and max(counts) > 0


@attrs.frozen(kw_only=True)
class Moment:
    """Everything that took effect at one instant, taken as one step: its order does not matter.

    Attributes:
        at: The instant.
        lifts: Whether something counted upwards.
        orders: Keys of the orders that counted, sorted.
        refunded: Keys of the orders that something was taken back from, sorted.
        undoes: Instants of those of them that are still within the return window.
    """

    at: datetime
    lifts: bool
    orders: tuple[str, ...]
    refunded: tuple[str, ...]
    undoes: frozenset[datetime]


@attrs.frozen(kw_only=True)
class _Entry:
    """One event with the moment it acts from and the moment it is dated by."""

    acts: datetime
    dated: datetime
    counts: tuple[int, ...]
    event: TierEvent


def _acts(entry: _Entry) -> datetime:
    return entry.acts


@attrs.frozen(kw_only=True)
class Tally:
    """Events in the order in which they act, with running totals.

    Attributes:
        measures: Names of what is counted.
        entries: The events, by the moment they act from.
        acts: Those moments.
        running: For each measure, the total before each entry, and after the last.
        refunds: Those entries that act later than the order they belong to, in the same order.
    """

    measures: tuple[str, ...]
    entries: tuple[_Entry, ...]
    acts: Sequence[datetime]
    running: tuple[Sequence[int], ...]
    refunds: tuple[_Entry, ...]

    def totals(self, start: datetime | None, end: datetime, known: datetime | None = None) -> dict[str, int]:
        """Add up what is dated in a window.

        Args:
            start: First instant of the window; ``None``: no beginning.
            end: First instant after it.
            known: Nothing that acts then or later is seen; ``None``: as known when the window ends.

        Returns:
            The value of each measure; refunds count with the order that they belong to.
        """
        last = bisect_left(self.acts, end)
        first = min(last, bisect_left(self.acts, start)) if start else 0
        values = [total[last] - total[first] for total in self.running]
        if start:  # Refunds that act in the window, of orders before it: no part of it.
            for entry in self._refunds(start, end):
                if entry.dated < start:
                    values = [value - count for value, count in zip(values, entry.counts, strict=True)]
        if known:  # Refunds that act after the window, of orders in it: part of it.
            for entry in self._refunds(end, known):
                if entry.dated < end and (start is None or start <= entry.dated):
                    values = [value + count for value, count in zip(values, entry.counts, strict=True)]
        return dict(zip(self.measures, values, strict=True))

    def _refunds(self, start: datetime, end: datetime) -> tuple[_Entry, ...]:
        """Give the refunds that act in a stretch of time."""
        return self.refunds[
            bisect_left(self.refunds, start, key=_acts) : bisect_left(self.refunds, end, key=_acts)
        ]

    def oldest(self, start: datetime | None, end: datetime) -> datetime | None:
        """Find the oldest date in a window that something still counts for.

        Args:
            start: First instant of the window; ``None``: no beginning.
            end: First instant after it.

        Returns:
            The date of the oldest order that is not given back in full; ``None`` if there is none.
        """
        left: dict[datetime, list[int]] = {}
        for entry in self.entries[: bisect_left(self.acts, end)]:
            if start is None or entry.dated >= start:
                before = left.get(entry.dated, [0] * len(entry.counts))
                left[entry.dated] = [a + b for a, b in zip(before, entry.counts, strict=True)]
        return min((dated for dated, counts in left.items() if any(counts)), default=None)

    def moments(self, ladder: Ladder) -> list[Moment]:
        """Group the events into steps.

        Args:
            ladder: Its zone and return window decide which refunds come in time.

        Returns:
            One step an instant, rising.
        """
        return [_moment(at, list(group), ladder) for at, group in groupby(self.entries, key=_acts)]


def _moment(at: datetime, group: list[_Entry], ladder: Ladder) -> Moment:
    events = [entry.event for entry in group]
    refunds = [entry for entry in group if entry.event.is_refund]
    return Moment(
        at=at,
        lifts=any(event.lifts for event in events),
        orders=tuple(sorted(e.order_key for e in events if e.order_key is not None and not e.is_refund)),
        refunded=tuple(sorted({entry.event.order_key or "" for entry in refunds})),
        undoes=frozenset(entry.dated for entry in refunds if _in_time(entry, ladder)),
    )


def _in_time(refund: _Entry, ladder: Ladder) -> bool:
    passed = local_date(refund.acts, ladder.zone) - local_date(refund.dated, ladder.zone)
    return passed.days <= ladder.return_window_days


def tally(
    events: Iterable[TierEvent], measures: tuple[str, ...], before: datetime, known_at: datetime | None = None
) -> Tally:
    """Take in what happened before a moment, as far as it was known.

    A refund acts from its own moment, but not before its order; where the order is not among the
    events it changes nothing, since nothing was counted for that order.

    Args:
        events: In any order.
        measures: Names of what to count; metrics not among them are left out.
        before: Nothing that took effect then or later is looked at.
        known_at: Nothing observed later is looked at; ``None``: whatever was observed.

    Returns:
        The events with running totals.

    Raises:
        InputError: Two orders have the same key.
    """
    seen = [e for e in events if e.at < before and (known_at is None or e.observed_at <= known_at)]
    placed = _order_instants(seen)
    entries = sorted(_entries(seen, placed, measures), key=_acts)
    columns = zip(*(entry.counts for entry in entries), strict=True) if entries else ([] for _ in measures)
    return Tally(
        measures=measures,
        entries=tuple(entries),
        acts=[entry.acts for entry in entries],
        running=tuple(list(accumulate(column, initial=0)) for column in columns),
        refunds=tuple(entry for entry in entries if entry.dated < entry.acts),
    )


def _order_instants(events: Iterable[TierEvent]) -> dict[str, datetime]:
    """Tell when each order took effect."""
    placed: dict[str, datetime] = {}
    for event in events:
        if event.order_key is not None and not event.is_refund:
            if event.order_key in placed:
                raise InputError(
                    f"order {event.order_key!r} comes twice: an order counts once, its refunds are negative"
                )
            placed[event.order_key] = event.at
    return placed


def _entries(
    events: Iterable[TierEvent], placed: Mapping[str, datetime], measures: tuple[str, ...]
) -> list[_Entry]:
    found = []
    for event in events:
        dated = placed.get(event.order_key or "") if event.is_refund else event.at
        if dated is not None:
            amounts = {SPEND: event.spend_minor, ORDERS: event.orders, **dict(event.metrics)}
            counts = tuple(amounts.get(name, 0) for name in measures)
            found.append(_Entry(acts=max(event.at, dated), dated=dated, counts=counts, event=event))
    return found
