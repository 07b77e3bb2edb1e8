"""A CSV report as the platform writes it: every cell quoted, numbers protected, CRLF, GB18030."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.simulate.pages import Part, squeeze

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

ENCODING: Final = "gb18030"

PROTECTED: Final = frozenset({"订单编号", "子订单编号", "主订单编号", "支付单号", "退款编号", "支付宝交易号"})
"""Columns written ``="193..."`` so that a spreadsheet does not round them."""


def header(names: Sequence[str]) -> bytes:
    """Write the header row."""
    return (",".join(f'"{name}"' for name in names) + "\r\n").encode(ENCODING)


def body(names: Sequence[str], columns: Mapping[str, Sequence[Part]], rows: int) -> bytearray:
    """Write rows.

    Args:
        names: The header, in order.
        columns: The parts of each column's cells, by name without blanks at its ends; columns not
            mentioned are empty.
        rows: How many rows there are.

    Returns:
        The rows' bytes.
    """
    parts: list[Part] = []
    for place, name in enumerate(names):
        opening = b'="' if name in PROTECTED else b'"'
        parts += [b"," + opening if place else opening, *columns.get(name.strip(), ()), b'"']
    return squeeze([*parts, b"\r\n"], rows)


def save(path: Path, pages: Iterable[bytes | bytearray]) -> Path:
    """Write a file page by page; memory stays flat however long it is."""
    with path.open("wb") as file:
        for page in pages:
            file.write(page)
    return path
