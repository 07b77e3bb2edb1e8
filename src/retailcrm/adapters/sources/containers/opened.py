"""From a path to the tables in it: plain files, gzip, and the members of a ZIP archive, read in place."""

from __future__ import annotations

import difflib
import functools
import io
import os
import stat
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final, Literal

import attrs

from retailcrm.adapters.sources.containers.archive import (
    check_zip,
    open_entry,
    open_zip,
    shown_name,
    zip_content,
)
from retailcrm.adapters.sources.containers.kinds import HEAD, Kind, kind_of
from retailcrm.adapters.sources.containers.streams import open_gzip, too_large
from retailcrm.errors import ImportRefusedError

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterator

    from retailcrm.adapters.sources.limits import ImportLimits

MemberKind = Literal["text", "workbook"]

# What operating systems leave in archives beside the files a person put there.
_LITTER: Final = {".DS_Store", "Thumbs.db", "desktop.ini"}
_EXPORTS: Final = (".csv", ".xlsx", ".xls", ".gz", ".zip", ".tsv", ".txt")


@attrs.frozen(kw_only=True)
class Member:
    """One table-holding file, by itself or inside an archive.

    Attributes:
        name: As the user gave it; an archive's member follows after ``!``.
        kind: ``"text"`` or ``"workbook"``, told by the first bytes and not by the name.
        size_hint: Bytes that :meth:`open` yields, in order to show progress; ``None`` if not known.
        modified: When the file (or the archive around it) was last written; UTC.
        opener: Opens it.
    """

    name: str
    kind: MemberKind
    size_hint: int | None
    modified: datetime
    opener: Callable[[], BinaryIO] = attrs.field(repr=False, eq=False)

    def open(self) -> BinaryIO:
        """Open a fresh stream at the first byte; the caller closes it.

        Reading it raises :class:`~retailcrm.errors.ImportRefusedError` where an archive turns out
        damaged or larger than allowed. Only plain files can be sought in.
        """
        return self.opener()


def members(path: str | os.PathLike[str], limits: ImportLimits) -> Iterator[Member]:
    """Find the tables in a file; nothing is written to disk.

    Args:
        path: A text file, a workbook, a gzip file of one of them, or a ZIP archive of several.
        limits: How far archives may unfold.

    Yields:
        The members, in the archive's order.

    Raises:
        ImportRefusedError: There is nothing to read. Codes: ``"missing"``, ``"directory"``,
            ``"not-a-file"``, ``"unreadable"``, ``"empty"``, ``"html"``, ``"unsupported"``, ``"nested"``,
            ``"encrypted"``, ``"damaged"``, ``"unsafe"``, ``"too-large"``.

    Example:
        >>> import pathlib, tempfile
        >>> from retailcrm.adapters.sources.limits import ImportLimits
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "orders.csv")
        ...     _ = file.write_bytes(b"number,total")
        ...     [(pathlib.Path(m.name).name, m.kind, m.size_hint) for m in members(file, ImportLimits())]
        [('orders.csv', 'text', 12)]
    """
    name = os.fspath(path)
    status = _status_of(name)
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    plain = functools.partial(_open_file, name)
    with plain() as file:
        kind = kind_of(file.read(HEAD), name)
    if kind is Kind.GZIP:
        yield _gzip_member(name, plain, modified, limits)
    elif kind is Kind.ZIP:
        yield from _zip_members(name, plain, modified, limits)
    else:
        yield Member(
            name=name,
            kind="text" if kind is Kind.TEXT else "workbook",
            size_hint=status.st_size,
            modified=modified,
            opener=plain,
        )


def _status_of(name: str) -> os.stat_result:
    if Path(name).name.startswith("~$"):
        raise ImportRefusedError(
            f"'{name}' is what Excel leaves while a workbook is open; give the workbook itself",
            code="unsupported",
        )
    try:
        status = Path(name).stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ImportRefusedError(f"there is no file '{name}'{_meant(name)}", code="missing") from error
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    if stat.S_ISDIR(status.st_mode):
        raise ImportRefusedError(f"'{name}' is a directory; {_files_in(name)}", code="directory")
    if not stat.S_ISREG(status.st_mode):
        raise ImportRefusedError(
            f"'{name}' is a pipe or a device, not a file; save its content to a file and give that",
            code="not-a-file",
        )
    return status


def _meant(name: str) -> str:
    try:
        beside = [entry.name for entry in Path(name).parent.iterdir()]
    except OSError:
        return "; check the path"
    near = difflib.get_close_matches(Path(name).name, beside, 1)
    return f"; did you mean '{Path(name).with_name(near[0])}'?" if near else "; check the path"


def _files_in(name: str) -> str:
    try:
        found = {entry.suffix.lower() for entry in Path(name).iterdir()}
    except OSError:
        found = set()
    suffix = next((suffix for suffix in _EXPORTS if suffix in found), None)
    if suffix is None:
        return "it holds no export; give the files themselves"
    return f"give the files in it: {Path(name) / f'*{suffix}'}"


def _unreadable(name: str, error: OSError | ValueError) -> ImportRefusedError:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    advice = " (is it open in another program?)" if isinstance(error, PermissionError) else ""
    return ImportRefusedError(f"'{name}' cannot be read: {why}{advice}", code="unreadable")


def _open_file(name: str) -> BinaryIO:
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise _unreadable(name, error) from error


def _gzip_member(
    name: str, plain: Callable[[], BinaryIO], modified: datetime, limits: ImportLimits
) -> Member:
    def opener() -> BinaryIO:
        return open_gzip(plain(), name, limits)

    kind = _inner_kind(name, opener, limits)
    return Member(name=name, kind=kind, size_hint=None, modified=modified, opener=opener)


def _zip_members(
    name: str, plain: Callable[[], BinaryIO], modified: datetime, limits: ImportLimits
) -> Iterator[Member]:
    with plain() as file, open_zip(file, name) as archive:
        is_workbook = zip_content(archive, name) == "workbook"
        # A workbook's parts are checked when it is read, by other limits.
        entries = [] if is_workbook else check_zip(archive, name, limits, bound="max_expanded")
        size = file.seek(0, io.SEEK_END)
    if is_workbook:
        yield Member(name=name, kind="workbook", size_hint=size, modified=modified, opener=plain)
        return
    entries = [entry for entry in entries if not _is_litter(entry.filename)]
    if not entries:
        raise ImportRefusedError(f"'{name}' is an archive without files; export it again", code="empty")
    for entry in entries:
        shown = f"{name}!{shown_name(entry)}"

        def opener(entry: zipfile.ZipInfo = entry, shown: str = shown) -> BinaryIO:
            return open_entry(open_zip(plain(), name), entry, shown, close_archive=True)

        kind = _inner_kind(shown, opener, limits)
        yield Member(name=shown, kind=kind, size_hint=entry.file_size, modified=modified, opener=opener)


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return parts[0] == "__MACOSX" or parts[-1] in _LITTER


def _inner_kind(name: str, opener: Callable[[], BinaryIO], limits: ImportLimits) -> MemberKind:
    """Tell what lies inside an archive; an archive there is refused."""
    with opener() as stream:
        head = stream.read(HEAD)
        kind = kind_of(head, name)
        if kind is Kind.TEXT:
            return "text"
        if kind is Kind.OLE:
            return "workbook"
        if kind is Kind.ZIP:
            # Only the directory at its end tells a workbook from an archive.
            whole = head + stream.read(limits.max_bytes + 1 - len(head))
            if len(whole) > limits.max_bytes:
                raise too_large(name, f"it is over {limits.max_bytes:,} bytes", "max_bytes", limits.max_bytes)
            with open_zip(io.BytesIO(whole), name) as archive:
                if zip_content(archive, name) == "workbook":
                    return "workbook"
    raise ImportRefusedError(
        f"'{name}' is an archive inside an archive; unpack the outer one and give the files in it",
        code="nested",
    )
