"""How the commands of ``retailcrm db`` answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retailcrm.adapters.stores.sql.location import hidden
from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import print_json
from retailcrm.cli.printing import console
from retailcrm.cli.wording import print_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailcrm.domain.labels import Label


def answer(
    command: str,
    url: str,
    told: Mapping[str, Any],
    lines: Iterable[Label],
    *,
    lang: str | None,
    as_json: bool,
    code: Exit = Exit.OK,
) -> Exit:
    """Print what was done: a document, or sentences.

    Args:
        command: The command's name in documents.
        url: The database; its password is not printed.
        told: What documents say.
        lines: What people read.
        lang: ``zh`` or ``en``; ``None`` for both.
        as_json: Whether to print a document.
        code: How the run ends.

    Returns:
        ``code``.
    """
    if as_json:
        print_json({"command": command, "exit_code": code, "db": hidden(url), **told})
        return code
    out = console()
    for line in lines:
        print_sentence(out, line, lang)
    return code
