"""The database of a shop: the file and its disk, or the server."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.location import database_at, file_of
from retailcrm.adapters.stores.sql.migrations.revisions import HEAD, check_revision, tables_in
from retailcrm.domain.labels import Label
from retailcrm.errors import RetailCRMError, SettingsError
from retailcrm.shop.doctor.advice import Advice, Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from retailcrm.adapters.stores.postgres.probing import ServerFacts
    from retailcrm.adapters.stores.sqlite.probing import DiskFacts, FileFacts

FASTEST: Final = 0.00005
"""Seconds: a disk that keeps a page in less has not kept it, or keeps it in memory with a battery."""

_MB: Final = 1 << 20
_GB: Final = 1 << 30
_LARGE_LOG: Final = 64 * _MB
_SLOW: Final = 0.05
_CLOCKS_APART: Final = 1.0
_SAFE: Final = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_apply")}


def look_at_database(url: str) -> Iterator[Advice]:
    """Look at the database of a URL, its settings and its tables; nothing is changed.

    Args:
        url: ``sqlite:///shop.db`` or ``postgresql://...``.
    """
    try:
        path = file_of(url)
        if path is None:
            from retailcrm.adapters.stores.postgres.probing import probe_server  # noqa: PLC0415 - of an extra

            yield from of_server(probe_server(url))
        else:
            from retailcrm.adapters.stores.sqlite.probing import probe_file  # noqa: PLC0415 - one of two

            yield from of_file(probe_file(path))
        yield from _tables(url)
    except RetailCRMError as error:
        yield Advice(
            "database",
            Level.ERROR,
            Label(f"数据库不能使用：{error}", f"the database cannot be used: {error}"),
        )


def zones_of(url: str) -> frozenset[str]:
    """Give the time zones of the shops that a database keeps; none if it cannot be read."""
    try:
        with closing(database_at(url)) as database, database.snapshot() as executor:
            if "retailcrm_shops" not in tables_in(executor):
                return frozenset()
            return frozenset(str(zone) for (zone,) in executor.all("SELECT zone FROM retailcrm_shops"))
    except RetailCRMError:
        return frozenset()


def _tables(url: str) -> Iterator[Advice]:
    """Look whether the tables are of the version that this library needs."""
    with closing(database_at(url)) as database:
        try:
            check_revision(database)
        except SettingsError as error:
            yield Advice("tables", Level.ERROR, Label(f"数据表：{error}", str(error)))
        else:
            yield Advice("tables", Level.OK, Label(f"数据表版本 {HEAD}", f"tables of version {HEAD}"))


def of_file(facts: FileFacts) -> Iterator[Advice]:
    """Judge a file."""
    settings = facts.settings
    mode, level = settings["journal_mode"], settings["synchronous"]
    safe = (mode, level) in (("wal", "2"), ("wal", "3"), ("delete", "3"))
    said = f"journal_mode={mode}, synchronous={level}, page_size={settings['page_size']}"
    yield Advice(
        "file",
        Level.OK if safe else Level.ERROR,
        Label(f"{said}，{_size(facts.size)}", f"{said}, {_size(facts.size)}"),
    )
    if facts.open_to:
        yield Advice(
            "permissions",
            Level.WARNING,
            Label(
                f"文件对 {facts.open_to} 开放，里面有顾客资料：chmod 600 {facts.path}",
                f"the file is open to {facts.open_to}, and customers' data are in it: chmod 600 {facts.path}",
            ),
        )
    if facts.log > _LARGE_LOG:
        yield Advice(
            "log",
            Level.WARNING,
            Label(
                f"预写日志有 {_size(facts.log)}：可能有读事务一直未结束，或写入从未停过",
                f"the write-ahead log has {_size(facts.log)}: somebody reads without end, or writing never "
                "stops",
            ),
        )
    yield from of_disk(facts.disk, facts.size)


def of_disk(disk: DiskFacts, size: int) -> Iterator[Advice]:
    """Judge a disk: whether it keeps what it says that it keeps, and how much room it has.

    Args:
        disk: What was seen.
        size: Bytes of the database on it.
    """
    took, kind = f"{disk.fsync_seconds * 1000:.2f} ms", disk.file_system or "?"
    if kind in ("tmpfs", "ramfs"):
        yield Advice(
            "fsync",
            Level.WARNING,
            Label(f"{kind} 在内存里：断电即丢", f"{kind} is memory: it is gone when the power is"),
        )
    elif disk.fsync_seconds < FASTEST:
        yield Advice(
            "fsync",
            Level.WARNING,
            Label(
                f"一次 fsync 只用 {took}（{kind}）：快得可疑，存储或虚拟机可能没有真正落盘；"
                "断电会丢已确认的数据",
                f"an fsync takes {took} ({kind}): too fast to be true, unless the disk has a battery. The "
                "storage or the virtual machine may not wait for it, and lose what was acknowledged when the "
                "power fails",
            ),
        )
    else:
        level = Level.NOTE if disk.fsync_seconds > _SLOW else Level.OK
        many = f"{1 / disk.fsync_seconds:,.0f}"
        yield Advice(
            "fsync",
            level,
            Label(
                f"一次 fsync 用 {took}（{kind}），每秒至多约 {many} 次单独提交",
                f"an fsync takes {took} ({kind}): about {many} single commits a second at most",
            ),
        )
    free = _size(disk.free)
    if disk.free < max(256 * _MB, size // 10):
        yield Advice("space", Level.ERROR, Label(f"磁盘只剩 {free}", f"only {free} are free: make room"))
    elif disk.free < max(2 * _GB, 2 * size):
        yield Advice(
            "space",
            Level.WARNING,
            Label(
                f"磁盘剩 {free}，不够备份和升级", f"{free} are free: too little for a backup and an upgrade"
            ),
        )
    else:
        yield Advice("space", Level.OK, Label(f"磁盘剩 {free}", f"{free} are free"))


def of_server(facts: ServerFacts) -> Iterator[Advice]:
    """Judge a server."""
    settings = facts.settings
    yield Advice(
        "server",
        Level.OK,
        Label(
            f"PostgreSQL {settings['server_version']}，往返 {facts.round_trip * 1000:.1f} ms",
            f"PostgreSQL {settings['server_version']}, a round trip takes {facts.round_trip * 1000:.1f} ms",
        ),
    )
    yield from _durability(settings)
    limits = ", ".join(
        f"{name}={settings[name]}"
        for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    )
    yield Advice(
        "session",
        Level.OK,
        Label(f"写事务为 {facts.isolation}，{limits}", f"writes are {facts.isolation}, {limits}"),
    )
    if settings["data_checksums"] != "on":
        yield Advice(
            "checksums",
            Level.NOTE,
            Label(
                "服务器没有页校验（data_checksums）：坏盘只有 retailcrm verify 看得出",
                "the server has no data_checksums: a bad disk is seen by 'retailcrm verify' only",
            ),
        )
    yield _clock(facts.ahead)


def _durability(settings: Mapping[str, str]) -> Iterator[Advice]:
    """Look whether the server keeps what it acknowledges."""
    wrong = [f"{name} = {settings[name]}" for name, good in _SAFE.items() if settings[name] not in good]
    if wrong:
        listed = ", ".join(wrong)
        yield Advice(
            "durability",
            Level.ERROR,
            Label(
                f"{listed}：断电会丢已确认的数据；全部设为 on",
                f"{listed}: what was acknowledged is lost when the power fails; set all of them to on",
            ),
        )
    else:
        said = ", ".join(f"{name}={settings[name]}" for name in _SAFE)
        yield Advice("durability", Level.OK, Label(said, said))


def _clock(ahead: float) -> Advice:
    """Compare the server's clock with this machine's."""
    if abs(ahead) < _CLOCKS_APART:
        return Advice(
            "clock", Level.OK, Label(f"两机时钟相差 {ahead:+.2f} 秒", f"clocks differ by {ahead:+.2f} s")
        )
    return Advice(
        "clock",
        Level.WARNING,
        Label(
            f"服务器时钟与本机相差 {ahead:+.1f} 秒：对时（NTP）；到期以本机时钟为准",
            f"the server's clock is {ahead:+.1f} s off this machine's: set both by NTP; points lapse by this "
            "machine's",
        ),
    )


def _size(size: int) -> str:
    return f"{size / _GB:,.1f} GB" if size >= _GB else f"{size / _MB:,.1f} MB"
