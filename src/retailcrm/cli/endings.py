"""How runs end that score nobody: problems written, and the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from retailcrm.cli import accounts
from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import say
from retailcrm.cli.printing import counted

if TYPE_CHECKING:
    from retailcrm.shop.open import Shop


def write_found_problems(shop: Shop, problems: str | None) -> None:
    """Write the problems of the files where they are wanted; else say how many there are."""
    found = accounts.problems_of(shop.imports.accounts())
    if problems is not None:
        accounts.write_problems(Path(problems), found)
    elif found:
        say(f"{counted(len(found), 'problem')} in the files; --problems FILE writes all of them")


def exit_with_problems(shop: Shop, *, strict: bool) -> Exit:
    """Choose the exit code of a run that did what it was asked for; say why it is not 0."""
    found = len(accounts.problems_of(shop.imports.accounts()))
    if not strict or not found:
        return Exit.OK
    say(f"{counted(found, 'problem')} in the files, and --strict was given")
    return Exit.PROBLEMS
