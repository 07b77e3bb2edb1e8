"""The process that parses workbooks: it may crash or be stopped, and nothing else with it.

Run as a script, not as a module of the package: what the package imports would cost time and memory.
The request is one line of JSON on standard input, followed by the file's bytes. The answer on standard
output is a row of frames: a letter, eight bytes of length, and as many bytes.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import math
import os
import struct
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa
    from python_calamine import CalamineSheet

FRAME: Final = struct.Struct("<cQ")
WORKBOOK: Final = b"W"
"""JSON: the names of all worksheets."""
SHEET: Final = b"S"
"""JSON: a sheet begins."""
ROWS: Final = b"R"
"""An Arrow stream of one record batch of the sheet."""
SHEET_END: Final = b"E"
"""Empty: the sheet has no more rows."""
PLAIN: Final = b"P"
"""The file's bytes, decrypted."""
REFUSED: Final = b"!"
"""JSON: code and message."""
DONE: Final = b"."
"""Nothing is missing."""

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EXACT: Final = 2**53
_UNRELIABLE: Final = 1e15
_BATCH_ROWS: Final = 8_192
_BATCH_CELLS: Final = 1_000_000
_OPEN_FILES: Final = 64


class Refusal(Exception):  # noqa: N818 - it is an answer, and becomes an error in the parent
    """The file cannot be taken; the parent says so."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def main() -> None:
    """Serve one request."""
    request = json.loads(sys.stdin.buffer.readline())
    _limit_self(request["memory"], request["cpu"])
    task = {"read": _read, "decrypt": _decrypt}[request["task"]]
    out = sys.stdout.buffer
    try:
        task(sys.stdin.buffer.read(), request, out)
    except Refusal as refusal:
        _send_json(out, REFUSED, {"code": refusal.code, "message": str(refusal)})
    except MemoryError:
        _send_json(out, REFUSED, {"code": "memory", "message": ""})
    _send(out, DONE, b"")


def _limit_self(memory: int, cpu: int) -> None:
    # The parent reads errors only after the end: a chatty library must not wait for it.
    with contextlib.suppress(OSError, AttributeError):  # Windows has this from Python 3.12 on
        os.set_blocking(sys.stderr.fileno(), False)
    try:
        import resource  # noqa: PLC0415 - Windows has none: there, the scan before is all the protection
    except ImportError:
        return
    # Past the lower limit of CPU comes a signal that names the reason.
    limits = {"AS": (memory, memory), "CPU": (cpu, cpu + 1), "NOFILE": (_OPEN_FILES,) * 2, "FSIZE": (0, 0)}
    for what, (soft, hard) in limits.items():
        with contextlib.suppress(OSError, ValueError):  # not every system has or allows each
            resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (soft, hard))


def _send(out: BinaryIO, kind: bytes, payload: bytes | memoryview) -> None:
    out.write(FRAME.pack(kind, len(payload)))
    out.write(payload)
    out.flush()


def _send_json(out: BinaryIO, kind: bytes, content: Mapping[str, Any]) -> None:
    _send(out, kind, json.dumps(content).encode())


def _decrypt(data: bytes, request: Mapping[str, Any], out: BinaryIO) -> None:
    with _office_file(data) as file:
        if file is not None and file.is_encrypted():
            plain = io.BytesIO()
            file.load_key(password=request["password"])
            file.decrypt(plain)
            data = plain.getvalue()
    _send(out, PLAIN, data)


@contextlib.contextmanager
def _office_file(data: bytes) -> Iterator[Any]:
    """Look into an OLE file; ``None`` if it is not one that could be encrypted, as far as is known here."""
    import msoffcrypto  # noqa: PLC0415 - not needed for .xlsx
    from msoffcrypto import exceptions  # noqa: PLC0415

    try:
        try:
            file = msoffcrypto.OfficeFile(io.BytesIO(data))
        except exceptions.FileFormatError:
            file = None
        yield file
    except exceptions.InvalidKeyError as error:
        raise Refusal("password", "") from error
    except (exceptions.ParseError, exceptions.DecryptionError, OSError) as error:
        raise Refusal("damaged", str(error)) from error


def _read(data: bytes, request: Mapping[str, Any], out: BinaryIO) -> None:
    import python_calamine as calamine  # noqa: PLC0415 - after the limits are set

    if data.startswith(_OLE):
        with _office_file(data) as file:
            if file is not None and file.is_encrypted():
                raise Refusal("encrypted", "")
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [s for s in workbook.sheets_metadata if s.typ == calamine.SheetTypeEnum.WorkSheet]
        _send_json(out, WORKBOOK, {"sheets": [s.name for s in sheets]})
        for sheet in sheets:
            if request["sheet"] in (None, sheet.name):
                hidden = sheet.visible != calamine.SheetVisibleEnum.Visible
                _send_sheet(workbook.get_sheet_by_name(sheet.name), hidden, request, out)
    except calamine.CalamineError as error:
        raise Refusal("damaged", str(error)) from error


def _send_sheet(sheet: CalamineSheet, hidden: bool, request: Mapping[str, Any], out: BinaryIO) -> None:
    import pyarrow as pa  # noqa: PLC0415 - after the limits are set

    # Places count from 0. An empty sheet has none.
    (top, left), (bottom, right) = sheet.start or (0, 0), sheet.end or (-1, -1)
    height, width = bottom - top + 1, right + 1
    _check_size(sheet.name, width, height * (right - left + 1), request)
    _send_json(out, SHEET, {"name": sheet.name, "hidden": hidden, "rows": height, "columns": width})
    # The iterator starts at row 1, but at the first column that holds something.
    rows = itertools.islice(sheet.iter_rows(), top, None)
    size = max(1, min(_BATCH_ROWS, _BATCH_CELLS // max(1, width)))
    names = ["sheet_row", *(f"c{i}" for i in range(width))]
    number = top + 1
    while chunk := list(itertools.islice(rows, size)):
        blank = pa.nulls(len(chunk), pa.string())
        columns: list[Any] = [pa.array(range(number, number + len(chunk)), pa.int32()), *[blank] * left]
        for values in zip(*chunk, strict=True):
            texts = column_texts(values)
            _check_lengths(texts, sheet.name, number, len(columns), request["max_cell_chars"])
            columns.append(pa.array(texts, pa.string()))
        _send_batch(pa.record_batch(columns, names), out)
        number += len(chunk)
    _send(out, SHEET_END, b"")


def _send_batch(batch: pa.RecordBatch, out: BinaryIO) -> None:
    import pyarrow as pa  # noqa: PLC0415

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    _send(out, ROWS, memoryview(sink.getvalue()))


def _check_size(sheet: str, columns: int, cells: int, request: Mapping[str, Any]) -> None:
    """Hold formats that nobody has looked through before to the same limits."""
    for seen, what in ((columns, "columns"), (cells, "cells")):
        allowed = request[f"max_{what}"]
        if seen > allowed:
            raise Refusal(
                "too-large", f"its sheet {sheet} has {seen:,} {what} (limit max_{what} = {allowed:,})"
            )


def _check_lengths(texts: Sequence[str | None], sheet: str, row: int, column: int, allowed: int) -> None:
    lengths = [len(text) for text in texts if text is not None]
    if lengths and max(lengths) > allowed:
        row += next(i for i, text in enumerate(texts) if text is not None and len(text) > allowed)
        where = f"sheet {sheet}, row {row}, column number {column}"
        limit = f"limit max_cell_chars = {allowed:,}"
        raise Refusal("too-large", f"the cell at {where} has {max(lengths):,} characters ({limit})")


def column_texts(values: Sequence[Any]) -> list[str | None]:
    """Write the cells of a column as text.

    Args:
        values: What calamine gives: str, bool, int, float, date, datetime, time or timedelta.

    Returns:
        Text for each, ``None`` for an empty cell.

    Example:
        >>> column_texts(["", 12.5, 5113000000000047045.0, True, date(2019, 6, 30)])
        [None, '12.5', '5.113000000000047E+18', 'TRUE', '2019-06-30']
    """
    return [_WRITERS[type(value)](value) for value in values]


def _text(value: str) -> str | None:
    return value or None


def _truth(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    if not math.isfinite(value):
        return repr(value)
    if abs(value) >= _UNRELIABLE:
        # No digits are made up: whoever wanted an order number must see that it is gone.
        return f"{Decimal(repr(value)).normalize():E}"
    # Excel shows 15 digits; the 16th and 17th are the noise of binary fractions.
    short = f"{value:.15g}"
    return short if "e" not in short else f"{Decimal(short):f}"


def _duration(value: timedelta) -> str:
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    seconds = value.days * 86_400 + value.seconds
    fraction = f".{value.microseconds:06d}" if value.microseconds else ""
    return f"{sign}{seconds // 3_600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


_WRITERS: Final[Mapping[type, Callable[[Any], str | None]]] = {
    str: _text,
    bool: _truth,
    int: str,
    float: _number,
    datetime: str,
    date: str,
    time: str,
    timedelta: _duration,
}


if __name__ == "__main__":
    main()
