"""Terms: what a number of points may pay of a cart, and how far away the next coin is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.domain.points.outcomes import Limit
    from retailcrm.domain.points.wallets import Redemption


def _amount(_: object, field: attrs.Attribute[int], value: Any) -> None:  # noqa: ANN401 - any wrong value
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{field.name} counts whole minor units, not {value!r}")
    if value < 0:
        raise InputError(f"{field.name} of a cart is not below 0: {value}")


@attrs.frozen(kw_only=True)
class Cart:
    """What is to be paid, minor units.

    Attributes:
        goods: Goods that points may pay, after coupons and discounts.
        shipping: Postage; the rule says whether points may pay it.
        other: What points never pay: goods left out, tax that is told apart.
        paid: Paid otherwise already: gift cards, store credit, a deposit.

    Raises:
        TypeError: An amount is no ``int``.
        InputError: An amount is below 0, or more is paid than the cart comes to.
    """

    goods: int = attrs.field(validator=_amount)
    shipping: int = attrs.field(default=0, validator=_amount)
    other: int = attrs.field(default=0, validator=_amount)
    paid: int = attrs.field(default=0, validator=_amount)

    def __attrs_post_init__(self) -> None:
        """Refuse a cart that is paid more than once."""
        if self.due < 0:
            raise InputError("more is paid already than the cart comes to")

    @property
    def due(self) -> int:
        """What is still to be paid, minor units."""
        return self.goods + self.shipping + self.other - self.paid


@attrs.frozen(kw_only=True)
class Missing:
    """What lies between a quote and the next coin more: all of it together, and not a unit less, gives one.

    Attributes:
        points: Points that the account lacks, debts included.
        wanted: Points more that she would have to ask for.
        order: Minor units more of goods that the cart would have to hold; ``None``: no cart is large enough.
    """

    points: int = 0
    wanted: int = 0
    order: int | None = 0


@attrs.frozen
class Step:
    """One number on the way to a quote: what it is, and how much; the words are stable."""

    what: str
    amount: int


def worth(points: int, redemption: Redemption, unit: int) -> int:
    """Give what points are worth, minor units, rounded as the rule says.

    Args:
        points: How many, 0 or more.
        redemption: The rule.
        unit: Minor units in one whole unit of money: 100 for yuan, 1 for yen.

    Example:
        >>> from fractions import Fraction
        >>> from retailcrm.domain.points.wallets import Redemption
        >>> [worth(points, Redemption(points_per_unit=Fraction(300)), 100) for points in (2, 3, 300)]
        [0, 1, 100]
    """
    # Whole numbers give the same as the fraction, and each redemption asks.
    top, bottom = redemption.points_per_unit.as_integer_ratio()
    money = points * unit * bottom
    return -(-money // top) if redemption.rounding == "up" else money // top


def needed(value: int, redemption: Redemption, unit: int) -> int:
    """Give the fewest points that are worth an amount, whatever the rule's minimum and multiple.

    Args:
        value: Minor units, 0 or more.
        redemption: The rule.
        unit: Minor units in one whole unit of money.

    Example:
        >>> from fractions import Fraction
        >>> from retailcrm.domain.points.wallets import Redemption
        >>> needed(1995, Redemption(points_per_unit=Fraction(10)), 100)
        200
    """
    if value <= 0:
        return 0
    if redemption.rounding == "up":
        return int((value - 1) * redemption.points_per_unit / unit) + 1
    return -int(-(value * redemption.points_per_unit / unit) // 1)


@attrs.frozen(kw_only=True)
class Terms:
    """All that a quote follows from.

    Attributes:
        cart: What is to be paid.
        redemption: The rule.
        unit: Minor units in one whole unit of money.
        wanted: Points to be spent at most; ``None`` for as many as possible.
        balance: Points that can be spent.
        debt: Points that are owed; nothing can be spent meanwhile.
    """

    cart: Cart
    redemption: Redemption
    unit: int
    wanted: int | None
    balance: int
    debt: int

    @property
    def eligible(self) -> int:
        """What of the cart points may pay at all, minor units."""
        return self.cart.goods + (self.cart.shipping if self.redemption.shipping else 0)

    @property
    def of_share(self) -> int:
        """The share of that which they may pay, minor units, rounded down."""
        return int(self.eligible * self.redemption.share_of_order)

    @property
    def most(self) -> int:
        """The most that points may pay here, minor units."""
        return min(self.of_share, self.cart.due)

    def value(self, points: int) -> int:
        """Give the money that points are worth here, minor units."""
        return min(self.most, worth(points, self.redemption, self.unit))

    def _whole(self, points: int) -> int:
        """Give the first number of points from here on that may be spent at a time."""
        multiple = self.redemption.multiple
        return -(-max(points, self.redemption.least) // multiple) * multiple

    def best(self) -> int:
        """Give the points that pay most; 0 if none pay anything."""
        # Beyond what covers the most that points may pay, they would burn for nothing.
        top = min(self.balance, needed(self.most, self.redemption, self.unit))
        top = top if self.wanted is None else min(top, self.wanted)
        top -= top % self.redemption.multiple
        if top < self.redemption.least or not (value := self.value(top)):
            return 0
        return self._whole(needed(value, self.redemption, self.unit))

    def binding(self, points: int) -> Limit:
        """Name what keeps the value from being greater."""
        if self.debt:
            return "debt"
        value = self.value(points)
        if self._without(multiple=1, least=self.redemption.least) > value:
            return "multiple"
        if self._without(multiple=1, least=1) > value:
            return "minimum"
        if self.wanted is not None and points == self.wanted:
            return "nothing"
        if value == self.most:
            return "share_of_order" if self.of_share < min(self.eligible, self.cart.due) else "order_total"
        reach = needed(value + 1, self.redemption, self.unit)
        return "balance" if self.balance < reach else "nothing"

    def _without(self, *, multiple: int, least: int) -> int:
        """Give the value that another multiple and minimum would let be had."""
        rule = attrs.evolve(self.redemption, multiple=multiple, least=least)
        other = attrs.evolve(self, redemption=rule)
        return other.value(other.best())

    def missing(self, value: int) -> Missing:
        """Say what would give one coin more."""
        after = self._whole(needed(value + 1, self.redemption, self.unit))
        # That many points are spent only where one fewer does not cover what points may pay.
        most = max(worth(after - 1, self.redemption, self.unit), value) + 1
        share = self.redemption.share_of_order
        order = None
        if share:
            short = -int(-most / share // 1) - self.eligible
            order = max(0, short, most - min(self.eligible, self.cart.due))
        return Missing(
            points=max(0, after + self.debt - self.balance),
            wanted=0 if self.wanted is None else max(0, after - self.wanted),
            order=order,
        )

    def steps(self) -> tuple[Step, ...]:
        """Give the numbers that a quote follows from, in their order."""
        wanted = () if self.wanted is None else (Step("wanted", self.wanted),)
        return (
            Step("eligible", self.eligible),
            Step("due", self.cart.due),
            Step("share_of_order", self.of_share),
            Step("most_value", self.most),
            Step("needed", needed(self.most, self.redemption, self.unit)),
            Step("balance", self.balance),
            Step("debt", self.debt),
            *wanted,
            Step("minimum", self.redemption.least),
            Step("multiple", self.redemption.multiple),
        )
