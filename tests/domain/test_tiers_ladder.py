"""Requirements and ladders: what they accept, refuse and warn of."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.labels import Label
from retailcrm.domain.tiers import Benefits, Hold, Ladder, Metric, Requirement, Tier, Window
from retailcrm.errors import SettingsError

YEAR = Window("calendar", period="year")
GOLD = Label("金卡", "Gold")


def tier(name, enter=None, keep=None, **benefits):
    return Tier(name=name, label=GOLD, enter=enter or Requirement(), keep=keep, benefits=Benefits(**benefits))


def ladder(*tiers, **changes):
    rules = {"currency": "CNY", "zone": "Asia/Shanghai", "window": YEAR, "hold": Hold("next_period")}
    return Ladder(**{**rules, "tiers": (tier("member"), *tiers), **changes})


def spend(minor, **more):
    return Requirement(spend=minor, **more)


THREE = (tier("silver", spend(100000)), tier("gold", spend(300000)), tier("platinum", spend(500000)))


# -- requirements --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("off", "met"), [(-1, False), (0, True), (1, True)])
@pytest.mark.parametrize("measure", ["spend", "orders", "active_days"])
def test_reaching_a_threshold_exactly_is_enough(measure, off, met):
    """One below misses, the threshold itself and one above meet; for every measure."""
    rule = Requirement(metrics={measure: 30}) if measure == "active_days" else Requirement(**{measure: 30})
    assert rule.met_by({"spend": 0, "orders": 0, "active_days": 0} | {measure: 30 + off}) is met


@pytest.mark.parametrize(("a", "b", "c"), list(product([-1, 0, 1], repeat=3)))
def test_any_and_all_combine_thresholds(a, b, c):
    """``any`` is met by one threshold reached, ``all`` by every one, at -1, 0 and +1 around each."""
    values = {"spend": 500 + a, "orders": 7 + b, "active_days": 3 + c}
    reached = [off >= 0 for off in (a, b, c)]
    asked = {"spend": 500, "orders": 7, "metrics": {"active_days": 3}}
    assert Requirement(**asked).met_by(values) is any(reached)
    assert Requirement(**asked, combine="all").met_by(values) is all(reached)


@given(
    st.dictionaries(st.sampled_from(["spend", "orders", "visits"]), st.integers(1, 5), min_size=1), st.data()
)
def test_what_is_missing_added_meets_the_requirement(bounds, data):
    """Distances are empty exactly when the requirement is met; adding them meets it, less does not."""
    combine = data.draw(st.sampled_from(["any", "all"]))
    metrics = {name: bound for name, bound in bounds.items() if name == "visits"}
    own = {name: bound for name, bound in bounds.items() if name != "visits"}
    rule = Requirement(**own, metrics=metrics, combine=combine)
    values = {name: data.draw(st.integers(-3, 6)) for name in ("spend", "orders", "visits")}
    missing = rule.missing(values)
    assert bool(missing) is not rule.met_by(values)
    if combine == "any":
        for name, more in missing:
            assert rule.met_by({**values, name: values[name] + more})
            assert not rule.met_by({**values, name: values[name] + more - 1})
    elif missing:
        assert rule.met_by(values | {name: values[name] + more for name, more in missing})


def test_asking_for_nothing_is_always_met():
    """A requirement without thresholds is met by everybody, even below zero."""
    assert Requirement().met_by({"spend": -1, "orders": 0})
    assert Requirement().missing({"spend": -1, "orders": 0}) == ()


def test_requirements_are_values():
    """Equal thresholds make equal, hashable requirements, in whatever order metrics are named."""
    one = Requirement(metrics={"visits": 3, "active_days": 2})
    assert one == Requirement(metrics={"active_days": 2, "visits": 3})
    assert len({one, Requirement(metrics=(("visits", 3), ("active_days", 2)))}) == 1


@pytest.mark.parametrize(
    "bad", [{"spend": 3000.0}, {"orders": -1}, {"orders": True}, {"metrics": {"visits": "3"}}]
)
def test_thresholds_are_whole_numbers(bad):
    """Floats, negatives, booleans and text are no thresholds."""
    with pytest.raises(SettingsError, match="whole number"):
        Requirement(**bad)


def test_combine_is_any_or_all():
    """Another word for combining is refused."""
    with pytest.raises(SettingsError, match="'both'"):
        Requirement(spend=1, combine="both")


# -- ladders that are refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (spend(300000), spend(300000), "gold.*spend ¥3,000.00 must be above ¥3,000.00.*silver"),
        (spend(300000), spend(299999), "gold.*spend ¥2,999.99 must be above"),
        (Requirement(orders=5), Requirement(orders=5), "gold.*orders 5 must be above 5"),
        (spend(100, orders=5), spend(200, orders=5), "orders 5 must be above 5"),
        (
            spend(100, orders=5, combine="all"),
            spend(200, orders=4, combine="all"),
            "orders 4 must be above 5",
        ),
        (spend(100), Requirement(orders=5), "orders 5 can be met without passing 'silver'.*spend ¥1.00"),
        (spend(100), spend(200, orders=5), "spend ¥2.00 or orders 5 can be met without"),
        (
            spend(100, orders=2, combine="all"),
            spend(200),
            "can be met without passing 'silver'.* and orders 2",
        ),
    ],
)
def test_thresholds_must_rise_strictly(low, high, said):
    """A tier that can be reached without passing the one below is refused, naming tier and value."""
    with pytest.raises(SettingsError, match=said):
        ladder(tier("silver", low), tier("gold", high))


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (spend(100), spend(101)),
        (spend(100, orders=5), spend(200, orders=6)),
        (spend(100, orders=5), spend(200)),
        (spend(100, orders=5), spend(200, orders=1, combine="all")),
        (spend(100, combine="all"), spend(200, orders=1, combine="all")),
    ],
)
def test_rising_thresholds_are_taken(low, high):
    """One above is enough; a higher tier may ask in fewer ways, or for more things at once."""
    assert len(ladder(tier("silver", low), tier("gold", high)).tiers) == 3


rules = st.builds(
    Requirement,
    spend=st.none() | st.integers(1, 4),
    orders=st.none() | st.integers(1, 4),
    combine=st.sampled_from(["any", "all"]),
).filter(lambda rule: rule.bounds)


@given(rules, rules)
def test_rise_check_agrees_with_enumeration(low, high):
    """A higher tier is refused exactly if some customer can enter it without passing the lower one."""
    passed = {
        (s, o)
        for s, o in product(range(6), repeat=2)
        if low.met_by({"spend": s - 1, "orders": o - 1})  # passing: reaching one more than asked for
    }
    wanted = {(s, o) for s, o in product(range(6), repeat=2) if high.met_by({"spend": s, "orders": o})}
    assert high.beyond(low) is (wanted <= passed)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tiers": ()}, "base tier"),
        ({"tiers": THREE}, "'silver', must be the base"),
        ({"tiers": (tier("member", keep=spend(5)),)}, "must be the base"),
        ({"tiers": (tier("member"), tier("gold"))}, "'gold': enter asks for nothing"),
        ({"tiers": (tier("member"), tier("gold", spend(0)))}, "'gold': enter asks for spend 0"),
        (
            {"tiers": (tier("member"), tier("gold", spend(5), Requirement(orders=0)))},
            "keep asks for orders 0",
        ),
        ({"tiers": (tier("member"), tier("gold", spend(5), Requirement()))}, "keep asks for nothing"),
        ({"tiers": (tier("member"), tier("member", spend(5)))}, "'member'"),
        ({"tiers": (tier(""),)}, "name of its own"),
        ({"zone": "Asia/Shangai"}, "Asia/Shanghai"),
        ({"currency": "yuan"}, "ISO 4217"),
        ({"drop": "onedown"}, "did you mean 'one_down'"),
        ({"qualify_at": "complete"}, "did you mean 'completed'"),
        ({"grace_months": -1}, "grace_months"),
        ({"return_window_days": 1.5}, "return_window_days"),
        ({"grace_months": 12}, "shorter than the 12"),
        (
            {"window": Window("rolling", months=6), "hold": Hold("months", months=3), "grace_months": 3},
            "than the 3",
        ),
        ({"hold": Hold("months", months=12)}, "held for next_period, period or forever"),
        ({"window": Window("lifetime")}, "held for months or forever, not 'next_period'"),
        ({"hold": Hold("forever"), "grace_months": 1}, "never dropped: its grace"),
        ({"hold": Hold("forever"), "tiers": (tier("m"), tier("g", spend(5), spend(4)))}, "held forever"),
        ({"metrics": (Metric("visits", GOLD),)}, "'visits' is declared, but no tier asks"),
        ({"metrics": (Metric("spend", GOLD),)}, "called 'spend'"),
        ({"tiers": (tier("m"), tier("g", Requirement(metrics={"visit": 3})))}, "unknown measure 'visit'"),
    ],
)
def test_contradictions_are_refused(change, said):
    """Rules that contradict each other, or that nothing would read, are settings errors that say which."""
    with pytest.raises(SettingsError, match=said):
        ladder(*THREE, **change)


def test_misspelt_metric_gets_a_suggestion():
    """A requirement for a metric that is not declared suggests the one that is."""
    asked = tier("gold", Requirement(metrics={"active_day": 3, "active_days": 3}))
    with pytest.raises(SettingsError, match="did you mean 'active_days'"):
        ladder(asked, metrics=(Metric("active_days", GOLD),))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Window("roling", months=3), "did you mean 'rolling'"),
        (lambda: Window("rolling"), "needs its months"),
        (lambda: Window("rolling", months=0), "1 to 600"),
        (lambda: Window("rolling", months=601), "1 to 600"),
        (lambda: Window("lifetime", months=3), "3 would not be read"),
        (lambda: Window("calendar"), "period"),
        (lambda: Window("lifetime", period="year"), "period"),
        (lambda: Window("calendar", period="week"), "not 'week'"),
        (lambda: Hold("months"), "needs its months"),
        (lambda: Hold("next_period", months=3), "would not be read"),
        (lambda: Hold("for_ever"), "did you mean 'forever'"),
    ],
)
def test_windows_and_holds_say_what_they_need(make, said):
    """A window or hold without its length, or with one that nobody reads, is refused."""
    with pytest.raises(SettingsError, match=said):
        make()


# -- benefits and warnings -----------------------------------------------------------------------------


def test_rates_are_exact():
    """Rates from text, decimals and fractions are equal fractions; floats are refused."""
    rates = ("0.05", Decimal("0.05"), Fraction(1, 20), "1/20")
    assert {Benefits(discount=rate).discount for rate in rates} == {Fraction(1, 20)}
    with pytest.raises(SettingsError, match="in quotes"):
        Benefits(discount=0.05)


@pytest.mark.parametrize(
    "bad",
    [
        {"discount": "1"},
        {"discount": "-0.1"},
        {"discount": "five"},
        {"discount": Decimal("Infinity")},
        {"points_multiplier": "-1"},
        {"points_multiplier": "1/0"},
        {"perks": ("gift", "gift")},
    ],
)
def test_benefits_that_cannot_be_meant_are_refused(bad):
    """Discounts below 0 or of everything, negative multipliers, non-numbers, repeated perks."""
    with pytest.raises(SettingsError):
        Benefits(**bad)


def test_good_ladder_warns_of_nothing():
    """Benefits that do not fall, thresholds to keep below those to enter: no warning."""
    silver = tier("silver", spend(100), spend(50), discount="0.05", perks=("gift",))
    gold = tier("gold", spend(300), spend(150), discount="0.3", points_multiplier="2", perks=("gift", "post"))
    assert ladder(silver, gold).warnings == ()


@pytest.mark.parametrize(
    ("silver", "gold", "said"),
    [
        (
            {"discount": "0.1"},
            {"discount": "0.05"},
            "'gold' gives less than 'silver': discount 1/20 after 1/10",
        ),
        ({"points_multiplier": "2"}, {}, "points multiplier 1 after 2"),
        ({"perks": ("gift", "post")}, {"perks": ("post",)}, "no gift"),
        ({}, {"discount": "0.301"}, "'gold': 301/10 % off leaves less than 70 %"),
        ({}, {"keep": spend(301)}, "'gold': keeping it can take more than entering it"),
        ({"keep": spend(90)}, {"keep": spend(80)}, "'gold' can be easier to keep than 'silver'"),
    ],
)
def test_odd_ladders_warn(silver, gold, said):
    """Falling benefits, deep discounts and odd thresholds to keep are allowed, with one warning each."""
    odd = ladder(tier("silver", spend(100), **silver), tier("gold", spend(300), **gold))
    assert len(odd.warnings) == 1
    assert said in odd.warnings[0]


@given(st.integers(0, 600000))
def test_highest_tier_reached_counts_thresholds_at_or_below(value):
    """The tier entered is the number of thresholds at or below the value."""
    thresholds = (100000, 300000, 500000)
    assert ladder(*THREE).entered({"spend": value, "orders": 0}) == sum(t <= value for t in thresholds)
