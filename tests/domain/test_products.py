"""Products: codes, categories, cost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from retailcrm.domain.money import Money
from retailcrm.domain.products import Product
from retailcrm.errors import InputError

TEA = Product(
    code="T1",
    title="龙井 50g",
    category=("食品", "茶", "绿茶"),
    cost=Money(1250, "CNY"),
    stock=-3,
    on_shelf_since=date(2023, 3, 28),
)


def test_categories_count_from_the_top() -> None:
    """Level 1 is the top; deeper than the path is nothing."""
    assert [TEA.category_at(depth) for depth in (1, 2, 3, 4)] == ["食品", "茶", "绿茶", None]
    assert Product(code="T2").category_at(1) is None


def test_there_is_no_level_zero() -> None:
    """A depth of 0 would silently give the deepest level in Python."""
    with pytest.raises(InputError, match="count from 1"):
        TEA.category_at(0)


def test_oversold_stock_is_allowed() -> None:
    """Platforms sell more than there is."""
    assert TEA.stock == -3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"code": " "}, "code must not be empty"),
        ({"category": "食品"}, "tuple of names"),
        ({"category": ("食品", " ")}, "tuple of names"),
        ({"cost": Money(-1, "CNY")}, "not negative"),
    ],
)
def test_refuses_what_no_product_has(wrong: dict[str, Any], message: str) -> None:
    """Empty codes and levels, a path in one text, a negative cost."""
    with pytest.raises(InputError, match=message):
        Product(**{"code": "T1", **wrong})


@pytest.mark.parametrize("wrong", [{"stock": 1.5}, {"on_shelf_since": datetime(2023, 3, 28, tzinfo=UTC)}])
def test_refuses_half_pieces_and_moments(wrong: dict[str, Any]) -> None:
    """Stock is whole; the first day on sale is a day, not an instant."""
    with pytest.raises(TypeError):
        Product(code="T1", **wrong)
