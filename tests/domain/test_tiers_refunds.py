"""What is given back, what is known, and why: one customer's tiers, by hand arithmetic."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
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


def back(when, spend, key, orders=0):
    return TierEvent(at(when), -spend, orders, key)


def path(events, rules, until, joined="2023-01-01"):
    """Give each change as "date tier", with the local date of the change."""
    changes = tier_history(events, rules, at(joined), at(until))
    return [f"{(c.at + timedelta(hours=8)).date()} {c.after}" for c in changes]


def name(events, rules, when, joined="2023-01-01"):
    return tier_as_of(events, rules, at(when) if isinstance(when, str) else when, at(joined)).tier.name


GRACE = ladder(keep=(300, 800), grace_months=2)


# -- refunds -------------------------------------------------------------------------------------------


def test_refund_of_the_lifting_order_takes_the_rise_back_at_once():
    """Given back within 15 days she stands where she stood, with the hold that she had."""
    bought = [buy("2023-06-01", 1000), buy("2024-11-20", 3000, "A"), back("2024-12-05 23:59", 3000, "A", -1)]
    assert path(bought, ladder(), "2024-12-31") == [
        "2023-06-01 silver",
        "2024-11-20 gold",
        "2024-12-05 silver",
    ]
    assert tier_as_of(bought, ladder(), at("2024-12-31"), None).held_until == at("2025-01-01")


def test_late_refund_is_felt_at_the_next_test():
    """On the 16th day the metric falls at once, the tier only when its hold ends."""
    bought = [buy("2024-11-20", 3000, "A"), back("2024-12-06", 3000, "A", -1)]
    state = tier_as_of(bought, ladder(), at("2024-12-31"), None)
    assert (state.tier.name, state.values["spend"]) == ("gold", 0)
    assert path(bought, ladder(), "2026-12-31")[1:] == ["2026-01-01 silver"]


@pytest.mark.parametrize(
    ("days", "when", "reached"), [(0, "2024-11-20 23:59", "base"), (0, "2024-11-21", "gold")]
)
def test_return_window_counts_whole_local_days(days, when, reached):
    """A window of 0 days is the day of the order."""
    bought = [buy("2024-11-20 10:00", 3000, "A"), back(when, 3000, "A", -1)]
    assert name(bought, ladder(return_window_days=days), "2024-12-31") == reached


def test_refund_of_another_order_waits_for_the_test():
    """Only the order that lifted her takes her down at once."""
    bought = [buy("2024-11-01", 2000, "A"), buy("2024-11-02", 1000, "B"), back("2024-11-03", 2000, "A", -1)]
    assert name(bought, ladder(), "2024-12-31") == "gold"
    bought[-1] = back("2024-11-03", 1000, "B", -1)
    assert name(bought, ladder(), "2024-12-31") == "silver"


def test_refund_that_leaves_enough_changes_nothing():
    """3500 less 500 is still gold; less 501 is silver, as if the order had been that small."""
    for part, reached in ((500, "gold"), (501, "silver"), (2500, "silver"), (2501, "base")):
        bought = [buy("2024-11-20", 3500, "A"), back("2024-11-25", part, "A")]
        state = tier_as_of(bought, ladder(), at("2024-12-31"), None)
        assert state.tier.name == reached
        assert state.held_until == (at("2026-01-01") if state.index else None)


def test_orders_since_then_can_carry_the_tier():
    """Had the lifting order not been there, the next one would have lifted her: nothing falls."""
    bought = [buy("2024-11-20", 3000, "A"), buy("2024-11-22", 3000, "B"), back("2024-11-25", 3000, "A", -1)]
    assert path(bought, ladder(), "2024-12-31") == ["2024-11-20 gold"]


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_giving_back_both_lifting_orders_ends_at_the_base_in_either_order(order):
    """A lifted to silver and B to gold: with both given back in time nothing is left."""
    lifted = [buy("2024-11-01", 1000, "A"), buy("2024-11-02", 2000, "B")]
    amounts = {"A": 1000, "B": 2000}
    refunds = [back(f"2024-11-0{5 + i}", amounts[key], key, -1) for i, key in enumerate(order)]
    assert name(lifted + refunds, ladder(), "2024-11-05 12:00") == ("gold" if order[0] == "A" else "silver")
    assert name(lifted + refunds, ladder(), "2024-12-01") == "base"


def test_a_rise_across_the_end_of_a_year_is_judged_by_its_own_window():
    """A small refund in January leaves enough of December; the new year's window does not matter."""
    bought = [buy("2023-12-30", 3500, "A"), back("2024-01-05", 100, "A")]
    assert name(bought, ladder(), "2024-02-01") == "gold"
    assert name([bought[0], back("2024-01-05", 600, "A")], ladder(), "2024-02-01") == "silver"


def test_refund_counts_in_the_window_of_its_order():
    """What is given back in January of a December order does not burden the new year."""
    bought = [buy("2023-12-30", 900, "A"), back("2024-01-05", 900, "A", -1), buy("2024-03-01", 1000)]
    assert name(bought, ladder(), "2024-03-02") == "silver"
    assert tier_as_of(bought, ladder(), at("2024-03-02"), None).values == {"spend": 1000, "orders": 1}


def test_hold_that_ended_meanwhile_is_tested_when_a_refund_brings_her_back():
    """Silver of 2023 ran out while a rise of December hid it: the refund in January ends both."""
    bought = [buy("2023-06-01", 1000), buy("2024-12-30", 3000, "A"), back("2025-01-05", 3000, "A", -1)]
    expected = ["2023-06-01 silver", "2024-12-30 gold", "2025-01-05 silver", "2025-01-05 base"]
    assert path(bought, ladder(), "2025-02-01") == expected


def test_refund_of_what_was_never_counted_changes_nothing():
    """Without its order a refund lowers nothing; a refund before its order waits for it."""
    assert (
        name([buy("2024-05-01", 1000), back("2024-05-02", 900, "elsewhere", -1)], ladder(), "2024-06-01")
        == "silver"
    )
    early = [back("2024-05-01", 500, "A"), buy("2024-05-03", 1400, "A")]
    assert path([*early, buy("2024-05-04", 100)], ladder(), "2024-06-01") == ["2024-05-04 silver"]


def test_credit_note_stands_for_itself():
    """A negative event that names no order lowers the metric from its own day on, and undoes no rise."""
    bought = [buy("2024-05-01", 1000), TierEvent(at("2024-05-02"), -1, 0), buy("2024-05-03", 2000)]
    assert path(bought, ladder(), "2024-06-01") == ["2024-05-01 silver"]


def test_partial_refunds_equal_one_refund():
    """Giving back 600 in three parts ends where giving it back at once does."""
    parts = [buy("2024-11-20", 3500, "A"), *(back(f"2024-11-2{d}", 200, "A") for d in (1, 2, 3))]
    once = [buy("2024-11-20", 3500, "A"), back("2024-11-23", 600, "A")]
    a, b = (tier_as_of(events, ladder(), at("2024-12-01"), None) for events in (parts, once))
    assert (a.tier, a.held_until, a.values) == (b.tier, b.held_until, b.values)


def test_a_refund_does_not_lift():
    """Where keeping takes more than entering, a refund alone does not bring back what a test took."""
    rules = ladder(window=Window("lifetime"), hold=Hold("months", months=1), keep=(1200, 3000))
    bought = [buy("2024-01-10", 1100, "A"), buy("2024-01-10", 50, "B"), back("2024-03-01", 50, "B", -1)]
    assert path(bought, rules, "2024-04-01") == ["2024-01-10 silver", "2024-02-11 base"]
    assert path([*bought, buy("2024-03-02", 1)], rules, "2024-03-03")[-1] == "2024-03-02 silver"


# -- what is known -------------------------------------------------------------------------------------


def test_what_was_learned_later_is_not_looked_at():
    """A refund of 25 November that an export first showed in January was not known in December."""
    refund = attrs.evolve(back("2024-11-25", 3000, "A", -1), observed_at=at("2025-01-03"))
    bought = [buy("2024-11-20", 3000, "A"), refund]
    believed = tier_as_of(bought, ladder(), at("2024-12-01"), None, known_at=at("2024-12-01"))
    assert believed.tier.name == "gold"
    assert tier_as_of(bought, ladder(), at("2024-12-01"), None, known_at=at("2025-01-03")).tier.name == "base"
    assert tier_as_of(bought, ladder(), at("2024-12-01"), None).tier.name == "base"


def test_an_order_counts_once():
    """The same order given twice is refused: it would count double."""
    with pytest.raises(InputError, match="'A' comes twice"):
        tier_as_of(
            [buy("2024-05-01", 1000, "A"), buy("2024-05-02", 1000, "A")], ladder(), at("2024-06-01"), None
        )


@pytest.mark.parametrize(
    "bad", [{"spend_minor": 10.0}, {"orders": True}, {"at": datetime.fromisoformat("2024-05-01")}]
)
def test_events_are_exact(bad):
    """Floats, booleans and naive moments are refused."""
    with pytest.raises(InputError):
        TierEvent(**{"at": at("2024-05-01"), "spend_minor": 100, "orders": 1, **bad})


# -- why -----------------------------------------------------------------------------------------------


def test_state_says_why():
    """The last decision with its inputs, then what is asked for to keep the tier and to reach the next."""
    state = tier_as_of([buy("2024-05-01", 1200, "A")], ladder(keep=(500, 900)), at("2024-06-01"), None)
    entered, keep, reach = state.why
    assert (entered.rule, entered.tier, entered.at, entered.orders) == (
        "entered",
        "silver",
        at("2024-05-01"),
        ("A",),
    )
    assert (entered.inputs, entered.needed.spend, entered.distance) == (
        {"spend": 1200, "orders": 1},
        1000,
        (),
    )
    assert (keep.rule, keep.tier, keep.inputs["spend"], keep.distance) == (
        "to_keep",
        "silver",
        0,
        (("spend", 500),),
    )
    assert (reach.rule, reach.tier, reach.distance) == ("to_reach", "gold", (("spend", 1800),))


def test_history_says_why():
    """Each change names its rule, the orders that decided it, and what was missing."""
    bought = [buy("2023-06-01", 1000), buy("2024-12-30", 3000, "A"), back("2025-01-05", 3000, "A", -1)]
    changes = tier_history(bought, ladder(), None, at("2025-02-01"))
    assert [c.reason.rule for c in changes] == ["entered", "entered", "refunded", "dropped"]
    assert [c.reason.orders for c in changes] == [("2023-06-01/1000",), ("A",), ("A",), ()]
    assert [c.reason.distance for c in changes] == [(), (), (("spend", 3000),), (("spend", 1000),)]
    assert [(c.before, c.after) for c in changes[2:]] == [("gold", "silver"), ("silver", "base")]


@pytest.mark.parametrize(
    ("rules", "when", "rule"),
    [
        (ladder(), "2023-01-02", "base"),
        (ladder(keep=(1, 1)), "2025-01-01", "kept"),
        (GRACE, "2025-01-01", "grace"),
    ],
)
def test_standing_still_has_a_reason_too(rules, when, rule):
    """Nothing happened yet, kept at a test, or waiting in a grace."""
    bought = [buy("2023-03-05", 3000), buy("2024-11-11", 5)]
    assert tier_as_of(bought, rules, at(when), None).why[0].rule == rule


# -- every setting is alive ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"window": Window("calendar", period="half")},
        {"hold": Hold("period")},
        {"hold": Hold("forever"), "keep": None, "grace_months": 0},
        {"keep": (300, 400)},
        {"drop": "to_balance"},
        {"grace_months": 1},
        {"return_window_days": 3},
        {"zone": "America/New_York"},
        {"tiers": (tier("base"), tier("silver", Requirement(spend=1000)))},
    ],
)
def test_every_setting_changes_an_outcome(change):
    """A history on which each field of the ladder makes a difference."""
    start = {"keep": (601, 3001), "grace_months": 2}
    bought = [
        buy("2023-03-05", 900),
        buy("2023-09-05", 2100),
        buy("2024-03-02", 500),
        buy("2025-02-20", 100),
        buy("2026-12-31 23:00", 3000, "A"),
        back("2027-01-10", 3000, "A", -1),
    ]
    before, after = (
        [(c.at, c.after) for c in tier_history(bought, ladder(**{**start, **more}), None, at("2030-01-01"))]
        for more in ({}, change)
    )
    assert before != after
