"""Work derivations through again, trusting nothing: no other part of this package is imported here.

Documents go in as they came out of JSON; problems come out, in words, and none is the proof. Everything is
plain dictionaries and loops, written from the rules and not from the code that follows them, so that both
would have to be wrong in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retailcrm.domain.points.checker.amounts import award, quote
from retailcrm.domain.points.checker.answers import balance, refusal
from retailcrm.domain.points.checker.journals import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["check", "check_journal"]

# Whatever a broken document makes the arithmetic do.
_BROKEN: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)


def check(document: dict[str, Any]) -> tuple[str, ...]:
    """Work a derivation through again.

    Args:
        document: Of a balance, an award, a quote or a refusal.

    Returns:
        What is wrong with it, in words; empty if everything in it follows.

    Example:
        >>> check({"schema": 1, "kind": "promise"})
        ('nothing that this checker knows',)
    """
    problems: list[str] = []
    try:
        _check(document, problems)
    except _BROKEN as broken:
        problems.append(f"no derivation: {broken!r}")
    return tuple(problems)


def check_journal(entries: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Work the journal of an account through again.

    Args:
        entries: Documents of all its entries, oldest first.

    Returns:
        What is wrong with it, in words; empty if every rule holds at every entry.

    Example:
        >>> check_journal([])
        ()
    """
    problems: list[str] = []
    try:
        walk(list(entries), problems)
    except _BROKEN as broken:
        problems.append(f"no journal: {broken!r}")
    return tuple(problems)


def _check(document: dict[str, Any], problems: list[str]) -> None:
    """Work through a derivation and the balance that it stands on."""
    kinds: dict[str, Callable[[dict[str, Any], list[str]], None]] = {
        "balance": balance,
        "award": award,
        "refusal": refusal,
        "quote": quote,
    }
    if document["schema"] != 1 or document["kind"] not in kinds:
        problems.append("nothing that this checker knows")
        return
    if document["kind"] in ("refusal", "quote"):
        behind = document["balance"]
        found = check(behind) if behind["kind"] == "balance" else ("stands on no balance",)
        problems += [f"balance: {one}" for one in found]
    kinds[document["kind"]](document, problems)
