"""Bytes unpacked while they are read, each chunk checked before anybody sees it."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from retailcrm.errors import ImportRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from retailcrm.adapters.sources.limits import ImportLimits

RATIO_FROM = 16 << 20
"""A file that unfolds to less than this is no danger, however well it was packed."""

_BUFFER = 256 << 10


class _Closes(Protocol):
    def close(self) -> None: ...


class GuardedStream(io.RawIOBase):
    """Read an unpacking stream; turn its failures into refusals that name the file."""

    def __init__(
        self,
        source: BinaryIO,
        name: str,
        check: Callable[[int, bool], None],
        also_close: Sequence[_Closes] = (),
    ) -> None:
        """Wrap a stream.

        Args:
            source: What unpacks.
            name: The file's name for messages.
            check: Called after each chunk with the bytes so far and whether that was the end;
                raises to refuse.
            also_close: What to close after ``source``.
        """
        super().__init__()
        self._source, self._name, self._check, self._also_close = source, name, check, also_close
        self._count = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # Buffer is new in 3.12
        """Fill a buffer; 0 at the end."""
        try:
            data = self._source.read(len(buffer))
        except (zlib.error, EOFError, zipfile.BadZipFile, gzip.BadGzipFile) as error:
            raise damaged(self._name, str(error)) from error
        self._count += len(data)
        self._check(self._count, not data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close it and everything under it."""
        if not self.closed:
            for stream in (self._source, *self._also_close):
                stream.close()
        super().close()


def buffered(stream: GuardedStream) -> BinaryIO:
    """Give small reads a buffer."""
    return io.BufferedReader(stream, _BUFFER)


def damaged(name: str, why: str) -> ImportRefusedError:
    """Make the refusal of a file whose bytes are not what they should be."""
    return ImportRefusedError(
        f"'{name}' is damaged or was cut off ({why}); download or export it again", code="damaged"
    )


def too_large(name: str, what: str, limit: str, allowed: int) -> ImportRefusedError:
    """Make the refusal of a file beyond one of the limits.

    Args:
        name: The file's name.
        what: What is too much about it, as a clause.
        limit: The field of :class:`~retailcrm.adapters.sources.limits.ImportLimits`.
        allowed: The field's value.
    """
    return ImportRefusedError(f"'{name}' was refused: {what} (limit {limit} = {allowed:,})", code="too-large")


def open_gzip(file: BinaryIO, name: str, limits: ImportLimits) -> BinaryIO:
    """Read a gzip file in place.

    Args:
        file: The packed file; closed together with the stream returned.
        name: Its name for messages.
        limits: ``max_expanded`` and ``max_ratio`` are read.

    Returns:
        The unpacked bytes; reading raises :class:`ImportRefusedError` (``"too-large"``, ``"damaged"``).
    """

    def check(count: int, _ended: bool) -> None:
        if count > limits.max_expanded:
            what = f"it unpacks to more than {limits.max_expanded:,} bytes"
            raise too_large(name, what, "max_expanded", limits.max_expanded)
        if count > RATIO_FROM and count > limits.max_ratio * file.tell():
            what = f"it unpacks to over {limits.max_ratio:,} times its size"
            raise too_large(name, what, "max_ratio", limits.max_ratio)

    source = cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb"))
    return buffered(GuardedStream(source, name, check, [file]))
