"""Points in the books: the price of an order divided between goods and points, and lines that balance.

An order that earns points sells two things: goods now, and a right to more later. The price is divided
between them by what each would cost alone; the part of the points waits as a contract liability until
they are spent, or until nobody can expect them to be. References: IFRS 15, B39-B43 (options for further
goods), B44-B47 (rights that customers do not use), Illustrative Example 52.
"""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.analytics.points.liability import Rounding, rounded
from retailcrm.domain.labels import Label
from retailcrm.domain.money import split
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

RECEIVABLE: Final = "receivable"
SALES: Final = "sales"
POINTS_REVENUE: Final = "points_revenue"
BREAKAGE_REVENUE: Final = "breakage_revenue"
CONTRACT_LIABILITY: Final = "contract_liability"

ACCOUNTS: Final[Mapping[str, Label]] = MappingProxyType(
    {
        RECEIVABLE: Label("银行存款/应收账款", "Cash or receivables"),
        SALES: Label("主营业务收入—商品", "Revenue: goods"),
        POINTS_REVENUE: Label("主营业务收入—积分兑换", "Revenue: points redeemed"),
        BREAKAGE_REVENUE: Label("主营业务收入—积分沉淀", "Revenue: breakage of points"),
        CONTRACT_LIABILITY: Label("合同负债—积分", "Contract liability: points"),
    }
)
"""The accounts that the lines name."""

_SOLD: Final = Label("销售并授予积分", "Sales that earned points")
_REFUNDED: Final = Label("退货退款，收回积分", "Refunds, their points taken back")
_REDEEMED: Final = Label("积分兑换确认收入", "Revenue of points redeemed")
_BROKEN: Final = Label("预计不会兑换的积分确认收入", "Revenue of points that nobody will redeem")


def allocate(price: int, goods: int, points: int) -> tuple[int, int]:
    """Divide a price between goods and points by what each would cost alone.

    Args:
        price: What the customers pay, minor units.
        goods: What the goods cost alone, without points.
        points: What the points are worth alone: points, times what one pays, times the share that is
            expected to be redeemed.

    Returns:
        The parts of the goods and of the points, minor units; they add up to the price.

    Raises:
        InputError: An amount is below 0, or there is nothing to divide by.

    Example:
        >>> allocate(100_000, 100_000, 9_500)
        (91324, 8676)

    References:
        IFRS 15, Illustrative Example 52.
    """
    if price < 0:
        raise InputError(f"a price is not below 0: {price}")
    part, rest = split(price, [goods, points])
    return part, rest


def recognised(
    allocated: int, redeemed: int, expected: Fraction | int, rounding: Rounding = "half_up"
) -> int:
    """Give the revenue of points so far: their part of the prices, by how many of the expected are redeemed.

    Args:
        allocated: Part of the prices that was allocated to the points, minor units.
        redeemed: Points redeemed so far.
        expected: Points expected to be redeemed in all, by what is known now.
        rounding: How it becomes whole minor units.

    Returns:
        Minor units since the beginning; what a period adds is the difference to what was recognised
        before it. All of it once no more are expected.

    Raises:
        InputError: A number is below 0.

    Example:
        >>> recognised(8_676, 4_500, 9_500), recognised(8_676, 8_500, 9_700)
        (4110, 7603)
    """
    if min(allocated, redeemed, expected) < 0:
        raise InputError("amounts and points of a contract liability are not below 0")
    if redeemed >= expected:
        return allocated
    return rounded(Fraction(allocated) * redeemed / expected, rounding)


@attrs.frozen(kw_only=True)
class Position:
    """Where sales with points stand at a moment; everything since the beginning.

    Attributes:
        sold: Prices of orders that earned points, minor units.
        deferred: Part of them that was allocated to the points.
        refunded: Paid back.
        undeferred: Part of that which had been allocated to the points.
        awarded: Points awarded by those orders and not taken back.
        redeemed: Thereof redeemed, and not given back.
        expected: Points expected to be redeemed in all, by what is known at the moment.

    Raises:
        InputError: A number is below 0, or a part greater than its whole.
    """

    sold: int = 0
    deferred: int = 0
    refunded: int = 0
    undeferred: int = 0
    awarded: int = 0
    redeemed: int = 0
    expected: Fraction | int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse what no books can show."""
        if min(attrs.astuple(self)) < 0:
            raise InputError(f"nothing in a position is below 0: {self}")
        parts = (
            (self.deferred, self.sold),
            (self.undeferred, self.refunded),
            (self.undeferred, self.deferred),
            (self.redeemed, self.awarded),
            (self.expected, self.awarded),
        )
        if any(part > whole for part, whole in parts):
            raise InputError(f"a part of a position is greater than its whole: {self}")

    @property
    def allocated(self) -> int:
        """Part of the prices, refunds taken off, that belongs to the points."""
        return self.deferred - self.undeferred

    @property
    def recognised(self) -> int:
        """Revenue of points so far, breakage included."""
        return recognised(self.allocated, self.redeemed, self.expected)

    @property
    def recognised_redeemed(self) -> int:
        """Thereof what the redeemed points brought themselves; the rest is breakage."""
        if not self.awarded:
            return 0
        return rounded(Fraction(self.allocated * self.redeemed, self.awarded), "half_up")

    @property
    def contract_liability(self) -> int:
        """What is still owed for points, minor units; never below 0."""
        return self.allocated - self.recognised


@attrs.frozen(kw_only=True)
class JournalLine:
    """One line of a journal: an amount on one side.

    Attributes:
        account: A key of :data:`ACCOUNTS`.
        debit: Minor units, 0 or more.
        credit: Minor units, 0 or more; one of the two is 0.
        label: What it is for.
    """

    account: str
    debit: int
    credit: int
    label: Label


def journal(before: Position, after: Position) -> tuple[JournalLine, ...]:
    """Write the lines of a period: sales, refunds, points redeemed, breakage.

    A changed estimate of how many points will be redeemed is caught up with at once, in the period in which
    it changed, even where that takes revenue back.

    Args:
        before: The position at the beginning.
        after: The position at the end.

    Returns:
        Lines whose debits equal their credits, for each event by itself and so for all together; none for
        what did not happen.

    Raises:
        InputError: Sales or refunds since the beginning became fewer.

    Example:
        >>> first = Position(
        ...     sold=100_000, deferred=8_676, awarded=10_000, redeemed=4_500, expected=9_500
        ... )
        >>> for line in journal(Position(), first):
        ...     print(f"{line.account:20}{line.debit:8}{line.credit:8}")
        receivable            100000       0
        sales                      0   91324
        contract_liability         0    8676
        contract_liability      3904       0
        points_revenue             0    3904
        contract_liability       206       0
        breakage_revenue           0     206

    References:
        IFRS 15, Illustrative Example 52, whose revenue of 4,110 is the sum of the last two.
    """
    sold, deferred, refunded, undeferred = (
        getattr(after, name) - getattr(before, name)
        for name in ("sold", "deferred", "refunded", "undeferred")
    )
    if min(sold, deferred, refunded, undeferred) < 0 or deferred > sold or undeferred > refunded:
        raise InputError("sales and refunds since the beginning only grow, and the parts of points with them")
    used = after.recognised_redeemed - before.recognised_redeemed
    broken = after.recognised - before.recognised - used
    lines = (
        _line(RECEIVABLE, sold, _SOLD),
        _line(SALES, deferred - sold, _SOLD),
        _line(CONTRACT_LIABILITY, -deferred, _SOLD),
        _line(SALES, refunded - undeferred, _REFUNDED),
        _line(CONTRACT_LIABILITY, undeferred, _REFUNDED),
        _line(RECEIVABLE, -refunded, _REFUNDED),
        _line(CONTRACT_LIABILITY, used, _REDEEMED),
        _line(POINTS_REVENUE, -used, _REDEEMED),
        _line(CONTRACT_LIABILITY, broken, _BROKEN),
        _line(BREAKAGE_REVENUE, -broken, _BROKEN),
    )
    return tuple(line for line in lines if line.debit or line.credit)


def _line(account: str, debit: int, label: Label) -> JournalLine:
    """Put an amount on the debit side, or on the credit side where it is below 0."""
    return JournalLine(account=account, debit=max(debit, 0), credit=max(-debit, 0), label=label)
