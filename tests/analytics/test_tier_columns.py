"""Tiers of all customers at once equal the one-object rule, for every window, hold and drop."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.analytics.tier_columns import (
    NOT_A_REFUND,
    TierRows,
    tier_columns,
)
from retailcrm.analytics.tier_columns.spans import shift_months
from retailcrm.domain.labels import Label
from retailcrm.domain.periods import add_months
from retailcrm.domain.tiers import (
    Hold,
    Ladder,
    Metric,
    Requirement,
    Tier,
    TierEvent,
    Window,
    tier_as_of,
    tier_history,
)

WORD = Label("词", "word")
START = datetime(2017, 12, 20, tzinfo=UTC)
N = 12

IN_PERIODS = [
    (Window("calendar", period=unit), Hold(kind))
    for unit, kind in product(["month", "quarter", "half", "year"], ["period", "next_period", "forever"])
]
IN_MONTHS = [
    (window, hold)
    for window, hold in product(
        [
            Window("lifetime"),
            Window("rolling", months=1),
            Window("rolling", months=12),
            Window("since_join"),
            Window("since_last_change"),
        ],
        [Hold("months", months=1), Hold("months", months=5), Hold("forever")],
    )
]


def ladder_for(window, hold, drop, random):
    """Draw thresholds, combination, keep thresholds, grace, return window and zone for a policy."""
    combine, measures = (
        random.choice(["any", "all"]),
        random.choice([("spend",), ("orders", "spend"), ("m", "orders")]),
    )
    tiers = [Tier(name="t0", label=WORD)]
    for i in range(1, random.choice([2, 3, 4])):
        asked = {"spend": 4 * i, "orders": 2 * i - 1, "m": 2 * i}
        own = {name: asked[name] for name in measures if name != "m"}
        keep = Requirement(orders=random.choice([1, 2, 4])) if random.random() < 0.5 else None
        enter = Requirement(**own, metrics={"m": 2 * i} if "m" in measures else {}, combine=combine)
        tiers.append(
            Tier(name=f"t{i}", label=WORD, enter=enter, keep=None if hold.kind == "forever" else keep)
        )
    tested = hold.kind != "forever"
    between = {"month": 1, "quarter": 3, "half": 6, "year": 12}.get(window.period, hold.months or 1)
    return Ladder(
        currency="CNY",
        zone=random.choice(["Asia/Shanghai", "America/New_York", "America/Sao_Paulo", "UTC"]),
        tiers=tuple(tiers),
        window=window,
        hold=hold,
        drop=drop,
        grace_months=random.randrange(min(between, 4)) if tested else 0,
        return_window_days=random.choice([0, 3, 15, 60]),
        metrics=(Metric("m", WORD),) if "m" in measures else (),
    )


def shop(random):
    """Draw some customers' orders, refunds and credit notes; midnights often, so that moments coincide."""
    events, found = [[] for _ in range(N)], []
    span = random.choice([40, 200, 900])
    for who in range(N):
        orders = []
        for number in range(random.randrange(12)):
            at = START + timedelta(days=random.randrange(span), hours=random.choice([0, 2, 5, 16, 16, 23]))
            draw, order = random.random(), None
            if draw < 0.6 or not orders:
                m = random.randrange(3)
                event = TierEvent(at, random.randrange(7), 1, f"{who}-{number}", {"m": m})
                orders.append((event, len(found)))
            elif draw < 0.9:
                bought, order = random.choice(orders)
                full = random.random() < 0.5
                m = dict(bought.metrics)["m"] if full else 0
                later = timedelta(
                    days=random.choice([-1, 0, 0, 1, 3, 10, 20, 40, 100]), hours=random.choice([0, 5])
                )
                spend = bought.spend_minor if full else random.randrange(1, 3)
                event = TierEvent(bought.at + later, -spend, -int(full), bought.order_key, {"m": -m})
            else:
                event = TierEvent(at, -random.randrange(1, 4), 0)
            events[who].append(event)
            found.append((who, event, order))
    return events, found


def naive(moment):
    return np.datetime64(moment.replace(tzinfo=None), "us")


def columns(found, random):
    """Turn events into rows, shuffled."""
    order = random.sample(range(len(found)), len(found))
    place = {old: new for new, old in enumerate(order)}
    rows = [found[i] for i in order]
    return TierRows(
        customer=np.array([who for who, _, _ in rows], np.int32),
        at=np.array([naive(event.at) for _, event, _ in rows], "datetime64[us]"),
        spend=np.array([event.spend_minor for _, event, _ in rows], np.int64),
        orders=np.array([event.orders for _, event, _ in rows], np.int64),
        refund_of=np.array([NOT_A_REFUND if o is None else place[o] for _, _, o in rows], np.int64),
        metrics={"m": np.array([dict(event.metrics).get("m", 0) for _, event, _ in rows], np.int64)},
    )


def aware(instants):
    return [None if at is None else at.replace(tzinfo=UTC) for at in instants.tolist()]


# -- equal to the one-object rule ----------------------------------------------------------------------


@pytest.mark.parametrize("drop", ["one_down", "to_balance"])
@pytest.mark.parametrize(("window", "hold"), IN_PERIODS + IN_MONTHS)
@settings(max_examples=max(1, settings.default.max_examples // 3))  # for each of the 54 policies
@given(random=st.randoms(use_true_random=False))
def test_all_at_once_equals_one_by_one(window, hold, drop, random):
    """Tier, since and held-until of every customer, on random histories, at random moments."""
    ladder = ladder_for(window, hold, drop, random)
    events, found = shop(random)
    moment = START + timedelta(days=random.randrange(1200), hours=random.choice([0, 5, 16]))
    if found and random.random() < 0.3:
        moment = random.choice(found)[1].at
    joined = [START + timedelta(days=random.randrange(60)) for _ in range(N)]
    got = tier_columns(
        ladder,
        columns(found, random),
        n_customers=N,
        as_of=naive(moment),
        joined_at=np.array([naive(j) for j in joined], "datetime64[us]"),
    )
    states = [tier_as_of(hers, ladder, moment, j) for hers, j in zip(events, joined, strict=True)]
    assert got.tier.tolist() == [state.index for state in states]
    assert aware(got.since) == [state.since for state in states]
    assert aware(got.held_until) == [state.held_until for state in states]


def test_random_histories_reach_every_rule():
    """The histories of the test above rise, drop, and have rises taken back, also by catching up."""
    random = Random(1)  # noqa: S311 - made-up orders, no secret
    rules = {"entered": 0, "dropped": 0, "refunded": 0}
    for window, hold in (IN_PERIODS + IN_MONTHS) * 10:
        ladder = ladder_for(window, hold, "one_down", random)
        for hers in shop(random)[0]:
            for change in tier_history(hers, ladder, START, START + timedelta(days=1200)):
                rules[change.reason.rule] += 1
    assert min(rules.values()) > 50


# -- one customer with very many orders ----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rolling", "since_last_change"])
def test_a_heavy_customer_beside_light_ones(kind):
    """Thousands of orders of one customer, some given back, still agree."""
    random = Random(5)  # noqa: S311 - made-up orders, no secret
    window = Window(kind, months=2 if kind == "rolling" else None)
    steps = (Tier(name=f"t{i}", label=WORD, enter=Requirement(spend=400 * i)) for i in (1, 2, 3))
    ladder = Ladder(
        currency="CNY",
        zone="Asia/Shanghai",
        tiers=(Tier(name="t0", label=WORD), *steps),
        window=window,
        hold=Hold("months", months=2),
    )
    found = []
    for number in range(2000):
        event = TierEvent(
            START + timedelta(hours=random.randrange(9000)), random.randrange(9), 1, str(number)
        )
        found.append((0 if number % 10 else 1 + number % 7, event, None))
    for number in range(0, 2000, 9):
        who, order, _ = found[number]
        back = TierEvent(order.at + timedelta(days=number % 30), -order.spend_minor, -1, order.order_key)
        found.append((who, back, number))
    moment = START + timedelta(days=400)
    got = tier_columns(ladder, columns(found, random), n_customers=N, as_of=naive(moment))
    for who in range(N):
        state = tier_as_of([event for owner, event, _ in found if owner == who], ladder, moment, None)
        assert (got.tier[who], aware(got.held_until)[who]) == (state.index, state.held_until)


def test_many_customers_with_instants_to_the_microsecond():
    """Each rises with the later of her two orders, in whatever order the rows come."""
    n = 120_000
    random = np.random.default_rng(3)
    spread = random.integers(0, 3 * 365 * 86_400_000_000, 2 * n).reshape(2, n)
    at = np.datetime64("2021-01-01", "us") + spread
    steps = (Tier(name="t0", label=WORD), Tier(name="t1", label=WORD, enter=Requirement(orders=2)))
    made = TierRows(
        customer=np.tile(np.arange(n, dtype=np.int32), 2),
        at=at.reshape(-1),
        spend=np.zeros(2 * n, np.int64),
        orders=np.ones(2 * n, np.int64),
        refund_of=np.full(2 * n, NOT_A_REFUND, np.int64),
    )
    ladder = Ladder(currency="CNY", zone="UTC", window=Window("lifetime"), hold=Hold("forever"), tiers=steps)
    found = tier_columns(ladder, made, n_customers=n, as_of=np.datetime64("2024-06-01", "us"))
    assert (found.tier == 1).all()
    assert (found.since == at.max(axis=0)).all()


@given(st.lists(st.dates(date(1999, 1, 1), date(2030, 1, 1)), min_size=1), st.integers(-40, 40))
def test_months_shift_as_in_the_domain(days, months):
    """Calendar months on columns equal calendar months on dates."""
    numbers = np.array(days, "datetime64[D]").astype(np.int64)
    expected = [add_months(day, months) for day in days]
    assert shift_months(numbers, months).astype("datetime64[D]").tolist() == expected
