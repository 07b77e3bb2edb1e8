"""Whether a customer is active, sleeping or lost; and who ordered but never paid."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, Coded, Texts
from retailcrm.analytics.counting import PAID_STATES
from retailcrm.analytics.labels import say
from retailcrm.analytics.local_time import local_day, local_days
from retailcrm.analytics.rfm.fitting import order_statistics
from retailcrm.domain.labels import Label
from retailcrm.domain.orders import OrderState
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import CustomerSummary, Instants, Ints, OrderTable

ACTIVITY_STATES: Final[Mapping[str, Label]] = {
    "active": Label("活跃", "Active"),
    "sleeping": Label("沉睡", "Sleeping"),
    "lost": Label("流失", "Lost"),
}
"""The states from best to worst, which is the order of the codes of :attr:`Activity.states`."""

TOUCHES: Final[Mapping[str, Label]] = {
    "visit": Label("访问", "visits"),
    "consultation": Label("咨询", "consultations"),
    "review": Label("评价", "reviews"),
}
"""Touches beside orders that shops usually have; others go by their own name."""


@attrs.frozen
class FixedDays:
    """The same number of days for everybody.

    Attributes:
        sleeping_from: A silence of this many days or more is sleep; at least 1.
        lost_from: A silence of this many days or more is loss; above ``sleeping_from``.
    """

    sleeping_from: int = 90
    lost_from: int = 180

    def __attrs_post_init__(self) -> None:
        """Refuse limits that leave a state empty."""
        if not 1 <= self.sleeping_from < self.lost_from:
            raise SettingsError(
                f"sleeping must begin at 1 day or more, loss later: {self.sleeping_from}, {self.lost_from}"
            )


_FINEST: Final = 1000
"""Multiples finer than this would leave 64-bit whole numbers, and mean nothing."""


def _exact(value: Any) -> Fraction:  # noqa: ANN401 - whole numbers, Fractions or their text
    if isinstance(value, float):
        raise SettingsError(f"write {value!r} as a whole number, a fraction or text")
    if (exact := Fraction(value)).denominator > _FINEST:
        raise SettingsError(f"{value} is finer than a thousandth of an interval")
    return exact


@attrs.frozen
class OwnInterval:
    """Multiples of the customer's own interval between purchase days.

    A customer with k intervals of a mean length g has the interval (k * g + weight * s) / (k + weight)
    where s is the shop's median: the more she bought, the more her own habit decides. A customer who
    bought once has the shop's.

    Attributes:
        sleeping_from: A silence of this many of her intervals or more is sleep; above 0.
        lost_from: A silence of this many or more is loss; above ``sleeping_from``.
        weight: How many intervals the shop's median counts for; at least 1.
    """

    sleeping_from: Fraction = attrs.field(default=Fraction(2), converter=_exact)
    lost_from: Fraction = attrs.field(default=Fraction(4), converter=_exact)
    weight: int = 2

    def __attrs_post_init__(self) -> None:
        """Refuse limits that leave a state empty, and a weight that cannot help a one-time buyer."""
        if not 0 < self.sleeping_from < self.lost_from:
            raise SettingsError(
                f"sleeping must begin above 0 intervals, loss later: {self.sleeping_from}, {self.lost_from}"
            )
        if self.weight < 1:
            raise SettingsError(f"the shop's median must weigh at least 1 interval, not {self.weight}")


@attrs.frozen(eq=False, kw_only=True)
class Activity:
    """The state of each customer of a summary, in its order.

    Attributes:
        states: Keys of :data:`ACTIVITY_STATES`, shape ``(n_customers,)``; all are among the values.
        days_since_touch: Days from the last touch to the summary's moment; ``int64``.
        basis: Which touches were loaded: "orders only", or "orders, visits".
        rules: Who is in each state, in words, with the cuts in force.
        shop_interval: The shop's median interval in days; ``None`` with fixed days.
    """

    states: Coded
    days_since_touch: Ints
    basis: Label
    rules: Mapping[str, Label]
    shop_interval: Fraction | None = None


def activity(
    summary: CustomerSummary,
    rule: FixedDays | OwnInterval | None = None,
    touches: Mapping[str, Instants] | None = None,
) -> Activity:
    """Say of each customer whether she is active, sleeping or lost.

    Args:
        summary: The customers.
        rule: Fixed days (90 and 180 unless given), or multiples of the own interval; where nobody
            bought on two days there is no interval, and fixed days are used and said.
        touches: Last touch of other kinds by kind (keys of :data:`TOUCHES`, or any name), UTC, NaT
            for none, shape ``(n_customers,)`` each.

    Returns:
        States, the days they rest on, and the words to print with them.

    Raises:
        InputError: A column of touches has another length, or a touch at or after the summary's moment.
    """
    silent = _days_since_touch(summary, touches or {})
    limits: tuple[Any, Any]
    if isinstance(rule, OwnInterval) and (typical := shop_interval(summary)) is not None:
        limits = own_interval_limits(summary, rule, typical)
        rules = _own_rules(rule, typical)
    else:
        typical, note = None, isinstance(rule, OwnInterval)
        days = rule if isinstance(rule, FixedDays) else FixedDays()
        limits = days.sleeping_from, days.lost_from
        rules = _fixed_rules(days, no_interval=note)
    codes = (silent >= limits[0]).astype(np.int32) + (silent >= limits[1])
    return Activity(
        states=Coded(codes.astype(np.int32), Texts.of(ACTIVITY_STATES)),
        days_since_touch=silent,
        basis=_basis(touches or {}),
        rules=rules,
        shop_interval=typical,
    )


def shop_interval(summary: CustomerSummary) -> Fraction | None:
    """Give the median over customers of their mean interval between purchase days.

    Args:
        summary: The customers; those with two or more purchase days count.

    Returns:
        Days, the lower of two middle ones; ``None`` if nobody bought on two days.
    """
    active_days, gaps = _intervals(summary)
    several = gaps > 0
    if not (n := int(np.count_nonzero(several))):
        return None
    return order_statistics(active_days[several], gaps[several], [(n + 1) // 2])[0]


def own_interval_limits(summary: CustomerSummary, rule: OwnInterval, typical: Fraction) -> tuple[Ints, Ints]:
    """Give the first whole day of sleep and of loss for each customer, by the rule's formula.

    Args:
        summary: The customers.
        rule: Multiples and weight.
        typical: The shop's median interval, days.

    Returns:
        Two columns of days, ``int64``, shape ``(n_customers,)``; a fraction of a day is rounded up,
        which is exact for silences in whole days.

    Example:
        >>> from retailcrm.analytics.tables import CustomerSummary
        >>> one = np.ones(1, np.int64)
        >>> ann = CustomerSummary(
        ...     as_of=np.datetime64("2024-03-01", "us"), currency="EUR", zone="UTC", gross=one, refunded=one,
        ...     customer=np.zeros(1, np.int32), orders=one * 3, purchase_days=one * 3,
        ...     first_at=np.array(["2024-01-01"], "datetime64[us]"),
        ...     last_at=np.array(["2024-01-21"], "datetime64[us]"),
        ... )
        >>> [limit.tolist() for limit in own_interval_limits(ann, OwnInterval(), Fraction(30))]
        [[40], [80]]
    """
    active_days, gaps = _intervals(summary)
    # (k*g + w*s) / (k + w), and k*g is simply the days from first to last purchase.
    top = active_days * typical.denominator + rule.weight * typical.numerator
    bottom = (gaps + rule.weight) * typical.denominator
    return _times(top, bottom, rule.sleeping_from), _times(top, bottom, rule.lost_from)


def potential(orders: OrderTable, as_of: np.datetime64) -> NDArray[np.int32]:
    """List potential customers: they placed an order before a moment and had paid for none by then.

    An order in a state that we could not read says nothing, unless it has a payment date. An order
    paid at ``as_of`` or later was unpaid then.

    Args:
        orders: The orders.
        as_of: The moment, UTC, exclusive.

    Returns:
        Their customer codes, rising, ``int32``.
    """
    known = ~orders.credit & (orders.customer >= 0)
    states = [int(state) for state in (*PAID_STATES, OrderState.REFUNDED)]
    paid_undated = np.isin(orders.state, states) & np.isnat(orders.paid_at)
    paid = known & ((orders.paid_at < as_of) | (paid_undated & ~(orders.placed_at >= as_of)))
    readable = (orders.state != OrderState.UNKNOWN) | ~np.isnat(orders.paid_at)
    placed = known & readable & (orders.placed_at < as_of)
    # Flags over customers: numpy's set routines hash, and are slow on millions of orders.
    waiting = np.zeros(len(orders.customers), np.bool_)
    waiting[orders.customer[placed]] = True
    waiting[orders.customer[paid]] = False
    return np.flatnonzero(waiting).astype(np.int32)


def _days_since_touch(summary: CustomerSummary, touches: Mapping[str, Instants]) -> Ints:
    last = summary.last_at
    for kind, at in touches.items():
        if len(at) != len(summary):
            raise InputError(f"touches of kind {kind!r}: {len(at)} for {len(summary)} customers")
        if (at >= summary.as_of).any():
            raise InputError(f"touches of kind {kind!r} reach beyond {summary.as_of}: cut them there first")
        last = np.fmax(last, at.astype(INSTANT))
    return local_day(summary.as_of, summary.zone) - local_days(last, summary.zone)


def _intervals(summary: CustomerSummary) -> tuple[Ints, Ints]:
    """Give the days from first to last purchase, and the number of intervals between purchase days."""
    first, last = (local_days(at, summary.zone) for at in (summary.first_at, summary.last_at))
    return last - first, summary.purchase_days - 1


def _times(top: Ints, bottom: Ints, multiple: Fraction) -> Ints:
    """Multiply fractions and round up."""
    return -(-top * multiple.numerator // (bottom * multiple.denominator))


def _basis(touches: Mapping[str, Instants]) -> Label:
    if not touches:
        return Label("仅按订单", "orders only")
    kinds = [TOUCHES.get(kind, Label(kind, kind)) for kind in touches]
    return Label("、".join(["订单", *(k.zh for k in kinds)]), ", ".join(["orders", *(k.en for k in kinds)]))


def _fixed_rules(rule: FixedDays, *, no_interval: bool) -> Mapping[str, Label]:
    reason = Label("（无人购买两天以上，改用固定天数）", " (nobody bought on two days: fixed days)")
    values = {"a": rule.sleeping_from, "b": rule.lost_from, "why": reason if no_interval else Label("", "")}
    return {
        "active": say("距上次互动不足 {a} 天{why}", "last touch less than {a} days ago{why}", **values),
        "sleeping": say("{a} 天起、不足 {b} 天{why}", "from {a} to less than {b} days{why}", **values),
        "lost": say("{b} 天及以上{why}", "{b} days or more{why}", **values),
    }


def _own_rules(rule: OwnInterval, typical: Fraction) -> Mapping[str, Label]:
    values = {
        "a": _short(rule.sleeping_from),
        "b": _short(rule.lost_from),
        "k": rule.weight,
        "shop": _short(typical),
    }
    own = Label(
        "个人购买间隔（向全店中位数 {shop} 天收缩，权重 {k}）".format(**values),
        "own interval (shrunk to the shop's median of {shop} days, weight {k})".format(**values),
    )
    return {
        "active": say("不足 {a} 倍{own}", "less than {a} times the {own}", own=own, **values),
        "sleeping": say(
            "{a} 倍起、不足 {b} 倍{own}", "from {a} to less than {b} times the {own}", own=own, **values
        ),
        "lost": say("{b} 倍及以上{own}", "{b} times the {own} or more", own=own, **values),
    }


def _short(number: Fraction) -> str:
    return str(number) if number.denominator == 1 else f"{float(number):.1f}"
