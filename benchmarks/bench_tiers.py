"""Tiers of all customers at once against one by one, on made-up orders; prints the ratio.

``python -m benchmarks tiers --date DATE``. The one-by-one side gets
its events ready made and runs on an even sample of the customers; its time is scaled up to all of them.
Both sides use one thread, and their processor time is compared.
"""

from __future__ import annotations

import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import write_result
from retailcrm.analytics.tier_columns import NOT_A_REFUND, TierRows, tiers_as_of
from retailcrm.domain.tiers import Ladder, TierEvent, ladder_from_table, tier_as_of

AS_OF = np.datetime64("2025-01-01", "us")
POLICIES = Path(__file__).parents[1] / "examples" / "policies"


def shop(customers: int, orders: int) -> TierRows:
    """Make three years of orders, a few customers buying most, and take back every twentieth."""
    rng = np.random.default_rng(2)
    customer = (customers * rng.beta(0.8, 2.0, orders)).astype(np.int32)
    at = np.datetime64("2022-01-01", "us") + 1_000_000 * rng.integers(0, 3 * 365 * 86_400, orders)
    spend = (rng.lognormal(8.5, 0.8, orders)).astype(np.int64)
    back = rng.choice(orders, orders // 20, replace=False)
    later = 1_000_000 * rng.integers(0, 30 * 86_400, len(back))
    days = np.ones(orders + len(back), np.int64)
    days[orders:] = -1
    return TierRows(
        customer=np.append(customer, customer[back]),
        at=np.append(at, at[back] + later),
        spend=np.append(spend, -spend[back]),
        orders=days,
        refund_of=np.append(np.full(orders, NOT_A_REFUND), back),
        metrics={"active_days": days},
    )


def events_of(rows: TierRows, wanted: set[int]) -> dict[int, list[TierEvent]]:
    """Make the events of some customers."""
    found: dict[int, list[TierEvent]] = {who: [] for who in wanted}
    for row in np.flatnonzero(np.isin(rows.customer, list(wanted))).tolist():
        order = int(rows.refund_of[row])
        key = str(row if order == NOT_A_REFUND else order)
        when = datetime.fromisoformat(str(rows.at[row])).replace(tzinfo=UTC)
        days = {"active_days": int(rows.metrics["active_days"][row])}
        event = TierEvent(when, int(rows.spend[row]), int(rows.orders[row]), key, days)
        found[int(rows.customer[row])].append(event)
    return found


def compare(
    name: str, ladder: Ladder, rows: TierRows, customers: int, events: dict[int, list[TierEvent]]
) -> dict[str, float]:
    """Time both sides and check that they agree."""
    times = []
    for _ in range(3):
        start = time.process_time()
        tiers = tiers_as_of(ladder, rows, n_customers=customers, as_of=AS_OF)
        times.append(time.process_time() - start)
    bulk = sorted(times)[1]
    moment = datetime.fromisoformat(str(AS_OF)).replace(tzinfo=UTC)
    start = time.process_time()
    single = {who: tier_as_of(hers, ladder, moment, None).index for who, hers in events.items()}
    one_by_one = (time.process_time() - start) * customers / len(events)
    assert all(tiers[who] == tier for who, tier in single.items()), "the two sides disagree"
    spread = np.bincount(tiers, minlength=len(ladder.tiers)).tolist()
    print(
        f"{name}: {bulk:.3f} s at once, {one_by_one:.1f} s singly: {one_by_one / bulk:.0f}x; tiers {spread}"
    )
    return {"at_once_seconds": bulk, "one_by_one_seconds": one_by_one, "times_faster": one_by_one / bulk}


def main(date: str, customers: int = 100_000, orders: int = 1_000_000, sample: int = 2_000) -> None:
    """Compare the two shipped ladders and store the ratios."""
    rows = shop(customers, orders)
    events = events_of(rows, set(range(0, customers, customers // sample)))
    found: dict[str, Any] = {"customers": customers, "orders": orders, "sample": sample}
    for name in ("tiers_metals", "tiers_vip"):
        table = tomllib.loads((POLICIES / f"{name}.toml").read_text("utf-8"))
        ladder = ladder_from_table(table["ladder"], currency="CNY", zone="Asia/Shanghai")
        found[name] = compare(name, ladder, rows, customers, events)
    write_result("tiers", date, found, ("retailcrm-core", "numpy"))
