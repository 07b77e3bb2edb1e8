"""ZIP archives and Office files: checked as a whole, then inflated entry by entry.

What an entry declares about itself is checked first; while it is inflated it is then held to that.
"""

from __future__ import annotations

import contextlib
import copy
import sys
import unicodedata
import zipfile
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, cast

from retailcrm.adapters.sources.containers.streams import (
    RATIO_FROM,
    GuardedStream,
    buffered,
    damaged,
    too_large,
)
from retailcrm.errors import ImportRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.adapters.sources.limits import ImportLimits

_ENCRYPTED: Final = 0x1 | 0x40
_UTF8: Final = 0x800
_LOCAL_HEADER: Final = 30
_SAVE_AS: Final = "open it in Excel or WPS, save it as .xlsx or CSV, and give that file"


def open_zip(file: BinaryIO, name: str) -> zipfile.ZipFile:
    """Read an archive's directory; on failure the file is closed.

    Raises:
        ImportRefusedError: It has none (``"damaged"``).
    """
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        file.close()
        raise damaged(name, str(error)) from error


def zip_content(archive: zipfile.ZipFile, name: str) -> Literal["archive", "workbook"]:
    """Tell an archive of files from a workbook.

    Raises:
        ImportRefusedError: It is another kind of document (``"unsupported"``).
    """
    names = {entry.lower().replace("\\", "/") for entry in archive.namelist()}
    if "content.xml" in names and "mimetype" in names:
        raise ImportRefusedError(f"'{name}' is an OpenDocument file; {_SAVE_AS}", code="unsupported")
    if "xl/workbook.bin" in names:
        raise ImportRefusedError(f"'{name}' is a binary workbook (.xlsb); {_SAVE_AS}", code="unsupported")
    if "xl/workbook.xml" in names:
        return "workbook"
    if "[content_types].xml" not in names:
        return "archive"
    if any(entry.startswith("xl/") for entry in names):
        return "workbook"
    raise ImportRefusedError(
        f"'{name}' is an Office document but not a workbook; give a .xlsx or CSV file", code="unsupported"
    )


def shown_name(entry: zipfile.ZipInfo) -> str:
    """Give an entry's name as its author saw it, fit for a terminal.

    Windows writes names in the local code page without saying so, which reads as cp437.
    """
    name = entry.filename
    if not entry.flag_bits & _UTF8:
        for encoding in ("gb18030", "utf-8"):
            with contextlib.suppress(UnicodeError):
                name = entry.filename.encode("cp437").decode(encoding)
    return "".join("\ufffd" if _is_control(char) else char for char in name)


def _is_control(char: str) -> bool:
    return unicodedata.category(char) == "Cc"


def check_zip(
    archive: zipfile.ZipFile,
    name: str,
    limits: ImportLimits,
    *,
    bound: Literal["max_expanded", "max_workbook_expanded"],
) -> Sequence[zipfile.ZipInfo]:
    """Refuse an archive that is built to harm.

    Args:
        archive: Opened by :func:`open_zip`.
        name: Its name for messages.
        limits: ``max_members``, ``max_ratio`` and the field named by ``bound`` are read.
        bound: Which field bounds the inflated sizes together.

    Returns:
        The entries that are files.

    Raises:
        ImportRefusedError: Too many entries, too large, encrypted, overlapping, or with a name that
            points outside (``"too-large"``, ``"encrypted"``, ``"unsafe"``, ``"unsupported"``).
    """
    entries = archive.infolist()
    if len(entries) > limits.max_members:
        raise too_large(name, f"it holds {len(entries):,} entries", "max_members", limits.max_members)
    for entry in entries:
        _check_entry(entry, f"{name}!{shown_name(entry)}", limits)
    if len({entry.filename for entry in entries}) < len(entries):
        raise _unsafe(name, "two of its entries have the same name")
    total, allowed = sum(entry.file_size for entry in entries), getattr(limits, bound)
    if total > allowed:
        raise too_large(name, f"it unpacks to {total:,} bytes", bound, allowed)
    _check_overlaps(archive, name)
    return [entry for entry in entries if not entry.is_dir()]


def _check_entry(entry: zipfile.ZipInfo, name: str, limits: ImportLimits) -> None:
    posix, windows = PurePosixPath(entry.filename), PureWindowsPath(entry.filename)
    if not posix.parts or posix.is_absolute() or windows.anchor or ".." in windows.parts:
        raise _unsafe(name, "it is not named as a file inside the archive")
    if any(map(_is_control, entry.orig_filename)):
        raise _unsafe(name, "its name holds control characters")
    if entry.flag_bits & _ENCRYPTED:
        raise ImportRefusedError(
            f"'{name}' is protected by the archive's password; unpack the archive and give the files in it",
            code="encrypted",
        )
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ImportRefusedError(
            f"'{name}' is packed in an unusual way (method {entry.compress_type}); "
            "unpack the archive and give the files in it",
            code="unsupported",
        )
    if entry.file_size > RATIO_FROM and entry.file_size > limits.max_ratio * entry.compress_size:
        what = f"it unpacks to over {limits.max_ratio:,} times its size"
        raise too_large(name, what, "max_ratio", limits.max_ratio)


def _check_overlaps(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse entries that share bytes: a small file can unfold to anything that way (CVE-2024-0450)."""
    file = cast("BinaryIO", archive.fp)
    entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    starts = [entry.header_offset for entry in entries]
    for entry, following in zip(entries, [*starts[1:], archive.start_dir], strict=False):
        if entry.header_offset < 0:
            raise damaged(name, "an entry lies before the file's start")
        file.seek(entry.header_offset)
        header = file.read(_LOCAL_HEADER)
        own = sum(int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
        if entry.header_offset + _LOCAL_HEADER + own + entry.compress_size > following:
            raise _unsafe(name, "its entries overlap")


def open_entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, *, close_archive: bool
) -> BinaryIO:
    """Inflate one entry in place.

    Args:
        archive: Where it lies.
        entry: Passed by :func:`check_zip`.
        name: Its name for messages.
        close_archive: Whether closing the stream closes the archive and its file too.

    Returns:
        The inflated bytes; reading raises :class:`ImportRefusedError` as soon as there are more than the
        entry declared (``"unsafe"``), or its checksum is wrong (``"damaged"``).
    """
    declared = entry.file_size
    # zipfile stops at the declared size and hides what follows. Other readers would inflate it.
    unbounded = copy.copy(entry)
    unbounded.file_size = sys.maxsize

    def check(count: int, ended: bool) -> None:
        if count > declared or (ended and count < declared):
            raise _unsafe(name, f"it declares {declared:,} bytes and unpacks to another size")

    closing = (archive, cast("BinaryIO", archive.fp)) if close_archive else ()
    try:
        source = cast("BinaryIO", archive.open(unbounded))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        for stream in closing:
            stream.close()
        raise damaged(name, str(error)) from error
    return buffered(GuardedStream(source, name, check, closing))


def _unsafe(name: str, why: str) -> ImportRefusedError:
    return ImportRefusedError(
        f"'{name}' was refused: {why}, which no honest program writes; export it again from its origin",
        code="unsafe",
    )
