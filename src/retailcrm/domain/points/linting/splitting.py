"""Rounding that a customer gains by: orders, lines or redemptions split into the right sizes."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.labels import Label
from retailcrm.domain.points.earning import rounded
from retailcrm.domain.points.linting.findings import Finding, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.domain.points.linting.findings import Case
    from retailcrm.domain.points.wallets import EarnRule, Redemption

_TRIES: Final = 64
_HALF: Final = Fraction(1, 2)


@attrs.frozen
class Part:
    """The part that it pays most to split into.

    Attributes:
        size: Of one part: minor units of an order, or points of a redemption.
        gets: What it gets, rounded: points, or minor units.
        exact: What it would get unrounded.
    """

    size: int
    gets: int
    exact: Fraction

    @property
    def gain(self) -> Fraction:
        """What rounding adds to each part."""
        return self.gets - self.exact


def best_order(rule: EarnRule, *, unit: int) -> Part | None:
    """Find the order (or line) that earns most for its money.

    Args:
        rule: What orders earn.
        unit: Minor units in one whole unit of money.

    Returns:
        The smallest amount at which points for money are greatest; ``None`` where rounding gives nothing
        away: rounded down, the parts never earn more than the whole.

    Example:
        >>> from retailcrm.domain.points.wallets import EarnRule
        >>> best_order(EarnRule(rounding="half_up"), unit=100)
        Part(size=50, gets=1, exact=Fraction(1, 2))
        >>> best_order(EarnRule(), unit=100) is None
        True
    """
    each = rule.rate / unit
    if rule.rounding == "down" or not each:
        return None
    # Lines are rounded one by one, and the least that an order must come to does not bind a line.
    least = max(rule.least, 1) if rule.round_at == "order" else 1
    sizes = {least, *(max(least, size) for size in _jumps(rule, each, least))}
    parts = [Part(size, rounded(size * each, rule.rounding), size * each) for size in sorted(sizes)]
    best = max(parts, key=lambda part: (Fraction(part.gets, part.size), -part.size))
    return best if best.gain > 0 else None


def _jumps(rule: EarnRule, each: Fraction, least: int) -> Iterator[int]:
    """Give the amounts from ``least`` on at which one point more is earned."""
    first = rounded(least * each, rule.rounding)
    for points in range(first + 1, first + _TRIES):
        if rule.rounding == "half_up":
            yield ceil((points - _HALF) / each)
        else:
            yield floor((points - 1) / each) + 1


def best_redemption(rule: Redemption, *, unit: int) -> Part | None:
    """Find the redemption that gets most for its points.

    Args:
        rule: What points are worth.
        unit: Minor units in one whole unit of money.

    Returns:
        The smallest number of points that may be spent at which it does; ``None`` where rounding gives
        nothing away.

    Example:
        >>> from retailcrm.domain.points.wallets import Redemption
        >>> best_redemption(Redemption(points_per_unit=Fraction(1000), rounding="up"), unit=100)
        Part(size=1, gets=1, exact=Fraction(1, 10))
    """
    if rule.rounding == "down":
        return None
    least = smallest(rule)
    each = unit / rule.points_per_unit
    sizes = [least + n * rule.multiple for n in range(_TRIES)]
    parts = [Part(size, ceil(size * each), size * each) for size in sizes]
    best = max(parts, key=lambda part: (Fraction(part.gets, part.size), -part.size))
    return best if best.gain > 0 else None


def smallest(rule: Redemption) -> int:
    """Give the fewest points that can be spent: the first multiple that is not too few.

    Example:
        >>> from retailcrm.domain.points.wallets import Redemption
        >>> smallest(Redemption(least=150, multiple=100))
        200
    """
    return -(-rule.least // rule.multiple) * rule.multiple


def splits(case: Case) -> Iterator[Finding]:
    """Find rounding that pays for splitting."""
    for wallet in case.programme.wallets:
        part = None if wallet.earn is None else best_order(wallet.earn, unit=case.unit)
        if part is not None and wallet.earn is not None:
            per_unit = None if wallet.qualifying else wallet.redemption.points_per_unit
            yield _order(case, wallet.earn, part, per_unit, case.path(wallet, "earn.rounding"))
    for wallet in case.spendable:
        part = best_redemption(wallet.redemption, unit=case.unit)
        if part is not None:
            yield _redemption(case, part, case.path(wallet, "redemption.rounding"))


def _order(case: Case, rule: EarnRule, part: Part, per_unit: Fraction | None, where: str) -> Finding:
    size = Fraction(part.size, case.unit)
    worth = None if per_unit is None else part.gets / per_unit
    pays = worth is not None and worth >= size
    what = Label("订单", "orders") if rule.round_at == "order" else Label("订单行", "lines")
    gain = number(part.gain)
    figures = {"size": size, "points": Fraction(part.gets), "gain": part.gain}
    return Finding(
        code="splitting", severity="error" if pays else "warning", where=where,
        figures=figures if worth is None else {**figures, "worth": worth},
        message=Label(
            f"把购买拆成 {case.money(size)} 的{what.zh}，每份得 {part.gets} 分，多得 {gain} 分"
            + ("，积分价值不低于所付金额" if pays else ""),
            f"a purchase split into {what.en} of {case.money(size)} earns {part.gets} for each, "
            f"{gain} more than its share" + (", worth no less than was paid" if pays else ""),
        ),
    )  # fmt: skip


def _redemption(case: Case, part: Part, where: str) -> Finding:
    gain = part.gain / case.unit
    return Finding(
        code="splitting-redemptions", severity="warning", where=where,
        figures={"size": Fraction(part.size), "gain": gain, "worth": Fraction(part.gets, case.unit)},
        message=Label(
            f"每次使用 {part.size} 分可抵 {case.money(Fraction(part.gets, case.unit))}，"
            f"多得 {number(part.gain)} 个最小货币单位",
            f"points spent {part.size} at a time are worth {case.money(Fraction(part.gets, case.unit))} "
            f"each time, {number(part.gain)} of the smallest coin more than their value",
        ),
    )  # fmt: skip
