"""The figures of a shop's points in print: what came and went, what lapses when, what it costs."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from retailcrm.analytics.points.flows import INTO, OUT_OF
from retailcrm.analytics.points.outstanding import LAPSED, OUTSTANDING, WAITING
from retailcrm.cli.printing import heading, percent, table
from retailcrm.cli.wording import print_sentence, worded
from retailcrm.domain.labels import Label
from retailcrm.domain.money import exponent, format_money
from retailcrm.report.data import LANGS
from retailcrm.report.sections.points_books import tested_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from retailcrm.report.data import Breakage
    from retailcrm.shop.loyalty.standing import Standing

ALWAYS: Final = ("issued", "reversed", "expired")
"""What is printed even if there is none of it."""

_HOLDERS: Final = Label("有积分的顾客", "Customers with points")
_COLUMNS: Final = (
    Label("最后有效月", "last day in"),
    Label("积分", "points"),
    Label("顾客", "customers"),
    Label("预计成本", "expected cost"),
)


def print_standing(
    out: Console, found: Standing, as_of: str, lang: str | None, *, newest: str | None, spent_known: bool
) -> None:
    """Print what everybody's points come to.

    Args:
        out: Where to.
        found: Everybody's points.
        as_of: The moment, as the user gave it.
        lang: Language; ``None`` for both.
        newest: Day of the newest file, if the moment is later.
        spent_known: Whether a file told which points were spent.
    """
    out.print()
    out.print(heading(f"{worded(Label('积分', 'points'), lang)} ({as_of})"))
    _print_sums(out, found, lang)
    if found.expiring:
        _print_expiring(out, found, lang)
    _print_owed(out, found, lang)
    notes = list(_notes(found, as_of, newest, spent_known=spent_known))
    if notes:
        out.print()
    for note in notes:
        print_sentence(out, note, lang, "-")


def _print_sums(out: Console, found: Standing, lang: str | None) -> None:
    """Print what came and went since the beginning, and what that leaves."""
    rows = table("", "")
    rows.show_header = False
    rows.columns[1].justify = "right"
    for name, label in (*INTO.items(), *OUT_OF.items()):
        points = found.flows.get(name, 0)
        if points or name in ALWAYS:
            rows.add_row(f"  {worded(label, lang)}", f"{points if name in INTO else -points:,}")
    if found.past:
        rows.add_row(f"  {worded(OUTSTANDING[LAPSED], lang)}", f"{-found.past:,}")
    rows.add_row(f"  {worded(OUTSTANDING['outstanding'], lang)}", f"{found.outstanding:,}", style="bold")
    for name, points in found.totals.items():
        if points or name in ("pending", "available"):
            rows.add_row(f"    {worded(OUTSTANDING[name], lang)}", f"{points:,}")
    rows.add_row(f"  {worded(_HOLDERS, lang)}", f"{found.holders:,}")
    out.print(rows)


def _print_expiring(out: Console, found: Standing, lang: str | None) -> None:
    """Print what lapses in which month if nobody spends it before."""
    rows = table(*(worded(label, lang) for label in _COLUMNS[: 4 if found.owed else 3]))
    for column in rows.columns[1:]:
        column.justify = "right"
    for group in found.expiring:
        name = worded(OUTSTANDING[group.key], lang) if group.key in OUTSTANDING else group.key
        cells = [f"{group.points:,}", f"{group.customers:,}"]
        if group.amount is not None:
            cells.append(format_money(group.amount, found.customers.currency))
        rows.add_row(name, *cells)
    out.print()
    out.print(rows)


def _print_owed(out: Console, found: Standing, lang: str | None) -> None:
    """Print what the shop is expected to owe, and what that rests on."""
    if found.owed is None or found.at_most is None:
        return
    currency = found.owed.currency
    out.print()
    title = worded(Label("负债", "liability"), lang)
    out.print(heading(f"{title}: {format_money(found.owed.total, currency)}"))
    worth = _rate(found.wallet.redemption.points_per_unit)
    unit = format_money(10 ** exponent(currency), currency)
    print_sentence(out, Label(f"按每 {worth} 分抵 {unit} 计", f"{worth} points are worth {unit}"), lang, " ")
    print_sentence(out, _expected(found), lang, " ")
    if found.breakage is not None and found.breakage.withheld is None:
        print_sentence(out, _tested(found.breakage), lang, " ")


def _tested(forecast: Breakage) -> Label:
    """Say in the report's words how far off such a forecast was; shares as they stand everywhere here."""
    zh, en = (tested_in_words(forecast, lang).replace("%", " %") for lang in LANGS)
    return Label(zh, en)


def _expected(found: Standing) -> Label:
    """Say which share of the points is expected to be spent, and why."""
    assert found.owed is not None  # noqa: S101 - the caller looked
    assert found.at_most is not None  # noqa: S101 - likewise
    if found.assumed is not None:
        return Label(
            f"假设全部会被兑换：{found.assumed.zh}",
            f"taken to be spent, all of them: {found.assumed.en}",
        )
    spent, whole = (sum(one.exact, Fraction(0)) for one in (found.owed, found.at_most))
    share = percent(round(spent), round(whole))
    most = format_money(found.at_most.total, found.owed.currency)
    return Label(
        f"预测其中 {share} 会被兑换；若全部兑换为 {most}",
        f"{share} of their worth is expected to be spent, by the forecast of breakage; {most} if all is",
    )


def _rate(rate: Fraction) -> str:
    """Write an exact rate: as a decimal where it has at most four places, else as a fraction."""
    return f"{float(rate):,.10g}" if 10_000 % rate.denominator == 0 else str(rate)


def _notes(found: Standing, as_of: str, newest: str | None, *, spent_known: bool) -> Iterator[Label]:
    """Give what a reader must know."""
    seen, currency = found.orders, found.customers.currency
    if found.past:
        yield Label(
            f"{found.past:,} 分的最后有效日在 {as_of} 之前，此刻失效，不计入顾客余额",
            f"{found.past:,} points had their last day before {as_of}: they lapse at this moment and are in "
            "no customer's balance",
        )
    if seen.nobody:
        part, money = percent(seen.nobody, seen.paid), format_money(seen.nobody_gross, currency)
        yield Label(
            f"付过款的 {seen.paid:,} 笔订单（含后来退款的）中 {seen.nobody:,} 笔（{part}，{money}）"
            "无法确认买家，不给任何人积分",
            f"no buyer can be told from others in {seen.nobody:,} of {seen.paid:,} orders that were paid, "
            f"refunded ones among them ({part}, {money}): nobody earns points with them",
        )
    waiting = sum(group.points for group in found.expiring if group.key == WAITING)
    if waiting * 2 >= max(found.outstanding, 1):
        part = percent(waiting, found.outstanding)
        yield Label(
            f"{waiting:,} 分（{part}）在等待发货或确认收货，而文件中没有这些时间："
            '[points] 中 waiting.since = "paid" 从付款起计天数',
            f"{waiting:,} points ({part}) wait for a shipment or receipt that no file tells: "
            'waiting.since = "paid" in [points] counts the days from the payment',
        )
    if seen.credit_notes:
        yield Label(
            f"{seen.credit_notes:,} 张红冲单未注明原订单，不收回积分",
            f"credit notes that name no order take no points back: {seen.credit_notes:,}",
        )
    if seen.one_by_one:
        part = percent(seen.one_by_one, seen.earning)
        yield Label(
            f"{seen.one_by_one:,} 笔订单（{part}）的积分逐笔计算",
            f"the points of {seen.one_by_one:,} orders ({part}) were worked out one by one",
        )
    if not spent_known and not found.wallet.qualifying:
        yield Label(
            "导出文件不含已使用的积分：请用 --redemptions FILE 扣除",
            "exports do not tell which points customers spent: --redemptions FILE takes them off",
        )
    if newest is not None:
        yield Label(
            f"最新文件的日期是 {newest}：此后的订单与退款尚不知道",
            f"the newest file is of {newest}: orders and refunds since then are not known",
        )
