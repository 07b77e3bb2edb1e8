"""What the figures rest on: files, problems, identities, complete fields, fresh records."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.completeness import completeness, days_old
from retailcrm.domain.labels import Label
from retailcrm.ports.batches import Grain
from retailcrm.report.data import (
    CoverageRow,
    FieldRow,
    FileRow,
    FreshnessRow,
    ProblemRow,
    Quality,
    Strength,
)
from retailcrm.shop.figures.writing import iso_day
from retailcrm.shop.forms import is_clear

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from retailcrm.analytics.tables import Instants
    from retailcrm.shop.beside import KindSeen
    from retailcrm.shop.figures.ground import Ground
    from retailcrm.shop.observed import FileAccount
    from retailcrm.shop.people import People

_NO_RULE: Final = Label("", "")

FIELDS: Final[Mapping[str, Label]] = {
    "name": Label("姓名", "Name"),
    "phone": Label("电话", "Phone"),
    "email": Label("电子邮箱", "E-mail"),
    "address": Label("地址", "Address"),
    "gender": Label("性别", "Gender"),
    "birthday": Label("生日", "Birthday"),
    "province": Label("省份", "Province"),
    "city": Label("城市", "City"),
    "level": Label("会员级别", "Level"),
    "joined_at": Label("入会时间", "Joined"),
    "points": Label("期初积分", "Opening points"),
    "consent": Label("营销许可", "Consent"),
    "source": Label("来源", "Source"),
    "tags": Label("标签", "Tags"),
}
"""Fields of a person in the order to print them."""

_MASKED: Final = ("name", "phone", "email", "address")
_ALWAYS: Final = ("name", "phone", "gender", "birthday")
"""Fields that are listed though no file tells them: a shop should know that it lacks them."""

_TOLD_BY: Final[Mapping[str, tuple[str, ...]]] = {"consent": ("consent", "consent_sms", "consent_email")}
"""Columns of the files that tell a field, where they are not called like it."""

KINDS: Final[Mapping[Grain, Label]] = {
    Grain.ORDERS: Label("订单", "Orders"),
    Grain.LINES: Label("订单行", "Order lines"),
    Grain.REFUNDS: Label("退款", "Refunds"),
    Grain.CUSTOMERS: Label("会员资料", "Member lists"),
    Grain.PRODUCTS: Label("商品", "Products"),
    Grain.REVIEWS: Label("评价", "Reviews"),
    Grain.PARCELS: Label("物流", "Parcels"),
}
"""What each kind of record is called."""

NOBODY_KNOWN: Final = Label(
    "没有一笔订单的买家可以辨认：客户各节为空，店铺合计、地区与流程各节照常",
    "no order has a buyer who can be told from others: the sections about customers are empty, those about "
    "the shop's totals, places and times are not",
)
LINES_LEFT_OUT: Final = Label(
    "订单超出内存预算而分批处理：未计算商品、品类、节日与口味",
    "orders were larger than the memory budget and came in parts: products, categories, festivals and tastes "
    "are left out",
)
REACHES_PAST: Final = Label(
    "文件中有报告日及以后的记录；数据新旧只按报告日之前的记录计算",
    "files have records of the report’s date or later; how recent the data are is told by the records before "
    "it",
)
_BY_EXPORT: Final = (Grain.CUSTOMERS, Grain.PRODUCTS)
"""Lists that stand as of their export: when somebody joined, or something came on the shelf, dates none."""


def quality(ground: Ground) -> Quality:
    """Gather what the figures rest on.

    Args:
        ground: What is known.
    """
    coverage = ground.scores.coverage
    volumes = {Strength.STABLE: coverage.stable, Strength.WEAK: coverage.weak, Strength.NONE: coverage.none}
    return Quality(
        files=tuple(_file(file) for file in ground.files),
        problems=problem_rows(ground.files),
        coverage=tuple(CoverageRow(strength=s, orders=v.orders, net=v.net) for s, v in volumes.items()),
        notes=(*(ground.scores.notes if len(ground.scores.summary) else ()), *_notes(ground)),
        completeness=field_rows(ground.beside.people, ground.policy.zone),
        freshness=tuple(freshness_row(kind, ground) for kind in ground.beside.kinds),
        stray_refunds=ground.beside.stray_refunds,
    )


def _notes(ground: Ground) -> tuple[Label, ...]:
    nobody = not len(ground.reduced.summary) and ground.reduced.coverage.none.orders
    lines = any(kind.grain is Grain.LINES for kind in ground.beside.kinds) and ground.beside.lines is None
    past = any(_is_past(kind, ground) for kind in ground.beside.kinds)
    said = ((REACHES_PAST, past), (NOBODY_KNOWN, nobody), (LINES_LEFT_OUT, lines))
    return (*(note for note, holds in said if holds), *_members_joined(ground))


def _members_joined(ground: Ground) -> tuple[Label, ...]:
    """Say how many members have orders: none at all is a mapping that names another kind or platform."""
    members = len(ground.beside.people.profiles)
    if not members or not ground.reduced.orders:
        return ()
    joined = int(np.count_nonzero(ground.beside.people.find(ground.reduced.ids) >= 0))
    zh, en = (
        f"会员资料共 {members:,} 人，其中 {joined:,} 人有计入的订单",
        (f"{joined:,} of {members:,} people on member lists have counted orders"),
    )
    if joined:
        return (Label(zh, en),)
    hint = "：会员资料与订单的买家标识对不上，映射里的 platform 和 kind 须与订单的一致"
    why = "; their keys never meet those of buyers: platform and kind in the mapping must be the orders' own"
    return (Label(zh + hint, en + why),)


def _file(file: FileAccount) -> FileRow:
    rule = file.money_rule
    said = _NO_RULE if rule is None else Label(rule.describe("zh"), rule.describe("en"))
    return FileRow(
        name=file.name.replace("\\", "/").rpartition("/")[2], source=file.source, accepted=file.accepted,
        rejected=file.rejected, blank=file.blank, money_rule=said,
    )  # fmt: skip


def problem_rows(files: Sequence[FileAccount]) -> tuple[ProblemRow, ...]:
    """Count problems by code, all of them, the most frequent first, each with its first example.

    Args:
        files: Accounts of the files; they count every problem and keep the first ones.
    """
    counts: Counter[str] = Counter()
    for file in files:
        counts.update(file.problem_counts)
    examples = {problem.code: str(problem) for file in reversed(files) for problem in reversed(file.problems)}
    return tuple(
        ProblemRow(code=code, count=n, example=examples.get(code, "")) for code, n in counts.most_common()
    )


def field_rows(people: People, zone: str) -> tuple[FieldRow, ...]:
    """Say how often each field of a person is known; nothing where no file tells of people.

    Fields that no file tells are left out, but for a few.

    Args:
        people: Everybody whom a file describes.
        zone: IANA zone of days.
    """
    if not len(people.profiles):
        return ()
    rows = []
    for key, label in FIELDS.items():
        told = [people.newest[name] for name in _TOLD_BY.get(key, (key,)) if name in people.newest]
        if not told and key not in _ALWAYS:
            continue
        column: Any = people.contacts[key] if key in people.contacts else getattr(people.profiles, key)
        hidden = ~is_clear(key, arrow.arrow_texts(column.values)) if key in _MASKED else None
        found = completeness(column, hidden)
        rows.append(
            FieldRow(
                key=key,
                label=label,
                known=found.known,
                masked=found.masked,
                people=found.people,
                newest=iso_day(max(told), zone) if told else None,
            )
        )
    return tuple(rows)


def freshness_row(kind: KindSeen, ground: Ground) -> FreshnessRow:
    """Say until when one kind of record reaches.

    Args:
        kind: What was imported of it.
        ground: Its moment and zone.
    """
    zone = ground.policy.zone
    newest = np.datetime64("NaT", "us") if kind.grain in _BY_EXPORT else kind.newest_at
    # Records without a time of their own are as old as their export; of one made later nothing is old.
    age = days_old(min(kind.exported_at, ground.as_of) if np.isnat(newest) else newest, ground.as_of, zone)
    if _is_past(kind, ground):
        newest = _newest_before(kind.grain, ground)
        age = days_old(newest, ground.as_of, zone)
    return FreshnessRow(
        key=str(kind.grain),
        label=KINDS[kind.grain],
        records=kind.records,
        newest_record=iso_day(newest, zone),
        newest_export=iso_day(kind.exported_at, zone) or "",
        days_old=age,
    )


def _is_past(kind: KindSeen, ground: Ground) -> bool:
    """Say whether there are records of the moment or later."""
    return kind.grain not in _BY_EXPORT and bool(kind.newest_at >= ground.as_of)


def _newest_before(grain: Grain, ground: Ground) -> np.datetime64:
    """Give the newest time before the moment that a kept record tells; NaT if none does."""
    latest = np.iinfo(np.int64).min  # as NaT is
    for times in _times(grain, ground):
        before = times[times < ground.as_of]
        latest = max(latest, int(before.view(np.int64).max(initial=latest)))
    return np.int64(latest).view(INSTANT)


def _times(grain: Grain, ground: Ground) -> Iterator[Instants]:
    """Give the columns that tell when the records of a kind happened."""
    beside = ground.beside
    if grain is Grain.ORDERS:
        for orders in ground.orders():
            yield from (orders.placed_at, orders.paid_at)
    elif grain is Grain.LINES and beside.lines is not None and ground.whole is not None:
        row = beside.lines.order[beside.lines.order >= 0]
        yield from (ground.whole.orders.placed_at[row], ground.whole.orders.paid_at[row])
    elif grain is Grain.REFUNDS and beside.refunds is not None:
        yield from (beside.refunds.settled_at, beside.refunds.asked_at)
    elif grain is Grain.REVIEWS and beside.reviews is not None:
        yield from (beside.reviews.at, beside.reviews.second_at)
    elif grain is Grain.PARCELS and beside.parcels is not None:
        yield beside.parcels.at
