"""Evil files: what breaks naive readers of shop exports, each a small file with the truth about it.

They come from what exports in the wild are like: cells that spreadsheets protect or round, encodings that
decode to nonsense, records over several lines, totals among the records, masks that thousands share.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.testing.workbooks import Cell, workbook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEADER: Final = (
    "订单编号", "买家会员名", "总金额", "买家实际支付金额", "订单状态", "订单创建时间", "订单付款时间 ",
    "宝贝标题 ",
)  # fmt: skip
"""Of the order reports here; a blank follows two of the names, as in real ones."""

TABLE: Final[Mapping[str, Any]] = {
    "name": "table",
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
}
"""Reads the tables of no particular platform."""

LINES: Final[Mapping[str, Any]] = {
    "name": "lines",
    "grain": "line",
    "columns": {
        "number": "id", "buyer": {"column": "who", "decimal_id": True}, "paid_at": "at", "quantity": "qty",
        "unit_price": "price", "product": "item",
    },
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
    "cancel": {"number_prefix": "C", "negative_quantity": True},
}  # fmt: skip
"""Reads tables of order lines; numbers that begin with C, and pieces below zero, take back."""


@attrs.frozen(kw_only=True)
class EvilFile:
    """A file with the truth about it.

    Attributes:
        key: Word for it, unique.
        why: What a naive reader does wrong.
        name: The file's name.
        data: Its bytes.
        mapping: Reads it, where no platform's reader does.
        orders: Gross of each order that must come of it, minor units, by number.
        buyers: Customer id of each of those orders, ``None`` for nobody; not said where empty.
        rejected: Codes of the records that must be rejected, in file order.
        refused: Code of the refusal of the whole file; ``""`` if it must be read.
    """

    key: str
    why: str
    name: str = "ExportOrderList202403252230.csv"
    data: bytes
    mapping: Mapping[str, Any] | None = None
    orders: Mapping[str, int] = attrs.field(factory=dict)
    buyers: Mapping[str, str | None] = attrs.field(factory=dict)
    rejected: tuple[str, ...] = ()
    refused: str = ""


def _record(number: str, **changes: str) -> tuple[str, ...]:
    """Give a good record of an order report, with some cells changed."""
    cells = {
        "buyer": "小明", "total": "5.00", "paid": "5.00", "state": "交易成功",
        "placed": "2024-03-01 10:00:00", "at": "2024-03-01 10:01:00", "title": "红薯粉",
    } | changes  # fmt: skip
    return (number, *cells.values())


def _text(rows: Sequence[Sequence[str]], encoding: str = "gb18030", newline: str = "\r\n") -> bytes:
    return newline.join(",".join(row) for row in rows).encode(encoding) + newline.encode(encoding)


def _report(*records: tuple[str, ...], header: Sequence[str] = HEADER, encoding: str = "gb18030") -> bytes:
    return _text([header, *records], encoding)


def _book(*rows: Sequence[Cell]) -> bytes:
    return workbook([HEADER, *rows])


def _cells(number: Cell, at: Cell) -> tuple[Cell, ...]:
    return (number, "小明", 5.0, 5.0, "交易成功", "2024-03-01 10:00:00", at, "红薯粉")


def _zip(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return out.getvalue()


_LONG: Final = "5113000000000047045"
_TWO: Final = ("1930000000000647", "1930000000000648")
_GOOD: Final = {_TWO[0]: 500, _TWO[1]: 500}
_PLAIN: Final = _report(*(_record(n) for n in _TWO), encoding="utf-8")
_TABLE_HEAD: Final = b"id,who,at,amount\n"

EVIL: Final[tuple[EvilFile, ...]] = (
    EvilFile(
        key="protected", why='takes ="1930..." for the number',
        data=_report(_record(f'="{_TWO[0]}"'), _record(f'"=""{_TWO[1]}"""')), orders=_GOOD,
    ),
    EvilFile(
        key="long-number", why="passes 19 digits through a float", data=_report(_record(_LONG)),
        orders={_LONG: 500},
    ),
    EvilFile(
        key="rounded-in-a-workbook", why="casts what a spreadsheet has rounded back to a number",
        name="export.xlsx",
        data=_book(_cells(float(_LONG), "2024-03-01 10:00:00"), _cells(_TWO[0], "2024-03-01")),
        orders={_TWO[0]: 500}, rejected=("damaged-number",),
    ),
    EvilFile(
        key="scientific-text", why="lets thousands of orders collapse into one",
        data=_report(_record("1.93068E+15"), _record("1.93068E+15"), _record(_TWO[0])),
        orders={_TWO[0]: 500}, rejected=("damaged-number", "damaged-number"),
    ),
    EvilFile(
        key="header-blanks", why="matches 订单付款时间 by the letter",
        data=_report(
            _record(_TWO[0]), header=[f"\u00a0{name}\u3000" for name in HEADER], encoding="utf-8-sig"
        ),
        orders={_TWO[0]: 500},
    ),
    EvilFile(
        key="header-twice", why="takes the last of two columns of one name",
        data=_report((*_record(_TWO[0]), "9.00"), header=(*HEADER, "总金额")), orders={_TWO[0]: 500},
    ),
    EvilFile(
        key="four-bytes", why="decodes as GBK, which has no such characters",
        data=_report(_record(_TWO[0], buyer="\U00020bb7野家"), _record(_TWO[1])), orders=_GOOD,
        buyers={_TWO[0]: "\U00020bb7野家", _TWO[1]: "小明"},
    ),
    EvilFile(
        key="utf-8-as-gbk", why="decodes UTF-8 as GB18030, which succeeds and gives nonsense",
        data=_report(_record(_TWO[0]), encoding="utf-8"), orders={_TWO[0]: 500}, buyers={_TWO[0]: "小明"},
    ),
    EvilFile(
        key="short-gbk", why="guesses cp949 or Big5 of a few Chinese letters",
        data=_report(_record(_TWO[0], buyer="阿")), orders={_TWO[0]: 500}, buyers={_TWO[0]: "阿"},
    ),
    EvilFile(
        key="lines-in-cells", why="splits at every line end and every comma",
        data=_report(_record(_TWO[0], title='"宽粉, 500g\r\n""送礼""\n两袋"'), _record(_TWO[1])),
        orders=_GOOD,
    ),
    EvilFile(
        key="utf-16", why="takes a spreadsheet's Unicode text for broken UTF-8",
        data="\r\n".join(
            "\t".join(row) for row in (HEADER, _record(_TWO[0]), _record(_TWO[1]))
        ).encode("utf-16"),
        orders=_GOOD,
    ),
    EvilFile(
        key="utf-32", why="takes its mark for that of UTF-16",
        data=_PLAIN.decode().encode("utf-32"), orders=_GOOD,
    ),
    EvilFile(
        key="utf-16-unmarked", why="shows names of columns with a NUL between their letters",
        data=_PLAIN.decode().encode("utf-16-le"), refused="encoding",
    ),
    EvilFile(
        key="web-page-as-workbook", why="hands HTML to a workbook reader", name="导出.xls",
        data="<html><table><tr><td>订单编号</td></tr></table></html>".encode(), refused="html",
    ),
    EvilFile(
        key="text-as-workbook", why="goes by the ending .xls", name="导出.xls", data=_PLAIN,
        orders=_GOOD,
    ),
    EvilFile(
        key="compressed", why="does not look inside", name="orders.gz", data=gzip.compress(_PLAIN, mtime=0),
        orders=_GOOD,
    ),
    EvilFile(
        key="archive", why="does not look inside", name="导出.zip",
        data=_zip("ExportOrderList202403252230.csv", _PLAIN), orders=_GOOD,
    ),
    EvilFile(key="empty", why="crashes", data=b"", refused="empty"),
    EvilFile(
        key="padded", why="keeps tabs, apostrophes and units in numbers",
        data=_report(
            _record(f"{_TWO[0]}\t", total="￥5.00", paid="5.00元"),
            _record(f"'{_TWO[1]}", total='"1,234.00"', paid='"1,234.00"', title="-"),
            _record("1930000000000649", total="null", paid="5.00\t", title="NULL"),
        ),
        orders={_TWO[0]: 500, _TWO[1]: 123_400, "1930000000000649": 500},
    ),
    EvilFile(
        key="titles-and-totals", why="takes titles for the header, and the sum for an order",
        data=_text([
            ["#导出时间：2024-03-25"], ["店铺订单"], HEADER, _record(_TWO[0]), _record(_TWO[1]),
            ("合计", "", "10.00", "10.00", "", "", "", ""),
        ]),
        orders=_GOOD, rejected=("total",),
    ),
    EvilFile(
        key="paid-is-net", why="subtracts a refund twice: 买家实际支付金额 is what is left after it",
        data=_report(
            (*_record(_TWO[0], total="100.00", paid="70.00"), "30.00"), (*_record(_TWO[1]), "0.00"),
            header=(*HEADER, "退款金额"),
        ),
        orders={_TWO[0]: 10_000, _TWO[1]: 500},
    ),
    EvilFile(
        key="commas-in-states", why="knows 买家已付款，等待卖家发货 with one kind of comma only",
        data=_report(
            _record(_TWO[0], state="买家已付款，等待卖家发货"),
            _record(_TWO[1], state='"买家已付款,等待卖家发货"'),
        ),
        orders=_GOOD,
    ),
    EvilFile(
        key="masked-buyers", why="makes one customer of all the people behind t**1",
        data=_report(_record(_TWO[0], buyer="t**1"), _record(_TWO[1], buyer="t**1")), orders=_GOOD,
        buyers={_TWO[0]: None, _TWO[1]: None},
    ),
    EvilFile(
        key="returns-and-gifts", why="sums returns as sales, stumbles over zero prices and 17850.0",
        name="lines.csv", mapping=LINES,
        data=(
            b"id,who,at,qty,price,item\n536365,17850.0,2010-12-01 08:26,6,2.55,LANTERN\n"
            b"536365,17850.0,2010-12-01 08:26,1,0,GIFT\nC536379,17850,2010-12-02 09:00,-1,2.55,LANTERN\n"
        ),
        orders={"536365": 1530, "C536379": 0}, buyers={"536365": "17850", "C536379": "17850"},
    ),
    EvilFile(
        key="half-cents", why="rounds each price before it multiplies", name="lines.csv", mapping=LINES,
        data=b"id,who,at,qty,price,item\n1,ann,2010-12-01,3,0.125,PIN\n", orders={"1": 38},
    ),
    EvilFile(
        key="workbook-dates", why="reads dates as numbers, or any number as a date", name="export.xlsx",
        data=_book(
            _cells(_TWO[0], datetime(2024, 3, 1, 12)),  # noqa: DTZ001 - spreadsheets know no zones
            _cells(_TWO[1], "2024/3/1 0:00"), _cells("1930000000000649", "2024-13-01"),
            _cells("1930000000000650", 45_352.5),
        ),
        orders=_GOOD, rejected=("instant", "instant"),
    ),
    EvilFile(
        key="microseconds", why="refuses 22:46:22.511",
        data=_report(_record(_TWO[0], at="2019-06-30 22:46:22.511")), orders={_TWO[0]: 500},
    ),
    EvilFile(
        key="formulas", why="runs, or hides, what a buyer calls herself", mapping=TABLE, name="table.csv",
        data=_TABLE_HEAD + b"1,=1+1,2024-03-01,5.00\n2,@cmd,2024-03-01,5.00\n", orders={"1": 500, "2": 500},
        buyers={"1": "=1+1", "2": "@cmd"},
    ),
    EvilFile(
        key="nul-and-short-rows", why="shifts columns, or stops at a NUL", mapping=TABLE, name="table.csv",
        data=_TABLE_HEAD + b"1,ann,2024-03-01,5.00\n2,an\0n,2024-03-01,5.00\n3,ann\n"
        b"4,ann,2024-03-01,5.00,x\n5,ann,2024-03-01,5.00\n",
        orders={"1": 500, "5": 500}, rejected=("nul", "columns", "columns"),
    ),
    EvilFile(
        key="odd-amounts", why="takes 1e3, NaN and ten thousandths for money", mapping=TABLE,
        name="table.csv",
        data=_TABLE_HEAD + b"1,ann,2024-03-01,1e3\n2,ann,2024-03-01,NaN\n3,ann,2024-03-01,0.0001\n"
        b"4,ann,2024-03-01,(5)\n",
        orders={"4": -500}, rejected=("amount", "amount", "amount"),
    ),
)  # fmt: skip
"""One for each way in which readers were seen to fail."""
