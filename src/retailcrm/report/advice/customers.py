"""Advice on customers: whom to win back, keep, bring to a second order, remind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.report.advice.rule import Advice, limit
from retailcrm.report.data import LANGS
from retailcrm.report.formats import days, money, part_of, share
from retailcrm.report.labels import things

if TYPE_CHECKING:
    from retailcrm.report.data import ReportData, SegmentRow

SILENCE: Final = 1.5
"""A segment counts as gone quiet when its mean days since last order reach this multiple of all
customers' mean."""


WORTH: Final = 0.05
"""Share of net from which a quiet segment is worth a campaign of its own."""


LOW_REPURCHASE: Final = 0.3
"""Repurchase rate under which the second order is the bottleneck."""


HIGH_TOP_SHARE: Final = 0.6
"""Share of net from the top 20 % from which losing a few customers hurts."""


MANY_LOST: Final = 0.4
"""Share of customers lost from which bringing back beats acquiring."""


MANY_POTENTIAL: Final = 0.05
"""Customers who ordered and never paid, over those who did pay, from which to ask why."""


LOST: Final = "lost"
"""Key of the activity state of customers who are gone."""


def _silence(row: SegmentRow) -> float:
    """Give a segment's mean days since last order; 0 where nobody is in it."""
    return row.mean_days_since_last or 0.0


def win_back(data: ReportData) -> Advice | None:
    """Name the segment that spent well, has gone quiet, and is worth most."""
    rows = data.segments
    everyone, all_net = sum(r.customers for r in rows), sum(r.net for r in rows)
    silence = part_of(sum(r.customers * _silence(r) for r in rows), everyone)
    if not silence or all_net <= 0:
        return None

    def quiet(row: SegmentRow) -> bool:
        spends = row.net * everyone >= all_net * row.customers
        return spends and row.net >= WORTH * all_net and _silence(row) >= SILENCE * silence

    found = max(filter(quiet, rows), key=lambda row: row.net, default=None)
    if found is None:
        return None
    times = f"{found.net * everyone / (all_net * found.customers):.1f}"
    size = {lang: things(found.customers, "customer", lang) for lang in LANGS}
    gone, usual, part = days(found.mean_days_since_last), days(silence), share(found.net / all_net)
    return Advice(
        key="win_back",
        text=Label(
            zh=f"优先唤回「{found.label.zh}」的 {size['zh']}。",
            en=f"Win back the {size['en']} of “{found.label.en}” first.",
        ),
        reason=Label(
            zh=f"他们带来净销售额的 {part}，人均是平均的 {times} 倍，但平均已 {gone} 天没有下单，"
            f"全体平均为 {usual} 天（阈值：{SILENCE:g} 倍）。",
            en=f"They bring {part} of net sales, {times}× the mean per customer, yet have not ordered for "
            f"{gone} days on average, against {usual} for all (threshold: {SILENCE:g}×).",
        ),
    )


def second_order(data: ReportData) -> Advice | None:
    """Put the second order first where few customers make one."""
    rate = data.headline.repurchase_rate
    if rate is None or rate >= LOW_REPURCHASE:
        return None
    return Advice(
        key="second_order",
        text=Label(
            zh="先争取第二单：给首购客户一个回来的理由，例如到货关怀、搭配推荐、限期回购券。",
            en="Work on the second order: give first-time buyers a reason to return, such as a note on "
            "arrival, a matching product or a coupon that expires.",
        ),
        reason=Label(
            zh=f"复购率 {share(rate)}，低于 {limit(LOW_REPURCHASE)}。",
            en=f"The repurchase rate is {share(rate)}, under {limit(LOW_REPURCHASE)}.",
        ),
    )


def concentrated(data: ReportData) -> Advice | None:
    """Protect the best customers where much hangs on few."""
    top = data.headline.top_share
    if top is None or top < HIGH_TOP_SHARE or data.nothing_earned:
        return None
    return Advice(
        key="concentrated",
        text=Label(
            zh="为消费最多的 20% 客户安排专人维护，留意其中变安静的人。",
            en="Look after the top 20% of customers in person, and notice those who go quiet.",
        ),
        reason=Label(
            zh=f"他们带来净销售额的 {share(top)}（阈值 {limit(HIGH_TOP_SHARE)}）。",
            en=f"They bring {share(top)} of net sales (threshold {limit(HIGH_TOP_SHARE)}).",
        ),
    )


def lost(data: ReportData) -> Advice | None:
    """Begin with the latest and best of the lost where many are."""
    gone = next((row for row in data.activity if row.key == LOST), None)
    part = None if gone is None else part_of(gone.customers, sum(row.customers for row in data.activity))
    if gone is None or part is None or part < MANY_LOST:
        return None
    net = money(gone.net, data.currency)
    size = {lang: things(gone.customers, "in_group", lang) for lang in LANGS}
    return Advice(
        key="lost",
        text=Label(
            zh=f"从「{gone.label.zh}」里挑最近离开、消费较高的客户试着召回，其余不必逐个打扰。",
            en=f"Of “{gone.label.en}”, try those who left last and spent most; leave the rest in peace.",
        ),
        reason=Label(
            zh=f"「{gone.label.zh}」共 {size['zh']}，占客户的 {share(part)}（阈值 {limit(MANY_LOST)}），"
            f"曾带来 {net}。",
            en=f"“{gone.label.en}”: {size['en']}, {share(part)} of all (threshold {limit(MANY_LOST)}), "
            f"who once brought {net}.",
        ),
    )


def potential(data: ReportData) -> Advice | None:
    """Remind those who ordered and never paid where they are many."""
    waiting = data.potential or 0
    part = part_of(waiting, data.headline.customers)
    if part is None or part < MANY_POTENTIAL:
        return None
    size = {lang: things(waiting, "person", lang) for lang in LANGS}
    return Advice(
        key="potential",
        text=Label(
            zh=f"对下过单但从未付款的 {size['zh']}做催付，并问清没付款的原因。",
            en=f"Remind those who ordered and never paid ({size['en']}), and ask what kept them.",
        ),
        reason=Label(
            zh=f"相当于客户数的 {share(part)}（阈值 {limit(MANY_POTENTIAL)}）。",
            en=f"They equal {share(part)} of the customers (threshold {limit(MANY_POTENTIAL)}).",
        ),
    )
