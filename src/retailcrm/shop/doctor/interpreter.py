"""Python and what came with it: its version, its SQLite, what reads ZIP and XML, time zones."""

from __future__ import annotations

import importlib.metadata
import sqlite3
import sys
import zoneinfo
from pathlib import Path
from pyexpat import EXPAT_VERSION
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sqlite.locking import HAS_FILE_LOCKS, needs_lock
from retailcrm.adapters.stores.sqlite.opening import OLDEST
from retailcrm.adapters.stores.sqlite.probing import sqlite_options
from retailcrm.domain.labels import Label
from retailcrm.shop.doctor.advice import Advice, Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Version = tuple[int, ...]

_OLDEST_PYTHON: Final = (3, 11)
_ZIP_FIXED: Final = {(3, 11): (3, 11, 8), (3, 12): (3, 12, 2)}
"""First Python of a line whose zipfile refuses entries that overlap (CVE-2024-0450)."""
_EXPAT_FIXED: Final = (2, 6, 0)
"""First expat that takes no quadratic time for large tokens (CVE-2023-52425)."""
_SERIAL: Final = 3
"""``sqlite3.threadsafety`` of a library whose connections threads may share."""

BEARERS: Final = ("apsw", "pysqlite3", "sqlcipher3", "pysqlcipher3", "libsql", "libsql_experimental")
"""Packages that bring an SQLite of their own."""


def look_at_python(version: Version = sys.version_info[:3]) -> Iterator[Advice]:
    """Look at the interpreter, and at the parts of it that read files of others."""
    said = ".".join(map(str, version))
    if version < _OLDEST_PYTHON:
        yield Advice(
            "python",
            Level.ERROR,
            Label(f"Python {said} 太旧，需要 3.11", f"Python {said} is too old: 3.11 is needed"),
        )
    else:
        yield Advice("python", Level.OK, Label(f"Python {said}", f"Python {said}"))
    fixed = _ZIP_FIXED.get((version[0], version[1]))
    if fixed is not None and version < fixed:
        good = ".".join(map(str, fixed))
        yield Advice(
            "zipfile",
            Level.NOTE,
            Label(
                f"此版本的 zipfile 有 CVE-2024-0450（重叠条目炸弹）；导入另有上限，建议升级到 Python {good}",
                f"zipfile of this version has CVE-2024-0450 (bombs of entries that overlap); imports have "
                f"limits of their own, Python {good} has the fix",
            ),
        )


def look_at_expat(version: str = EXPAT_VERSION) -> Iterator[Advice]:
    """Look at the parser of XML: workbooks are XML."""
    number = _numbers(version.removeprefix("expat_"))
    said = ".".join(map(str, number))
    if number >= _EXPAT_FIXED:
        yield Advice("expat", Level.OK, Label(f"expat {said}", f"expat {said}"))
        return
    yield Advice(
        "expat",
        Level.NOTE,
        Label(
            f"expat {said} 早于 2.6.0（CVE-2023-52425；发行版可能已修补）：只读取可信的 XML 文件",
            f"expat {said} is before 2.6.0 (CVE-2023-52425, unless your system has patched it): read XML of "
            "people whom you trust",
        ),
    )


def look_at_sqlite(
    version: Version = sqlite3.sqlite_version_info, options: Collection[str] | None = None
) -> Iterator[Advice]:
    """Look at the SQLite library that this package uses: that of Python."""
    said = ".".join(map(str, version))
    if version < OLDEST:
        oldest = ".".join(map(str, OLDEST[:2]))
        yield Advice(
            "sqlite",
            Level.ERROR,
            Label(f"SQLite {said} 太旧，需要 {oldest}", f"SQLite {said} is too old: {oldest} is needed"),
        )
    elif needs_lock((version[0], version[1], version[2])):
        yield Advice("sqlite", *_wal_reset(said))
    else:
        yield Advice("sqlite", Level.OK, Label(f"SQLite {said}", f"SQLite {said}"))
    built = sqlite_options() if options is None else options
    if "THREADSAFE=0" in built or sqlite3.threadsafety < _SERIAL - 2:
        yield Advice(
            "sqlite",
            Level.ERROR,
            Label(
                "SQLite 编译时关闭了线程安全，多线程服务会损坏数据：换一个 Python",
                "SQLite was built without thread safety; threads will break the data: take another Python",
            ),
        )


def _wal_reset(said: str) -> tuple[Level, Label]:
    """Say what an SQLite before 3.51.3 may do, and what is done against it."""
    if HAS_FILE_LOCKS:
        return Level.NOTE, Label(
            f"SQLite {said} 早于 3.51.3，有 WAL 重置缺陷；本程序写入时持有旁边的 .lock 文件来避开它。"
            "请不要用别的程序写这个文件",
            f"SQLite {said} has the WAL-reset bug (fixed in 3.51.3); this package goes round it with a lock "
            "file beside the database while it writes. Let no other program write to the file",
        )
    return Level.NOTE, Label(
        f"SQLite {said} 早于 3.51.3，此系统没有文件锁：改用 journal_mode=DELETE，写入较慢",
        f"SQLite {said} has the WAL-reset bug (fixed in 3.51.3), and this system has no file locks: "
        "journal_mode=DELETE is used instead, which writes more slowly",
    )


def look_for_second_sqlite(
    modules: Collection[str] | None = None, maps: Path = Path("/proc/self/maps")
) -> Iterator[Advice]:
    """Look whether another SQLite library is in this process.

    Both lock files for the process: what one closes, the other has locked no more.
    """
    loaded = sys.modules if modules is None else modules
    found = [name for name in BEARERS if name in loaded]
    libraries = _mapped(maps)
    if not found and len(libraries) < 2:  # noqa: PLR2004 - one is Python's own
        yield Advice(
            "sqlite-library", Level.OK, Label("进程内只有一个 SQLite", "one SQLite library in this process")
        )
        return
    names = ", ".join(found) or ", ".join(sorted(libraries))
    yield Advice(
        "sqlite-library",
        Level.WARNING,
        Label(
            f"进程内另有一个 SQLite（{names}）：两者打开同一文件会互相破坏锁，数据可能损坏。"
            "不要用它打开店铺的数据库",
            f"another SQLite library is in this process ({names}): if both open one file, closing it in one "
            "drops the locks of the other, and the file may break. Do not open the shop's database with it",
        ),
    )


def _mapped(maps: Path) -> set[str]:
    """Give the SQLite libraries that the process has mapped; Linux tells."""
    try:
        lines = maps.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return set()
    return {line.rpartition("/")[2] for line in lines if "libsqlite3" in line.rpartition("/")[2]}


def look_at_zones(zones: Collection[str]) -> Iterator[Advice]:
    """Look whether the time zones of shops are there.

    Args:
        zones: IANA names.
    """
    for zone in sorted(zones):
        try:
            zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            yield Advice(
                "zones",
                Level.ERROR,
                Label(f"没有时区 {zone}：pip install tzdata", f"no time zone {zone}: pip install tzdata"),
            )
        else:
            source = _zone_source()
            yield Advice("zones", Level.OK, Label(f"时区 {zone}（{source}）", f"time zone {zone} ({source})"))


def _zone_source() -> str:
    """Say where time zones come from: the system first, then the package."""
    for folder in zoneinfo.TZPATH:
        if Path(folder, "tzdata.zi").exists():
            first = Path(folder, "tzdata.zi").read_text("utf-8").partition("\n")[0]
            return f"{folder}, {first.removeprefix('# version ')}"
    try:
        return f"tzdata {importlib.metadata.version('tzdata')}"
    except importlib.metadata.PackageNotFoundError:
        return "system"


def _numbers(text: str) -> Version:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
