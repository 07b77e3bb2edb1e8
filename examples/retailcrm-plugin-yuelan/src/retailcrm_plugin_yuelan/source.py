"""Reads Yuelan's order export: one row an order, cells padded with tabs, amounts written ``128.00元``."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from retailcrm.domain.money import parse_amount
from retailcrm.domain.orders import OrderState
from retailcrm.errors import InputError
from retailcrm.ports.batches import Batch, BuyerKey
from retailcrm.ports.sources import Match, Row, Sample, SourceFile, batches_from_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from retailcrm.domain.problems import Problem

CURRENCY: Final = "CNY"
ZONE: Final = ZoneInfo("Asia/Shanghai")
MEMBER: Final = BuyerKey(platform="yuelan", kind="id", strength=2)
COLUMNS: Final = {"单号", "会员号", "下单时间", "付款时间", "情况", "应付", "实付", "已退"}
STATES: Final = {
    "待付款": OrderState.PLACED,
    "备货中": OrderState.PAID,
    "已发出": OrderState.SHIPPED,
    "已到家": OrderState.RECEIVED,
    "已完成": OrderState.COMPLETED,
    "已取消": OrderState.CLOSED,
    "已退完": OrderState.REFUNDED,
}


class Yuelan:
    """Reads one platform's exports. It holds no state: one object reads every file."""

    name = "yuelan"
    platform = "yuelan"

    def identify(self, sample: Sample) -> Match | None:
        """Recognise the export by its column names, wherever the header stands."""
        for row, cells in enumerate(sample.rows):
            if set(cells) >= COLUMNS:
                return Match(strength=90, reason="all of Yuelan's column names", header_row=row)
        return None

    def exported_at(self, name: str, zone: str) -> datetime | None:
        """Read the day of the export off names such as ``yuelan-20240701.csv``."""
        found = re.fullmatch(r"yuelan-(20\d{6})\.csv", name)
        try:
            return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=ZoneInfo(zone)) if found else None
        except ValueError:
            return None

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Yield the records, row by row; the helper packs them into batches."""
        return batches_from_rows(
            file.rows(),
            order_of,
            source=file.name,
            sheet=file.sheet,
            currency=CURRENCY,
            buyer_key=MEMBER,
        )


def order_of(row: Row) -> Mapping[str, Any] | None:
    """Say what one row tells of its order; ``None`` for a row without content.

    Raises:
        InputError: The row cannot be taken. It is rejected, and the message names file and line.
    """
    if not any(row.cells.values()):
        return None
    if not row["单号"]:
        raise InputError("单号 is empty")
    return {
        "number": row["单号"],
        "buyer": row["会员号"] or None,
        "state": _state(row["情况"]),
        "placed_at": _moment(row["下单时间"]),
        "paid_at": _moment(row["付款时间"]),
        "total": parse_amount(row["应付"], CURRENCY),
        "paid": parse_amount(row["实付"], CURRENCY),
        "refunded": parse_amount(row["已退"], CURRENCY),
    }


def _state(text: str) -> OrderState:
    if text not in STATES:
        raise InputError(f"情况 {text!r} is not one of {', '.join(STATES)}")
    return STATES[text]


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZONE)
    except ValueError as error:
        raise InputError(f"{text!r} is not a time such as 2024-03-02 10:00") from error
