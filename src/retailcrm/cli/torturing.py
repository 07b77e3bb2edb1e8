"""The work of ``retailcrm torture``: attack a database, and print what came of it."""

from __future__ import annotations

import random
import re
from contextlib import closing
from typing import TYPE_CHECKING, Final

import attrs
import click

from retailcrm.adapters.stores.sql.location import database_at, hidden
from retailcrm.adapters.stores.sql.migrations.revisions import HEAD, revision_of
from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import print_json, say
from retailcrm.cli.printing import console, counted, paragraph, table
from retailcrm.cli.shops import shops_of
from retailcrm.cli.watch import Watch
from retailcrm.cli.wording import print_sentence
from retailcrm.domain.labels import Label
from retailcrm.errors import SettingsError
from retailcrm.torture.campaign import campaign

if TYPE_CHECKING:
    from rich.console import Console

    from retailcrm.torture.campaign import Part

_SHOWN: Final = 20


_OWN: Final = re.compile(r"torture|clock\d+-\d+")
"""Shops that the attacks leave in a database."""


def torture_database(
    *, db: str, minutes: float, seed: int | None, beside_others: bool, as_json: bool
) -> Exit:
    """Attack a database for some time and print what came of it."""
    others = _others(db)
    if others and not beside_others:
        raise SettingsError(
            f"{hidden(db)} holds shops of others: {', '.join(others[:_SHOWN])}; give the attacks a database "
            "of their own, or --beside-others if nothing in this one matters"
        )
    first = random.randrange(1_000_000) if seed is None else seed  # noqa: S311 - no secret
    with Watch(console(errors=True)) as watch:
        parts = campaign(db, seed=first, minutes=minutes, say=lambda _: None, doing=watch.doing)
    problems = [problem for part in parts for problem in part.problems]
    code = Exit.FINDINGS if problems else Exit.OK
    if as_json:
        print_json(
            {"command": "torture", "exit_code": code, "db": hidden(db), "seed": first,
             "parts": [attrs.asdict(part) for part in parts]}
        )  # fmt: skip
    else:
        _print(console(), db, first, parts, problems)
    if problems:
        say(f"{counted(len(problems), 'broken promise')}: the store does not keep what it acknowledges")
    return code


def _others(db: str) -> list[str]:
    """Give the shops of a database that no attack made; whatever is wrong with the URL is said here."""
    with closing(database_at(db, create=True)) as database:
        names = shops_of(database) if revision_of(database) == HEAD else []
    return [name for name, _, _ in names if _OWN.fullmatch(name) is None]


def _print(out: Console, db: str, seed: int, parts: tuple[Part, ...], problems: list[str]) -> None:
    click.echo(f"{hidden(db)}: seed {seed}")
    columns = table("attack", "runs", "seconds", "what came of it", "problems")
    for part in parts:
        told = ", ".join(
            f"{name.replace('_', ' ')} {count:,}" for name, count in part.counts.items() if count
        )
        columns.add_row(part.name, f"{part.runs:,}", f"{part.seconds:.0f}", told, f"{len(part.problems):,}")
    out.print(columns)
    for problem in problems[:_SHOWN]:
        out.print(paragraph(problem, "problem", "yellow"))
    if not problems:
        said = Label(
            "已确认的一笔未失，没有一笔重复。", "Nothing acknowledged was lost, nothing happened twice."
        )
        print_sentence(out, said, None, "")
