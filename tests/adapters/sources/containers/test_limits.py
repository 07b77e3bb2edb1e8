"""Each import limit bites, and only on what it is for."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import TYPE_CHECKING, Any

import attrs
import msoffcrypto.format.ooxml
import pytest
import xlsxwriter

from retailcrm.adapters.sources.containers.opened import members
from retailcrm.adapters.sources.limits import ImportLimits
from retailcrm.adapters.sources.xlsx.workbook import read_workbook
from retailcrm.errors import ImportRefusedError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def workbook(*, rows: int = 3, columns: int = 2, text: str = "number", beside: bytes = b"") -> bytes:
    """Write a workbook of equal texts, with another part beside them."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for row in range(rows):
            for column in range(columns):
                sheet.write(row, column, text)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/image1.bin", beside)
    return buffer.getvalue()


def archive(count: int, content: bytes) -> bytes:
    """Pack a content several times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for i in range(count):
            packed.writestr(f"{i}.csv", content)
    return buffer.getvalue()


def slow() -> bytes:
    """Protect a workbook so that opening it takes for ever."""
    buffer = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(workbook())).encrypt("x", buffer)
    data = buffer.getvalue().replace(b' standalone="yes"', b"", 1)
    data = data.replace(b'spinCount="100000"', b'spinCount="10000000"', 2)
    at = data.rindex(b"</encryption>") + len(b"</encryption>")
    return data[:at] + b" " * (len(buffer.getvalue()) - len(data)) + data[at:]


def read(path: Path, limits: ImportLimits) -> int:
    """Read everything in a file and count bytes of text or rows of sheets."""
    count = 0
    for member in members(path, limits):
        if member.kind == "workbook":
            with read_workbook(member, limits=limits, password="x") as book:  # noqa: S106
                count += sum(batch.num_rows for sheet in book for batch in sheet.batches)
        else:
            with member.open() as stream:
                while chunk := stream.read(MIB):
                    count += len(chunk)
    return count


BITES = [
    ("max_bytes", 5_000, workbook()),
    ("max_bytes", 5_000, gzip.compress(workbook())),
    ("max_bytes", 5_000, archive(1, workbook())),
    ("max_workbook_expanded", 5_000, workbook()),
    ("max_expanded", 1_999, archive(2, b"a,b\n" * 250)),
    ("max_expanded", 999, gzip.compress(b"a,b\n" * 250)),
    ("max_ratio", 20, archive(1, b"a,b\n" * 5 * MIB)),
    ("max_ratio", 20, gzip.compress(b"a,b\n" * 5 * MIB)),
    ("max_ratio", 20, workbook(beside=bytes(20 * MIB))),
    ("max_members", 2, archive(3, b"a")),
    ("max_members", 5, workbook()),
    ("max_columns", 4, workbook(columns=5)),
    ("max_cells", 5, workbook(rows=3, columns=2)),
    ("max_cell_chars", 5, workbook()),
    ("child_memory_bytes", 64 * MIB, workbook()),
    ("child_cpu_seconds", 1, slow()),
]


@pytest.mark.parametrize(("limit", "value", "content"), BITES)
def test_a_limit_bites_and_is_named(tmp_path: Path, limit: str, value: int, content: bytes) -> None:
    """What goes beyond the limit is refused with the limit's name and value, so that one can raise it."""
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(ImportRefusedError) as caught:
        read(path, ImportLimits(**{limit: value}))
    assert caught.value.code == "too-large"
    assert f"{limit} = {value:,}" in str(caught.value)


def test_every_limit_is_shown_to_bite() -> None:
    """No limit is there for show."""
    assert {limit for limit, *_ in BITES} == {field.name for field in attrs.fields(ImportLimits)}


@pytest.mark.parametrize(
    ("limits", "content", "count"),
    [
        ({"max_columns": 5}, workbook(columns=5), 3),
        ({"max_cells": 6}, workbook(rows=3, columns=2), 3),
        ({"max_cell_chars": 6}, workbook(), 3),
        ({"max_members": 3, "max_expanded": 3}, archive(3, b"a"), 3),
        ({"max_expanded": 1_000}, gzip.compress(b"a,b\n" * 250), 1_000),
    ],
)
def test_what_just_keeps_to_a_limit_is_read(
    tmp_path: Path, limits: dict[str, Any], content: bytes, count: int
) -> None:
    """The limit itself is allowed."""
    path = tmp_path / "a"
    path.write_bytes(content)
    assert read(path, ImportLimits(**limits)) == count


def test_the_defaults_let_large_exports_pass() -> None:
    """A packed export may unfold to 10 GB and more."""
    assert ImportLimits().max_expanded > 10 * 10**9


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "10", None])
def test_a_limit_that_makes_no_sense_is_a_wrong_setting(value: object) -> None:
    """Whole numbers above 0 only; the message names the limit."""
    with pytest.raises(SettingsError, match="max_cells must be a whole number above 0"):
        ImportLimits(max_cells=value)  # type: ignore[arg-type]
