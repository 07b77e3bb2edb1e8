"""From orders, lines, people and reviews to what the report page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.activity import ACTIVITY_STATES
from retailcrm.analytics.concentration import lorenz, returning_share, top_share
from retailcrm.analytics.local_time import local_day
from retailcrm.analytics.main_groups import main_groups
from retailcrm.analytics.value_class import VALUE_CLASSES
from retailcrm.domain.labels import Label
from retailcrm.ports.batches import Grain
from retailcrm.report.data import (
    Breakdown,
    Comparison,
    GroupRow,
    Headline,
    LorenzCurve,
    MainGroups,
    PolicyLine,
    ReportData,
    SegmentRow,
)
from retailcrm.shop.figures.breakdowns import breakdowns, part_sums
from retailcrm.shop.figures.comparison import comparison, part_figures
from retailcrm.shop.figures.goods import category_breakdown, goods, shelf_of, taste
from retailcrm.shop.figures.ground import Ground
from retailcrm.shop.figures.lifts import lifts
from retailcrm.shop.figures.months import month_rows, part_months
from retailcrm.shop.figures.quality import quality
from retailcrm.shop.figures.service import delay_rows, part_service, refunding, reviews_of
from retailcrm.shop.figures.spans import latest_span
from retailcrm.shop.figures.writing import as_float, iso, rounded
from retailcrm.shop.insight import moment_of, scores_of
from retailcrm.shop.loyalty.figures import points_figures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded
    from retailcrm.analytics.concentration import Lorenz
    from retailcrm.analytics.summary import Coverage
    from retailcrm.analytics.tables import CustomerSummary
    from retailcrm.shop.beside import Beside
    from retailcrm.shop.figures.goods import Shelf
    from retailcrm.shop.figures.spans import Span
    from retailcrm.shop.insight import AsOf, Insight
    from retailcrm.shop.loyalty.accounts import Accounts
    from retailcrm.shop.observed import FileAccount
    from retailcrm.shop.scores import Scores

_NO_RULE = Label("", "")
_RETURNING = 2

_ORDER: Final = ("region", "province", "city", "gender", "age", "channel", "level", "tier", "category")
"""Breakdowns in the order of the page."""


@attrs.frozen(eq=False)
class Description:
    """A shop described at a moment.

    Attributes:
        scores: Its customers, scored; nobody where no buyer can be told from another.
        data: The report's figures.
    """

    scores: Scores
    data: ReportData


def describe(
    insight: Insight,
    beside: Beside,
    files: Sequence[FileAccount],
    as_of: AsOf,
    *,
    name: str,
    points: Accounts | None = None,
) -> Description:
    """Score a shop and gather its report's figures.

    Args:
        insight: Gives the shop's orders.
        beside: What it knows beside them.
        files: Accounts of the imported files.
        as_of: A date D means D 00:00 in the shop's zone; exclusive.
        name: The shop's name.
        points: Its points accounts; ``None`` without a programme.
    """
    reduced = insight.reduced(as_of)
    scores = scores_of(reduced, insight.policy, nobody=True)
    ground = Ground(
        policy=insight.policy,
        as_of=moment_of(as_of, insight.policy.zone),
        reduced=reduced,
        scores=scores,
        beside=beside,
        orders=insight.parts,
        files=files,
    )
    data = report_data(ground, str(as_of), name=name)
    if points is not None:
        data = attrs.evolve(data, points=points_figures(points, ground.as_of))
    return Description(scores, data)


def report_data(ground: Ground, as_of: str, *, name: str) -> ReportData:
    """Gather the page's figures.

    Args:
        ground: Everything they are made of.
        as_of: The moment, as the user gave it.
        name: The shop's name.
    """
    span, since = _span(ground), ground.since
    rows = [
        (
            part_months(part.sales, ground.policy.report.lapsed_days),
            part_sums(part, ground, span),
            {} if span is None else part_figures(part.sales, span, ground),
            part_service(part, ground),
        )
        for part in ground.parts()
    ]
    months, sums, figures, service = (list(column) for column in zip(*rows, strict=True))
    shelf = shelf_of(ground)
    curve = lorenz(ground.scores.summary.net)
    return ReportData(
        shop=name,
        as_of=as_of,
        since=None if since is None else iso(since),
        zone=ground.policy.zone,
        currency=ground.policy.currency,
        headline=headline(ground.scores.summary, ground.reduced.coverage, curve),
        months=month_rows(months),
        **_customers(ground, curve),
        comparison=None if span is None else _compared(comparison(span, figures, ground)),
        breakdowns=_breakdowns(breakdowns(ground, sums, span), shelf, span),
        goods=None if shelf is None else goods(shelf, span),
        lifts=() if shelf is None else lifts(shelf),
        taste=None if shelf is None else taste(shelf),
        refunding=refunding(service, ground),
        delays=delay_rows(service, ground),
        reviews=reviews_of(ground),
        members=_members(ground),
        quality=quality(ground),
        policy=tuple(PolicyLine(name=label, value=value) for label, value in ground.policy.lines()),
    )


def _span(ground: Ground) -> Span | None:
    newest = ground.reduced.newest
    day = None if np.isnat(newest) else local_day(newest, ground.policy.zone)
    return latest_span(ground.today, ground.since, day, ground.reduced.months, ground.policy.zone)


def _compared(found: Comparison) -> Comparison | None:
    return found if found.changes else None


def _breakdowns(
    by_orders: Sequence[Breakdown], shelf: Shelf | None, span: Span | None
) -> tuple[Breakdown, ...]:
    category = None if shelf is None else category_breakdown(shelf, span)
    every = [*by_orders, *(() if category is None else (category,))]
    return tuple(sorted(every, key=lambda found: _ORDER.index(found.key)))


def _members(ground: Ground) -> int | None:
    """Count the people on member lists; recipients of orders alone make no list."""
    listed = any(kind.grain is Grain.CUSTOMERS for kind in ground.beside.kinds)
    return len(ground.beside.people.profiles) if listed else None


def _customers(ground: Ground, curve: Lorenz) -> dict[str, Any]:
    """Give the sections about customers; empty ones where no buyer of any order is known."""
    scores, summary = ground.scores, ground.scores.summary
    if not len(summary) and ground.reduced.coverage.none.orders:
        return {"potential": None}
    x, y = curve.points()
    segments = _segments(scores)
    return {
        "segments": segments,
        "activity": _groups(scores.activity.states, ACTIVITY_STATES, scores.activity.rules, summary),
        "potential": ground.reduced.potential,
        "value_classes": _groups(scores.value_class, VALUE_CLASSES, scores.value_cuts.rules, summary),
        "tiers": _tiers(scores),
        "lorenz": LorenzCurve(x=x, y=y) if len(summary) else LorenzCurve(),
        "main_groups": _main_groups(segments, ground) if len(summary) else None,
    }


def _main_groups(segments: Sequence[SegmentRow], ground: Ground) -> MainGroups:
    net = np.array([segment.net for segment in segments], np.int64)
    found = main_groups(net, ground.policy.report.main_share)
    people = sum(segment.customers for segment in segments)
    return MainGroups(
        share_wanted=float(found.wanted),
        main=tuple(segments[place].key for place in found.main),
        share=as_float(found.share),
        customers_share=sum(segments[place].customers for place in found.main) / people,
    )


def headline(summary: CustomerSummary, coverage: Coverage, curve: Lorenz) -> Headline:
    """Compute the shop's totals: unknown buyers count in orders and money, never as customers.

    Args:
        summary: The customers.
        coverage: Orders and money by identity strength.
        curve: How unequally those customers spend.
    """
    volumes = (coverage.stable, coverage.weak, coverage.none)
    orders = sum(v.orders for v in volumes)
    gross, refunded = sum(v.gross for v in volumes), sum(v.refunded for v in volumes)
    known = int(summary.net.sum())
    repeat = int(np.count_nonzero(summary.purchase_days >= _RETURNING))
    return Headline(
        customers=len(summary),
        orders=orders,
        gross=gross,
        refunded=refunded,
        net=gross - refunded,
        aov=rounded(gross - refunded, orders),
        per_buyer=rounded(known, len(summary)),
        repurchase_rate=repeat / len(summary) if len(summary) else None,
        top_share=as_float(top_share(summary.net)),
        returning_share=as_float(returning_share(summary)),
        gini=as_float(curve.gini),
    )


def _segments(scores: Scores) -> tuple[SegmentRow, ...]:
    codes, summary = scores.segment.codes, scores.summary
    rows = []
    for i, segment in enumerate(scores.segment_map.segments):
        inside = codes == i
        n = int(np.count_nonzero(inside))
        rows.append(
            SegmentRow(
                key=segment.key,
                label=segment.label,
                customers=n,
                orders=int(summary.orders[inside].sum()),
                net=int(summary.net[inside].sum()),
                mean_days_since_last=float(scores.rfm.days_since_last[inside].mean()) if n else None,
                action=segment.advice,
            )
        )
    return tuple(rows)


def _groups(
    column: Coded,
    labels: Mapping[str, Label],
    rules: Mapping[str, Label],
    summary: CustomerSummary,
) -> tuple[GroupRow, ...]:
    keys = column.values.tolist()
    return tuple(
        _group(key, labels[key], rules[key], column.codes == keys.index(key), summary) for key in labels
    )


def _group(
    key: str, label: Label, rule: Label, inside: NDArray[np.bool_], summary: CustomerSummary
) -> GroupRow:
    return GroupRow(
        key=key,
        label=label,
        rule=rule,
        customers=int(np.count_nonzero(inside)),
        orders=int(summary.orders[inside].sum()),
        net=int(summary.net[inside].sum()),
    )


def _tiers(scores: Scores) -> tuple[GroupRow, ...]:
    return _groups(
        scores.tier, scores.tier_labels, dict.fromkeys(scores.tier_labels, _NO_RULE), scores.summary
    )
