"""Derivations told to people: one sentence a line, Chinese beside English."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from retailcrm.domain.labels import Label
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.lots import Bucket
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from retailcrm.domain.points.documents import Document

BUCKETS: Final[Mapping[Bucket, Label]] = MappingProxyType(
    {
        Bucket.PENDING: Label("待生效", "pending"),
        Bucket.AVAILABLE: Label("可用", "available"),
        Bucket.HELD: Label("预占", "held"),
        Bucket.SPENT: Label("已使用", "spent"),
        Bucket.EXPIRED: Label("已过期", "expired"),
        Bucket.REVERSED: Label("已收回", "taken back"),
        Bucket.MOVED: Label("已转出", "moved on"),
    }
)
"""Words for where points are."""

VERBS: Final[Mapping[Verb, Label]] = MappingProxyType(
    {
        Verb.EARN: Label("发放", "awarded"),
        Verb.ACTIVATE: Label("生效", "became spendable"),
        Verb.EXPIRE: Label("过期", "lapsed"),
        Verb.REDEEM: Label("使用", "spent"),
        Verb.RESERVE: Label("预占", "reserved"),
        Verb.CAPTURE: Label("预占转使用", "spent from a reservation"),
        Verb.VOID: Label("预占释放", "reservation ended"),
        Verb.REVERSE: Label("退款收回", "taken back by a refund"),
        Verb.GIVE_BACK: Label("退款返还", "given back"),
        Verb.REPAY: Label("抵还欠分", "repaid a debt"),
        Verb.TRANSFER: Label("转移", "moved between accounts"),
        Verb.ADJUST: Label("人工调整", "corrected by a person"),
        Verb.OPEN: Label("期初导入", "taken over from another system"),
        Verb.RESCHEDULE: Label("生效时间变更", "become spendable at another moment"),
        Verb.EXTEND: Label("有效期延长", "last longer"),
    }
)
"""Words for what happened."""

LIMITS: Final[Mapping[str, Label]] = MappingProxyType(
    {
        "balance": Label("可用积分不足", "too few points are available"),
        "debt": Label("有欠分未还", "points are owed"),
        "minimum": Label("未达最低使用数量", "fewer than may be spent at a time"),
        "multiple": Label("须为规定数量的整数倍", "points are spent in multiples"),
        "share_of_order": Label("超过订单可抵扣比例", "points may pay only a share of the order"),
        "order_total": Label("超过订单金额", "the order comes to no more"),
        "unknown_hold": Label("预占不存在或已结束", "there is no such reservation any more"),
        "hold_total": Label("超过预占数量", "more than was set aside"),
        "refunded_share": Label("退款比例小于以前", "less is refunded than before"),
        "unknown_lot": Label("没有待生效的积分", "no such points are waiting"),
        "cap": Label("超过发放上限", "beyond the cap"),
        "stock": Label("库存不足", "out of stock"),
        "each": Label("超过每人限兑数量", "more than one customer may have"),
        "tier": Label("会员等级不符", "for another tier"),
        "referral": Label("不符合推荐条件", "not what a referral asks for"),
        "refund_total": Label("超过订单可退金额", "more than is left of the order to refund"),
        "unknown_order": Label("订单金额未知", "nobody has said what the order cost"),
        "nothing": Label("无限制", "nothing"),
    }
)
"""Words for what stood in the way."""

_STEPS: Final[Mapping[str, Label]] = MappingProxyType(
    {
        "eligible": Label("可抵扣金额(最小货币单位)", "what points may pay at all, minor units"),
        "due": Label("应付金额(最小货币单位)", "still to be paid, minor units"),
        "share_of_order": Label("按比例最多抵扣(最小货币单位)", "the share they may pay, minor units"),
        "most_value": Label("最多抵扣(最小货币单位)", "the most they may pay, minor units"),
        "needed": Label("抵满所需积分", "points that cover that"),
        "balance": Label("可用积分", "points available"),
        "debt": Label("欠分", "points owed"),
        "wanted": Label("希望使用积分", "points asked for"),
        "minimum": Label("每次最少积分", "fewest at a time"),
        "multiple": Label("整数倍", "in multiples of"),
        "points": Label("使用积分", "points"),
        "value": Label("抵扣金额(最小货币单位)", "money off, minor units"),
    }
)


def lines(document: Document) -> tuple[Label, ...]:
    """Tell a derivation.

    Args:
        document: Of a balance, an award, a quote or a refusal.

    Returns:
        One sentence a line, the answer last.

    Raises:
        InputError: It is none of those.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.points.account import Account
        >>> from retailcrm.domain.points.awarding import earn
        >>> from retailcrm.domain.points.explaining import explain_balance
        >>> may = datetime(2024, 5, 1, tzinfo=UTC)
        >>> ann = Account(id="ann")
        >>> earned = earn(ann, 50, lot="1", source="order:1", key="k", now=may, activates_at=may)
        >>> for line in lines(explain_balance(earned.entries, may)):
        ...     print(line.en)
        order:1: 50 points from 2024-05-01 00:00 on, never lapse: available 50 (entries 1, 2)
        2024-05-01 00:00 (UTC): available 50, pending 0, held 0, owed 0
    """
    kinds: dict[str, Callable[[Document], Iterator[Label]]] = {
        "balance": _balance,
        "award": _award,
        "refusal": _refusal,
        "quote": _quote,
    }
    if (kind := document.get("kind")) not in kinds:
        raise InputError(f"no derivation that can be told: {kind!r}")
    return tuple(kinds[str(kind)](document))


def _balance(document: Document) -> Iterator[Label]:
    for lot in document["lots"]:
        yield _lot(lot)
    for row in document["debts"]:
        zh, en = ("产生欠分", "came to be owed") if row["debt"] > 0 else ("抵还欠分", "were repaid")
        when, points = _minute(row["counts_from"]), abs(row["debt"])
        yield Label(
            f"{when} {zh} {points}(流水 {row['version']})",
            f"{when}: {points} points {en} (entry {row['version']})",
        )
    for hold in document["holds"]:
        ends = _minute(hold["ends_at"])
        yield Label(
            f"预占 {hold['id']}:{hold['points']},至 {ends}",
            f"reservation {hold['id']}: {hold['points']}, until {ends}",
        )
    sums, at = document["balances"], _minute(document["at"])
    yield Label(
        f"{at}(UTC):可用 {sums['available']},待生效 {sums['pending']},"
        f"预占 {sums['held']},欠分 {sums['debt']}",
        f"{at} (UTC): available {sums['available']}, pending {sums['pending']}, held {sums['held']}, "
        f"owed {sums['debt']}",
    )


def _lot(lot: Document) -> Label:
    starts, ends = lot["activates_at"], lot["expires_at"]
    where = [(BUCKETS[Bucket(name)], points) for name, points in lot["buckets"].items() if points]
    why = ", ".join(dict.fromkeys(str(row["version"]) for row in lot["why"]))
    zh = [
        f"{_minute(starts)} 起可用" if starts else "等待生效",
        f"{_minute(ends)} 过期" if ends else "不过期",
    ]
    en = [
        f"from {_minute(starts)} on" if starts else "wait for an event",
        f"lapse at {_minute(ends)}" if ends else "never lapse",
    ]
    if not starts:
        del zh[1], en[1]  # when they lapse is not known yet
    return Label(
        f"{lot['source']}:{lot['points']} 积分,{','.join(zh)}:"
        f"{','.join(f'{word.zh} {points}' for word, points in where)}(流水 {why})",
        f"{lot['source']}: {lot['points']} points {', '.join(en)}: "
        f"{', '.join(f'{word.en} {points}' for word, points in where)} (entries {why})",
    )


def _award(document: Document) -> Iterator[Label]:
    rule = document["rule"]
    for part in document["excluded"]:
        yield Label(
            f"不计积分:{part['what']},{part['amount']}(最小货币单位)",
            f"earns nothing: {part['what']}, {part['amount']} minor units",
        )
    base = sum(document["bases"])
    rate, times, exact = (_number(one) for one in (rule["rate"], document["multiplier"], document["exact"]))
    yield Label(
        f"计分金额 {base}(最小货币单位),每货币单位 {rate} 积分,倍数 {times}:应得 {exact}",
        f"earns on {base} minor units, {rate} points a unit, times {times}: {exact} exactly",
    )
    if document["cut"]:
        yield Label(f"超过上限扣除 {document['cut']}", f"{document['cut']} are beyond the cap")
    shares = ", ".join(map(str, document["shares"]))
    rule_text = f" [{rule['digest']}]" if rule["digest"] else ""
    yield Label(
        f"订单 {document['reference']} 得 {document['points']} 积分,各行 {shares}{rule_text}",
        f"order {document['reference']} earns {document['points']} points, by line {shares}{rule_text}",
    )


def _refusal(document: Document) -> Iterator[Label]:
    yield from _balance(document["balance"])
    limit, asked, allowed = LIMITS[document["limit"]], document["asked"], document["allowed"]
    yield Label(
        f"拒绝:{limit.zh};要求 {asked},允许 {allowed},相差 {document['distance']}",
        f"refused: {limit.en}; asked for {asked}, allowed {allowed}, {document['distance']} apart",
    )


def _quote(document: Document) -> Iterator[Label]:
    for step in document["steps"]:
        word: Any = _STEPS[step["what"]]
        yield Label(f"{word.zh} {step['amount']}", f"{word.en}: {step['amount']}")
    limit, points, value = LIMITS[document["limit"]], document["points"], document["value"]
    yield Label(
        f"{points} 积分抵扣 {value},还需付 {document['remainder']}(最小货币单位);限制:{limit.zh}",
        f"{points} points take {value} minor units off, {document['remainder']} are left to pay; "
        f"in the way of more: {limit.en}",
    )


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _number(text: str) -> str:
    return str(Fraction(text))
