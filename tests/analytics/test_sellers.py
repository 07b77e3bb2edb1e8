"""Hot and slow sellers, against plain loops over lines and hand-made catalogues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.columns import MISSING, Coded, Texts
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.sellers import (
    LineSales,
    ProductSales,
    hot_sellers,
    line_sales,
    product_sales,
    slow_sellers,
)
from retailcrm.analytics.tables import LineTable, ProductTable
from retailcrm.domain.orders import OrderState
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

AS_OF = np.datetime64("2024-03-01", "us")
DAY = np.datetime64("2024-02-01")
ZONE = "UTC"

order_rows = st.lists(
    st.tuples(
        st.integers(0, 40),  # day of February on
        st.integers(-1, 2),  # customer
        st.sampled_from([OrderState.COMPLETED, OrderState.PLACED, OrderState.REFUNDED]),
        st.booleans(),  # credit note
    ),
    max_size=8,
)
line_rows = st.lists(
    st.tuples(
        st.integers(-1, 7), st.integers(-1, 2), st.integers(-2, 5), st.integers(0, 9), st.integers(0, 9)
    ),
    max_size=20,
)


def lines_of(rows: list[tuple[int, int, int, int, int]]) -> LineTable:
    """Make lines of order, product, quantity, gross, refunded."""
    columns = np.array(rows, np.int64).reshape(-1, 5).T
    return LineTable(
        order=columns[0].astype(np.int32),
        product=Coded(columns[1].astype(np.int32), Texts.of("abc")),
        quantity=columns[2],
        gross=columns[3],
        refunded=columns[4],
    )


def add_up(rows: list[dict[str, Any]], start: int | None, end: int | None) -> dict[str, list[Any]]:
    """Add counted lines up to products with sets and loops."""
    found: dict[str, list[Any]] = {name: [] for name in ("pieces", "orders", "buyers", "net", "last")}
    for product in range(3):
        of = [row for row in rows if row["product"] == product]
        inside = [
            row for row in of if (start is None or row["day"] >= start) and (end is None or row["day"] < end)
        ]
        sold = [row for row in inside if row["sale"]]
        found["pieces"].append(sum(row["pieces"] for row in inside))
        found["net"].append(sum(row["net"] for row in inside))
        found["orders"].append(len({row["order"] for row in sold}))
        found["buyers"].append(len({row["who"] for row in sold if row["who"] >= 0}))
        found["last"].append(max((row["day"] for row in of if row["sale"]), default=None))
    return found


@given(
    order_rows,
    line_rows,
    st.none() | st.integers(0, 30),
    st.none() | st.integers(0, 30),
    st.sampled_from(["drop", "keep"]),
)
def test_products_add_up_like_loops(
    make_orders: Callable[..., Any], shop: Any, bought: Any, start: Any, end: Any, rule: Any
) -> None:
    """Pieces, orders, buyers, net and last sale, in a period or for ever, of any orders and lines."""
    bought = [line for line in bought if line[0] < len(shop)]
    backs = {line[0] for line in bought if line[4]}
    table = make_orders(
        [
            {
                "c": who, "at": str(DAY + d), "state": state, "credit": credit,
                # What went back stands on the order too; it never reaches the gross.
                "gross": 10**6, "refunded": int(i in backs or state == OrderState.REFUNDED or credit),
            }
            for i, (d, who, state, credit) in enumerate(shop)
        ],
        zone=ZONE,
        customers=3,
    )  # fmt: skip
    rows = []
    for order, product, pieces, gross, refunded in bought:
        if order < 0:
            continue
        d, who, state, credit = shop[order]
        given_back = state == OrderState.REFUNDED
        counts = not credit and state != OrderState.PLACED and not (given_back and rule == "drop")
        if d >= 29 or not (counts or credit):
            continue
        # Of an order given back nothing is left on any of its lines.
        back = max(gross, refunded) if given_back and not credit else refunded
        returned = gross > 0 and back >= gross and rule == "drop"
        rows.append(
            {
                "order": order, "product": product, "who": who, "day": d,
                "pieces": 0 if returned else pieces, "net": gross - back,
                "sale": counts and not returned and pieces > 0,
            }
        )  # fmt: skip
    sales = line_sales(table, lines_of(bought), AS_OF, CountingPolicy(full_refund=rule))
    first = int(DAY.astype(int))
    found = product_sales(sales, 3, *(None if d is None else first + d for d in (start, end)))
    expected = add_up(rows, start, end)
    for name in ("pieces", "orders", "buyers", "net"):
        assert getattr(found, name).tolist() == expected[name], name
    last = [None if np.isnat(at) else int((at - DAY) / np.timedelta64(1, "D")) for at in found.last_at]
    assert last == expected["last"]


def test_refunds_after_the_moment_do_not_exist_yet(make_orders: Callable[..., Any]) -> None:
    """A line given back in March was a sale in February."""
    table = make_orders(
        [{"at": "2024-02-01", "gross": 9, "refunded": 9, "refunded_at": "2024-03-05"}], zone=ZONE
    )
    lines = lines_of([(0, 0, 2, 9, 9)])
    then = product_sales(line_sales(table, lines, AS_OF), 3)
    assert (then.pieces[0], then.net[0], then.orders[0]) == (2, 9, 1)
    later = product_sales(line_sales(table, lines, np.datetime64("2024-04-01")), 3)
    assert (later.pieces[0], later.net[0], later.orders[0]) == (0, 0, 0)


def test_what_only_the_order_knows_went_back_reaches_its_products(make_orders: Callable[..., Any]) -> None:
    """30 of 100 back, told by the order: 18 of the line of 60, 12 of that of 40; pieces stay sold."""
    table = make_orders(
        [
            {"at": "2024-02-01", "gross": 100, "refunded": 30, "refunded_at": "2024-02-03"},
            {"at": "2024-02-01", "gross": 50, "refunded": 20, "refunded_at": "2024-02-03"},
        ],
        zone=ZONE,
    )
    lines = lines_of([(0, 0, 2, 60, 0), (0, 1, 1, 40, 0), (1, 2, 1, 50, 0)])
    found = product_sales(line_sales(table, lines, AS_OF), 3)
    assert found.net.tolist() == [42, 28, 30]
    assert found.pieces.tolist() == [2, 1, 1]
    before = product_sales(line_sales(table, lines, np.datetime64("2024-02-03")), 3)
    assert before.net.tolist() == [60, 40, 50]


def sold(**columns: list[int]) -> ProductSales:
    """Make sales from some columns."""
    size = len(next(iter(columns.values())))
    plain = {name: [1] * size for name in ("pieces", "orders", "buyers", "net")} | columns
    return ProductSales(
        last_at=np.full(size, np.datetime64("NaT", "us")),
        **{name: np.array(values, np.int64) for name, values in plain.items()},
    )


def test_the_best_by_each_measure() -> None:
    """Best first, ties by code, none without an order, no more than asked for."""
    sales = sold(net=[5, 9, 9, 20], pieces=[4, 1, 2, 9], orders=[3, 1, 1, 0], buyers=[1, 2, 3, 0])
    assert hot_sellers(sales).tolist() == [1, 2, 0]
    assert hot_sellers(sales, "pieces").tolist() == [0, 2, 1]
    assert hot_sellers(sales, "orders").tolist() == [0, 1, 2]
    assert hot_sellers(sales, "buyers", most=1).tolist() == [2]
    with pytest.raises(InputError, match="not by 'luck'"):
        hot_sellers(sales, "luck")  # type: ignore[arg-type]


def catalogue(rows: list[tuple[int, str, int, int]]) -> ProductTable:
    """Make a catalogue of on_shelf, on_shelf_since, stock, cost."""
    untold = Coded.of([None] * len(rows))
    return ProductTable(
        keys=Texts.of(str(i) for i in range(len(rows))),
        title=untold,
        category=untold,
        cost=np.array([row[3] for row in rows], np.int64),
        price=np.full(len(rows), MISSING),
        stock=np.array([row[2] for row in rows], np.int64),
        on_shelf=np.array([row[0] for row in rows], np.int8),
        on_shelf_since=np.array([row[1] for row in rows], "datetime64[us]"),
        seen_at=np.full(len(rows), AS_OF),
    )


@pytest.mark.parametrize(
    ("product", "last", "slow"),
    [
        ((1, "2023-01-01", 5, 10), "2023-12-31T12:00", True),
        ((1, "2023-01-01", 5, 10), "2024-01-02T00:00", False),
        ((1, "2023-01-01", 0, 10), "NaT", False),
        ((1, "2023-01-01", MISSING, 10), "NaT", False),
        ((0, "2023-01-01", 5, 10), "NaT", False),
        ((-1, "2023-01-01", 5, 10), "NaT", True),
        ((-1, "NaT", 5, 10), "NaT", False),
        ((1, "NaT", 5, 10), "NaT", True),
        ((1, "2024-01-01", 5, 10), "NaT", True),
        ((1, "2024-01-02", 5, 10), "NaT", False),
        ((1, "2024-05-02", 5, 10), "NaT", False),
    ],
)
def test_what_is_slow(product: tuple[int, str, int, int], last: str, slow: bool) -> None:
    """On the shelf, in stock, sixty days without a sale and on the shelf so long; 1 March is day 0."""
    found = slow_sellers(catalogue([product]), np.array([last], "datetime64[us]"), AS_OF, ZONE, 60)
    assert len(found) == slow


def test_slow_sellers_by_hand() -> None:
    """Never sold first, by days on the shelf; then by days since the last sale; with what they cost."""
    rows = [
        (1, "2023-01-01", 5, 10),
        (1, "2023-12-01", 2, MISSING),
        (1, "2023-06-01", 3, 7),
        (1, "2023-01-01", 1, 4),
        (1, "NaT", 1, MISSING),
    ]
    last = np.array(["2023-12-01", "NaT", "NaT", "2023-03-01", "NaT"], "datetime64[us]")
    found = slow_sellers(catalogue(rows), last, AS_OF, ZONE, 60)
    assert found.product.tolist() == [2, 1, 4, 3, 0]
    assert found.days_since_sold.tolist() == [MISSING, MISSING, MISSING, 366, 91]
    assert found.days_on_shelf.tolist() == [274, 91, MISSING, 425, 425]
    assert found.stock_cost.tolist() == [21, MISSING, MISSING, 4, 50]
    assert found.cost == 75
    assert slow_sellers(catalogue(rows[1:2]), last[1:2], AS_OF, ZONE, 60).cost is None
    with pytest.raises(InputError, match="at least 1 day"):
        slow_sellers(catalogue([]), last[:0], AS_OF, ZONE, 0)


def test_nothing_sold_is_no_error(make_orders: Callable[..., Any]) -> None:
    """No lines, no sales."""
    sales = line_sales(make_orders([{"at": "2024-02-01"}]), lines_of([]), AS_OF)
    assert isinstance(sales, LineSales)
    assert len(sales) == 0
    assert len(hot_sellers(product_sales(sales, 3))) == 0
