"""Points of all orders at once against the rule of one order in a loop; prints and stores the ratios.

``python -m benchmarks points --date DATE``. Made-up orders of one to four lines, with postage, coupons and
parts paid with points; a rate, a multiplier by tier, half of a point rounded up, and two caps. Both sides
start from ready-made inputs in their own form and are given each order's multiplier. The loop runs over all
orders of some customers, keeping running totals for the caps; what it awards, and every share, must be what
the columns say of those orders. Its time is scaled up to all orders.

Beside that: what the multipliers by tier and the lots take in bulk, and whether a balance of an account with
100,000 entries takes longer than one of an account with 100.
"""

from __future__ import annotations

import hashlib
import timeit
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

import attrs
import numpy as np

from benchmarks.measure import measure, write_result

ZONE = "Asia/Shanghai"
FIRST = np.datetime64("2022-01-01", "us")
AS_OF = np.datetime64("2025-01-01", "us")
DAYS = 3 * 365
RATIO_BAR, BALANCE_BAR = 30.0, 1.5


def rule() -> Any:
    from retailcrm.domain.points.wallets import Cap, EarnBase, EarnRule

    caps = (Cap(points=500, per="day"), Cap(points=5000, per="year"))
    return EarnRule(rate=Fraction(3, 2), rounding="half_up", base=EarnBase(shipping=True), caps=caps)


def ladder() -> Any:
    from retailcrm.domain.labels import Label
    from retailcrm.domain.tiers import Benefits, Hold, Ladder, Requirement, Tier, Window

    tiers = [Tier(name="member", label=Label("会员", "Member"))]
    for name, zh, spend, times in (
        ("silver", "银卡", 100_000, "11/10"),
        ("gold", "金卡", 300_000, "5/4"),
        ("platinum", "白金卡", 800_000, "3/2"),
    ):
        gives = Benefits(points_multiplier=Fraction(times))
        label = Label(zh, name.capitalize())
        tiers.append(Tier(name=name, label=label, enter=Requirement(spend=spend), benefits=gives))
    window, hold = Window("rolling", months=12), Hold("months", months=12)
    return Ladder(currency="CNY", zone=ZONE, tiers=tuple(tiers), window=window, hold=hold, qualify_at="paid")


def columns(orders: int) -> Any:
    """Make orders of a tenth as many customers over three years, amounts in fen."""
    from retailcrm.analytics.points.earning import EarnColumns

    rng = np.random.default_rng(4)
    size = rng.integers(1, 5, orders)
    order = np.repeat(np.arange(orders), size)
    price = rng.lognormal(8.5, 0.8, len(order)).astype(np.int64)
    goods = np.zeros(orders, np.int64)
    discount = np.where(rng.random(len(order)) < 0.3, price // 10, 0)
    np.add.at(goods, order, price - discount)
    times = 1_000_000 * rng.integers(0, DAYS * 86_400, orders)
    return EarnColumns(
        customer=rng.integers(0, max(orders // 10, 1), orders).astype(np.int32),
        paid_at=FIRST + times.astype("timedelta64[us]"),
        shipping=np.where(rng.random(orders) < 0.2, 1000, 0),
        by_points=np.where(rng.random(orders) < 0.1, np.minimum(goods // 5, 2000), 0),
        order=order,
        price=price,
        discount=discount,
    )


def tier_rows(found: Any) -> Any:
    """Let each order count towards tiers by what its goods came to."""
    from retailcrm.analytics.tier_columns import NOT_A_REFUND, TierRows

    spend = np.zeros(len(found), np.int64)
    np.add.at(spend, found.order, found.price - found.discount)
    return TierRows(
        customer=found.customer,
        at=found.paid_at,
        spend=spend,
        orders=np.ones(len(found), np.int64),
        refund_of=np.full(len(found), NOT_A_REFUND),
    )


def multiplied(found: Any, rows: Any) -> Any:
    from retailcrm.analytics.points.multipliers import tier_multipliers
    from retailcrm.domain.points.programme import Programme

    customers = int(found.customer.max()) + 1
    return tier_multipliers(found, Programme(), "max", ladder(), rows, n_customers=customers)


# ---- awards ---------------------------------------------------------------------------------


def in_sample(found: Any, orders: int, sample: int) -> Any:
    """Find the orders of the first customers, about so many."""
    return np.flatnonzero(found.customer < max(orders // 10 * sample // orders, 1))


def bulk_setup(orders: int, sample: int) -> Any:
    found = columns(orders)
    return multiplied(found, tier_rows(found)), in_sample(found, orders, sample)


def bulk_work(state: Any) -> Any:
    from retailcrm.analytics.points.earning import awards

    return awards(state[0], rule(), zone=ZONE), state[1]


def digest_of(awarded: Any) -> dict[str, Any]:
    """Boil points, cuts and shares of each order of the sample down to something to compare."""
    text = "\n".join(repr(one) for one in awarded)
    points, cut = sum(one[0] for one in awarded), sum(one[1] for one in awarded)
    return {
        "orders": len(awarded),
        "points": points,
        "cut": cut,
        "sha": hashlib.sha256(text.encode()).hexdigest(),
    }


def bulk_digest(result: Any) -> dict[str, Any]:
    found, rows = result
    bounds = np.searchsorted(found.columns.order, np.stack([rows, rows + 1]))
    told = [
        (
            int(found.points[row]),
            int(found.cut[row]),
            (
                *found.line_points[low:high].tolist(),
                int(found.shipping_points[row]),
                int(found.tax_points[row]),
            ),
        )
        for row, low, high in zip(rows.tolist(), *bounds.tolist(), strict=True)
    ]
    return digest_of(told) | {"fallen_back": found.fallen_back, "all_points": int(found.points.sum())}


def loop_setup(orders: int, sample: int) -> Any:
    from retailcrm.domain.points.earning import Earner, LineAmount

    found, rows = bulk_setup(orders, sample)
    bounds = np.searchsorted(found.order, np.stack([rows, rows + 1]))
    given = []
    for row, low, high in zip(rows.tolist(), *bounds.tolist(), strict=True):
        lines = tuple(
            LineAmount(id=str(n), price=int(found.price[n]), discount=int(found.discount[n]))
            for n in range(low, high)
        )
        order = Earner(
            reference=str(row),
            lines=lines,
            shipping=int(found.shipping[row]),
            by_points=int(found.by_points[row]),
        )
        at = found.paid_at[row].astype(datetime).replace(tzinfo=UTC)
        times = Fraction(int(found.numerator[row]), int(found.denominator[row]))
        given.append((at, row, int(found.customer[row]), order, times))
    return sorted(given, key=lambda one: one[:2])


def loop_work(given: Any) -> Any:
    from retailcrm.domain.periods import local_date
    from retailcrm.domain.points.earning import award_of

    the_rule, used, found = rule(), {}, []
    for at, row, who, order, times in given:
        day = local_date(at, ZONE)
        keys = [(who, day if cap.per == "day" else day.year) for cap in the_rule.caps]
        room = min(cap.points - used.get(key, 0) for cap, key in zip(the_rule.caps, keys, strict=True))
        award = award_of(order, the_rule, multipliers=(times,), room=room)
        for key in keys:
            used[key] = used.get(key, 0) + award.points
        found.append((row, award))
    return found


def loop_digest(found: Any) -> dict[str, Any]:
    return digest_of(
        [(award.points, award.cut, award.shares) for _, award in sorted(found, key=lambda x: x[0])]
    )


# ---- multipliers and lots in bulk -------------------------------------------------------------


def tiers_setup(orders: int) -> Any:
    found = columns(orders)
    return found, tier_rows(found)


def tiers_work(state: Any) -> Any:
    return multiplied(*state)


def tiers_digest(found: Any) -> list[int]:
    return np.unique(found.numerator, return_counts=True)[1].tolist()


def lots_setup(orders: int) -> Any:
    from retailcrm.analytics.columns import Texts
    from retailcrm.analytics.points.earning import awards
    from retailcrm.analytics.tables import Customers, OrderTable
    from retailcrm.domain.orders import OrderState

    found = columns(orders)
    rng, never = np.random.default_rng(5), np.full(orders, np.datetime64("NaT", "us"))
    gross = np.zeros(orders, np.int64)
    np.add.at(gross, found.order, found.price - found.discount)
    back = rng.random(orders) < 0.05
    customers = int(found.customer.max()) + 1

    def blank(size: int) -> Texts:
        return Texts(np.empty(0, np.uint8), np.zeros(size + 1, np.int64))

    def later(days: int) -> Any:
        return found.paid_at + (1_000_000 * rng.integers(0, days * 86_400, orders)).astype("timedelta64[us]")

    table = OrderTable(
        currency="CNY",
        zone=ZONE,
        customers=Customers(ids=blank(customers), strength=np.full(customers, 2, np.int8)),
        numbers=blank(orders),
        customer=found.customer,
        placed_at=found.paid_at,
        paid_at=found.paid_at,
        shipped_at=later(3),
        completed_at=np.where(rng.random(orders) < 0.7, later(20), never),
        state=np.full(orders, OrderState.COMPLETED, np.int8),
        credit=np.zeros(orders, np.bool_),
        gross=gross,
        refunded=np.where(back, gross // rng.integers(1, 4, orders), 0),
        refunded_at=np.where(back, later(40), never),
        first_seen=never,
    )
    return table, awards(found, rule(), zone=ZONE)


def lots_work(state: Any, *, idle: bool) -> Any:
    from retailcrm.analytics.points.lots import order_lots
    from retailcrm.domain.points.expiry import Expiry
    from retailcrm.domain.points.wallets import Wallet

    wallet = Wallet(
        expiry=Expiry(months=12, snap="year", zone=ZONE),
        inactive=Expiry(months=6, zone=ZONE) if idle else None,
    )
    return order_lots(*state, wallet, as_of=AS_OF)


def lots_digest(moves: Any) -> dict[str, int]:
    from retailcrm.analytics.tables.points import VERBS

    totals = np.zeros(len(VERBS), np.int64)
    np.add.at(totals, moves.verb, moves.points)
    return {str(verb): int(total) for verb, total in zip(VERBS, totals, strict=True) if total}


# ---- one account's balance ------------------------------------------------------------------


def account(entries: int, left: int = 6) -> tuple[Any, datetime]:
    """Make an account by earning and spending in turns; the same few lots are open in the end."""
    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.awarding import earn
    from retailcrm.domain.points.expiry import Expiry
    from retailcrm.domain.points.spending import redeem

    now, made = datetime(2020, 1, 1, tzinfo=UTC), Account(id="a")
    expiry = Expiry(months=24, zone=ZONE)
    while made.version < entries:
        now += timedelta(minutes=7)
        spends = made.available and made.version < entries - 2 * left
        if spends:
            made = redeem(made, made.available, key=str(made.version), now=now).account
        else:
            lot = str(made.version)
            made = earn(
                made, 10, lot=lot, source=f"order:{lot}", key=lot, now=now, activates_at=now, expiry=expiry
            ).account
    return made, now


def seconds_a_balance(one: Any, at: datetime) -> float:
    """Time a balance of an account as it comes from a store: nothing of it is remembered from before."""
    return min(timeit.repeat(lambda: attrs.evolve(one).usable(at), number=2000, repeat=15)) / 2000


def balances(many: int, few: int) -> dict[str, Any]:
    """Compare a large account's balance with a small one's: now, and at a moment when some points lapsed."""
    (large, large_now), (small, small_now) = account(many), account(few)
    assert len(large.lots) == len(small.lots), "the two accounts differ in more than their past"
    found: dict[str, Any] = {"entries": [large.version, small.version], "open_lots": len(large.lots)}
    for name, after in (("now", timedelta(minutes=1)), ("in_three_years", timedelta(days=1100))):
        times = [seconds_a_balance(large, large_now + after), seconds_a_balance(small, small_now + after)]
        found[name] = {
            "microseconds": [round(1e6 * t, 2) for t in times],
            "ratio": round(times[0] / times[1], 3),
        }
    return found


# ---- the comparison -------------------------------------------------------------------------


def main(date: str, orders: int = 1_000_000, sample: int = 20_000, entries: int = 100_000) -> None:
    """Compare, store the figures, and fail if a bar is missed."""
    args = (orders, sample)
    bulk = measure("awards in bulk", bulk_setup, bulk_work, args=args, repeats=5, digest=bulk_digest)
    loop = measure("one by one", loop_setup, loop_work, args=args, repeats=3, digest=loop_digest)
    differ = {name for name in loop.digest if loop.digest[name] != bulk.digest[name]}
    assert not differ, f"the two sides disagree on {sorted(differ)}"
    scaled = loop.median * orders / loop.digest["orders"]
    tiers = measure("multipliers by tier", tiers_setup, tiers_work, args=(orders,), digest=tiers_digest)
    lots = {
        name: measure(
            name, lots_setup, partial(lots_work, idle=idle), args=(orders,), repeats=3, digest=lots_digest
        )
        for name, idle in (("lots", False), ("lots that lapse when nothing is done", True))
    }
    for one in (bulk, tiers, *lots.values()):
        print(f"{one.name:40} {one.median:7.3f} s  {one.peak_rss_mb:6.0f} MB for {orders:,} orders")
    print(f"{'one by one':40} {scaled:7.1f} s, scaled up from {loop.digest['orders']:,} orders")
    share = bulk.digest["fallen_back"] / orders
    ratio = scaled / bulk.median
    print(f"in bulk {ratio:.0f} times as fast; {share:.2%} of the orders fell back to the rule of one order")
    accounts = balances(entries, 100)
    worst = max(accounts[name]["ratio"] for name in ("now", "in_three_years"))
    print(f"a balance of {entries:,} entries takes {worst:.2f} times as long as one of 100")

    held = {"ratio": ratio >= RATIO_BAR, "balance": worst <= BALANCE_BAR}
    payload = {
        "work": "awards of orders with tier multipliers, two caps and shares of lines, postage and tax",
        "orders": orders,
        "lines": len(columns(orders).order),
        "in_bulk": bulk.to_dict(),
        "one_by_one": {**loop.to_dict(), "orders": loop.digest["orders"], "scaled_seconds": round(scaled, 2)},
        "times_faster": round(ratio, 1),
        "fallen_back": bulk.digest["fallen_back"],
        "awarded": {"points": bulk.digest["all_points"], "sample": loop.digest},
        "tier_multipliers": {**tiers.to_dict(), "orders_by_multiplier": tiers.digest},
        "lots": {name: {**one.to_dict(), "points": one.digest} for name, one in lots.items()},
        "balance": accounts,
        "bars": {"times_faster": RATIO_BAR, "balance_ratio": BALANCE_BAR},
        "bars_held": held,
    }
    write_result("points", date, payload, ("retailcrm-core", "numpy"))
    if not all(held.values()):
        raise SystemExit(f"bars missed: {[name for name, ok in held.items() if not ok]}")
