"""Orders drive points: whatever way their looks are delivered, the account is that of one clean delivery."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.domain.points.account import Account, replay
from retailcrm.domain.points.earning import Earner, LineAmount
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.following import OrderFacts, activation, earner_of, follow
from retailcrm.domain.points.wallets import Cap, EarnRule, Waiting, Wallet
from retailcrm.errors import InputError

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def facts(**told: Any) -> OrderFacts:
    """An order of 100.00 that was paid on 1 January."""
    return OrderFacts(**({"reference": "1", "paid_at": BEGIN, "gross": 10000} | told))


@pytest.mark.parametrize(
    ("told", "waiting", "day"),
    [
        ({"completed_at": BEGIN + 4 * DAY}, Waiting(), 4),
        ({"shipped_at": BEGIN + DAY, "completed_at": BEGIN + 4 * DAY}, Waiting(), 4),
        ({"shipped_at": BEGIN + DAY, "completed_at": BEGIN + 40 * DAY}, Waiting(), 16),
        ({"shipped_at": BEGIN + DAY}, Waiting(), 16),
        ({"shipped_at": BEGIN + DAY}, Waiting(days=None), None),
        ({}, Waiting(), None),
        ({}, Waiting(since="paid"), 15),
        ({}, Waiting(until="paid"), 0),
        ({}, Waiting(days=0, since="paid"), 0),
    ],
)
def test_when_points_become_spendable(told: Any, waiting: Waiting, day: int | None) -> None:
    """The confirmation of receipt, or the waiting days after shipment or payment, whichever is first."""
    assert activation(facts(**told), waiting) == (None if day is None else BEGIN + day * DAY)


def test_a_refund_needs_a_moment() -> None:
    """An undated refund is dated by the caller's policy, never by us."""
    with pytest.raises(InputError, match="moment"):
        facts(refunded=1)


@pytest.mark.parametrize("shipping", [-1, 10001])
def test_postage_is_a_part_of_what_was_paid(shipping: int) -> None:
    """Less than nothing, or more than the order came to, is a mistake."""
    with pytest.raises(InputError, match="postage"):
        facts(shipping=shipping)


@pytest.mark.parametrize(
    ("told", "prices", "shipping"),
    [
        ({}, [10000], 0),
        ({"shipping": 1000}, [9000], 1000),
        ({"shipping": 1000, "lines": (0, 0)}, [9000], 1000),
        ({"shipping": 1000, "lines": (6000, 3000)}, [6000, 3000], 1000),
        # A discount of 30.00 on the order, and a line that was closed.
        ({"shipping": 1000, "lines": (8000, 0, 4000)}, [6000, 0, 3000], 1000),
        # Beyond its lines an order has 40.00 of which nobody says that they are postage.
        ({"lines": (4000, 2000)}, [6667, 3333], 0),
        ({"shipping": 10000, "lines": (50,)}, [0], 10000),
    ],
)
def test_what_an_order_earns_on(told: Any, prices: list[int], shipping: int) -> None:
    """Goods are what was paid less postage, shared out to the lines by what they sold for."""
    order = earner_of(facts(**told))
    assert ([line.price for line in order.lines], order.shipping) == (prices, shipping)
    assert [line.id for line in order.lines] == [str(n) for n in range(len(prices))]


def test_a_backend_knows_better() -> None:
    """Parts that were handed in are what earns, whatever else is known."""
    parts = Earner(reference="1", lines=(LineAmount(id="a", price=5),), tax=1)
    assert earner_of(facts(lines=(1, 2), shipping=3, parts=parts)) is parts


NEVER_CAME_IN: Any = {"activates_at": None, "expires_at": None}


class Shop:
    """Follows one customer's orders through one delivery after the other, and keeps the journal."""

    def __init__(self, wallet: Wallet) -> None:
        self.wallet, self.account, self.entries, self.awards = wallet, Account(id="ann"), [], {}
        self.known: dict[str, OrderFacts] = {}
        self.seen = BEGIN

    def deliver(self, orders: Any, at: datetime) -> None:
        """Take a look in: the newest look at an order is what is known of it."""
        for one in orders:
            before = self.known.get(one.reference)
            self.known[one.reference] = one if before is None else newer(before, one)
        self.seen = max(self.seen, at)
        lots = {lot.id: lot for entry in self.entries for lot in entry.lots}
        found = follow(
            self.account, self.known.values(), self.awards, self.wallet, observed_at=self.seen, unit=100,
            lots_of=lambda root: [lot for lot in lots.values() if lot.root == root],
        )  # fmt: skip
        self.account = found.account
        self.entries += found.entries
        self.awards |= {one.reference: one for one in found.awards}

    def lots(self) -> dict[str, Any]:
        """Give what every lot is, apart from when it was last touched.

        Of points that all went back while they waited nobody asks when they would have come in.
        """
        last = {lot.id: lot for entry in self.entries for lot in entry.lots}
        return {
            name: attrs.evolve(lot, touched_at=BEGIN, **({} if lot.reversed < lot.points else NEVER_CAME_IN))
            for name, lot in last.items()
        }


def newer(a: OrderFacts, b: OrderFacts) -> OrderFacts:
    """Fold two looks at an order: what either knows, and the larger refund."""
    more = a if a.refunded >= b.refunded else b
    return attrs.evolve(
        more, shipped_at=a.shipped_at or b.shipped_at, completed_at=a.completed_at or b.completed_at
    )


@st.composite
def lives(draw: Any) -> OrderFacts:
    """One order's whole life, on days of the first two months."""
    paid = draw(st.integers(0, 10))
    shipped = draw(st.none() | st.integers(paid, paid + 5))
    done = None if shipped is None else draw(st.none() | st.integers(shipped, shipped + 25))
    refunded_on = draw(st.none() | st.integers(paid, paid + 40))
    return facts(
        reference=str(draw(st.integers(0, 10**9))),
        paid_at=BEGIN + paid * DAY,
        shipped_at=None if shipped is None else BEGIN + shipped * DAY,
        completed_at=None if done is None else BEGIN + done * DAY,
        gross=draw(st.integers(1, 20000)),
        refunded=0 if refunded_on is None else draw(st.integers(1, 20000)),
        refunded_at=None if refunded_on is None else BEGIN + refunded_on * DAY,
    )


def look(life: OrderFacts, at: datetime) -> OrderFacts | None:
    """What an export taken at a moment shows of an order."""
    if life.paid_at >= at:
        return None
    back = life.refunded_at is not None and life.refunded_at < at
    return attrs.evolve(
        life,
        shipped_at=life.shipped_at if life.shipped_at and life.shipped_at < at else None,
        completed_at=life.completed_at if life.completed_at and life.completed_at < at else None,
        refunded=life.refunded if back else 0,
        refunded_at=life.refunded_at if back else None,
    )


WALLETS = (
    Wallet(expiry=Expiry(days=20)),
    Wallet(expiry=Expiry(months=1, snap="month"), waiting=Waiting(days=3)),
    Wallet(expiry=Expiry(days=9), expiry_from="award", waiting=Waiting(since="paid")),
    Wallet(waiting=Waiting(until="paid"), expiry=Expiry(days=5)),
    Wallet(earn=EarnRule(rate=Fraction(1, 3), rounding="up")),
)


@settings(max_examples=300, deadline=None)
@given(
    orders=st.lists(lives(), min_size=1, max_size=4, unique_by=lambda one: one.reference),
    looks=st.lists(st.integers(1, 70), min_size=1, max_size=5),
    order=st.randoms(use_true_random=False),
    wallet=st.sampled_from(WALLETS),
)
def test_deliveries_in_order_twice_or_overlapping_are_one(
    orders: Any, looks: Any, order: Any, wallet: Wallet
) -> None:
    """Exports one after the other, each repeated at will, come to what the last one alone comes to."""
    exports = [(BEGIN + n * DAY, [f for o in orders if (f := look(o, BEGIN + n * DAY))]) for n in looks]
    exports.sort(key=lambda one: one[0])
    last = exports[-1][0]
    clean, messy = Shop(wallet), Shop(wallet)
    clean.deliver(exports[-1][1], last)
    for at, seen in exports:
        for _ in range(order.randint(1, 2)):
            messy.deliver(order.sample(seen, len(seen)), at)
    assert messy.lots() == clean.lots()
    assert replay("ann", messy.entries) == messy.account


@settings(max_examples=300, deadline=None)
@given(
    orders=st.lists(lives(), min_size=1, max_size=4, unique_by=lambda one: one.reference),
    looks=st.lists(st.integers(1, 70), min_size=2, max_size=5),
    order=st.randoms(use_true_random=False),
    wallet=st.sampled_from(WALLETS),
)
def test_older_files_after_newer_ones_change_nothing(
    orders: Any, looks: Any, order: Any, wallet: Wallet
) -> None:
    """The newest export first, then older ones in any order: they write nothing at all."""
    exports = [(BEGIN + n * DAY, [f for o in orders if (f := look(o, BEGIN + n * DAY))]) for n in looks]
    exports.sort(key=lambda one: one[0])
    shop = Shop(wallet)
    shop.deliver(exports[-1][1], exports[-1][0])
    written = list(shop.entries)
    older = exports[:-1]
    order.shuffle(older)
    for at, seen in older:
        shop.deliver(seen, at)
    assert shop.entries == written


def test_a_cap_is_shared_by_the_orders_of_its_day() -> None:
    """At most 150 a day: 100, then 50 of 100, then nothing; the next day 100 again."""
    wallet = Wallet(earn=EarnRule(caps=(Cap(points=150, per="day"),)))
    moments = [BEGIN, BEGIN + timedelta(hours=5), BEGIN + timedelta(hours=23), BEGIN + DAY]
    shop = Shop(wallet)
    shop.deliver([facts(reference=str(n), paid_at=at) for n, at in enumerate(moments)], BEGIN + 2 * DAY)
    assert [shop.awards[str(n)].award.points for n in range(4)] == [100, 50, 0, 100]
    assert [shop.awards[str(n)].award.cut for n in range(4)] == [0, 50, 100, 0]


def test_a_refund_frees_no_room_under_a_cap() -> None:
    """Buy, send back and buy again on one day: the cap counts what was awarded."""
    shop = Shop(Wallet(earn=EarnRule(caps=(Cap(points=100, per="day"),))))
    shop.deliver([facts()], BEGIN + DAY)
    shop.deliver([facts(refunded=10000, refunded_at=BEGIN + timedelta(hours=1))], BEGIN + 2 * DAY)
    shop.deliver([facts(reference="2", paid_at=BEGIN + timedelta(hours=2))], BEGIN + 3 * DAY)
    assert shop.awards["2"].award.points == 0


def test_rules_of_today_are_not_asked_about_yesterday() -> None:
    """100 points at rate 1; the rate is 5 when the order is refunded: 100 go back, not 500."""
    shop = Shop(Wallet())
    shop.deliver([facts()], BEGIN + DAY)
    shop.wallet = Wallet(earn=EarnRule(rate=Fraction(5)))
    shop.deliver([facts(refunded=10000, refunded_at=BEGIN + 2 * DAY)], BEGIN + 3 * DAY)
    assert shop.awards["1"].taken == 100
    assert shop.account.debt == 0
