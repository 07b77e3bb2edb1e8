"""Mappings of reviews and parcels: every kind of cell."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from retailcrm.domain.parcels import ParcelEvent
from retailcrm.ports.batches import Grain

Table = dict[str, Any]
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

MEMBERS: Final[Table] = {
    "name": "members",
    "grain": "customer",
    "columns": {
        "buyer": "card", "name": "name", "gender": "sex", "birthday": "born", "phone": "phone",
        "email": "mail", "joined_at": "joined", "level": "level", "points": "points", "consent_sms": "sms",
        "tags": "tags", "address": "address", "city": "city",
    },
    "buyer": {"strength": "stable"},
}  # fmt: skip
PRODUCTS: Final[Table] = {
    "grain": "product",
    "columns": {
        "product": "code", "title": "title", "category": "path", "cost": "cost", "price": "price",
        "stock": "stock", "on_shelf": "on", "on_shelf_since": "since",
    },
}  # fmt: skip
REFUNDS: Final[Table] = {
    "grain": "refund",
    "columns": {
        "refund": "id", "number": "no", "amount": "amount", "asked_at": "asked", "settled_at": "settled",
        "reason": "why",
    },
}  # fmt: skip
REVIEWS: Final[Table] = {
    "grain": "review",
    "columns": {
        "number": "no",
        "buyer": "who",
        "product": "what",
        "score": "stars",
        "text": "text",
        "at": "at",
    },
    "buyer": {"strength": "weak"},
    "score": {"full_marks": 5},
}
EVENTS: Final[Table] = {
    "grain": "parcel",
    "columns": {"number": "no", "parcel": "parcel", "carrier": "by", "event": "event", "at": "at"},
}
SHIPMENTS: Final[Table] = {
    "grain": "parcel",
    "columns": {"number": "no", "shipped_at": "sent", "signed_at": "signed"},
}
ALL: Final = {
    Grain.CUSTOMERS: MEMBERS, Grain.PRODUCTS: PRODUCTS, Grain.REFUNDS: REFUNDS, Grain.REVIEWS: REVIEWS,
    Grain.PARCELS: EVENTS,
}  # fmt: skip


def lines(*rows: str) -> bytes:
    """Write lines."""
    return "".join(row + "\n" for row in rows).encode()


def header(mapping: Table) -> str:
    """Write the column names of a mapping."""
    return ",".join(mapping["columns"].values())


def local(*parts: int) -> datetime:
    """Make a moment in China."""
    year, month, day, *clock = parts
    return datetime(year, month, day, clock[0] if clock else 0, tzinfo=SHANGHAI)


def test_a_review_is_read_cell_by_cell(take: Any) -> None:
    """Stars become percent; a missing or bad time is no reason to lose it."""
    rows = ["1,t**1,P1,5,很好,2024-02-01", ",,P2,9,一般,", "2,b,,好评,,someday", ",,,,,"]
    found = take(lines(header(REVIEWS), *rows), REVIEWS)
    assert found.rows[0] == {
        "number": "1", "buyer": "t**1", "product": "P1", "score": 100, "text": "很好",
        "at": local(2024, 2, 1),
    }  # fmt: skip
    assert (found.column("score"), found.column("at")[1:]) == ([100, None, 100], [None, None])
    assert [p.code for p in found.warnings] == ["score", "instant"]
    assert found.blank == 1


def test_reviews_without_a_time_have_none(take: Any) -> None:
    """The column is there, for every batch of reviews has it."""
    found = take(lines("text", "好"), {"grain": "review", "columns": {"text": "text"}})
    assert found.rows == [{"text": "好", "at": None}]


def test_a_mapping_says_what_words_for_scores_mean(take: Any) -> None:
    """In percent; usual words are known."""
    mapping = {"grain": "review", "columns": {"score": "s"}, "scores": {"非常满意": 100, "good": 80}}
    found = take(lines("s", "非常满意", "Good", "中评", "差评", "5", "90%"), mapping)
    assert (found.column("score"), [p.code for p in found.warnings]) == (
        [100, 80, 50, 0, None, 90],
        ["score"],
    )


def test_parcel_events_are_read_row_by_row(take: Any) -> None:
    """Words of carriers are known; what tells nothing is left out and counted, what is not known is named."""
    texts = [
        "已发货", "已揽收", "Delivered", "派送失败", "无人接听", "已签收", "退回", "运输中", "到达火星",
    ]  # fmt: skip
    rows = [f"1,SF1,顺丰,{text},2024-01-0{i + 1} 10:00:00" for i, text in enumerate(texts)]
    found = take(lines(header(EVENTS), *rows, "2,,,已签收,", "3,,,,2024-01-01"), EVENTS)
    e = ParcelEvent
    assert found.column("event") == [
        e.SHIPPED, e.SHIPPED, e.SIGNED, e.ATTEMPT_FAILED, e.UNREACHABLE, e.SIGNED, e.RETURNED,
    ]  # fmt: skip
    assert found.rows[0]["at"] == local(2024, 1, 1, 10)
    assert (found.rows[0]["parcel"], found.rows[0]["carrier"]) == ("SF1", "顺丰")
    assert found.rejected == {9: {"event"}, 10: {"missing"}, 11: {"missing"}}
    passed = sum(batch.passed for batch in found.batches)
    assert (passed, len(found.rows) + len(found.rejected) + found.blank + passed) == (1, 11)


def test_a_shipment_has_all_its_times_in_one_row(take: Any) -> None:
    """A time that cannot be read rejects the row: it is what the row is about."""
    found = take(lines("no,sent,signed", "1,2024-01-01,2024-01-03", "2,2024-01-01,", "3,soon,"), SHIPMENTS)
    assert found.rows == [
        {"number": "1", "shipped_at": local(2024, 1, 1), "signed_at": local(2024, 1, 3)},
        {"number": "2", "shipped_at": local(2024, 1, 1), "signed_at": None},
    ]
    assert found.rejected == {3: {"instant"}}


def test_texts_that_stand_for_nothing_may_be_named(take: Any) -> None:
    """Of any column, in place of the value."""
    columns = {"text": {"column": "t", "none": ["无"]}, "score": {"column": "s", "none": "9"}}
    mapping = {"grain": "review", "columns": columns, "score": {"full_marks": 5}}
    found = take(lines("t,s", "无,5", "好,9"), mapping)
    assert (found.column("text"), found.column("score"), found.problems) == ([None, "好"], [100, None], [])


def test_numbers_that_a_column_calls_none_are_none(take: Any) -> None:
    """Also where the rest of the column is plain."""
    columns = {"product": "p", "stock": {"column": "s", "none": ["999999"]}}
    found = take(lines("p,s", "a,5", "b,999999"), {"grain": "product", "columns": columns})
    assert found.column("stock") == [5, None]
