"""From a path to tables that a source has recognised, ready to be read."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO, Final

import attrs

from retailcrm.adapters.sources.containers.opened import Member, members
from retailcrm.adapters.sources.csv.encoding import unmarked
from retailcrm.adapters.sources.limits import ImportLimits
from retailcrm.adapters.sources.opening import (
    HEAD_BYTES,
    OpenedTable,
    TextForm,
    open_text,
    recognise,
    text_heads,
)
from retailcrm.domain.problems import Problem, Severity
from retailcrm.errors import ImportRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from retailcrm.ports.sources import Match, Source

_NOTHING: Final = b" \t\r\n\0" + codecs.BOM_UTF8 + codecs.BOM_UTF16_LE
"""Blanks, and the marks that a program writes before it writes nothing."""

_PASSED_OVER: Final = ("unrecognised", "empty")
_ASCII_PROBE: Final = 4 << 20
"""A file that begins in plain ASCII is looked into this far for its encoding."""


@attrs.frozen(kw_only=True)
class ReadSettings:
    """How files are to be opened.

    Attributes:
        zone: The shop's IANA zone.
        currency: The shop's ISO 4217 code.
        password: For encrypted workbooks.
        form: What a mapping says of text files.
        limits: How much one file may take.
        progress: Called with the number of bytes read since the last call.
        personal: Whether the recipients of orders are read: names, phones, addresses.
        region: Country (ISO 3166) of phone numbers without a country code.
    """

    zone: str
    currency: str
    password: str | None = None
    form: TextForm = TextForm()
    limits: ImportLimits = ImportLimits()
    progress: Callable[[int], None] | None = None
    personal: bool = False
    region: str = "CN"


@attrs.frozen(kw_only=True, eq=False)
class Discovered:
    """One table with the source that reads it.

    Attributes:
        table: The opened table.
        source: Who reads it.
        match: Why.
        exported_at: Moment of the export, from the name, else the file's own time.
        notes: Warnings about the file beside its records.
    """

    table: OpenedTable
    source: Source
    match: Match
    exported_at: datetime
    notes: tuple[Problem, ...] = ()


def discover(
    path: Path, sources: Mapping[str, Source], settings: ReadSettings
) -> Iterator[Discovered | Problem]:
    """Open every table of a file in turn; read each before asking for the next.

    Yields:
        The tables, and a warning for each member of an archive, or sheet of a workbook, that was left
        unread because no source knows it or because it is empty.

    Raises:
        ImportRefusedError: There is nothing to read, or no source knows any of it.
    """
    refusal: ImportRefusedError | None = None
    known = False
    for member in members(path, settings.limits):
        try:
            for found in _tables(member, sources, settings):
                known = known or isinstance(found, Discovered)
                yield found
        except ImportRefusedError as error:
            # Archives hold a readme beside the exports; anything worse refuses the whole file.
            if error.code not in _PASSED_OVER or "!" not in member.name:
                raise
            refusal = error
            yield unread(member.name, None, error)
    if refusal is not None and not known:
        raise refusal


def _tables(
    member: Member, sources: Mapping[str, Source], settings: ReadSettings
) -> Iterator[Discovered | Problem]:
    if member.kind == "text":
        with member.open() as stream:
            yield _text_table(member, stream, sources, settings)
    else:
        from retailcrm.adapters.sources.xlsx.sheets import discover_sheets  # noqa: PLC0415 - loads Arrow

        yield from discover_sheets(member, sources, settings)


def unread(name: str, sheet: str | None, error: ImportRefusedError) -> Problem:
    """Warn that a part of a file was left unread."""
    return Problem(
        source=name,
        sheet=sheet,
        code="unrecognised",
        severity=Severity.WARNING,
        message=f"this part of the file was not read: {error}",
    )


def _text_table(
    member: Member, stream: BinaryIO, sources: Mapping[str, Source], settings: ReadSettings
) -> Discovered:
    buffered = io.BufferedReader(_Watched(stream, settings.progress or _unwatched), _ASCII_PROBE)
    head = _head(buffered)
    if not head.strip(_NOTHING):
        raise ImportRefusedError(f"'{member.name}' is empty; export it again", code="empty")
    if settings.form.encoding is None and (encoding := unmarked(head)) is not None:
        raise ImportRefusedError(
            f"{member.name}: text in {encoding} without the mark that says so; name it in a mapping "
            f'([file] encoding = "{encoding}"), or save it as CSV UTF-8',
            code="encoding",
        )
    name = plain_name(member.name)
    found = recognise(name, text_heads(head, settings.form), sources)
    table = open_text(member.name, buffered, found, settings)
    moment = found.source.exported_at(name, settings.zone) or member.modified
    return Discovered(table=table, source=found.source, match=found.match, exported_at=moment)


def plain_name(shown: str) -> str:
    """Take the folders and the archive off a shown name."""
    return shown.replace("\\", "/").rpartition("!")[2].rpartition("/")[2]


def _head(stream: io.BufferedReader[_Watched]) -> bytes:
    """Look at the beginning without reading it away."""
    head = stream.peek(HEAD_BYTES)
    start = head[:HEAD_BYTES]
    if (
        len(head) > HEAD_BYTES
        and start.isascii()
        and not start.startswith(codecs.BOM_UTF8)
        and not head.isascii()
    ):
        return head
    return start


def _unwatched(_: int) -> None:
    """Nobody asked for progress."""


class _Watched(io.RawIOBase):
    """A stream that says how far it has come."""

    def __init__(self, stream: BinaryIO, progress: Callable[[int], None]) -> None:
        self._stream, self._progress = stream, progress

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer from the stream."""
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._progress(len(data))
        return len(data)
