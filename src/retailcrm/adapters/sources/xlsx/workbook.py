"""Workbooks as rows of text: .xlsx and .xlsm, old .xls, and either of them under a password.

Nothing is guessed and nothing is lost on the way: numbers come as digits or, where Excel has already
rounded a long one, visibly in scientific notation. Workbooks are looked through first
(:mod:`~retailcrm.adapters.sources.xlsx.scan`) and then parsed in a process of their own.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import io
import json
from typing import TYPE_CHECKING, BinaryIO, Final, Self

import attrs

from retailcrm.adapters.sources.containers.kinds import HEAD, Kind, kind_of
from retailcrm.adapters.sources.containers.opened import Member
from retailcrm.adapters.sources.containers.streams import too_large
from retailcrm.adapters.sources.xlsx import child
from retailcrm.adapters.sources.xlsx.cells import Extent, Marked, column_letters
from retailcrm.adapters.sources.xlsx.process import converse
from retailcrm.adapters.sources.xlsx.scan import WorkbookScan, scan_workbook
from retailcrm.domain.problems import Problem, Severity
from retailcrm.errors import ImportRefusedError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from types import TracebackType

    import pyarrow as pa

    from retailcrm.adapters.sources.limits import ImportLimits

ROW: Final = "sheet_row"
"""The column of a batch that holds the sheet's own row numbers, from 1."""


@attrs.frozen(kw_only=True, eq=False)
class Sheet:
    """One worksheet.

    Attributes:
        name: As on its tab.
        hidden: Whether Excel hides it.
        rows: Rows from the first to the last that hold something; those that ``batches`` gives.
        columns: Columns from A to the last that holds something.
        problems: Warnings about cells that read as empty although they are not.
        batches: The rows, once and in order: column ``sheet_row`` (``int32``, from 1) and ``c0``,
            ``c1``, ... (strings; null for an empty cell), ``c0`` being column A. Blank rows in between
            are given, those before the first row that holds something are not. Instants read
            ``2019-06-30 22:46:22.511000``, those at midnight ``2019-06-30``.
    """

    name: str
    hidden: bool
    rows: int
    columns: int
    problems: tuple[Problem, ...]
    batches: Iterator[pa.RecordBatch]


class Workbook:
    """An opened workbook: iterate once over its sheets, each before the next is asked for.

    A process stands behind it until the last sheet is read, the workbook is closed, or nothing refers
    to it any more.

    Attributes:
        name: As the user gave it.
        sheet_names: All worksheets, wanted or not, in their order.
        problems: Warnings about the workbook as a whole.
    """

    def __init__(
        self,
        name: str,
        sheet_names: tuple[str, ...],
        scan: WorkbookScan,
        frames: Generator[tuple[bytes, bytes], None, None],
    ) -> None:
        """Take over a conversation that has given the names of the sheets."""
        self.name = name
        self.sheet_names = sheet_names
        self.problems = _macro_warning(name) if scan.macros else ()
        self._scan, self._frames = scan, frames

    def __iter__(self) -> Iterator[Sheet]:
        """Give the sheets; rows of a sheet that were not read by then are passed over.

        Raises:
            ImportRefusedError: The workbook turned out too large or broken.
        """
        for _, content in self._frames:
            about = json.loads(content)
            batches = _batches(self._frames)
            problems = _cell_warnings(
                self.name, about["name"], self._scan.sheets.get(about["name"], Extent())
            )
            yield Sheet(problems=problems, batches=batches, **about)
            for _ in batches:
                pass

    def close(self) -> None:
        """End the process behind it; harmless if it has ended."""
        self._frames.close()

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def read_workbook(
    source: Member | BinaryIO, *, limits: ImportLimits, password: str | None = None, sheet: str | None = None
) -> Workbook:
    """Open a workbook.

    Args:
        source: A member of kind ``"workbook"``, or a binary stream (its ``name`` is shown, if it has one).
        limits: What the workbook may unfold into.
        password: Opens an encrypted workbook; ignored by one that is not.
        sheet: The only sheet wanted; ``None`` for all.

    Returns:
        The workbook, its sheets not parsed yet.

    Raises:
        ImportRefusedError: It cannot be taken. Codes: ``"encrypted"``, ``"password"``, ``"too-large"``,
            ``"damaged"``, ``"unsafe"``, ``"unsupported"``, ``"crashed"``, ``"no-sheet"``.
        MissingExtraError: The packages that read workbooks are not installed.
    """
    name, data = _take(source, limits)
    kind = kind_of(data[:HEAD], name)
    _need("pyarrow", "python_calamine", *(["msoffcrypto"] if kind is Kind.OLE else []))
    if password and kind is Kind.OLE:
        data = _decrypted(data, name, limits, password)
        kind = kind_of(data[:HEAD], name)
    if kind is Kind.ZIP:
        scan = scan_workbook(io.BytesIO(data), name, limits, sheet)
    elif kind is Kind.OLE:
        # Nothing looks through an old .xls before: it has 256 columns at most, and the process its limits.
        scan = WorkbookScan(sheets={}, macros=False)
    else:
        raise ImportRefusedError(f"'{name}' is not a workbook, whatever its name says", code="unsupported")
    frames = converse(data, name, limits, task="read", sheet=sheet)
    _, content = next(frames)
    names = tuple(json.loads(content)["sheets"])
    if sheet is not None and sheet not in names:
        frames.close()
        raise _no_sheet(name, sheet, names)
    return Workbook(name, names, scan, frames)


def _need(*packages: str) -> None:
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError("reading workbooks", extra="shop")


def _take(source: Member | BinaryIO, limits: ImportLimits) -> tuple[str, bytes]:
    if isinstance(source, Member):
        with source.open() as stream:
            name, data = source.name, stream.read(limits.max_bytes + 1)
    else:
        name, data = str(getattr(source, "name", "workbook")), source.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        what = f"it is over {limits.max_bytes:,} bytes; save its sheets as CSV"
        raise too_large(name, what, "max_bytes", limits.max_bytes)
    return name, data


def _decrypted(data: bytes, name: str, limits: ImportLimits, password: str) -> bytes:
    with contextlib.closing(converse(data, name, limits, task="decrypt", password=password)) as frames:
        _, plain = next(frames)
        return plain


def _no_sheet(name: str, sheet: str, names: tuple[str, ...]) -> ImportRefusedError:
    near = difflib.get_close_matches(sheet, names, 1)
    meant = f"; did you mean '{near[0]}'?" if near else ""
    return ImportRefusedError(
        f"'{name}' has no sheet '{sheet}', only: {', '.join(names)}{meant}", code="no-sheet"
    )


def _batches(frames: Iterator[tuple[bytes, bytes]]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa  # noqa: PLC0415 - part of the [shop] extra

    for kind, content in frames:
        if kind == child.SHEET_END:
            return
        yield pa.ipc.open_stream(content).read_next_batch()


def _macro_warning(name: str) -> tuple[Problem, ...]:
    message = "holds macros; only its cells were read, nothing of it was run"
    return (Problem(source=name, code="macros", message=message, severity=Severity.WARNING),)


def _cell_warnings(name: str, sheet: str, extent: Extent) -> tuple[Problem, ...]:
    kinds = (
        (
            "formula-without-value",
            extent.valueless,
            "hold a formula without a stored value; open the file in Excel or WPS and save it",
        ),
        ("error-cell", extent.errors, "hold an error such as #N/A"),
    )
    return tuple(
        _cell_warning(name, sheet, code, marked, what) for code, marked, what in kinds if marked.count
    )


def _cell_warning(name: str, sheet: str, code: str, marked: Marked, what: str) -> Problem:
    first = f"{column_letters(marked.first_column)}{marked.first_row}"
    return Problem(
        source=name,
        sheet=sheet,
        code=code,
        message=f"{marked.count:,} cells from {first} on read as empty: they {what}",
        severity=Severity.WARNING,
        first_line=marked.first_row,
        last_line=marked.first_row,
    )
