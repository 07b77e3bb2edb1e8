"""Value classes after the practice of Taobao sellers: how often, and how large per order."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.labels import FIGURES, say
from retailcrm.analytics.rfm import Cut, RfmSpec
from retailcrm.analytics.rfm.cuts import show, show_money
from retailcrm.analytics.rfm.fitting import fit_cut
from retailcrm.analytics.rfm.spec import measure_f, measure_m
from retailcrm.domain.labels import Label
from retailcrm.errors import CurrencyMismatchError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retailcrm.analytics.rfm.spec import Amount, Frequency
    from retailcrm.analytics.tables import CustomerSummary

VALUE_CLASSES: Final[Mapping[str, Label]] = {
    "high": Label("高价值客户", "High value"),
    "mid": Label("中价值客户", "Medium value"),
    "low": Label("低价值客户", "Low value"),
    "rare_large": Label("偶发大单客户", "Rare but large"),
}
"""The classes in the order to print them, which is the order of the codes of :func:`value_classes`."""

# Position in VALUE_CLASSES by [frequent][large].
_CLASS_OF: Final = np.array([[2, 3], [1, 0]], np.int32)


@attrs.frozen(kw_only=True)
class ValueCuts:
    """Where "frequent" and "large per order" begin.

    Attributes:
        currency: ISO 4217 code of the money.
        basis: Whether the cuts are the median customer's figures, or were given.
        frequency: Two levels of orders or purchase days.
        size: Two levels of money per order, minor units.
    """

    currency: str
    basis: Literal["median", "given"]
    frequency: Cut
    size: Cut

    @property
    def rules(self) -> Mapping[str, Label]:
        """Say in words who belongs to each class, cuts included."""
        often, rarely = _upper_and_lower(self.frequency, show)
        large, small = _upper_and_lower(self.size, lambda amount: show_money(amount, self.currency))
        parts = ((often, large), (often, small), (rarely, small), (rarely, large))
        names = {"f": FIGURES[self.frequency.figure], "m": FIGURES[self.size.figure]}
        return {
            key: say("{f}{a}，{m}{b}", "{f}{a}, {m}{b}", a=f, b=m, **names)
            for key, (f, m) in zip(VALUE_CLASSES, parts, strict=True)
        }


def _upper_and_lower(cut: Cut, write: Callable[[Fraction], str]) -> tuple[Label, Label]:
    """Say which figures are in the upper and in the lower of two levels."""
    if cut.neutral is not None:
        return Label("（都相同，无人）", " (all equal: nobody)"), Label("（都相同）", " (all equal)")
    upper, lower = (Label(f" {text}", f" {text}") for _, text in cut.rows(write))
    return upper, lower


def fit_value_cuts(
    summary: CustomerSummary, *, frequency: Frequency = "orders", amount: Amount = "net"
) -> ValueCuts:
    """Cut at the median customer: frequent means more often, large means more per order, than she.

    Where all customers are equal nobody counts as frequent (or large).

    Args:
        summary: The customers.
        frequency: What counts as often: orders, or days with an order.
        amount: Money net of refunds, or before them.

    Returns:
        The cuts.
    """
    spec = RfmSpec(method="median", frequency=frequency, amount=amount, monetary="per_order")
    money, orders = measure_m(summary, spec)
    return ValueCuts(
        currency=summary.currency,
        basis="median",
        frequency=fit_cut(frequency, measure_f(summary, spec), spec),
        size=fit_cut(spec.money, money, spec, divisors=orders),
    )


def given_value_cuts(
    currency: str,
    *,
    least_frequency: int,
    least_per_order: int,
    frequency: Frequency = "orders",
    amount: Amount = "net",
) -> ValueCuts:
    """Cut where the shop says.

    Args:
        currency: ISO 4217 code.
        least_frequency: Fewest orders (or purchase days) that are frequent, at least 1.
        least_per_order: Least money per order that is large, minor units.
        frequency: What counts as often.
        amount: Money net of refunds, or before them.

    Returns:
        The cuts; a figure equal to one has passed it.

    Raises:
        SettingsError: A cut is no whole number, or the frequency is below 1.

    Example:
        >>> cuts = given_value_cuts("CNY", least_frequency=3, least_per_order=20000)
        >>> cuts.rules["rare_large"].en
        'orders < 3, net spend per order >= ¥200.00'
    """
    if type(least_frequency) is not int or type(least_per_order) is not int or least_frequency < 1:
        raise SettingsError(f"value cuts must be whole numbers: {least_frequency!r}, {least_per_order!r}")
    spec = RfmSpec(method="median", frequency=frequency, amount=amount, monetary="per_order")
    head: dict[str, Any] = {"levels": spec.bins, "edge_included": True}
    return ValueCuts(
        currency=currency,
        basis="given",
        frequency=Cut(figure=frequency, edges=(Fraction(least_frequency),), **head),
        size=Cut(figure=spec.money, edges=(Fraction(least_per_order),), **head),
    )


def value_classes(summary: CustomerSummary, cuts: ValueCuts) -> Coded:
    """Put each customer into her value class.

    High: frequent and large per order. Mid: frequent and small. Low: rare and small. The practice
    names no class for rare and large; here it is ``rare_large``.

    Args:
        summary: The customers.
        cuts: The cuts.

    Returns:
        Keys of :data:`VALUE_CLASSES`, shape ``(n_customers,)``; all four are among the values.

    Raises:
        CurrencyMismatchError: The cuts are in another currency.
    """
    if summary.currency != cuts.currency:
        raise CurrencyMismatchError(f"value cuts in {cuts.currency}, customers in {summary.currency}")
    by_day = cuts.frequency.figure == "purchase_days"
    often = cuts.frequency.score(summary.purchase_days if by_day else summary.orders)
    money = summary.net if cuts.size.figure == "net_per_order" else summary.gross
    large = cuts.size.score(money, summary.orders)
    return Coded(_CLASS_OF[often - 1, large - 1], Texts.of(VALUE_CLASSES))
