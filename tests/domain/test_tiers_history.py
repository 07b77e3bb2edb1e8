"""Climbing, keeping and dropping: one customer's tiers, by hand arithmetic."""

from __future__ import annotations

from datetime import timedelta

import pytest

from retailcrm.domain.labels import Label
from retailcrm.domain.periods import instant_of
from retailcrm.domain.tiers import (
    Hold,
    Ladder,
    Requirement,
    Tier,
    TierEvent,
    Window,
    tier_as_of,
    tier_history,
)
from retailcrm.errors import InputError

ZONE = "Asia/Shanghai"
TICK = timedelta(microseconds=1)
YEAR = Window("calendar", period="year")
NEXT = Hold("next_period")


def at(text):
    return instant_of(text, ZONE)


def tier(name, enter=None, keep=None):
    return Tier(name=name, label=Label(name, name), enter=enter or Requirement(), keep=keep)


def ladder(window=YEAR, hold=NEXT, keep=None, **changes):
    """Base, silver at 1000 and gold at 3000; ``keep`` gives both lower thresholds to stay."""
    silver, gold = (None, None) if keep is None else (Requirement(spend=k) for k in keep)
    tiers = (
        tier("base"),
        tier("silver", Requirement(spend=1000), silver),
        tier("gold", Requirement(spend=3000), gold),
    )
    return Ladder(
        **{"currency": "CNY", "zone": ZONE, "tiers": tiers, "window": window, "hold": hold, **changes}
    )


def buy(when, spend, key=None):
    return TierEvent(at(when), spend, 1, key or f"{when}/{spend}")


def path(events, rules, until, joined="2023-01-01"):
    """Give each change as "date tier", with the local date of the change."""
    changes = tier_history(events, rules, at(joined), at(until))
    return [f"{(c.at + timedelta(hours=8)).date()} {c.after}" for c in changes]


def name(events, rules, when, joined="2023-01-01"):
    return tier_as_of(events, rules, at(when) if isinstance(when, str) else when, at(joined)).tier.name


# -- thresholds ----------------------------------------------------------------------------------------

LADDER = (("silver", 500_00, 3), ("gold", 1500_00, 8), ("platinum", 4000_00, 20), ("diamond", 10000_00, 50))


def cards(combine):
    steps = (tier(n, Requirement(spend=s, orders=o, combine=combine)) for n, s, o in LADDER)
    return ladder(tiers=(tier("base"), *steps))


@pytest.mark.parametrize("off", [-1, 0, 1])
@pytest.mark.parametrize("step", range(1, 5))
@pytest.mark.parametrize("measure", [1, 2])
def test_each_threshold_at_one_below_itself_and_one_above(step, measure, off):
    """The highest tier whose threshold is at or below the value: never the one above, never one below."""
    value = LADDER[step - 1][measure] + off
    once = (
        TierEvent(at("2024-03-01"), value, 1, "A")
        if measure == 1
        else TierEvent(at("2024-03-01"), 0, value, "A")
    )
    state = tier_as_of([once], cards("any"), at("2024-03-02"), None)
    assert state.index == (step if off >= 0 else step - 1)


@pytest.mark.parametrize(
    ("spend", "orders", "index"), [(500_00, 2, 0), (499_99, 3, 0), (500_00, 3, 1), (10000_00, 8, 2)]
)
def test_all_thresholds_are_needed_where_the_ladder_says_so(spend, orders, index):
    """With ``all`` the lesser of the two measures decides."""
    once = TierEvent(at("2024-03-01"), spend, orders, "A")
    assert tier_as_of([once], cards("all"), at("2024-03-02"), None).index == index


@pytest.mark.parametrize("value", [-5, 0, 1])
def test_base_tier_has_no_threshold(value):
    """Nothing bought, or more given back than bought, is the base tier."""
    once = TierEvent(at("2024-03-01"), value, 0)
    assert tier_as_of([once], cards("any"), at("2024-03-02"), None).index == 0
    assert tier_as_of([], cards("any"), at("2024-03-02"), at("2024-01-01")).tier.name == "base"


def test_tiers_are_climbed_at_once_and_may_be_skipped():
    """Each order lifts at its own instant; one order may lift over several tiers."""
    bought = [buy("2024-02-01 10:00", 1000), buy("2024-02-03", 2000)]
    assert path(bought, ladder(), "2024-06-01") == ["2024-02-01 silver", "2024-02-03 gold"]
    assert path([buy("2024-02-01", 3000)], ladder(), "2024-06-01") == ["2024-02-01 gold"]


def test_an_event_counts_from_just_after_its_instant():
    """What takes effect at t or later is not looked at, so t is exclusive."""
    bought = [buy("2024-02-01 10:00", 1000)]
    assert name(bought, ladder(), "2024-02-01 10:00") == "base"
    assert name(bought, ladder(), at("2024-02-01 10:00") + TICK) == "silver"


# -- holds and tests -----------------------------------------------------------------------------------


def test_a_tier_is_held_to_the_end_of_the_next_period():
    """Risen in 2023, held through 2024, tested on 2024's figures as 2025 begins, in the shop's zone."""
    bought = [buy("2023-03-05", 3000)]
    state = tier_as_of(bought, ladder(), at("2024-12-31 23:59"), None)
    assert (state.tier.name, state.held_until) == ("gold", at("2025-01-01"))
    assert name(bought, ladder(), at("2025-01-01") - TICK) == "gold"
    assert name(bought, ladder(), "2025-01-01") == "silver"


def test_a_tier_can_be_held_to_the_end_of_its_own_period():
    """With ``period`` the year of the rise is itself tested: 3000 do not keep what 3001 keep."""
    rules = ladder(hold=Hold("period"), keep=(1000, 3001))
    assert path([buy("2023-03-05", 3000)], rules, "2024-12-31") == ["2023-03-05 gold", "2024-01-01 silver"]
    assert path([buy("2023-03-05", 3001)], rules, "2024-12-31") == ["2023-03-05 gold"]


def test_a_tier_held_forever_is_never_tested():
    """Nothing but a refund of the lifting order ends a tier that is held forever."""
    state = tier_as_of([buy("2023-03-05", 3000)], ladder(hold=Hold("forever")), at("2043-01-01"), None)
    assert (state.tier.name, state.held_until) == ("gold", None)


@pytest.mark.parametrize(("spent", "kept"), [(799, False), (800, True), (801, True)])
def test_keeping_has_its_own_threshold(spent, kept):
    """At the test, the keep threshold itself is enough, in the period that has just ended."""
    bought = [buy("2023-03-05", 3000), buy("2024-11-11", spent)]
    rules = ladder(keep=(300, 800))
    assert name(bought, rules, "2025-01-01") == ("gold" if kept else "silver")
    if kept:
        assert tier_as_of(bought, rules, at("2025-01-01"), None).held_until == at("2026-01-01")


def test_dropping_goes_one_step_and_is_tested_a_period_later():
    """Gold without another order: silver for a year, then base for good."""
    expected = ["2023-03-05 gold", "2025-01-01 silver", "2026-01-01 base"]
    assert path([buy("2023-03-05", 3000)], ladder(), "2030-01-01") == expected


@pytest.mark.parametrize(
    ("spent", "landing"), [(299, "base"), (300, "silver"), (799, "silver"), (800, "gold")]
)
def test_dropping_to_the_balance_lands_where_she_would_stay(spent, landing):
    """``to_balance`` drops to the highest tier that the period's figures keep."""
    bought = [buy("2023-03-05", 3000), buy("2024-11-11", spent)]
    assert name(bought, ladder(keep=(300, 800), drop="to_balance"), "2025-01-01") == landing


def test_rising_again_begins_a_new_hold():
    """A rise in 2024 from silver of 2023 is held to the end of 2025."""
    bought = [buy("2023-03-05", 1000), buy("2024-05-01", 3000)]
    assert tier_as_of(bought, ladder(), at("2024-06-01"), None).held_until == at("2026-01-01")


@pytest.mark.parametrize("unit", ["month", "quarter", "half", "year"])
def test_every_calendar_period_can_be_a_window(unit):
    """What is bought in one period does not count in the next."""
    rules = ladder(window=Window("calendar", period=unit))
    together = [buy("2024-12-30", 600), buy("2024-12-31 23:59", 400)]
    apart = [buy("2024-12-31 23:59", 600), buy("2025-01-01", 400)]
    assert name(together, rules, "2025-01-01") == "silver"
    assert name(apart, rules, "2025-01-02") == "base"


# -- other windows -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "reached"),
    [
        ("2023-03-16 00:00", "2024-03-15 23:59", "silver"),  # 2023-03-16 to 2024-03-15: twelve months
        ("2023-03-15 23:59", "2024-03-15 00:01", "base"),
        ("2023-03-01 00:00", "2024-02-29 10:00", "silver"),
        ("2023-02-28 23:59", "2024-02-29 10:00", "base"),
    ],
)
def test_rolling_window_counts_whole_local_days_with_today(first, second, reached):
    """Twelve months back from the end of the day of the order."""
    rules = ladder(window=Window("rolling", months=12), hold=Hold("months", months=6))
    assert name([buy(first, 500), buy(second, 500)], rules, "2024-03-16") == reached


def test_months_of_hold_end_with_the_day():
    """Risen on 31 January, held for one month: to the end of 29 February, then month by month."""
    rules = ladder(window=Window("rolling", months=1), hold=Hold("months", months=1))
    bought = [buy("2024-01-31 10:00", 1000)]
    assert tier_as_of(bought, rules, at("2024-02-01"), None).held_until == at("2024-03-01")
    kept = [*bought, buy("2024-02-10", 1000)]
    assert tier_as_of(kept, rules, at("2024-03-02"), None).held_until == at("2024-04-01")


@pytest.mark.parametrize(
    ("day", "kept"), [("2024-02-28 23:59", False), ("2024-02-29", True), ("2024-03-28 23:59", True)]
)
def test_rolling_test_looks_back_from_the_end_of_the_hold(day, kept):
    """The hold ends as 29 March begins: the month before it is 29 February to 28 March."""
    rules = ladder(window=Window("rolling", months=1), hold=Hold("months", months=1))
    bought = [buy("2024-02-28", 1000, "A"), buy(day, 1000, "B")]
    bought = bought if day > "2024-02-29" else [buy("2024-02-28", 900, "A"), buy(day, 100, "B")]
    assert name(bought, rules, "2024-03-29") == ("silver" if kept else "base")


def test_lifetime_counts_everything():
    """Ten years apart, two orders still add up; a lifetime tier is kept while refunds leave enough."""
    rules = ladder(window=Window("lifetime"), hold=Hold("months", months=12))
    assert path([buy("2014-01-01", 500), buy("2024-01-01", 500)], rules, "2030-01-01") == [
        "2024-01-01 silver"
    ]


def test_since_join_leaves_out_what_came_before():
    """Orders as a guest do not count; the one at the moment of joining does."""
    rules = ladder(window=Window("since_join"), hold=Hold("forever"))
    bought = [buy("2023-05-31", 600), buy("2023-06-01", 500), buy("2023-06-02", 400)]
    assert name(bought, rules, "2024-01-01", joined="2023-06-01") == "base"
    assert name(bought, rules, "2024-01-01", joined="2023-05-31") == "silver"
    with pytest.raises(InputError, match="joined_at"):
        tier_as_of(bought, rules, at("2024-01-01"), None)


def test_since_last_change_starts_afresh_after_each_rise():
    """The order that lifted her is used up: 3000 more are needed for gold, then 1000 to keep silver."""
    rules = ladder(window=Window("since_last_change"), hold=Hold("months", months=12))
    bought = [buy("2024-01-01", 1000), buy("2024-02-01", 2999), buy("2024-03-01", 1)]
    assert path(bought, rules, "2024-12-31") == ["2024-01-01 silver", "2024-03-01 gold"]
    late = [buy("2024-01-01", 1000), buy("2025-01-01", 999), buy("2025-01-02", 999)]
    assert path(late, rules, "2025-06-01") == ["2024-01-01 silver", "2025-01-02 base"]


def test_since_last_change_begins_with_joining():
    """Before the first change, what counts begins with joining; everything where that is unknown."""
    rules = ladder(window=Window("since_last_change"), hold=Hold("forever"))
    bought = [buy("2023-05-31", 600), buy("2023-06-01", 400)]
    assert name(bought, rules, "2024-01-01", joined="2023-06-01") == "base"
    assert tier_as_of(bought, rules, at("2024-01-01"), None).tier.name == "silver"


# -- grace ---------------------------------------------------------------------------------------------

GRACE = ladder(keep=(300, 800), grace_months=2)


def test_grace_gives_time_to_catch_up():
    """500 in 2024 and 300 in the first two months of 2025 make the 800 that keep gold."""
    bought = [buy("2023-03-05", 3000), buy("2024-11-11", 500)]
    state = tier_as_of(bought, GRACE, at("2025-01-01"), None)
    assert (state.tier.name, state.in_grace, state.held_until) == ("gold", True, at("2025-03-01"))
    assert path(bought, GRACE, "2025-06-01")[1:] == ["2025-03-01 silver"]
    assert path([*bought, buy("2025-02-28 23:59", 300)], GRACE, "2025-12-31") == ["2023-03-05 gold"]
    assert path([*bought, buy("2025-03-01", 300)], GRACE, "2025-06-01")[1:] == ["2025-03-01 silver"]


def test_grace_does_not_move_the_next_test():
    """Kept or dropped after the grace, the next test comes a period after the one that failed."""
    bought = [buy("2023-03-05", 3000), buy("2024-11-11", 500)]
    for more in ([], [buy("2025-02-01", 300)]):
        state = tier_as_of([*bought, *more], GRACE, at("2025-03-01"), None)
        assert (state.held_until, state.in_grace) == (at("2026-01-01"), False)


def test_rising_ends_a_grace():
    """Who rises during a grace begins a hold of the new tier."""
    rules = ladder(keep=(800, 800), grace_months=2)
    bought = [buy("2023-03-05", 1000), buy("2025-02-01", 3000)]
    state = tier_as_of(bought, rules, at("2025-06-01"), None)
    assert (state.tier.name, state.in_grace, state.held_until) == ("gold", False, at("2027-01-01"))
