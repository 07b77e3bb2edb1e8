"""Everybody's points in columns, one customer's journal, and what falls due: three ways that must agree."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm import Shop, open_shop
from retailcrm.domain.points.wallets import Redemption
from retailcrm.shop.loyalty.balance_table import value_of
from retailcrm.shop.policy import policy_from_table
from retailcrm.simulate import ShopSpec, simulate_shop, write_full_exports

POINTS: dict[str, Any] = {
    "expiry": {"months": 2, "snap": "month"},
    "earn": {"rate": "1.5", "caps": [{"points": 200, "per": "day"}]},
    "redemption": {"points_per_unit": "300"},
}
START = datetime(2023, 1, 1, tzinfo=UTC)
DAYS = 640
"""Days from there to beyond the last points of the simulated shop."""


def rows_of(shop: Shop, at: str) -> dict[str, dict[str, Any]]:
    """Give the rows of the table by customer."""
    rows = shop.points(at).customers.to_arrow().to_pylist()
    return {row.pop("customer_id"): row for row in rows}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Open a made-up shop of 80 customers, with what they spent."""
    folder: Path = tmp_path_factory.mktemp("shop")
    written = write_full_exports(simulate_shop(ShopSpec(seed=11, customers=80)), folder)
    opened = open_shop(policy=policy_from_table({"points": POINTS}))
    opened.imports.files(sorted(map(str, written.reports)))
    assert written.buyers is not None
    opened.imports.buyers(written.buyers)
    opened.take_redemptions(written.redemptions)
    return opened


def test_everybody_and_one_by_one_agree(simulated: Shop) -> None:
    """At several moments each row of the table is what that customer's own journal comes to."""
    for at in ("2023-06-01", "2023-11-30", "2024-03-01", "2024-07-01", "2024-09-01"):
        rows = rows_of(simulated, at)
        assert rows
        for customer, row in rows.items():
            journal = simulated.points_of(customer, at)
            assert [journal.pending, journal.available, journal.held, journal.debt] == [
                row[name] for name in ("pending", "available", "held", "debt")
            ]
            assert (journal.last_day, journal.lapsing) == (row["next_expiry"], row["next_expiry_points"])


def test_sums_come_to_what_came_and_went(simulated: Shop) -> None:
    """Issued less redeemed, expired and taken back is what the rows hold, with what has just lapsed."""
    for at in ("2023-08-01", "2024-03-01", "2024-07-01"):
        found = simulated.points(at)
        came = sum(found.flows.get(name, 0) for name in ("issued", "given_back"))
        went = sum(found.flows.get(name, 0) for name in ("redeemed", "expired", "reversed"))
        assert came - went - found.past == found.outstanding == int(found.customers.points.sum())
        assert sum(group.points for group in found.expiring) == found.outstanding
        assert found.holders == np.count_nonzero(found.customers.points)


def test_the_report_says_the_same(simulated: Shop) -> None:
    """Holders, unused points, what lapses when, what is owed and the forecast are those of the report."""
    for at in ("2023-08-01", "2024-03-01", "2024-07-01", "2024-07-01T00:00:01"):
        found, told = simulated.points(at), simulated.describe(at).data.points
        assert told is not None
        assert (told.holders, told.outstanding, told.lapsed) == (
            found.holders, found.outstanding, found.past,
        )  # fmt: skip
        assert [(row.key, row.points, row.amount) for row in told.expiring] == [
            (group.key, group.points, group.amount) for group in found.expiring
        ]
        assert found.owed is not None
        assert (told.liability.total, told.breakage) == (found.owed.total, found.breakage)
        assert told.months[-1].closing == found.outstanding + found.past
    assert simulated.points("2024-07-01").past > 0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, DAYS * 24), min_size=3, max_size=3, unique=True))
def test_spans_that_meet(simulated: Shop, hours: list[int]) -> None:
    """What falls due in two spans that meet is what falls due in both together."""
    a, b, c = ((START + timedelta(hours=hour)).isoformat() for hour in sorted(hours))
    both = simulated.points_due(a, c).events.to_pylist()
    parts = [simulated.points_due(*span).events.to_pylist() for span in ((a, b), (b, c))]
    assert parts[0] + parts[1] == both


def test_what_falls_due_is_what_changes(simulated: Shop) -> None:
    """From the beginning on, points that became spendable less those that lapsed and were spent are left."""
    at = "2024-05-01"
    days = simulated.points_due(START.date(), at).by_day()
    came, lapsed = (sum(d.points for d in days if d.event == what) for what in ("activate", "expire"))
    found = simulated.points(at)
    assert lapsed == found.flows["expired"]
    lines = [line for name in rows_of(simulated, at) for line in simulated.points_of(name, at).lines]
    assert came == sum(line.points for line in lines if line.verb == "activate")
    assert [day.day for day in days] == sorted(day.day for day in days)


def test_debts_and_reservations(make_shop: Callable[..., Shop], bring: Callable[..., None]) -> None:
    """Who spent what a refund then takes owes it; what a checkout set aside is held."""
    shop = make_shop()
    order = {"id": "1", "who": "ann", "at": "2024-03-01", "done": "2024-03-04", "amount": "50.00"}
    bring(shop, order, {**order, "id": "2", "who": "bob"})
    shop.loyalty.redeem("ann", 45, key="r")
    shop.loyalty.reserve("bob", 20, key="h")
    refund = {"back": "20.00", "back_at": "2024-04-02T12:00:00"}
    bring(shop, order | refund)
    rows = rows_of(shop, "2024-04-03")
    # 20 of 50 yuan take 20 of 50 points, of which 5 are left: 15 are owed.
    assert rows["ann"] == {
        "pending": 0, "available": 0, "held": 0, "debt": 15, "next_expiry": None,
        "next_expiry_points": 0, "value": 0,
    }  # fmt: skip
    assert shop.points_of("ann", "2024-04-03").debt == 15
    assert shop.points("2024-04-02").customers.debt.tolist() == [0, 0]
    held = rows_of(shop, "2024-04-01T00:15:00")["bob"]
    assert (held["available"], held["held"], held["next_expiry"]) == (30, 20, date(2025, 12, 31))
    assert rows["bob"]["available"] == 50


def test_a_customer_without_points(shop: Shop) -> None:
    """Somebody of whom nothing is known has an empty journal, and nobody a row before the first order."""
    nobody = shop.points_of("eve", "2024-04-01")
    assert (nobody.lines, nobody.available, nobody.last_day) == ((), 0, None)
    before = shop.points("2024-01-01")
    assert (len(before.customers), before.outstanding, before.flows, before.expiring) == (0, 0, {}, ())
    assert len(shop.points_due("2023-01-01", "2024-01-01")) == 0


def test_a_shop_without_files(make_shop: Callable[..., Shop]) -> None:
    """A shop in which nothing was imported has no points, and nothing falls due."""
    found = make_shop().points("2024-01-01")
    assert (len(found.customers), found.orders.paid) == (0, 0)
    assert make_shop().points_due("2023-01-01", "2024-01-01").by_day() == ()


@given(
    st.lists(st.integers(0, 2**62), min_size=1, max_size=5),
    st.fractions(Fraction(1, 50), 10_000, max_denominator=50),
    st.sampled_from(["down", "up"]),
)
def test_values_are_exact(points: list[int], rate: Fraction, rounding: Any) -> None:
    """A value is points over points per unit in the smallest coin, rounded as the wallet says."""
    limit = (2**63 - 1) * rate / 100
    points = [min(one, int(limit) - 1) for one in points if int(limit) > 1] or [1]
    redemption = Redemption(points_per_unit=rate, rounding=rounding)
    exact = [Fraction(100 * one) / rate for one in points]
    wanted = [-(-one.numerator // one.denominator) if rounding == "up" else int(one) for one in exact]
    assert value_of(np.array(points, np.int64), redemption, "CNY").tolist() == wanted


def test_ids_that_look_like_formulas(
    make_shop: Callable[..., Shop], bring: Callable[..., None], tmp_path: Path
) -> None:
    """A customer called =1+1 gets an apostrophe in both files."""
    shop = make_shop(expiry={"days": 3})
    bring(shop, {"id": "1", "who": "=1+1", "at": "2024-03-01", "done": "2024-03-04", "amount": "50.00"})
    shop.points("2024-03-05").customers.to_csv(tmp_path / "balances.csv")
    shop.points_due("2024-03-01", "2024-04-01").to_csv(tmp_path / "events.csv")
    for name in ("balances.csv", "events.csv"):
        assert '"\'=1+1"' in (tmp_path / name).read_text("utf-8-sig")
