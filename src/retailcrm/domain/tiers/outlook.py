"""How far it is to the next tier, and to keeping this one, in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.labels import Label
from retailcrm.domain.money import format_money
from retailcrm.domain.periods import add_months, calendar_period, in_utc, local_date
from retailcrm.domain.tiers.requirement import ORDERS, SPEND, Requirement

if TYPE_CHECKING:
    from retailcrm.domain.tiers.history import TierState
    from retailcrm.domain.tiers.ladder import Ladder, Tier

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


@attrs.frozen(kw_only=True)
class Progress:
    """What a customer can still do.

    Attributes:
        next: The tier above; ``None`` at the top.
        to_reach: What is missing for it, by measure; spend in minor units.
        reach_by: Last local day on which that much is enough; ``None``: no end.
        to_keep: What is missing to keep her tier; empty if nothing is, or if it is never tested.
        keep_from: First local day that counts for the test, if it lies ahead.
        keep_by: Last local day of the hold; ``None``: never tested.
        text: A sentence about the next tier.
        keep_text: A sentence about keeping this one; ``None`` for the base tier.
    """

    next: Tier | None
    to_reach: tuple[tuple[str, int], ...]
    reach_by: date | None
    to_keep: tuple[tuple[str, int], ...]
    keep_from: date | None
    keep_by: date | None
    text: Label
    keep_text: Label | None


def progress(state: TierState, ladder: Ladder, t: datetime) -> Progress:
    """Say what is missing to reach the next tier and to keep this one.

    Args:
        state: Hers, from :func:`~retailcrm.domain.tiers.tier_as_of` with the same ladder and moment.
        ladder: The rules.
        t: The moment, aware.

    Returns:
        The distances, the last local days on which they hold, and sentences in Chinese and English.

    Raises:
        InputError: The moment is naive.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.labels import Label
        >>> from retailcrm.domain.tiers import (
        ...     Hold, Ladder, Requirement, Tier, TierEvent, Window, tier_as_of)
        >>> ladder = Ladder(
        ...     currency="CNY", zone="UTC",
        ...     window=Window("calendar", period="year"), hold=Hold("next_period"),
        ...     tiers=(Tier(name="member", label=Label("普通会员", "Member")),
        ...            Tier(name="gold", label=Label("金卡", "Gold"),
        ...                 enter=Requirement(spend=300000, orders=3))))
        >>> t = datetime(2024, 7, 1, tzinfo=UTC)
        >>> order = TierEvent(datetime(2024, 5, 1, tzinfo=UTC), 268800, 1, "A1")
        >>> state = tier_as_of([order], ladder, t, None)
        >>> print(progress(state, ladder, t).text.en)
        ¥312.00 or 2 orders more by 2024-12-31 to reach Gold
        >>> print(progress(state, ladder, t).text.zh)
        到 2024-12-31 再消费 ¥312.00 或再下 2 单可升级到 金卡
    """
    higher = ladder.tiers[state.index + 1] if state.index + 1 < len(ladder.tiers) else None
    to_reach = () if higher is None else higher.enter.missing(state.values)
    reach_by = _reach_by(state, ladder, in_utc(t)) if to_reach else None
    to_keep = state.tier.to_keep.missing(state.keep_values) if state.held_until is not None else ()
    keep_by = _last_day(state.held_until, ladder)
    ahead = state.keep_from is not None and state.keep_from > in_utc(t)
    keep_from = local_date(state.keep_from, ladder.zone) if ahead and state.keep_from is not None else None
    return Progress(
        next=higher,
        to_reach=to_reach,
        reach_by=reach_by,
        to_keep=to_keep,
        keep_from=keep_from,
        keep_by=keep_by,
        text=_reach_text(state, ladder, to_reach, reach_by),
        keep_text=_keep_text(state, ladder, to_keep, keep_from, keep_by) if state.index else None,
    )


def _last_day(end: datetime | None, ladder: Ladder) -> date | None:
    """Give the last local day before an end, which is what people are shown."""
    return None if end is None else local_date(end - _TICK, ladder.zone)


def _reach_by(state: TierState, ladder: Ladder, t: datetime) -> date | None:
    """Find the last day on which everything that counts now still counts."""
    window = ladder.window
    if window.period is not None:
        return _last_day(calendar_period(t, window.period, ladder.zone).end, ladder)
    if window.months is None or state.oldest is None:
        return None
    oldest = local_date(state.oldest, ladder.zone)
    end = add_months(oldest, window.months)
    # Months of unequal length: a few more days may still reach back as far.
    while add_months(end + _DAY, -window.months) <= oldest:
        end += _DAY
    return end - _DAY


def _reach_text(
    state: TierState, ladder: Ladder, missing: tuple[tuple[str, int], ...], by: date | None
) -> Label:
    if state.index + 1 == len(ladder.tiers):
        return Label(f"{state.tier.label.zh} 已是最高等级", f"{state.tier.label.en} is the highest tier")
    higher = ladder.tiers[state.index + 1]
    if not missing:
        return Label(f"下一单即可升级到 {higher.label.zh}", f"the next order lifts to {higher.label.en}")
    more = _more(higher.enter, missing, ladder)
    zh_by, en_by = (f"到 {by} ", f" by {by}") if by is not None else ("", "")
    return Label(
        f"{zh_by}{more.zh}可升级到 {higher.label.zh}", f"{more.en} more{en_by} to reach {higher.label.en}"
    )


def _keep_text(
    state: TierState,
    ladder: Ladder,
    missing: tuple[tuple[str, int], ...],
    start: date | None,
    by: date | None,
) -> Label:
    zh, en = state.tier.label
    if by is None:
        return Label(f"{zh} 长期有效", f"{en} is held for good")
    if not missing:
        return Label(
            f"{zh} 在 {by} 之后可保级，条件已满足", f"{en} will be kept after {by}: what it takes is reached"
        )
    more = _more(state.tier.to_keep, missing, ladder)
    if start is not None:
        return Label(
            f"{start} 至 {by} {more.zh}可保级 {zh}", f"{more.en} more from {start} to {by} to keep {en}"
        )
    return Label(f"到 {by} {more.zh}可保级 {zh}", f"{more.en} more by {by} to keep {en}")


def _more(rule: Requirement, missing: tuple[tuple[str, int], ...], ladder: Ladder) -> Label:
    """Put distances into words: 再消费 ¥312.00 或再下 2 单; ¥312.00 or 2 orders."""
    parts = [_amount(name, value, ladder) for name, value in missing]
    zh, en = ("或", " or ") if rule.combine == "any" else ("且", " and ")
    words = f" {zh}".join(part.zh for part in parts)
    return Label(f"{words} " if words[-1].isdigit() else words, en.join(part.en for part in parts))


def _amount(name: str, value: int, ladder: Ladder) -> Label:
    if name == SPEND:
        money = format_money(value, ladder.currency)
        return Label(f"再消费 {money}", money)
    if name == ORDERS:
        return Label(f"再下 {value} 单", f"{value} order{'s' if value > 1 else ''}")
    label = next(metric.label for metric in ladder.metrics if metric.name == name)
    return Label(f"{label.zh}再增 {value}", f"{value} {label.en}")
