"""Tables refuse columns that could not be computed with."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.tables import Customers, LineTable


@pytest.fixture
def two_orders(make_orders):
    """Give two orders of one customer."""
    return make_orders(
        [{"at": "2024-01-01", "gross": 500, "refunded": 200}, {"at": "2024-01-02", "gross": 100}]
    )


def test_net_is_gross_less_refunds(two_orders):
    """Net of each order is what stayed with the shop."""
    assert two_orders.net.tolist() == [300, 100]
    assert len(two_orders) == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("gross", np.zeros(2)),
        ("gross", np.zeros(2, np.int32)),
        ("gross", np.zeros((2, 1), np.int64)),
        ("customer", np.zeros(2, np.int64)),
        ("paid_at", np.zeros(2, "datetime64[s]")),
        ("state", np.zeros(2, np.uint8)),
        ("credit", np.zeros(2, np.int8)),
    ],
)
def test_wrong_dtype_or_shape_is_refused_by_name(two_orders, column, value):
    """A column of another unit, width or shape is refused, and the message names it."""
    with pytest.raises(ValueError, match=column):
        attrs.evolve(two_orders, **{column: value})


@pytest.mark.parametrize(
    "extra",
    [
        {"gross": np.zeros(3, np.int64)},
        {"numbers": Texts.of(["1"])},
        {"province": Coded.of(["上海"])},
        {"completed_at": np.zeros(1, "datetime64[us]")},
    ],
)
def test_columns_of_different_length_are_refused(two_orders, extra):
    """Rows must be complete in every column, optional ones included."""
    with pytest.raises(ValueError, match="length"):
        attrs.evolve(two_orders, **extra)


@pytest.mark.parametrize("code", [-2, 1])
def test_codes_outside_the_customers_are_refused(two_orders, code):
    """A customer code that points to nobody is refused; -1 is the unknown buyer."""
    assert len(attrs.evolve(two_orders, customer=np.array([0, -1], np.int32))) == 2
    with pytest.raises(ValueError, match="between -1 and 0"):
        attrs.evolve(two_orders, customer=np.array([0, code], np.int32))


def test_customers_need_one_strength_each():
    """Ids and strengths are one row a customer."""
    assert len(Customers(ids=Texts.of(["a"]), strength=np.array([2], np.int8))) == 1
    with pytest.raises(ValueError, match="length"):
        Customers(ids=Texts.of(["a"]), strength=np.array([2, 1], np.int8))


def test_lines_are_checked_like_orders():
    """A line table is complete in every column, too."""
    amounts = {"gross": np.array([0]), "refunded": np.array([500])}
    one = {"product": Coded.of(["tea"]), "quantity": np.array([-1]), **amounts}
    assert len(LineTable(order=np.array([-1], np.int32), **one)) == 1
    with pytest.raises(ValueError, match="length"):
        LineTable(order=np.array([0, 0], np.int32), **one)


def test_summary_net_may_be_negative(make_summary):
    """A customer who was paid back more than she paid has a negative net."""
    summary = make_summary([{"gross": 100, "net": -50}])
    assert summary.net.tolist() == [-50]
    assert len(summary) == 1


def test_a_part_looks_at_the_same_memory(make_orders):
    """Some consecutive rows keep every column, their numbers and the customers, and copy nothing."""
    table = make_orders([{"c": c, "at": f"2024-01-0{c + 1}", "gross": c} for c in range(4)])
    table = attrs.evolve(table, province=Coded.of(["上海", None, "北京", "上海"]))
    part = table.part(1, 3)
    assert (len(part), part.gross.tolist(), part.numbers.tolist()) == (2, [1, 2], ["1", "2"])
    assert part.province.tolist() == [None, "北京"]
    assert part.completed_at is None
    assert np.shares_memory(part.paid_at, table.paid_at)
    assert len(part.customers) == 4
    assert table.part(3, 99).numbers.tolist() == ["3"]
    assert len(table.part(4, 8)) == len(table.part(2, 2)) == 0
