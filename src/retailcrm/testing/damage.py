"""One record of a sample hurt at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.testing.variants import parsed, written

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping


@attrs.frozen(kw_only=True)
class Hurt:
    """A sample with one damaged record.

    Attributes:
        name: What was done to it, in words.
        record: Its number from 1.
        data: The whole file, UTF-8.
    """

    name: str
    record: int
    data: bytes


def _short(line: str) -> bytes:
    return line.rpartition(",")[0].rpartition(",")[0].encode()


def _long(line: str) -> bytes:
    return line.encode() + b",left,over"


def _nul(line: str) -> bytes:
    return line.encode().replace(b",", b",\0", 1)


def _undecodable(line: str) -> bytes:
    return line.encode().replace(b",", b",\xff\xfe", 1)


_WAYS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "cut short": _short,
    "widened": _long,
    "with a NUL": _nul,
    "undecodable": _undecodable,
}


def damaged(data: bytes, encoding: str, *, header: int, rng: random.Random) -> Iterator[Hurt]:
    """Hurt one record in each way; the record is drawn by chance.

    Args:
        data: A comma-separated sample.
        encoding: Of its bytes.
        header: Which row has the column names, -1 for none.
        rng: Draws the record.
    """
    rows = parsed(data, encoding)
    first = header + 1
    # A record over several lines, or a blank one, is no fit subject for damage to a line.
    fit = [i for i in range(first, len(rows)) if any(rows[i]) and not any("\n" in cell for cell in rows[i])]
    for name, hurt in _WAYS.items():
        if fit:
            at = rng.choice(fit)
            lines = [written([row]).removesuffix("\r\n").encode() for row in rows]
            lines[at] = hurt(lines[at].decode())
            yield Hurt(name=name, record=at - header, data=b"\r\n".join(lines) + b"\r\n")
