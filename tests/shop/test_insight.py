"""Scores at a moment: nothing later is seen, cut points can be kept, parts are joined exactly."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm import Policy, open_shop
from retailcrm.analytics.rfm import Cuts
from retailcrm.domain.labels import Label
from retailcrm.errors import InputError, SettingsError
from retailcrm.shop.insight import NoIdentityError, join_parts, moment_of
from retailcrm.shop.policy import policy_from_table

MAPPING = {
    "zone": "Asia/Shanghai",
    "columns": {
        "number": "id",
        "buyer": "who",
        "state": "state",
        "placed_at": "placed",
        "paid_at": "paid_at",
        "total": "total",
        "paid": "paid",
        "refunded": "refunded",
        "refunded_at": "back_at",
    },
    "buyer": {"kind": "id", "strength": "stable"},
    "states": {"completed": "completed", "refunded": "refunded", "placed": "placed"},
}
NAMES = list(MAPPING["columns"].values())
START = datetime(2024, 1, 1)  # noqa: DTZ001 - the shop's clock, as a file writes it
AS_OF = START + timedelta(60)


def shop_of(rows, clock=lambda: datetime(2024, 9, 1, tzinfo=UTC), **settings):
    """Open a shop of rows in the order of NAMES."""
    shop = open_shop(clock=clock, **settings)
    columns = list(zip(*rows, strict=True)) or [()] * len(NAMES)
    shop.imports.table(
        pa.table({n: pa.array(c, pa.string()) for n, c in zip(NAMES, columns, strict=True)}), MAPPING
    )
    return shop


def row(number, who, at, amount=100, back=0, back_at=None, state="completed"):
    """Make an order paid when it was placed; a refund is part of it."""
    full = state == "refunded"
    back = amount if full else back
    times = [
        None if t is None else t.isoformat(" ") for t in (at, None if state == "placed" else at, back_at)
    ]
    paid = 0 if state == "placed" else amount - back
    return (str(number), who, state, times[0], times[1], str(amount), str(paid), str(back), times[2])


def scored(shop, as_of):
    """Give all that is computed at a moment: rows, coverage, months, potential."""
    reduced = shop.insight.reduced(as_of)
    months = reduced.months
    table = shop.insight.score(as_of).to_arrow().to_pylist()
    return (
        sorted(table, key=lambda r: r["customer_id"]),
        reduced.coverage,
        [getattr(months, name).tolist() for name in ("months", "orders", "gross", "refunded", "buyers")],
        reduced.potential,
    )


_order = st.tuples(
    st.sampled_from(["ann", "bob", "cat", None]),
    st.integers(-60 * 24, 60 * 24 - 1),
    st.integers(1, 50).map(lambda n: 10 * n),
    st.sampled_from(["completed", "completed", "refunded", "placed"]),
    st.one_of(st.none(), st.just("undated"), st.integers(1, 100)),
)


def _rows(orders):
    """Make rows; orders are so many hours after AS_OF, refunds so many after their order, or undated."""
    rows = []
    for i, (who, hour, amount, state, back_after) in enumerate(orders):
        at = AS_OF + timedelta(hours=hour)
        dated = state != "placed" and isinstance(back_after, int)
        partly = state == "completed" and back_after is not None
        back_at = at + timedelta(hours=back_after) if dated else None
        rows.append(row(i, who, at, amount, amount // 10 * 3 if partly else 0, back_at, state))
    return rows


def _known_before(rows, moment, undated):
    """Tell the rows as an export made at a moment would have; undated refunds as the policy dates them."""
    text = moment.isoformat(" ")
    kept = []
    for number, who, state, placed, paid_at, total, paid, refunded, back_at in rows:
        if placed >= text:
            continue
        given_back = refunded != "0"
        later = back_at >= text if back_at is not None else undated == "first_seen"
        if given_back and later:
            kept.append((number, who, "completed", placed, paid_at, total, total, "0", None))
        else:
            kept.append((number, who, state, placed, paid_at, total, paid, refunded, back_at or placed))
    return kept


def _outcome(shop, as_of):
    """Give what is computed, or the refusal."""
    try:
        return scored(shop, as_of)
    except NoIdentityError:
        return "nobody"


@settings(max_examples=50)
@given(st.lists(_order, min_size=1, max_size=12), st.sampled_from(["order_date", "first_seen"]))
def test_nothing_later_changes_what_is_computed(orders, undated):
    """Orders and refunds at the moment or later could as well not be there.

    The file was exported in September, so that is when its undated refunds were first seen.
    """
    rows = _rows(orders)
    policy = policy_from_table({"counting": {"undated_refund": undated}})
    as_of = AS_OF.replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    with (
        shop_of(rows, policy=policy) as later,
        shop_of(_known_before(rows, AS_OF, undated), policy=policy) as then,
    ):
        assert _outcome(later, as_of) == _outcome(then, as_of)


def test_the_moment_itself_is_not_counted():
    """An order at midnight of the day asked for belongs to that day."""
    rows = [
        row(1, "ann", datetime(2024, 2, 28, 23, 59, 59)),  # noqa: DTZ001
        row(2, "ann", datetime(2024, 2, 29)),  # noqa: DTZ001
    ]
    with shop_of(rows) as shop:
        assert shop.insight.score("2024-02-29").summary.orders.tolist() == [1]
        assert shop.insight.score("2024-02-29 00:00:00.000001").summary.orders.tolist() == [2]


@pytest.mark.parametrize(
    ("as_of", "orders"),
    [
        ("2024-02-29", 1),
        (date(2024, 2, 29), 1),
        (datetime(2024, 2, 29), 1),  # noqa: DTZ001 - the shop's clock
        (datetime(2024, 2, 28, 16, tzinfo=UTC), 1),
        (datetime(2024, 2, 28, 16, 1, tzinfo=UTC), 2),
        ("2024-02-28T16:01:00+00:00", 2),
        ("2024-03-01", 2),
    ],
)
def test_moments_are_in_the_shops_zone_unless_they_say_more(as_of, orders):
    """A date is the shop's midnight; an aware moment is itself."""
    rows = [
        row(1, "ann", datetime(2024, 2, 28, 23, 59)),  # noqa: DTZ001
        row(2, "ann", datetime(2024, 2, 29, 0, 0)),  # noqa: DTZ001
    ]
    with shop_of(rows) as shop:
        assert shop.insight.score(as_of).summary.orders.tolist() == [orders]


def test_the_shops_zone_decides_which_day_it_is():
    """One instant is the 28th in New York and the 29th in Shanghai."""
    assert moment_of("2024-02-29", "Asia/Shanghai") == np.datetime64("2024-02-28T16:00", "us")
    assert moment_of("2024-02-29", "America/New_York") == np.datetime64("2024-02-29T05:00", "us")
    with pytest.raises(InputError):
        moment_of("yesterday", "UTC")


def test_kept_cut_points_score_a_later_day(small):
    """Cut points of March, written and read back, give April's scores without moving."""
    shop = small()
    march = shop.insight.score("2024-03-31")
    kept = Cuts.from_dict(march.rfm.cuts.to_dict())
    april = shop.insight.score("2024-04-30", cuts=kept)
    # Days of 51, 116, 70 and 50 against the cut points 86, 40, 21 and 20 of March.
    r = dict(zip(april.customer_ids.tolist(), april.rfm.r.tolist(), strict=True))
    assert r == {"ann": 2, "bob": 1, "cat": 2, "eve": 2}
    assert shop.insight.score("2024-03-31", cuts=kept).to_arrow() == march.to_arrow()
    assert april.rfm.cuts == kept
    assert shop.insight.score("2024-04-30").rfm.r.tolist() != april.rfm.r.tolist()


def test_cut_points_of_another_scoring_are_refused(small):
    """Cut points for orders do not score purchase days, nor two levels."""
    kept = small().insight.score("2024-03-31").rfm.cuts
    for table in ({"rfm": {"frequency": "purchase_days"}}, {"segments": {"map": "chinese-8"}}):
        shop = small(policy=policy_from_table(table))
        with pytest.raises(SettingsError, match="another way of scoring"):
            shop.insight.score("2024-03-31", cuts=kept)


def test_a_shop_without_orders_has_nobody_to_score():
    """No orders is no error: no rows, no months, nothing covered."""
    with open_shop() as shop:
        reduced = shop.insight.reduced("2024-01-01")
        assert len(shop.insight.score("2024-01-01")) == 0
    assert (reduced.orders, reduced.potential, len(reduced.months.months)) == (0, 0, 0)
    assert reduced.coverage.known_orders is None


def test_a_shop_with_no_counted_order_has_nobody_to_score(small):
    """Unpaid orders alone: nobody is scored, dan is a potential customer."""
    text = "id,who,state,placed,paid_at,total,paid,refunded\n8,dan,placed,2024-03-01,,70,0,0\n"
    shop = small(text)
    assert len(shop.insight.score("2024-03-31")) == 0
    assert shop.insight.reduced("2024-03-31").potential == 1
    assert shop.insight.reduced("2024-03-01").potential == 0


def test_one_customer_scores_in_the_middle(small):
    """Nobody to compare with: the neutral score, and a note that says so."""
    text = "id,who,state,placed,paid_at,total,paid,refunded\n1,ann,completed,2024-03-01,2024-03-01,70,70,0\n"
    scores = small(text).insight.score("2024-03-31")
    assert (scores.rfm.r.tolist(), scores.rfm.f.tolist(), scores.rfm.m.tolist()) == ([3], [3], [3])
    assert any("fewer than the 5 score levels" in note.en for note in scores.notes)


@pytest.mark.parametrize("who", ["", "t**1", "null"])
def test_a_shop_of_guests_is_refused_with_the_way_out(small, who):
    """Masked or missing buyers alone: nobody can be told from others."""
    text = f"id,who,state,placed,paid_at,total,paid,refunded\n1,{who},completed,2024-03-01,2024-03-01,7,7,0\n"
    shop = small(text)
    with pytest.raises(NoIdentityError, match=r"none of 1 orders has a buyer .* --buyers"):
        shop.insight.score("2024-03-31")
    reduced = shop.insight.reduced("2024-03-31")
    assert (reduced.coverage.none.orders, reduced.coverage.none.gross) == (1, 700)


def test_guests_count_in_the_shop_but_not_among_its_customers(kit, open_demo, demo):
    """Coverage of the simulated shop equals a loop over its orders."""
    shop = open_demo()
    reduced = shop.insight.reduced("2024-07-01")
    counts = [
        row
        for row in kit.shop_rows(shop).values()
        if row["state"] in (2, 3, 4, 5) and row["paid_at"] < datetime(2024, 6, 30, 16, tzinfo=UTC)
        if row["refunded"] < row["gross"]
    ]
    known = [row for row in counts if row["buyer"] is not None]
    coverage = reduced.coverage
    assert (coverage.stable.orders, coverage.none.orders) == (len(known), len(counts) - len(known))
    assert coverage.stable.net == sum(row["gross"] - row["refunded"] for row in known)
    assert coverage.known_orders == Fraction(len(known), len(counts))
    assert len(reduced.summary) == len({row["buyer"] for row in known})
    assert int(reduced.months.orders.sum()) == len(counts)
    assert reduced.orders == len(demo)


def test_what_a_reader_must_know_is_noted(small):
    """Activity rests on orders alone, and levels that nobody has are named."""
    notes = small().insight.score("2024-03-31").notes
    assert notes[0] == Label("活跃度依据：仅按订单", "activity rests on: orders only")
    assert Label("F：没有客户得 3, 5 分", "F: nobody scores 3, 5") in notes


def test_parts_of_disjoint_customers_are_joined_exactly():
    """Three parts, one of them without a counted order, with months apart: the same as in one."""
    zone = ZoneInfo("Asia/Shanghai")
    orders = [
        row(1, "ann", datetime(2024, 1, 5), back=30, back_at=datetime(2024, 1, 9)),  # noqa: DTZ001
        row(2, "bob", datetime(2024, 3, 5)),  # noqa: DTZ001
        row(3, "bob", datetime(2024, 5, 5)),  # noqa: DTZ001
        row(4, "cat", datetime(2024, 3, 7), state="placed"),  # noqa: DTZ001
    ]
    as_of = datetime(2024, 6, 1, tzinfo=zone)
    with shop_of(orders) as shop:
        whole = shop.insight.reduced(as_of)
    parts = []
    for part in (orders[1:3], orders[3:], orders[:1]):
        with shop_of(part) as shop:
            parts.append(shop.insight.reduced(as_of))
    joined = join_parts(parts)
    assert joined.months.months.astype(str).tolist() == [
        "2024-01", "2024-02", "2024-03", "2024-04", "2024-05",
    ]  # fmt: skip
    for name in ("months", "orders", "gross", "refunded", "buyers", "new_buyers"):
        assert getattr(joined.months, name).tolist() == getattr(whole.months, name).tolist()
    assert (joined.coverage, joined.potential, joined.orders) == (whole.coverage, whole.potential, 4)
    net = dict(zip(joined.ids.tolist(), joined.summary.net.tolist(), strict=True))
    assert net == {"ann": 7000, "bob": 20000}


def test_a_ladder_of_the_policy_fills_the_tier_column(open_demo, repo_root):
    """Every customer has one of the ladder's tiers; without a ladder none."""
    with_tiers = open_demo(policy=repo_root / "examples/policies/tiers_metals.toml")
    tiers = with_tiers.insight.score("2024-07-01").tier
    assert tiers.values.tolist() == ["member", "silver", "gold", "platinum", "diamond"]
    assert (tiers.codes >= 0).all()
    plain = open_demo(policy=Policy())
    assert (plain.insight.score("2024-07-01").tier.codes == -1).all()
