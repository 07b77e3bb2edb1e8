"""Products: what the shop sells, where it stands in the shop, what it costs."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.domain.money import Money


def _filled(_: object, field: attrs.Attribute[str], value: str) -> None:
    if not value.strip():
        raise InputError(f"{field.name} must not be empty")


def _levels(_: object, __: attrs.Attribute[tuple[str, ...]], path: tuple[str, ...]) -> None:
    if not isinstance(path, tuple) or not all(level.strip() for level in path):
        raise InputError(f"a category path is a tuple of names from the top down, not {path!r}")


def _not_negative(_: object, __: attrs.Attribute[Money | None], cost: Money | None) -> None:
    if cost is not None and cost.minor < 0:
        raise InputError(f"a cost is not negative: {cost}")


def _day(_: object, field: attrs.Attribute[Any], value: date | None) -> None:
    # A datetime is a date to Python, but its day depends on a zone that nobody named.
    if isinstance(value, datetime) or not isinstance(value, date | None):
        raise TypeError(f"{field.name} is a date, got {type(value).__name__}")


@attrs.frozen(kw_only=True)
class Product:
    """One product of a shop.

    Attributes:
        code: The shop's own code (商家编码), or the platform's product id; unique in the shop.
        title: As shown to buyers.
        category: Category names from the top down; empty if unknown.
        cost: What one piece costs the shop; ``None`` if unknown.
        stock: Pieces at hand; below 0 when oversold, ``None`` if unknown.
        on_shelf_since: First day on sale, in the shop's zone; ``None`` if unknown.

    Raises:
        InputError: The code or a category name is empty, or the cost negative.
        TypeError: ``on_shelf_since`` is no date, or one with a time.
    """

    code: str = attrs.field(validator=_filled)
    title: str = ""
    category: tuple[str, ...] = attrs.field(default=(), validator=_levels)
    cost: Money | None = attrs.field(default=None, validator=_not_negative)
    stock: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.instance_of(int))
    )
    on_shelf_since: date | None = attrs.field(default=None, validator=_day)

    def category_at(self, depth: int) -> str | None:
        """Give the category at one level.

        Args:
            depth: 1 for the top level, at least 1.

        Returns:
            The name; ``None`` where the path is shorter.

        Raises:
            InputError: ``depth`` is below 1.

        Example:
            >>> tea = Product(code="T1", category=("食品", "茶", "绿茶"))
            >>> tea.category_at(1), tea.category_at(3), tea.category_at(4)
            ('食品', '绿茶', None)
        """
        if depth < 1:
            raise InputError(f"category levels count from 1, not {depth}")
        return self.category[depth - 1] if depth <= len(self.category) else None
