"""Look through a workbook before its parser does: how far each sheet reaches, and whether it means harm.

A workbook of 1.4 kB with the cells A1 and XFD1048576 makes a parser that stores rectangles ask for
17 thousand million cells. The ``<dimension>`` tag says whatever its author likes, so the cells
themselves are looked at; each part is read once, in chunks, in time proportional to its size.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, BinaryIO, Final
from xml.parsers import expat

import attrs

from retailcrm.adapters.sources.containers.archive import check_zip, open_entry, open_zip, zip_content
from retailcrm.adapters.sources.containers.streams import damaged, too_large
from retailcrm.adapters.sources.xlsx.cells import BadReferenceError, CellWatch, Extent, column_letters
from retailcrm.errors import ImportRefusedError

if TYPE_CHECKING:
    import zipfile

    from retailcrm.adapters.sources.limits import ImportLimits

_Tag = Callable[[str, list[str]], None]

_CHUNK: Final = 64 << 10
# A parser starts a token over with each chunk: an endless tag would cost the square of its length.
_LONGEST_TAG: Final = 1 << 20
_XML_STARTS: Final = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_XML_NAMES: Final = (".xml", ".rels")
_WORKBOOK: Final = "xl/workbook.xml"
_LINKS: Final = "xl/_rels/workbook.xml.rels"


@attrs.frozen(kw_only=True)
class WorkbookScan:
    """What a workbook holds, as far as can be told without parsing it.

    Attributes:
        sheets: The extent of each sheet by its name.
        macros: Whether programs travel with it.
    """

    sheets: Mapping[str, Extent]
    macros: bool


def scan_workbook(file: BinaryIO, name: str, limits: ImportLimits, sheet: str | None = None) -> WorkbookScan:
    """Check an .xlsx or .xlsm file.

    Args:
        file: The workbook; can be sought in.
        name: Its name for messages.
        limits: The archive's limits, ``max_columns`` and ``max_cells`` are read.
        sheet: The only sheet that must keep to them; ``None`` for every one.

    Returns:
        What it holds.

    Raises:
        ImportRefusedError: It would unfold too far (``"too-large"``), brings a DTD or inconsistent sizes
            (``"unsafe"``), or lacks or garbles a part (``"damaged"``).
    """
    with open_zip(file, name) as archive:
        if zip_content(archive, name) != "workbook":
            raise ImportRefusedError(f"'{name}' is an archive, not a workbook; unpack it", code="unsupported")
        entries = check_zip(archive, name, limits, bound="max_workbook_expanded")
        parts = {entry.filename.lower().replace("\\", "/"): entry for entry in entries}
        for needed in (_WORKBOOK, _LINKS):
            if needed not in parts:
                raise damaged(name, f"its part {needed} is missing")
        sheets_part, links_part = _Sheets(), _Links()
        tags = {_WORKBOOK: sheets_part.tag, _LINKS: links_part.tag}
        extents = {part: _read_part(archive, entry, name, tags.get(part)) for part, entry in parts.items()}
    _titles, linked = sheets_part.found, links_part.found
    sheets = {
        title: extents.get(linked.get(link, "")) or Extent() for title, link in sheets_part.found.items()
    }
    for title, extent in sheets.items():
        if sheet in (None, title):
            _check_extent(extent, name, title, limits)
    return WorkbookScan(sheets=sheets, macros=any(part.endswith("vbaproject.bin") for part in parts))


class _Sheets:
    """Collect the sheets' names with their links from the workbook's own part."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def tag(self, tag: str, attributes: list[str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            pairs = dict(zip(attributes[::2], attributes[1::2], strict=True))
            link = next((value for key, value in pairs.items() if key.endswith(":id")), "")
            self.found[pairs.get("name", "")] = link


class _Links:
    """Collect which part each link of the workbook leads to."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def tag(self, tag: str, attributes: list[str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            pairs = dict(zip(attributes[::2], attributes[1::2], strict=True))
            # A target that starts with a slash is seen from the package's root, others from xl/.
            target = posixpath.normpath(posixpath.join("/xl", pairs.get("Target", "")))
            self.found[pairs.get("Id", "")] = target.lstrip("/").lower()


def _check_extent(extent: Extent, name: str, sheet: str, limits: ImportLimits) -> None:
    right = column_letters(extent.last_column)
    if extent.last_column > limits.max_columns:
        place = f"column {right}, which is number {extent.last_column:,}"
        what = f"its sheet {sheet} has something in {place}; delete what stands far right"
        raise too_large(name, what, "max_columns", limits.max_columns)
    if extent.rectangle > limits.max_cells:
        left = column_letters(extent.first_column)
        reach = f"{left}{extent.first_row} to {right}{extent.last_row}"
        what = (
            f"its sheet {sheet} reaches from {reach}, which is {extent.rectangle:,} cells; "
            "delete what stands far out, or save the sheet as CSV"
        )
        raise too_large(name, what, "max_cells", limits.max_cells)


def _read_part(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, tag: _Tag | None
) -> Extent | None:
    """Inflate a part to its end, whatever it is; give the extent of its cells if it is XML."""
    name = f"{name}!{entry.filename}"
    with open_entry(archive, entry, name, close_archive=False) as stream:
        chunk = stream.read(_CHUNK)
        if not entry.filename.lower().endswith(_XML_NAMES) and not chunk.lstrip().startswith(_XML_STARTS):
            while stream.read(_CHUNK):
                pass
            return None
        parser = _parser(name)
        watch = CellWatch(parser)
        if tag is not None:
            parser.StartElementHandler = tag
        _feed(parser, stream, chunk, name)
    return watch.extent()


def _feed(parser: expat.XMLParserType, stream: BinaryIO, chunk: bytes, name: str) -> None:
    fed = 0
    try:
        while chunk:
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > _LONGEST_TAG:
                raise _refused_xml(name, "it has a tag of over 1 MiB")
            chunk = stream.read(_CHUNK)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise damaged(name, f"no well-formed XML: {error}") from error
    except BadReferenceError as error:
        raise damaged(name, f"no cell can be called {error}") from error


def _parser(name: str) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.ordered_attributes = True

    def refuse(*_declaration: object) -> None:
        raise _refused_xml(name, "it declares a document type or entities")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _refused_xml(name: str, why: str) -> ImportRefusedError:
    return ImportRefusedError(
        f"'{name}' was refused: {why}, which no spreadsheet program writes; "
        "open it in Excel or WPS, save it again, and give that file",
        code="unsafe",
    )
