"""How the shop serves: what went back, how long the steps take, what buyers say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.counting import count
from retailcrm.analytics.metrics.delays import (
    Delays,
    delivery_delay,
    hours_to_ship,
    merge_delays,
    payment_delay,
    refund_delay,
)
from retailcrm.analytics.metrics.reviews import (
    good_review_rate,
    review_tally,
    reviews_by_month,
)
from retailcrm.analytics.metrics.sales import Groups
from retailcrm.domain.labels import Label
from retailcrm.report.data import DelayRow, ReasonRow, Refunding, ReviewedProduct, ReviewMonth, Reviews
from retailcrm.shop.figures.catalogue import catalogue_of
from retailcrm.shop.figures.writing import as_float

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from retailcrm.analytics.tables import ReviewTable
    from retailcrm.shop.figures.ground import Ground, Part

MOST_REASONS: Final = 20
"""So many reasons are listed, those of most money; the others are in no list."""

MOST_PRODUCTS: Final = 20
"""So many products are listed, the worst reviewed first."""

STEPS: Final[Mapping[str, Label]] = {
    "payment": Label("下单到付款", "Placing to payment"),
    "shipping": Label("付款到发货", "Payment to shipping"),
    "delivery": Label("发货到签收", "Shipping to signing"),
    "refund": Label("申请退款到完成", "Asking for a refund to its settlement"),
}
"""The steps of an order, in their order."""


@attrs.frozen(eq=False, kw_only=True)
class PartService:
    """What one part tells of refunds and times.

    Attributes:
        orders: Orders that count, or would had they not been given back whole.
        refunded_orders: Those of them with a refund.
        gross: Paid on them, minor units.
        refunded: Paid back on them, and by credit notes, minor units.
        delays: Times by step.
    """

    orders: int
    refunded_orders: int
    gross: int
    refunded: int
    delays: dict[str, Delays]


def part_service(part: Part, ground: Ground) -> PartService:
    """Add one part up.

    Args:
        part: The part.
        ground: What is known.
    """
    every = count(part.orders, attrs.evolve(ground.policy.counting, full_refund="keep"), ground.as_of)
    # Parcels point to the rows of the one table that a shop in memory has.
    told = {
        "payment": payment_delay(part.orders, ground.as_of),
        "shipping": hours_to_ship(part.orders, ground.as_of),
        "delivery": delivery_delay(part.orders, ground.as_of, ground.beside.parcels),
    }
    return PartService(
        orders=len(every),
        refunded_orders=int(np.count_nonzero(every.refunded)),
        gross=int(every.gross.sum()),
        refunded=int(every.refunded.sum()) + int(every.credit.sum()),
        delays={step: found[0] for step, found in told.items() if found is not None},
    )


def refunding(parts: Sequence[PartService], ground: Ground) -> Refunding:
    """Say how much went back, and why.

    Args:
        parts: What :func:`part_service` gave for each part.
        ground: Where the refund reports are.
    """
    return Refunding(
        orders=sum(part.orders for part in parts),
        refunded_orders=sum(part.refunded_orders for part in parts),
        gross=sum(part.gross for part in parts),
        refunded=sum(part.refunded for part in parts),
        reasons=_reasons(ground),
    )


def _reasons(ground: Ground) -> tuple[ReasonRow, ...]:
    refunds = ground.beside.refunds
    if refunds is None:
        return ()
    settled = ~(refunds.settled_at >= ground.as_of)  # NaT is not
    codes = refunds.reason.codes[settled] + 1
    size = len(refunds.reason.values) + 1
    times, amounts = np.bincount(codes, minlength=size), np.zeros(size, np.int64)
    np.add.at(amounts, codes, refunds.amount[settled])
    words = ["", *refunds.reason.values.tolist()]
    most = sorted(np.flatnonzero(times).tolist(), key=lambda i: (-int(amounts[i]), words[i]))
    return tuple(
        ReasonRow(reason=words[i], refunds=int(times[i]), amount=int(amounts[i])) for i in most[:MOST_REASONS]
    )


def delay_rows(parts: Sequence[PartService], ground: Ground) -> tuple[DelayRow, ...]:
    """Say how long the steps of an order take, of all parts together.

    A step whose two times are the same for every order is left out: there is one time, told twice.

    Args:
        parts: What :func:`part_service` gave for each part.
        ground: Where the refund reports are.
    """
    found = {
        step: merge_delays(several)
        for step in STEPS
        if (several := [part.delays[step] for part in parts if step in part.delays])
    }
    refunds = ground.beside.refunds
    if refunds is not None:
        (found["refund"],) = refund_delay(refunds.asked_at, refunds.settled_at, ground.as_of)
    return tuple(_delay(step, delays) for step, delays in found.items() if delays.minutes.any())


def _delay(step: str, delays: Delays) -> DelayRow:
    return DelayRow(
        key=step,
        label=STEPS[step],
        count=delays.count,
        median_hours=as_float(delays.median_hours),
        p90_hours=as_float(delays.p90_hours),
        within=as_float(delays.within),
        within_hours=delays.within_hours,
        reversed_count=delays.reversed,
    )


def reviews_of(ground: Ground) -> Reviews | None:
    """Say what buyers say; ``None`` if no review was written before the moment.

    Args:
        ground: Where the reviews are.
    """
    reviews, good_from = ground.beside.reviews, ground.policy.report.good_from
    if reviews is None:
        return None
    total = review_tally(reviews, ground.as_of, good_from=good_from)
    if not total.reviews[0]:
        return None
    rate = good_review_rate(reviews, ground.as_of, good_from=good_from)
    assert rate.low is not None  # noqa: S101 - a share has an interval; tells the type checker
    assert rate.high is not None  # noqa: S101
    scored = int(total.scored[0])
    return Reviews(
        reviews=int(total.reviews[0]),
        scored=scored,
        good=int(total.good[0]),
        good_from=good_from,
        rate=as_float(rate.value()),
        low=float(rate.low[0]) if scored else None,
        high=float(rate.high[0]) if scored else None,
        second=int(total.second[0]),
        months=_months(reviews, ground),
        worst=_worst(reviews, ground),
    )


def _months(reviews: ReviewTable, ground: Ground) -> tuple[ReviewMonth, ...]:
    groups = reviews_by_month(reviews, ground.as_of, ground.policy.zone)
    found = review_tally(reviews, ground.as_of, groups, good_from=ground.policy.report.good_from)
    columns = (found.reviews.tolist(), found.scored.tolist(), found.good.tolist())
    rows = zip(groups.keys, *columns, strict=True)
    return tuple(ReviewMonth(month=m, reviews=n, scored=s, good=g) for m, n, s, g in rows)


def _worst(reviews: ReviewTable, ground: Ground) -> tuple[ReviewedProduct, ...]:
    """List the products with enough scores, the lowest interval first."""
    rule = ground.policy.report
    catalogue = catalogue_of(ground.beside.products, reviews.product.values)
    # One review may name the product's code and the next its title: both are of one product.
    place = catalogue.place[reviews.product.codes]
    products = np.unique(place[place >= 0])
    groups = Groups(
        name="product",
        keys=tuple(map(str, products.tolist())),
        code=np.where(place < 0, -1, np.searchsorted(products, place)).astype(np.int32),
        credit_code=np.empty(0, np.int32),
    )
    rate = good_review_rate(reviews, ground.as_of, groups, good_from=rule.good_from)
    columns = (rate.people.tolist(), rate.numerator.tolist(), _list(rate.low), _list(rate.high))
    rows = [
        ReviewedProduct(
            product=catalogue.title(product), scored=scored, good=good, rate=good / scored, low=low, high=high
        )
        for product, scored, good, low, high in zip(products.tolist(), *columns, strict=True)
        if scored >= rule.least_people
    ]
    return tuple(sorted(rows, key=lambda row: (row.low, row.high, row.product))[:MOST_PRODUCTS])


def _list(column: np.ndarray[tuple[int], np.dtype[np.float64]] | None) -> list[float]:
    return [] if column is None else column.tolist()
