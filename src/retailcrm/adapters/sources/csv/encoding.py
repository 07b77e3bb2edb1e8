"""Which encoding a text file may be in: decoding in a fixed order, never a guess by frequency."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LADDER: Final = ("utf-8", "gb18030", "big5hkscs")
"""Tried in this order. UTF-8 first: its bytes are nearly always valid GB18030 too, and read as nonsense."""

_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32_MARKS: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_WIDE: Final = 8
"""Of as many characters at least one is Latin, a digit or a delimiter, in any export."""

_WRONG: Final = "\N{REPLACEMENT CHARACTER}"
_GOOD_FOR_A_BAD: Final = 2


def candidates(head: bytes) -> Iterator[str]:
    """Give the encodings that decode the beginning of a file, best first.

    The caller decides among them by known column names. A few damaged bytes do not rule an encoding
    out: they reject their own record later. Text in another encoding is damaged nearly everywhere.

    Args:
        head: The file's first bytes; a character cut at the end is no fault.

    Example:
        >>> list(candidates("订单编号".encode("gb18030")))
        ['gb18030', 'big5hkscs']
        >>> list(candidates(b"order_id,total"))
        ['utf-8']
        >>> list(candidates("订单编号,上海".encode() + bytes([0xFF])))[0]
        'utf-8'
    """
    # The mark of UTF-16 is the beginning of that of UTF-32.
    if head.startswith(_UTF32_MARKS):
        yield "utf-32"
    elif head.startswith(_UTF16_MARKS):
        yield "utf-16"
    elif head.startswith(codecs.BOM_UTF8) or head.isascii():
        yield "utf-8"
    else:
        fitting = [encoding for encoding in LADDER if _decodes(head, encoding)]
        yield from fitting or (("utf-8",) if _mostly_ascii(head) else ())


def unmarked(head: bytes) -> str | None:
    """Tell whether a file is UTF-16 without its mark; ``None`` if it is anything else.

    Half of the bytes of Latin letters are NUL in it, at every other place and only there. Elsewhere a NUL is
    an accident, and rejects its record.

    Args:
        head: The file's first bytes.

    Example:
        >>> unmarked("id,订单编号".encode("utf-16-le")), unmarked("id,订单编号".encode())
        ('utf-16-le', None)
    """
    if head.startswith((*_UTF16_MARKS, *_UTF32_MARKS)):
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * _WIDE <= len(head) // 2 or min(even, odd):
        return None
    return "utf-16-le" if odd else "utf-16-be"


def decode_head(head: bytes, encoding: str) -> str:
    """Decode the beginning of a file, leaving out a character cut at the end.

    Bytes that are none of the encoding's become replacement characters: who recognises a file looks at names.
    """
    return codecs.getincrementaldecoder(encoding)("replace").decode(head).removeprefix("\ufeff")


def _decodes(head: bytes, encoding: str) -> bool:
    text = decode_head(head, encoding)
    bad = text.count(_WRONG)
    if encoding == "utf-8":
        # A file may hold that very character, from an earlier accident.
        bad -= head.count(_WRONG.encode())
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return bad == 0 or bad * (_GOOD_FOR_A_BAD + 1) <= beyond_ascii


def _mostly_ascii(head: bytes) -> bool:
    """Say whether most lines are plain, so that a few broken ones are no reason to read nothing."""
    lines = head.splitlines()
    return sum(map(bytes.isascii, lines)) * 2 > len(lines)


def known_encoding(name: str) -> str | None:
    """Give the usual name of a text encoding, ``None`` if there is no such encoding.

    Example:
        >>> known_encoding("GB18030-2000"), known_encoding("UTF-8-SIG"), known_encoding("klingon")
        ('gb18030', 'utf-8', None)
    """
    try:
        found = codecs.lookup(name).name
        # Some codecs, such as "hex", are not between bytes and text.
        b"a".decode(found)
    except (LookupError, ValueError):
        return None
    return found.removesuffix("-sig")
