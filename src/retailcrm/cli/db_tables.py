"""The work of ``retailcrm db init``, ``upgrade`` and ``status``."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from retailcrm.adapters.stores.sql.location import database_at
from retailcrm.adapters.stores.sql.migrations.revisions import HEAD, is_older, revision_of, wrong_revision
from retailcrm.cli.db_answers import answer
from retailcrm.cli.exits import Exit
from retailcrm.cli.shops import shops_of
from retailcrm.domain.labels import Label


def init(*, url: str, lang: str | None, as_json: bool) -> Exit:
    """Create the tables, if there are none."""
    from retailcrm.adapters.stores.sql.migrations.upgrading import create_or_upgrade  # noqa: PLC0415 - slow

    with closing(database_at(url, create=True)) as database:
        found = revision_of(database)
        if found not in {None, HEAD}:
            raise wrong_revision(found)
        create_or_upgrade(database)
    said = (
        Label(f"已建好数据表（版本 {HEAD}）。", f"The tables are created (version {HEAD}).")
        if found is None
        else Label(f"数据表已存在（版本 {HEAD}）。", f"The tables are there already (version {HEAD}).")
    )
    told = {"revision": HEAD, "created": found is None}
    return answer("db_init", url, told, [said], lang=lang, as_json=as_json)


def upgrade(*, url: str, lang: str | None, as_json: bool) -> Exit:
    """Bring the tables to the library's version."""
    from retailcrm.adapters.stores.sql.migrations.upgrading import create_or_upgrade  # noqa: PLC0415 - slow

    with closing(database_at(url)) as database:
        found = revision_of(database)
        if found is None:
            raise wrong_revision(found)
        create_or_upgrade(database)
    said = (
        Label(f"数据表已是最新版本（{HEAD}）。", f"The tables are of version {HEAD} already.")
        if found == HEAD
        else Label(
            f"数据表已从版本 {found} 升级到 {HEAD}。", f"The tables went from version {found} to {HEAD}."
        )
    )
    told = {"revision": HEAD, "was": found}
    return answer("db_upgrade", url, told, [said], lang=lang, as_json=as_json)


def status(*, url: str, lang: str | None, as_json: bool) -> Exit:
    """Tell the version of the tables, and the shops in them."""
    with closing(database_at(url)) as database:
        found = revision_of(database)
        shops = shops_of(database) if found == HEAD else []
        kind = database.dialect
    state, said = _state(found)
    told: dict[str, Any] = {
        "kind": kind,
        "state": state,
        "revision": found,
        "needs": HEAD,
        "shops": [{"shop": shop, "currency": currency, "zone": zone} for shop, currency, zone in shops],
    }
    lines = [
        said,
        *(
            Label(f"店铺 {shop}：{currency}，{zone}", f"shop {shop}: {currency}, {zone}")
            for shop, currency, zone in shops
        ),
    ]
    code = Exit.OK if found == HEAD else Exit.USAGE
    return answer("db_status", url, told, lines, lang=lang, as_json=as_json, code=code)


def _state(found: str | None) -> tuple[str, Label]:
    """Give a word for the version that was found, and a sentence."""
    if found == HEAD:
        return "current", Label(
            f"数据表版本 {HEAD}，可以使用。", f"The tables are of version {HEAD}, as needed."
        )
    if found is None:
        return "empty", Label(
            "还没有数据表：请运行 retailcrm db init。", "There are no tables yet: run 'retailcrm db init'."
        )
    if is_older(found):
        return "older", Label(
            f"数据表版本 {found}，需要 {HEAD}：请先备份，再运行 retailcrm db upgrade。",
            f"The tables are of version {found}, this library needs {HEAD}: make a backup, then run "
            "'retailcrm db upgrade'.",
        )
    return "newer", Label(
        f"数据表版本 {found}，来自更新的程序；本程序需要 {HEAD}：请安装新版本。",
        f"The tables are of version {found}, which a newer library wrote; this one needs {HEAD}: install "
        "the newer one.",
    )
