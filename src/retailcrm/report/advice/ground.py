"""Advice on what the other figures rest on: buyer identities and rejected records."""

from __future__ import annotations

from typing import Final

from retailcrm.domain.labels import Label
from retailcrm.report.advice.rule import Advice, limit
from retailcrm.report.data import ReportData, Strength
from retailcrm.report.formats import count, part_of, share
from retailcrm.report.labels import things

UNKNOWN_NET: Final = 0.5
"""Share of net without a known buyer from which customer figures no longer speak for the shop."""


REJECTED_RECORDS: Final = 0.01
"""Share of records rejected from which the files deserve a look."""


def identity(data: ReportData) -> Advice | None:
    """Ask for buyer keys where half of the money has no known buyer."""
    rows = data.quality.coverage
    unknown = part_of(sum(r.net for r in rows if r.strength is Strength.NONE), sum(r.net for r in rows))
    if unknown is None or unknown < UNKNOWN_NET:
        return None
    return Advice(
        key="identity",
        text=Label(
            zh="先补上买家身份：用 --buyers 提供订单号与买家的对照表，再看客户层面的数字。",
            en="First supply buyer identities: pass --buyers with order numbers and buyer keys, "
            "then read the customer figures.",
        ),
        reason=Label(
            zh=f"净销售额的 {share(unknown)} 没有可辨的买家（阈值 {limit(UNKNOWN_NET)}）。",
            en=f"{share(unknown)} of net sales have no known buyer (threshold {limit(UNKNOWN_NET)}).",
        ),
    )


def rejected(data: ReportData) -> Advice | None:
    """Point to the files where more than a trace of the records was left out."""
    files = data.quality.files
    out, read = sum(f.rejected for f in files), sum(f.accepted + f.rejected for f in files)
    part = part_of(out, read)
    if part is None or part < REJECTED_RECORDS:
        return None
    return Advice(
        key="rejected",
        text=Label(
            zh="检查被拒绝的记录（见“数据质量”），修正后重新导入。",
            en="Look at the rejected records (see “Data quality”), mend them and import again.",
        ),
        reason=Label(
            zh=f"{things(read, 'record', 'zh')}中有 {count(out)} 条被拒绝，占 {share(part)}"
            f"（阈值 {limit(REJECTED_RECORDS)}）。",
            en=f"Of {things(read, 'record', 'en')}, {count(out)} rejected: {share(part)} "
            f"(threshold {limit(REJECTED_RECORDS)}).",
        ),
    )
