"""From scores to what the report page shows."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from retailcrm.analytics.activity import ACTIVITY_STATES
from retailcrm.analytics.concentration import lorenz, returning_share, top_share
from retailcrm.analytics.local_time import local_day
from retailcrm.analytics.value_class import VALUE_CLASSES
from retailcrm.domain.labels import Label
from retailcrm.report.data import (
    CoverageRow,
    FileRow,
    GroupRow,
    Headline,
    LorenzCurve,
    MonthRow,
    PolicyLine,
    ProblemRow,
    Quality,
    ReportData,
    SegmentRow,
    Strength,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded
    from retailcrm.analytics.metrics import MonthlyMetrics
    from retailcrm.analytics.summary import Coverage
    from retailcrm.analytics.tables import CustomerSummary
    from retailcrm.domain.problems import Problem
    from retailcrm.shop.insight import Reduced
    from retailcrm.shop.observed import FileAccount
    from retailcrm.shop.policy import Policy
    from retailcrm.shop.scores import Scores

_NO_RULE = Label("", "")
_RETURNING = 2


def report_data(
    policy: Policy, reduced: Reduced, scores: Scores, files: Sequence[FileAccount], as_of: str, *, name: str
) -> ReportData:
    """Gather the page's figures.

    Args:
        policy: The rules in force.
        reduced: The shop's orders, reduced.
        scores: Its customers, scored.
        files: Accounts of the imported files.
        as_of: The moment, as the user gave it.
        name: The shop's name.
    """
    summary = scores.summary
    curve = lorenz(summary.net)
    x, y = curve.points()
    never = np.isnat(reduced.since)
    first = None if never else str(np.datetime64(local_day(reduced.since, policy.zone), "D"))
    return ReportData(
        shop=name,
        as_of=as_of,
        since=first,
        zone=policy.zone,
        currency=policy.currency,
        headline=headline(summary, reduced.coverage),
        months=_months(reduced.months),
        segments=_segments(scores),
        activity=_groups(scores.activity.states, ACTIVITY_STATES, scores.activity.rules, summary),
        potential=reduced.potential,
        value_classes=_groups(scores.value_class, VALUE_CLASSES, scores.value_cuts.rules, summary),
        tiers=_tiers(scores),
        lorenz=LorenzCurve(x=x, y=y) if len(summary) else LorenzCurve(),
        quality=_quality(files, scores),
        policy=tuple(PolicyLine(name=label, value=value) for label, value in policy.lines()),
    )


def headline(summary: CustomerSummary, coverage: Coverage) -> Headline:
    """Compute the shop's totals: unknown buyers count in orders and money, never as customers."""
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
        aov=_rounded(gross - refunded, orders),
        per_buyer=_rounded(known, len(summary)),
        repurchase_rate=repeat / len(summary) if len(summary) else None,
        top_share=_share(top_share(summary.net)),
        returning_share=_share(returning_share(summary)),
        gini=_share(lorenz(summary.net).gini),
    )


def _rounded(part: int, whole: int) -> int | None:
    """Divide minor units, half a unit away from zero."""
    if not whole:
        return None
    value = Fraction(part, whole)
    return int(value + Fraction(1, 2)) if value >= 0 else -int(-value + Fraction(1, 2))


def _share(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _months(months: MonthlyMetrics) -> tuple[MonthRow, ...]:
    columns = (months.orders, months.net, months.buyers, months.new_buyers)
    rows = zip(months.months.astype(str).tolist(), *(column.tolist() for column in columns), strict=True)
    return tuple(MonthRow(month=m, orders=o, net=n, buyers=b, new_buyers=w) for m, o, n, b, w in rows)


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


def _quality(files: Sequence[FileAccount], scores: Scores) -> Quality:
    coverage = scores.coverage
    volumes = {Strength.STABLE: coverage.stable, Strength.WEAK: coverage.weak, Strength.NONE: coverage.none}
    return Quality(
        files=tuple(_file(file) for file in files),
        problems=problem_rows([problem for file in files for problem in file.problems]),
        coverage=tuple(CoverageRow(strength=s, orders=v.orders, net=v.net) for s, v in volumes.items()),
        notes=scores.notes,
    )


def _file(file: FileAccount) -> FileRow:
    rule = file.money_rule
    said = _NO_RULE if rule is None else Label(rule.describe("zh"), rule.describe("en"))
    return FileRow(
        name=file.name.replace("\\", "/").rpartition("/")[2], source=file.source, accepted=file.accepted,
        rejected=file.rejected, blank=file.blank, money_rule=said,
    )  # fmt: skip


def problem_rows(problems: Sequence[Problem]) -> tuple[ProblemRow, ...]:
    """Count problems by code, the most frequent first, each with its first example."""
    counts = Counter(problem.code for problem in problems)
    examples = {problem.code: str(problem) for problem in reversed(problems)}
    return tuple(ProblemRow(code=code, count=n, example=examples[code]) for code, n in counts.most_common())
