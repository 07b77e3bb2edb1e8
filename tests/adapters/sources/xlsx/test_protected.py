"""Old workbooks, workbooks under a password, and the packages that open them."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
from typing import Any

import pytest
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile

from retailcrm.adapters.sources.limits import ImportLimits
from retailcrm.adapters.sources.xlsx.workbook import read_workbook
from retailcrm.errors import ImportRefusedError, MissingExtraError

LIMITS = ImportLimits()


def column(values: list[Any]) -> bytes:
    """Write a workbook of one column."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("Orders").write_column(0, 0, values)
    return buffer.getvalue()


def rows(data: bytes, limits: ImportLimits = LIMITS, **options: Any) -> list[dict[str, Any]]:
    """Read all rows of a workbook."""
    with read_workbook(io.BytesIO(data), limits=limits, **options) as book:
        return [row for sheet in book for batch in sheet.batches for row in batch.to_pylist()]


def texts(data: bytes, **options: Any) -> list[str | None]:
    """Read a workbook's first column."""
    return [row["c0"] for row in rows(data, **options)]


def refusal(data: bytes, limits: ImportLimits = LIMITS, **options: Any) -> ImportRefusedError:
    """Give the refusal that reading a workbook ends in."""
    with pytest.raises(ImportRefusedError) as caught:
        rows(data, limits, **options)
    return caught.value


def encrypted(data: bytes, password: str) -> bytes:
    """Protect a workbook as Excel does."""
    buffer = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, buffer)
    return buffer.getvalue()


def test_a_password_opens_an_encrypted_workbook() -> None:
    """With the right password it reads; without one and with a wrong one the answer says what to do."""
    data = encrypted(column(["订单编号", 5]), "密码123")
    assert texts(data, password="密码123") == ["订单编号", "5"]  # noqa: S106
    assert (e := refusal(data)).code == "encrypted"
    assert "pass it with --password" in str(e)
    assert (e := refusal(data, password="wrong")).code == "password"  # noqa: S106
    assert "does not open" in str(e)
    assert refusal(data, password="").code == "encrypted"


def test_a_password_that_is_not_needed_is_ignored() -> None:
    """One --password may stand for several files, only some of them protected."""
    assert texts(column(["a"]), password="x") == ["a"]  # noqa: S106
    assert texts(old_workbook(), password="x") == ["number"]  # noqa: S106


def test_what_an_encrypted_workbook_hides_is_looked_through_too() -> None:
    """Encryption does not carry a bomb past the scan."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(column(["a"]))) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry).replace(b'r="A1"', b'r="XFD1048576"'))
    assert refusal(encrypted(buffer.getvalue(), "x"), password="x").code == "too-large"  # noqa: S106


def old_workbook(extra: bytes = b"") -> bytes:
    """Write an .xls file of two cells by hand, after [MS-CFB] and [MS-XLS]."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    begin = struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)
    end = record(0x0A, b"")
    name = b"\x06\x00Orders"
    head = record(0x809, begin) + extra
    start = len(head) + 4 + 6 + len(name) + len(end)
    label = struct.pack("<HHHH", 0, 0, 0, 6) + b"\x00number"
    number = struct.pack("<HHHd", 0, 1, 0, 12.5)
    cells = record(0x204, label) + record(0x203, number)
    sheet = record(0x809, begin.replace(b"\x05\x00", b"\x10\x00")) + cells + end
    stream = head + record(0x85, struct.pack("<IBB", start, 0, 0) + name) + end + sheet
    stream = stream.ljust(4_096, b"\x00")  # shorter ones would lie in a stream of small streams
    sectors = len(stream) // 512
    # Sector 0: the allocation table; 1: the directory; then the stream.
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + sectors), 0xFFFFFFFE]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack(
        "<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0
    )
    header = header.ljust(512, b"\xff")

    def entry(title: str, kind: int, child: int, sector: int, size: int) -> bytes:
        text = title.encode("utf-16-le") + b"\0\0"
        links = struct.pack("<BBIII", kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return (
            text.ljust(64, b"\0")
            + struct.pack("<H", len(text))
            + links
            + bytes(36)
            + struct.pack("<IQ", sector, size)
        )

    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(stream))
    return header + table + directory.ljust(512, b"\0") + stream


def test_old_workbooks_are_read() -> None:
    """An .xls file needs no conversion."""
    assert rows(old_workbook()) == [{"sheet_row": 1, "c0": "number", "c1": "12.5"}]


def test_old_workbooks_keep_to_the_limits() -> None:
    """Nobody has looked through an .xls before, so the process that parses it checks."""
    assert "max_columns = 1)" in str(refusal(old_workbook(), ImportLimits(max_columns=1)))
    assert "max_cells = 1)" in str(refusal(old_workbook(), ImportLimits(max_cells=1)))


def test_an_old_workbook_under_a_password_says_so() -> None:
    """An .xls file with a FILEPASS record is encrypted."""
    protected = old_workbook(struct.pack("<HHHHH", 0x2F, 6, 0, 0, 0))
    assert refusal(protected).code == "encrypted"
    assert refusal(protected, password="x").code == "password"  # noqa: S106


def test_an_ole_file_without_a_workbook_is_damaged() -> None:
    """A .doc or an installer is no workbook, with a password or without."""
    letter = old_workbook().replace("Workbook".encode("utf-16-le"), "Document".encode("utf-16-le"))
    assert refusal(letter).code == "damaged"
    assert refusal(letter, password="x").code == "damaged"  # noqa: S106


@pytest.mark.parametrize("package", ["pyarrow", "python_calamine", "msoffcrypto"])
def test_a_missing_package_is_named_by_its_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The base install says what to install."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"retailcrm-core\[shop\]"):
        rows(old_workbook())


def test_an_xlsx_file_needs_nothing_to_decrypt_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only old and encrypted workbooks need msoffcrypto."""
    monkeypatch.setitem(sys.modules, "msoffcrypto", None)
    assert texts(column(["a"])) == ["a"]
