"""Which accounts a group of commands asks for, before anything of it is done."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from retailcrm.errors import ConflictError, StoreError
from retailcrm.shop.loyalty.grouping import GroupLedger

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.ledger import Ledger, Unit


def asked_by(decide: Callable[[Ledger], object], ledger: Ledger) -> set[str]:
    """Decide commands without writing what they come to, and tell which accounts they asked for.

    Nothing is locked meanwhile, so nobody waits for it. The answer is a guess: others may write meanwhile,
    and a command that needs to see what one before it wrote does not see it.

    Args:
        decide: Decides all of them on a ledger.
        ledger: Where they will be done.

    Returns:
        Ids of accounts.
    """
    kept = GroupLedger(cast("Ledger", _OnlyAnswers(ledger)))
    with suppress(ConflictError, StoreError):
        decide(kept)
    return kept.asked


class _OnlyAnswers:
    """A ledger that takes what is written for read, and keeps nothing of it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a ledger has
        return getattr(self._ledger, name)

    def write(self, unit: Unit) -> None:
        """Keep nothing."""
