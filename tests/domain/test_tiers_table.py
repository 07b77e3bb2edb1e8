"""Ladders out of policy files, and the two that ship as examples."""

from __future__ import annotations

import tomllib
from fractions import Fraction

import pytest

from retailcrm.domain.labels import Label
from retailcrm.domain.periods import instant_of
from retailcrm.domain.tiers import (
    Benefits,
    Hold,
    Ladder,
    Metric,
    Requirement,
    Tier,
    TierEvent,
    Window,
    ladder_from_table,
    tier_as_of,
)
from retailcrm.errors import SettingsError

ZONE = "Asia/Shanghai"
FULL = """
currency = "CNY"
window = "rolling"
window_months = 6
hold_months = 12
drop = "to_balance"
grace = "P3M"
qualify_at = "paid"
return_window_days = 7

[[metrics]]
name = "active_days"
label_zh = "活跃天数"
label_en = "active days"

[[tiers]]
name = "base"

[[tiers]]
name = "gold"
label_zh = "金卡"
label_en = "Gold"
enter = { spend = "3000.00", orders = 10, active_days = 5, combine = "all" }
keep = { orders = 3 }
discount = "0.05"
points_multiplier = "1.5"
perks = ["gift", "post"]
"""


def table(text=FULL, **changes):
    return {**tomllib.loads(text), **changes}


def load(parsed, currency="CNY"):
    return ladder_from_table(parsed, currency=currency, zone=ZONE)


def gold(**changes):
    """Give the full table with changes to its gold tier; ``None`` takes a field away."""
    parsed = table()
    tier = {**parsed["tiers"][1], **changes}
    parsed["tiers"][1] = {name: value for name, value in tier.items() if value is not None}
    return parsed


def test_every_field_arrives():
    """A table with every field gives the ladder written out by hand."""
    enter = Requirement(spend=300000, orders=10, metrics={"active_days": 5}, combine="all")
    benefits = Benefits(discount="0.05", points_multiplier="3/2", perks=("gift", "post"))
    label, keep = Label("金卡", "Gold"), Requirement(orders=3)
    assert load(table()) == Ladder(
        currency="CNY",
        zone=ZONE,
        window=Window("rolling", months=6),
        hold=Hold("months", months=12),
        drop="to_balance",
        grace_months=3,
        qualify_at="paid",
        return_window_days=7,
        metrics=(Metric("active_days", Label("活跃天数", "active days")),),
        tiers=(
            Tier(name="base", label=Label("base", "base")),
            Tier(name="gold", label=label, enter=enter, keep=keep, benefits=benefits),
        ),
    )


def test_defaults_are_the_ladders_own():
    """Left out: next period for calendar windows, one step down, no grace, completed, 15 days."""
    parsed = {
        "currency": "JPY",
        "window": "calendar",
        "period": "year",
        "tiers": [{"name": "base"}, {"name": "gold", "label_zh": "金卡", "enter": {"spend": "3000"}}],
    }
    ladder = load(parsed, "JPY")
    assert ladder.hold == Hold("next_period")
    assert (ladder.drop, ladder.grace_months, ladder.qualify_at) == ("one_down", 0, "completed")
    assert ladder.return_window_days == 15
    assert ladder.tiers[1].enter.spend == 3000  # the yen has no decimals
    assert ladder.tiers[1].label == Label("金卡", "金卡")


@pytest.mark.parametrize(
    ("parsed", "said"),
    [
        (table(widow="rolling"), "unknown field in ladder: 'widow'; did you mean 'window'"),
        (gold(enters={}), "ladder.tiers: 'enters'; did you mean 'enter'"),
        (gold(enter={"spent": "3.00"}), "tier 'gold': enter: 'spent'; did you mean 'spend'"),
        (gold(keep={"active_day": 3}), "keep: 'active_day'; did you mean 'active_days'"),
        (table(metrics=[{"name": "m", "label": "x"}]), "ladder.metrics: 'label'; did you mean 'label_"),
        ({k: v for k, v in table().items() if k != "currency"}, "lacks 'currency'"),
        ({k: v for k, v in table().items() if k != "tiers"}, "lacks 'tiers'"),
        (table(currency="USD"), "in USD, but the shop's amounts are in CNY"),
        (table(window="roling"), "did you mean 'rolling'"),
        (table(window=12), "window must be text"),
        (table(period="year"), "period"),
        (table(hold="forever"), "not both"),
        (table(tiers={"name": "gold"}), r"\[\[ladder.tiers\]\]"),
        (table(tiers=["gold"]), "must be a table"),
        (table(grace="3M"), 'such as "P3M"'),
        (table(grace=3), 'such as "P3M"'),
        (table(return_window_days="7"), "return_window_days"),
        (gold(name=None), "lacks 'name'"),
        (gold(name=5), "name must be text"),
        (gold(label_zh=""), "tier 'gold': a label must be text"),
        (gold(enter={"spend": 3000.0}), "'gold': enter: write the amount 3000.0 in quotes"),
        (gold(enter={"spend": "3000.001"}), "'gold': enter: spend '3000.001' is 3 decimals"),
        (gold(enter={"orders": "10"}), "'gold': orders asks for '10'"),
        (gold(enter={"orders": 10, "spend": "1.00"}), 'needs combine = "any" or "all"'),
        (gold(enter={"orders": 10, "combine": "any"}), "and only then"),
        (gold(enter={"orders": 10, "spend": "1.00", "combine": "or"}), "'gold': combine is 'any' or 'all'"),
        (table(tiers=[{"name": "base"}, {"name": "gold"}], metrics=[]), "'gold': enter asks for nothing"),
        (gold(discount=0.05), "'gold': a rate must be exact"),
        (gold(perks="gift"), "'gold': perks must be a list"),
        (gold(enter={"orders": 1}), "'active_days' is declared, but no tier asks"),
        (
            table(tiers=table()["tiers"] + [{"name": "top", "enter": {"spend": "3000.00"}}]),
            "spend ¥3,000.00 must be above ¥3,000.00",
        ),
    ],
)
def test_wrong_tables_say_what_is_wrong(parsed, said):
    """Unknown, missing, unread and mistyped fields are settings errors that name place and value."""
    with pytest.raises(SettingsError, match=said):
        load(parsed)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window": "lifetime"}, "needs hold_months, or hold"),
        ({"window": "lifetime", "hold": "forever", "drop": "one_down"}, "drop would not be read"),
        ({"window": "calendar", "period": "year", "hold_months": 12}, "held for next_period"),
        ({"window": "lifetime", "hold": 12}, "hold must be text"),
    ],
)
def test_holds_that_do_not_fit_are_refused(change, said):
    """A window that is no calendar period needs to be told how long a tier is held."""
    tiers = [{"name": "base"}, {"name": "gold", "enter": {"orders": 2}}]
    with pytest.raises(SettingsError, match=said):
        load({"currency": "CNY", "tiers": tiers, **change})


# -- the examples --------------------------------------------------------------------------------------


@pytest.fixture
def example(repo_root):
    """Load the ladder of an example policy."""

    def read(name):
        text = (repo_root / "examples" / "policies" / f"{name}.toml").read_text("utf-8")
        parsed = tomllib.loads(text)
        assert list(parsed) == ["ladder"]
        return load(parsed["ladder"])

    return read


@pytest.mark.parametrize("name", ["tiers_metals", "tiers_vip"])
def test_examples_load_without_a_warning(example, name):
    """Both shipped ladders are sound and labelled in both languages."""
    ladder = example(name)
    assert ladder.warnings == ()
    assert all(tier.label.zh and tier.label.en for tier in ladder.tiers)


def test_metal_cards_go_by_amount_or_number_of_orders(example):
    """银卡, 金卡, 白金卡 and 钻石卡: exact at each threshold of each measure."""
    ladder = example("tiers_metals")
    assert [t.label.zh for t in ladder.tiers] == ["普通会员", "银卡", "金卡", "白金卡", "钻石卡"]
    for index, tier in enumerate(ladder.tiers[1:], 1):
        for off, expected in ((-1, index - 1), (0, index), (1, index)):
            assert ladder.entered({"spend": tier.enter.spend + off, "orders": 0}) == expected
            assert ladder.entered({"spend": 0, "orders": tier.enter.orders + off}) == expected
    assert ladder.tiers[2].benefits.discount == Fraction(1, 20)


def test_vip_goes_by_history_amount_and_activity(example):
    """普通, 高级 and VIP: all three measures are needed, active days from a plug-in among them."""
    ladder = example("tiers_vip")
    assert [t.label.zh for t in ladder.tiers] == ["普通", "高级", "VIP"]
    assert ladder.measures == ("spend", "orders", "active_days")
    start = instant_of("2024-03-01", ZONE)
    days = [(hour, 1 if hour % 24 == 0 else 0) for hour in range(0, 24 * 12, 12)]
    events = [
        TierEvent(
            instant_of(f"2024-03-{1 + hour // 24:02} {hour % 24:02}:00", ZONE),
            300_00,
            1,
            str(hour),
            {"active_days": day},
        )
        for hour, day in days
    ]
    reached = [
        tier_as_of(events[:n], ladder, instant_of("2024-04-01", ZONE), start).tier.name
        for n in (4, 5, 14, 15)
    ]
    # Two orders a day: the third active day is the fifth order, the eighth the fifteenth.
    assert reached == ["regular", "senior", "senior", "vip"]
