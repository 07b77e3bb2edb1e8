"""The latest period against the one before, figure by figure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics import metrics
from retailcrm.analytics.intervals import wilson
from retailcrm.analytics.metrics import DEFINITIONS, Figure, Period
from retailcrm.analytics.metrics.reviews import good_review_rate
from retailcrm.domain.labels import Label
from retailcrm.report.data import Change, Comparison
from retailcrm.shop.figures.spans import instant
from retailcrm.shop.figures.writing import iso, sentence_case

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from retailcrm.analytics.metrics import Sales
    from retailcrm.shop.figures.ground import Ground
    from retailcrm.shop.figures.spans import Span

CHURN_ACTIVE_DAYS: Final = 180
"""Who bought in so many days before the cut is in the cohort of the churn rate."""

CHURN_HORIZON: Final = 90
"""Days from the cut to the end of the period, in which she must come back."""

_PLAIN: Final[Mapping[str, Callable[[Sales, None, Period], Figure]]] = {
    "net": metrics.net,
    "orders": metrics.orders,
    "buyers": metrics.buyers,
    "new_buyers": metrics.new_customers,
    "aov": metrics.aov,
    "per_buyer": metrics.net_per_buyer,
    "orders_per_buyer": metrics.orders_per_buyer,
    "repurchase_rate": metrics.repurchase_rate,
    "refund_rate": metrics.refund_rate,
    "new_customer_share": metrics.new_customer_share,
    "acquisition_rate": metrics.acquisition_rate,
}
"""Figures that a period alone decides, by the report's key."""

_SEQUENCE: Final = (
    "net", "orders", "buyers", "new_buyers", "reactivated", "aov", "per_buyer", "orders_per_buyer",
    "repurchase_rate", "rebuy_rate", "refund_rate", "new_customer_share", "acquisition_rate", "churn_rate",
)  # fmt: skip

_OF_ORDERS: Final = ("net", "orders", "aov", "refund_rate")
"""Figures that need no known buyer."""


def part_figures(sales: Sales, span: Span, ground: Ground) -> dict[tuple[str, bool], Figure]:
    """Compute every figure of one part in both periods.

    Args:
        sales: The part's sales.
        span: The periods.
        ground: Its policy decides who is reactivated, and which figures can be asked for.

    Returns:
        Figures by key and whether they are of the latest period.
    """
    found = {}
    for key in _SEQUENCE if len(ground.reduced.summary) else _OF_ORDERS:
        for now in (True, False):
            if (ask := _asked(key, span, ground, now=now)) is not None:
                found[key, now] = ask(sales)
    return found


def _asked(key: str, span: Span, ground: Ground, *, now: bool) -> Callable[[Sales], Figure] | None:
    """Say how a figure is computed in one of the periods; ``None`` if the data do not reach so far back."""
    period = span.latest if now else span.previous
    if key in _PLAIN:
        return lambda sales: _PLAIN[key](sales, None, period)
    if key == "reactivated":
        lapsed = ground.policy.report.lapsed_days
        return partial(metrics.reactivated_customers, period=period, lapsed_days=lapsed)
    if key == "rebuy_rate":
        if now:
            return partial(metrics.rebuy_rate, period=period, before=span.previous)
        held = ground.since is not None and ground.since <= span.earlier
        return partial(metrics.rebuy_rate, period=period, before=span.third) if held else None
    cut = instant((span.end if now else span.start) - CHURN_HORIZON, span.zone)
    if cut <= ground.reduced.since:
        return None
    return partial(metrics.churn_rate, cut=cut, active_days=CHURN_ACTIVE_DAYS, horizon=CHURN_HORIZON)


def joined(several: Sequence[Figure]) -> Figure:
    """Join one figure of disjoint customers: numerators and denominators add up."""
    first = several[0]
    if len(several) == 1:
        return first

    def added(name: str) -> Any:  # noqa: ANN401 - a column, or None
        columns = [getattr(figure, name) for figure in several]
        return None if columns[0] is None else np.sum(columns, axis=0)

    whole = attrs.evolve(first, **{name: added(name) for name in ("numerator", "denominator", "people")})
    if first.low is None or whole.denominator is None:
        return whole
    low, high = wilson(whole.numerator, whole.denominator)
    return attrs.evolve(whole, low=low, high=high)


def comparison(span: Span, parts: Sequence[dict[tuple[str, bool], Figure]], ground: Ground) -> Comparison:
    """Put the figures of both periods side by side.

    Args:
        span: The periods.
        parts: What :func:`part_figures` gave for each part.
        ground: Where the reviews are.

    Returns:
        The comparison; figures without a value in either period are left out.
    """
    figures = {key: joined([part[key] for part in parts]) for key in parts[0]}
    figures |= _reviews(span, ground)
    keys = dict.fromkeys(key for key, _ in figures)
    said = _definitions(ground)
    changes = (
        _change(key, figures.get((key, True)), figures.get((key, False)), said.get(key)) for key in keys
    )
    return Comparison(
        name=span.name,
        start=iso(span.start),
        end=iso(span.end),
        before_start=iso(span.before),
        changes=tuple(c for c in changes if c is not None and (c.now, c.before) != (None, None)),
    )


def _reviews(span: Span, ground: Ground) -> dict[tuple[str, bool], Figure]:
    reviews = ground.beside.reviews
    if reviews is None:
        return {}
    good_from = ground.policy.report.good_from
    return {
        ("good_review_rate", now): good_review_rate(reviews, ground.as_of, None, period, good_from=good_from)
        for now, period in ((True, span.latest), (False, span.previous))
    }


def _definitions(ground: Ground) -> dict[str, Label]:
    """Define the figures that depend on a number of days or percent with the numbers in force."""
    rule, active, horizon = ground.policy.report, CHURN_ACTIVE_DAYS, CHURN_HORIZON
    return {
        "reactivated": Label(
            f"沉默不少于 {rule.lapsed_days} 天后在期内再次购买者",
            f"Buyers who bought in the period after {rule.lapsed_days} days of silence or more",
        ),
        "churn_rate": Label(
            f"其中此后 {horizon} 天未再购买者 ÷ 期末 {horizon} 天前的 {active} 天内购买过的客户",
            f"Of these customers, those without a purchase in the period's last {horizon} days / "
            f"customers with a purchase in the {active} days before those",
        ),
        "good_review_rate": Label(
            f"其中不低于满分 {rule.good_from}% 者 ÷ 期内有评分的评价",
            f"Reviews with {rule.good_from} % of full marks or more / reviews of the period with a score",
        ),
    }


def _change(key: str, now: Figure | None, before: Figure | None, definition: Label | None) -> Change | None:
    figure = now or before
    if figure is None:
        return None
    defined = DEFINITIONS[figure.key]
    return Change(
        key=key,
        label=sentence_case(defined.label),
        definition=definition or sentence_case(defined.sentence),
        unit=figure.unit,  # type: ignore[arg-type]  # none of these is in hours
        now=_value(now),
        before=_value(before),
        low=None if now is None else _end(now.low),
        high=None if now is None else _end(now.high),
    )


def _value(figure: Figure | None) -> float | None:
    value = None if figure is None else figure.value()
    return None if value is None else float(value)


def _end(column: Any) -> float | None:  # noqa: ANN401 - an array or None
    return None if column is None or np.isnan(column[0]) else float(column[0])
