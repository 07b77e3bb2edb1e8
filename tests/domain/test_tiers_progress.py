"""How far it is to the next tier, in both languages, with the last local day on which it holds."""

from __future__ import annotations

from datetime import date, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.labels import Label
from retailcrm.domain.periods import instant_of, start_of_day
from retailcrm.domain.tiers import (
    Hold,
    Ladder,
    Metric,
    Requirement,
    Tier,
    TierEvent,
    Window,
    progress,
    tier_as_of,
)
from retailcrm.errors import InputError

ZONE = "Asia/Shanghai"
YEAR = Window("calendar", period="year")
ROLLING = Window("rolling", months=12)


def at(text):
    return instant_of(text, ZONE)


def tier(name, enter=None, keep=None, en=None):
    return Tier(name=name, label=Label(name, en or name), enter=enter or Requirement(), keep=keep)


def ladder(combine="any", **changes):
    gold = Requirement(spend=3000_00, orders=10, combine=combine)
    keep = Requirement(spend=1000_00, orders=4, combine=combine)
    rules = {
        "tiers": (tier("普通会员"), tier("金卡", gold, keep)),
        "window": YEAR,
        "hold": Hold("next_period"),
    }
    return Ladder(**{"currency": "CNY", "zone": ZONE, **rules, **changes})


def told(events, rules, when):
    return progress(tier_as_of(events, rules, at(when), at("2023-01-01")), rules, at(when))


def bought(when="2024-05-01", spend=2688_00, orders=8):
    return [TierEvent(at(when), spend, orders, when)]


def test_sentence_names_distance_date_and_tier():
    """2688.00 and 8 orders of 3000.00 or 10: 312.00 or two orders, by the last day of the year."""
    found = told(bought(), ladder(), "2024-07-01")
    assert found.text.en == "¥312.00 or 2 orders more by 2024-12-31 to reach 金卡"
    assert found.text.zh == "到 2024-12-31 再消费 ¥312.00 或再下 2 单可升级到 金卡"
    assert found.to_reach == (("spend", 312_00), ("orders", 2))
    assert (found.next.name, found.reach_by) == ("金卡", date(2024, 12, 31))


def test_both_are_asked_for_where_all_are_needed():
    """With ``all`` the distances are joined by "and", and what is reached is not mentioned."""
    assert told(bought(), ladder("all"), "2024-07-01").text == Label(
        "到 2024-12-31 再消费 ¥312.00 且再下 2 单可升级到 金卡",
        "¥312.00 and 2 orders more by 2024-12-31 to reach 金卡",
    )
    enough = told(bought(spend=3000_00, orders=9), ladder("all"), "2024-07-01")
    assert enough.text.en == "1 order more by 2024-12-31 to reach 金卡"


def test_labels_are_in_the_readers_language():
    """Chinese text uses the Chinese label, English text the English one."""
    rules = ladder(tiers=(tier("base"), tier("金卡", Requirement(orders=3), en="Gold")))
    found = told(bought(orders=1), rules, "2024-07-01").text
    assert found == Label("到 2024-12-31 再下 2 单可升级到 金卡", "2 orders more by 2024-12-31 to reach Gold")


def test_metrics_from_plugins_are_named_by_their_label():
    """A metric's own words stand beside money and orders."""
    gold = Requirement(spend=100_00, metrics={"active_days": 5})
    metric = Metric("active_days", Label("活跃天数", "active days"))
    rules = ladder(tiers=(tier("base"), tier("金卡", gold)), metrics=(metric,))
    event = TierEvent(at("2024-05-01"), 0, 1, "A", {"active_days": 1})
    found = told([event], rules, "2024-07-01").text
    assert found.en == "¥100.00 or 4 active days more by 2024-12-31 to reach 金卡"
    assert found.zh == "到 2024-12-31 再消费 ¥100.00 或活跃天数再增 4 可升级到 金卡"


def test_figures_stand_apart_from_chinese_words():
    """A sentence that ends its distance in a figure sets a blank after it."""
    rules = ladder(tiers=(tier("base"), tier("金卡", Requirement(spend=3000_00))))
    assert told(bought(), rules, "2024-07-01").text.zh == "到 2024-12-31 再消费 ¥312.00 可升级到 金卡"


@pytest.mark.parametrize(("currency", "money"), [("USD", "US$312.00"), ("JPY", "JP¥31,200")])
def test_money_is_in_the_ladders_currency(currency, money):
    """Amounts are written with the decimals and the sign of the ladder's currency."""
    assert money in told(bought(), ladder(currency=currency), "2024-07-01").text.en


@pytest.mark.parametrize(
    ("window", "by"),
    [
        (Window("calendar", period="month"), "2024-05-31"),
        (Window("calendar", period="quarter"), "2024-06-30"),
        (Window("calendar", period="half"), "2024-06-30"),
    ],
)
def test_date_is_the_last_local_day_of_the_period(window, by):
    """The day shown is the last one that still counts, in the shop's zone."""
    assert told(bought(), ladder(window=window), "2024-05-20").reach_by == date.fromisoformat(by)


def test_new_period_begins_at_its_first_instant():
    """As 2025 begins, everything is to be done again, by the end of 2025."""
    found = told(bought(), ladder(), "2025-01-01")
    assert found.to_reach == (("spend", 3000_00), ("orders", 10))
    assert found.reach_by == date(2025, 12, 31)


@given(st.dates(date(2023, 1, 1), date(2025, 12, 31)), st.sampled_from([1, 2, 3, 6, 12]))
def test_rolling_distance_holds_until_the_oldest_order_leaves(day, months):
    """What is missing is enough on the last day shown, and not on the day after."""
    rules = ladder(window=Window("rolling", months=months), hold=Hold("months", months=12))
    first = TierEvent(start_of_day(day, ZONE), 2688_00, 8, "A")
    t = first.at + timedelta(hours=1)
    found = progress(tier_as_of([first], rules, t, None), rules, t)
    for day_after, reached in ((0, 1), (1, 0)):
        when = start_of_day(found.reach_by + timedelta(days=day_after), ZONE) + timedelta(hours=23)
        more = TierEvent(when, 312_00, 1, "B")
        assert tier_as_of([first, more], rules, when + timedelta(hours=1), None).index == reached


def test_order_given_back_does_not_set_the_rolling_date():
    """The date is that of the oldest order that still counts for something."""
    rules = ladder(window=ROLLING, hold=Hold("months", months=12))
    returned = [TierEvent(at("2024-01-05"), 100, 1, "A"), TierEvent(at("2024-01-06"), -100, -1, "A")]
    assert told([*returned, *bought()], rules, "2024-07-01").reach_by == date(2025, 4, 30)
    assert told(returned, rules, "2024-07-01").text.en == "¥3,000.00 or 10 orders more to reach 金卡"


@pytest.mark.parametrize("kind", ["lifetime", "since_join", "since_last_change"])
def test_windows_without_end_show_no_date(kind):
    """Where nothing ever leaves the window there is no last day."""
    found = told(
        bought(),
        ladder(
            window=Window(kind),
            hold=Hold("forever"),
            tiers=(*ladder().tiers[:1], tier("金卡", Requirement(spend=3000_00, orders=10))),
        ),
        "2024-07-01",
    )
    assert found.text == Label(
        "再消费 ¥312.00 或再下 2 单可升级到 金卡", "¥312.00 or 2 orders more to reach 金卡"
    )
    assert found.reach_by is None


def test_top_tier_has_nothing_above():
    """At the top the sentence says so."""
    found = told(bought(spend=3000_00), ladder(), "2024-07-01")
    assert (found.next, found.to_reach, found.reach_by) == (None, (), None)
    assert found.text == Label("金卡 已是最高等级", "金卡 is the highest tier")


def test_keeping_is_shown_with_the_days_that_count():
    """Risen in 2024: what is bought in 2025 decides; during 2025 only the end of it is shown."""
    rules = ladder()
    found = told(bought(spend=3000_00), rules, "2024-07-01")
    assert found.keep_text == Label(
        "2025-01-01 至 2025-12-31 再消费 ¥1,000.00 或再下 4 单可保级 金卡",
        "¥1,000.00 or 4 orders more from 2025-01-01 to 2025-12-31 to keep 金卡",
    )
    assert (found.keep_from, found.keep_by) == (date(2025, 1, 1), date(2025, 12, 31))
    more = [*bought(spend=3000_00), TierEvent(at("2025-02-01"), 400_00, 1, "B")]
    later = told(more, rules, "2025-03-01")
    assert later.keep_text.en == "¥600.00 or 3 orders more by 2025-12-31 to keep 金卡"
    assert later.keep_text.zh == "到 2025-12-31 再消费 ¥600.00 或再下 3 单可保级 金卡"
    assert later.keep_from is None


def test_keeping_can_be_done_already():
    """Who has bought enough for the next test is told so."""
    done = [*bought(spend=3000_00), TierEvent(at("2025-02-01"), 1000_00, 1, "B")]
    found = told(done, ladder(), "2025-03-01")
    assert found.to_keep == ()
    assert found.keep_text.en == "金卡 will be kept after 2025-12-31: what it takes is reached"
    assert found.keep_text.zh == "金卡 在 2025-12-31 之后可保级，条件已满足"


def test_grace_shows_its_own_end():
    """In a grace the date is the last day of the grace."""
    found = told(bought(spend=3000_00), ladder(grace_months=1), "2026-01-10")
    assert found.keep_text.en == "¥1,000.00 or 4 orders more by 2026-01-31 to keep 金卡"


def test_tier_held_forever_and_base_tier():
    """Nothing is asked for to keep a tier held forever; of the base tier nothing is said."""
    rules = ladder(hold=Hold("forever"), tiers=(tier("base"), tier("金卡", Requirement(spend=1))))
    assert told(bought(), rules, "2024-07-01").keep_text == Label("金卡 长期有效", "金卡 is held for good")
    base = told([], rules, "2024-07-01")
    assert (base.keep_text, base.to_keep, base.keep_by) == (None, (), None)


def test_next_order_may_be_all_it_takes():
    """Let down by a test that asks for more than entering does: any order lifts her again."""
    gold = tier("金卡", Requirement(spend=100), Requirement(spend=200))
    rules = ladder(window=Window("lifetime"), hold=Hold("months", months=1), tiers=(tier("base"), gold))
    found = told([TierEvent(at("2024-01-01"), 150, 1, "A")], rules, "2024-03-01")
    assert found.text == Label("下一单即可升级到 金卡", "the next order lifts to 金卡")


def test_moment_must_be_aware():
    """A naive moment is refused."""
    state = tier_as_of([], ladder(), at("2024-07-01"), None)
    with pytest.raises(InputError):
        progress(attrs.evolve(state), ladder(), at("2024-07-01").replace(tzinfo=None))
