"""The work of ``retailcrm doctor``: look, and print what was seen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.location import hidden
from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import print_json, say
from retailcrm.cli.printing import console, counted, table
from retailcrm.cli.wording import worded
from retailcrm.domain.labels import Label
from retailcrm.shop.doctor import LEVELS, Advice, Level, examine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

_STYLES: Final[Mapping[Level, str]] = {Level.WARNING: "yellow", Level.ERROR: "red", Level.OK: "green"}


def print_advice(
    *, db: str | None, zones: tuple[str, ...], blocked: tuple[str, ...], lang: str | None, as_json: bool
) -> Exit:
    """Look at everything and print what was seen."""
    found = examine(db, zones=zones, blocked=blocked)
    counts = Counter(one.level for one in found)
    code = Exit.FINDINGS if counts[Level.ERROR] else Exit.OK
    if as_json:
        print_json(
            {
                "command": "doctor",
                "exit_code": code,
                "db": None if db is None else hidden(db),
                "counts": {level.value: counts[level] for level in Level},
                "advice": [_plain(one) for one in found],
            }
        )
    else:
        _print(console(), found, lang)
    if code is Exit.FINDINGS:
        say(counted(counts[Level.ERROR], "error"))
    return code


def _plain(one: Advice) -> dict[str, str]:
    return {"topic": one.topic, "level": one.level.value, "zh": one.message.zh, "en": one.message.en}


def _print(out: Console, found: Sequence[Advice], lang: str | None) -> None:
    rows = table("", "", "")
    rows.show_header = False
    for one in found:
        message = Label(one.message.zh, one.message.en)
        same = message.zh == message.en
        said = (
            message.en if lang is None and same else _both(message) if lang is None else worded(message, lang)
        )
        rows.add_row(worded(LEVELS[one.level], lang), one.topic, said, style=_STYLES.get(one.level, ""))
    out.print(rows)


def _both(message: Label) -> str:
    return f"{message.en}\n{message.zh}"
