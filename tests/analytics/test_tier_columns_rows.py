"""What rows of tiers take and refuse, how they come out of an order table, and real customers."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
import numpy as np
import pytest

from retailcrm.analytics.columns import Texts
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.tables import Customers, OrderTable
from retailcrm.analytics.tier_columns import (
    NOT_A_REFUND,
    ORDER_UNSEEN,
    TierRows,
    tier_columns,
    tier_rows,
    tiers_as_of,
)
from retailcrm.domain.labels import Label
from retailcrm.domain.orders import OrderState
from retailcrm.domain.tiers import (
    Hold,
    Ladder,
    Metric,
    Requirement,
    Tier,
    TierEvent,
    Window,
    tier_as_of,
)
from retailcrm.errors import InputError

WORD = Label("词", "word")


# -- what is taken and refused -------------------------------------------------------------------------


def plain(**changes):
    steps = (Tier(name="gold", label=WORD, enter=Requirement(spend=100)),)
    rules = {
        "window": Window("lifetime"),
        "hold": Hold("forever"),
        "tiers": (Tier(name="t0", label=WORD), *steps),
    }
    return Ladder(**{"currency": "CNY", "zone": "UTC", **rules, **changes})


def rows(*entries, **changes):
    """Make rows of (customer, date, spend, refund_of)."""
    who, at, spend, back = zip(*entries, strict=True) if entries else ((), (), (), ())
    made = {
        "customer": np.array(who, np.int32),
        "at": np.array(at, "datetime64[us]"),
        "spend": np.array(spend, np.int64),
        "orders": np.sign(np.array(spend, np.int64)),
        "refund_of": np.array(back, np.int64),
    }
    return TierRows(**{**made, **changes})


def tiers(ladder, made, n=2, as_of="2024-06-01"):
    return tiers_as_of(ladder, made, n_customers=n, as_of=np.datetime64(as_of, "us")).tolist()


@pytest.mark.parametrize(("spend", "tier"), [(99, 0), (100, 1), (101, 1)])
def test_reaching_a_threshold_is_enough(spend, tier):
    """One below misses, the threshold and one above reach."""
    assert tiers(plain(), rows((1, "2024-05-01", spend, -1))) == [0, tier]


def test_nobody_and_nothing():
    """No rows, no customers, rows of nobody: base tiers of the right length and dtype."""
    assert tiers(plain(), rows(), n=3) == [0, 0, 0]
    assert tiers(plain(), rows(), n=0) == []
    assert tiers(plain(), rows((-1, "2024-05-01", 500, -1))) == [0, 0]
    found = tiers_as_of(plain(), rows(), n_customers=3, as_of=np.datetime64("2024-06-01", "us"))
    assert found.dtype == np.int8


def test_ladder_of_the_base_alone():
    """A ladder with nothing to climb to leaves everybody in the base tier."""
    alone = plain(tiers=(Tier(name="t0", label=WORD),))
    assert tiers(alone, rows((0, "2024-05-01", 500, -1))) == [0, 0]


def test_what_never_took_effect_is_left_out():
    """Rows without an instant, or at as_of and later, do not count; nor do refunds of such orders."""
    made = rows(
        (0, "NaT", 500, -1), (1, "2024-06-01", 500, -1), (1, "2024-05-01", 100, -1), (1, "2024-05-02", -9, 1)
    )
    assert tiers(plain(), made) == [0, 1]


def test_refund_of_an_unseen_order_counts_nothing():
    """What was never counted is not taken away; a credit note is."""
    bought = (0, "2024-05-01", 100, -1)
    for back, tier in ((ORDER_UNSEEN, 1), (NOT_A_REFUND, 0)):
        assert tiers(plain(), rows((0, "2024-04-01", -10, back), bought))[0] == tier


def test_since_and_hold_are_told():
    """Who never moved is there since joining (unknown: NaT) and is not tested."""
    made = rows((0, "2024-05-01", 100, -1))
    as_of = np.datetime64("2024-06-01", "us")
    ladder = plain(window=Window("calendar", period="year"), hold=Hold("next_period"))
    found = tier_columns(ladder, made, n_customers=2, as_of=as_of)
    assert found.since.astype("datetime64[D]").astype(str).tolist() == ["2024-05-01", "NaT"]
    assert found.held_until.astype("datetime64[D]").astype(str).tolist() == ["2026-01-01", "NaT"]
    joined = np.array(["2024-01-01", "2024-02-02"], "datetime64[us]")
    found = tier_columns(ladder, made, n_customers=2, as_of=as_of, joined_at=joined)
    assert found.since[1] == joined[1]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (rows((0, "2024-05-01", 100, -1), (1, "2024-05-02", -100, 0)), "another customer's order"),
        (rows((0, "2024-05-01", 9, -1), (0, "2024-05-02", -9, 0), (0, "2024-05-02", -9, 1)), "from a refund"),
    ],
)
def test_refunds_belong_to_orders_of_their_customer(made, said):
    """A refund of someone else's order, or of a refund, is refused."""
    with pytest.raises(InputError, match=said):
        tiers(plain(), made)


def test_missing_inputs_are_named():
    """A window that begins with joining needs the instants; a metric needs its column."""
    made = rows((0, "2024-05-01", 100, -1))
    with pytest.raises(InputError, match="joined_at"):
        tiers(plain(window=Window("since_join")), made)
    visits = Tier(name="gold", label=WORD, enter=Requirement(metrics={"visits": 3}))
    ladder = plain(tiers=(Tier(name="t0", label=WORD), visits), metrics=(Metric("visits", WORD),))
    with pytest.raises(InputError, match="'visits'"):
        tiers(ladder, made)


@pytest.mark.parametrize(
    "change",
    [
        {"spend": np.array([1.0])},
        {"orders": np.array([1, 2])},
        {"at": np.array(["2024-05-01"], "datetime64[s]")},
        {"refund_of": np.array([1])},
        {"refund_of": np.array([-3])},
        {"metrics": {"visits": np.array([1], np.int32)}},
    ],
)
def test_columns_are_checked(change):
    """Wrong dtypes and lengths, and references outside the rows, are refused where rows are made."""
    with pytest.raises(ValueError, match=next(iter(change)) if "metrics" not in change else "visits"):
        rows((0, "2024-05-01", 100, -1), **change)


# -- out of an order table -----------------------------------------------------------------------------

S = OrderState


def order_table(*orders):
    """Make a table of (customer, state, paid, completed, gross, refunded, refunded_at, credit)."""
    who, state, paid, completed, gross, back, back_at, credit = zip(*orders, strict=True)
    instants = {
        name: np.array(values, "datetime64[us]")
        for name, values in (
            ("paid_at", paid),
            ("placed_at", paid),
            ("completed_at", completed),
            ("refunded_at", back_at),
        )
    }
    return OrderTable(
        currency="CNY",
        zone="Asia/Shanghai",
        customers=Customers(ids=Texts.of(["a", "b"]), strength=np.full(2, 2, np.int8)),
        numbers=Texts.of([str(i) for i in range(len(orders))]),
        customer=np.array(who, np.int32),
        state=np.array(state, np.int8),
        credit=np.array(credit),
        gross=np.array(gross, np.int64),
        refunded=np.array(back, np.int64),
        first_seen=np.full(len(orders), np.datetime64("NaT", "us")),
        **instants,
    )


TABLE = order_table(
    (0, S.COMPLETED, "2024-05-01", "2024-05-08", 600, 0, "NaT", False),
    (0, S.COMPLETED, "2024-05-02", "NaT", 500, 100, "2024-05-20", False),  # partly given back
    (1, S.SHIPPED, "2024-05-03", "NaT", 700, 0, "NaT", False),  # not complete yet
    (1, S.REFUNDED, "2024-05-04", "2024-05-09", 800, 0, "2024-05-21", False),  # state says: all of it
    (1, S.CLOSED, "NaT", "NaT", 900, 0, "NaT", False),  # never paid
    (-1, S.COMPLETED, "2024-05-05", "NaT", 300, 0, "NaT", False),  # masked
    (0, S.COMPLETED, "2024-05-06", "NaT", 0, 50, "NaT", True),  # a credit note
    (0, S.COMPLETED, "2024-07-01", "NaT", 400, 0, "NaT", False),  # after as_of
)


def taken(ladder, **more):
    made = tier_rows(TABLE, ladder, np.datetime64("2024-06-01", "us"), **more)
    days = made.at.astype("datetime64[D]").astype(str).tolist()
    return made, list(
        zip(
            made.customer.tolist(),
            days,
            made.spend.tolist(),
            made.orders.tolist(),
            made.refund_of.tolist(),
            strict=True,
        )
    )


def test_orders_count_from_their_completion():
    """Completed orders and refunded ones, dated by completion or, undated, by payment; then refunds."""
    _, found = taken(plain())
    assert found == [
        (0, "2024-05-08", 600, 1, -1),
        (0, "2024-05-02", 500, 1, -1),
        (1, "2024-05-09", 800, 1, -1),
        (0, "2024-05-20", -100, 0, 1),
        (1, "2024-05-21", -800, -1, 2),
        (0, "2024-05-06", -50, 0, NOT_A_REFUND),
    ]


def test_orders_count_from_their_payment_where_the_ladder_says_so():
    """With ``paid`` a shipped order counts too, and instants are those of payment."""
    _, found = taken(plain(qualify_at="paid"))
    assert found[:4] == [
        (0, "2024-05-01", 600, 1, -1),
        (0, "2024-05-02", 500, 1, -1),
        (1, "2024-05-03", 700, 1, -1),
        (1, "2024-05-04", 800, 1, -1),
    ]


def test_table_without_completions_goes_by_payment():
    """Where no file tells completions, received and completed orders count from their payment."""
    bare = attrs.evolve(TABLE, completed_at=None)
    made = tier_rows(bare, plain(), np.datetime64("2024-06-01", "us"))
    days = made.at.astype("datetime64[D]").astype(str).tolist()
    assert days[:2] == ["2024-05-01", "2024-05-02"]
    assert made.spend.tolist()[:2] == [600, 500]
    assert made.refund_of.tolist()[2:4] == [1, ORDER_UNSEEN]  # nobody says that the other was complete


def test_refund_of_an_order_that_does_not_count():
    """Where a policy leaves a state out, refunds of its orders take nothing away."""
    policy = CountingPolicy(states=[S.SHIPPED])
    _, found = taken(plain(qualify_at="paid"), policy=policy)
    assert (0, "2024-05-20", -100, 0, ORDER_UNSEEN) in found


def test_metrics_are_asked_with_sorted_orders_and_given_back_in_full():
    """A metric sees customers and rising local days; a full refund takes its contribution back."""
    asked = []

    def visits(customer, local_day):
        asked.append((customer.tolist(), local_day.astype("datetime64[D]").astype(str).tolist()))
        return np.array([5, 6, 7])

    made, _ = taken(plain(), metrics={"visits": visits})
    assert asked == [([0, 0, 1], ["2024-05-02", "2024-05-08", "2024-05-09"])]
    assert made.metrics["visits"].tolist() == [6, 5, 7, 0, -7, 0]


@pytest.mark.parametrize(
    ("spend", "days", "expected"),
    [(1050, 15, [1, 0]), (1051, 15, [0, 0]), (800, 15, [1, 0]), (800, 11, [1, 1])],
)
def test_table_to_tiers(spend, days, expected):
    """500 - 50 + 600 lift one customer; the other's 800 are given back on the twelfth day."""
    steps = (Tier(name="t0", label=WORD), Tier(name="gold", label=WORD, enter=Requirement(spend=spend)))
    ladder = plain(tiers=steps, return_window_days=days)
    assert tiers(ladder, taken(ladder)[0]) == expected


# -- real customers ------------------------------------------------------------------------------------


def cdnow(data_dir):
    """Read CDNOW's purchases as (customer, day, cents)."""
    lines = (data_dir / "cdnow_master.txt").read_text("ascii").splitlines()[1:]
    parts = (line.split() for line in lines)
    return [
        (who, f"{day[:4]}-{day[4:6]}-{day[6:]}", round(100 * float(dollars)))
        for who, day, _, dollars in parts
    ]


@pytest.mark.data
def test_cdnow_customers_by_plain_sums_and_one_by_one(data_dir):
    """Lifetime tiers equal sums over a dictionary; rolling tiers equal the one-object rule."""
    bought = cdnow(data_dir)
    codes = {who: code for code, who in enumerate(dict.fromkeys(who for who, _, _ in bought))}
    made = rows(*((codes[who], day, cents, NOT_A_REFUND) for who, day, cents in bought))
    made = attrs.evolve(made, orders=np.ones(len(made), np.int64))
    spent, thresholds = dict.fromkeys(codes, 0), (50_00, 200_00, 1000_00)
    for who, _, cents in bought:
        spent[who] += cents
    steps = (Tier(name=str(t), label=WORD, enter=Requirement(spend=t)) for t in thresholds)
    ladder = plain(currency="USD", tiers=(Tier(name="t0", label=WORD), *steps))
    expected = [sum(spent[who] >= t for t in thresholds) for who in codes]
    assert tiers(ladder, made, n=len(codes), as_of="1998-07-01") == expected
    assert len(codes) == 23_570

    ladder = attrs.evolve(
        ladder, window=Window("rolling", months=3), hold=Hold("months", months=6), grace_months=1
    )
    got = tiers(ladder, made, n=len(codes), as_of="1998-07-01")
    sample = {who: [] for who in list(codes)[::40]}
    for number, (who, day, cents) in enumerate(bought):
        if who in sample:
            sample[who].append(
                TierEvent(datetime.fromisoformat(day).replace(tzinfo=UTC), cents, 1, str(number))
            )
    end = datetime(1998, 7, 1, tzinfo=UTC)
    assert [got[codes[who]] for who in sample] == [
        tier_as_of(hers, ladder, end, None).index for hers in sample.values()
    ]
