"""Advice on what is known of customers, and how recent the files are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.report.advice.rule import Advice, limit
from retailcrm.report.formats import part_of, share
from retailcrm.report.labels import things

if TYPE_CHECKING:
    from retailcrm.report.data import FieldRow, ReportData

BIRTHDAYS_KNOWN: Final = 0.5
"""Share of people whose birthday is known, under which birthday care reaches few."""


PHONES_KNOWN: Final = 0.8
"""Share of people whose phone number is known, under which most cannot be called."""


PEOPLE: Final = 100
"""Least people whose files are judged."""


OLD_DAYS: Final = 35
"""Days since the newest order from which a report describes a shop of the past."""


STRAY_REFUNDS: Final = 20
"""Refunds without an order from which the order exports are surely too short."""


def _field(data: ReportData, key: str, wanted: float) -> tuple[FieldRow, float] | None:
    """Find a field of enough people that is known for fewer than wanted, with its share."""
    row = next((one for one in data.quality.completeness if one.key == key), None)
    part = None if row is None else part_of(row.known, row.people)
    if row is None or part is None or row.people < PEOPLE or part >= wanted:
        return None
    return row, part


def birthdays(data: ReportData) -> Advice | None:
    """Ask for birthdays where few are known."""
    found = _field(data, "birthday", BIRTHDAYS_KNOWN)
    if found is None:
        return None
    row, part = found
    return Advice(
        key="birthdays",
        text=Label(
            zh="收集生日：入会时请客户填写月和日，说明用途（生日礼），不填也能入会。",
            en="Collect birthdays: ask for month and day when people join, say what for (a birthday gift), "
            "and let them join without.",
        ),
        reason=Label(
            zh=f"{things(row.people, 'person', 'zh')}中只有 {share(part)} 的生日已知"
            f"（阈值 {limit(BIRTHDAYS_KNOWN)}）。",
            en=f"Of {things(row.people, 'person', 'en')}, the birthday of {share(part)} is known "
            f"(threshold {limit(BIRTHDAYS_KNOWN)}).",
        ),
    )


def phones(data: ReportData) -> Advice | None:
    """Get phone numbers where many are missing or masked."""
    found = _field(data, "phone", PHONES_KNOWN)
    if found is None:
        return None
    row, part = found
    masked = share(part_of(row.masked, row.people))
    return Advice(
        key="phones",
        text=Label(
            zh="补齐手机号：从会员登记表或收银处导入，平台导出里打码的号码联系不上人。",
            en="Complete the phone numbers from registration forms or the till: nobody can be reached by the "
            "masked numbers of platform exports.",
        ),
        reason=Label(
            zh=f"{things(row.people, 'person', 'zh')}中 {share(part)} 有可用的手机号，{masked} 只有打码的"
            f"（阈值 {limit(PHONES_KNOWN)}）。",
            en=f"Of {things(row.people, 'person', 'en')}, {share(part)} have a usable number and {masked} "
            f"only a masked one (threshold {limit(PHONES_KNOWN)}).",
        ),
    )


def stale(data: ReportData) -> Advice | None:
    """Export again where the newest order is long ago."""
    row = next((one for one in data.quality.freshness if one.key == "orders"), None)
    if row is None or row.days_old is None or row.days_old <= OLD_DAYS:
        return None
    age = {lang: things(row.days_old, "day", lang) for lang in ("zh", "en")}
    return Advice(
        key="stale",
        text=Label(
            zh="先导入新的订单报表，再看本页：这些数字描述的是过去。",
            en="Import newer order exports before reading on: these figures describe the past.",
        ),
        reason=Label(
            zh=f"最新的订单在报告日之前 {age['zh']}（阈值 {OLD_DAYS} 天）。",
            en=f"The newest order is {age['en']} before the report’s date (threshold {OLD_DAYS} days).",
        ),
    )


def stray_refunds(data: ReportData) -> Advice | None:
    """Ask for older order exports where refunds have no order."""
    stray = data.quality.stray_refunds
    if stray < STRAY_REFUNDS:
        return None
    refunds = {lang: things(stray, "refund", lang) for lang in ("zh", "en")}
    return Advice(
        key="stray_refunds",
        text=Label(
            zh="导出更早的订单报表：有些退款找不到对应的订单。",
            en="Export orders from further back: some refunds have no order.",
        ),
        reason=Label(
            zh=f"{refunds['zh']}的订单不在任何文件里（阈值 {STRAY_REFUNDS}）。",
            en=f"{refunds['en']} without an order in any file (threshold {STRAY_REFUNDS}).",
        ),
    )
