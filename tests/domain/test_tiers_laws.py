"""Laws that hold for every history and every ladder, and an independent computation to compare with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from retailcrm.domain.labels import Label
from retailcrm.domain.periods import add_months, instant_of
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

ZONE = "Asia/Shanghai"
START = instant_of("2023-11-01", ZONE)
JOINED = START + timedelta(days=9)
HOUR = timedelta(hours=1)


def tiers(combine="any", keep=None):
    steps = [
        Tier(
            name=f"t{i}",
            label=Label(f"{i}级", f"Tier {i}"),
            enter=Requirement(spend=5 * i, orders=2 * i, combine=combine),
            keep=None if keep is None else Requirement(spend=keep + i),
        )
        for i in (1, 2, 3)
    ]
    return (Tier(name="t0", label=Label("普通", "Base")), *steps)


def timings():
    """Every kind of window with every kind of hold that fits it."""
    months = st.builds(Hold, st.just("months"), months=st.sampled_from([1, 2, 5]))
    units = st.sampled_from(["month", "quarter", "half", "year"])
    rolling = st.builds(Window, st.just("rolling"), months=st.sampled_from([1, 3]))
    others = st.sampled_from([Window(kind) for kind in ("lifetime", "since_join", "since_last_change")])
    calendar = st.builds(Window, st.just("calendar"), period=units)
    in_periods = st.sampled_from([Hold("period"), Hold("next_period")])
    forever = st.just(Hold("forever"))
    return st.one_of(
        st.tuples(calendar, in_periods),
        st.tuples(rolling | others, months),
        st.tuples(rolling | others, forever),
    )


@st.composite
def ladders(draw):
    window, hold = draw(timings())
    tested = hold.kind != "forever"
    longer = (hold.months or 1) > 1 or window.period in ("quarter", "half", "year")
    return Ladder(
        currency="CNY",
        zone=ZONE,
        tiers=tiers(
            draw(st.sampled_from(["any", "all"])), draw(st.none() | st.integers(1, 6)) if tested else None
        ),
        window=window,
        hold=hold,
        drop=draw(st.sampled_from(["one_down", "to_balance"])),
        grace_months=draw(st.integers(0, 1)) if tested and longer else 0,
        return_window_days=draw(st.sampled_from([0, 5, 30])),
    )


hours = st.integers(0, 24 * 250) | st.integers(0, 250).map(lambda day: 24 * day)


@st.composite
def histories(draw):
    """Orders, then refunds of some of them; whole hours, often midnights, so that moments coincide."""
    found = []
    for number, (when, spend) in enumerate(draw(st.lists(st.tuples(hours, st.integers(0, 9)), max_size=8))):
        found.append(TierEvent(START + when * HOUR, spend, 1, f"A{number}"))
    for order in draw(st.lists(st.sampled_from(found), max_size=4, unique=True)) if found else []:
        later = draw(st.integers(0, 40)) * 24 * HOUR
        part = draw(st.integers(1, 9))
        full = part >= order.spend_minor
        taken = -order.spend_minor if full else -part
        found.append(TierEvent(order.at + later, taken, -1 if full else 0, order.order_key))
    return found


moments = hours.map(lambda hour: START + hour * HOUR)


@given(histories(), ladders(), moments, st.data())
def test_tier_never_depends_on_what_comes_later(events, ladder, t, data):
    """The state at t is the same whatever is added at t or after it, refunds of earlier orders included."""
    before = [event for event in events if event.at < t]
    state = tier_as_of(before, ladder, t, JOINED)
    later = [event for event in events if event.at >= t]
    more = data.draw(st.lists(st.tuples(st.integers(0, 5000), st.integers(-9, 9)), max_size=4))
    later += [TierEvent(t + after * HOUR, spend, 1) for after, spend in more]
    assert tier_as_of(before + later, ladder, t, JOINED) == state


@given(histories(), ladders(), moments, moments)
def test_tier_never_depends_on_what_was_learned_later(events, ladder, t, known_at):
    """With ``known_at`` the state is that of the events observed by then."""
    observed = [attrs.evolve(e, observed_at=e.at + i * 100 * HOUR) for i, e in enumerate(events)]
    known = [event for event in observed if event.observed_at <= known_at]
    assert tier_as_of(observed, ladder, t, JOINED, known_at) == tier_as_of(known, ladder, t, JOINED)


@given(histories(), ladders(), moments, st.randoms(use_true_random=False))
def test_order_of_delivery_changes_nothing(events, ladder, t, random):
    """Shuffled events give the same state and the same history."""
    shuffled = random.sample(events, len(events))
    assert tier_as_of(shuffled, ladder, t, JOINED) == tier_as_of(events, ladder, t, JOINED)
    assert tier_history(shuffled, ladder, JOINED, t) == tier_history(events, ladder, JOINED, t)


@given(histories(), ladders(), moments, moments)
def test_state_is_the_last_change_recorded(events, ladder, t, later):
    """The state at t is the last change of the history to t, which is how any longer history begins."""
    t, later = sorted((t, later))
    history = tier_history(events, ladder, JOINED, t)
    state = tier_as_of(events, ladder, t, JOINED)
    assert state.tier.name == (history[-1].after if history else "t0")
    assert state.since == (history[-1].at if history else JOINED)
    longer = tier_history(events, ladder, JOINED, later)
    assert longer[: len(history)] == history
    assert all(change.at >= t for change in longer[len(history) :])


@given(histories(), ladders(), moments)
def test_history_is_a_chain(events, ladder, t):
    """Each change leaves the tier that the one before reached, later or at the same moment."""
    history = tier_history(events, ladder, JOINED, t)
    assert all(a.after == b.before and a.at <= b.at for a, b in pairwise(history))
    assert all(change.before != change.after and change.at <= t for change in history)
    names = [tier.name for tier in ladder.tiers]
    for change in history:
        rose = names.index(change.after) > names.index(change.before)
        assert rose is (change.reason.rule == "entered")


@given(histories(), ladders(), moments, st.integers(1, 8))
def test_splitting_a_refund_changes_nothing(events, ladder, t, first):
    """A refund in two parts at one moment equals one refund."""
    split = []
    for event in events:
        if event.spend_minor < -first:
            rest = attrs.evolve(event, spend_minor=event.spend_minor + first)
            split += [attrs.evolve(event, spend_minor=-first, orders=0), rest]
        else:
            split.append(event)
    a, b = (tier_as_of(some, ladder, t, JOINED) for some in (events, split))
    assert (a.index, a.since, a.held_until, a.values) == (b.index, b.since, b.held_until, b.values)


@given(histories(), ladders(), moments)
def test_buying_and_giving_back_within_the_window_gains_nothing(events, ladder, t):
    """A big order taken back in full the same day leaves nobody higher than without it.

    (Unless a hold ended in between: tests go by what is known when they are due. And unless keeping a
    tier takes more than entering it: then any order lifts her whom a test has just let down.)
    """
    when = t - 30 * HOUR
    assume((when - START) % (24 * HOUR) != 23 * HOUR)
    round_trip = [TierEvent(when, 50, 1, "loop"), TierEvent(when + HOUR, -50, -1, "loop")]
    quiet = [e for e in events if not when <= e.at <= when + HOUR]
    kept_by_entering = tuple(attrs.evolve(tier, keep=None) for tier in ladder.tiers)
    ladder = attrs.evolve(ladder, tiers=kept_by_entering, return_window_days=1)
    assert (
        tier_as_of(quiet + round_trip, ladder, t, JOINED).index <= tier_as_of(quiet, ladder, t, JOINED).index
    )


@given(histories(), ladders(), moments)
def test_values_are_sums_over_the_window(events, ladder, t):
    """What counts is what is left, at t, of the orders dated in the window."""
    state = tier_as_of(events, ladder, t, JOINED)
    placed = {e.order_key: e.at for e in events if not e.is_refund}
    spend = orders = 0
    for event in events:
        dated = placed[event.order_key]
        if max(event.at, dated) < t and (state.counts_from is None or dated >= state.counts_from):
            spend, orders = spend + event.spend_minor, orders + event.orders
    assert state.values == {"spend": spend, "orders": orders}


@given(st.lists(st.integers(0, 30), max_size=12))
def test_lifetime_forever_is_the_highest_running_total(amounts):
    """Without tests or refunds the tier is that of the total, whatever came first."""
    ladder = Ladder(
        currency="CNY", zone=ZONE, tiers=tiers("all"), window=Window("lifetime"), hold=Hold("forever")
    )
    events = [TierEvent(START + i * HOUR, amount, 1, f"A{i}") for i, amount in enumerate(amounts)]
    reached = sum(sum(amounts) >= 5 * i and len(amounts) >= 2 * i for i in (1, 2, 3))
    assert tier_as_of(events, ladder, START + 100 * HOUR, None).index == reached


def month_by_month(bought, ladder, months):
    """Replay orders month by month, with plain loops over lists of (month, spend)."""
    tier, held = 0, None  # held: last month of the hold
    found = []
    for month in range(months):
        while held is not None and held < month:
            tested = held  # the month that has just ended
            spent = sum(s for m, s in bought if m == tested)
            keeps = [True] + [spent >= ladder.tiers[i].to_keep.spend for i in (1, 2, 3)]
            if not keeps[tier]:
                tier = tier - 1 if ladder.drop == "one_down" else max(i for i in range(tier) if keeps[i])
            held = held + 1 if tier else None
        running = 0
        for m, spend in bought:
            if m == month:
                running += spend
                reached = sum(running >= ladder.tiers[i].enter.spend for i in (1, 2, 3))
                if reached > tier:
                    tier = reached
                    held = month + (1 if ladder.hold.kind == "next_period" else 0)
        found.append(tier)
    return found


@settings(max_examples=150)
@given(
    bought=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), max_size=12).map(
        lambda b: sorted(b, key=lambda x: x[0])
    ),
    hold=st.sampled_from(["period", "next_period"]),
    drop=st.sampled_from(["one_down", "to_balance"]),
    keep=st.none() | st.integers(1, 9),
)
def test_calendar_months_agree_with_plain_loops(bought, hold, drop, keep):
    """Climb, hold, keep and drop by calendar months equal an independent replay over lists."""
    steps = [
        Tier(
            name=f"t{i}",
            label=Label("", ""),
            enter=Requirement(spend=5 * i),
            keep=None if keep is None else Requirement(spend=keep + i),
        )
        for i in (1, 2, 3)
    ]
    ladder = Ladder(
        currency="CNY",
        zone=ZONE,
        tiers=(Tier(name="t0", label=Label("", "")), *steps),
        window=Window("calendar", period="month"),
        hold=Hold(hold),
        drop=drop,
    )
    firsts = [add_months(date(2023, 10, 1), i) for i in range(13)]
    placed: dict[int, int] = {}
    events = []
    for month, spend in bought:  # one order a day, in the order given
        placed[month] = placed.get(month, 0) + 1
        day = firsts[month] + timedelta(days=placed[month])
        events.append(TierEvent(instant_of(day, ZONE), spend, 1, f"A{day}"))
    ends = [instant_of(day, ZONE) - timedelta(microseconds=1) for day in firsts[1:]]
    got = [tier_as_of(events, ladder, end, None).index for end in ends]
    assert got == month_by_month(bought, ladder, 12)


@pytest.mark.parametrize("seen", [datetime.fromisoformat("2024-01-01T00:00+09:00"), START])
def test_zone_of_the_arguments_does_not_matter(seen):
    """Instants are compared as instants, whatever zone they are written in."""
    ladder = Ladder(currency="CNY", zone=ZONE, tiers=tiers(), window=Window("lifetime"), hold=Hold("forever"))
    order = TierEvent(seen, 5, 1, "A")
    assert tier_as_of([order], ladder, seen + HOUR, None).index == 1
    assert tier_as_of([order], ladder, seen, None).index == 0
