"""Which encoding a text file may be in: strict decoding in a fixed order, never a guess by frequency."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

LADDER: Final = ("utf-8", "gb18030", "big5hkscs")
"""Tried in this order. UTF-8 first: its bytes are nearly always valid GB18030 too, and read as nonsense."""

_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def candidates(head: bytes) -> Iterator[str]:
    """Give the encodings that decode the beginning of a file, best first.

    The caller decides among them by known column names.

    Args:
        head: The file's first bytes; a character cut at the end is no fault.

    Example:
        >>> list(candidates("订单编号".encode("gb18030")))
        ['gb18030', 'big5hkscs']
        >>> list(candidates(b"order_id,total"))
        ['utf-8']
    """
    if head.startswith(_UTF16_MARKS):
        yield "utf-16"
    elif head.startswith(codecs.BOM_UTF8) or head.isascii():
        yield "utf-8"
    else:
        yield from (encoding for encoding in LADDER if _decodes(head, encoding))


def decode_head(head: bytes, encoding: str) -> str:
    """Decode the beginning of a file, leaving out a character cut at the end."""
    return codecs.getincrementaldecoder(encoding)("strict").decode(head).removeprefix("\ufeff")


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        decode_head(head, encoding)
    except UnicodeDecodeError:
        return False
    return True
