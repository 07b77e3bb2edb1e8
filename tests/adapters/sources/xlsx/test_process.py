"""The process that parses workbooks: stopped, killed or starved, it takes nothing with it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import psutil
import pytest
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile

from retailcrm.adapters.sources.limits import ImportLimits
from retailcrm.adapters.sources.xlsx.process import converse
from retailcrm.adapters.sources.xlsx.workbook import read_workbook
from retailcrm.errors import ImportRefusedError

LIMITS = ImportLimits()


def workbook(rows: int = 1) -> bytes:
    """Write a workbook of one column."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for row in range(rows):
            sheet.write(row, 0, "x" * 50)
    return buffer.getvalue()


def with_sheet(data: bytes, old: bytes, new: bytes) -> bytes:
    """Replace some bytes of a workbook's first sheet."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as before,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for entry in before.infolist():
            content = before.read(entry)
            is_sheet = entry.filename.endswith("sheet1.xml")
            after.writestr(entry.filename, content.replace(old, new) if is_sheet else content)
    return buffer.getvalue()


def parsers() -> list[psutil.Process]:
    """Give the processes that parse; other tests may have left the server of `multiprocessing` behind."""
    return [one for one in psutil.Process().children() if "multiprocessing" not in " ".join(one.cmdline())]


def refusal(data: bytes, limits: ImportLimits = LIMITS, **options: Any) -> ImportRefusedError:
    """Give the refusal that a conversation ends in; no process is left after it."""
    with pytest.raises(ImportRefusedError) as caught:
        list(converse(data, "orders.xlsx", limits, **{"task": "read", **options}))
    assert not parsers()
    return caught.value


@pytest.mark.parametrize("mebibytes", [8, 32, 64])
def test_too_little_memory_is_an_answer(mebibytes: int) -> None:
    """Whether Python, a library or the parser runs out, the limit is named and we live on."""
    error = refusal(workbook(), ImportLimits(child_memory_bytes=mebibytes << 20))
    assert error.code == "too-large"
    assert f"takes over {mebibytes} MiB to parse" in str(error)
    assert "child_memory_bytes" in str(error)


def test_a_bomb_that_got_past_the_scan_dies_alone() -> None:
    """The corner bomb, given to the parser directly, is stopped by the memory limit."""
    far = b'<c r="A1" t="s"><v>0</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    bomb = with_sheet(workbook(), b'<c r="A1" t="s"><v>0</v></c></row>', far)
    error = refusal(bomb)
    assert (error.code, "child_memory_bytes" in str(error)) == ("too-large", True)


def test_too_much_time_is_an_answer() -> None:
    """A forged workbook that asks for ten million rounds of hashing is given up on."""
    buffer = io.BytesIO()
    OOXMLFile(io.BytesIO(workbook())).encrypt("x", buffer)
    data = buffer.getvalue()
    forged = data.replace(b' standalone="yes"', b"", 1).replace(
        b'spinCount="100000"', b'spinCount="10000000"', 2
    )
    # What the shorter first line gave, the longer counts take: the stream keeps its length.
    at = forged.rindex(b"</encryption>") + len(b"</encryption>")
    forged = forged[:at] + b" " * (len(data) - len(forged)) + forged[at:]
    error = refusal(forged, ImportLimits(child_cpu_seconds=1), task="decrypt", password="x")  # noqa: S106
    assert error.code == "too-large"
    assert "took over 1 s to parse" in str(error)


def test_a_killed_process_is_an_answer() -> None:
    """Whoever kills it, the rows so far are not taken for all of them."""
    with read_workbook(io.BytesIO(workbook(50_000)), limits=LIMITS) as book:
        sheet = next(iter(book))
        next(sheet.batches)
        (child,) = parsers()
        child.kill()
        with pytest.raises(ImportRefusedError) as caught:
            list(sheet.batches)
    assert caught.value.code == "crashed"
    assert "Killed" in str(caught.value)
    assert not parsers()


def test_what_the_parser_complains_of_is_passed_on() -> None:
    """A shared string that does not exist: the parser's words are in the message."""
    error = refusal(with_sheet(workbook(), b"<v>0</v>", b"<v>7</v>"))
    assert error.code == "damaged"
    assert "shared string" in str(error)


def test_a_failure_that_nobody_foresaw_is_named() -> None:
    """The last line that the process said is in the message."""
    error = refusal(workbook(), task="sing")
    assert error.code == "crashed"
    assert "KeyError: 'sing'" in str(error)


def test_the_environment_cannot_break_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings made errors for us are not errors for the process."""
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    assert [kind for kind, _ in converse(workbook(), "orders.xlsx", LIMITS, task="read")] == [
        b"W",
        b"S",
        b"R",
        b"E",
    ]
