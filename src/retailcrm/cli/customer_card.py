"""One customer's file in print and as plain values; personal texts are masked unless asked for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from retailcrm.cli.printing import grid, heading, paragraph, table
from retailcrm.domain.customers import GENDER_LABELS, Gender, Personal
from retailcrm.domain.identity import Strength
from retailcrm.domain.labels import Label
from retailcrm.domain.money import decimal_text, format_money
from retailcrm.domain.orders import STATE_LABELS
from retailcrm.domain.parcels import PARCEL_EVENT_LABELS, ParcelEvent
from retailcrm.shop.customers.masking import masked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from retailcrm.domain.customers import CustomerFile
    from retailcrm.domain.money import Money
    from retailcrm.shop.customers import CustomerCard, OrderCard, ParcelCard, ReviewCard
    from retailcrm.shop.policy import Policy

FIELDS: Final[Mapping[str, Label]] = {
    "name": Label("姓名", "name"),
    "phone": Label("电话", "phone"),
    "email": Label("邮箱", "e-mail"),
    "address": Label("地址", "address"),
    "birthday": Label("生日", "birthday"),
    "gender": Label("性别", "gender"),
    "level": Label("会员等级", "level"),
    "source": Label("来源", "source"),
    "first_seen": Label("加入时间", "joined"),
    "tags": Label("标签", "tags"),
}
"""What is known of a person, in the order it is printed."""

_TROUBLES: Final = (ParcelEvent.ATTEMPT_FAILED, ParcelEvent.UNREACHABLE, ParcelEvent.RETURNED)

_STRENGTHS: Final[Mapping[Strength, Label]] = {
    Strength.STABLE: Label("身份可靠", "identity stable"),
    Strength.WEAK: Label("身份较弱，可能多人共用", "identity weak, may be shared"),
    Strength.NONE: Label("身份未知", "identity unknown"),
}


def print_card(
    out: Console,
    card: CustomerCard,
    file: CustomerFile,
    *,
    found_by: Label,
    as_of: str,
    policy: Policy,
    clear: bool,
) -> None:
    """Print one customer's file.

    Args:
        out: Where to.
        card: Her orders, money and tier at the moment.
        file: Who said what about her.
        found_by: What led to her.
        as_of: The moment, as the user gave it.
        policy: The shop's rules.
        clear: Whether personal texts may be printed.
    """
    zone = ZoneInfo(policy.zone)
    out.print(heading(f"customer 顾客 {card.id}"))
    strength = _STRENGTHS[card.strength]
    about = [("found 查找", _both(found_by)), ("identity 身份", _both(strength)), ("as of 截至", as_of)]
    if len(card.ids) > 1:
        about.append(("merged 合并", ", ".join(i for i in card.ids if i != card.id)))
    out.print(grid(about))
    _print_profile(out, file, zone, clear=clear)
    _print_orders(out, card, zone)
    _print_tier(out, card)
    _print_reviews(out, card, zone, clear=clear)
    _print_parcels(out, card, zone)
    if not clear and file.history:
        out.print()
        out.print(paragraph("personal data is masked 个人信息已打码; --show-personal prints it", " "))


def _print_profile(out: Console, file: CustomerFile, zone: ZoneInfo, *, clear: bool) -> None:
    out.print()
    out.print(heading("profile 档案"))
    if not file.history:
        out.print(paragraph("no file describes her 无会员资料", " "))
        return
    rows = table("field", "", "value", "told by", "on")
    for name, label in FIELDS.items():
        told = file.in_force(name)
        if told is not None:
            value = _value(told.value, zone, clear=clear)
            rows.add_row(label.en, label.zh, value, _file_name(told.source), _day(told.observed_at, zone))
    out.print(rows)


def _print_orders(out: Console, card: CustomerCard, zone: ZoneInfo) -> None:
    out.print()
    out.print(heading(f"orders 订单 ({len(card.orders)})"))
    if card.orders:
        rows = table("number", "on", "state", "", "gross", "refunded", "counts")
        rows.columns[5].justify = "right"
        for order in card.orders:
            at = order.paid_at or order.placed_at
            state = STATE_LABELS[order.state]
            words = ("credit note", "红冲") if order.credit else (state.en, state.zh)
            rows.add_row(
                order.ref.number, "" if at is None else _day(at, zone), *words,
                _money(order.gross), _money(order.refunded), "yes 是" if order.counts else "no 否",
            )  # fmt: skip
        out.print(rows)
    sums = (
        f"{_money(card.gross)} paid 实付, {_money(card.refunded)} refunded 退款, {_money(card.net)} net 净额"
    )
    out.print(paragraph(sums, " "))


def _print_tier(out: Console, card: CustomerCard) -> None:
    if card.tier is None or card.progress is None:
        return
    label = card.tier.tier.label
    out.print()
    out.print(heading(f"tier 等级: {_both(label)}"))
    for text in (card.progress.text, card.progress.keep_text):
        if text is not None:
            out.print(paragraph(text.en, " "))
            out.print(paragraph(text.zh, " "))


def _print_reviews(out: Console, card: CustomerCard, zone: ZoneInfo, *, clear: bool) -> None:
    if not card.reviews:
        return
    out.print()
    out.print(heading(f"reviews 评价 ({len(card.reviews)})"))
    rows = table("on", "score", "product", "text")
    for review in card.reviews:
        texts = [text for text in (review.text, review.second_text) if text]
        shown = " | ".join(texts) if clear else f"{sum(map(len, texts))} characters 字" if texts else ""
        score = "" if review.score is None else f"{review.score} %"
        rows.add_row("" if review.at is None else _day(review.at, zone), score, review.product or "", shown)
    out.print(rows)


def _print_parcels(out: Console, card: CustomerCard, zone: ZoneInfo) -> None:
    """Print a row a parcel: when it left and arrived, and what went wrong on the way."""
    if not card.parcels:
        return
    parcels: dict[tuple[str, str | None], list[ParcelCard]] = {}
    for event in card.parcels:
        parcels.setdefault((event.order, event.parcel), []).append(event)
    out.print()
    out.print(heading(f"parcels 物流 ({len(parcels)})"))
    rows = table("number", "shipped", "signed for", "carrier", "on the way")
    for (number, _), events in parcels.items():
        days = {e.event: _day(e.at, zone) for e in events if e.at is not None}
        trouble = dict.fromkeys(_both(PARCEL_EVENT_LABELS[e.event]) for e in events if e.event in _TROUBLES)
        rows.add_row(
            number, days.get(ParcelEvent.SHIPPED, ""), days.get(ParcelEvent.SIGNED, ""),
            events[-1].carrier or "", ", ".join(trouble),
        )  # fmt: skip
    out.print(rows)


def card_document(card: CustomerCard, file: CustomerFile, zone: str, *, clear: bool) -> dict[str, Any]:
    """Give one customer's file as plain values.

    Args:
        card: Her orders, money and tier.
        file: Who said what about her.
        zone: The shop's, for days.
        clear: Whether personal texts may be given.

    Returns:
        Amounts as decimal text, instants with their offset, personal texts masked unless asked for.
    """
    return {
        "id": card.id,
        "ids": list(card.ids),
        "strength": card.strength.name.lower(),
        "profile": {
            name: {
                "value": _value(told.value, ZoneInfo(zone), clear=clear),
                "source": told.source,
                "observed_at": told.observed_at.isoformat(),
            }
            for name in FIELDS
            if (told := file.in_force(name)) is not None
        },
        "orders": [_order_values(order) for order in card.orders],
        "currency": card.gross.currency,
        "gross": _decimal(card.gross),
        "refunded": _decimal(card.refunded),
        "net": _decimal(card.net),
        "tier": None if card.tier is None else card.tier.tier.name,
        "progress": None
        if card.progress is None
        else {"en": card.progress.text.en, "zh": card.progress.text.zh},
        "reviews": [_review_values(review, clear=clear) for review in card.reviews],
        "parcels": [_parcel_values(event) for event in card.parcels],
    }


def _order_values(order: OrderCard) -> dict[str, Any]:
    return {
        "platform": order.ref.platform,
        "number": order.ref.number,
        "state": order.state.name.lower(),
        "placed_at": _iso(order.placed_at),
        "paid_at": _iso(order.paid_at),
        "gross": _decimal(order.gross),
        "refunded": _decimal(order.refunded),
        "credit": order.credit,
        "counts": order.counts,
    }


def _review_values(review: ReviewCard, *, clear: bool) -> dict[str, Any]:
    return {
        "at": _iso(review.at),
        "score": review.score,
        "product": review.product,
        "order": review.order,
        "text": review.text if clear else None,
        "second_text": review.second_text if clear else None,
    }


def _parcel_values(event: ParcelCard) -> dict[str, Any]:
    return {
        "at": _iso(event.at),
        "event": event.event.name.lower(),
        "order": event.order,
        "carrier": event.carrier,
        "parcel": event.parcel,
    }


def _value(value: Any, zone: ZoneInfo, *, clear: bool) -> str:  # noqa: ANN401 - any field's value
    if isinstance(value, Personal):
        return value.text if clear else masked(value)
    if isinstance(value, Gender):
        return _both(GENDER_LABELS[value])
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return value.astimezone(zone).date().isoformat() if isinstance(value, datetime) else str(value)


def _both(label: Label) -> str:
    return f"{label.en} {label.zh}"


def _file_name(source: str) -> str:
    return source.replace("\\", "/").rpartition("/")[2]


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _money(amount: Money) -> str:
    return format_money(amount.minor, amount.currency)


def _decimal(amount: Money) -> str:
    return decimal_text(amount.minor, amount.currency)
