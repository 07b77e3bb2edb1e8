"""After a blow: what was acknowledged must be there, what was not must be there once at most."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.errors import RetailCRMError
from retailcrm.ports.outcomes import Done, Refused
from retailcrm.shop.loyalty.reservations import lasting
from retailcrm.torture.books import Books, journals_of, told
from retailcrm.torture.commands import Command, run
from retailcrm.torture.databases import sqlite_file
from retailcrm.torture.workers import ANSWER, FAILED, INTENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from retailcrm.shop.loyalty import Loyalty

NOTHING_WRITTEN: Final = ("StoreError", "StoreFullError", "ConflictError")
"""Errors that promise that the command did not happen."""


@attrs.define
class Tally:
    """Counts of what was seen.

    Attributes:
        counts: By what is counted.
        problems: What was wrong, in words; empty if nothing was.
    """

    counts: Counter[str] = attrs.field(factory=Counter)
    problems: list[str] = attrs.field(factory=list)

    def wrong(self, what: str, problem: str) -> None:
        """Count something that must not be."""
        self.counts[what] += 1
        self.problems.append(f"{what}: {problem}")


def ask_again(
    loyalty: Loyalty, said: Iterable[tuple[Any, ...]], books: Books, names: Sequence[str], tally: Tally
) -> None:
    """Go through what a process said before it ended, and ask for every command of it once more.

    Args:
        loyalty: The shop's points, opened anew.
        said: What the process said: intents, answers and failures.
        books: What was acknowledged before, and what follows from it; what is found out is added.
        names: The customers whom the commands were about.
        tally: Where to count.
    """
    open_ones, failed = _sorted(loyalty, said, books, tally)
    there = told(journals_of(loyalty, names)) if open_ones else Counter()
    for command in open_ones.values():
        tally.counts["unacknowledged"] += 1
        was_there = there[command.name] > 0
        tally.counts["unacknowledged_there"] += was_there
        error = failed.get(command.name, "")
        if was_there and error in NOTHING_WRITTEN:
            tally.wrong("untrue", f"{command.verb} {command.key} ended with {error}, and stands there")
        try:
            outcome = run(loyalty, command)
        except RetailCRMError as problem:
            # It stands there, and its key does not: done again, it meets itself.
            tally.wrong("doubled" if was_there else "lost", f"{command.verb} {command.key}: {problem!r}")
            continue
        if isinstance(outcome, Done):
            if outcome.repeated != was_there:
                tally.wrong("doubled" if was_there else "untrue", f"{command.verb} {command.key} asked again")
            books.settle(command, outcome)
        elif not isinstance(outcome, Refused) or was_there:
            tally.wrong("lost", f"{command.verb} {command.key} stands there, and came to {outcome}")


def _sorted(
    loyalty: Loyalty, said: Iterable[tuple[Any, ...]], books: Books, tally: Tally
) -> tuple[dict[tuple[str, str], Command], dict[tuple[str, str], str]]:
    """Check the acknowledged; give the commands without a certain answer, and how those that failed did."""
    open_ones: dict[tuple[str, str], Command] = {}
    failed: dict[tuple[str, str], str] = {}
    answers: dict[tuple[str, str], tuple[Command, Done]] = {}
    for word, *what in said:
        command: Command = what[0] if what else Command("", "", ())
        if word == INTENT:
            tally.counts["commands"] += 1
            if command.name not in answers:
                open_ones[command.name] = command
        elif word == ANSWER and isinstance(what[1], Done | Refused):
            open_ones.pop(command.name, None)
            failed.pop(command.name, None)
            tally.counts["refused"] += isinstance(what[1], Refused)
            if isinstance(what[1], Done):
                answers[command.name] = command, what[1]
        elif word == FAILED:
            tally.counts["failed"] += 1
            failed[command.name] = what[1]
    for command, done in answers.values():
        books.settle(command, done)
        _still_there(loyalty, command, done, tally)
    return open_ones, failed


def _still_there(loyalty: Loyalty, command: Command, done: Done, tally: Tally) -> None:
    """Ask again for what was acknowledged: the very same answer, of then; but a reservation as it is now."""
    tally.counts["acknowledged"] += 1
    try:
        again = run(loyalty, command)
    except RetailCRMError as error:
        tally.wrong("lost", f"{command.verb} {command.key} was acknowledged, and came to {error!r}")
        return
    if not isinstance(again, Done) or not again.repeated:
        tally.wrong("lost", f"{command.verb} {command.key} was acknowledged, and nobody knows of it")
    elif lasting(again) != lasting(done):
        tally.wrong("changed", f"{command.verb} {command.key} came to {done}, and now to {again}")


def sound_file(url: str) -> list[str]:
    """Let SQLite look through its own file; other databases look after themselves."""
    if (path := sqlite_file(url)) is None:
        return []
    with sqlite3.connect(path) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"foreign key of {row}" for row in connection.execute("PRAGMA foreign_key_check")]
    connection.close()
    return found
