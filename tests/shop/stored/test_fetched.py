"""Orders that were read for many customers at once tell of each what her own orders tell."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from retailcrm import open_shop
from retailcrm.shop.loyalty.orders_of import OrdersOf
from retailcrm.shop.policy import policy_from_table
from retailcrm.shop.stored.fetched import FetchedOrders

ORDERS = {
    "name": "ours",
    "columns": {
        "number": "id", "buyer": "who", "placed_at": "placed", "paid_at": "at", "completed_at": "done",
        "paid": "amount", "refunded": "back", "refunded_at": "back_at", "state": "state",
    },
    "money": {"paid_is": "gross"},
    "states": {"paid": ["已付款"], "completed": ["已完成"], "placed": ["待付款"]},
    "buyer": {"kind": "id", "strength": "stable"},
}  # fmt: skip
LINES = {
    "name": "ours",
    "grain": "line",
    "constants": {"state": "paid"},
    "columns": {"number": "id", "line": "line", "product": "what", "amount": "amount", "paid_at": "at"},
}
ROWS = [
    ("1", "ann", "2024-03-01", "2024-03-01", "2024-03-04", "50.00", "5.00", "2024-03-06", "已完成"),
    ("2", "bob", "2024-03-02", "2024-03-02", None, "20.00", None, None, "已付款"),
    # Paid, and nobody says when; not paid at all; without a buyer.
    ("3", "ann", "2024-03-03", None, None, "30.50", "30.50", None, "已完成"),
    ("4", "ann", "2024-03-04", None, None, "9.00", None, None, "待付款"),
    ("5", None, "2024-03-05", "2024-03-05", None, "7.00", None, None, "已付款"),
    ("6", "cat", "2024-03-06", None, None, "8.00", None, None, "待付款"),
    ("7", "dan", "2024-03-07", "2024-03-07", None, "6.00", None, None, "已付款"),
]
GOODS = [
    ("1", "a", "tea", "45.00", "2024-03-01"),
    ("1", "b", "cup", "5.00", "2024-03-01"),
    ("7", "a", "tea", "6.00", "2024-03-07"),
]


def frame(names, rows):
    """Make a table of texts; None is an empty cell."""
    columns = enumerate(names.split())
    return pa.table({name: pa.array([row[i] for row in rows], pa.string()) for i, name in columns})


@pytest.fixture(params=[False, True], ids=["orders", "orders and lines"])
def accounts(request):
    """Give the accounts of a shop in memory, whose orders are in one table."""
    rules = policy_from_table({"shop": {"zone": "UTC"}, "points": {}})
    shop = open_shop(policy=rules, clock=lambda: datetime(2024, 4, 1, tzinfo=UTC))
    brought = [shop.imports.table(frame("id who placed at done amount back back_at state", ROWS), ORDERS)]
    if request.param:
        brought.append(shop.imports.table(frame("id line what amount at", GOODS), LINES))
    assert not any(one.problems for one in brought)
    return shop.loyalty._accounts


@pytest.mark.parametrize("names", [{"ann", "bob", "cat"}, {"dan"}, set()])
def test_of_each_the_same_is_told(accounts, names):
    """Also of those who are asked for elsewhere, and of one whom no file knows."""
    whole, more = accounts.orders, (accounts.shop, accounts.policy.counting)
    fetched = FetchedOrders(whole.parts, whole.lines, names=frozenset(names), others=whole)
    for who in ("ann", "bob", "cat", "dan", "nobody"):
        assert fetched.knows(who) is whole.knows(who) is (who != "nobody")
        assert fetched.facts_of(who, *more) == OrdersOf.facts_of(whole, who, *more)
    told = fetched.facts_of("ann", *more)
    assert [(one.reference.rpartition("/")[2], one.gross, one.refunded) for one in told] == [
        ("1", 5000, 500), ("3", 3050, 3050),
    ]  # fmt: skip
    assert told[1].paid_at == told[1].refunded_at == datetime(2024, 3, 3, tzinfo=UTC)
    assert [one.lines for one in told] == ([(), ()] if whole.lines() is None else [(4500, 500), ()])
    assert fetched.facts_of("cat", *more) == ()
    assert fetched.facts_of("nobody", *more) is None
