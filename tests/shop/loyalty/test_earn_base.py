"""What orders earn on: every setting of [points.earn.base] changes a balance, by files or by a backend."""

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from retailcrm import Shop, open_shop
from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, Order, OrderState, fold
from retailcrm.domain.points.checker import check
from retailcrm.domain.points.earning import Earner, LineAmount
from retailcrm.domain.points.wallets import EarnBase
from retailcrm.errors import IdempotencyConflictError, InputError
from retailcrm.shop.policy import policy_from_table
from retailcrm.simulate import ShopSpec, SimulatedShop, simulate_shop, write_full_exports

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = {
    "name": "orders",
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "total": "total", "postage": "postage"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "paid"},
}
LINES = {
    "name": "lines",
    "platform": "orders",
    "grain": "line",
    "columns": {"number": "id", "placed_at": "at", "product": "what", "amount": "amount"},
    "constants": {"state": "paid", "quantity": 1},
}
PAID_AT = "2024-03-01"
REF = OrderRef("web", "main", "77")


def table(**columns: list[str]) -> pa.Table:
    """Make a table of texts."""
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def bring_order(shop: Shop, *amounts: str, total: str = "68.80", postage: str = "10.00") -> None:
    """Import an order of Ann, and its lines if there are any."""
    order = table(id=["1"], who=["ann"], at=[PAID_AT], total=[total], postage=[postage])
    assert not shop.imports.table(order, ORDERS).problems
    if amounts:
        n = len(amounts)
        what = [f"tea {i}" for i in range(n)]
        lines = table(id=["1"] * n, at=[PAID_AT] * n, what=what, amount=list(amounts))
        assert not shop.imports.table(lines, LINES).problems


def pending(shop: Shop, who: str) -> int:
    """Give what somebody's account says."""
    return shop.loyalty.balance(who).pending


def of_everybody(shop: Shop, at: str = "2024-04-01") -> dict[str, int]:
    """Give what the figures of all customers say."""
    rows = shop.points(at).customers.to_arrow().to_pylist()
    return {row["customer_id"]: row["pending"] + row["available"] for row in rows}


def an_order(gross: int) -> Order:
    """An order of Carl that a backend hands in."""
    at = datetime(2024, 3, 30, tzinfo=UTC)
    buyer = Identity.of("web", "main", "id", "carl")
    money = Money(gross, "CNY")
    seen = Observation(ref=REF, observed_at=at, buyer=buyer, paid_at=at, gross=money, state=OrderState.PAID)
    return fold([seen])


def parts_of(*lines: LineAmount, **amounts: int) -> Earner:
    """Say what exactly that order consists of."""
    return Earner(reference=str(REF), lines=lines, **amounts)


@pytest.mark.parametrize(
    ("base", "points"),
    [
        ({}, 58),
        ({"shipping": True}, 68),
        ({"items": False}, 0),
        ({"items": False, "shipping": True}, 10),
    ],
)
@pytest.mark.parametrize("lines", [(), ("58.80",), ("40.00", "18.80")])
def test_files(make_shop: Any, base: Any, points: int, lines: tuple[str, ...]) -> None:
    """Goods for 58.80 and postage of 10.00: both ways to a balance agree, with lines and without."""
    shop = make_shop(earn={"base": base})
    bring_order(shop, *lines)
    assert pending(shop, "ann") == points
    assert of_everybody(shop) == ({"ann": points} if points else {})


CUP = LineAmount(id="cup", price=4000)
SETTINGS: list[tuple[str, Earner, int, int]] = [
    # name of the setting, the order's parts, points where it is false, and where it is true
    ("items", parts_of(CUP, tax=400), 4, 44),
    ("shipping", parts_of(CUP, shipping=600), 40, 46),
    ("tax", parts_of(CUP, tax=400), 40, 44),
    ("before_discounts", parts_of(LineAmount(id="cup", price=4000, discount=500)), 35, 40),
    ("paid_by_points", parts_of(CUP, by_points=1000), 30, 40),
    ("paid_by_gift_card", parts_of(CUP, by_gift_card=3000), 10, 40),
]


@pytest.mark.parametrize(("name", "parts", "without", "with_it"), SETTINGS, ids=[one[0] for one in SETTINGS])
def test_parts(make_shop: Any, name: str, parts: Earner, without: int, with_it: int) -> None:
    """Each setting, and nothing else, decides on its part of an order that a backend takes apart."""
    for said, points in ((False, without), (True, with_it)):
        shop = make_shop(earn={"base": {name: said}})
        assert shop.loyalty.earn(an_order(4000), key="1", parts=parts).points == points
        assert pending(shop, "carl") == points
        assert check(shop.loyalty.explain.award(str(REF))) == ()


def test_no_setting_is_left_out() -> None:
    """Whoever adds a setting adds its balance here."""
    assert {one[0] for one in SETTINGS} == set(EarnBase.__annotations__)


def test_lines_with_a_rate_of_their_own_or_none(make_shop: Any) -> None:
    """30.00 at three points, 20.00 at the rule's one, a gift card for 50.00 at none: 110."""
    parts = parts_of(
        LineAmount(id="tea", price=3000, rate=Fraction(3)), LineAmount(id="cup", price=2000),
        LineAmount(id="card", price=5000, earns=False),
    )  # fmt: skip
    shop = make_shop()
    assert shop.loyalty.earn(an_order(10_000), key="1", parts=parts).points == 110
    told = shop._points.ledger.awards("points/carl")[str(REF)]
    assert (told.order, told.award.shares) == (parts, (90, 20, 0, 0, 0))
    assert shop.loyalty.reverse(str(REF), Money(3000, "CNY"), key="r", lines={"tea": Money(3000, "CNY")})
    assert pending(shop, "carl") == 20


def test_parts_are_of_the_command(make_shop: Any) -> None:
    """The same key with other parts is another command; the same again is not."""
    shop = make_shop()
    shop.loyalty.earn(an_order(4600), key="1", parts=parts_of(CUP, shipping=600))
    assert shop.loyalty.earn(an_order(4600), key="1", parts=parts_of(CUP, shipping=600)).repeated
    with pytest.raises(IdempotencyConflictError):
        shop.loyalty.earn(an_order(4600), key="1")


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (Earner(reference="web/main/78", lines=(CUP,)), "parts of 'web/main/78'"),
        (parts_of(CUP, CUP), "twice"),
        (parts_of(CUP, by_points=4001), "more was paid"),
        (parts_of(LineAmount(id="cup", price=4000, discount=4001)), "discount"),
    ],
)
def test_parts_that_do_not_fit(make_shop: Any, parts: Earner, says: str) -> None:
    """Another order's, two lines of one name, more off than there is: nothing is written."""
    shop = make_shop()
    with pytest.raises(InputError, match=says):
        shop.loyalty.earn(an_order(4000), key="1", parts=parts)
    assert list(shop._points.ledger.accounts()) == []


def test_each_line_is_rounded_alike_in_both_ways(make_shop: Any) -> None:
    """19.90, 10.90 and 28.00 earn 19 + 10 + 28, a point less than together; the postage earns none."""
    for round_at, points in (("order", 58), ("line", 57)):
        shop = make_shop(earn={"round_at": round_at})
        bring_order(shop, "19.90", "10.90", "28.00")
        assert (pending(shop, "ann"), of_everybody(shop)) == (points, {"ann": points})


def test_a_discount_on_the_order_lies_on_its_lines(make_shop: Any) -> None:
    """Lines of 40.30 and 20.20 of which 45.00 was paid, 3.00 of it postage: 27.98 and 14.02, so 41 points."""
    shop = make_shop(earn={"round_at": "line"})
    bring_order(shop, "40.30", "20.20", total="45.00", postage="3.00")
    assert (pending(shop, "ann"), of_everybody(shop)) == (41, {"ann": 41})
    shop.loyalty.adjust("ann", 1, key="a", reason="test", actor="me")
    (told,) = shop._points.ledger.awards("points/ann").values()
    assert (told.order.shipping, [line.price for line in told.order.lines]) == (300, [2798, 1402])


def test_a_file_that_comes_later_changes_nothing(make_shop: Any) -> None:
    """What a backend took apart has earned by its parts; the file's look at the order adds nothing."""
    shop = make_shop(earn={"base": {"tax": False}})
    ref, at = OrderRef("orders", "main", "1"), datetime.fromisoformat(PAID_AT).replace(tzinfo=UTC)
    buyer, money = Identity.of("orders", "main", "id", "ann"), Money(6880, "CNY")
    seen = Observation(ref=ref, observed_at=at, buyer=buyer, paid_at=at, gross=money, state=OrderState.PAID)
    parts = Earner(reference=str(ref), lines=(LineAmount(id="cup", price=5000),), tax=880, shipping=1000)
    assert shop.loyalty.earn(fold([seen]), key="1", parts=parts).points == 50
    before = shop.loyalty.history("ann")
    bring_order(shop, "58.80")
    assert pending(shop, "ann") == 50
    assert of_everybody(shop) == {"ann": 50}
    assert shop.loyalty.history("ann") == before


@pytest.fixture(scope="module")
def simulated() -> SimulatedShop:
    """Make up a shop of 80 customers."""
    return simulate_shop(ShopSpec(seed=11, customers=80))


@pytest.fixture(scope="module")
def exports(simulated: SimulatedShop, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Shop]:
    """Give an opener of shops that hold its exports."""
    folder: Path = tmp_path_factory.mktemp("shop")
    written = write_full_exports(simulated, folder)

    def opener(budget: int | None = None, **points: Any) -> Shop:
        shop = open_shop(policy=policy_from_table({"points": points}), memory_budget=budget)
        shop.imports.files(sorted(map(str, written.reports)))
        assert written.buyers is not None
        shop.imports.buyers(written.buyers)
        return shop

    return opener


AT = "2024-07-01"


def issued(shop: Shop) -> int:
    """Give what all orders earned."""
    return int(shop.points(AT).flows["issued"])


def test_the_truth_of_a_whole_shop(simulated: SimulatedShop, exports: Callable[..., Shop]) -> None:
    """What known buyers were charged for goods earns, order by order; with postage it is what they paid."""
    shop = exports(expiry={"never": True})
    (orders,) = shop.imports.kept.parts()
    known = {n for n, who in zip(orders.numbers.tolist(), orders.customer.tolist(), strict=True) if who >= 0}
    earns = np.array([number in known for number in simulated.numbers().tolist()])
    earns &= ~np.isnat(simulated.paid_at)
    total, postage = simulated.total[earns], simulated.postage[earns]
    goods = int(((total - postage) // 100).sum())
    assert issued(shop) == issued(exports(1 << 20, expiry={"never": True})) == goods
    everything = exports(expiry={"never": True}, earn={"base": {"shipping": True}})
    assert issued(everything) == int((total // 100).sum()) > goods


def test_everybody_and_one_by_one_agree_on_lines(exports: Callable[..., Shop]) -> None:
    """Rounded line by line, each row of the table is that customer's journal; merged customers too."""
    shop = exports(expiry={"months": 2}, earn={"round_at": "line", "rate": "0.37"})
    assert issued(shop) < issued(exports(expiry={"months": 2}, earn={"rate": "0.37"}))
    ids = sorted(of_everybody(shop, AT))
    shop.customers.merge(ids[0], ids[1], note="same", by="me")
    rows = of_everybody(shop, AT)
    for who in sorted(rows):
        journal = shop.points_of(who, AT)
        assert journal.pending + journal.available == rows[who]
    assert rows
