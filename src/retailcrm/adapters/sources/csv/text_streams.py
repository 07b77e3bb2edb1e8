"""Bytes of a text file made ready to be split: an encoding that allows it, newlines, no mark at the start."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO, Final

from retailcrm.errors import ImportRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

_BUFFER: Final = 64 << 10
_SPLIT_AS_THEY_ARE: Final = frozenset(
    {"utf-8", "gb18030", "gbk", "gb2312", "big5", "big5hkscs", "cp950", "ascii"}
)
"""Encodings whose characters never hold the byte of a quote, a newline or a character below ``@``."""

_SINGLE_BYTES: Final = ("iso8859", "cp125", "koi8")


def splittable(stream: BinaryIO, encoding: str, delimiter: str) -> tuple[BinaryIO, str]:
    """Make a text file's bytes such that they can be split before they are decoded.

    Args:
        stream: The file from its first byte.
        encoding: Its encoding.
        delimiter: What separates its values.

    Returns:
        The stream to read, and the encoding of its bytes.
    """
    if not _can_split(encoding, delimiter):
        stream, encoding = _wrapped(stream, _to_utf8(encoding)), "utf-8"
    buffered = stream if isinstance(stream, io.BufferedReader) else _wrapped(stream, bytes)
    head = buffered.peek(_BUFFER)
    if head.startswith(codecs.BOM_UTF8):
        buffered.read(len(codecs.BOM_UTF8))
    if b"\r" in head and b"\n" not in head:
        # Old spreadsheet programs end lines with a return alone.
        return _wrapped(buffered, lambda data: data.replace(b"\r", b"\n")), encoding
    return buffered, encoding


def _can_split(encoding: str, delimiter: str) -> bool:
    if encoding == "utf-8" or encoding.startswith(_SINGLE_BYTES):
        return True
    # The second bytes of Chinese characters reach down to "@", those of GB18030 into the digits too.
    return encoding in _SPLIT_AS_THEY_ARE and delimiter < "@" and not delimiter.isdigit()


def _to_utf8(encoding: str) -> Callable[[bytes], bytes]:
    """Make a converter of chunks; what is no text becomes no UTF-8 either, to be found in its cell."""
    wide = encoding.startswith(("utf-16", "utf-32"))
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass" if wide else "surrogateescape")

    def convert(data: bytes) -> bytes:
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            if not data:
                return b"\xff"
            raise ImportRefusedError(
                f"this file stops being {encoding} text: {error.reason}", code="encoding"
            ) from error
        return text.replace("\ufeff", "").encode("utf-8", "surrogatepass")

    return convert


def _wrapped(stream: BinaryIO, convert: Callable[[bytes], bytes]) -> io.BufferedReader[_Converted]:
    return io.BufferedReader(_Converted(stream, convert), _BUFFER)


class _Converted(io.RawIOBase):
    """A stream whose bytes pass through a function, which is called once more at the end."""

    def __init__(self, stream: BinaryIO, convert: Callable[[bytes], bytes]) -> None:
        self._stream, self._convert = stream, convert
        self._waiting, self._ended = b"", False

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # Buffer is new in 3.12
        """Fill the buffer from the stream."""
        while not self._waiting and not self._ended:
            data = self._stream.read(len(buffer))
            self._waiting, self._ended = self._convert(data), not data
        part, self._waiting = self._waiting[: len(buffer)], self._waiting[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
