"""What a file really is, told by its first bytes and never by its name."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum
from typing import Final

from retailcrm.errors import ImportRefusedError

HEAD: Final = 4096
"""How many bytes from the start :func:`kind_of` wants."""


class Kind(StrEnum):
    """How the bytes of a file are to be read."""

    TEXT = "text"
    GZIP = "gzip"
    ZIP = "zip"
    """An archive or an Office file: its entries tell which."""

    OLE = "ole"
    """An old .xls, or any encrypted workbook."""


_READABLE: Final = (
    (b"PK\x03\x04", Kind.ZIP),
    (b"PK\x05\x06", Kind.ZIP),  # an archive without entries
    (b"\x1f\x8b", Kind.GZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OLE),
)

_UNPACK: Final = "unpack it and give the files in it"
_REFUSED: Final = (
    # Place in the file, bytes there, what it is, what to do.
    (0, b"PK\x07\x08", "one part of a split ZIP archive", _UNPACK),
    (0, b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (0, b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (4, b"1AY&SY", "a bzip2 archive", _UNPACK),
    (257, b"ustar", "a tar archive", _UNPACK),
    (0, b"PAR1\x15", "a Parquet file", "read it with pyarrow or pandas and pass the table"),
    (0, b"ARROW1\x00\x00", "an Arrow file", "read it with pyarrow and pass the table"),
    (0, b"SQLite format 3\x00", "a SQLite database", "export the orders from it as CSV"),
    (0, b"%PDF-", "a PDF", "ask the shop platform for the same report as CSV or XLSX"),
    (0, b"\x89PNG\r\n", "a picture", "give the export itself"),
    (0, b"\xff\xd8\xff", "a picture", "give the export itself"),
)

_UNICODE_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HTML: Final = re.compile(r"<(!doctype html|html|head|meta|body|table|style)\b|mime-version:", re.ASCII)
_OLD_XML: Final = "urn:schemas-microsoft-com:office:spreadsheet"


def kind_of(head: bytes, name: str) -> Kind:
    """Tell what a file is.

    Args:
        head: Its first :data:`HEAD` bytes, fewer if it is shorter.
        name: What to call it in messages.

    Returns:
        How to read it; whatever is not known as something else is text.

    Raises:
        ImportRefusedError: It is something that cannot be read (codes ``"unsupported"``, ``"html"``) or
            has no bytes at all (``"empty"``).

    Example:
        >>> kind_of("订单编号,总金额".encode("gb18030"), "orders.xls").value
        'text'
    """
    if not head:
        raise ImportRefusedError(f"'{name}' is empty: it has 0 bytes; export it again", code="empty")
    for magic, kind in _READABLE:
        if head.startswith(magic):
            return kind
    for place, magic, what, advice in _REFUSED:
        if head[place : place + len(magic)] == magic:
            raise ImportRefusedError(f"'{name}' is {what}; {advice}", code="unsupported")
    _refuse_pages(head, name)
    return Kind.TEXT


def _refuse_pages(head: bytes, name: str) -> None:
    encoding = next((e for mark, e in _UNICODE_MARKS if head.startswith(mark)), "latin-1")
    start = head.decode(encoding, "replace").lstrip("\ufeff\xef\xbb\xbf \t\r\n").lower()
    if _HTML.match(start):
        raise ImportRefusedError(
            f"'{name}' is a web page (HTML), whatever its name says; open it in Excel or WPS, "
            "save it as .xlsx or CSV, and give that file",
            code="html",
        )
    if start.startswith("<?xml") and _OLD_XML in start:
        raise ImportRefusedError(
            f"'{name}' is an XML spreadsheet of Excel 2003; open it in Excel or WPS, "
            "save it as .xlsx or CSV, and give that file",
            code="unsupported",
        )
