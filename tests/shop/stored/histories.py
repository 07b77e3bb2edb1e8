"""Made-up orders of a few customers, and the accounts that follow them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
from hypothesis import strategies as st

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.tables import Customers, LineTable, OrderTable
from retailcrm.domain.labels import Label
from retailcrm.domain.orders import OrderState
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.programme import Campaign, Programme
from retailcrm.domain.points.wallets import Cap, EarnBase, EarnRule, Waiting, Wallet
from retailcrm.domain.tiers import Benefits, Hold, Ladder, Requirement, Tier, Window
from retailcrm.shop.loyalty.accounts import Accounts
from retailcrm.shop.loyalty.orders_of import OrdersOf
from retailcrm.shop.merges import Merges
from retailcrm.shop.policy import Policy, in_zone

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 12
ZONES = ("UTC", "Asia/Shanghai", "America/New_York")
NAMES = ("ann", "bob", 'o"neil', "o'hara", "小明", "back\\slash", "z\u200bw")
NEVER = np.datetime64("NaT", "us")


def moments() -> st.SearchStrategy[datetime]:
    """Few enough moments that many things fall together."""
    hours = st.one_of(st.integers(0, DAYS * 2).map(lambda n: n * 12), st.integers(0, DAYS * 24))
    return st.tuples(hours, st.sampled_from((0, 0, 0, 1))).map(
        lambda one: START + timedelta(hours=one[0], microseconds=one[1])
    )


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


@st.composite
def orders(draw: st.DrawFn, number: int) -> dict[str, Any]:
    gross = draw(st.one_of(st.integers(0, 50), st.integers(100, 90_000)))
    refunded = draw(st.one_of(st.just(0), st.just(gross), st.integers(0, gross + 5)))
    lines = draw(st.one_of(st.just(()), st.lists(st.integers(0, 500), max_size=3).map(tuple)))
    return {
        "number": f"{draw(st.sampled_from('ab'))}{number:02}",
        "platform": draw(st.sampled_from(("web", "web", "web-2", "网店"))),
        "customer": draw(st.integers(-1, len(NAMES) - 1)),
        "placed_at": draw(moments()),
        "paid_at": draw(maybe(moments())),
        "shipped_at": draw(maybe(moments())),
        "completed_at": draw(maybe(moments())),
        "state": draw(st.sampled_from(list(OrderState))),
        "credit": draw(st.sampled_from((False,) * 9 + (True,))),
        "gross": gross,
        "refunded": refunded,
        "refunded_at": draw(maybe(moments())) if refunded else None,
        "first_seen": START + timedelta(days=DAYS) if refunded else None,
        "postage": draw(st.one_of(st.just(0), st.integers(0, gross))),
        "lines": lines,
    }


def histories(most: int = 14) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.integers(0, most).flatmap(lambda n: st.tuples(*(orders(i) for i in range(n))).map(list))


def expiries(zone: str) -> st.SearchStrategy[Expiry]:
    return st.sampled_from(
        (
            Expiry(zone=zone), Expiry(days=1, zone=zone), Expiry(days=3, zone=zone),
            Expiry(months=1, snap="month", zone=zone), Expiry(on=date(2024, 1, 7), zone=zone),
            Expiry(months=12, snap="year", zone=zone),
        )
    )  # fmt: skip


@st.composite
def wallets(draw: st.DrawFn, zone: str) -> Wallet:
    caps = draw(
        st.sampled_from(
            ((), (), (Cap(points=40),), (Cap(points=300, per="month"), Cap(points=60, per="day")))
        )
    )
    rule = EarnRule(
        rate=draw(st.sampled_from((Fraction(1), Fraction(3, 7), Fraction(0)))),
        base=EarnBase(shipping=draw(st.booleans())),
        rounding=draw(st.sampled_from(("down", "half_up", "up"))),
        round_at=draw(st.sampled_from(("order", "line"))),
        together=draw(st.sampled_from(("max", "add", "multiply"))),
        least=draw(st.sampled_from((0, 0, 300))),
        caps=caps,
    )
    waiting = draw(
        st.sampled_from(
            (
                Waiting(until="paid"), Waiting(days=2), Waiting(days=2, since="paid"), Waiting(days=None),
                Waiting(days=0, since="paid"),
            )
        )
    )  # fmt: skip
    return Wallet(
        earn=rule, waiting=waiting, expiry=draw(expiries(zone)),
        expiry_from=draw(st.sampled_from(("activation", "award"))),
        shortfall=draw(st.sampled_from(("only_pending", "within_balance", "debt"))),
        inactive=draw(st.sampled_from((None, None, None, Expiry(days=2, zone=zone)))),
    )  # fmt: skip


def ladder(zone: str) -> Ladder:
    tiers = (
        Tier(name="member", label=Label("会员", "Member")),
        Tier(
            name="gold", label=Label("金卡", "Gold"), enter=Requirement(orders=2),
            benefits=Benefits(points_multiplier=Fraction(5, 4)),
        ),
    )  # fmt: skip
    return Ladder(
        currency="CNY", zone=zone, tiers=tiers, window=Window("lifetime"), hold=Hold("forever"),
        qualify_at="paid",
    )  # fmt: skip


CAMPAIGNS = (
    Campaign(
        name="week", start=START + timedelta(days=2), end=START + timedelta(days=5),
        multiplier=Fraction(2),
    ),
    Campaign(
        name="gold", start=START + timedelta(days=4), end=START + timedelta(days=9),
        multiplier=Fraction(3, 2), tiers=("gold",),
    ),
)  # fmt: skip


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    zone = draw(st.sampled_from(ZONES))
    rungs = draw(st.sampled_from((None, ladder(zone))))
    status = Wallet(name="status", qualifying=True, expiry=Expiry(days=4, zone=zone))
    campaigns = CAMPAIGNS if rungs else CAMPAIGNS[:1]
    programme = Programme(
        wallets=(draw(wallets(zone)), *draw(st.sampled_from(((), (status,))))),
        tier_at=draw(st.sampled_from(("before", "after"))),
        campaigns=draw(st.sampled_from(((), campaigns))),
    )
    counting = CountingPolicy(undated_refund=draw(st.sampled_from(("order_date", "first_seen"))))
    return Policy(points=in_zone(programme, zone), ladder=rungs, counting=counting, zone=zone)


def table_of(found: list[dict[str, Any]]) -> tuple[OrderTable, LineTable | None]:
    """Write orders as tables; ids that nobody bought under stay, as after a merge."""
    seen = {(one["platform"], one["number"]) for one in found}
    assert len(seen) == len(found), "an order number stands for one order"

    def instants(name: str) -> Any:
        values = [one[name] for one in found]
        return np.array(
            [NEVER if at is None else np.datetime64(at.replace(tzinfo=None), "us") for at in values],
            "datetime64[us]",
        )

    def whole(name: str, kind: str = "int64") -> Any:
        return np.array([one[name] for one in found], kind)

    times = ("placed_at", "paid_at", "shipped_at", "completed_at", "refunded_at", "first_seen")
    table = OrderTable(
        currency="CNY", zone="Asia/Shanghai", numbers=Texts.of([one["number"] for one in found]),
        customers=Customers(ids=Texts.of(NAMES), strength=np.full(len(NAMES), 2, np.int8)),
        customer=whole("customer", "int32"), state=whole("state", "int8"), credit=whole("credit", "bool"),
        gross=whole("gross"), refunded=whole("refunded"), postage=whole("postage"),
        platform=Coded.of([one["platform"] for one in found]), **{name: instants(name) for name in times},
    )  # fmt: skip
    rows = [(row, amount) for row, one in enumerate(found) for amount in one["lines"]]
    lines = LineTable(
        order=np.array([row for row, _ in rows], np.int32), product=Coded.of(["thing"] * len(rows)),
        quantity=np.ones(len(rows), np.int64), gross=np.array([amount for _, amount in rows], np.int64),
        refunded=np.zeros(len(rows), np.int64),
    )  # fmt: skip
    return table, lines if rows else None


def accounts_of(
    ledger: Any, policy: Policy, found: list[dict[str, Any]], until: datetime, now: datetime
) -> Accounts:
    """Give the accounts of a shop whose files tell of these orders."""
    assert policy.points is not None
    table, lines = table_of(found)
    return Accounts(
        ledger=ledger, policy=policy, programme=policy.points, metrics={}, shop="main",
        orders=OrdersOf(lambda: [table], lambda: lines), merges=Merges(), observed=lambda: until,
        clock=lambda: now,
    )  # fmt: skip


def numbered(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the first of orders with one number on one platform."""
    once: dict[tuple[str, str], dict[str, Any]] = {}
    for one in found:
        once.setdefault((one["platform"], one["number"]), one)
    return list(once.values())


def evolved(accounts: Accounts, **changes: Any) -> Accounts:
    return attrs.evolve(accounts, **changes)


def orders_by_hand(*told: dict[str, Any]) -> list[dict[str, Any]]:
    """Give orders of Ann, unless said otherwise; moments are days after the start."""
    found = []
    for number, one in enumerate(told):
        plain = {
            "number": str(number), "platform": "web", "customer": 0, "state": OrderState.PAID,
            "credit": False, "refunded": 0, "postage": 0, "lines": (), "placed_at": None, "shipped_at": None,
            "completed_at": None, "refunded_at": None, "first_seen": None,
        }  # fmt: skip
        days = {name: START + timedelta(days=at) for name, at in one.items() if name.endswith("_at")}
        found.append(plain | one | days)
    return found
