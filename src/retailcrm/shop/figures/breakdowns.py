"""Sales cut into groups: by region, province, city, channel, gender, age, level, tier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.metrics import (
    AGE_BANDS,
    by_age_band,
    by_channel,
    by_city,
    by_gender,
    by_level,
    by_province,
    by_region,
    by_tier,
    tally,
)
from retailcrm.analytics.metrics.tallies import counts, known_rows, pairs_of, rows_within, sums
from retailcrm.analytics.regions import REGIONS
from retailcrm.domain.customers import GENDER_LABELS
from retailcrm.domain.labels import Label
from retailcrm.report.data import Breakdown, BreakdownRow
from retailcrm.shop.figures.writing import rounded, sentence_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from retailcrm.analytics.metrics import Groups, Period, Sales
    from retailcrm.analytics.tables import Ints
    from retailcrm.shop.figures.ground import Ground, Part
    from retailcrm.shop.figures.spans import Span

MOST_ROWS: Final = 31
"""A longer list of groups is nobody's reading: those with the least net are joined in one row."""

OTHERS: Final = "*"
UNTOLD: Final = ""

_COLUMNS: Final = (
    "orders", "buyers", "repeat_buyers", "new_buyers", "gross", "refunded", "known_net",
)  # fmt: skip
_AGES: Final = {band: Label(f"{band} 岁", band) for band in AGE_BANDS}
_REGIONS: Final = {key: sentence_case(label) for key, label in REGIONS.items()}

Sums = dict[str, "Ints"]
"""Sums of each group by its key: the columns above, then net, orders and buyers of the latest period, and
the same of the one before."""


@attrs.frozen(kw_only=True)
class Cut:
    """One way of cutting sales into groups.

    Attributes:
        key: As the page knows it.
        label: What it cuts by.
        groups: Makes the groups of a part.
        labels: What groups are called that are not called by their key, in the order to print them;
            empty where the biggest stands first.
        note: What a reader must know.
    """

    key: str
    label: Label
    groups: Callable[[Part, Ground], Groups]
    labels: Mapping[str, Label] = attrs.field(factory=dict)
    note: Label = Label("", "")


def cuts(ground: Ground) -> tuple[Cut, ...]:
    """List the ways of cutting sales that orders, profiles and tiers allow.

    Args:
        ground: What is known.
    """
    profiles = ground.beside.people.profiles
    china = ground.in_china
    regions = Cut(
        key="region",
        label=Label("地区", "Region"),
        groups=lambda part, _: by_region(part.sales, part.orders),
        labels=_REGIONS,
    )
    by_orders = (
        *((regions,) if china else ()),
        Cut(
            key="province",
            label=Label("省份", "Province") if china else Label("省份或国家", "Province or country"),
            groups=lambda part, _: by_province(part.sales, part.orders, chinese=china),
        ),
        Cut(key="city", label=Label("城市", "City"), groups=lambda part, _: by_city(part.sales, part.orders)),
        Cut(
            key="channel",
            label=Label("销售渠道", "Sales channel"),
            groups=lambda part, _: by_channel(part.sales, part.orders),
        ),
    )
    by_people = (
        Cut(
            key="gender",
            label=Label("性别", "Gender"),
            groups=lambda part, _: by_gender(part.sales, profiles, part.profile),
            labels={str(gender): sentence_case(label) for gender, label in GENDER_LABELS.items()},
        ),
        Cut(
            key="age",
            label=Label("年龄", "Age"),
            groups=lambda part, _: by_age_band(part.sales, profiles, part.profile),
            labels=_AGES,
            note=Label("截至报告日的周岁", "In whole years on the report's date"),
        ),
        Cut(
            key="level",
            label=Label("会员级别", "Level"),
            groups=lambda part, _: by_level(part.sales, profiles, part.profile),
        ),
    )
    tiers = ground.scores.tier_labels
    by_scores = (
        Cut(
            key="tier",
            label=Label("会员等级", "Tier"),
            groups=lambda part, _: by_tier(part.sales, part.tier),
            labels=tiers,
        ),
    )
    return by_orders + (by_people if len(profiles) else ()) + (by_scores if tiers else ())


def part_sums(part: Part, ground: Ground, span: Span | None) -> dict[str, Sums]:
    """Add one part up by every way of cutting that something is told of.

    Args:
        part: The part.
        ground: What is known.
        span: The two latest periods, if the data hold them.
    """
    found = {}
    for cut in cuts(ground):
        groups = cut.groups(part, ground)
        found[cut.key] = group_sums(part.sales, groups, span)
    return found


def group_sums(sales: Sales, groups: Groups, span: Span | None) -> Sums:
    """Add sales up by group, those that do not tell in a group of their own.

    Args:
        sales: The sales.
        groups: Groups of those sales.
        span: The two latest periods, if the data hold them.
    """
    whole = groups.with_untold(UNTOLD)
    found = tally(sales, whole)
    columns = [getattr(found, name) for name in _COLUMNS]
    for period in () if span is None else (span.latest, span.previous):
        columns.extend(_of_period(sales, whole, period))
    table = np.column_stack(columns)
    return dict(zip(whole.keys, table, strict=True))


def _of_period(sales: Sales, groups: Groups, period: Period) -> tuple[Ints, Ints, Ints]:
    """Add up net by group in a period, its credit notes taken off; count orders and buyers."""
    rows, size = rows_within(sales, period), len(groups)
    notes = np.ones(len(sales.credit), np.bool_)
    if period.start is not None and period.end is not None:
        notes = (sales.credit_at >= period.start) & (sales.credit_at < period.end)
    amounts = sales.gross[rows] - sales.refunded[rows]
    found: Ints = sums(groups.code[rows], amounts, size)
    net = found - sums(groups.credit_code[notes], sales.credit[notes], size)
    return net, counts(groups.code[rows], size), pairs_of(sales, groups, known_rows(sales, rows)).count()


def joined_sums(parts: Iterable[Sums]) -> Sums:
    """Join sums of disjoint customers: all of them add up."""
    total: Sums = {}
    for part in parts:
        for key, row in part.items():
            total[key] = total[key] + row if key in total else row
    return total


def breakdowns(ground: Ground, parts: Sequence[dict[str, Sums]], span: Span | None) -> tuple[Breakdown, ...]:
    """Make the page's breakdowns; long ones are added up again with their tail in one group.

    Args:
        ground: What is known.
        parts: What :func:`part_sums` gave for each part.
        span: The two latest periods, if the data hold them.
    """
    totals = {cut.key: joined_sums(part[cut.key] for part in parts) for cut in cuts(ground)}
    kept = {key: longest for key, total in totals.items() if (longest := longest_keys(total))}
    if kept:
        again: dict[str, list[Sums]] = {key: [] for key in kept}
        for part in ground.parts():
            for cut in cuts(ground):
                if cut.key in kept:
                    groups = shortened(cut.groups(part, ground), kept[cut.key])
                    again[cut.key].append(group_sums(part.sales, groups, span))
        totals |= {key: joined_sums(several) for key, several in again.items()}
    return tuple(breakdown(cut, totals[cut.key], ground) for cut in cuts(ground) if _tells(totals[cut.key]))


def _tells(total: Sums) -> bool:
    return any(row[0] for key, row in total.items() if key != UNTOLD)


def longest_keys(total: Sums) -> tuple[str, ...]:
    """Give the groups with the most net where there are too many to print; else nothing."""
    told = [key for key, row in total.items() if key != UNTOLD and row[0]]
    if len(told) <= MOST_ROWS:
        return ()
    return tuple(sorted(told, key=lambda key: (-_net_of(total[key]), key))[:MOST_ROWS])


def shortened(groups: Groups, kept: Sequence[str]) -> Groups:
    """Join all groups but some in one."""
    place = {key: code for code, key in enumerate(kept)}
    codes = np.array([*(place.get(key, len(kept)) for key in groups.keys), -1], np.int32)
    return attrs.evolve(
        groups, keys=(*kept, OTHERS), code=codes[groups.code], credit_code=codes[groups.credit_code]
    )


def breakdown(cut: Cut, total: Sums, ground: Ground) -> Breakdown:
    """Make the rows of one breakdown.

    Args:
        cut: The way of cutting.
        total: Its sums.
        ground: Its policy decides which groups are too small to show rates.
    """
    told = [key for key in total if key not in (UNTOLD, OTHERS)]
    if cut.labels:
        order = list(cut.labels)
        told.sort(key=order.index)
    else:
        told.sort(key=lambda key: (-_net_of(total[key]), key))
    keys = [
        key for key in (*told, OTHERS, UNTOLD) if key in total and (total[key].any() or key in _whole(cut))
    ]
    return Breakdown(
        key=cut.key,
        label=cut.label,
        rows=tuple(_row(key, _label(key, cut), total[key], ground) for key in keys),
        least=ground.policy.report.least_people,
        note=cut.note,
    )


def _whole(cut: Cut) -> Iterable[str]:
    """Name the groups that are printed though nobody is in them: steps of a scale."""
    return cut.labels if cut.key in ("age", "tier") else ()


def _row(key: str, label: Label, sums: Ints, ground: Ground) -> BreakdownRow:
    orders, buyers, repeat, new, gross, refunded, known_net, *periods = sums.tolist()
    least, known = ground.policy.report.least_people, len(ground.reduced.summary) > 0
    # Where no buyer is known an order may be one person's: it stands for one.
    withheld = (buyers if known else orders) < least
    latest = before = None
    if periods and not withheld:
        net_now, orders_now, buyers_now, net_then, orders_then, buyers_then = periods
        # A growth out of, or into, a few people's purchases tells of them, not of the group.
        if min((buyers_now, buyers_then) if known else (orders_now, orders_then)) >= least:
            latest, before = net_now, net_then
    return BreakdownRow(
        key=key,
        label=label,
        orders=orders,
        buyers=buyers,
        new_buyers=new,
        net=gross - refunded,
        refunded=refunded,
        aov=None if withheld else rounded(gross - refunded, orders),
        per_buyer=None if withheld else rounded(known_net, buyers),
        repurchase_rate=None if withheld or not buyers else repeat / buyers,
        withheld=withheld,
        net_latest=latest,
        net_before=before,
    )


def _label(key: str, cut: Cut) -> Label:
    if key == OTHERS:
        return Label("其他", "Others")
    return _same(key) if key == UNTOLD else cut.labels.get(key, _same(key))


def _same(text: str) -> Label:
    return Label(text, text)


def _net_of(row: Ints) -> int:
    return int(row[_COLUMNS.index("gross")] - row[_COLUMNS.index("refunded")])
