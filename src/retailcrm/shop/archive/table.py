"""The archive as a table: to Arrow, CSV and XLSX."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from retailcrm.domain.labels import Label
from retailcrm.domain.money import exponent
from retailcrm.errors import MissingExtraError, SettingsError
from retailcrm.shop.scores import safe_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

COLUMNS: Final[Mapping[str, Label]] = {
    "date": Label("交易日期", "Date"),
    "customer_id": Label("顾客ID", "Customer ID"),
    "name": Label("真实姓名", "Name"),
    "email": Label("电子邮箱", "E-mail"),
    "phone": Label("联系电话", "Phone"),
    "address": Label("收货地址", "Address"),
    "products": Label("购买商品", "Products"),
    "amount": Label("成交金额", "Amount"),
    "gifts": Label("购物赠品", "Gifts"),
    "level": Label("会员级别", "Level"),
}
"""The ten columns of the table, and their headers."""

SHEET_ROWS: Final = 1_048_575
"""Rows of a sheet beside its header: what Excel opens."""

_CELL: Final = 32_767
"""Characters of a cell: what Excel opens."""

_WIDTHS: Final = (18, 18, 12, 24, 15, 40, 40, 12, 20, 12)
_ROWS_AT_ONCE: Final = 10_000


@attrs.frozen(eq=False)
class Archive:
    """The customer archive table (客户档案表) of a shop at a moment, made part by part.

    Attributes:
        currency: ISO 4217 code of the amounts.
        tables: Gives the rows in parts, with the columns of :data:`COLUMNS`.
    """

    currency: str
    tables: Callable[[], Iterator[pa.Table]]

    def to_arrow(self) -> pa.Table:
        """Give all rows as a ``pyarrow.Table``: times on the shop's clock, amounts as exact decimals."""
        return pa.concat_tables(self.tables())

    def to_csv(self, path: str | Path, *, lang: str = "zh") -> int:
        """Write a CSV file in UTF-8 with a byte-order mark.

        Texts that a spreadsheet program could take for a formula get a leading apostrophe.

        Args:
            path: Where to.
            lang: Language of the header, ``"zh"`` or ``"en"``.

        Returns:
            How many orders there are.
        """
        names, rows = _headers(lang), 0
        options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
        with Path(path).open("wb") as file:
            file.write(("\ufeff" + ",".join(names) + "\n").encode())
            for table in self.tables():
                rows += len(table)
                pyarrow.csv.write_csv(_written(table), file, options)
        return rows

    def to_xlsx(self, path: str | Path, *, lang: str = "zh") -> int:
        """Write a workbook row by row: however many orders there are, memory stays the same.

        Times and amounts are numbers with a format, all else is text and never a formula. After 1,048,575
        orders another sheet begins.

        Args:
            path: Where to.
            lang: Language of the header, ``"zh"`` or ``"en"``.

        Returns:
            How many orders there are.

        Raises:
            MissingExtraError: XlsxWriter is not installed.
        """
        names = _headers(lang)
        with _writer().Workbook(str(path), {"constant_memory": True}) as book:
            sheets = _Sheets(book, names, self.currency)
            for table in self.tables():
                for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
                    for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                        sheets.write(row)
            sheets.finish()
            return sheets.total


class _Sheets:
    """Writes rows to as many sheets as they need."""

    def __init__(self, book: Any, names: tuple[str, ...], currency: str) -> None:  # noqa: ANN401 - untyped
        self._book, self._names = book, names
        digits = exponent(currency)
        self._head = book.add_format({"bold": True, "bottom": 1})
        self._date = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._money = book.add_format({"num_format": "#,##0" + ("." + "0" * digits if digits else "")})
        self._sheet: Any = None
        self._row = 0
        self.total = 0
        self._begin()

    def _begin(self) -> None:
        number = len(self._book.worksheets()) + 1
        self._sheet = self._book.add_worksheet("客户档案" if number == 1 else f"客户档案 {number}")
        for column, width in enumerate(_WIDTHS):
            self._sheet.set_column(column, column, width)
        self._sheet.freeze_panes(1, 0)
        for column, name in enumerate(self._names):
            self._sheet.write_string(0, column, name, self._head)
        self._row = 0

    def write(self, row: tuple[Any, ...]) -> None:
        """Write one order."""
        if self._row == SHEET_ROWS:
            self.finish()
            self._begin()
        self._row += 1
        self.total += 1
        for column, (name, value) in enumerate(zip(COLUMNS, row, strict=True)):
            if value is None:
                continue
            if name == "date":
                self._sheet.write_datetime(self._row, column, value, self._date)
            elif name == "amount":
                self._sheet.write_number(self._row, column, value, self._money)
            else:
                self._sheet.write_string(self._row, column, value[:_CELL])

    def finish(self) -> None:
        """Let the header filter the rows that are there."""
        self._sheet.autofilter(0, 0, self._row, len(self._names) - 1)


def _headers(lang: str) -> tuple[str, ...]:
    if lang not in ("zh", "en"):
        raise SettingsError(f"no language {lang!r}; there are zh and en")
    return tuple(getattr(label, lang) for label in COLUMNS.values())


def _written(table: pa.Table) -> pa.Table:
    """Give the columns as a CSV file has them."""
    columns = []
    for column in table.columns:
        if pa.types.is_timestamp(column.type):
            columns.append(pc.strftime(column, "%Y-%m-%d %H:%M:%S", locale="C"))
        elif pa.types.is_large_string(column.type):
            columns.append(safe_texts(column))
        else:
            columns.append(column)
    return pa.table(columns, names=table.column_names)


def _writer() -> ModuleType:
    try:
        import xlsxwriter  # noqa: PLC0415 - only who writes workbooks pays for it
    except ImportError as error:
        raise MissingExtraError("writing a workbook", extra="shop") from error
    module: ModuleType = xlsxwriter
    return module
