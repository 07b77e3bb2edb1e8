"""Hypothesis strategies for what shops have: texts as exports write them, keys, orders, tables.

Needs hypothesis (``pip install hypothesis``); nothing else of the kit does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from hypothesis import strategies as st

from retailcrm.analytics.columns import INSTANT, Coded, Texts
from retailcrm.analytics.tables import Customers, OrderTable
from retailcrm.domain.identity import Identity
from retailcrm.domain.money import Money
from retailcrm.domain.orders import OrderState
from retailcrm.ports.batches import COLUMNS, Batch, BuyerKey, Grain

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST: Final = datetime(2019, 1, 1, tzinfo=UTC)
"""Moments are drawn from here ..."""

LAST: Final = datetime(2024, 12, 31, tzinfo=UTC)
"""... to here."""

_PAID: Final = (OrderState.PAID, OrderState.SHIPPED, OrderState.RECEIVED, OrderState.COMPLETED)
_HAN: Final = "明芳华建国丽娜强磊军洋艳勇杰娟涛超秀霞平刚桂英𠮷"
_DTYPES: Final = {"whole": np.int64, "flag": np.bool_, "birthday": np.int32}


def moments(first: datetime = FIRST, last: datetime = LAST) -> st.SearchStrategy[datetime]:
    """Draw aware moments to the second, in UTC.

    Args:
        first: Not earlier.
        last: Not later.
    """
    seconds = int((last - first).total_seconds())
    return st.integers(0, seconds).map(lambda s: first + timedelta(seconds=s))


def amounts(least: int = 0, greatest: int = 10_000_000) -> st.SearchStrategy[int]:
    """Draw minor units; round ones and the least more often, as prices are."""
    plain = st.integers(least, greatest)
    return st.one_of(plain, plain.map(lambda m: max(least, m // 100 * 100)), st.just(least))


def money(currency: str = "CNY") -> st.SearchStrategy[Money]:
    """Draw money of one currency."""
    return amounts().map(lambda minor: Money(minor, currency))


def amount_texts(minor: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[tuple[str, int]]:
    """Draw an amount as an export writes it, with the fen that it is.

    Example:
        >>> text, fen = amount_texts().example()  # doctest: +SKIP
    """

    def written(drawn: tuple[int, int]) -> tuple[str, int]:
        fen, form = drawn
        plain = f"{fen // 100}.{fen % 100:02}"
        grouped = f"{fen // 100:,}.{fen % 100:02}"
        forms = (plain, f"¥{plain}", f"￥{grouped}", f"{plain}元", f"{plain}\t", f" {plain}", grouped)
        return forms[form % len(forms)], fen

    return st.tuples(minor or amounts(), st.integers(0, 6)).map(written)


def order_numbers() -> st.SearchStrategy[str]:
    """Draw order numbers as Taobao makes them: 16 to 19 digits, too many for a float."""
    return st.integers(10**15, 6 * 10**18).map(str)


def nicks() -> st.SearchStrategy[str]:
    """Draw member names in clear: Chinese, Latin, mixed, with rare characters."""
    return st.text(st.sampled_from(_HAN + "abcxyz0189_"), min_size=2, max_size=10).filter(
        lambda text: not text.isdigit()
    )


def masked_nicks() -> st.SearchStrategy[str]:
    """Draw member names as a platform hides them: ``明**芳``."""
    return st.tuples(st.sampled_from(_HAN), st.sampled_from(_HAN)).map("**".join)


def mobiles() -> st.SearchStrategy[str]:
    """Draw Chinese mobile numbers as people write them; none is anybody's (second block all zeros)."""
    forms = ("{}", "+86{}", "+86 {}", "'{}", "0086{}")
    numbers = st.tuples(st.sampled_from("3456789"), st.integers(0, 9), st.integers(0, 9999))
    plain = numbers.map(lambda d: f"1{d[0]}{d[1]}0000{d[2]:04}")
    return st.tuples(st.sampled_from(forms), plain).map(lambda drawn: drawn[0].format(drawn[1]))


def emails() -> st.SearchStrategy[str]:
    """Draw addresses at a domain that is nobody's."""
    return st.text(st.sampled_from("abcxyz019"), min_size=1, max_size=8).map("{}@example.com".format)


def identities(platform: str = "taobao", shop: str = "main") -> st.SearchStrategy[Identity]:
    """Draw identities of every strength.

    Args:
        platform: Where they are known.
        shop: The shop's key.
    """
    texts = {"nick": nicks() | masked_nicks(), "phone": mobiles(), "email": emails()}

    def of_kind(kind: str) -> st.SearchStrategy[Identity]:
        return texts[kind].map(lambda text: Identity.of(platform, shop, kind, text))

    return st.sampled_from(sorted(texts)).flatmap(of_kind)


@st.composite
def order_tables(
    draw: st.DrawFn, *, most: int = 30, customers: int = 6, zone: str = "Asia/Shanghai"
) -> OrderTable:
    """Draw order tables: paid, unpaid, refunded in part and in full, guests, credit notes.

    Args:
        draw: Given by hypothesis.
        most: Greatest number of rows.
        customers: Greatest number of customers.
        zone: IANA zone of day boundaries.
    """
    rows = draw(st.lists(_orders(customers), max_size=most))
    columns: dict[str, Any] = {
        name: np.asarray([row[name] for row in rows], dtype) for name, dtype in _ORDER_DTYPES.items()
    }
    return OrderTable(
        currency="CNY",
        zone=zone,
        customers=Customers(
            ids=Texts.of(f"c{n}" for n in range(customers)), strength=np.full(customers, 2, np.int8)
        ),
        numbers=Texts.of(str(10**15 + n) for n in range(len(rows))),
        province=Coded.of([row["province"] for row in rows]),
        **columns,
    )


_ORDER_DTYPES: Final[Mapping[str, Any]] = {
    "customer": np.int32, "placed_at": INSTANT, "paid_at": INSTANT, "state": np.int8, "credit": np.bool_,
    "gross": np.int64, "refunded": np.int64, "refunded_at": INSTANT, "first_seen": INSTANT,
}  # fmt: skip


@st.composite
def _orders(draw: st.DrawFn, customers: int) -> dict[str, Any]:
    """Draw one row of an order table."""
    never = np.datetime64("NaT", "us")
    placed = np.datetime64(draw(moments()).replace(tzinfo=None), "us")
    gross, kind = draw(amounts()), draw(st.sampled_from(("paid", "unpaid", "part", "full", "credit")))
    later = placed + np.timedelta64(draw(st.integers(0, 40 * 86_400)), "s")
    row: dict[str, Any] = {
        "customer": draw(st.integers(-1, customers - 1)), "placed_at": placed, "paid_at": placed,
        "state": draw(st.sampled_from(_PAID)), "credit": kind == "credit", "gross": gross, "refunded": 0,
        "refunded_at": never, "first_seen": never,
        "province": draw(st.sampled_from(("浙江省", "广东", None))),
    }  # fmt: skip
    if kind == "unpaid":
        row |= {"paid_at": never, "state": OrderState.PLACED}
    elif kind == "part":
        row |= {"refunded": draw(st.integers(0, gross)), "refunded_at": later, "first_seen": later}
    elif kind == "full":
        row |= {"refunded": gross, "refunded_at": later, "first_seen": later, "state": OrderState.REFUNDED}
    elif kind == "credit":
        row |= {"gross": 0, "refunded": gross, "paid_at": never, "first_seen": later}
    return row


@st.composite
def batches(draw: st.DrawFn, grain: Grain = Grain.ORDERS, *, most: int = 8) -> Batch:
    """Draw batches of one grain: any of its columns, any of them missing in some rows.

    Args:
        draw: Given by hypothesis.
        grain: What one row is.
        most: Greatest number of rows.
    """
    rows = draw(st.integers(0, most))
    key = _KEYS_OF[grain]
    others = [name for name in COLUMNS[grain] if name != key]
    names = [key, *draw(st.lists(st.sampled_from(others), unique=True))]
    columns = {name: draw(_column(COLUMNS[grain][name], rows, told=name == key)) for name in names}
    buyer = BuyerKey(platform="corner", kind="nick") if "buyer" in columns else None
    return Batch(
        grain=grain, records=np.arange(1, rows + 1), columns=columns, currency="CNY", buyer_key=buyer
    )


_KEYS_OF: Final = {
    Grain.CUSTOMERS: "buyer", Grain.PRODUCTS: "product", Grain.REVIEWS: "at",
} | dict.fromkeys((Grain.ORDERS, Grain.LINES, Grain.REFUNDS, Grain.PARCELS), "number")  # fmt: skip


def _column(kind: str, rows: int, *, told: bool) -> st.SearchStrategy[Any]:
    """Draw one column of a kind; ``told`` leaves nothing missing."""
    if kind == "text":
        if told:
            return st.lists(nicks(), min_size=rows, max_size=rows).map(Texts.of)
        return st.lists(nicks() | st.none(), min_size=rows, max_size=rows).map(Coded.of)
    if kind == "instant":
        seconds = moments().map(lambda at: np.datetime64(at.replace(tzinfo=None), "us"))
        missing = seconds if told else seconds | st.just(np.datetime64("NaT", "us"))
        return st.lists(missing, min_size=rows, max_size=rows).map(lambda v: np.asarray(v, INSTANT))
    values: st.SearchStrategy[int] = {
        "whole": amounts(), "flag": st.integers(0, 1), "answer": st.integers(-1, 1),
        "gender": st.integers(-1, 2), "event": st.integers(-1, 5), "state": st.sampled_from((-1, *_PAID)),
        "birthday": st.sampled_from((-1, 19_900_501, 501, 100_000_815)),
    }[kind]  # fmt: skip
    dtype = _DTYPES.get(kind, np.int8)
    return st.lists(values, min_size=rows, max_size=rows).map(lambda v: np.asarray(v, dtype))
