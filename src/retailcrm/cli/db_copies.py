"""The work of ``retailcrm db backup`` and ``restore``."""

from __future__ import annotations

import shlex
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from retailcrm.adapters.stores.placing import refuse_existing
from retailcrm.adapters.stores.sql.location import database_at, file_of, without_password
from retailcrm.adapters.stores.sql.migrations.revisions import HEAD
from retailcrm.cli.db_answers import answer
from retailcrm.domain.labels import Label
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
    from retailcrm.cli.exits import Exit

PORTABLE: Final = ".zip"
"""How names of portable backups end."""

_ZIP: Final = b"PK"

_ANEW: Final = Label(
    "事件流的读者须从头读起，否则旧游标会漏掉新的事件。",
    "Readers of the event feed start anew: with an old cursor they would miss events.",
)
_PERHAPS_ANEW: Final = Label(
    "若备份之后写过数据，事件流的读者须从头读起，否则旧游标会漏掉新的事件。",
    "If anything was written after the backup, readers of the event feed start anew: with an old cursor they "
    "would miss events.",
)


def backup(*, file: str, url: str, lang: str | None, as_json: bool) -> Exit:
    """Copy a database to a file."""
    path = Path(file)
    refuse_existing(path)
    portable = path.suffix.lower() == PORTABLE
    if file_of(url) is None and not portable:
        raise SettingsError(_by_pg_dump(url, file))
    with closing(database_at(url)) as database:
        if portable:
            from retailcrm.adapters.stores.sql.portable.dumping import dump  # noqa: PLC0415 - one of two

            written = dump(database, path)
            told: dict[str, Any] = {"revision": written.revision, "rows": written.rows}
        else:
            from retailcrm.adapters.stores.sqlite.backup import back_up  # noqa: PLC0415 - one of two

            told = {"revision": back_up(cast("SqliteDatabase", database), path).revision, "rows": None}
    told |= {"out": file, "portable": portable, "bytes": path.stat().st_size}
    said = Label(
        f"已备份到 {file}（{told['bytes']:,} 字节，数据表版本 {told['revision']}），并已校验。",
        f"Backed up to {file} ({told['bytes']:,} bytes, tables of version {told['revision']}), and checked.",
    )
    return answer("db_backup", url, told, [said], lang=lang, as_json=as_json)


def _by_pg_dump(url: str, file: str) -> str:
    """Say how PostgreSQL itself is backed up."""
    whole = (
        f"pg_dump --format=custom --file={shlex.quote(file)} --dbname={shlex.quote(without_password(url))}"
    )
    return (
        f"PostgreSQL is backed up by its own tool: {whole} - or give a FILE that ends in {PORTABLE}, which "
        "holds retailcrm's tables alone and can be restored into any database"
    )


def restore(*, file: str, force: bool, url: str, lang: str | None, as_json: bool) -> Exit:
    """Restore a database from a file."""
    path, target = Path(file), file_of(url)
    told: dict[str, Any] = {"file": file}
    with path.open("rb") as opened:
        portable = opened.read(len(_ZIP)) == _ZIP
    if portable:
        from retailcrm.adapters.stores.sql.portable.loading import load  # noqa: PLC0415 - one of two

        with closing(database_at(url, create=True)) as database:
            done = load(database, path, replace=force)
        anew = done.feed_anew or force
        told |= {"revision": HEAD, "was": done.revision, "rows": done.rows, "feed_anew": anew}
    elif target is None:
        raise InputError(
            f"{file} is no portable backup, and PostgreSQL takes no other; pg_restore reads its own"
        )
    else:
        from retailcrm.adapters.stores.sqlite.backup import restore as put_back  # noqa: PLC0415 - one of two

        revision = put_back(path, target, replace=force).revision
        told |= {"revision": revision, "was": revision, "rows": None, "feed_anew": force}
    return answer("db_restore", url, told, _restored(told), lang=lang, as_json=as_json)


def _restored(told: dict[str, Any]) -> list[Label]:
    """Say what was restored, and what is left to do."""
    file, revision = told["file"], told["revision"]
    lines = [
        Label(
            f"已从 {file} 恢复（数据表版本 {revision}）。",
            f"Restored from {file} (tables of version {revision}).",
        )
    ]
    if revision != HEAD:
        lines.append(Label("请运行 retailcrm db upgrade。", "Run 'retailcrm db upgrade' before you use it."))
    lines.append(_ANEW if told["feed_anew"] else _PERHAPS_ANEW)
    return lines
