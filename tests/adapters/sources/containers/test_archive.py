"""Archives that are built to harm, or broken."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.containers.opened import members
from retailcrm.adapters.sources.limits import ImportLimits
from retailcrm.errors import ImportRefusedError

if TYPE_CHECKING:
    from pathlib import Path

CSV = b"number,total\n" + b"".join(b"19300000%08d,5.00\n" % i for i in range(500))
LIMITS = ImportLimits()
CENTRAL = b"PK\x01\x02"
LOCAL = b"PK\x03\x04"


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Pack files into an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_field(packed: bytes, header: bytes, offset: int, layout: str, value: int, nth: int = 0) -> bytes:
    """Overwrite a field of the nth header of a kind."""
    at = -1
    for _ in range(nth + 1):
        at = packed.index(header, at + 1)
    field = struct.pack(layout, value)
    return packed[: at + offset] + field + packed[at + offset + len(field) :]


def read(path: Path, limits: ImportLimits = LIMITS) -> dict[str, bytes]:
    """Read every member of a file."""
    contents = {}
    for member in members(path, limits):
        with member.open() as stream:
            contents[member.name.rpartition("!")[2]] = stream.read()
    return contents


def refused(folder: Path, packed: bytes, limits: ImportLimits = LIMITS) -> ImportRefusedError:
    """Give the refusal that reading an archive ends in."""
    path = folder / "a.zip"
    path.write_bytes(packed)
    with pytest.raises(ImportRefusedError) as caught:
        read(path, limits)
    return caught.value


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../a.csv", "x/../../a.csv", "C:\\a.csv", "x\\..\\a.csv", "."]
)
def test_a_name_that_points_outside_is_refused(tmp_path: Path, name: str) -> None:
    """We would not follow it, but whoever writes such a name means harm."""
    assert refused(tmp_path, zipped({name: CSV})).code == "unsafe"


def test_a_name_with_control_characters_is_refused_and_not_printed(tmp_path: Path) -> None:
    """An escape sequence does not reach the terminal."""
    error = refused(tmp_path, zipped({"\x1b[31ma.csv": CSV}))
    assert error.code == "unsafe"
    assert "\x1b" not in str(error)


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    """Two readers could each take another one of them."""
    packed = zipped({"a.csv": CSV, "b.csv": CSV}).replace(b"b.csv", b"a.csv")
    assert "same name" in str(refused(tmp_path, packed))


def test_entries_that_share_bytes_are_refused(tmp_path: Path) -> None:
    """Overlapping entries let a small file unfold to anything."""
    packed = zipped({"a.csv": CSV, "b.csv": CSV})
    second = packed.index(LOCAL, 1)
    overlapping = with_field(packed, CENTRAL, 42, "<I", 0, nth=1)
    assert "overlap" in str(refused(tmp_path, overlapping))
    longer = with_field(packed, CENTRAL, 20, "<I", second, nth=0)
    assert "overlap" in str(refused(tmp_path, longer))


@pytest.mark.parametrize("flag", [0x1, 0x40])
def test_a_password_of_the_archive_is_said_to_be_one(tmp_path: Path, flag: int) -> None:
    """The answer says to unpack first."""
    packed = with_field(zipped({"a.csv": CSV}), CENTRAL, 8, "<H", flag)
    error = refused(tmp_path, packed)
    assert error.code == "encrypted"
    assert "a.zip!a.csv" in str(error)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_without_a_bound_on_a_chunk_are_refused(tmp_path: Path, method: int) -> None:
    """Python's bzip2 and LZMA readers unpack a chunk at once, however large it becomes."""
    error = refused(tmp_path, zipped({"a.csv": CSV}, method))
    assert error.code == "unsupported"
    assert f"method {method}" in str(error)


@pytest.mark.parametrize("declared", [100, len(CSV) - 1, len(CSV) + 1])
def test_a_declared_size_that_is_a_lie_is_found_out(tmp_path: Path, declared: int) -> None:
    """What an entry unpacks to is counted; Python's own reader would stop at the size declared."""
    error = refused(tmp_path, with_field(zipped({"a.csv": CSV}), CENTRAL, 24, "<I", declared))
    assert error.code == "unsafe"
    assert f"declares {declared:,} bytes" in str(error)


def test_a_bomb_that_declares_little_unpacks_to_little(tmp_path: Path) -> None:
    """64 MiB behind a declared 4 kB are given up on at once, not inflated to their end."""
    packed = with_field(zipped({"a.csv": b"1,2\n" * (16 << 20)}), CENTRAL, 24, "<I", 4_096)
    path = tmp_path / "a.zip"
    path.write_bytes(packed)
    with pytest.raises(ImportRefusedError, match="unpacks to another size"):
        next(members(path, LIMITS))


def test_a_bomb_that_is_honest_is_refused_unread(tmp_path: Path) -> None:
    """32 MiB out of 32 kB are over the ratio."""
    error = refused(tmp_path, zipped({"a.csv": b"," * (32 << 20)}))
    assert error.code == "too-large"
    assert "max_ratio = 200" in str(error)


def test_a_small_file_may_be_packed_well(tmp_path: Path) -> None:
    """A demo file of equal rows is no bomb."""
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.csv": b"1,2\n" * 250_000}))
    assert read(path) == {"a.csv": b"1,2\n" * 250_000}


def test_stored_entries_are_read(tmp_path: Path) -> None:
    """Entries need not be deflated."""
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.csv": CSV}, zipfile.ZIP_STORED))
    assert read(path) == {"a.csv": CSV}


def test_an_archive_that_was_cut_off_is_damaged(tmp_path: Path) -> None:
    """Without its directory, or with one that points nowhere, an archive is damaged."""
    packed = zipped({"a.csv": CSV})
    assert refused(tmp_path, packed[:-30]).code == "damaged"
    # Bytes cut off the front move every entry before the file's start.
    assert refused(tmp_path, LOCAL + packed[20:]).code == "damaged"
    assert refused(tmp_path, with_field(packed, LOCAL, 30, "<B", ord("z"))).code == "damaged"


def test_a_wrong_checksum_is_damage(tmp_path: Path) -> None:
    """Bytes that changed on the way are noticed."""
    packed = zipped({"a.csv": CSV}, zipfile.ZIP_STORED).replace(b"5.00", b"6.00", 1)
    assert "CRC" in str(refused(tmp_path, packed))


@given(data=st.data())
def test_a_changed_byte_is_harmless_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever byte of an archive changes: the same contents, or a refusal."""
    packed = bytearray(zipped({"a.csv": CSV[:300], "b.csv": CSV[:200]}))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("changed") / "a.zip"
    path.write_bytes(packed)
    try:
        contents = read(path)
    except ImportRefusedError:
        return
    assert set(contents.values()) <= {CSV[:300], CSV[:200], bytes(packed)}
