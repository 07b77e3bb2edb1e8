"""Which tier a customer had, since when and why: the past replayed, nothing ahead of it looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from retailcrm.domain.periods import in_utc
from retailcrm.domain.tiers.events import Moment, TierEvent, tally
from retailcrm.domain.tiers.standing import Reason, Rules, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from retailcrm.domain.tiers.ladder import Ladder, Tier


@attrs.frozen(kw_only=True)
class TierChange:
    """A move from one tier to another.

    Attributes:
        at: When it took effect, UTC.
        before: Name of the tier left.
        after: Name of the tier reached.
        held_until: When keeping the new tier is tested; ``None``: never.
        reason: The decision, with what was measured and asked for.
    """

    at: datetime
    before: str
    after: str
    held_until: datetime | None
    reason: Reason


@attrs.frozen(kw_only=True)
class TierState:
    """A customer's tier at a moment.

    Attributes:
        tier: The tier.
        index: Its position in the ladder, 0 for the base.
        since: When she came to it; when she joined, if nothing has changed since.
        held_until: First instant at which keeping it is tested, UTC; ``None``: never.
        in_grace: Whether the test has failed already and ``held_until`` ends the grace.
        values: What counts at the moment, by measure; spend in minor units.
        counts_from: Start of the window of ``values``; ``None``: no beginning.
        oldest: Date of the oldest order that counts in it.
        keep_values: What counts so far for the test at ``held_until``; empty if there is none.
        keep_from: Start of that test's window; ``None``: no beginning, or no test.
        why: The last decision, then what is asked for to keep this tier and to reach the next.
    """

    tier: Tier
    index: int
    since: datetime | None
    held_until: datetime | None
    in_grace: bool
    values: Mapping[str, int]
    counts_from: datetime | None
    oldest: datetime | None
    keep_values: Mapping[str, int]
    keep_from: datetime | None
    why: tuple[Reason, ...]


def tier_history(
    events: Iterable[TierEvent],
    ladder: Ladder,
    joined_at: datetime | None,
    until: datetime,
    known_at: datetime | None = None,
) -> tuple[TierChange, ...]:
    """List every change of tier up to a moment.

    Args:
        events: One customer's, in any order.
        ladder: The rules.
        joined_at: When she joined, aware; ``None`` where unknown. Only windows that begin with
            joining read it.
        until: Events that took effect then or later are not looked at; a hold that ends then has ended.
        known_at: Events observed later are not looked at; ``None``: whatever was observed.

    Returns:
        The changes, oldest first.

    Raises:
        InputError: Two orders share a key, a moment is naive, or the window needs ``joined_at``.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.labels import Label
        >>> from retailcrm.domain.tiers import Hold, Ladder, Requirement, Tier, Window
        >>> ladder = Ladder(
        ...     currency="CNY", zone="UTC",
        ...     window=Window("calendar", period="year"), hold=Hold("next_period"),
        ...     tiers=(Tier(name="member", label=Label("普通会员", "Member")),
        ...            Tier(name="gold", label=Label("金卡", "Gold"), enter=Requirement(spend=300000))))
        >>> bought = TierEvent(datetime(2023, 3, 5, tzinfo=UTC), 312000, 1, "A1")
        >>> for change in tier_history([bought], ladder, None, datetime(2025, 1, 1, tzinfo=UTC)):
        ...     print(change.at.date(), change.before, change.after, change.reason.rule)
        2023-03-05 member gold entered
        2025-01-01 gold member dropped
    """
    rules, end = _rules(events, ladder, joined_at, until, known_at)
    found = []
    for before, after in _steps(rules, end):
        if before.tier != after.tier and after.since is not None:
            change = TierChange(
                at=after.since,
                before=ladder.tiers[before.tier].name,
                after=ladder.tiers[after.tier].name,
                held_until=after.held_until,
                reason=after.reason,
            )
            found.append(change)
    return tuple(found)


def tier_as_of(
    events: Iterable[TierEvent],
    ladder: Ladder,
    t: datetime,
    joined_at: datetime | None,
    known_at: datetime | None = None,
) -> TierState:
    """Tell which tier a customer has at a moment, and why.

    Args:
        events: One customer's, in any order.
        ladder: The rules.
        t: The moment, aware. Events that took effect then or later are not looked at; a hold that
            ends then has ended.
        joined_at: When she joined, aware; ``None`` where unknown. Only windows that begin with
            joining read it.
        known_at: Events observed later are not looked at; ``None``: whatever was observed.

    Returns:
        The tier with everything it rests on.

    Raises:
        InputError: Two orders share a key, a moment is naive, or the window needs ``joined_at``.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.labels import Label
        >>> from retailcrm.domain.tiers import Hold, Ladder, Requirement, Tier, Window
        >>> ladder = Ladder(
        ...     currency="CNY", zone="UTC", window=Window("lifetime"), hold=Hold("forever"),
        ...     tiers=(Tier(name="member", label=Label("普通会员", "Member")),
        ...            Tier(name="gold", label=Label("金卡", "Gold"), enter=Requirement(orders=2))))
        >>> orders = [TierEvent(datetime(2024, 3, day, tzinfo=UTC), 100, 1, f"A{day}") for day in (5, 6)]
        >>> [tier_as_of(orders, ladder, datetime(2024, 3, day, tzinfo=UTC), None).tier.name for day in (6, 7)]
        ['member', 'gold']
    """
    rules, end = _rules(events, ladder, joined_at, t, known_at)
    standing = rules.first()
    for _, after in _steps(rules, end):
        standing = after
    return _state(rules, standing, end)


def _rules(
    events: Iterable[TierEvent],
    ladder: Ladder,
    joined_at: datetime | None,
    until: datetime,
    known_at: datetime | None,
) -> tuple[Rules, datetime]:
    end = in_utc(until)
    seen = tally(events, ladder.measures, end, None if known_at is None else in_utc(known_at))
    return Rules(ladder=ladder, tally=seen, joined_at=None if joined_at is None else in_utc(joined_at)), end


def _steps(rules: Rules, end: datetime) -> Iterator[tuple[Standing, Standing]]:
    """Replay: at each moment first the tests that are due, then refunds, then a rise."""
    standing = rules.first()
    given_back: frozenset[datetime] = frozenset()
    for moment in rules.tally.moments(rules.ladder):
        given_back |= moment.undoes
        for after in _at(rules, standing, moment, given_back):
            yield standing, after
            standing = after
    for after in _tests(rules, standing, end, None):
        yield standing, after
        standing = after


def _at(
    rules: Rules, standing: Standing, moment: Moment, given_back: frozenset[datetime]
) -> Iterator[Standing]:
    """Yield each standing that a moment brings."""
    for after in _tests(rules, standing, moment.at, None):
        yield (standing := after)
    causes: frozenset[datetime] = moment.undoes
    while (after := rules.undo(standing, moment, causes)) is not standing:
        yield (standing := after)
        for tested in _tests(rules, standing, moment.at, moment.at):
            yield (standing := tested)
        # Back on a lower tier: an order that lifted her there may have been given back meanwhile.
        causes = given_back
    if (after := rules.rise(standing, moment)) is not standing:
        yield after


def _tests(
    rules: Rules, standing: Standing, end: datetime, not_before: datetime | None
) -> Iterator[Standing]:
    """Yield the standing after each test that is due by a moment."""
    while (test := standing.held_until) is not None and test <= end:
        yield (standing := rules.test(standing, test, not_before))


def _state(rules: Rules, standing: Standing, t: datetime) -> TierState:
    ladder, tally_ = rules.ladder, rules.tally
    start = rules.window_start(standing, t)
    values = tally_.totals(start, t)
    why = [standing.reason]
    keep_from, keep_values = None, {}
    if (test := standing.held_until) is not None:
        keep_from = rules.test_start(standing, test)
        keep_values = tally_.totals(keep_from, t)
        why.append(_ahead("to_keep", ladder.tiers[standing.tier], keep_values))
    if standing.tier + 1 < len(ladder.tiers):
        why.append(_ahead("to_reach", ladder.tiers[standing.tier + 1], values))
    return TierState(
        tier=ladder.tiers[standing.tier],
        index=standing.tier,
        since=rules.joined_at if standing.since is None else standing.since,
        held_until=standing.held_until,
        in_grace=standing.due is not None,
        values=values,
        counts_from=start,
        oldest=tally_.oldest(start, t),
        keep_values=keep_values,
        keep_from=keep_from,
        why=tuple(why),
    )


def _ahead(rule: Literal["to_keep", "to_reach"], tier: Tier, values: Mapping[str, int]) -> Reason:
    """Say what is still asked for."""
    needed = tier.to_keep if rule == "to_keep" else tier.enter
    return Reason(
        rule=rule, tier=tier.name, at=None, inputs=values, needed=needed, distance=needed.missing(values)
    )
