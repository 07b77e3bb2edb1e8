"""The work of ``retailcrm verify``: work a database through again, and print what was found."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.adapters.stores.sql.location import database_at, hidden
from retailcrm.adapters.stores.sql.migrations.revisions import check_revision
from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import print_json, say
from retailcrm.cli.printing import console, counted, heading, paragraph, path_line, table
from retailcrm.cli.shops import no_shop, shops_of
from retailcrm.cli.watch import Watch
from retailcrm.cli.wording import print_sentence, worded
from retailcrm.domain.labels import Label
from retailcrm.errors import SettingsError
from retailcrm.shop.stored.verifying import verify

if TYPE_CHECKING:
    from rich.console import Console

    from retailcrm.shop.stored.verifying import Verified

_SHOWN: Final = 20
_SUMS: Final = (
    Label("发放", "issued"),
    Label("待生效", "pending"),
    Label("可用", "available"),
    Label("预占", "held"),
    Label("已用", "spent"),
    Label("过期", "expired"),
    Label("收回", "reversed"),
)
"""What was issued, and the places in which all of it is."""


def verify_database(*, db: str, shop: str | None, lang: str | None, as_json: bool) -> Exit:
    """Work a database through again and print what was found."""
    started = time.monotonic()
    with closing(database_at(db)) as database:
        check_revision(database)
        with Watch(console(errors=True)) as watch:
            watch.doing("working through")
            found = verify(database, shop, progress=lambda _, rows: watch.advance(0, rows))
        names = [name for name, _, _ in shops_of(database)]
    if shop is not None and not found.counts:
        raise SettingsError(no_shop(db, shop, names))
    code = Exit.OK if found.clean else Exit.FINDINGS
    if as_json:
        print_json(_document(db, found, code))
    else:
        _print(console(), db, found, time.monotonic() - started, lang)
    if code is Exit.FINDINGS:
        say(f"{counted(sum(found.found.values()), 'finding')}: not all of it is as it was written")
    return code


def _document(db: str, found: Verified, code: Exit) -> dict[str, Any]:
    """Describe what was found as plain values; the version is added where it is printed."""
    return {
        "command": "verify",
        "exit_code": code,
        "db": hidden(db),
        "rows": dict(found.counts),
        "points": {name: dict(sums) for name, sums in found.points.items()},
        "found": dict(found.found),
        "findings": [attrs.asdict(one) for one in found.findings],
    }


def _print(out: Console, db: str, found: Verified, seconds: float, lang: str | None) -> None:
    rows = sum(found.counts.values())
    path_line(out, f"{counted(rows, 'row')} in {seconds:.1f} s: ", hidden(db))
    if found.counts:
        out.print(paragraph(", ".join(f"{name} {count:,}" for name, count in found.counts.items()), " "))
    if found.points:
        out.print()
        _sums(out, found, lang)
    out.print()
    if found.clean:
        said = Label("全部相符，没有发现问题。", "All of it is as it was written: nothing was found.")
        print_sentence(out, said, lang, "")
        return
    out.print(heading(worded(Label("发现的问题", "findings"), lang)))
    for one in found.findings[:_SHOWN]:
        place = " ".join(part for part in (one.shop, one.table, one.key) if part) or "database"
        out.print(paragraph(f"{place}: {one.message}", f"{one.code:>12}", "yellow"))
    more = sum(found.found.values()) - min(len(found.findings), _SHOWN)
    if more:
        out.print(f"  and {more:,} more; --json prints the first {len(found.findings):,}")


def _sums(out: Console, found: Verified, lang: str | None) -> None:
    """Print what was issued in each wallet, and where all of it is now."""
    columns = table(
        worded(Label("积分", "points"), lang),
        *(f"{label.en}\n{label.zh}" if lang is None else worded(label, lang) for label in _SUMS),
    )
    for column in columns.columns[1:]:
        column.justify = "right"
    for name, sums in found.points.items():
        columns.add_row(name, *(f"{sums.get(label.en, 0):,}" for label in _SUMS))
    out.print(columns)
