"""What the page counts: the Chinese measure word with its noun, the English singular and plural."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NOUNS: Final[Mapping[str, tuple[str, str, str]]] = {
    "buyer": ("位客户", "buyer", "buyers"),
    "customer": ("位客户", "customer", "customers"),
    "day": ("天", "day", "days"),
    "file": ("个文件", "file", "files"),
    "in_group": ("人", "customer", "customers"),
    "month": ("个月", "month", "months"),
    "order": ("笔订单", "order", "orders"),
    "person": ("人", "person", "people"),
    "piece": ("件", "piece", "pieces"),
    "product": ("种商品", "product", "products"),
    "record": ("条记录", "record", "records"),
    "redemption": ("次兑换", "redemption", "redemptions"),
    "refund": ("笔退款", "refund", "refunds"),
    "review": ("条评价", "review", "reviews"),
    "year": ("年", "year", "years"),
}
"""Noun to words; :func:`retailcrm.report.labels.things` puts a number before them."""
