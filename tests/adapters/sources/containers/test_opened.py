"""From a path to the tables in it."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.containers.opened import Member, members
from retailcrm.adapters.sources.limits import ImportLimits
from retailcrm.errors import ImportRefusedError, InputError

CSV = "订单编号,总金额\n1930000000000647,598.00\n".encode("gb18030")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024)
LIMITS = ImportLimits()


def workbook() -> bytes:
    """Write a workbook of one cell."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet().write(0, 0, "订单编号")
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """Pack files into an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def found(folder: Path, name: str, content: bytes, limits: ImportLimits = LIMITS) -> list[Member]:
    """Write a file and find what is in it."""
    path = folder / name
    path.write_bytes(content)
    return list(members(path, limits))


def content_of(member: Member) -> bytes:
    """Read a member to its end."""
    with member.open() as stream:
        return stream.read()


def contents(path: Path, limits: ImportLimits = LIMITS) -> list[bytes]:
    """Read everything in a file."""
    return [content_of(member) for member in members(path, limits)]


def refusal(path: Path, limits: ImportLimits = LIMITS) -> ImportRefusedError:
    """Give the refusal that finding or reading everything in a file ends in."""
    with pytest.raises(ImportRefusedError) as caught:
        contents(path, limits)
    return caught.value


def refused(folder: Path, name: str, content: bytes, limits: ImportLimits = LIMITS) -> ImportRefusedError:
    """Write a file and give the refusal that reading it ends in."""
    path = folder / name
    path.write_bytes(content)
    return refusal(path, limits)


def test_a_plain_text_file_is_its_own_member(tmp_path: Path) -> None:
    """A CSV file comes back under the name given, with its size and the moment it was written."""
    path = tmp_path / "订单.csv"
    path.write_bytes(CSV)
    os.utime(path, (0, 1_700_000_000))
    (member,) = members(str(path), LIMITS)
    assert member.name == str(path)
    assert member.kind == "text"
    assert member.size_hint == len(CSV)
    assert member.modified == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert content_of(member) == CSV


def test_a_name_with_a_wrong_ending_deceives_nobody(tmp_path: Path) -> None:
    """The first bytes decide: CSV named .xls or .xlsx is text, a workbook named .csv is a workbook."""
    assert found(tmp_path, "a.xls", CSV)[0].kind == "text"
    assert found(tmp_path, "a.xlsx", CSV)[0].kind == "text"
    assert found(tmp_path, "a.csv", workbook())[0].kind == "workbook"
    assert found(tmp_path, "b.xlsx", OLE)[0].kind == "workbook"


def test_a_plain_file_is_bounded_by_no_limit(tmp_path: Path) -> None:
    """The limits are for what unfolds; a plain text file may be of any size."""
    tight = ImportLimits(max_bytes=1, max_expanded=1, max_workbook_expanded=1, max_ratio=1, max_members=1)
    (member,) = found(tmp_path, "a.csv", CSV * 100, tight)
    assert content_of(member) == CSV * 100


def test_gzip_is_read_in_place(tmp_path: Path) -> None:
    """A gzip file is one member under its own name; several gzip streams in a row read as one."""
    (member,) = found(tmp_path, "a.csv.gz", gzip.compress(CSV) + gzip.compress(CSV))
    assert (member.name, member.kind, member.size_hint) == (str(tmp_path / "a.csv.gz"), "text", None)
    assert content_of(member) == CSV + CSV
    assert found(tmp_path, "b.xlsx.gz", gzip.compress(workbook()))[0].kind == "workbook"


def test_the_members_of_an_archive_come_in_its_order(tmp_path: Path) -> None:
    """Each file of a ZIP archive is a member named archive!file, and is opened afresh each time."""
    files = {"b.csv": CSV, "folder/a.csv": CSV + CSV, "c.xlsx": workbook(), "d.xls": OLE}
    inside = found(tmp_path, "a.zip", zipped(files))
    assert [m.name for m in inside] == [f"{tmp_path / 'a.zip'}!{name}" for name in files]
    assert [m.kind for m in inside] == ["text", "text", "workbook", "workbook"]
    assert [m.size_hint for m in inside] == [len(content) for content in files.values()]
    for _ in range(2):
        assert [content_of(m) for m in inside] == list(files.values())


def test_nothing_is_unpacked_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading an archive leaves no file, neither beside it nor among the temporary ones."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (member,) = found(tmp_path, "a.zip", zipped({"../a.csv"[3:]: CSV * 10_000}))
    with member.open() as stream:
        stream.read(10)
        assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_what_operating_systems_add_is_passed_over(tmp_path: Path) -> None:
    """Folders, resource forks and thumbnail files are no members."""
    files = {"x/": b"", "x/a.csv": CSV, "__MACOSX/x/._a.csv": b"\0", "x/.DS_Store": b"\0", "Thumbs.db": b"\0"}
    assert [m.name.rpartition("!")[2] for m in found(tmp_path, "a.zip", zipped(files))] == ["x/a.csv"]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_chinese_name_without_a_declared_encoding_is_readable(tmp_path: Path, encoding: str) -> None:
    """Windows and old Macs write names in their own encoding without saying so."""
    raw = "订单报表.csv".encode(encoding)
    packed = zipped({"x" * len(raw): CSV}).replace(b"x" * len(raw), raw)
    (member,) = found(tmp_path, "a.zip", packed)
    assert member.name.endswith("!订单报表.csv")
    assert content_of(member) == CSV


def test_a_missing_file_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    """A slip in a name is answered with what was probably meant."""
    (tmp_path / "ExportOrderList202403.csv").write_bytes(CSV)
    error = refusal(tmp_path / "ExportOrderList20243.csv")
    assert error.code == "missing"
    assert f"did you mean '{tmp_path / 'ExportOrderList202403.csv'}'?" in str(error)
    assert "check the path" in str(refusal(tmp_path / "no such folder" / "a.csv"))
    assert "check the path" in str(refusal(tmp_path / "quite another.csv"))
    assert refusal(tmp_path / "ExportOrderList202403.csv" / "a.csv").code == "missing"


def test_a_directory_is_answered_with_the_files_in_it(tmp_path: Path) -> None:
    """Who gives a folder is told how to give its files."""
    assert (e := refusal(tmp_path)).code == "directory"
    assert "holds no export" in str(e)
    (tmp_path / "a.XLSX").touch()
    assert f"give the files in it: {tmp_path / '*.xlsx'}" in str(refusal(tmp_path))
    (tmp_path / "b.csv").touch()
    assert (
        str(refusal(tmp_path)) == f"'{tmp_path}' is a directory; give the files in it: {tmp_path / '*.csv'}"
    )


def test_refusals_are_input_errors() -> None:
    """Whoever catches InputError catches every refusal."""
    with pytest.raises(InputError, match=r"there is no file 'no such file\.csv'"):
        next(members("no such file.csv", LIMITS))


def test_pipes_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    """A FIFO would block for ever, a device never end: both are refused before they are opened."""
    os.mkfifo(tmp_path / "pipe")
    assert (e := refusal(tmp_path / "pipe")).code == "not-a-file"
    assert "save its content to a file" in str(e)
    assert refusal(Path(os.devnull)).code == "not-a-file"


def test_what_the_system_will_not_open_is_said_in_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop of links, an impossible name or a missing right is an answer, not a traceback."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert (e := refusal(tmp_path / "loop")).code == "unreadable"
    assert "symbolic links" in str(e)
    assert refusal(Path("a\0b")).code == "unreadable"
    (tmp_path / "a.csv").write_bytes(CSV)

    def deny(path: Path, mode: str) -> io.BytesIO:
        raise PermissionError(13, "Permission denied", str(path), mode)

    monkeypatch.setattr(Path, "open", deny)
    assert "Permission denied (is it open in another program?)" in str(refusal(tmp_path / "a.csv"))


def test_a_folder_that_may_not_be_listed_still_gets_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Suggestions are left out where the system does not let us look."""

    def deny(path: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", deny)
    assert "holds no export" in str(refusal(tmp_path))
    assert "check the path" in str(refusal(tmp_path / "a.csv"))


def test_the_lock_file_of_excel_is_recognised(tmp_path: Path) -> None:
    """``~$orders.xlsx`` is not the workbook."""
    assert "give the workbook itself" in str(refused(tmp_path, "~$orders.xlsx", b"\x05Owner"))


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b""), ("a.csv.gz", gzip.compress(b"")), ("a.zip", zipped({})), ("b.zip", zipped({"x/": b""}))],
)
def test_nothing_at_all_is_said_to_be_empty(tmp_path: Path, name: str, content: bytes) -> None:
    """0 bytes, also inside of gzip, and an archive without files."""
    assert refused(tmp_path, name, content).code == "empty"


def test_an_empty_member_is_named(tmp_path: Path) -> None:
    """The message names the member, not only its archive."""
    assert "a.zip!b.csv' is empty" in str(refused(tmp_path, "a.zip", zipped({"b.csv": b""})))


@pytest.mark.parametrize(
    "page",
    [
        b"\r\n <table><tr><td>1</td></tr></table>",
        b"\xef\xbb\xbf<!DOCTYPE HTML><html></html>",
        "\ufeff<html xmlns:x='urn:schemas-microsoft-com:office:excel'>".encode("utf-16-le"),
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related",
    ],
)
def test_a_web_page_that_is_called_xls_is_refused(tmp_path: Path, page: bytes) -> None:
    """Platforms export HTML as .xls; the answer says how to make a workbook of it."""
    error = refused(tmp_path, "orders.xls", page)
    assert error.code == "html"
    assert "save it as .xlsx or CSV" in str(error)


def tar() -> bytes:
    """Pack a file with tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"Rar!\x1a\x07\x01\x00", "RAR"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7-Zip"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"\x28\xb5\x2f\xfd", "Zstandard"),
        (b"BZh91AY&SY", "bzip2"),
        (tar(), "tar"),
        (gzip.compress(tar()), "tar"),
        (b"PK\x07\x08PK\x03\x04", "split ZIP"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"ARROW1\x00\x00", "Arrow"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0", "picture"),
        (
            b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>",
            "Excel 2003",
        ),
        (zipped({"mimetype": b"x", "content.xml": b"x"}), "OpenDocument"),
        (zipped({"[Content_Types].xml": b"x", "xl/workbook.bin": b"x"}), ".xlsb"),
        (zipped({"[Content_Types].xml": b"x", "word/document.xml": b"x"}), "not a workbook"),
    ],
)
def test_what_cannot_be_read_is_called_by_its_name(tmp_path: Path, content: bytes, what: str) -> None:
    """Other formats are told apart, each with what to do."""
    error = refused(tmp_path, "orders.xlsx", content)
    assert error.code == "unsupported"
    assert what in str(error)


@pytest.mark.parametrize(
    "text", [b"PAR1,total\n", b"BZh,total\n", b"7z,total\n", b"<5,total\n", b"MIME,total\n"]
)
def test_text_that_begins_like_another_format_stays_text(tmp_path: Path, text: bytes) -> None:
    """A column may be called PAR1."""
    assert found(tmp_path, "a.csv", text)[0].kind == "text"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", zipped({"b.zip": zipped({"c.csv": CSV})})),
        ("a.zip", zipped({"b.csv.gz": gzip.compress(CSV)})),
        ("a.gz", gzip.compress(gzip.compress(CSV))),
        ("a.gz", gzip.compress(zipped({"c.csv": CSV}))),
    ],
)
def test_archives_inside_archives_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    """One layer is read; the answer says to unpack the outer one."""
    error = refused(tmp_path, name, content)
    assert error.code == "nested"
    assert "unpack the outer one" in str(error)


def test_a_gzip_file_that_was_cut_off_is_damaged(tmp_path: Path) -> None:
    """A missing end, a wrong checksum and garbage behind are each reported, not passed over."""
    packed = gzip.compress(os.urandom(100_000))
    for broken in (packed[:-20], packed[:-8] + bytes(8), packed + b"garbage"):
        assert refused(tmp_path, "a.csv.gz", broken).code == "damaged"


@given(content=st.binary(max_size=2_000).map(lambda tail: b"number,total\n" + tail))
def test_packing_changes_no_byte(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Plain, gzip and ZIP give the same bytes."""
    folder = tmp_path_factory.mktemp("packed")
    for name, packed in (("a", content), ("b", gzip.compress(content)), ("c", zipped({"x": content}))):
        assert content_of(found(folder, name, packed)[0]) == content


@given(content=st.binary(min_size=1, max_size=300))
def test_any_bytes_are_text_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """No beginning of a file makes the reader stumble; what is not refused is given as it is."""
    path = tmp_path_factory.mktemp("any") / "a"
    path.write_bytes(content)
    with contextlib.suppress(ImportRefusedError):
        assert contents(path) == [content]
