"""Beginnings of files that are no shop's export: no source may take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FOREIGN: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "empty.csv": (),
    "blank.csv": (("",), ("", "")),
    "letter.csv": (("Dear customer,",), ("thank you for your order.",), ("您好，感谢您的订单。",)),
    "weather.csv": (("station", "day", "high", "low"), ("Hangzhou", "2024-03-01", "17", "8")),
    "bank.csv": (
        ("账号", "交易日期", "摘要", "借方", "贷方", "余额"),
        ("6222", "20240301", "转账", "1.00", "", "8"),
    ),
    "numbers.csv": (("1", "2", "3"), ("4", "5", "6")),
    "data.json": (('{"orders": [',), ('{"id": 1', '"total": 5}]}')),
    "orders.csv": (("name", "value"), ("number", "1"), ("total", "2")),
    "page.xls": (("<html><body><table><tr><td>1</td></tr></table></body></html>",),),
}
"""By file name, the first rows as a sample would show them."""
