"""Small tables made of plain rows, for the tests of the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pytest

from retailcrm.analytics.columns import Texts
from retailcrm.analytics.tables import Customers, CustomerSummary, OrderTable
from retailcrm.domain.orders import OrderState

MakeOrders = Callable[..., OrderTable]
MakeSummary = Callable[..., CustomerSummary]


def _instants(rows: list[Mapping[str, Any]], *names: str) -> np.ndarray:
    """Take the first of some fields that a row has; NaT where it has none."""
    found = [next((row[name] for name in names if row.get(name) is not None), "NaT") for row in rows]
    return np.array(found, "datetime64[us]")


def build_orders(
    rows: Iterable[Mapping[str, Any]],
    *,
    zone: str = "Asia/Shanghai",
    currency: str = "CNY",
    customers: int | None = None,
    strength: Iterable[int] | None = None,
) -> OrderTable:
    """Make an order table; ``at`` stands for both placed and paid, UTC."""
    rows = list(rows)
    who = np.array([row.get("c", 0) for row in rows], np.int32)
    size = customers if customers is not None else int(who.max(initial=-1)) + 1
    strengths = np.full(size, 2, np.int8) if strength is None else np.array(list(strength), np.int8)
    return OrderTable(
        currency=currency,
        zone=zone,
        customers=Customers(ids=Texts.of(f"c{i}" for i in range(size)), strength=strengths),
        numbers=Texts.of(str(i) for i in range(len(rows))),
        customer=who,
        placed_at=_instants(rows, "placed", "at"),
        paid_at=_instants(rows, "paid", "at"),
        state=np.array([row.get("state", OrderState.COMPLETED) for row in rows], np.int8),
        credit=np.array([row.get("credit", False) for row in rows], bool),
        gross=np.array([row.get("gross", 0) for row in rows], np.int64),
        refunded=np.array([row.get("refunded", 0) for row in rows], np.int64),
        refunded_at=_instants(rows, "refunded_at"),
        first_seen=_instants(rows, "first_seen"),
    )


def build_summary(
    rows: Iterable[Mapping[str, Any]],
    *,
    as_of: str = "2024-07-01",
    zone: str = "UTC",
    currency: str = "CNY",
) -> CustomerSummary:
    """Make a summary; ``days`` is days_since_last at ``as_of``, ``net`` is gross without refunds."""
    rows = list(rows)
    end = np.datetime64(as_of, "us")
    days = np.array([row.get("days", 1) for row in rows], "timedelta64[D]")
    span = np.array([row.get("active_days", 0) for row in rows], "timedelta64[D]")
    last = (end - days).astype("datetime64[us]")
    orders = np.array([row.get("orders", 1) for row in rows], np.int64)
    return CustomerSummary(
        as_of=end,
        currency=currency,
        zone=zone,
        customer=np.arange(len(rows), dtype=np.int32),
        orders=orders,
        purchase_days=np.array([row.get("purchase_days", row.get("orders", 1)) for row in rows], np.int64),
        first_at=(last - span).astype("datetime64[us]"),
        last_at=last,
        gross=np.array([row.get("gross", row.get("net", 0)) for row in rows], np.int64),
        refunded=np.array(
            [row.get("gross", row.get("net", 0)) - row.get("net", 0) for row in rows], np.int64
        ),
    )


@pytest.fixture(scope="session")
def make_orders() -> MakeOrders:
    """Give the maker of order tables."""
    return build_orders


@pytest.fixture(scope="session")
def make_summary() -> MakeSummary:
    """Give the maker of customer summaries."""
    return build_summary
