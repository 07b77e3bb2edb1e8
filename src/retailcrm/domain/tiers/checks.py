"""What makes a ladder contradict itself, and what is merely odd about one."""

from __future__ import annotations

from difflib import get_close_matches
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from retailcrm.domain.money import exponent, format_money
from retailcrm.domain.periods import MONTHS_IN, zone_info
from retailcrm.domain.tiers.requirement import ORDERS, SPEND, Requirement, is_whole
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from retailcrm.domain.tiers.ladder import Ladder, Tier

LONGEST_MONTHS: Final = 600
"""Fifty years: a longer window or hold is a slip of the pen."""

MOST_OFF: Final = Fraction(3, 10)
"""Discounts above this draw a warning; Taobao's member discounts end at 70 % of the price."""

_OWN_WORDS: Final = (SPEND, ORDERS, "combine")


def unknown(what: str, word: str, known: Iterable[str]) -> SettingsError:
    """Build the error for a word that is not on its list.

    Args:
        what: What the word should have been, such as ``"window"``.
        word: The word found.
        known: The words there are.

    Returns:
        An error that suggests the nearest word, or lists them all.
    """
    names = list(known)
    near = get_close_matches(word, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(names)}"
    return SettingsError(f"unknown {what} {word!r}; {hint}")


def check_span(
    what: str, kind: str, kinds: tuple[str, ...], *, months: int | None, needs_months: bool
) -> None:
    """Check the kind of a window or hold, and that its months are there if and only if they are read.

    Args:
        what: ``"window"`` or ``"hold"``.
        kind: The kind given.
        kinds: The kinds there are.
        months: The months given.
        needs_months: Whether this kind has a length in months.

    Raises:
        SettingsError: One of these is wrong.
    """
    if kind not in kinds:
        raise unknown(what, kind, kinds)
    if not needs_months and months is not None:
        raise SettingsError(f"a {what} {kind!r} has no length in months; {months} would not be read")
    if needs_months and not (is_whole(months) and 1 <= (months or 0) <= LONGEST_MONTHS):
        raise SettingsError(f"a {what} {kind!r} needs its months, 1 to {LONGEST_MONTHS}, not {months!r}")


def check_ladder(ladder: Ladder) -> None:
    """Refuse a ladder whose rules contradict each other.

    Args:
        ladder: The ladder.

    Raises:
        SettingsError: They do; the message names tier and value.
    """
    zone_info(ladder.zone)
    try:
        exponent(ladder.currency)
    except InputError as error:
        raise SettingsError(f"ladder: {error}") from None
    _check_words(ladder)
    _check_timing(ladder)
    _check_names(ladder)
    _check_base(ladder)
    for lower, upper in pairwise(ladder.tiers):
        _check_tier(upper, ladder)
        if lower is not ladder.tiers[0]:
            _check_rise(lower, upper, ladder.currency)


def _check_words(ladder: Ladder) -> None:
    if ladder.drop not in ("one_down", "to_balance"):
        raise unknown("drop", ladder.drop, ("one_down", "to_balance"))
    if ladder.qualify_at not in ("completed", "paid"):
        raise unknown("qualify_at", ladder.qualify_at, ("completed", "paid"))
    for name in ("grace_months", "return_window_days"):
        value = getattr(ladder, name)
        if not is_whole(value) or value < 0:
            raise SettingsError(f"{name} is a whole number, 0 or more, not {value!r}")


def _check_timing(ladder: Ladder) -> None:
    """Hold and grace must fit the window."""
    window, hold = ladder.window, ladder.hold
    if hold.kind == "forever":
        if ladder.grace_months:
            raise SettingsError("a tier held forever is never dropped: its grace would not be read")
        return
    if (window.kind == "calendar") != (hold.kind in ("next_period", "period")):
        fitting = "next_period, period" if window.kind == "calendar" else "months"
        raise SettingsError(
            f"with a window {window.kind!r} a tier is held for {fitting} or forever, not {hold.kind!r}"
        )
    between = MONTHS_IN[window.period] if window.period is not None else hold.months
    if between is not None and ladder.grace_months >= between:
        raise SettingsError(
            f"a grace of {ladder.grace_months} months must be shorter than the {between} between tests"
        )


def _check_names(ladder: Ladder) -> None:
    """Keys must be unique, and metrics both declared and asked for."""
    for what, names in (
        ("tier", [t.name for t in ladder.tiers]),
        ("metric", [m.name for m in ladder.metrics]),
    ):
        for name in names:
            if not name or names.count(name) > 1:
                raise SettingsError(f"each {what} needs a name of its own, {name!r} is none")
    declared = [metric.name for metric in ladder.metrics]
    if taken := set(declared) & set(_OWN_WORDS):
        raise SettingsError(f"no metric can be called {taken.pop()!r}")
    asked = {name for tier in ladder.tiers for rule in (tier.enter, tier.to_keep) for name, _ in rule.metrics}
    for name in sorted(asked - set(declared)):
        raise unknown("measure", name, (SPEND, ORDERS, *declared))
    for name in declared:
        if name not in asked:
            raise SettingsError(f"metric {name!r} is declared, but no tier asks for it")


def _check_base(ladder: Ladder) -> None:
    if not ladder.tiers:
        raise SettingsError("a ladder needs at least its base tier")
    base = ladder.tiers[0]
    if base.keep is not None or any(bound for _, bound in base.enter.bounds):
        raise SettingsError(
            f"the first tier, {base.name!r}, must be the base: it asks for nothing and is always kept"
        )


def _check_tier(tier: Tier, ladder: Ladder) -> None:
    """Every tier above the base must ask for something, in order to enter and to keep it."""
    for what, rule in (("enter", tier.enter), ("keep", tier.to_keep)):
        if not rule.bounds:
            raise SettingsError(f"tier {tier.name!r}: {what} asks for nothing")
        for name, bound in rule.bounds:
            if bound < 1:
                raise SettingsError(f"tier {tier.name!r}: {what} asks for {name} {bound}; it must be above 0")
    if tier.keep is not None and ladder.hold.kind == "forever":
        raise SettingsError(f"tier {tier.name!r} is held forever: what it takes to keep it would not be read")


def _check_rise(lower: Tier, upper: Tier, currency: str) -> None:
    """Thresholds must rise strictly."""
    if upper.enter.beyond(lower.enter):
        return
    asked = dict(upper.enter.bounds)
    for name, bound in lower.enter.bounds:
        if asked.get(name, bound + 1) <= bound:
            raise SettingsError(
                f"tier {upper.name!r}: {name} {_shown(name, asked[name], currency)} must be above "
                f"{_shown(name, bound, currency)}, where {lower.name!r} begins"
            )
    raise SettingsError(
        f"tier {upper.name!r}: {_listed(upper.enter, currency)} can be met without passing "
        f"{lower.name!r}, which asks for {_listed(lower.enter, currency)}"
    )


def _shown(name: str, value: int, currency: str) -> str:
    return format_money(value, currency) if name == SPEND else str(value)


def _listed(rule: Requirement, currency: str) -> str:
    word = " or " if rule.combine == "any" else " and "
    return word.join(f"{name} {_shown(name, bound, currency)}" for name, bound in rule.bounds)


def advice(ladder: Ladder) -> tuple[str, ...]:
    """List what is allowed but probably not meant.

    Args:
        ladder: The ladder.

    Returns:
        One sentence each: benefits that fall as tiers rise, discounts of more than 30 %, keeping a
        tier that takes more than entering it, or less of a higher tier than of a lower one.
    """
    found = [note for lower, upper in pairwise(ladder.tiers) for note in _falling(lower, upper)]
    for tier in ladder.tiers:
        if tier.benefits.discount > MOST_OFF:
            off = tier.benefits.discount * 100
            found.append(f"tier {tier.name!r}: {off} % off leaves less than 70 % of the price")
        if not tier.enter.beyond(tier.to_keep, strictly=False):
            found.append(f"tier {tier.name!r}: keeping it can take more than entering it")
    return tuple(found)


def _falling(lower: Tier, upper: Tier) -> Iterator[str]:
    """Say where a higher tier gives or asks for less than the one below it."""
    less, more = upper.benefits, lower.benefits
    pair = f"tier {upper.name!r} gives less than {lower.name!r}"
    if less.discount < more.discount:
        yield f"{pair}: discount {less.discount} after {more.discount}"
    if less.points_multiplier < more.points_multiplier:
        yield f"{pair}: points multiplier {less.points_multiplier} after {more.points_multiplier}"
    if lost := [perk for perk in more.perks if perk not in less.perks]:
        yield f"{pair}: no {', '.join(lost)}"
    if not upper.to_keep.beyond(lower.to_keep, strictly=False):
        yield f"tier {upper.name!r} can be easier to keep than {lower.name!r}"
