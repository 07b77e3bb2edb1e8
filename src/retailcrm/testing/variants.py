"""Other ways to write the same file: what people and programs do to an export without changing it."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Rows = list[list[str]]


@attrs.frozen(kw_only=True)
class Variant:
    """A file that says the same as another.

    Attributes:
        name: What was done, in words.
        suffix: What follows the file's name: ``""``, or ``.gz`` ...
        data: Its bytes.
    """

    name: str
    suffix: str
    data: bytes


def parsed(data: bytes, encoding: str, delimiter: str = ",") -> Rows:
    """Split a text file into its rows of cells, by the letter of RFC 4180."""
    return list(csv.reader(io.StringIO(data.decode(encoding), newline=""), delimiter=delimiter))


def written(
    rows: Rows, *, delimiter: str = ",", newline: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL
) -> str:
    """Write rows of cells as text."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=quoting).writerows(rows)  # type: ignore[arg-type]  # the stubs want literals
    return out.getvalue()


def variants(data: bytes, encoding: str, *, header: int = 0) -> tuple[Variant, ...]:
    """Write a comma-separated sample in every way that must not change what it says.

    Args:
        data: The sample.
        encoding: Of its bytes.
        header: Which of its rows has the column names.

    Returns:
        The variants, named.
    """
    rows = parsed(data, encoding)
    texts: dict[str, Variant] = {}
    for name, make in _WRITTEN.items():
        texts[name] = Variant(name=name, suffix="", data=make([list(row) for row in rows], header))
    packed = {
        name: Variant(name=name, suffix=suffix, data=pack(data)) for name, (suffix, pack) in _PACKED.items()
    }
    return (*texts.values(), *packed.values())


def _utf8(rows: Rows, _: int) -> bytes:
    return written(rows).encode()


def _marked(rows: Rows, _: int) -> bytes:
    return written(rows).encode("utf-8-sig")


def _chinese(rows: Rows, _: int) -> bytes:
    return written(rows).encode("gb18030")


def _unix(rows: Rows, _: int) -> bytes:
    return written(rows, newline="\n").encode()


def _all_quoted(rows: Rows, _: int) -> bytes:
    return written(rows, quoting=csv.QUOTE_ALL).encode()


def _tabs(rows: Rows, _: int) -> bytes:
    return written(rows, delimiter="\t").encode()


def _semicolons(rows: Rows, _: int) -> bytes:
    return written(rows, delimiter=";").encode()


def _wide(rows: Rows, _: int) -> bytes:
    return written(rows, delimiter="\t").encode("utf-16")


def _padded_header(rows: Rows, header: int) -> bytes:
    rows[header] = [f"{name} " for name in rows[header]]
    return written(rows).encode()


def _padded_cells(rows: Rows, header: int) -> bytes:
    kept = rows[: header + 1]
    return written([*kept, *([f"{cell}\t" for cell in row] for row in rows[header + 1 :])]).encode()


def _turned(rows: Rows, _: int) -> bytes:
    return written([row[::-1] for row in rows]).encode()


def _wider(rows: Rows, header: int) -> bytes:
    def more(i: int, row: list[str]) -> str:
        return "列外之列" if i == header else "x" if i > header and any(cell.strip() for cell in row) else ""

    return written([[*row[:1], more(i, row), *row[1:]] for i, row in enumerate(rows)]).encode()


def _gapped(rows: Rows, header: int) -> bytes:
    """Put an empty line after every record: programs that end lines twice leave such files."""
    lines: Rows = []
    for i, row in enumerate(rows):
        lines.append(row)
        if i > header:
            lines.append([])
    return written(lines).encode()


def _zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sample.csv", data)
    return out.getvalue()


_WRITTEN: Final[Mapping[str, Callable[[Rows, int], bytes]]] = {
    "UTF-8": _utf8,
    "UTF-8 with a byte order mark": _marked,
    "GB18030": _chinese,
    "Unix line ends": _unix,
    "every cell quoted": _all_quoted,
    "separated by tabs": _tabs,
    "separated by semicolons": _semicolons,
    "UTF-16 with tabs, as a spreadsheet's Unicode text": _wide,
    "blanks after the column names": _padded_header,
    "a tab after every cell": _padded_cells,
    "columns the other way round": _turned,
    "a column that nobody knows": _wider,
    "blank lines between records": _gapped,
}
_PACKED: Final[Mapping[str, tuple[str, Callable[[bytes], bytes]]]] = {
    "gzip": (".gz", gzip.compress),
    "ZIP": (".zip", _zipped),
}
